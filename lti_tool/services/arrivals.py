"""When sent words reach their author: at once, or with the next meeting where the circle agreed so.

Nobody waits for a meeting that has no day: without a dated one ahead, words arrive at once.
"""

from sqlalchemy import and_, bindparam, exists, or_, select, update

from lti_tool.db import now, session
from lti_tool.models import Circle, Feedback, Meeting

_AHEAD = (
    select(Meeting)
    .where(Meeting.circle_id == bindparam("circle_id"), Meeting.held.is_(False))
    .where(Meeting.starts_at > bindparam("moment"))
    .order_by(Meeting.starts_at, Meeting.id)
    .limit(1)
)


def next_meeting(circle: Circle) -> Meeting | None:
    """The meeting with which words sent now arrive; None where none ahead has a day, or the circle has ended."""
    return session.scalar(_AHEAD, {"circle_id": circle.id, "moment": now()}) if circle.is_open else None


def hand_over(*, circle_id: int | None = None) -> None:
    """Let words arrive whose meeting has begun or was held, or that wait for none any more; of all circles or of one.

    The clock calls it every minute, and so does whoever changes a meeting.
    """
    here = Meeting.circle_id == Feedback.circle_id
    moment = now()
    begun = exists().where(
        here, Meeting.starts_at > Feedback.sent_at, or_(Meeting.starts_at <= moment, Meeting.held.is_(True))
    )
    ahead = exists().where(here, Meeting.held.is_(False), Meeting.starts_at > moment)
    ended = exists().where(Circle.id == Feedback.circle_id, Circle.closed_at.is_not(None))
    waiting = Feedback.waits.is_(True) if circle_id is None else and_(Feedback.waits, Feedback.circle_id == circle_id)
    session.flush()
    session.execute(update(Feedback).where(waiting, or_(begun, ~ahead, ended)).values(waits=False))
