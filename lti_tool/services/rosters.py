"""Who is in a course, read from the LMS in the background."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, and_, cast, delete, exists, insert, literal, or_, select

from lti_tool.db import ClashError, now, session, work
from lti_tool.errors import PlatformError
from lti_tool.lti import roster
from lti_tool.lti.messages import RosterMember
from lti_tool.models import Activity, Course, Delivery, Enrolment, Person, Visit
from lti_tool.services import credits, deliveries, groups

FRESH = timedelta(minutes=10)
SURE = timedelta(minutes=30)  # between two readings that must agree before many people are taken for gone
AGAIN = timedelta(hours=1)
LATELY = timedelta(days=14)  # a course that nobody opened since is left in peace
DAILY = timedelta(hours=20)
MOST_AN_HOUR = 500
MANY = 5  # people; of a small course anybody may go at once


def ask_for(course: Course) -> bool:
    """Owe a reading of the roster, unless it was read a moment ago or the platform offers none; whether it is owed."""
    if not course.roster_url or (course.roster_read_at is not None and now() - course.roster_read_at <= FRESH):
        return False
    deliveries.owe("roster", key=_key(course.id), payload={"course_id": course.id})
    return True


def lies_ready() -> ColumnElement[bool]:
    """Of a course, in a statement with a `moment`: its roster is owed and nobody began to read it."""
    key = literal(_key(0).removesuffix("0")) + cast(Course.id, Text)
    return exists().where(Delivery.key == key, deliveries.untouched())


def read(payload: dict[str, int]) -> None:
    """Read the roster of one course page by page and store it; the job behind `ask_for`.

    Nobody's launch role or circle role is changed by a roster. People who are missing from a complete reading, or
    suspended, are marked as left and signed out here; nothing of theirs is deleted. Raises PlatformError.
    """
    with work(read_only=True) as unit:
        course = unit.get_one(Course, payload["course_id"])
        unit.refresh(course, ["deployment"])
    try:
        seen, suspended, new = _read_pages(course)
    except PlatformError as error:
        with work() as unit:
            unit.get_one(Course, course.id).roster_fault = error.code
            unit.commit()
        raise
    with work() as unit:
        here = unit.get_one(Course, course.id)
        _mark_left(here, seen, suspended - seen, new=new)
        here.roster_read_at, here.roster_fault = now(), None
        groups.ask_for(here)
        unit.commit()


def _read_pages(course: Course) -> tuple[set[str], set[str], int]:
    """Store the people page by page; who is there, who is suspended, and how many were in no roster before."""
    seen: set[str] = set()
    suspended: set[str] = set()
    new = 0
    for page in roster.read(course):
        new += _keep(course, [one for one in page if one.active])
        seen |= {one.sub for one in page if one.active}
        suspended |= {one.sub for one in page if not one.active}
    return seen, suspended, new


def _keep(course: Course, members: list[RosterMember]) -> int:
    """Store a page; once more where a launch, or another course's roster, made one of these people meanwhile."""

    def once() -> int:
        with work() as unit:
            new = _store(course, members)
            unit.commit()
            return new

    try:
        return once()
    except ClashError:
        return once()


def _store(course: Course, members: list[RosterMember]) -> int:
    """A few statements for each page of people, not for each person; how many were not enrolled here before."""
    told = {one.sub: one for one in members}
    known = _people(course, told)
    if strangers := [one for sub, one in told.items() if sub not in known]:
        platform_id = course.deployment.platform_id
        session.execute(
            insert(Person), [{"platform_id": platform_id, "sub": one.sub, "name": one.name} for one in strangers]
        )
        known = _people(course, told)
    for sub, person in known.items():
        if told[sub].name and person.name != told[sub].name:
            person.name = told[sub].name
    new = _enrol(course, {person.id: told[sub] for sub, person in known.items()})
    session.flush()
    return new


def _people(course: Course, told: Iterable[str]) -> dict[str, Person]:
    query = select(Person).where(Person.platform_id == course.deployment.platform_id, Person.sub.in_(list(told)))
    return {person.sub: person for person in session.scalars(query)}


