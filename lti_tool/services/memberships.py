"""Who is in a circle with which role. A role is given by name, by somebody who may place people; never by an LMS.

What a course's list proposed and nobody said by name is only kept, see `kept_places`.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload

from lti_tool.access import Permission, Reach, holds, rights_with
from lti_tool.db import ClashError, now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, CircleSource, Enrolment, KeptPlace, Membership, Person
from lti_tool.services import audit, circles, credits, pairing


def get(membership_id: int, *, within: Reach) -> Membership:
    """Find a present membership in a circle where the visitor may place people, or raise NotFoundError."""
    query = (
        select(Membership)
        .join(Circle)
        .where(Membership.id == membership_id, Membership.left_at.is_(None), within.circles(Permission.PLACE_PEOPLE))
        .options(joinedload(Membership.person), joinedload(Membership.circle))
    )
    if (membership := session.scalar(query)) is None:
        raise NotFoundError
    return membership


def waiting(circle: Circle) -> list[Enrolment]:
    """People of the circle's courses who are in no circle that those courses feed, by name."""
    courses = select(CircleSource.course_id).where(CircleSource.circle_id == circle.id)
    return unplaced(list(session.scalars(courses)))


def unplaced(course_ids: list[int]) -> list[Enrolment]:
    """People present in these courses without a place, given or kept, in any circle that the courses feed, by name."""
    fed = select(CircleSource.circle_id).where(CircleSource.course_id.in_(course_ids))
    placed = select(Membership.person_id).where(Membership.circle_id.in_(fed), Membership.left_at.is_(None))
    kept = select(KeptPlace.person_id).where(KeptPlace.circle_id.in_(fed))
    query = (
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.course_id.in_(course_ids),
            Enrolment.left_at.is_(None),
            Enrolment.test_user.is_(False),
            Enrolment.person_id.not_in(placed),
            Enrolment.person_id.not_in(kept),
        )
        .options(joinedload(Enrolment.person))
        .order_by(Person.chosen_name, Person.name, Person.id)
    )
    return list(session.scalars(query))


def gone_from_course(circle: Circle) -> set[int]:
    """Numbers of the people who were in a course that feeds the circle and are in none of them now."""
    fed = select(CircleSource.course_id).where(CircleSource.circle_id == circle.id)
    query = (
        select(Enrolment.person_id)
        .join(Membership, Membership.person_id == Enrolment.person_id)
        .where(Membership.circle_id == circle.id, Membership.left_at.is_(None), Enrolment.course_id.in_(fed))
        .group_by(Enrolment.person_id)
        .having(func.count(Enrolment.left_at) == func.count())
    )
    return set(session.scalars(query))


def waiting_person(person_id: int, *, circle: Circle) -> Person:
    """One of the people who wait for a place here, or NotFoundError."""
    for enrolment in waiting(circle):
        if enrolment.person_id == person_id:
            return enrolment.person
    raise NotFoundError


def place_waiting(person_ids: Collection[int], *, circle: Circle, role: str, by: Person) -> int:
    """Give those of these people who wait here a place in one role; how many got one. Who has one already keeps it.

    RefusedError placed_already where nobody of them waits any more.
    """
    people = {one.person_id: one.person for one in waiting(circle) if one.person_id in person_ids}
    placed = 0
    for person in people.values():
        try:
            place(person, circle=circle, role=role, by=by)
        except RefusedError as refused:
            if refused.code != "placed_already":  # by somebody else at this very moment
                raise
        else:
            placed += 1
    if not placed:
        raise RefusedError("placed_already")
    return placed


def place(person: Person, *, circle: Circle, role: str, by: Person, since: datetime | None = None) -> Membership:
    """Give a person a place and a role; a person who already has one keeps it (RefusedError placed_already).

    She reads what was shared `since` then; from today on unless told.
    """
    if not circle.is_open:
        raise RefusedError("circle_closed")
    present = select(Membership.id).where(
        Membership.circle_id == circle.id, Membership.person_id == person.id, Membership.left_at.is_(None)
    )
    if session.scalar(present) is not None:
        raise RefusedError("placed_already")
    membership = Membership(
        circle_id=circle.id,
        person_id=person.id,
        role=role,
        rights=circles.template(circle).role(role).rights,
        activity_id=_last_activity(person, circle),
        joined_at=since or now(),
    )
    try:
        with session.begin_nested():
            session.add(membership)
    except ClashError:  # somebody else gave the place at this very moment
        raise RefusedError("placed_already") from None
    session.execute(delete(KeptPlace).where(KeptPlace.circle_id == circle.id, KeptPlace.person_id == person.id))
    audit.note("membership.placed", by=by, circle=circle, person=person.id, role=role)
    session.flush()
    pairing.welcome(membership)
    return membership


def _last_activity(person: Person, circle: Circle) -> int | None:
    """The activity from which the person last came to one of the circle's courses; it will take her credit."""
    query = (
        select(Enrolment.activity_id)
        .join(CircleSource, CircleSource.course_id == Enrolment.course_id)
        .where(Enrolment.person_id == person.id, CircleSource.circle_id == circle.id)
        .where(Enrolment.activity_id.is_not(None))
    )
    return session.scalar(query)


def change_role(membership: Membership, *, role: str, by: Person) -> Membership:
    """Give another role. Who newly may read starts today: no text becomes visible behind its writer's back.

    Credit that waits leaves for teachers alone, and goes on once she is one again.
    """
    before, after = membership.rights, circles.template(membership.circle).role(role).rights
    _keep_a_facilitator(membership, unless=after)
    audit.note(
        "membership.changed",
        by=by,
        circle=membership.circle,
        person=membership.person_id,
        was=membership.role,
        now=role,
    )
    if _gains(Permission.READ_SHARED, before, after):
        membership.joined_at = now()
    if _gains(Permission.REVIEW_SHARED, before, after):
        membership.reviews_since = now()
    membership.role, membership.rights = role, after
    session.flush()
    if holds(before, Permission.EARN_CREDIT) and not holds(after, Permission.EARN_CREDIT):
        credits.withdraw(membership)
    elif _gains(Permission.EARN_CREDIT, before, after):
        credits.resume(membership)
    return membership


def _gains(permission: Permission, before: str, after: str) -> bool:
    return holds(after, permission) and not holds(before, permission)


def end(membership: Membership, *, by: Person) -> None:
    """End a membership; everything the person wrote stays hers and stays where she shared it."""
    _keep_a_facilitator(membership)
    membership.left_at = now()
    audit.note("membership.ended", by=by, circle=membership.circle, person=membership.person_id, role=membership.role)
    session.flush()


def _keep_a_facilitator(membership: Membership, *, unless: str = "") -> None:
    """The last one who may place people cannot be taken away by hand: nobody could let others in again."""
    places = rights_with(Permission.PLACE_PEOPLE)
    if membership.rights not in places or unless in places:
        return
    others = select(Membership.id).where(
        Membership.circle_id == membership.circle_id,
        Membership.left_at.is_(None),
        circles.still_comes(),
        Membership.rights.in_(places),
        Membership.id != membership.id,
    )
    if session.scalar(others) is None:
        raise RefusedError("last_facilitator")
