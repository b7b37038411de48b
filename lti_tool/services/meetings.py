"""Gatherings of a circle: planned by the programme, dated by the circle, held or not."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from lti_tool.access import Permission, Reach
from lti_tool.db import now, rows, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Meeting
from lti_tool.services import arrivals

STILL_NEXT = timedelta(hours=3)  # a meeting under way is still the next one


class Next(NamedTuple):
    """The next meeting as a circle's page tells of it."""

    id: int
    title: str
    starts_at: datetime | None
    time_zone: str
    place: str
    link: str


def get(meeting_id: int, *, within: Reach) -> Meeting:
    """Find a meeting of a circle whose meetings the visitor may see, or raise NotFoundError."""
    query = select(Meeting).join(Circle).where(Meeting.id == meeting_id, within.circles(Permission.SEE_MEETINGS))
    if (meeting := session.scalar(query)) is None:
        raise NotFoundError
    return meeting


def of(circle: Circle) -> list[Meeting]:
    """The circle's meetings: dated ones by date, then those still to be dated in the order of the plan."""
    query = (
        select(Meeting)
        .where(Meeting.circle_id == circle.id)
        .order_by(Meeting.starts_at.is_(None), Meeting.starts_at, Meeting.position, Meeting.id)
    )
    return list(session.scalars(query))


_NEXT = (
    select(Meeting.id, Meeting.title, Meeting.starts_at, Meeting.time_zone, Meeting.place, Meeting.link)
    .where(Meeting.circle_id == bindparam("circle_id"), Meeting.held.is_(False))
    .where(Meeting.starts_at.is_(None) | (Meeting.starts_at > bindparam("since")))
    .order_by(Meeting.starts_at.is_(None), Meeting.starts_at, Meeting.position, Meeting.id)
    .limit(1)
)


def next_of(circle: Circle) -> Next | None:
    """The next dated meeting, else the first of the plan that has no date yet."""
    found = rows(_NEXT, circle_id=circle.id, since=now() - STILL_NEXT)
    return Next(*found[0]) if found else None


def moment(day: date, hour: time, time_zone: str) -> datetime:
    """The moment of a local day and hour."""
    return datetime.combine(day, hour, tzinfo=ZoneInfo(time_zone))


def local(meeting: Meeting) -> datetime | None:
    """When the meeting begins, on the clocks of the place that was named; None while it has no date."""
    return meeting.starts_at.astimezone(ZoneInfo(meeting.time_zone)) if meeting.starts_at else None


def usual_zone(meeting: Meeting, *, country: str = "", otherwise: str = "") -> str:
    """The time zone to propose: the meeting's own once it is dated, else that of the circle's latest dated one.

    Else that of the latest of the same cohort, else of the programme's country (the only one, or the visitor's), else
    what the caller knows otherwise.
    """
    if meeting.starts_at is not None:
        return meeting.time_zone
    circle = session.get_one(Circle, meeting.circle_id)
    same_cohort = select(Circle.id).where(Circle.cohort_id == circle.cohort_id)
    latest = (
        select(Meeting.time_zone)
        .where(Meeting.circle_id.in_(same_cohort), Meeting.starts_at.is_not(None))
        .order_by(Meeting.circle_id != circle.id, Meeting.starts_at.desc())
        .limit(1)
    )
    return session.scalar(latest) or _planned_zone(circle, country) or otherwise or meeting.time_zone


def _planned_zone(circle: Circle, country: str) -> str:
    units = (circle.cohort.programme.preset.get("plan") or {}).get("units", [])
    zones: dict[str, str] = {one["key"]: one["time_zone"] for one in units}
    return next(iter(zones.values())) if len(zones) == 1 else zones.get(country, "")


def add(circle: Circle, *, title: str, kind: str = "meeting", minutes: int = 60) -> Meeting:
    """One more meeting, after those planned."""
    if not circle.is_open:
        raise RefusedError("circle_closed")
    last = session.scalar(select(func.max(Meeting.position)).where(Meeting.circle_id == circle.id)) or 0
    meeting = Meeting(circle_id=circle.id, kind=kind, title=title, minutes=minutes, position=last + 1)
    session.add(meeting)
    session.flush()
    return meeting


def arrange(
    meeting: Meeting, *, starts_at: datetime | None, time_zone: str, place: str, link: str, minutes: int
) -> None:
    """Say when and where; None takes the date away again. Words that wait for it wait for its new day."""
    meeting.starts_at, meeting.time_zone = starts_at, time_zone
    meeting.place, meeting.link, meeting.minutes = place, link, minutes
    arrivals.hand_over(circle_id=meeting.circle_id)


def record(meeting: Meeting, *, held: bool, present: int | None) -> None:
    """Note that the meeting took place and how many came; a count, never names (H1)."""
    meeting.held = held
    meeting.present = present if held else None
    arrivals.hand_over(circle_id=meeting.circle_id)
