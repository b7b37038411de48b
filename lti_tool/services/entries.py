"""Entries: a working text that only its authors see, and the fixed versions they share. Only an author moves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import contains_eager, selectinload

from lti_tool.access import Permission, Question, Reach, prepared, rights_with
from lti_tool.db import LostUpdateError, now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Audience, Circle, Entry, EntryVersion, Evidence, InquiryAuthor, Membership, Person
from lti_tool.presets import Stage
from lti_tool.services import audit, circles, credits, inquiries, pairing
from lti_tool.services.people import Named


class EditionError(RefusedError):
    """The working text was changed since this author's page was opened; neither text was touched."""

    def __init__(self) -> None:
        super().__init__("lost_update")


@dataclass(frozen=True)
class Shared:
    """One line of what colleagues shared: who, what, since when, and how many answered."""

    entry_id: int
    version_id: int
    shared_at: datetime
    stage: Stage
    authors: tuple[Named, ...]
    opening: str  # the first words of the text
    answered: int


def get_own(entry_id: int, *, within: Reach) -> Entry:
    """Find an entry that the visitor writes, with its working text, or raise NotFoundError."""
    query = (
        select(Entry)
        .where(Entry.id == entry_id, within.own_entries())
        .options(selectinload(Entry.versions), selectinload(Entry.evidence))
        .execution_options(populate_existing=True)
    )
    if (entry := session.scalar(query)) is None:
        raise NotFoundError
    return entry


def circle_of(entry: Entry) -> Circle:
    """The circle in which an entry was written; the caller has found the entry within a reach."""
    return session.get_one(Circle, entry.circle_id)


def version(version_id: int, *, within: Reach) -> EntryVersion:
    """Find a shared version that the visitor may read, with its evidence, or raise NotFoundError."""
    query = (
        select(EntryVersion)
        .join(EntryVersion.entry)
        .where(EntryVersion.id == version_id, within.versions())
        .options(contains_eager(EntryVersion.entry), selectinload(EntryVersion.evidence))
        .execution_options(populate_existing=True)
    )
    if (found := session.scalar(query)) is None:
        raise NotFoundError
    return found


def versions(entry_id: int, *, within: Reach) -> list[EntryVersion]:
    """The versions of an entry that the visitor may read, the newest first; NotFoundError when there is none."""
    query = (
        select(EntryVersion)
        .join(EntryVersion.entry)
        .where(EntryVersion.entry_id == entry_id, within.versions())
        .options(contains_eager(EntryVersion.entry), selectinload(EntryVersion.evidence))
        .order_by(EntryVersion.number.desc())
        .execution_options(populate_existing=True)
    )
    if not (found := list(session.scalars(query))):
        raise NotFoundError
    return found


def standing_evidence(piece: Entry | EntryVersion) -> list[Evidence]:
    """The evidence of an entry or a version, as it was found, that its authors did not take back."""
    return [one for one in piece.evidence if one.removed_at is None]


@prepared
def _shared(within: Reach) -> Question:
    """A row for each author of each piece."""
    readable = (
        select(func.max(EntryVersion.id))
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .where(Entry.circle_id == bindparam("circle_id"), within.versions(), ~within.own_entries())
        .group_by(EntryVersion.entry_id)
    )
    newest_first = (EntryVersion.shared_at.desc(), EntryVersion.id.desc())
    listed = select(EntryVersion.id).where(EntryVersion.id.in_(readable)).order_by(*newest_first)
    listed = listed.limit(bindparam("limit")).offset(bindparam("offset"))
    return (
        select(
            EntryVersion.id.label("version_id"), EntryVersion.entry_id, EntryVersion.shared_at, EntryVersion.answers,
            Entry.stage, inquiries.ANSWERED.label("answered"), Person.id, Person.display_name,
        )
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
        .join(Person, Person.id == InquiryAuthor.person_id)
        .where(EntryVersion.id.in_(listed))
        .order_by(*newest_first, Person.id)
    )  # fmt: skip


