"""What follows a sent feedback: it is read, answered, talked over in a short thread, and closed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, false, func, not_, or_, select

from lti_tool.access import OUT, Permission, Question, Reach, prepared, shown_to_facilitators
from lti_tool.db import UTCDateTime, now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, FeedbackState, Person, Reply
from lti_tool.presets import Stage
from lti_tool.services import circles, feedbacks
from lti_tool.services.people import Named

QUIET = timedelta(days=30)
NEW = timedelta(days=7)  # how long thanks and further words are news; a question is, until it is answered
BY_AUTHOR = ("thanks", "question", "will_try")
WORD = "word"
S = FeedbackState


@dataclass(frozen=True)
class News:
    """The last word somebody else said in a thread of the visitor's, or words on hold that wait for her."""

    feedback_id: int
    stage: Stage
    said_by: Named | None  # nobody is named where words are on hold
    kind: str  # that of the reply; "on_hold": her own words; "look": a facilitator is asked to look
    at: datetime


@prepared
def _news(within: Reach) -> Question:
    """Threads in which the other side spoke last, and what is on hold for its writer and whom the author asked."""
    last = select(func.max(Reply.id)).where(Reply.feedback_id == Feedback.id).correlate(Feedback).scalar_subquery()
    wrote = Feedback.writer_id == within.person_id
    fresh = or_(Reply.kind == "question", Reply.written_at >= bindparam("since", type_=UTCDateTime))
    said = and_(Feedback.held_at.is_(None), Feedback.state != S.CLOSED, Reply.person_id != within.person_id, fresh)
    reviews = any(place.grants(Permission.REVIEW_SHARED) for place in within.places)
    look = and_(shown_to_facilitators(), within.feedback(), not_(within.own_entries())) if reviews else false()
    return (
        select(
            Feedback.id.label("feedback_id"), Feedback.writer_id, Feedback.held_at, Entry.stage,
            Reply.kind, Reply.written_at, Person.id, Person.display_name,
        )
        .join(EntryVersion, EntryVersion.id == Feedback.version_id)
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .outerjoin(Reply, Reply.id == last)
        .outerjoin(Person, Person.id == Reply.person_id)
        .where(
            Feedback.circle_id == bindparam("circle_id"),
            Feedback.state.in_(OUT),
            Feedback.removed_at.is_(None),
            or_(
                and_(Feedback.held_at.is_not(None), or_(wrote, look)),
                and_(wrote, said),
                and_(within.said_to_author(), said, Reply.kind == WORD),
            ),
        )
        .order_by(
            Feedback.held_at.is_(None), Reply.kind != "question",
            func.coalesce(Feedback.held_at, Reply.written_at).desc(), Feedback.id,
        )
    )  # fmt: skip


def news(circle: Circle, *, within: Reach) -> list[News]:
    """What waits for the visitor in threads of this circle: holds, then questions, then what was said this week."""
    template = circles.template(circle)
    found = []
    for row in _news(within, circle_id=circle.id, since=now() - NEW):
        stage = template.stage(row.stage)
        if row.held_at is None:
            found.append(News(row.feedback_id, stage, Named(row.id, row.display_name), row.kind, row.written_at))
        else:
            kind = "on_hold" if row.writer_id == within.person_id else "look"
            found.append(News(row.feedback_id, stage, None, kind, row.held_at))
    return found


def read(feedback: Feedback, *, by: Person, shown: bool = False) -> Feedback:
    """An author says that she read it, `shown` to its writer only if she allows; from then on it is not taken back.

    Said twice it changes nothing.
    """
    only_author(feedback, by)
    feedbacks.only_in(feedback, *(S(state) for state in OUT))
    _not_held(feedback)
    if feedback.state == S.SENT:
        feedback.state, feedback.read_at, feedback.read_shown = S.READ, now(), shown
        session.flush()
    return feedback


