"""Shared work and what was said about it, read in place: beside a version, and on the facilitator's list of what waits.

Facts only: since when it is shared and how many answered. Never a draft, never what somebody did or did not do (H1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import contains_eager, selectinload

from lti_tool.access import OUT, Permission, Reach, arrived
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, FeedbackState, Inquiry, InquiryAuthor, Person
from lti_tool.presets import Stage
from lti_tool.services import circles, feedbacks, inquiries, kept_places, pairing

S = FeedbackState
SHOWN = 50


@dataclass(frozen=True)
class Beside:
    """What stands beside one version for one reader."""

    feedback: tuple[Feedback, ...]  # others' words that she may read, the oldest first
    own: Feedback | None
    is_author: bool
    may_give: bool
    someone_writes: bool  # a colleague has begun, nobody is named and nobody is blocked
    after_own: int  # words that she will read once she has sent her own
    earlier: int | None  # number of the newest version before this one with words that she may read


def beside(version: EntryVersion, *, within: Reach) -> Beside:
    """What colleagues said about a version, as far as the visitor may read it."""
    circle = session.get_one(Circle, version.entry.circle_id)
    here = Feedback.version_id == version.id
    whole = feedbacks.whole().where(here, within.feedback()).order_by(Feedback.sent_at, Feedback.id)
    found = session.scalars(whole).all()  # her own among it, in whichever state
    own = next((one for one in found if one.writer_id == within.person_id), None)
    readable = tuple(one for one in found if one.writer_id != within.person_id)
    wrote = select(Entry.id).where(Entry.id == version.entry_id, within.own_entries())
    is_author = session.scalar(wrote) is not None
    may_give = circle.is_open and within.may(Permission.GIVE_FEEDBACK, circle.id) and not is_author
    sent = select(func.count(Feedback.id)).where(
        here,
        Feedback.writer_id != within.person_id,
        arrived(),
        Feedback.held_at.is_(None),
        Feedback.removed_at.is_(None),
        Feedback.after_own,
        Feedback.id.not_in([one.id for one in readable]),
    )
    place = within.place(circle.id)
    if place is not None:
        sent = sent.where(Feedback.sent_at >= place.joined_at)
    after_own = (session.scalar(sent) or 0) if may_give else 0
    earlier = _earlier_with_words(version, within) if version.number > 1 else None
    return Beside(readable, own, is_author, may_give, _someone_writes(version, within), after_own, earlier)


def _earlier_with_words(version: EntryVersion, within: Reach) -> int | None:
    query = select(func.max(EntryVersion.number)).join(Feedback, Feedback.version_id == EntryVersion.id)
    return session.scalar(
        query.where(
            EntryVersion.entry_id == version.entry_id,
            EntryVersion.number < version.number,
            Feedback.state.in_(OUT),
            within.feedback(),
        )
    )


def _someone_writes(version: EntryVersion, within: Reach) -> bool:
    query = select(Feedback.id).where(
        Feedback.version_id == version.id,
        Feedback.writer_id != within.person_id,
        Feedback.state == S.WRITING,
        Feedback.saved_at > now() - pairing.SOFT_HOLD,
    )
    return session.scalar(query.limit(1)) is not None


@dataclass(frozen=True)
class Work:
    """One piece of shared work: whose, what, since when, and how many colleagues answered."""

    version: EntryVersion
    authors: tuple[Person, ...]
    stage: Stage
    since: datetime
    answered: int
    stands_in: bool = False  # colleagues had five days: a word of the facilitator is what helps now


def waiting(circle: Circle, *, within: Reach) -> list[Work]:
    """Shared work without a response, and after five days also that with fewer than wanted; the oldest first."""
    members = circles.active(circle)
    query = _newest(circle, within).where(_may_lack_her_word(within))
    found = []
    for work in _works(circle, session.scalars(query).unique()):
        waited = now() - work.since >= pairing.PATIENCE
        enough = pairing.wanted(
            circle,
            members=members,
            authors=[one.id for one in work.authors],
            shared_at=work.version.shared_at,
        )
        if work.answered == 0 or (waited and work.answered < enough):
            found.append(Work(work.version, work.authors, work.stage, work.since, work.answered, waited))
    return sorted(found, key=lambda work: (work.since, work.version.id))


def unanswered(circle: Circle, *, within: Reach) -> int:
    """How many pieces of shared work wait without any response; one question, for the circle's page."""
    query = select(func.count(Entry.id.distinct())).select_from(EntryVersion).join(EntryVersion.entry)
    here = Entry.circle_id == circle.id, within.versions(), inquiries.ANSWERED == 0
    return session.scalar(query.where(*here, _may_lack_her_word(within))) or 0


def _may_lack_her_word(within: Reach) -> ColumnElement[bool]:
    """Standing work of others on which the visitor has sent nothing yet."""
    mine = select(EntryVersion.entry_id).join(Feedback, Feedback.version_id == EntryVersion.id)
    mine = mine.where(Feedback.writer_id == within.person_id, Feedback.state.in_(OUT))
    return and_(~within.own_entries(), Entry.id.not_in(mine), pairing.standing())


