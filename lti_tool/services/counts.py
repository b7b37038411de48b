"""How a circle lives, in sums: what those may see who never read a text. No number here belongs to a person (H1)."""

from dataclasses import dataclass

from sqlalchemy import func, select

from lti_tool.access import OUT
from lti_tool.db import session
from lti_tool.models import Audience, Circle, Entry, Feedback, Meeting


@dataclass(frozen=True)
class Counts:
    """Sums of one circle."""

    meetings_held: int
    meetings_planned: int
    entries_shared: int
    feedback_sent: int


def of(circle: Circle) -> Counts:
    """The sums of one circle, in one query."""
    held = select(func.count()).where(Meeting.circle_id == circle.id, Meeting.held.is_(True)).scalar_subquery()
    planned = select(func.count()).where(Meeting.circle_id == circle.id).scalar_subquery()
    shared = (
        select(func.count()).where(Entry.circle_id == circle.id, Entry.audience != Audience.PRIVATE).scalar_subquery()
    )
    sent = select(func.count()).where(Feedback.circle_id == circle.id, Feedback.state.in_(OUT)).scalar_subquery()
    row = session.execute(select(held, planned, shared, sent)).one()
    return Counts(*row)
