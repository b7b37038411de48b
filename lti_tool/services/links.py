"""What an activity of an LMS can open: the one registry of linkable things.

An LMS keeps a key of ours for each such activity and copies it with the course, so a key never holds the number of a
row. What everybody meets in her own circle (a stage, a planned meeting) is named by its programme and found in the
circle of whoever comes; a single thing is named by its public id. A further kind is one more `Kind` here, and its words
in `views/link_words.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from lti_tool.access import Permission, Reach
from lti_tool.db import session
from lti_tool.models import Activity, Circle, CircleSource, Course, Entry, Meeting
from lti_tool.presets import Text
from lti_tool.services import circles, milestones


@dataclass(frozen=True)
class Linkable:
    """One thing that an author can let an activity open."""

    resource: str  # the key that the LMS keeps: the kind, a colon, and what the kind needs to find it again
    title: str | Text = ""  # proposed; empty where the kind's own words say it
    text: str | Text = ""
    maximum: int | None = None  # of the credit column that the activity may bring

    @property
    def kind(self) -> str:
        """The key of its kind."""
        return self.resource.partition(":")[0]


@dataclass(frozen=True)
class Target:
    """Where a link leads: the endpoint of a page and its values."""

    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of linkable thing: what of it there is to choose, and where it is found again at a launch.

    `offered` gets the circles of the course within the author's reach. `find` gets what follows the kind in the key,
    the visitor's circles for this activity and her reach; None where it is not there, or not for her.
    """

    key: str
    offered: Callable[[Sequence[Circle], Reach], list[Linkable]]
    find: Callable[[str, Sequence[Circle], Reach], Target | None]
    takes_credit: bool = False  # an activity of this kind has the credit column of whoever comes through it


def offered(course: Course, *, within: Reach) -> list[Linkable]:
    """What an author of this course can choose, kind by kind; before the set-up that is everybody's own circle only."""
    here = _fed_by(course.id, within)
    return [one for kind in KINDS.values() for one in kind.offered(here, within)]


def target(activity: Activity, *, within: Reach) -> Target | None:
    """Where the activity's link leads this visitor; None where its thing is gone or not for her."""
    kind, _colon, rest = _resource(activity.custom).partition(":")
    if kind not in KINDS:
        return None
    here = _fed_by(activity.course_id, within) or circles.of(within)
    return KINDS[kind].find(rest, here, within)


def is_link(custom: dict[str, str]) -> bool:
    """Whether the activity was made by choosing what it opens."""
    return bool(_resource(custom))


def circle_of(custom: dict[str, str]) -> int | None:
    """The number of the one circle that the activity opens, if it names one."""
    kind, _colon, public_id = _resource(custom).partition(":")
    if kind != "circle":
        return None
    return session.scalar(select(Circle.id).where(Circle.public_id == public_id))


def takes_credit(activity: Activity) -> bool:
    """Whether credit may go through this activity: one stage or meeting of many has no column of its own."""
    kind = _resource(activity.custom).partition(":")[0]
    return bool(activity.resource_link_id) and (kind not in KINDS or KINDS[kind].takes_credit)


def _resource(custom: dict[str, str]) -> str:
    return custom.get("resource", "")


def _fed_by(course_id: int, within: Reach) -> list[Circle]:
    fed = select(CircleSource.circle_id).where(CircleSource.course_id == course_id)
    return list(session.scalars(select(Circle).where(within.circles(), Circle.id.in_(fed)).order_by(Circle.name)))


def _maximum(of: Sequence[Circle]) -> int | None:
    """The most that one of these circles credits; None where none of them gives credit."""
    planned = [
        len(milestones.of(one)) if one.credit_mode == "milestones" else 1 for one in of if one.credit_mode != "none"
    ]
    return max(planned, default=None)


def _programmes(of: Sequence[Circle], within: Reach) -> dict[str, list[Circle]]:
    """The visitor's circles by the key of their programme."""
    found: dict[str, list[Circle]] = {}
    for circle in of:
        if (place := within.place(circle.id)) is not None:
            found.setdefault(place.programme, []).append(circle)
    return found


def _one_of(fitting: Sequence[Circle]) -> Circle | None:
    return fitting[0] if len(fitting) == 1 else None


# Everybody's own circle ----------------------------------------------------------------------------------------------


def _home(here: Sequence[Circle], _within: Reach) -> list[Linkable]:
    title = circles.template(here[0]).labels.my_circle if here else ""
    return [Linkable("home", title=title, maximum=_maximum(here))]


