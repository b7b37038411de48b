"""Who is in a course, read from the LMS in the background."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, insert, select

from lti_tool.db import now, session, work
from lti_tool.errors import PlatformError
from lti_tool.lti import roster
from lti_tool.lti.messages import RosterMember
from lti_tool.models import Activity, Course, Enrolment, Person, Visit
from lti_tool.services import credits, deliveries

FRESH = timedelta(minutes=10)


def ask_for(course: Course) -> None:
    """Owe a reading of the roster, unless it was read a moment ago or the platform offers none."""
    if course.roster_url and (course.roster_read_at is None or now() - course.roster_read_at > FRESH):
        deliveries.owe("roster", key=f"roster:{course.id}", payload={"course_id": course.id})


def read(payload: dict[str, int]) -> None:
    """Read the roster of one course page by page and store it; the job behind `ask_for`.

    Nobody's launch role or circle role is changed by a roster (roles.md). People who are missing from a complete
    reading, or suspended, are marked as left and signed out here; nothing of theirs is deleted. Raises PlatformError.
    """
    with work(read_only=True) as unit:
        course = unit.get_one(Course, payload["course_id"])
        unit.refresh(course, ["deployment"])
    try:
        seen, suspended = _read_pages(course)
    except PlatformError as error:
        with work() as unit:
            unit.get_one(Course, course.id).roster_fault = error.code
            unit.commit()
        raise
    with work() as unit:
        _mark_left(course, seen, suspended - seen)
        unit.get_one(Course, course.id).roster_read_at = now()
        unit.get_one(Course, course.id).roster_fault = None
        unit.commit()


def _read_pages(course: Course) -> tuple[set[str], set[str]]:
    """Store the people page by page; who is there, and who is suspended."""
    seen: set[str] = set()
    suspended: set[str] = set()
    for page in roster.read(course):
        with work() as unit:
            _store(course, [one for one in page if one.active])
            unit.commit()
        seen |= {one.sub for one in page if one.active}
        suspended |= {one.sub for one in page if not one.active}
    return seen, suspended


def _store(course: Course, members: list[RosterMember]) -> None:
    """A few statements for each page of people, not for each person."""
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
    _enrol(course, {person.id: told[sub] for sub, person in known.items()})
    session.flush()


def _people(course: Course, told: Iterable[str]) -> dict[str, Person]:
    query = select(Person).where(Person.platform_id == course.deployment.platform_id, Person.sub.in_(list(told)))
    return {person.sub: person for person in session.scalars(query)}


def _enrol(course: Course, told: dict[int, RosterMember]) -> None:
    """Rows are inserted as such: of objects SQLite takes one at a time, to learn its number."""
    query = select(Enrolment).where(Enrolment.course_id == course.id, Enrolment.person_id.in_(list(told)))
    known = {enrolment.person_id: enrolment for enrolment in session.scalars(query)}
    back = [person_id for person_id, enrolment in known.items() if enrolment.left_at is not None]
    for person_id, enrolment in known.items():
        enrolment.roster_roles = list(told[person_id].roles)
        enrolment.left_at = None
    if back:
        credits.owe_again(course, back)
    fresh = [
        {"course_id": course.id, "person_id": person_id, "roster_roles": list(one.roles)}
        for person_id, one in told.items()
        if person_id not in known
    ]
    if fresh:
        session.execute(insert(Enrolment), fresh)


def _mark_left(course: Course, seen: set[str], suspended: set[str]) -> None:
    """Who is suspended has left, and so has who was in a roster once and is not in this one.

    An answer without anybody is taken for a fault of the platform, not for an empty course.
    """
    rows = session.execute(
        select(Enrolment, Person.sub)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id == course.id, Enrolment.left_at.is_(None))
        .execution_options(yield_per=500)
    )
    gone = [
        enrolment
        for enrolment, sub in rows
        if sub in suspended or (seen and sub not in seen and enrolment.roster_roles)
    ]
    for enrolment in gone:
        enrolment.left_at = now()
    session.flush()
    of_course = select(Activity.id).where(Activity.course_id == course.id)
    session.execute(
        delete(Visit).where(
            Visit.person_id.in_([enrolment.person_id for enrolment in gone]), Visit.activity_id.in_(of_course)
        )
    )