def shared(circle: Circle, *, within: Reach, limit: int, page: int = 1) -> tuple[list[Shared], bool]:
    """What colleagues shared here and the visitor may read, the newest first, and whether there is an earlier page.

    Her own is not among it.
    """
    template = circles.template(circle)
    found = []
    asked = _shared(within, circle_id=circle.id, limit=limit + 1, offset=(page - 1) * limit)
    for _, authors in groupby(asked, lambda row: row.version_id):
        one, *others = authors
        stage = template.stage(one.stage)
        names = tuple(Named(row.id, row.display_name) for row in (one, *others))
        words = opening(one.answers, stage)
        found.append(Shared(one.entry_id, one.version_id, one.shared_at, stage, names, words, one.answered))
    return found[:limit], len(found) > limit


def opening(answers: Mapping[str, str], stage: Stage, *, words: int = 12) -> str:
    """The first words of a version, for a list."""
    text = answers.get(stage.first_prompt.key, "").split()
    return " ".join(text[:words]) + ("…" if len(text) > words else "")


def save(
    entry: Entry, *, answers: Mapping[str, str], ask: str, edition: int, by: Person, next_try: str | None = None
) -> Entry:
    """Keep the working text; EditionError when somebody saved another one since this page was opened.

    The same text again changes nothing, so that a repeated sending is never a conflict with itself. Text is also taken
    where the circle has closed or the author has left: nothing that was typed is lost.
    """
    only_authors(entry, by)
    prompts = [prompt.key for prompt in circles.template(circle_of(entry)).stage(entry.stage).prompts]
    kept = {key: answers[key] for key in prompts if answers.get(key, "").strip()}
    tries = entry.next_try if next_try is None else next_try
    if (kept, ask, tries) == (entry.answers, entry.ask, entry.next_try):
        return entry
    if edition != entry.edition:
        raise EditionError
    entry.answers, entry.ask, entry.next_try, entry.saved_at = kept, ask, tries, now()
    _flush()
    return entry


def share(entry: Entry, *, by: Person) -> EntryVersion:
    """Fix the working text as the next version and let the circle read it; a hold ends with it.

    What was not changed since it was shared stays the same version. Raises RefusedError: first_prompt_missing,
    evidence_unanswered (somebody must say first whether pupils can be recognised, H6), circle_closed, not_a_member,
    entry_concluded.
    """
    only_authors(entry, by)
    evidence = _may_be_shared(entry, by)
    last = entry.versions[-1] if entry.versions else None
    if last is not None and _is_the_same(entry, last, evidence):
        return last
    made = EntryVersion(
        entry=entry,
        number=last.number + 1 if last else 1,
        answers=dict(entry.answers),
        ask=entry.ask,
        shared_at=now(),
        shared_by=by.id,
        evidence=evidence,
    )
    session.add(made)
    if entry.audience == Audience.PRIVATE:
        entry.audience = Audience.CIRCLE
    entry.held_at, entry.held_reason = None, ""
    entry.saved_at = now()  # moves the edition: of two authors who share at once, the second is told
    _flush()
    pairing.pair(made)
    for author in sorted(entry.inquiry.authors, key=lambda one: one.person_id):  # always in this order, for the locks
        credits.reckon_person(author.person_id, circle_id=entry.circle_id)
    return made


def obstacle(entry: Entry, *, by: Person) -> str:
    """Why an author cannot share it as it stands: the code of a refusal, "" when she can."""
    try:
        _may_be_shared(entry, by)
    except RefusedError as error:
        return error.code
    return ""