def _find_home(_rest: str, _here: Sequence[Circle], _within: Reach) -> Target:
    return Target("circles.home")


# One circle -----------------------------------------------------------------------------------------------------------


def _circles(here: Sequence[Circle], _within: Reach) -> list[Linkable]:
    return [Linkable(f"circle:{one.public_id}", title=one.name, maximum=_maximum([one])) for one in here]


def _find_circle(public_id: str, _here: Sequence[Circle], within: Reach) -> Target | None:
    found = session.scalar(select(Circle.id).where(Circle.public_id == public_id, within.circles()))
    return None if found is None else _circle(found)


def _circle(circle_id: int) -> Target:
    return Target("circles.show", {"circle_id": circle_id})


# One stage of the inquiry, in everybody's own circle ------------------------------------------------------------------


def _stages(here: Sequence[Circle], within: Reach) -> list[Linkable]:
    found = {}
    for programme, of_it in _programmes(here, within).items():
        for stage in circles.template(of_it[-1]).stages:
            found[f"stage:{programme}:{stage.key}"] = Linkable(
                f"stage:{programme}:{stage.key}", title=stage.title, text=stage.why
            )
    return list(found.values())


def _find_stage(rest: str, here: Sequence[Circle], within: Reach) -> Target | None:
    """The visitor's newest entry of the stage, else the place where she begins it; for other roles the circle."""
    programme, _colon, stage = rest.partition(":")
    fitting = [
        one
        for one in _programmes(here, within).get(programme, ())
        if stage in {known.key for known in circles.template(one).stages}
    ]
    if not fitting:
        return None
    writing = [one for one in fitting if within.may(Permission.WRITE_INQUIRY, one.id)]
    circle = _one_of(writing or fitting)
    if circle is None:
        return Target("circles.home")
    if not writing:
        return _circle(circle.id)
    query = select(Entry.id).where(within.own_entries(), Entry.circle_id == circle.id, Entry.stage == stage)
    entry_id = session.scalar(query.order_by(Entry.id.desc()).limit(1))
    if entry_id is not None:
        return Target("entries.show", {"circle_id": circle.id, "entry_id": entry_id})
    return Target("inquiries.show", {"circle_id": circle.id, "stage": stage, "_anchor": f"stage-{stage}"})


# A meeting: a planned one in everybody's own circle, one that a circle added in that circle -------------------------


def _meetings(here: Sequence[Circle], within: Reach) -> list[Linkable]:
    seen = [one.id for one in here if within.may(Permission.SEE_MEETINGS, one.id)]
    programmes = {one.id: key for key, of_it in _programmes(here, within).items() for one in of_it}
    query = select(Meeting).where(Meeting.circle_id.in_(seen)).order_by(Meeting.position, Meeting.id)
    found: dict[str, Linkable] = {}
    for meeting in session.scalars(query):
        planned = f"meeting:{programmes[meeting.circle_id]}:{meeting.key}"
        resource = planned if meeting.key else f"meeting:{meeting.public_id}"
        found.setdefault(resource, Linkable(resource, title=meeting.title))
    return list(found.values())


def _find_meeting(rest: str, here: Sequence[Circle], within: Reach) -> Target | None:
    programme, is_planned, key = rest.partition(":")
    query = select(Meeting).join(Circle)
    if is_planned:
        mine = [one.id for one in _programmes(here, within).get(programme, ())]
        query = query.where(Meeting.key == key, Meeting.circle_id.in_(mine))
    else:
        query = query.where(Meeting.public_id == rest, within.circles())
    meetings = list(session.scalars(query.order_by(Meeting.id)))
    if not meetings:
        return None
    if len({meeting.circle_id for meeting in meetings}) > 1:
        return Target("circles.home")
    meeting = meetings[0]
    if not within.may(Permission.SEE_MEETINGS, meeting.circle_id):
        return _circle(meeting.circle_id)
    return Target("meetings.show", {"circle_id": meeting.circle_id, "_anchor": f"meeting-{meeting.id}"})


KINDS = {
    kind.key: kind
    for kind in (
        Kind("home", _home, _find_home, takes_credit=True),
        Kind("circle", _circles, _find_circle, takes_credit=True),
        Kind("stage", _stages, _find_stage),
        Kind("meeting", _meetings, _find_meeting),
    )
}
