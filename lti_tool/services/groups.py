"""Groups of the LMS: they propose circles, and say which circle somebody who comes later belongs to.

A group gives nobody a role and moves nobody: a person of a group that feeds a circle waits for a place there, and
somebody who may place people gives it with one button.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select

from lti_tool.db import find_or_add, now, session, work
from lti_tool.errors import PlatformError
from lti_tool.lti import groups as lti_groups
from lti_tool.lti import roster
from lti_tool.lti.messages import Launch, LmsGroup
from lti_tool.models import Activity, Circle, CircleSource, Course, CourseGroup, Enrolment, Person
from lti_tool.services import deliveries

FRESH = timedelta(hours=1)
ENOUGH = 3  # people for a circle of their own
MOST_ASKED = 20  # groups, and activities, whose own rosters are asked of one course
FOR_SOME = "activity:"


def ask_for(course: Course) -> None:
    """Owe a reading of the course's groups, unless all that the LMS may tell of them was read within the hour."""
    unread = select(Activity.id).where(Activity.course_id == course.id, Activity.people_read_at.is_(None))
    stale = course.groups_read_at is None or now() - course.groups_read_at > FRESH
    if stale or session.scalar(unread.where(Activity.resource_link_id != "").limit(1)) is not None:
        _owe(course)


def ask_about(activity: Activity, course: Course) -> None:
    """Owe the same for an activity that is new here, unless the first reading of the roster brings it anyhow."""
    if activity.resource_link_id and activity.people_read_at is None and course.roster_read_at is not None:
        _owe(course)


def _owe(course: Course) -> None:
    deliveries.owe("groups", key=f"groups:{course.id}", payload={"course_id": course.id})


def note(enrolment: Enrolment, activity: Activity, launch: Launch) -> None:
    """Remember what a launch tells of the person's groups; silence changes nothing."""
    told = list(_of_activities(enrolment)) if launch.groups is not None else list(enrolment.groups or [])
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
        _set(enrolment, [*_of_activities(enrolment), *groups])


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
    named = bool(_unless_refused(_read_names, course))
    for number in course.group_numbers[:MOST_ASKED]:
        named = bool(_unless_refused(_read_group, course, number)) or named
    for activity in activities if course.roster_url else ():
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
    """Keep what the groups are called, and say how many there are."""
    told = lti_groups.read(course)
    _keep(course, told)
    return len(told)


def _read_group(course: Course, number: str) -> bool:
    """Keep one group with its people; whether there is one."""
    found = roster.of_group(course, number)
    if found is None:
        return False
    group, subs = found
    _keep(course, [group])
    with work() as unit:
        _fill(course, group.key, subs)
        unit.commit()
    return True


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


def _keep(course: Course, groups: list[LmsGroup]) -> None:
    with work() as unit:
        for one in groups:
            row = find_or_add(CourseGroup, course_id=course.id, key=one.key)
            row.name, row.set_key = one.name or row.name or "", one.set_key
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


def _of_activities(enrolment: Enrolment) -> list[str]:
    return [one for one in enrolment.groups or [] if one.startswith(FOR_SOME)]


def _key(activity: Activity) -> str:
    return f"{FOR_SOME}{activity.resource_link_id}"


@dataclass(frozen=True)
class Sharing:
    """How the LMS's groups would share people out over circles: keys and names by position, and who sits where."""

    keys: tuple[str, ...]
    names: tuple[str, ...]  # "" where the LMS tells no name
    seats: dict[int, int]


@dataclass(frozen=True)
class Known:
    """Of how many people the LMS told the groups so far; `any_group` where it has some at all."""

    people: int
    total: int
    any_group: bool


def known(of: Course, *, people: Collection[int]) -> Known:
    """How much the LMS told of the groups of these people (person numbers)."""
    found = _enrolments(of, people)
    sure = [one for one in found if one.groups_known or one.groups]
    return Known(len(sure), len(found), any(one.groups for one in found))


def shared_out(
    of: Course, *, people: Collection[int], teachers: Collection[int], anyway: bool = False
) -> Sharing | None:
    """One circle for each group of the LMS with enough teachers, or None where that would be a guess.

    It is one while the groups of some teachers are unknown (Moodle tells them launch by launch), unless `anyway`. An
    activity that only some can see is no guess: its people are who can open it. Person numbers in, positions out.
    """
    found = _enrolments(of, people)
    rows = session.scalars(select(CourseGroup).where(CourseGroup.course_id == of.id))
    told = {row.key: row for row in rows}
    learning = [one for one in found if one.person_id in set(teachers)]
    by_activity = _enough(one.groups for one in learning if _of_activities(one))
    chosen = {key for key in by_activity if key.startswith(FOR_SOME)}
    if not chosen and (anyway or all(one.groups_known or one.groups for one in learning)):
        chosen = _best_set(learning, told, least=1 if anyway else len(learning) / 2)
    if not chosen:
        return None
    names = {key: told[key].name if key in told else "" for key in chosen}
    keys = sorted(chosen, key=lambda key: (names[key] == "", names[key].casefold(), key))
    seats = {
        one.person_id: min(keys.index(key) for key in one.groups if key in chosen)
        for one in found
        if chosen & set(one.groups)
    }
    return Sharing(tuple(keys), tuple(names[key] for key in keys), seats)


def _best_set(learning: list[Enrolment], told: dict[str, CourseGroup], *, least: float) -> set[str]:
    """Of the sets of groups the one that seats most teachers, if it seats at least so many."""
    sizes = _enough(one.groups for one in learning)
    sets: dict[str, set[str]] = {}
    for key in sizes:
        if not key.startswith(FOR_SOME):
            sets.setdefault(told[key].set_key if key in told else "", set()).add(key)
    seated = {name: sum(bool(keys & set(one.groups)) for one in learning) for name, keys in sets.items()}
    best = max(sorted(seated), key=lambda name: seated[name], default=None)
    return sets[best] if best is not None and seated[best] >= max(least, 1) else set()


def _enough(groups: Iterable[Iterable[str]]) -> set[str]:
    counted = Counter(key for one in groups for key in one)
    return {key for key, count in counted.items() if count >= ENOUGH}


def _enrolments(of: Course, people: Collection[int]) -> list[Enrolment]:
    query = select(Enrolment).where(Enrolment.course_id == of.id)
    wanted = set(people)
    return [one for one in session.scalars(query) if one.person_id in wanted]


def exists(of: Course, key: str) -> bool:
    """Whether anything was ever told of a group with this key in this course."""
    if session.scalar(select(CourseGroup.id).where(CourseGroup.course_id == of.id, CourseGroup.key == key)):
        return True
    return any(key in one for one in session.scalars(select(Enrolment.groups).where(Enrolment.course_id == of.id)))


def feeding(circle: Circle, waiting: Iterable[Enrolment]) -> dict[int, str]:
    """Who of those waiting is in an LMS group that feeds this circle: number of the enrolment, name of the group."""
    query = (
        select(CircleSource.course_id, CircleSource.group, CourseGroup.name)
        .outerjoin(
            CourseGroup, (CourseGroup.course_id == CircleSource.course_id) & (CourseGroup.key == CircleSource.group)
        )
        .where(CircleSource.circle_id == circle.id, CircleSource.group != "")
    )
    sources = {(course_id, key): name or "" for course_id, key, name in session.execute(query)}
    found = {}
    for enrolment in waiting:
        names = [sources[enrolment.course_id, key] for key in enrolment.groups if (enrolment.course_id, key) in sources]
        if names:
            found[enrolment.id] = names[0]
    return found
