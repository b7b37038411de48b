"""Places that a course's list proposed and nobody gave by name: kept until the person comes, and no membership before.

A list of a course may call somebody a learner whom the LMS lets in as more than that (Moodle does so with
representatives). So a kept place gives nothing. The first launch in the same course decides: a plain learner takes it;
for anybody else it is given up, and she waits for a place that somebody gives by name.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.orm import joinedload

from lti_tool.access import Permission, holds
from lti_tool.db import find_or_add, session
from lti_tool.errors import NotFoundError
from lti_tool.lti.roles import CONTEXT
from lti_tool.models import Circle, Course, Enrolment, KeptPlace, Person
from lti_tool.services import audit, circles, memberships

LEARNER = (f"{CONTEXT}#Learner", f"{CONTEXT}/Learner#")


def keep(person: Person, *, circle: Circle, role: str, by: Person, course: Course) -> KeptPlace:
    """Keep a place in a circle for somebody whom this course's list calls a learner."""
    kept = find_or_add(
        KeptPlace,
        circle_id=circle.id,
        person_id=person.id,
        also={"role": circles.template(circle).role(role).key, "course_id": course.id, "kept_by": by.id},
    )
    audit.note("place.kept", by=by, circle=circle, person=person.id, role=role)
    session.flush()
    return kept


def decide(person: Person, *, enrolment: Enrolment) -> None:
    """The person has launched in this course: she takes the places kept for her from its list, or they are given up.

    Where the platform named no role at all they stay as they are.
    """
    query = _kept().where(KeptPlace.person_id == person.id, KeptPlace.course_id == enrolment.course_id)
    for kept in list(session.scalars(query.options(joinedload(KeptPlace.circle)))):
        if is_more_than_learner(enrolment):
            if _let_go(kept):
                audit.note("place.given_up", by=person, circle=kept.circle, person=person.id, role=kept.role)
        elif launched_as_learner(enrolment) and kept.circle.is_open and _let_go(kept):
            since = kept.kept_at  # whoever shared since then was told that these colleagues will read it
            memberships.place(person, circle=kept.circle, role=kept.role, by=person, since=since)
    session.flush()


def _let_go(kept: KeptPlace) -> bool:
    """Of two launches at once only one finds the row; the other has nothing to decide."""
    gone = session.execute(delete(KeptPlace).where(KeptPlace.id == kept.id))
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def of(circle: Circle) -> list[KeptPlace]:
    """The places kept in a circle, of people who are in the course, by name."""
    query = _kept().where(KeptPlace.circle_id == circle.id).join(Person, Person.id == KeptPlace.person_id)
    return list(
        session.scalars(
            query.options(joinedload(KeptPlace.person)).order_by(Person.chosen_name, Person.name, Person.id)
        )
    )


def readers(circle: Circle) -> int:
    """How many people will read what is shared in a circle once they have taken the places kept for them."""
    rows = session.execute(
        select(KeptPlace.role, func.count())
        .where(KeptPlace.circle_id == circle.id, _present())
        .group_by(KeptPlace.role)
    )
    role = circles.template(circle).role
    return sum(count for key, count in rows if holds(role(key).rights, Permission.READ_SHARED))


def get(person_id: int, *, circle: Circle) -> KeptPlace:
    """The place kept for this person in a circle where the caller may place people, or NotFoundError."""
    query = _kept().where(KeptPlace.circle_id == circle.id, KeptPlace.person_id == person_id)
    if (kept := session.scalar(query.options(joinedload(KeptPlace.person)))) is None:
        raise NotFoundError
    return kept


def give(kept: KeptPlace, *, role: str, by: Person) -> None:
    """Give the place by name: from now on no launch changes it. Who gets the role that was kept has it since then."""
    circle = session.get_one(Circle, kept.circle_id)
    since = kept.kept_at if role == kept.role else None
    memberships.place(kept.person, circle=circle, role=role, by=by, since=since)


def give_up(kept: KeptPlace, *, by: Person) -> None:
    """Keep it no longer: the person waits for a place."""
    circle = session.get_one(Circle, kept.circle_id)
    session.delete(kept)
    audit.note("place.given_up", by=by, circle=circle, person=kept.person_id, role=kept.role)
    session.flush()


def launched_as_learner(enrolment: Enrolment) -> bool:
    """Whether the person came herself, and every launch and the list agree that she is a plain learner there."""
    return _only_learns(enrolment.launch_roles) and not is_more_than_learner(enrolment)


def is_learner(enrolment: Enrolment) -> bool:
    """Whether every role in the course, ever launched with or in the list, is a learner's."""
    return _only_learns([*enrolment.launch_roles, *enrolment.roster_roles]) and not enrolment.may_teach


def is_more_than_learner(enrolment: Enrolment) -> bool:
    """Whether the platform ever named a role in the course that is not a learner's: she is placed by name only."""
    held = _in_course([*enrolment.launch_roles, *enrolment.roster_roles])
    return enrolment.may_teach or (bool(held) and not _only_learns(held))


def _in_course(roles: Iterable[str]) -> list[str]:
    return [role for role in roles if role.startswith(CONTEXT)]


def _only_learns(roles: Iterable[str]) -> bool:
    held = _in_course(roles)
    return bool(held) and all(role.startswith(LEARNER) for role in held)


def _kept() -> Select[KeptPlace]:
    return select(KeptPlace).where(_present()).execution_options(populate_existing=True)


def _present() -> ColumnElement[bool]:
    """A place kept for somebody who has left the course stays, and counts for nothing until she is back."""
    here = and_(
        Enrolment.person_id == KeptPlace.person_id,
        Enrolment.course_id == KeptPlace.course_id,
        Enrolment.left_at.is_(None),
    )
    return select(Enrolment.id).where(here).exists()
