"""Groups of the LMS: what it tells of them and of who is in them. What becomes of it is in `group_circles.py`."""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from lti_tool.db import find_or_add, now, session, work
from lti_tool.errors import PlatformError
from lti_tool.lti import groups as lti_groups
from lti_tool.lti import roster
from lti_tool.lti.messages import Launch, LmsGroup
from lti_tool.models import Activity, Circle, CircleSource, Course, CourseGroup, Enrolment, Person
from lti_tool.services import deliveries

FRESH = timedelta(hours=1)
MOST_ASKED = 20  # groups, and activities, whose own rosters are asked of one course
FOR_SOME = "activity:"


def ask_for(course: Course) -> None:
    """Owe a reading of the course's groups, unless all that the LMS may tell of them was read within the hour."""
    unread = select(Activity.id).where(Activity.course_id == course.id, Activity.people_read_at.is_(None))
    stale = course.groups_read_at is None or now() - course.groups_read_at > FRESH
    if stale or session.scalar(unread.where(Activity.resource_link_id != "").limit(1)) is not None:
        _owe(course)


def ask_about(activity: Activity, course: Course) -> None:
    """Owe the same for an activity that is new here, where no reading of the roster is due: that brings it anyhow, and
    whoever has left since the last one would make it look like an activity that is not for everybody.
    """
    if activity.resource_link_id and activity.people_read_at is None and course.roster_read_at is not None:
        _owe(course)


def _owe(course: Course) -> None:
    deliveries.owe("groups", key=f"groups:{course.id}", payload={"course_id": course.id})


def note(enrolment: Enrolment, activity: Activity, launch: Launch) -> None:
    """Remember what a launch tells of the person's groups; silence changes nothing."""
    told = list(of_activities(enrolment)) if launch.groups is not None else list(enrolment.groups or [])
    told += launch.groups or ()
    if activity.for_some and not launch.may_teach:
        told.append(_key(activity))
    if launch.groups is not None:
        enrolment.groups_known = True
    _set(enrolment, told)


def told_by_roster(enrolment: Enrolment, groups: Collection[str] | None) -> None:
    """Remember the groups that a roster names beside the person; silence changes nothing."""
    if groups is not None:
        enrolment.groups_known = True
        _set(enrolment, [*of_activities(enrolment), *groups])


def read(payload: dict[str, int]) -> None:
    """Ask the LMS for the groups of one course in every way it has; the job behind `ask_for`. Raises PlatformError.

    Names from the Course Groups service, members from each group's own roster (Canvas), and who can see an activity
    that is not for everybody (`rlid`, the only way to the members of a group in Moodle). A way that is refused for good
    is left out: nothing is deleted for it. What was read in this hour is not asked again when a later part failed.
    """
    with work(read_only=True) as unit:
        course = unit.get_one(Course, payload["course_id"])
        unread = or_(Activity.people_read_at.is_(None), Activity.people_read_at < now() - FRESH)
        here = (Activity.course_id == course.id, Activity.resource_link_id != "")  # "" is an author's choosing
        query = select(Activity).where(*here, unread).order_by(Activity.id.desc())
        activities = list(unit.scalars(query.limit(MOST_ASKED)))
        known = unit.scalars(select(CourseGroup.number).where(listed_in(course), CourseGroup.number != ""))
        numbers = list(dict.fromkeys([*known, *course.group_numbers]))[:MOST_ASKED]
    named = bool(_unless_refused(_read_names, course))
    for number in numbers:
        named = bool(_unless_refused(_read_group, course, number)) or named
    # while half of the people are missing, so would half of those who can see it
    for activity in activities if course.roster_url and course.roster_shrunk_at is None else ():
        _unless_refused(_read_activity, course, activity)
        with work() as unit:
            unit.get_one(Activity, activity.id).people_read_at = now()
            unit.commit()
    with work() as unit:
        unit.get_one(Course, course.id).groups_read_at = now()
        for _sub, enrolment in _present(course) if named else ():
            enrolment.groups_known = True  # an LMS that names them told everybody's, also of those who have none
        unit.commit()


def _unless_refused(read: Callable[..., object], *what: object) -> object:
    """What `read` gives; None where the platform refuses it for good."""
    try:
        return read(*what)
    except PlatformError as error:
        if not error.final:
            raise
        return None


