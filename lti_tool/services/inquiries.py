"""Inquiries: the stages of a circle's template as one author, a pair or the circle writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from lti_tool.access import Permission, Question, Reach, arrived, prepared
from lti_tool.db import rows, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import (
    Audience,
    Circle,
    Entry,
    EntryVersion,
    Feedback,
    FeedbackState,
    Inquiry,
    InquiryAuthor,
    Person,
)
from lti_tool.presets import Stage
from lti_tool.services import circles


@dataclass(frozen=True)
class Written:
    """One entry as its author finds it in the list: the newest version, and how many colleagues answered."""

    entry: Entry
    version: EntryVersion | None
    answered: int


@dataclass(frozen=True)
class Step:
    """One stage of the template with what was written in it; `begins` is the turn that may be begun now, if any."""

    stage: Stage
    written: tuple[Written, ...]
    begins: int | None

    @property
    def is_enough(self) -> bool:
        """Whether every turn that the programme asks for was shared or concluded."""
        return _is_enough(self.stage, [one.entry for one in self.written])


@dataclass(frozen=True)
class Overview:
    """A whole inquiry, stage by stage; `inquiry` is None while nothing was begun."""

    inquiry: Inquiry | None
    steps: tuple[Step, ...]

    @property
    def next(self) -> Step | None:
        """The first stage that waits for a beginning."""
        return next((step for step in self.steps if step.begins and not step.is_enough), None)


@dataclass(frozen=True)
class Piece:
    """What of one's own entry decides about the next step."""

    id: int
    inquiry_id: int
    stage: str
    turn: int
    audience: str
    held_at: datetime | None
    concluded_at: datetime | None
    saved_at: datetime
    is_blank: bool


@dataclass(frozen=True)
class NextStep:
    """What an author does next: mend what is on hold, read an answer, go on with a draft, begin a stage, or nothing."""

    kind: Literal["mend", "read", "go_on", "begin", "done"]
    stage: Stage | None = None
    turn: int = 1
    entry: Piece | None = None
    inquiry_id: int | None = None
    version: int | None = None  # the number of the version that was answered


@dataclass(frozen=True)
class Kept:
    """An entry of the visitor in a circle where she writes no inquiries any more."""

    entry: Entry
    stage: Stage
    circle: Circle


def get_own(inquiry_id: int, *, within: Reach) -> Inquiry:
    """Find an inquiry that the visitor writes, or raise NotFoundError."""
    inquiry = session.scalar(select(Inquiry).where(Inquiry.id == inquiry_id, Inquiry.id.in_(within.own_inquiries())))
    if inquiry is None:
        raise NotFoundError
    return inquiry


def of(circle: Circle, *, within: Reach) -> list[Overview]:
    """The visitor's inquiries in this circle, the newest first; an empty one where nothing was begun yet."""
    authors = selectinload(Inquiry.authors).joinedload(InquiryAuthor.person)
    inquiries = list(session.scalars(_own(circle, within).options(authors)))
    answered = answers_to(entry.id for inquiry in inquiries for entry in inquiry.entries)
    return _overviews(circle, inquiries, answered)


def _own(circle: Circle, within: Reach) -> Select[Inquiry]:
    """Two statements, however much was written."""
    return (
        select(Inquiry)
        .where(Inquiry.circle_id == circle.id, Inquiry.id.in_(within.own_inquiries()))
        .options(selectinload(Inquiry.entries).joinedload(Entry.versions))
        .order_by(Inquiry.id.desc())
        .execution_options(populate_existing=True)
    )


def _overviews(circle: Circle, inquiries: list[Inquiry], answered: dict[int, int]) -> list[Overview]:
    return [_overview(circle, inquiry, answered) for inquiry in inquiries] or [_overview(circle, None, {})]


def kept(*, within: Reach) -> list[Kept]:
    """What the visitor wrote in circles where she does not write any more: it stays hers, the latest first.

    She was taken out of the circle, or has another role in it now.
    """
    writes = [place.circle_id for place in within.places if place.grants(Permission.WRITE_INQUIRY)]
    query = (
        select(Entry, Circle)
        .join(Circle, Circle.id == Entry.circle_id)
        .where(within.own_entries(), Entry.circle_id.not_in(writes))
        .order_by(Entry.saved_at.desc(), Entry.id.desc())
    )
    return [Kept(entry, circles.template(here).stage(entry.stage), here) for entry, here in session.execute(query)]


