"""Copies of courses: recognised, and asked about once. Templates are copied, work never.

An LMS copies a course with its activities and gives everything new ids. What tells that it is a copy: our own key,
which deep linking wrote into the activity and which survives; the histories that some platforms send; a notice.
All of it can be written by whoever teaches the new course, so it opens nothing: who carries on must be one who may
place people in the former circles anyhow.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from lti_tool import presets
from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import find_or_add, now, session
from lti_tool.errors import RefusedError
from lti_tool.lti.messages import Launch
from lti_tool.models import (
    Activity,
    Circle,
    CircleSource,
    Cohort,
    Course,
    Enrolment,
    Membership,
    Person,
    Programme,
)
from lti_tool.services import audit, circles, set_ups

MADE_IN = "made_in"
FRESH, CARRY_ON = "fresh", "carry_on"
STRAGGLERS = 1  # of a round that is over; that they go, too, is no new one
NEW_FACES = 3  # people without a place who make us think that a course began anew


def stable_key(course: Course) -> dict[str, str]:
    """The custom parameter that every deep link made in this course carries, so that a copy of it can be told."""
    return {MADE_IN: course.public_id}


def recognise(course: Course, launch: Launch) -> None:
    """Note that this course is a copy of one whose people have circles here, if a launch tells so for the first time.

    Our own key counts before histories, and the nearest of those before the farther ones. Only courses of the same
    deployment count: ids mean nothing elsewhere.
    """
    if course.copied_from_id is None and not course.copy_answer:
        made_in = launch.custom.get(MADE_IN, course.public_id)
        by_key = [made_in] if made_in != course.public_id else []
        _note(course, by_key, launch.context_history, launch.link_history)


def note(course: Course, origins: Collection[str]) -> None:
    """The same for a notice of the platform, which names the former courses."""
    if course.copied_from_id is None and not course.copy_answer:
        _note(course, (), origins, ())


def _note(course: Course, keys: Collection[str], contexts: Collection[str], links: Collection[str]) -> None:
    if not (keys or contexts or links) or _is_fed(course):
        return
    course.copied_from_id = _origin_of(course, list(keys), list(contexts), list(links))
    session.flush()


def _is_fed(course: Course) -> bool:
    return session.scalar(select(CircleSource.id).where(CircleSource.course_id == course.id).limit(1)) is not None


def _origin_of(course: Course, keys: list[str], contexts: list[str], links: list[str]) -> int | None:
    """The nearest course of the same deployment with circles, by our key, by the course's history, by the link's."""
    query = (
        select(Course.id, Course.public_id, Course.context_id, Activity.resource_link_id)
        .outerjoin(Activity, Activity.course_id == Course.id)
        .where(Course.deployment_id == course.deployment_id, Course.id != course.id)
        .where(exists().where(CircleSource.course_id == Course.id))
        .where(or_(Course.public_id.in_(keys), Course.context_id.in_(contexts), Activity.resource_link_id.in_(links)))
        .order_by(Course.id.desc())
    )
    found: list[tuple[tuple[int, int], int]] = []
    for number, key, context, link in session.execute(query):
        ranks = [
            (way, told.index(value))
            for way, (told, value) in enumerate(((keys, key), (contexts, context), (links, link)))
            if value in told
        ]
        found.append((min(ranks), number))
    return min(found, key=lambda one: one[0])[1] if found else None


@dataclass(frozen=True)
class Question:
    """What the one who sets up a copied course is asked, with what each answer would mean."""

    title: str  # of the former course; "" for one who is not in it
    programme: str  # key of the programme that a new beginning proposes, "" where it is not installed any more
    circles: tuple[Circle, ...]  # those this visitor may carry on with


def question(course: Course, *, within: Reach) -> Question:
    """What is asked about this copy."""
    origin = session.get_one(Course, course.copied_from_id)
    belongs = select(Enrolment.id).where(Enrolment.course_id == origin.id, Enrolment.person_id == within.person_id)
    carried = tuple(one for one in _circles_of(origin) if one.is_open and within.may(Permission.PLACE_PEOPLE, one.id))
    knows = bool(carried) or session.scalar(belongs) is not None
    return Question(origin.title if knows else "", _programme_of(origin), carried)


def _circles_of(course: Course) -> list[Circle]:
    query = select(Circle).join(CircleSource, CircleSource.circle_id == Circle.id)
    return list(session.scalars(query.where(CircleSource.course_id == course.id).order_by(Circle.name, Circle.id)))


def _programme_of(course: Course) -> str:
    query = (
        select(Programme.key)
        .join(Cohort, Cohort.programme_id == Programme.id)
        .join(Circle, Circle.cohort_id == Cohort.id)
        .join(CircleSource, CircleSource.circle_id == Circle.id)
        .where(CircleSource.course_id == course.id)
        .order_by(Circle.id.desc())
    )
    key = session.scalars(query).first()
    return key if key in presets.all() else ""


def begin_fresh(course: Course, *, by: Person) -> None:
    """Take the copy for a new beginning: set-up proposes the programme of the former circles, and nothing else of them.

    RefusedError copy_answered when a colleague was faster.
    """
    _answer(course, FRESH, by=by)
    programme = _programme_of(session.get_one(Course, course.copied_from_id))
    if programme and not set_ups.has_begun(course):
        set_ups.choose_programme(course, key=programme, by=by)
    session.flush()


def carry_on(course: Course, *, by: Person, within: Reach) -> list[Circle]:
    """Let the copy feed the former circles in which this visitor places people; its people wait for a place there.

    RefusedError: copy_answered when a colleague was faster, copy_of_others when all these circles are others'.
    """
    _answer(course, CARRY_ON, by=by)
    carried = question(course, within=within).circles
    if not carried:
        raise RefusedError("copy_of_others")
    for circle in carried:
        find_or_add(CircleSource, circle_id=circle.id, course_id=course.id, group="")
    session.flush()
    return list(carried)


def _answer(course: Course, answer: str, *, by: Person) -> None:
    here = session.scalars(
        select(Course).where(Course.id == course.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if not here.copy_is_open or _is_fed(here):
        raise RefusedError("copy_answered")
    here.copy_answer = answer
    audit.note("course.copy_answered", by=by, course=course.id, of=here.copied_from_id, answer=answer)


def began_anew(circle: Circle, *, waiting: int) -> bool:
    """Whether a circle's courses seem to have been emptied for a new round: most teachers are gone, others came.

    Nothing follows from it by itself: who places people reads that everything is kept, and chooses. Once that was put
    away, who was gone by then counts no more: only when those who were left, or came since, are gone it happened again.
    """
    if waiting < NEW_FACES:
        return False
    courses = select(CircleSource.course_id).where(CircleSource.circle_id == circle.id)
    query = (
        select(func.count(), func.count(Enrolment.left_at))
        .join(Membership, Membership.person_id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(courses), Membership.circle_id == circle.id)
        .where(Membership.left_at.is_(None), Membership.rights.in_(rights_with(Permission.EARN_CREDIT)))
    )
    if (put_away := circle.anew_put_away_at) is not None:
        query = query.where(or_(Enrolment.left_at.is_(None), Enrolment.left_at > put_away))
    everybody, gone = session.execute(query).one()
    least = 1 if put_away is None else STRAGGLERS + 1
    return bool(gone >= least and gone * 5 >= everybody * 4)  # whoever the LMS kept in the course may be among them


def put_away(circle: Circle) -> None:
    """Say no more that the circle's courses began anew, until they do again."""
    circle.anew_put_away_at = now()
    session.flush()


def may_answer(course: Course, *, within: Reach) -> bool:
    """Whether this visitor is the one to be asked about a copy."""
    return course.copy_is_open and circles.may_set_up(course, within=within)