def _enrol(course: Course, told: dict[int, RosterMember]) -> int:
    """Rows are inserted as such: of objects SQLite takes one at a time, to learn its number."""
    query = select(Enrolment).where(Enrolment.course_id == course.id, Enrolment.person_id.in_(list(told)))
    known = {enrolment.person_id: enrolment for enrolment in session.scalars(query)}
    back = [person_id for person_id, enrolment in known.items() if enrolment.left_at is not None]
    for person_id, enrolment in known.items():
        enrolment.roster_roles = list(told[person_id].roles)
        enrolment.left_at = None
        groups.told_by_roster(enrolment, told[person_id].groups)
    if back:
        credits.owe_again(course, back)
    fresh = [
        {
            "course_id": course.id,
            "person_id": person_id,
            "roster_roles": list(one.roles),
            "groups": sorted(one.groups or ()),
            "groups_known": one.groups is not None,
        }
        for person_id, one in told.items()
        if person_id not in known
    ]
    if fresh:
        session.execute(insert(Enrolment), fresh)
    return len(fresh)


def _mark_left(course: Course, seen: set[str], suspended: set[str], *, new: int) -> None:
    """Who is suspended has left, and so has who was in a roster once and is not in this one.

    An answer without anybody is taken for a fault of the platform, not for an empty course; one in which more than half
    of the people are missing is believed when a second one, some time later, says the same.
    """
    rows = session.execute(
        select(Enrolment, Person.sub)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id == course.id, Enrolment.left_at.is_(None))
        .execution_options(yield_per=500)
    )
    gone, missing = [], []
    for enrolment, sub in rows:
        if sub in suspended:
            gone.append(enrolment)
        elif seen and sub not in seen and enrolment.roster_roles:
            missing.append(enrolment)
    if _is_sure(course, missing=len(missing), stayed=len(seen) - new, new=new):
        gone += missing
    for enrolment in gone:
        enrolment.left_at = now()
    session.flush()
    if not gone:
        return
    of_course = select(Activity.id).where(Activity.course_id == course.id)
    session.execute(
        delete(Visit).where(
            Visit.person_id.in_([enrolment.person_id for enrolment in gone]), Visit.activity_id.in_(of_course)
        )
    )


def _is_sure(course: Course, *, missing: int, stayed: int, new: int) -> bool:
    """Whether those who are missing have left: a roster of less than half the length must be told twice.

    Many new faces say that the course was emptied for a new round, and not that the answer was cut.
    """
    if missing < MANY or new >= MANY or (stayed + new) * 2 >= stayed + missing:
        course.roster_shrunk_at = None
        return True
    if course.roster_shrunk_at is not None and now() - course.roster_shrunk_at >= SURE:
        course.roster_shrunk_at = None
        return True
    course.roster_shrunk_at = course.roster_shrunk_at or now()
    payload = {"course_id": course.id}
    deliveries.owe("roster", key=_key(course.id), payload=payload, due_at=now() + AGAIN)
    return False


def look_again() -> int:
    """Owe a reading of each course that was opened lately and not read for a day; how many. For the clock, hourly.

    The readings are spread over the hour by the course's number, so that a thousand courses are no crowd. A course
    whose reading is under way, or was refused since yesterday, is left out.
    """
    moment = now()
    query = (
        select(Course.id)
        .where(Course.roster_url.is_not(None), Course.launched_at > moment - LATELY)
        .where(or_(Course.roster_read_at.is_(None), Course.roster_read_at < moment - DAILY))
        .order_by(Course.roster_read_at, Course.id)
        .limit(MOST_AN_HOUR)
    )
    found = list(session.scalars(query))
    busy = _under_way([_key(number) for number in found], since=moment - DAILY)
    for number in found:
        if _key(number) not in busy:
            pause = timedelta(seconds=(number * 2_654_435_761 % 2**32) * 3600 >> 32)  # Knuth's factor spreads
            deliveries.owe("roster", key=_key(number), payload={"course_id": number}, due_at=moment + pause)
    return len(set(found)) - len(busy)


def _under_way(keys: list[str], *, since: datetime) -> set[str]:
    waits = and_(Delivery.done_at.is_(None), or_(Delivery.given_up_at.is_(None), Delivery.given_up_at > since))
    return set(session.scalars(select(Delivery.key).where(Delivery.key.in_(keys), waits)))


def _key(course_id: int) -> str:
    return f"roster:{course_id}"
