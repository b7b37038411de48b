"""Circles: finding them, and where a launch leads."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, or_, select, union_all
from sqlalchemy.orm import joinedload

from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError
from lti_tool.models import Activity, Circle, CircleSource, Course, Enrolment, KeptPlace, Membership
from lti_tool.presets import Role, Template, Text

KEPT = 500
GONE_FOR_GOOD = timedelta(days=1)  # then a second roster has said so, too
_CIRCLE = select(Circle).where(Circle.id == bindparam("circle_id"))
_templates: dict[tuple[int, datetime], Template] = {}


def get(circle_id: int, *, within: Reach) -> Circle:
    """Find a circle in which this visitor has any role, or raise NotFoundError."""
    if within.place(circle_id) is None:
        raise NotFoundError
    return session.scalars(_CIRCLE, {"circle_id": circle_id}).one()


def template(circle: Circle) -> Template:
    """The circle's own copy of its programme: stages, rubric, roles. It never changes and is kept parsed."""
    key = (circle.id, circle.opened_at)
    if key not in _templates:
        if len(_templates) >= KEPT:
            _templates.clear()
        _templates[key] = Template.model_validate(circle.template)
    return _templates[key]


def label(circle_id: int, *, within: Reach) -> Text:
    """What the programme calls the circle of its reader, "My learning circle"; read once however often it is asked."""
    if within.place(circle_id) is None:
        raise NotFoundError
    return template(session.get_one(Circle, circle_id)).labels.my_circle


def of(reach: Reach) -> list[Circle]:
    """The visitor's circles, by name."""
    return list(session.scalars(select(Circle).where(reach.circles()).order_by(Circle.name, Circle.id)))


def course_titles(within: Reach) -> dict[int, str]:
    """The title of the course of each of the visitor's circles, by the circle's number; names of circles repeat."""
    own = Membership.id.in_([place.membership_id for place in within.places])
    query = select(Membership.circle_id, Course.title).join(Activity, Activity.id == Membership.activity_id)
    return dict(list(session.execute(query.join(Course, Course.id == Activity.course_id).where(own))))


def members(circle: Circle) -> list[Membership]:
    """The people present in a circle with their names, in the order they joined."""
    query = (
        select(Membership)
        .where(Membership.circle_id == circle.id, Membership.left_at.is_(None))
        .options(joinedload(Membership.person))
        .order_by(Membership.joined_at, Membership.id)
    )
    return list(session.scalars(query))


def active(circle: Circle) -> list[Membership]:
    """Those of its people who can still come, in the order they joined."""
    query = select(Membership).where(Membership.circle_id == circle.id, Membership.left_at.is_(None), still_comes())
    return list(session.scalars(query.order_by(Membership.joined_at, Membership.id)))


def still_comes(*, lately: timedelta = timedelta()) -> ColumnElement[bool]:
    """Of a membership: whether a course that feeds its circle has the person, had her lately, or never knew her."""
    feeding = select(CircleSource.course_id).where(CircleSource.circle_id == Membership.circle_id)
    enrolled = select(Enrolment.id).where(Enrolment.person_id == Membership.person_id)
    enrolled = enrolled.where(Enrolment.course_id.in_(feeding.correlate(Membership))).correlate(Membership)
    there = or_(Enrolment.left_at.is_(None), Enrolment.left_at > now() - lately)
    return or_(enrolled.where(there).exists(), ~enrolled.exists())


def usual_role(circle: Circle) -> Role:
    """The role that most people of a course have in the circle: a teacher's."""
    roles = template(circle).roles
    suggested = template(circle).suggested_role("Learner")
    return suggested or next(role for role in roles if role.rights == "teacher")


@dataclass(frozen=True)
class OffTarget:
    """A role of which the circle has fewer or more people than the programme suggests. It warns, it never blocks."""

    role: Role
    count: int
    target: int


def off_target(circle: Circle) -> list[OffTarget]:
    """The roles whose number of people, with those for whom a place is kept, is outside what the programme suggests."""
    placed = select(Membership.role).where(Membership.circle_id == circle.id, Membership.left_at.is_(None))
    kept = select(KeptPlace.role).where(KeptPlace.circle_id == circle.id)
    present = Counter(session.scalars(union_all(placed, kept)))
    return [
        OffTarget(role, present[role.key], role.composition.target)
        for role in template(circle).roles
        if role.composition and role.composition.off_target(present[role.key])
    ]


@dataclass(frozen=True)
class Landing:
    """Where a launch leads: one circle, a choice of circles, set-up, or the waiting page."""

    circle: Circle | None = None
    choice: tuple[Circle, ...] = ()
    set_up: bool = False


def landing(activity: Activity, *, within: Reach) -> Landing:
    """The activity's own circle, else set-up where the course has none, else the only one, a choice, or waiting."""
    own = of(within)
    if activity.circle_id is not None and (told := [one for one in own if one.id == activity.circle_id]):
        return Landing(circle=told[0])
    fed = set(session.scalars(select(CircleSource.circle_id).where(CircleSource.course_id == activity.course_id)))
    here = [one for one in own if one.id in fed] or own
    if fed.isdisjoint(one.id for one in own) and may_set_up(activity.course, within=within):
        return Landing(set_up=True)  # no circle here, or none that is looked after: circles elsewhere wait
    if len(here) == 1:
        return Landing(circle=here[0])
    return Landing(choice=tuple(here))


def may_set_up(course: Course, *, within: Reach) -> bool:
    """Whether this visitor may make the circles of a course.

    Before the first circle exists: anybody who launched as one who may teach the course. Afterwards: who may place
    people in one of its circles. Once all of those have left the course: again who may teach it, unless a role was
    given to her in one of these circles.
    """
    fed = list(session.scalars(select(CircleSource.circle_id).where(CircleSource.course_id == course.id)))
    if any(within.place(circle_id) is not None for circle_id in fed):
        return any(within.may(Permission.PLACE_PEOPLE, circle_id) for circle_id in fed)
    teaches = select(Enrolment.id).where(
        Enrolment.course_id == course.id,
        Enrolment.person_id == within.person_id,
        Enrolment.may_teach.is_(True),
        Enrolment.test_user.is_(False),
        Enrolment.left_at.is_(None),
    )
    return session.scalar(teaches) is not None and len(left_alone(course)) == len(set(fed))


def left_alone(course: Course) -> list[Circle]:
    """The open circles of a course that nobody looks after any more, by name.

    Whoever may place people there has left every course that feeds the circle, a day ago at least.
    """
    fed = select(CircleSource.circle_id).where(CircleSource.course_id == course.id)
    looks_after = (
        select(Membership.circle_id)
        .where(Membership.circle_id.in_(fed), Membership.left_at.is_(None))
        .where(Membership.rights.in_(rights_with(Permission.PLACE_PEOPLE)))
    )
    is_here = looks_after.where(still_comes(lately=GONE_FOR_GOOD))
    query = select(Circle).where(Circle.id.in_(looks_after), Circle.id.not_in(is_here), Circle.closed_at.is_(None))
    return list(session.scalars(query.order_by(Circle.name, Circle.id)))
