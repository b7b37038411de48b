"""What taking part comes to: milestones met of those planned. That something was done counts, never how well (H2).

Nobody is stuck: where colleagues are few or shared nothing, the feedback asked of a person shrinks a week after she
shared her own first piece to what was possible for her. No member's state is a condition of another's in any other way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.access import OUT
from lti_tool.db import now, session
from lti_tool.models import Audience, Circle, Entry, EntryVersion, Feedback, InquiryAuthor, Membership
from lti_tool.presets import Milestone
from lti_tool.services import circles

PATIENCE = timedelta(days=7)
TAKING_PART = (  # where a programme names no milestones of its own
    Milestone.model_validate({"key": "shared", "title": "Shared a piece of work", "counts": "entries_shared"}),
    Milestone.model_validate({"key": "answered", "title": "Answered a colleague", "counts": "feedback_given"}),
)


@dataclass(frozen=True)
class Deeds:
    """What one member did in one circle, and what was possible for her."""

    shared: dict[str, int]  # stage -> entries shared at least once; taking one back takes nothing away
    given: int
    possible: int  # pieces by colleagues to which she could have answered
    first_shared_at: datetime | None


def of(circle: Circle) -> Sequence[Milestone]:
    """The milestones of a circle: its programme's, else that of having shared and of having answered."""
    return circles.template(circle).credit.milestones or TAKING_PART


def met(circle: Circle, deeds: Deeds, *, at: datetime | None = None) -> list[Milestone]:
    """The milestones that these deeds meet at this moment."""
    return [milestone for milestone in of(circle) if _is_met(milestone, deeds, at or now())]


def _is_met(milestone: Milestone, deeds: Deeds, at: datetime) -> bool:
    if milestone.counts == "stage_shared":
        return deeds.shared.get(milestone.stage or "", 0) >= milestone.at_least
    if milestone.counts == "entries_shared":
        return sum(deeds.shared.values()) >= milestone.at_least
    return deeds.given >= asked(milestone.at_least, deeds, at)


def asked(wanted: int, deeds: Deeds, at: datetime) -> int:
    """How much feedback is asked of a person: what the programme wants; a week after her own first sharing at most
    what was possible.
    """
    waited = deeds.first_shared_at is not None and at - deeds.first_shared_at >= PATIENCE
    return min(wanted, deeds.possible) if waited else wanted


def deeds_of(membership: Membership) -> Deeds:
    """What this member did in this circle, in four queries."""
    person_id, circle_id = membership.person_id, membership.circle_id
    own = select(InquiryAuthor.inquiry_id).where(InquiryAuthor.person_id == person_id)
    first_versions = (
        select(Entry.stage, func.count(Entry.id), func.min(EntryVersion.shared_at))
        .join(EntryVersion, EntryVersion.entry_id == Entry.id)
        .where(Entry.circle_id == circle_id, Entry.inquiry_id.in_(own), EntryVersion.number == 1)
        .group_by(Entry.stage)
    )
    rows = session.execute(first_versions).all()
    given = session.scalar(
        select(func.count(Feedback.id)).where(
            Feedback.circle_id == circle_id, Feedback.writer_id == person_id, Feedback.state.in_(OUT)
        )
    )
    possible = session.scalar(
        select(func.count(func.distinct(Entry.id)))
        .join(EntryVersion, EntryVersion.entry_id == Entry.id)
        .where(
            Entry.circle_id == circle_id,
            Entry.inquiry_id.not_in(own),
            Entry.audience != Audience.PRIVATE,
            Entry.held_at.is_(None),
            EntryVersion.shared_at >= membership.joined_at,
        )
    )
    return Deeds(
        shared={stage: count for stage, count, _first in rows},
        given=given or 0,
        possible=possible or 0,
        first_shared_at=min((first for _stage, _count, first in rows), default=None),
    )
