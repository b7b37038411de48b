"""What a circle agreed on about working together."""

from datetime import date

from sqlalchemy import select

from lti_tool.access import Permission, Reach
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Norm, Person
from lti_tool.services import audit


def of(circle: Circle) -> list[Norm]:
    """The norms that hold now, in the order they were agreed."""
    query = select(Norm).where(Norm.circle_id == circle.id, Norm.ended_at.is_(None)).order_by(Norm.id)
    return list(session.scalars(query))


def get(norm_id: int, *, within: Reach) -> Norm:
    """Find a norm of a circle that the visitor runs, or raise NotFoundError."""
    query = select(Norm).join(Circle).where(Norm.id == norm_id, within.circles(Permission.RUN_CIRCLE))
    if (norm := session.scalar(query)) is None:
        raise NotFoundError
    return norm


def agree(circle: Circle, *, text: str, on: date) -> Norm:
    """Write down what the circle agreed."""
    if not circle.is_open:
        raise RefusedError("circle_closed")
    norm = Norm(circle_id=circle.id, text=text, agreed_on=on)
    session.add(norm)
    session.flush()
    return norm


def agree_on_feedback(circle: Circle, *, after_own: bool, at_meeting: bool, by: Person) -> None:
    """Whether colleagues read others' words only after their own, and whether words wait for the next meeting.

    It holds for what is begun from now on: a promise that was made is kept.
    """
    if not circle.is_open:
        raise RefusedError("circle_closed")
    circle.feedback_after_own, circle.feedback_at_meeting = after_own, at_meeting
    audit.note("circle.feedback", by=by, circle=circle, after_own=after_own, at_meeting=at_meeting)
    session.flush()


def end(norm: Norm) -> None:
    """The circle no longer holds to it; the line is kept as history."""
    norm.ended_at = now()
    session.flush()
