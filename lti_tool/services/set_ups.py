"""The first circles of a course, in three steps; each has a proposal, so that going on alone gives working circles.

LTI roles only pre-fill: a roster Learner who never launched as anything else is a proposed teacher; everybody else is
not placed until somebody names a role. A proposal that nobody changed is nobody's word: the place is only kept until
its person comes as the learner she was proposed as (`kept_places`). Who completes the set-up becomes facilitator.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import select

from lti_tool import presets
from lti_tool.access import Reach
from lti_tool.db import find_or_add, now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, CircleSource, Cohort, Course, Enrolment, Meeting, Person, Programme, SetUp
from lti_tool.presets import Preset, Template
from lti_tool.services import audit, circles, group_circles, kept_places, memberships

FIRST_PROPOSAL = "ei_t3lfa"


def course(course_id: int, *, within: Reach) -> Course:
    """The course, if this visitor may set up its circles; else NotFoundError."""
    found = session.get(Course, course_id)
    if found is None or not circles.may_set_up(found, within=within):
        raise NotFoundError
    return found


def so_far(of: Course) -> SetUp:
    """What was chosen so far; a fresh proposal where nothing was (not stored by looking at it)."""
    begun = session.get(SetUp, of.id)
    return begun or SetUp(course_id=of.id, programme=_first_programme(), roles={})


def has_begun(of: Course) -> bool:
    """Whether a set-up is under way: somebody chose a programme and it is not completed."""
    return session.get(SetUp, of.id) is not None


def _first_programme() -> str:
    known = presets.all()
    return FIRST_PROPOSAL if FIRST_PROPOSAL in known else next(iter(known))


def choose_programme(of: Course, *, key: str, by: Person) -> SetUp:
    """Take this programme for the circles to come; roles chosen under another programme are forgotten."""
    presets.get(key)
    begun = find_or_add(SetUp, course_id=of.id, also={"programme": key, "changed_by": by.id, "roles": {}})
    if begun.programme != key:
        begun.programme, begun.roles = key, {}
    begun.changed_by = by.id
    session.flush()
    return begun


@dataclass(frozen=True)
class Candidate:
    """One person of the course, with the role that is given or proposed for her ("" for not placed yet)."""

    person: Person
    role: str
    groups: tuple[str, ...]
    by_name: bool  # somebody gave this role; else it is only the proposal
    came: bool  # she has launched as the learner that the list says she is


def candidates(of: Course, *, by: Person) -> list[Candidate]:
    """Everybody of the course who has no place yet, with a role given or proposed, in the order of their names."""
    begun = so_far(of)
    preset = presets.get(begun.programme)
    return [
        Candidate(
            one.person,
            begun.roles.get(str(one.person_id), _proposed(one, preset, by=by)),
            tuple(one.groups),
            by_name=str(one.person_id) in begun.roles,
            came=kept_places.launched_as_learner(one),
        )
        for one in memberships.unplaced([of.id])
    ]


def _proposed(enrolment: Enrolment, preset: Preset, *, by: Person) -> str:
    if enrolment.person_id == by.id:
        return facilitator_role(preset)
    role = preset.suggested_role("Learner")
    return role.key if role and role.rights == "teacher" and kept_places.is_learner(enrolment) else ""


def facilitator_role(preset: Preset | Template) -> str:
    """The programme's role for the one who completes a set-up: the first that may place people."""
    role = preset.suggested_role("Instructor")
    if role is None or role.rights != "facilitator":
        role = next((one for one in preset.roles if one.rights == "facilitator"), preset.roles[0])
    return role.key


def choose_roles(of: Course, *, roles: Mapping[int, str], by: Person) -> SetUp:
    """Remember the roles that were given by name; everybody else stays as proposed, now and when the circles open.

    A role that the programme does not have is refused.
    """
    begun = choose_programme(of, key=so_far(of).programme, by=by)
    known = {role.key for role in presets.get(begun.programme).roles}
    if not set(roles.values()) - {""} <= known:
        raise RefusedError("unknown_role")
    begun.roles = {str(person): role for person, role in roles.items()}
    session.flush()
    return begun


@dataclass(frozen=True)
class Proposal:
    """Circles as proposed: names, and for each person the position of her circle."""

    names: tuple[str, ...]
    seats: dict[int, int]
    placed: tuple[Candidate, ...]
    fed_by: tuple[str, ...] = ()  # the LMS group that feeds each circle, "" where the whole course does
    known: group_circles.Known | None = None  # how much the LMS told of its groups
    sets: tuple[group_circles.GroupSet, ...] = ()  # by which they could be made
    of_set: str = ""  # key of the one by which they are


def proposal(
    of: Course, *, by: Person, name: str, how_many: int | None = None, by_groups: bool = False, of_set: str = ""
) -> Proposal:
    """Circles from the LMS's groups where it told enough of them, else fair ones of about the programme's size.

    `name` is the translated pattern for a circle's name, with {number}; `by_groups` asks for half-known groups,
    too, `of_set` for those of one set. Who is in no group that makes a circle has no seat then.
    """
    preset = presets.get(so_far(of).programme)
    placed = [one for one in candidates(of, by=by) if one.role and one.person.id != by.id]
    teachers = [one for one in placed if preset.role(one.role).rights == "teacher"]
    everybody, teaching = [one.person.id for one in placed], [one.person.id for one in teachers]
    shared = None
    if how_many is None:
        shared = group_circles.shared_out(of, people=everybody, teachers=teaching, anyway=by_groups, of_set=of_set)
    if shared is not None:
        count, seats = len(shared.keys), dict(shared.seats)
    else:
        count = how_many or _fair_count(preset, len(teachers))
        seats = _deal(teachers, count)
    others = [one for one in placed if one.person.id not in {*seats, *teaching}]
    for role in preset.roles:
        seats |= _deal([one for one in others if one.role == role.key], count)
    told = shared.names if shared else ("",) * count
    names = tuple(one or name.format(number=number + 1) for number, one in enumerate(told))
    return Proposal(
        names,
        seats,
        tuple(placed),
        fed_by=shared.keys if shared else ("",) * count,
        known=group_circles.known(of, people=teaching),
        sets=tuple(group_circles.sets(of, teachers=teaching)),
        of_set=shared.set_key if shared else "",
    )


