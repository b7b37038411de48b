"""Feedback: one colleague's words on one shared version, from the offer to the sending.

Invited, writing, sent; passed instead; taken back while unread. What the author does with it is in `replies`, what
happens to a remark that hurts in `holds`. Drafts are their writer's alone. Feedback stays beside its version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, and_, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from lti_tool.access import OUT, Permission, Reach, rights_with
from lti_tool.db import now, session
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
    Meeting,
    Person,
    Reply,
)
from lti_tool.presets import Stage, Step
from lti_tool.services import arrivals, circles, credits, entries, kept_places, pairing
from lti_tool.text import count_words

DAY = timedelta(hours=24)
S = FeedbackState


def get(feedback_id: int, *, within: Reach) -> Feedback:
    """Find a feedback that the visitor may read, with its thread, or raise NotFoundError."""
    if (feedback := session.scalar(whole().where(Feedback.id == feedback_id, within.feedback()))) is None:
        raise NotFoundError
    return feedback


def get_own(feedback_id: int, *, within: Reach) -> Feedback:
    """Find a feedback that the visitor writes, whatever its state, or raise NotFoundError."""
    query = whole().where(Feedback.id == feedback_id, Feedback.writer_id == within.person_id)
    if (feedback := session.scalar(query)) is None:
        raise NotFoundError
    return feedback


def whole() -> Select[Feedback]:
    """Feedback with its writer, its thread, and the authors of the work it is about."""
    return _with_authors().options(selectinload(Feedback.replies).joinedload(Reply.person))


def _with_authors() -> Select[Feedback]:
    authors = joinedload(Feedback.version).joinedload(EntryVersion.entry).joinedload(Entry.inquiry)
    return (
        select(Feedback)
        .options(
            joinedload(Feedback.writer),
            authors.selectinload(Inquiry.authors).joinedload(InquiryAuthor.person),
        )
        .execution_options(populate_existing=True)
    )


def circle_of(feedback: Feedback) -> Circle:
    """The circle in which it was written; the caller has found the feedback within a reach."""
    return session.get_one(Circle, feedback.circle_id)


def authors(feedback: Feedback) -> list[Person]:
    """Those who wrote the work it is about; who came to it after the words were sent was not meant."""
    return [one.person for one in feedback.version.entry.inquiry.authors if _was_told_to(one, feedback)]


def is_author(feedback: Feedback, person: Person) -> bool:
    """Whether this person wrote the work it is about, alone or with others."""
    return person.id in {one.id for one in authors(feedback)}


def version(feedback: Feedback, *, within: Reach) -> EntryVersion | None:
    """The text it was written on, None where the visitor may not (or no longer) read that."""
    try:
        return entries.version(feedback.version_id, within=within)
    except NotFoundError:
        return None


def steps(feedback: Feedback) -> tuple[Step, ...]:
    """The steps of its written form."""
    return circles.template(circle_of(feedback)).written_steps(feedback.protocol)


def begin(version: EntryVersion, *, by: Person, within: Reach) -> Feedback:
    """Offer oneself for a word on a version one may read; who passed may think again.

    Raises NotFoundError where the visitor gives no feedback, RefusedError own_entry and circle_closed.
    """
    circle = circles.get(version.entry.circle_id, within=within)
    if not within.may(Permission.GIVE_FEEDBACK, circle.id):
        raise NotFoundError
    if not circle.is_open:
        raise RefusedError("circle_closed")
    if _writes(version, by):
        raise RefusedError("own_entry")
    feedback = pairing.invite(version, person_id=by.id)
    if feedback.state == S.PASSED:
        feedback.state = S.INVITED
    session.flush()
    return feedback


def _writes(version: EntryVersion, person: Person) -> bool:
    inquiry_id = version.entry.inquiry_id
    query = select(InquiryAuthor).where(InquiryAuthor.inquiry_id == inquiry_id, InquiryAuthor.person_id == person.id)
    return session.scalar(query) is not None


@dataclass(frozen=True)
class Readers:
    """Who will read a feedback once it is sent, for the sentence beside its box: the same grants that guard it."""

    authors: tuple[Person, ...]
    facilitators: int
    colleagues: int  # with those for whom a place is kept
    after_own: bool  # colleagues read it only after sending their own
    meeting: Meeting | None  # with which they read it, None: once it is sent


def readers(feedback: Feedback) -> Readers:
    """Who will read it: authors, facilitators, and colleagues as the circle agreed; of work taken back: its authors."""
    circle = circle_of(feedback)
    wrote = authors(feedback)
    known = {feedback.writer_id, *(one.id for one in wrote)}
    about = feedback.version
    stands = about.withdrawn_at is None and about.entry.held_at is None and about.entry.audience != Audience.PRIVATE
    others = [one for one in circles.members(circle) if stands and one.person_id not in known]
    reviewing = rights_with(Permission.REVIEW_SHARED)
    giving = set(rights_with(Permission.GIVE_FEEDBACK)) - set(reviewing)
    expected = kept_places.readers(circle) if stands else 0
    return Readers(
        tuple(wrote),
        sum(1 for one in others if one.rights in reviewing),
        sum(1 for one in others if one.rights in giving) + expected,
        feedback.after_own if feedback.begun_at else circle.feedback_after_own,
        arrivals.next_meeting(circle) if _waits(feedback, circle) else None,
    )


def _was_told_to(author: InquiryAuthor, feedback: Feedback) -> bool:
    sent = feedback.sent_at if feedback.state in OUT else None
    return author.since is None or sent is None or author.since <= sent


def _waits(feedback: Feedback, circle: Circle) -> bool:
    if feedback.state in OUT:
        return feedback.waits
    return feedback.at_meeting if feedback.begun_at else circle.feedback_at_meeting


def pass_on(feedback: Feedback, *, by: Person) -> Feedback:
    """Let the offer go to the next colleague; nobody asks why. RefusedError moved_on once something was written."""
    only_writer(feedback, by)
    only_in(feedback, S.INVITED)
    feedback.state = S.PASSED
    session.flush()
    pairing.ask_next(feedback.version.entry_id)
    return feedback


def choose_protocol(feedback: Feedback, *, protocol: str, by: Person) -> Feedback:
    """Answer in another way; RefusedError moved_on once something was written, so that no word is orphaned."""
    only_writer(feedback, by)
    only_in(feedback, S.INVITED)
    feedback.protocol = circles.template(circle_of(feedback)).protocol(protocol).key
    session.flush()
    return feedback


def save(
    feedback: Feedback, *, words: Mapping[str, str], levels: Mapping[str, str], edition: int, by: Person
) -> Feedback:
    """Keep what was written so far in these steps; steps that are not named stay as they are.

    The same words again change nothing. EditionError when other words were saved since this page was opened,
    RefusedError moved_on once it is sent. Also taken where the circle has closed or the work is gone: nothing typed is
    lost. With the first words the circle's rules about who reads them, and when, become a promise.
    """
    only_writer(feedback, by)
    only_in(feedback, S.INVITED, S.PASSED, S.WRITING)
    known = {step.key for step in steps(feedback)}
    new_words = _merged(feedback.words, {key: text for key, text in words.items() if key in known})
    new_levels = _merged(feedback.levels, _known_levels(feedback, levels))
    if (new_words, new_levels) == (feedback.words, feedback.levels):
        return feedback
    if edition != feedback.edition:
        raise entries.EditionError
    feedback.words, feedback.levels, feedback.saved_at = new_words, new_levels, now()
    feedback.state = S.WRITING
    if feedback.begun_at is None:
        circle = circle_of(feedback)
        feedback.begun_at, feedback.after_own = now(), circle.feedback_after_own
        feedback.at_meeting = circle.feedback_at_meeting
    session.flush()
    return feedback


def _merged(before: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in {**before, **changed}.items() if text.strip()}


def _known_levels(feedback: Feedback, levels: Mapping[str, str]) -> dict[str, str]:
    """Only keys of the circle's own rubric: a level is a sentence, never anything one could add up (H2)."""
    rubric = circles.template(circle_of(feedback)).rubric
    known = {criterion.key: {"", *criterion.levels} for criterion in rubric.criteria}
    return {key: level for key, level in levels.items() if level in known.get(key, ())}