_versions = aliased(EntryVersion)
ANSWERED = (  # how many colleagues' feedback the entry of a statement has received
    select(func.count(Feedback.writer_id.distinct()))
    .join(_versions, _versions.id == Feedback.version_id)
    .where(_versions.entry_id == Entry.id, arrived(), Feedback.removed_at.is_(None))
    .correlate(Entry)
    .scalar_subquery()
)
_ANSWERED = select(Entry.id, ANSWERED).where(Entry.id.in_(bindparam("entry_ids", expanding=True)))


def answers_to(entry_ids: Iterable[int]) -> dict[int, int]:
    """How many colleagues' feedback each of these entries has received."""
    return dict(tuple(row) for row in rows(_ANSWERED, entry_ids=list(entry_ids)))


def _overview(circle: Circle, inquiry: Inquiry | None, answered: dict[int, int]) -> Overview:
    entries = inquiry.entries if inquiry else []
    steps = []
    for stage in circles.template(circle).stages:
        here = sorted((entry for entry in entries if entry.stage == stage.key), key=lambda entry: entry.turn)
        written = tuple(
            Written(one, one.versions[-1] if one.versions else None, answered.get(one.id, 0)) for one in here
        )
        steps.append(Step(stage, written, _next_turn(circle, stage, here)))
    return Overview(inquiry, tuple(steps))


def _is_enough(stage: Stage, entries: Sequence[Entry | Piece]) -> bool:
    done = [one for one in entries if one.concluded_at or one.audience != Audience.PRIVATE]
    return len(done) >= stage.repeat.min


def _next_turn(circle: Circle, stage: Stage, entries: Sequence[Entry | Piece]) -> int | None:
    """An empty last turn is gone on with, not followed by another one."""
    if not circle.is_open or len(entries) >= stage.repeat.max or (entries and entries[-1].is_blank):
        return None
    return entries[-1].turn + 1 if entries else 1


@prepared
def _own_pieces(within: Reach) -> Question:
    """Her inquiries here with their entries, an inquiry without any too."""
    shared = select(EntryVersion.id).where(EntryVersion.entry_id == Entry.id).exists()
    return (
        select(
            Inquiry.id.label("inquiry_id"), Entry.id, Entry.stage, Entry.turn, Entry.audience, Entry.held_at,
            Entry.concluded_at, Entry.saved_at, Entry.answers, Entry.ask, shared.label("shared"),
        )
        .join(Entry, Entry.inquiry_id == Inquiry.id, isouter=True)
        .where(Inquiry.circle_id == bindparam("circle_id"), Inquiry.id.in_(within.own_inquiries()))
        .order_by(Inquiry.id.desc(), Entry.turn)
    )  # fmt: skip


def next_step(circle: Circle, *, within: Reach) -> NextStep | None:
    """What the circle page offers as "my next step"; None for a visitor who does not write inquiries here."""
    if not within.may(Permission.WRITE_INQUIRY, circle.id):
        return None
    found = _own_pieces(within, circle_id=circle.id)
    newest = found[0].inquiry_id if found else None
    stages = circles.template(circle).stages
    order = {stage.key: place for place, stage in enumerate(stages)}
    pieces = [_piece(row) for row in found if row.stage in order]
    pieces.sort(key=lambda one: (-one.inquiry_id, order[one.stage], one.turn))
    if (step := _with_what_is_there(circle, pieces, within)) is not None:
        return step
    for stage in stages:
        here = [one for one in pieces if one.stage == stage.key and one.inquiry_id == newest]
        turn = _next_turn(circle, stage, here)
        if turn is not None and not _is_enough(stage, here):
            return NextStep("begin", stage, turn, None, newest)
    return NextStep("done", inquiry_id=newest)


def _piece(row: Row[*tuple[Any, ...]]) -> Piece:
    begun = any(row.answers.values()) or row.ask or row.shared or row.concluded_at
    facts = (row.stage, row.turn, row.audience, row.held_at, row.concluded_at, row.saved_at)
    return Piece(row.id, row.inquiry_id, *facts, is_blank=not begun)