def _fair_count(preset: Preset, teachers: int) -> int:
    """As many circles as come closest to the programme's size, at least one."""
    sizes = [role.composition.target for role in preset.roles if role.rights == "teacher" and role.composition]
    return max(1, round(teachers / sizes[0])) if sizes and sizes[0] else 1


def _deal(people: list[Candidate], count: int) -> dict[int, int]:
    """Spread people over the circles so that sizes differ by one at most."""
    return {one.person.id: position * count // max(len(people), 1) for position, one in enumerate(people)}


def complete(
    of: Course, *, names: list[str], seats: Mapping[int, int], by: Person, within: Reach, fed_by: Sequence[str] = ()
) -> list[Circle]:
    """Open the circles, seat the people, and make `by` their facilitator; `fed_by` are LMS groups by position.

    Whom nobody named and who has not come yet is not seated: her place is kept for her.
    RefusedError set_up_already when a colleague, or the same person in another window, was faster.
    """
    session.execute(select(Course.id).where(Course.id == of.id).with_for_update())
    begun = session.get(SetUp, of.id, populate_existing=True)
    if begun is None or not circles.may_set_up(of, within=within):
        raise RefusedError("set_up_already")
    if not names:
        raise RefusedError("no_circle")
    preset = presets.get(so_far(of).programme)
    placed = {one.person.id: one for one in candidates(of, by=by)}
    opened = [
        _open(preset, name=name, fed_by=of, by=by, group=group)
        for name, group in zip_longest(names, fed_by[: len(names)], fillvalue="")
    ]
    for circle in opened:
        memberships.place(by, circle=circle, role=facilitator_role(preset), by=by)
    for person_id, seat in seats.items():
        one = placed.get(person_id)
        if one is None or not one.role or person_id == by.id or not 0 <= seat < len(opened):
            continue
        if one.by_name or one.came:
            memberships.place(one.person, circle=opened[seat], role=one.role, by=by)
        else:
            kept_places.keep(one.person, circle=opened[seat], role=one.role, by=by, course=of)
    if of.copy_is_open:
        of.copy_answer = "fresh"  # nobody waited to be asked (services/copies.py)
    session.delete(begun)
    session.flush()
    return opened


def look_after(of: Course, *, circle_id: int, by: Person) -> Circle:
    """Become facilitator of a circle of this course that nobody looks after any more; NotFoundError for any other.

    She reads what is shared and said from today on. Whoever calls has found the course as one whose set-up is hers.
    """
    alone = next((one for one in circles.left_alone(of) if one.id == circle_id), None)
    if alone is None:
        raise NotFoundError
    memberships.place(by, circle=alone, role=facilitator_role(circles.template(alone)), by=by)
    return alone


def _open(preset: Preset, *, name: str, fed_by: Course, by: Person, group: str = "") -> Circle:
    programme = find_or_add(
        Programme, key=preset.key, version=preset.version, also={"preset": preset.model_dump(mode="json")}
    )
    cohort = session.scalar(select(Cohort).where(Cohort.programme_id == programme.id).order_by(Cohort.id.desc()))
    if cohort is None:
        cohort = Cohort(programme_id=programme.id, name=str(now().year))
        session.add(cohort)
        session.flush()
    template = preset.template()
    before = _before(fed_by, programme=preset.key)
    circle = Circle(cohort_id=cohort.id, name=name[:120], template=template, credit_mode=preset.credit.mode)
    if before is not None:
        _choose_like(before, circle, modes=preset.credit.modes)
    session.add(circle)
    session.flush()
    known = group if group and group_circles.exists(fed_by, group) else ""
    session.add(CircleSource(circle_id=circle.id, course_id=fed_by.id, group=known))
    for position, plan in enumerate(preset.meetings):
        session.add(
            Meeting(
                circle_id=circle.id,
                key=plan.key,
                kind=plan.kind,
                title=plan.title.source,
                position=position,
                minutes=plan.minutes,
            )
        )
    audit.note("circle.opened", by=by, circle=circle, programme=preset.key)
    session.flush()
    return circle


def _before(course: Course, *, programme: str) -> Circle | None:
    """The latest circle of this programme in the course, else in the one that it was copied from."""
    origins = [course.id, course.copied_from_id or course.id]
    query = (
        select(Circle)
        .join(CircleSource, CircleSource.circle_id == Circle.id)
        .join(Cohort, Cohort.id == Circle.cohort_id)
        .join(Programme, Programme.id == Cohort.programme_id)
        .where(CircleSource.course_id.in_(origins), Programme.key == programme)
        .order_by(CircleSource.course_id != course.id, Circle.id.desc())
    )
    return session.scalar(query.limit(1))


def _choose_like(before: Circle, circle: Circle, *, modes: Collection[str]) -> None:
    """Begin with what people chose for a former circle: about credit, and about how words are given."""
    if before.credit_mode in modes:
        circle.credit_mode, circle.credit_confirmed = before.credit_mode, before.credit_confirmed
    circle.feedback_after_own, circle.feedback_at_meeting = before.feedback_after_own, before.feedback_at_meeting
