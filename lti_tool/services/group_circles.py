"""Groups of the LMS propose circles, and say which circle somebody who comes later belongs to.

A group gives nobody a role and moves nobody: a person of a group that feeds a circle waits for a place there, and
somebody who may place people gives it with one button.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from lti_tool.db import session
from lti_tool.models import Circle, CircleSource, Course, CourseGroup, Enrolment
from lti_tool.services.groups import FOR_SOME, listed_in, of_activities

ENOUGH = 3  # people for a circle of their own


@dataclass(frozen=True)
class Sharing:
    """How the LMS's groups would share people out over circles: keys and names by position, and who sits where."""

    keys: tuple[str, ...]
    names: tuple[str, ...]  # "" where the LMS tells no name
    seats: dict[int, int]
    set_key: str = ""


@dataclass(frozen=True)
class GroupSet:
    """A set of groups that could make circles."""

    key: str
    name: str


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


def sets(of: Course, *, teachers: Collection[int]) -> list[GroupSet]:
    """The named sets with at least one group that is enough for a circle, in the order of their names."""
    told = _told(of)
    enough = _enough(one.groups for one in _enrolments(of, teachers))
    found = {told[key].set_key: told[key].set_name for key in enough if key in told and told[key].set_name}
    return sorted((GroupSet(key, name) for key, name in found.items()), key=lambda one: (one.name.casefold(), one.key))


def shared_out(
    of: Course, *, people: Collection[int], teachers: Collection[int], anyway: bool = False, of_set: str = ""
) -> Sharing | None:
    """One circle for each group of the LMS with enough teachers, or None where that would be a guess.

    It is one while the groups of some teachers are unknown (Moodle tells them launch by launch), unless `anyway`. An
    activity that only some can see is no guess: its people are who can open it. Person numbers in, positions out.
    `of_set` asks for the groups of this set, if there is one.
    """
    found, told = _enrolments(of, people), _told(of)
    learning = [one for one in found if one.person_id in set(teachers)]
    chosen = _enough(one.groups for one in learning) & {key for key, row in told.items() if row.set_key == of_set != ""}
    if not chosen:
        by_activity = _enough(one.groups for one in learning if of_activities(one))
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
    in_set = {told[key].set_key for key in keys if key in told}
    return Sharing(tuple(keys), tuple(names[key] for key in keys), seats, next(iter(in_set), ""))


def _told(of: Course) -> dict[str, CourseGroup]:
    """The groups that the LMS has told of and still has, by key."""
    return {row.key: row for row in session.scalars(select(CourseGroup).where(listed_in(of)))}


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
    """Whether the LMS tells of a group with this key in this course."""
    told = select(CourseGroup.gone_at).where(CourseGroup.course_id == of.id, CourseGroup.key == key)
    for gone_at in session.scalars(told):
        return gone_at is None
    return any(key in one for one in session.scalars(select(Enrolment.groups).where(Enrolment.course_id == of.id)))


@dataclass(frozen=True)
class Source:
    """An LMS group that feeds a circle."""

    course_id: int
    key: str
    name: str  # "" where the LMS tells none
    there: bool  # the LMS has it still


def sources(circle: Circle) -> list[Source]:
    """The LMS groups that feed a circle, also those that the LMS does not have any more."""
    query = (
        select(CircleSource.course_id, CircleSource.group, CourseGroup.name, CourseGroup.gone_at)
        .outerjoin(
            CourseGroup, (CourseGroup.course_id == CircleSource.course_id) & (CourseGroup.key == CircleSource.group)
        )
        .where(CircleSource.circle_id == circle.id, CircleSource.group != "")
        .order_by(CircleSource.id)
    )
    return [Source(course, key, name or "", gone_at is None) for course, key, name, gone_at in session.execute(query)]


def feeding(fed_by: Iterable[Source], waiting: Iterable[Enrolment]) -> dict[int, str]:
    """Who of those waiting is in one of these groups: number of the enrolment, name of the group."""
    names = {(one.course_id, one.key): one.name for one in fed_by}
    found = {}
    for enrolment in waiting:
        mine = [names[enrolment.course_id, key] for key in enrolment.groups if (enrolment.course_id, key) in names]
        if mine:
            found[enrolment.id] = mine[0]
    return found