def obstacle(feedback: Feedback, *, within: Reach) -> str:
    """Why it cannot be sent as it stands: the code of a refusal, "" when it can."""
    circle = circle_of(feedback)
    if not circle.is_open:
        return "circle_closed"
    if not within.may(Permission.GIVE_FEEDBACK, circle.id):
        return "not_a_member"
    if (about := version(feedback, within=within)) is None:
        return "entry_gone"
    if _writes(about, feedback.writer):
        return "own_entry"
    if feedback.held_at is not None and feedback.saved_at is None:
        return "not_reworded"
    return "" if count_words(feedback.words.get(steps(feedback)[0].key, "")) else "first_step_missing"


def send(feedback: Feedback, *, by: Person, within: Reach) -> Feedback:
    """Give it to the author. Only the first step needs a word. Raises RefusedError moved_on or what `obstacle` says.

    Where the circle agreed so, it waits for the next meeting. A remark that was on hold and written anew is free again.
    """
    only_writer(feedback, by)
    only_in(feedback, S.WRITING)
    if code := obstacle(feedback, within=within):
        raise RefusedError(code)
    feedback.state, feedback.sent_at, feedback.read_at, feedback.read_shown = S.SENT, now(), None, False
    feedback.waits = feedback.at_meeting and arrivals.next_meeting(circle_of(feedback)) is not None
    feedback.held_at = feedback.held_by = feedback.help_asked_at = None
    feedback.held_for = feedback.held_reason = ""
    session.flush()
    credits.reckon_person(feedback.writer_id, circle_id=feedback.circle_id)
    return feedback