def _read_names(course: Course) -> int:
    """Keep what the groups are called, and say how many there are; one that the LMS lists no more is gone."""
    told = lti_groups.read(course)
    if told is None:
        return 0
    _keep(course, told.groups)
    if told.whole:
        with work() as unit:
            others = CourseGroup.number == "", CourseGroup.key.not_like(f"{FOR_SOME}%")
            for row in unit.scalars(select(CourseGroup).where(CourseGroup.course_id == course.id, *others)):
                if row.key not in told.keys:
                    _note_gone(course, row)
            unit.commit()
    return len(told.groups)


def _read_group(course: Course, number: str) -> bool:
    """Keep one group with its people; whether there is one. What had a roster and has none is gone."""
    try:
        found = roster.of_group(course, number)
    except PlatformError as error:
        if error.code == "roster_gone":
            with work() as unit:
                here = select(CourseGroup).where(CourseGroup.course_id == course.id, CourseGroup.number == number)
                for row in unit.scalars(here):
                    _note_gone(course, row)
                unit.commit()
        raise
    if found is None:
        return False
    group, subs = found
    _keep(course, [group], number=number)
    with work() as unit:
        _fill(course, group.key, subs)
        unit.commit()
    return True


def listed_in(course: Course) -> ColumnElement[bool]:
    """The groups that the LMS has told of and still has."""
    return and_(CourseGroup.course_id == course.id, CourseGroup.gone_at.is_(None))


def _note_gone(course: Course, row: CourseGroup) -> None:
    """Nobody is in it any more; forgotten at once unless it feeds an open circle, which stays as it is."""
    feeds = (
        select(CircleSource.id)
        .join(Circle, Circle.id == CircleSource.circle_id)
        .where(CircleSource.course_id == course.id, CircleSource.group == row.key, Circle.closed_at.is_(None))
    )
    _fill(course, row.key, set())
    if session.scalar(feeds.limit(1)) is None:
        session.delete(row)
    elif row.gone_at is None:
        row.gone_at = now()
    session.flush()


def _read_activity(course: Course, activity: Activity) -> None:
    """Who is missing from an activity's roster cannot see it: whoever learns and can is taken for a group."""
    seen = {
        one.sub: one.may_teach
        for page in roster.read(course, resource_link_id=activity.resource_link_id)
        for one in page
        if one.active
    }
    if not seen:
        return  # taken for a fault of the platform, not for an activity without people
    with work() as unit:
        here = unit.get_one(Activity, activity.id)
        here.for_some = any(sub not in seen for sub, one in _present(course) if one.roster_roles)
        if here.for_some:
            group = find_or_add(CourseGroup, course_id=course.id, key=_key(here))
            group.name = here.title
        teaching = {sub for sub, one in _present(course) if one.may_teach or seen.get(sub)}
        _fill(course, _key(here), set(seen) - teaching if here.for_some else set())
        unit.commit()


def _keep(course: Course, groups: Iterable[LmsGroup], *, number: str = "") -> None:
    with work() as unit:
        for one in groups:
            row = find_or_add(CourseGroup, course_id=course.id, key=one.key)
            set_name = one.set_name or (row.set_name if row.set_key == one.set_key else "")
            row.name, row.set_key, row.set_name = one.name or row.name or "", one.set_key, set_name or ""
            row.number, row.gone_at = number or row.number or "", None
        unit.commit()


def _fill(course: Course, key: str, subs: set[str]) -> None:
    for sub, enrolment in _present(course):
        if (sub in subs) != (key in enrolment.groups):
            others = [one for one in enrolment.groups if one != key]
            _set(enrolment, [*others, key] if sub in subs else others)
    session.flush()


def _present(course: Course) -> list[tuple[str, Enrolment]]:
    query = (
        select(Person.sub, Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id == course.id, Enrolment.left_at.is_(None), Enrolment.test_user.is_(False))
    )
    return [(sub, enrolment) for sub, enrolment in session.execute(query)]


def _set(enrolment: Enrolment, groups: Iterable[str]) -> None:
    changed = sorted(set(groups))
    if changed != list(enrolment.groups or []):
        enrolment.groups = changed


def of_activities(enrolment: Enrolment) -> list[str]:
    """Those of a person's groups that are who can see an activity that is not for everybody."""
    return [one for one in enrolment.groups or [] if one.startswith(FOR_SOME)]


def _key(activity: Activity) -> str:
    return f"{FOR_SOME}{activity.resource_link_id}"
