"""What colleagues ask of a visitor: the list of offers to give a word, each with about how many minutes it takes."""

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import bindparam, not_, select

from lti_tool.access import Permission, Question, Reach, prepared
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, FeedbackState, InquiryAuthor, Person
from lti_tool.presets import Stage
from lti_tool.services import circles
from lti_tool.services.people import Named
from lti_tool.text import count_words

READING = 150  # words a minute, and a minute or so for each step: an honest guess, not a clock


@dataclass(frozen=True)
class Offer:
    """One offer on the list "asked of you": whose work, what, about how many minutes, and whether it was begun."""

    feedback_id: int
    version_id: int
    authors: tuple[Named, ...]
    stage: Stage
    minutes: int
    begun: bool


@prepared
def _asked(within: Reach) -> Question:
    """A row for each author of what is asked about; nobody answers what is not sent."""
    return (
        select(
            Feedback.id.label("feedback_id"), Feedback.version_id, Feedback.state, Feedback.protocol,
            EntryVersion.answers, Entry.stage, Person.id, Person.display_name,
        )
        .join(EntryVersion, EntryVersion.id == Feedback.version_id)
        .join(Entry, Entry.id == EntryVersion.entry_id)
        .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
        .join(Person, Person.id == InquiryAuthor.person_id)
        .where(
            Feedback.circle_id == bindparam("circle_id"),
            Feedback.writer_id == within.person_id,
            Feedback.state.in_((FeedbackState.INVITED, FeedbackState.WRITING)),
            within.versions(),
            not_(within.own_entries()),
        )
        .order_by(Feedback.state == FeedbackState.INVITED, Feedback.invited_at, Feedback.id, Person.id)
    )  # fmt: skip


def of(circle: Circle, *, within: Reach) -> list[Offer]:
    """What the visitor is asked for or has begun in this circle, begun ones first, then the oldest offer.

    An offer lapses when the work is taken back, put on hold or written by her, too; a draft is never lost, see
    `feedbacks.written_by`.
    """
    if not (circle.is_open and within.may(Permission.GIVE_FEEDBACK, circle.id)):
        return []
    template = circles.template(circle)
    found = []
    for _, authors in groupby(_asked(within, circle_id=circle.id), lambda row: row.feedback_id):
        one, *others = authors
        names = tuple(Named(row.id, row.display_name) for row in (one, *others))
        words = sum(count_words(text) for text in one.answers.values())
        minutes = max(round(words / READING + 1.5 * len(template.written_steps(one.protocol))), 3)
        begun = one.state == FeedbackState.WRITING
        found.append(Offer(one.feedback_id, one.version_id, names, template.stage(one.stage), minutes, begun))
    return found