def _with_what_is_there(circle: Circle, pieces: list[Piece], within: Reach) -> NextStep | None:
    stages = circles.template(circle)
    open_ones = [one for one in pieces if one.concluded_at is None]
    held = [one for one in open_ones if one.held_at and one.audience != Audience.PRIVATE]
    drafts = [one for one in open_ones if one.audience == Audience.PRIVATE]
    if circle.is_open and held:
        return NextStep("mend", stages.stage(held[-1].stage), held[-1].turn, held[-1], held[-1].inquiry_id)
    known = {one.id: one for one in pieces}
    answers = _unread_answers(within, circle_id=circle.id) if pieces else ()
    for piece, number in ((known[row.entry_id], row.number) for row in answers if row.entry_id in known):
        return NextStep("read", stages.stage(piece.stage), piece.turn, piece, piece.inquiry_id, number)
    if circle.is_open and drafts:
        latest = max(drafts, key=lambda one: one.saved_at)
        return NextStep("go_on", stages.stage(latest.stage), latest.turn, latest, latest.inquiry_id)
    return None


def answered_version(entry: Entry) -> int | None:
    """The number of the newest version that a colleague has answered, None while nobody has."""
    query = (
        select(func.max(EntryVersion.number))
        .join(Feedback, Feedback.version_id == EntryVersion.id)
        .where(EntryVersion.entry_id == entry.id, arrived(), Feedback.removed_at.is_(None))
    )
    return session.scalar(query)


@prepared
def _unread_answers(within: Reach) -> Question:
    """The version whose feedback has waited longest to be read by its author."""
    return (
        select(EntryVersion.entry_id, EntryVersion.number)
        .join(Feedback, Feedback.version_id == EntryVersion.id)
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .where(Entry.circle_id == bindparam("circle_id"), within.said_to_author(), Feedback.waits.is_(False))
        .where(Feedback.state == FeedbackState.SENT, Feedback.held_at.is_(None), Feedback.removed_at.is_(None))
        .order_by(Feedback.sent_at)
        .limit(1)
    )


def begin(circle: Circle, *, stage: str, by: Person, inquiry: Inquiry | None = None) -> Entry:
    """A new turn of a stage, ready to be written; the inquiry is made with its first entry.

    An empty turn that waits is given back instead of a second one. Without `inquiry` it is the newest that this person
    writes here. Raises RefusedError circle_closed and stage_complete, NotFoundError for an unknown stage.
    """
    if not circle.is_open:
        raise RefusedError("circle_closed")
    wanted = circles.template(circle).stage(stage)
    session.execute(select(Circle.id).where(Circle.id == circle.id).with_for_update(key_share=True))  # one at a time
    inquiry = inquiry or _newest(circle, by) or _new(circle, by)
    query = select(Entry).where(Entry.inquiry_id == inquiry.id, Entry.stage == stage).order_by(Entry.turn)
    written = list(session.scalars(query.options(selectinload(Entry.versions))))
    if written and written[-1].is_blank:
        return written[-1]
    if len(written) >= wanted.repeat.max:
        raise RefusedError("stage_complete")
    turn = written[-1].turn + 1 if written else 1
    entry = Entry(inquiry_id=inquiry.id, circle_id=circle.id, stage=stage, turn=turn)
    session.add(entry)
    session.flush()
    return entry


def _newest(circle: Circle, by: Person) -> Inquiry | None:
    query = (
        select(Inquiry)
        .join(InquiryAuthor)
        .where(Inquiry.circle_id == circle.id, InquiryAuthor.person_id == by.id)
        .order_by(Inquiry.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def _new(circle: Circle, by: Person) -> Inquiry:
    inquiry = Inquiry(circle_id=circle.id)
    session.add(inquiry)
    session.flush()
    session.add(InquiryAuthor(inquiry_id=inquiry.id, person_id=by.id))
    session.flush()
    return inquiry


def turn_before(entry: Entry) -> Entry | None:
    """The entry of the turn before, whose "what I will try" begins this one."""
    if entry.turn == 1:
        return None
    return session.scalar(
        select(Entry).where(
            Entry.inquiry_id == entry.inquiry_id, Entry.stage == entry.stage, Entry.turn == entry.turn - 1
        )
    )


def authors(inquiry_id: int) -> list[Person]:
    """The people who write an inquiry, in the order of their numbers."""
    query = (
        select(InquiryAuthor)
        .where(InquiryAuthor.inquiry_id == inquiry_id)
        .options(joinedload(InquiryAuthor.person))
        .order_by(InquiryAuthor.person_id)
    )
    return [one.person for one in session.scalars(query)]
