"""Who is asked for a word on shared work: those who were asked least, never twice for the same entry.

Nobody is stuck: what is asked shrinks with the number of colleagues still in the course, an offer passed on goes to the
next one, one that stays open for days keeps nobody else from being asked, and after that the facilitator stands in.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random, SystemRandom

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from lti_tool.access import OUT, Rights
from lti_tool.db import find_or_add, now, session
from lti_tool.models import (
    Audience,
    Circle,
    Entry,
    EntryVersion,
    Feedback,
    FeedbackState,
    InquiryAuthor,
    Membership,
)
from lti_tool.services import circles

SOFT_HOLD = timedelta(hours=48)  # how long "a colleague is writing" holds without a new word
PATIENCE = timedelta(days=5)  # how long work waits for colleagues alone
_chance = SystemRandom()


def pair(version: EntryVersion, *, chance: Random | None = None) -> list[Feedback]:
    """Ask as many colleagues for a word on a version as the programme wants; the offers that were made.

    With a further version the open offers move along to it; who answered an earlier one has no duty to look again.
    """
    if version.number > 1:
        _move_open_offers(version)
    return _fill(version, chance=chance)


def welcome(membership: Membership, *, chance: Random | None = None) -> list[Feedback]:
    """Offer a new member the shared work that still lacks a word and that she may read: what came since she joined."""
    return [
        offer
        for version in _standing(membership.circle_id)
        for offer in _fill(version, only=membership.person_id, chance=chance)
    ]


def again(circle: Circle, *, chance: Random | None = None) -> list[Feedback]:
    """Ask the next colleagues wherever a word is still lacking; once a day, since people leave and offers grow old."""
    return [offer for version in _standing(circle.id) for offer in _fill(version, chance=chance)]


def again_everywhere() -> None:
    """The same for every open circle."""
    for circle in session.scalars(select(Circle).where(Circle.closed_at.is_(None))):
        again(circle)


def ask_next(entry_id: int, *, chance: Random | None = None) -> list[Feedback]:
    """Somebody passed: ask the next colleague about the newest version of this entry."""
    version = newest(entry_id)
    return _fill(version, chance=chance) if version is not None else []


def newest(entry_id: int) -> EntryVersion | None:
    """The newest version of an entry that colleagues may answer, None while there is none."""
    return session.scalar(_newest().where(EntryVersion.entry_id == entry_id))


def unasked(version: EntryVersion) -> list[Membership]:
    """Teachers who may answer a version and were never asked about any version of its entry."""
    entry = version.entry
    asked = {one.writer_id for one in _asked_about(entry)}
    members = circles.active(session.get_one(Circle, entry.circle_id))
    able = _able(members, authors=_authors(entry), shared_at=version.shared_at)
    return [one for one in able if one.person_id not in asked]


def invite(version: EntryVersion, *, person_id: int) -> Feedback:
    """An offer to give a word on this version; the one that exists already where there is one."""
    circle = session.get_one(Circle, version.entry.circle_id)
    fresh = {
        "circle_id": circle.id,
        "protocol": circles.template(circle).protocols[0].key,
        "after_own": circle.feedback_after_own,
        "at_meeting": circle.feedback_at_meeting,
        "invited_at": now(),
    }
    return find_or_add(Feedback, version_id=version.id, writer_id=person_id, also=fresh)


def wanted(circle: Circle, *, members: Iterable[Membership], authors: Iterable[int], shared_at: datetime) -> int:
    """How many words a piece of work asks for: what the programme wants, at most one from each able colleague."""
    able = _able(members, authors=authors, shared_at=shared_at)
    return min(circles.template(circle).feedback.per_teacher.receives_min, len(able))


def standing() -> ColumnElement[bool]:
    """Shared versions that colleagues may answer; the query must join EntryVersion.entry."""
    return and_(Entry.audience != Audience.PRIVATE, Entry.held_at.is_(None), EntryVersion.withdrawn_at.is_(None))


def _able(members: Iterable[Membership], *, authors: Iterable[int], shared_at: datetime) -> list[Membership]:
    """Teachers among these members who did not write it and joined before it was shared."""
    writers = set(authors)
    return [
        one
        for one in members
        if one.rights == Rights.TEACHER and one.person_id not in writers and one.joined_at <= shared_at
    ]


def _newest() -> Select[EntryVersion]:
    """The newest standing version of each entry."""
    later = aliased(EntryVersion)
    is_later = exists().where(
        later.entry_id == EntryVersion.entry_id, later.number > EntryVersion.number, later.withdrawn_at.is_(None)
    )
    return (
        select(EntryVersion)
        .join(EntryVersion.entry)
        .where(standing(), ~is_later)
        .options(contains_eager(EntryVersion.entry))
        .order_by(EntryVersion.shared_at, EntryVersion.id)
        .execution_options(populate_existing=True)
    )


def _standing(circle_id: int) -> list[EntryVersion]:
    return list(session.scalars(_newest().where(Entry.circle_id == circle_id)))


def _fill(version: EntryVersion, *, chance: Random | None = None, only: int | None = None) -> list[Feedback]:
    entry = version.entry
    circle = session.get_one(Circle, entry.circle_id)
    is_standing = entry.audience != Audience.PRIVATE and entry.held_at is None and version.withdrawn_at is None
    if not (circle.is_open and is_standing):
        return []
    able = _able(circles.active(circle), authors=_authors(entry), shared_at=version.shared_at)
    there = _asked_about(entry)
    present = {one.person_id for one in able}
    live = sum(1 for one in there if _counts(one, present))
    missing = min(circles.template(circle).feedback.per_teacher.receives_min, len(able)) - live
    asked = {one.writer_id for one in there}
    free = [one.person_id for one in able if one.person_id not in asked and only in {None, one.person_id}]
    load = _load(circle)
    (chance or _chance).shuffle(free)
    free.sort(key=lambda person_id: load[person_id])  # stable: among equals the shuffled order stays
    offers = [invite(version, person_id=person_id) for person_id in free[: max(missing, 0)]]
    session.flush()
    return offers


def _authors(entry: Entry) -> set[int]:
    return set(session.scalars(select(InquiryAuthor.person_id).where(InquiryAuthor.inquiry_id == entry.inquiry_id)))


def _asked_about(entry: Entry) -> list[Feedback]:
    """Everybody who was ever asked, or wrote, about any version of an entry."""
    query = select(Feedback).join(EntryVersion, EntryVersion.id == Feedback.version_id)
    return list(session.scalars(query.where(EntryVersion.entry_id == entry.id)))


def _counts(feedback: Feedback, present: set[int]) -> bool:
    """Whether a word was given or may soon come: an old offer and a draft left lying keep nobody from being asked."""
    if feedback.state in OUT:
        return feedback.removed_at is None
    if feedback.writer_id not in present:
        return False
    if feedback.state == FeedbackState.WRITING:
        since = feedback.saved_at or feedback.held_at  # put on hold, and nothing changed in it yet
        return since is not None and now() - since < SOFT_HOLD
    return feedback.state == FeedbackState.INVITED and now() - feedback.invited_at < PATIENCE


def _load(circle: Circle) -> Counter[int]:
    """How much each person gave and is asked for in this circle."""
    gave = Feedback.state.in_(OUT)
    owes = and_(Feedback.state.in_((FeedbackState.INVITED, FeedbackState.WRITING)), standing())
    query = (
        select(Feedback.writer_id, func.count(Feedback.id))
        .join(EntryVersion, EntryVersion.id == Feedback.version_id)
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .where(Feedback.circle_id == circle.id, or_(gave, owes))
        .group_by(Feedback.writer_id)
    )
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _move_open_offers(version: EntryVersion) -> None:
    """An offer in which nothing was written yet is about the newest version."""
    here = select(Feedback.writer_id).where(Feedback.version_id == version.id)
    earlier = select(EntryVersion.id).where(
        EntryVersion.entry_id == version.entry_id, EntryVersion.number < version.number
    )
    query = select(Feedback).where(
        Feedback.version_id.in_(earlier),
        Feedback.state == FeedbackState.INVITED,
        Feedback.writer_id.not_in(here),
    )
    moved: set[int] = set()
    for offer in session.scalars(query.order_by(Feedback.id.desc())):
        if offer.writer_id not in moved:
            offer.version_id = version.id
            moved.add(offer.writer_id)
    session.flush()