def may_take_back(feedback: Feedback) -> bool:
    """Whether it is still unread, not on hold, and sent within the last day."""
    fresh = feedback.sent_at is not None and now() - feedback.sent_at < DAY
    return feedback.state == S.SENT and feedback.held_at is None and fresh


def take_back(feedback: Feedback, *, by: Person) -> Feedback:
    """Make it a draft again, every word kept. RefusedError read_already when it was read, or a day has passed."""
    only_writer(feedback, by)
    if not may_take_back(feedback):
        raise RefusedError("read_already")
    feedback.state, feedback.saved_at, feedback.waits = S.WRITING, now(), False
    session.flush()
    return feedback


def only_writer(feedback: Feedback, by: Person) -> None:
    """Whoever calls has found it within a reach; this stays as the last door."""
    if feedback.writer_id != by.id:
        raise NotFoundError


def only_in(feedback: Feedback, *states: FeedbackState) -> None:
    """Refuse (moved_on) what its state does not allow, and everything once it was taken out."""
    if feedback.state not in states or feedback.removed_at is not None:
        raise RefusedError("moved_on")


@dataclass(frozen=True)
class Kept:
    """Words of the visitor in a circle where she gives none any more."""

    feedback: Feedback
    stage: Stage
    circle: Circle


def kept(*, within: Reach) -> list[Kept]:
    """What the visitor wrote to colleagues in circles where she gives no feedback any more, sent or not."""
    gives = [place.circle_id for place in within.places if place.grants(Permission.GIVE_FEEDBACK)]
    query = whole().where(
        Feedback.writer_id == within.person_id,
        Feedback.circle_id.not_in(gives),
        Feedback.state.in_((S.WRITING, *OUT)),
    )
    found = [(one, circle_of(one)) for one in session.scalars(query.order_by(Feedback.id.desc()))]
    return [Kept(one, circles.template(here).stage(one.version.entry.stage), here) for one, here in found]


def written_by(circle: Circle, *, within: Reach) -> list[Feedback]:
    """What the visitor sent in this circle, the newest first, and drafts that cannot be sent: all of it stays hers.

    Their work is gone, or she writes it herself by now.
    """
    others = Entry.circle_id == circle.id, within.versions(), not_(within.own_entries())
    readable = select(EntryVersion.id).join(EntryVersion.entry).where(*others)
    left_over = and_(Feedback.state == S.WRITING, Feedback.version_id.not_in(readable))
    query = whole().where(
        Feedback.circle_id == circle.id,
        Feedback.writer_id == within.person_id,
        or_(Feedback.state.in_(OUT), left_over),
    )
    return list(session.scalars(query.order_by(Feedback.sent_at.desc(), Feedback.id.desc())))
