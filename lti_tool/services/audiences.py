"""How far shared work goes: the circle, or every circle of its programme. Only an author moves it, up and down."""

from itertools import groupby

from sqlalchemy import bindparam, func, select

from lti_tool.access import Question, Reach, prepared
from lti_tool.db import session
from lti_tool.errors import RefusedError
from lti_tool.models import Audience, Circle, Entry, EntryVersion, InquiryAuthor, Person
from lti_tool.services import audit, circles, entries
from lti_tool.services.entries import Shared
from lti_tool.services.people import Named


def widen(entry: Entry, *, by: Person) -> Entry:
    """Let teachers and facilitators of every circle of the programme read what is shared; never what colleagues said.

    Raises RefusedError not_shared for a draft, what was taken back and what is on hold, circle_closed, not_a_member.
    """
    entries.only_authors(entry, by)
    circle = entries.circle_of(entry)
    if not circle.is_open:
        raise RefusedError("circle_closed")
    if not entries.writes_in(circle, by):
        raise RefusedError("not_a_member")
    if entry.audience == Audience.PRIVATE or entry.held_at is not None:
        raise RefusedError("not_shared")
    _move(entry, Audience.PROGRAMME, by=by)
    return entry


def narrow(entry: Entry, *, by: Person) -> Entry:
    """Only the author's own circle reads it again; of a draft it changes nothing."""
    entries.only_authors(entry, by)
    if entry.audience != Audience.PRIVATE:
        _move(entry, Audience.CIRCLE, by=by)
    return entry


def _move(entry: Entry, audience: Audience, *, by: Person) -> None:
    if entry.audience != audience:
        entry.audience = audience
        audit.note("entry.audience", by=by, circle=entries.circle_of(entry), entry=entry.id, now=audience.value)
        session.flush()


@prepared
def _of_others(within: Reach) -> Question:
    """A row for each author of each piece that circles elsewhere share with the visitor's programmes."""
    own_circles = [place.circle_id for place in within.places]
    readable = (
        select(func.max(EntryVersion.id))
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .where(Entry.audience == Audience.PROGRAMME, Entry.circle_id.not_in(own_circles))
        .where(within.versions(), ~within.own_entries())
        .group_by(EntryVersion.entry_id)
    )
    newest_first = (EntryVersion.shared_at.desc(), EntryVersion.id.desc())
    listed = select(EntryVersion.id).where(EntryVersion.id.in_(readable)).order_by(*newest_first)
    listed = listed.limit(bindparam("limit")).offset(bindparam("offset"))
    return (
        select(
            EntryVersion.id.label("version_id"), EntryVersion.entry_id, EntryVersion.shared_at, EntryVersion.answers,
            Entry.stage, Entry.circle_id, Person.id, Person.display_name,
        )
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
        .join(Person, Person.id == InquiryAuthor.person_id)
        .where(EntryVersion.id.in_(listed))
        .order_by(*newest_first, Person.id)
    )  # fmt: skip


def of_other_circles(*, within: Reach, limit: int, page: int = 1) -> tuple[list[tuple[Circle, Shared]], bool]:
    """What other circles share with the visitor's programme, each with its circle, and whether there is more.

    The newest first; how many answered stays in their circle.
    """
    found = []
    for _, authors in groupby(
        _of_others(within, limit=limit + 1, offset=(page - 1) * limit), lambda row: row.version_id
    ):
        one, *others = authors
        circle = session.get_one(Circle, one.circle_id)
        stage = circles.template(circle).stage(one.stage)
        names = tuple(Named(row.id, row.display_name) for row in (one, *others))
        words = entries.opening(one.answers, stage)
        found.append((circle, Shared(one.entry_id, one.version_id, one.shared_at, stage, names, words, 0)))
    return found[:limit], len(found) > limit