def _may_be_shared(entry: Entry, by: Person) -> list[Evidence]:
    circle = circle_of(entry)
    if not circle.is_open:
        raise RefusedError("circle_closed")
    if not writes_in(circle, by):
        raise RefusedError("not_a_member")
    if entry.concluded_at is not None:
        raise RefusedError("entry_concluded")
    if not entry.answers.get(circles.template(circle).stage(entry.stage).first_prompt.key, "").strip():
        raise RefusedError("first_prompt_missing")
    evidence = standing_evidence(entry)
    if any(not one.pupils for one in evidence):
        raise RefusedError("evidence_unanswered")
    return evidence


def writes_in(circle: Circle, person: Person) -> bool:
    """Whether this person writes inquiries in a circle now."""
    query = select(Membership.id).where(
        Membership.circle_id == circle.id,
        Membership.person_id == person.id,
        Membership.left_at.is_(None),
        Membership.rights.in_(rights_with(Permission.WRITE_INQUIRY)),
    )
    return session.scalar(query) is not None


def _is_the_same(entry: Entry, last: EntryVersion, evidence: list[Evidence]) -> bool:
    return (
        last.withdrawn_at is None
        and last.answers == entry.answers
        and last.ask == entry.ask
        and {one.id for one in standing_evidence(last)} == {one.id for one in evidence}
    )


def has_changed(entry: Entry) -> bool:
    """Whether the working text or its evidence says something else than the newest version that stands."""
    evidence = standing_evidence(entry)
    return bool(entry.versions) and not _is_the_same(entry, entry.versions[-1], evidence)


def take_back(entry: Entry, *, by: Person) -> Entry:
    """Nobody but the authors reads it any more; what colleagues wrote stays with them and the authors."""
    only_authors(entry, by)
    entry.audience = Audience.PRIVATE
    _withdraw_versions(entry)
    _flush()
    return entry


def conclude(entry: Entry, *, next_try: str, by: Person) -> Entry:
    """End this turn with what I will try, or openly without; the next turn begins with it. Its authors' only."""
    only_authors(entry, by)
    entry.next_try = next_try
    entry.concluded_at = entry.concluded_at or now()
    _flush()
    return entry


def reopen(entry: Entry, *, by: Person) -> Entry:
    """Go on writing a concluded entry."""
    only_authors(entry, by)
    entry.concluded_at = None
    _flush()
    return entry


def hold(version: EntryVersion, *, reason: str, by: Person) -> Entry:
    """Take a shared entry from the circle's eyes for a child's safety or privacy; its authors read why and mend it.

    What was shared so far never comes back, only a version that an author shares afterwards. Whoever calls has found
    the version within a reach that may review. Raises RefusedError reason_missing.
    """
    if not reason.strip():
        raise RefusedError("reason_missing")
    entry = version.entry
    entry.held_at, entry.held_reason = now(), reason
    entry.concluded_at = None  # it must be mended
    _withdraw_versions(entry)
    audit.note("entry.held", by=by, circle=circle_of(entry), entry=entry.id)
    _flush()
    return entry


def may_hold(version: EntryVersion, *, within: Reach) -> bool:
    """Whether this visitor may put a version on hold: a facilitator of its circle, who did not write it."""
    own = select(Entry.id).where(Entry.id == version.entry_id, within.own_entries())
    return within.may(Permission.REVIEW_SHARED, version.entry.circle_id) and session.scalar(own) is None


def _withdraw_versions(entry: Entry) -> None:
    standing = select(EntryVersion).where(EntryVersion.entry_id == entry.id, EntryVersion.withdrawn_at.is_(None))
    for one in session.scalars(standing):
        one.withdrawn_at = now()


def only_authors(entry: Entry, by: Person) -> None:
    """Whoever calls has found the entry with get_own; this stays as the last door (H7)."""
    query = select(InquiryAuthor).where(InquiryAuthor.inquiry_id == entry.inquiry_id, InquiryAuthor.person_id == by.id)
    if session.scalar(query) is None:
        raise NotFoundError


def _flush() -> None:
    """Two authors at the very same moment: the second is told, as if she had come a minute later."""
    try:
        session.flush()
    except LostUpdateError:
        raise EditionError from None
