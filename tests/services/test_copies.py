"""A copied course is recognised and asked about once: a new beginning, or the same circles. Work is never copied."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import RefusedError
from lti_tool.models import (
    Activity,
    AuditLine,
    Circle,
    CircleSource,
    Course,
    Deployment,
    Entry,
    Membership,
    Person,
    SetUp,
)
from lti_tool.services import circles, copies, memberships, norms, set_ups, visits
from tests import build
from tests.services.writing import begin, reach


@pytest.fixture
def former(app: object) -> Circle:
    return build.circle(key="iec_qli", name="Former")


@pytest.fixture
def ama(former: Circle) -> Person:
    """Facilitator of the former circle, and the one who teaches the copy."""
    return build.member(former, facilitator_of(former), name="Ama Owusu")


def facilitator_of(circle: Circle) -> str:
    return next(one["key"] for one in circle.template["roles"] if one["rights"] == "facilitator")


def twin(of: Course, **also: Any) -> Course:
    """A new course in the same deployment."""
    with db.work() as unit:
        made = Course(**{"deployment_id": of.deployment_id, "context_id": "the-copy", "title": "A copy", **also})
        unit.add(made)
        unit.flush()
        unit.add(Activity(course_id=made.id, resource_link_id="link-of-the-copy", title="Our circle"))
        unit.commit()
    return made


def launch(into: Course, person: Person | None = None, **also: Any) -> Course:
    """Somebody opens the activity; the course as it stands then."""
    sub = person.sub if person else "somebody"
    with db.work() as unit:
        visits.arrive(build.launch(into, sub, **also))
        unit.commit()
    return fresh(into)


def fresh(course: Course) -> Course:
    with db.work(read_only=True) as unit:
        return unit.get_one(Course, course.id)


def link_of(course: Course) -> str:
    with db.work(read_only=True) as unit:
        return unit.scalars(sa.select(Activity.resource_link_id).filter_by(course_id=course.id)).one()


Told = Callable[[Course], dict[str, Any]]
WAYS: dict[str, Told] = {
    "our key": lambda former: {"custom": copies.stable_key(former)},
    "the course's history": lambda former: {"context_history": ("unknown", former.context_id, "older")},
    "the link's history": lambda former: {"link_history": ("unknown", link_of(former))},
}


@pytest.mark.parametrize("told", WAYS.values(), ids=WAYS.keys())
def test_a_copy_is_recognised_by_each_of_three_ways(former: Circle, told: Told) -> None:
    origin = build.course_of(former)
    copy = launch(twin(origin), **told(origin))
    assert copy.copied_from_id == origin.id
    assert copy.copy_is_open


@pytest.mark.parametrize("told", WAYS.values(), ids=WAYS.keys())
def test_never_across_deployments_or_platforms(former: Circle, told: Told) -> None:
    """The very same ids in another deployment of the same platform, and in another platform."""
    origin = build.course_of(former)
    with db.work(read_only=True) as unit:
        platform = unit.get_one(Deployment, origin.deployment_id).platform
    for stranger in (build.course(platform), build.course()):
        assert launch(stranger, **told(origin)).copied_from_id is None


def test_our_key_counts_before_histories_and_the_nearest_course_before_the_farther(former: Circle) -> None:
    origin = build.course_of(former)
    nearer, farther = (twin(origin, context_id=name) for name in ("nearer", "farther"))
    for course in (nearer, farther):
        with db.work() as unit:
            unit.add(CircleSource(circle_id=former.id, course_id=course.id))
            unit.commit()
    history = {"context_history": ("nearer", "farther")}
    assert launch(twin(origin, context_id="c1"), **history).copied_from_id == nearer.id
    by_key = {**history, "custom": copies.stable_key(origin)}
    assert launch(twin(origin, context_id="c2"), **by_key).copied_from_id == origin.id


def test_an_activity_of_the_course_itself_makes_no_copy_of_it(former: Circle) -> None:
    origin = build.course_of(former)
    told = {"custom": copies.stable_key(origin), "context_history": (origin.context_id,)}
    assert launch(origin, **told).copied_from_id is None


def test_a_course_without_circles_has_nothing_to_ask_about(app: object) -> None:
    origin = build.course()
    assert launch(twin(origin), context_history=(origin.context_id,)).copied_from_id is None


def test_a_course_that_has_circles_of_its_own_is_not_asked(former: Circle) -> None:
    origin = build.course_of(former)
    copy = twin(origin)
    build.circle(copy)
    assert launch(copy, context_history=(origin.context_id,)).copied_from_id is None


def test_a_new_activity_inherits_no_column(former: Circle) -> None:
    origin = build.course_of(former)
    with db.work() as unit:
        unit.query(Activity).filter_by(course_id=origin.id).one().line_item_url = "https://lms.example.org/1"
        unit.commit()
    copy = launch(twin(origin), **WAYS["our key"](origin))
    with db.work(read_only=True) as unit:
        assert unit.query(Activity).filter_by(course_id=copy.id).one().line_item_url is None


class TestAnswering:
    @pytest.fixture
    def copy(self, former: Circle, ama: Person) -> Course:
        origin = build.course_of(former)
        return launch(twin(origin), ama, may_teach=True, context_history=(origin.context_id,))

    def carry_on(self, copy: Course, by: Person) -> list[Circle]:
        with db.work() as unit:
            carried = copies.carry_on(unit.get_one(Course, copy.id), by=by, within=reach(by))
            unit.commit()
        return carried

    def begin_fresh(self, copy: Course, by: Person) -> None:
        with db.work() as unit:
            copies.begin_fresh(unit.get_one(Course, copy.id), by=by)
            unit.commit()

    def test_carrying_on_lets_the_copy_feed_the_same_circles_and_its_people_wait(
        self, former: Circle, ama: Person, copy: Course
    ) -> None:
        [newcomer] = build.learners(copy, 1)
        assert [one.id for one in self.carry_on(copy, ama)] == [former.id]
        with db.work(read_only=True):
            assert newcomer.id in {one.person_id for one in memberships.waiting(former)}
            landing = circles.landing(build.activity_of(former), within=reach(ama))
        assert landing.circle is not None
        with db.work(read_only=True) as unit:
            assert unit.query(Membership).filter_by(person_id=newcomer.id).count() == 0
            assert unit.query(Circle).count() == 1
            assert unit.query(AuditLine).filter_by(verb="course.copy_answered").count() == 1

    def test_beginning_anew_proposes_the_same_programme_and_copies_no_word(
        self, former: Circle, ama: Person, copy: Course
    ) -> None:
        writer = build.member(former)
        with db.work() as unit:
            begin(former, writer, "Exit tickets", stage="need")
            unit.commit()
        self.begin_fresh(copy, ama)
        with db.work(read_only=True) as unit:
            here = unit.get_one(Course, copy.id)
            assert set_ups.so_far(here).programme == "iec_qli"
        with db.work() as unit:
            here = unit.get_one(Course, copy.id)
            [opened] = set_ups.complete(here, names=["New"], seats={}, by=ama, within=reach(ama))
            unit.commit()
        with db.work(read_only=True) as unit:
            assert opened.template == former.template
            assert unit.query(Entry).filter_by(circle_id=opened.id).count() == 0
            assert unit.query(Entry).filter_by(circle_id=former.id).count() == 1
            assert unit.query(CircleSource).filter_by(course_id=copy.id).one().circle_id == opened.id

    def test_beginning_anew_keeps_what_was_chosen_for_the_former_circle(
        self, former: Circle, ama: Person, copy: Course
    ) -> None:
        with db.work() as unit:
            here = unit.get_one(Circle, former.id)
            norms.agree_on_feedback(here, after_own=False, at_meeting=True, by=ama)
            unit.commit()
        self.begin_fresh(copy, ama)
        with db.work() as unit:
            here = unit.get_one(Course, copy.id)
            opened = set_ups.complete(here, names=["One", "Two"], seats={}, by=ama, within=reach(ama))
            unit.commit()
        assert [(one.feedback_after_own, one.feedback_at_meeting) for one in opened] == [(False, True)] * 2

    def test_it_is_answered_once(self, former: Circle, ama: Person, copy: Course) -> None:
        self.begin_fresh(copy, ama)
        for answer in (self.carry_on, self.begin_fresh):
            with pytest.raises(RefusedError, match="copy_answered"):
                answer(copy, ama)
        assert not launch(copy, ama, context_history=(build.course_of(former).context_id,)).copy_is_open

    def test_a_colleague_who_places_nobody_there_cannot_carry_on(self, copy: Course) -> None:
        """A history can be written by whoever teaches the new course: it opens nothing."""
        other = build.person(copy, "Kofi", may_teach=True)
        with db.work(read_only=True):
            asked = copies.question(copy, within=reach(other))
        assert (asked.title, asked.circles) == ("", ())
        with pytest.raises(RefusedError, match="copy_of_others"):
            self.carry_on(copy, other)
        assert fresh(copy).copy_is_open
        self.begin_fresh(copy, other)

    def test_nor_can_a_teacher_of_the_former_circle(self, former: Circle, copy: Course) -> None:
        teacher = build.member(former)
        build.enrolment(copy, teacher, may_teach=True)
        with pytest.raises(RefusedError, match="copy_of_others"):
            self.carry_on(copy, teacher)

    def test_a_circle_that_has_ended_is_not_carried_on(self, former: Circle, ama: Person, copy: Course) -> None:
        with db.work() as unit:
            unit.get_one(Circle, former.id).closed_at = now()
            unit.commit()
        with pytest.raises(RefusedError, match="copy_of_others"):
            self.carry_on(copy, ama)

    def test_a_course_that_is_no_copy_has_nothing_to_answer(self, former: Circle, ama: Person) -> None:
        with pytest.raises(RefusedError, match="copy_answered"):
            self.carry_on(build.course_of(former), ama)

    def test_circles_opened_without_waiting_for_the_question_answer_it(self, ama: Person, copy: Course) -> None:
        with db.work() as unit:
            here = unit.get_one(Course, copy.id)
            set_ups.choose_programme(here, key="ei_t3lfa", by=ama)
            set_ups.complete(here, names=["New"], seats={}, by=ama, within=reach(ama))
            unit.commit()
        assert not fresh(copy).copy_is_open

    def test_a_set_up_under_way_keeps_its_programme(self, ama: Person, copy: Course) -> None:
        with db.work() as unit:
            set_ups.choose_programme(unit.get_one(Course, copy.id), key="ei_t3lfa", by=ama)
            unit.commit()
        self.begin_fresh(copy, ama)
        with db.work(read_only=True) as unit:
            assert unit.query(SetUp).one().programme == "ei_t3lfa"


@pytest.mark.usefixtures("ama")
class TestReset:
    def gone(self, circle: Circle, *people: Person) -> bool:
        for person in people:
            build.enrolment(build.course_of(circle), person, left_at=now())
        with db.work(read_only=True):
            return copies.began_anew(circle, waiting=len(memberships.waiting(circle)))

    def test_a_course_with_other_people_looks_new(self, former: Circle) -> None:
        teachers = [build.member(former) for _ in range(3)]
        build.learners(build.course_of(former), 3)
        assert not self.gone(former, *teachers[:2])
        assert self.gone(former, *teachers)

    def test_not_without_new_faces(self, former: Circle) -> None:
        assert not self.gone(former, build.member(former))

    def put_away(self, circle: Circle) -> None:
        with db.work() as unit:
            copies.put_away(unit.get_one(Circle, circle.id))
            unit.commit()
        circle.anew_put_away_at = now()

    def test_put_away_it_stays_away_while_the_last_of_that_round_go(self, former: Circle) -> None:
        teachers = [build.member(former) for _ in range(5)]
        build.learners(build.course_of(former), 3)
        assert not self.gone(former, teachers[4])
        assert self.gone(former, *teachers[:3])
        self.put_away(former)
        assert not self.gone(former)
        assert not self.gone(former, teachers[3]), "a straggler is no new round"

    def test_the_next_time_that_the_course_is_emptied_is_told_again(self, former: Circle) -> None:
        teachers = [build.member(former) for _ in range(3)]
        build.learners(build.course_of(former), 3)
        assert self.gone(former, *teachers)
        self.put_away(former)
        new_round = [build.member(former) for _ in range(3)]
        assert not self.gone(former)
        assert not self.gone(former, *new_round[:2])
        assert self.gone(former, new_round[2])

    def test_a_circle_that_never_had_teachers_did_not_begin_anew(self, former: Circle) -> None:
        build.learners(build.course_of(former), 5)
        assert not self.gone(former)