def answer(feedback: Feedback, *, kind: str, text: str, by: Person) -> Reply:
    """An author's thanks, question, or what she will try; the thread is open from the first one on.

    Raises RefusedError unread (what was not opened is not answered), moved_on once it is closed, on_hold,
    circle_closed, and words_missing where only thanks may go without words.
    """
    only_author(feedback, by)
    if kind not in BY_AUTHOR:
        raise NotFoundError
    if feedback.state == S.SENT:
        raise RefusedError("unread")
    feedbacks.only_in(feedback, S.READ, S.ANSWERED)
    _still_open(feedback)
    _not_held(feedback)
    reply = _add(feedback, kind=kind, text=text, by=by)
    feedback.state = S.ANSWERED
    session.flush()
    return reply


def add_word(feedback: Feedback, *, text: str, by: Person, within: Reach) -> Reply:
    """A further word in the thread, by its writer or an author once it is open, or by the facilitator at any time.

    Raises NotFoundError for everybody else, RefusedError moved_on, on_hold, circle_closed and words_missing.
    """
    _still_open(feedback)
    if not (states := states_for_a_word(feedback, within=within)):
        raise NotFoundError
    feedbacks.only_in(feedback, *states)
    _not_held(feedback)
    reply = _add(feedback, kind=WORD, text=text, by=by)
    session.flush()
    return reply


def states_for_a_word(feedback: Feedback, *, within: Reach) -> tuple[FeedbackState, ...]:
    """The states in which this visitor may add a word: none for who is neither of its two sides nor facilitator."""
    if within.person_id in {feedback.writer_id, *(one.id for one in feedbacks.authors(feedback))}:
        return (S.ANSWERED,)
    return (S.SENT, S.READ, S.ANSWERED) if may_review(feedback, within=within) else ()


def close(feedback: Feedback, *, by: Person) -> Feedback:
    """Either side ends the thread; everything in it stays readable."""
    if not takes_part(feedback, by):
        raise NotFoundError
    feedbacks.only_in(feedback, S.ANSWERED)
    _not_held(feedback)
    feedback.state, feedback.closed_at = S.CLOSED, now()
    session.flush()
    return feedback


def sweep() -> int:
    """Close the threads that were quiet for thirty days; how many."""
    last = select(func.max(Reply.written_at)).where(Reply.feedback_id == Feedback.id).scalar_subquery()
    query = select(Feedback).where(
        Feedback.state == S.ANSWERED,
        Feedback.held_at.is_(None),
        func.coalesce(last, Feedback.read_at) < now() - QUIET,
    )
    quiet = list(session.scalars(query))
    for feedback in quiet:
        feedback.state, feedback.closed_at = S.CLOSED, now()
    session.flush()
    return len(quiet)


def takes_part(feedback: Feedback, person: Person) -> bool:
    """Whether this person is one of the two sides: its writer or an author of the work."""
    return feedback.writer_id == person.id or feedbacks.is_author(feedback, person)


def may_review(feedback: Feedback, *, within: Reach) -> bool:
    """Whether the visitor is a facilitator of its circle."""
    return within.may(Permission.REVIEW_SHARED, feedback.circle_id)


def only_author(feedback: Feedback, by: Person) -> None:
    """Whoever calls has found it within a reach; this stays as the last door."""
    if not feedbacks.is_author(feedback, by):
        raise NotFoundError


def _still_open(feedback: Feedback) -> None:
    if not feedbacks.circle_of(feedback).is_open:
        raise RefusedError("circle_closed")


def _not_held(feedback: Feedback) -> None:
    if feedback.held_at is not None:
        raise RefusedError("on_hold")


def _add(feedback: Feedback, *, kind: str, text: str, by: Person) -> Reply:
    if kind != "thanks" and not text.strip():
        raise RefusedError("words_missing")
    reply = Reply(feedback=feedback, person=by, kind=kind, text=text.strip())
    session.add(reply)
    return reply