def next_after(version: EntryVersion, *, circle: Circle, within: Reach) -> EntryVersion | None:
    """The work that waits next, on from this one and then from the oldest again; None where nothing else waits."""
    others = [one.version for one in waiting(circle, within=within) if one.version.id != version.id]
    return next((one for one in others if one.shared_at > version.shared_at), others[0] if others else None)


def shared_by(person_id: int, *, circle: Circle, within: Reach) -> tuple[Person, list[Work]]:
    """A member's shared work in a circle, the newest first, as far as the visitor may read it; never drafts.

    Raises NotFoundError for somebody who shared nothing here that the visitor may read and has no place here.
    """
    wrote = select(InquiryAuthor.inquiry_id).where(InquiryAuthor.person_id == person_id)
    query = _newest(circle, within).where(Entry.inquiry_id.in_(wrote), pairing.standing())
    works = _works(circle, session.scalars(query).unique())
    person = session.get(Person, person_id)
    here = {one.person_id for one in circles.members(circle)} | {one.person_id for one in kept_places.of(circle)}
    if person is None or not (works or person_id in here):
        raise NotFoundError
    return person, sorted(works, key=lambda work: (work.version.shared_at, work.version.id), reverse=True)


def circle_of(person_id: int, *, among: Iterable[Circle], within: Reach) -> Circle | None:
    """The circle where the visitor reviews what this person shared; before anything is shared, where the person is.

    None where it is no such circle.
    """
    found = []
    for circle in among:
        if within.may(Permission.REVIEW_SHARED, circle.id):
            try:
                _person, works = shared_by(person_id, circle=circle, within=within)
            except NotFoundError:
                continue
            found.append((bool(works), circle))
    return max(found, key=lambda one: one[0])[1] if found else None


def authors(version: EntryVersion) -> list[Person]:
    """Those who wrote a version that the caller has found within a reach."""
    return inquiries.authors(version.entry.inquiry_id)


def said(circle: Circle, *, within: Reach, page: int = 1) -> tuple[list[Feedback], bool]:
    """Words of colleagues that the visitor may read, the newest first, and whether there are earlier ones."""
    query = feedbacks.whole().where(
        Feedback.circle_id == circle.id,
        Feedback.state.in_(OUT),
        Feedback.removed_at.is_(None),
        Feedback.held_at.is_(None),
        within.feedback(),
    )
    query = query.order_by(Feedback.sent_at.desc(), Feedback.id.desc())
    found = list(session.scalars(query.limit(SHOWN + 1).offset((page - 1) * SHOWN)))
    return found[:SHOWN], len(found) > SHOWN


def new_versions(circle: Circle, *, within: Reach) -> list[Work]:
    """Work that was shared anew since the visitor gave a word on it: she may look again, nobody expects it."""
    gave = select(EntryVersion.entry_id).join(Feedback, Feedback.version_id == EntryVersion.id)
    gave = gave.where(Feedback.writer_id == within.person_id, Feedback.state.in_(OUT))
    begun = select(Feedback.version_id).where(Feedback.writer_id == within.person_id)
    query = _newest(circle, within).where(
        Entry.id.in_(gave), EntryVersion.id.not_in(begun), ~within.own_entries(), pairing.standing()
    )
    return _works(circle, session.scalars(query).unique())


def _newest(circle: Circle, within: Reach) -> Select[EntryVersion]:
    """The newest version of each entry of a circle that the visitor may read."""
    last = (
        select(func.max(EntryVersion.id))
        .join(EntryVersion.entry)
        .where(Entry.circle_id == circle.id, within.versions())
        .group_by(EntryVersion.entry_id)
    )
    return (
        select(EntryVersion)
        .join(EntryVersion.entry)
        .where(EntryVersion.id.in_(last))
        .options(
            selectinload(EntryVersion.evidence),
            contains_eager(EntryVersion.entry)
            .joinedload(Entry.inquiry)
            .selectinload(Inquiry.authors)
            .joinedload(InquiryAuthor.person),
        )
        .order_by(EntryVersion.shared_at, EntryVersion.id)
        .execution_options(populate_existing=True)
    )


def _works(circle: Circle, versions: Iterable[EntryVersion]) -> list[Work]:
    found = list(versions)
    entry_ids = [one.entry_id for one in found]
    answered = inquiries.answers_to(entry_ids)
    first = select(EntryVersion.entry_id, func.min(EntryVersion.shared_at)).where(
        EntryVersion.entry_id.in_(entry_ids), EntryVersion.withdrawn_at.is_(None)
    )
    since = {row[0]: row[1] for row in session.execute(first.group_by(EntryVersion.entry_id))}
    template = circles.template(circle)
    return [
        Work(
            one,
            tuple(author.person for author in one.entry.inquiry.authors),
            template.stage(one.entry.stage),
            since.get(one.entry_id, one.shared_at),
            answered.get(one.entry_id, 0),
        )
        for one in found
    ]
