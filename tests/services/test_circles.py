"""Where a launch leads, and which circles a person finds."""

from datetime import timedelta

import pytest

from lti_tool import access, db
from lti_tool.errors import NotFoundError
from lti_tool.models import Activity, Circle, Course, Person
from lti_tool.services import circles
from tests import build
from tests.services.writing import reach

ROLES = [
    "teacher", "facilitator", "union_representative", "link_facilitator", "national_researcher",
    "international_researcher", "programme_manager",
]  # fmt: skip


@pytest.fixture
def course(app: object) -> Course:
    return build.course()


def landing(course: Course, person: Person, activity: Activity | None = None) -> circles.Landing:
    with db.work(read_only=True) as unit:
        query = unit.query(Activity).filter_by(course_id=course.id).order_by(Activity.id)
        here = unit.get_one(Activity, activity.id) if activity else query.first()
        return circles.landing(here, within=reach(person))


class TestLanding:
    @pytest.mark.parametrize("role", ["teacher", "facilitator", "union_representative"])
    def test_the_only_circle(self, course: Course, role: str) -> None:
        circle = build.circle(course)
        assert landing(course, build.member(circle, role)).circle.id == circle.id

    def test_two_circles_are_a_choice_in_the_order_of_their_names(self, course: Course) -> None:
        person = build.person(course)
        for name in ("Willow", "Acacia"):
            build.join(build.circle(course, name=name), person)
        found = landing(course, person)
        assert found.circle is None
        assert [one.name for one in found.choice] == ["Acacia", "Willow"]

    def test_an_activity_of_one_circle_leads_there(self, course: Course) -> None:
        one, two = build.circle(course), build.circle(course)
        person = build.member(one)
        build.join(two, person)
        own = build.activity(course, circle_id=two.id)
        assert landing(course, person, own).circle.id == two.id

    def test_an_activity_of_a_circle_that_is_not_hers_opens_no_door(self, course: Course) -> None:
        mine, other = build.circle(course), build.circle(course)
        own = build.activity(course, circle_id=other.id)
        assert landing(course, build.member(mine), own).circle.id == mine.id
        assert landing(course, build.person(course), own) == circles.Landing()

    def test_of_several_the_one_that_this_course_feeds(self, course: Course) -> None:
        elsewhere = build.circle()
        here = build.circle(course)
        person = build.member(here)
        build.join(elsewhere, person)
        assert landing(course, person).circle.id == here.id

    def test_a_teacher_finds_her_circle_from_a_course_that_has_none(self, course: Course) -> None:
        circle = build.circle()
        person = build.member(circle)
        build.enrolment(course, person)
        assert landing(course, person).circle.id == circle.id

    def test_who_may_teach_a_course_without_circles_sets_it_up(self, course: Course) -> None:
        assert landing(course, build.person(course, may_teach=True)) == circles.Landing(set_up=True)

    def test_even_if_she_belongs_to_a_circle_elsewhere(self, course: Course) -> None:
        person = build.member(build.circle(), "facilitator")
        build.enrolment(course, person, may_teach=True)
        assert landing(course, person) == circles.Landing(set_up=True)

    @pytest.mark.parametrize("may_teach", [True, False])
    def test_who_has_no_place_waits(self, course: Course, may_teach: bool) -> None:
        build.circle(course)
        assert landing(course, build.person(course, may_teach=may_teach)) == circles.Landing()

    def test_a_learner_waits_before_the_set_up(self, course: Course) -> None:
        assert landing(course, build.person(course)) == circles.Landing()

    def test_a_place_that_has_ended_is_none(self, course: Course) -> None:
        circle = build.circle(course)
        assert landing(course, build.member(circle, left_at=db.now())) == circles.Landing()


class TestMaySetUp:
    def may(self, course: Course, person: Person) -> bool:
        with db.work(read_only=True) as unit:
            return circles.may_set_up(unit.get_one(Course, course.id), within=reach(person))

    def test_the_first_who_may_teach_the_course(self, course: Course) -> None:
        assert self.may(course, build.person(course, may_teach=True))
        assert not self.may(course, build.person(course))

    def test_not_one_of_another_course(self, course: Course) -> None:
        assert not self.may(course, build.person(build.course(), may_teach=True))

    def test_not_one_who_has_left_and_no_made_up_person(self, course: Course) -> None:
        left, made_up = build.person(course, may_teach=True), build.person(course, may_teach=True)
        build.enrolment(course, left, left_at=db.now())
        build.enrolment(course, made_up, test_user=True)
        assert not self.may(course, left)
        assert not self.may(course, made_up)

    @pytest.mark.parametrize("role", ROLES)
    def test_once_there_are_circles_who_may_place_people(self, course: Course, role: str) -> None:
        circle = build.circle(course)
        assert self.may(course, build.member(circle, role)) is (role in {"facilitator", "programme_manager"})
        assert not self.may(course, build.person(course, may_teach=True))


class TestLeftAlone:
    """Those who looked after a circle have left the course: whoever comes to teach it must not wait for them."""

    @pytest.fixture
    def circle(self, course: Course) -> Circle:
        return build.circle(course)

    @pytest.fixture
    def gone(self, circle: Circle, course: Course) -> Person:
        person = build.member(circle, "facilitator")
        build.enrolment(course, person, left_at=db.now() - timedelta(days=2))
        return person

    def names(self, course: Course) -> list[str]:
        with db.work(read_only=True) as unit:
            return [one.name for one in circles.left_alone(unit.get_one(Course, course.id))]

    @pytest.mark.usefixtures("gone")
    def test_leads_whoever_teaches_the_course_into_set_up(self, course: Course, circle: Circle) -> None:
        build.member(circle)
        assert self.names(course) == [circle.name]
        assert landing(course, build.person(course, may_teach=True)) == circles.Landing(set_up=True)
        assert landing(course, build.person(course)) == circles.Landing()

    @pytest.mark.usefixtures("gone")
    @pytest.mark.parametrize("role", ["teacher", "union_representative"])
    def test_but_nobody_to_whom_a_role_was_given_there(self, course: Course, circle: Circle, role: str) -> None:
        member = build.member(circle, role)
        build.enrolment(course, member, may_teach=True)
        assert not TestMaySetUp().may(course, member)
        assert landing(course, member).circle.id == circle.id

    @pytest.mark.usefixtures("gone")
    def test_not_while_another_is_there(self, course: Course, circle: Circle) -> None:
        build.member(circle, "programme_manager")
        assert self.names(course) == []
        assert landing(course, build.person(course, may_teach=True)) == circles.Landing()

    @pytest.mark.usefixtures("gone")
    def test_nor_while_another_circle_of_the_course_has_one(self, course: Course, circle: Circle) -> None:
        build.member(build.circle(course), "facilitator")
        assert self.names(course) == [circle.name]
        assert landing(course, build.person(course, may_teach=True)) == circles.Landing()

    def test_not_by_one_reading_of_the_roster(self, course: Course, circle: Circle) -> None:
        build.enrolment(course, build.member(circle, "facilitator"), left_at=db.now())
        assert self.names(course) == []

    def test_not_while_she_is_in_another_course_of_the_circle(
        self, course: Course, circle: Circle, gone: Person
    ) -> None:
        other = build.course()
        build.feed(circle, other)
        build.enrolment(other, gone)
        assert self.names(course) == []


class TestFinding:
    def test_a_circle_is_found_by_its_people_alone(self, course: Course) -> None:
        circle = build.circle(course)
        member, stranger = build.member(circle), build.person(course, may_teach=True)
        left = build.member(circle, left_at=db.now())
        with db.work(read_only=True):
            assert circles.get(circle.id, within=reach(member)).id == circle.id
            for nobody in (stranger, left):
                with pytest.raises(NotFoundError):
                    circles.get(circle.id, within=reach(nobody))

    def test_own_circles_come_by_name(self, course: Course) -> None:
        person = build.person(course)
        for name in ("Willow", "Acacia"):
            build.join(build.circle(course, name=name), person)
        build.circle(course, name="Not hers")
        with db.work(read_only=True):
            assert [one.name for one in circles.of(reach(person))] == ["Acacia", "Willow"]

    def test_members_come_in_one_statement_without_those_who_left(self, course: Course, counted: list[str]) -> None:
        circle = build.circle(course)
        members = [build.member(circle) for _ in range(4)]
        build.member(circle, left_at=db.now())
        with db.work(read_only=True):
            counted.clear()
            assert [one.person.id for one in circles.members(circle)] == [one.id for one in members]
        assert len(counted) == 1


class TestTemplate:
    def test_a_circle_keeps_the_programme_it_began_with(self, course: Course) -> None:
        circle = build.circle(course)
        changed = {**circle.template, "labels": {"circle": "ring", "circles": "rings", "my_circle": "My ring"}}
        other = build.circle(course, template=changed)
        assert circles.template(circle).labels.circle.source == "learning circle"
        assert circles.template(other).labels.circle.source == "ring"
        assert circles.template(circle) is circles.template(circle)

    def test_a_number_used_again_is_another_circle(self, course: Course) -> None:
        """A database that was emptied gives numbers again: nobody may meet an earlier circle's template."""
        circle = build.circle(course)
        circles.template(circle)
        twin = Circle(id=circle.id, opened_at=db.now(), template=build.circle(course, key="iec_qli").template)
        assert circles.template(twin).labels.circle.source == "teacher collective"

    def test_not_too_many_are_kept(self, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(circles, "KEPT", 2)
        circles._templates.clear()
        for _ in range(5):
            circles.template(build.circle(course))
        assert len(circles._templates) <= 2


class TestComposition:
    def off(self, circle: Circle) -> dict[str, tuple[int, int]]:
        with db.work(read_only=True):
            return {one.role.key: (one.count, one.target) for one in circles.off_target(circle)}

    def test_what_is_off_is_told_and_blocks_nothing(self, course: Course) -> None:
        circle = build.circle(course)
        build.member(circle)
        assert self.off(circle) == {"teacher": (1, 10), "facilitator": (0, 2)}

    def test_a_full_circle_is_told_nothing(self, course: Course) -> None:
        circle = build.circle(course)
        for role in ["teacher"] * 10 + ["facilitator"] * 2 + ["union_representative"]:
            build.member(circle, role)
        assert self.off(circle) == {}
        build.member(circle, "facilitator")
        assert self.off(circle) == {}
        build.member(circle, "facilitator")
        assert self.off(circle) == {"facilitator": (4, 2)}


def test_a_reach_says_what_may_be_done_in_which_circle(course: Course) -> None:
    circle = build.circle(course)
    with db.work(read_only=True):
        found = reach(build.member(circle))
        assert found.may(access.Permission.WRITE_INQUIRY, circle.id)
        assert not found.may(access.Permission.RUN_CIRCLE, circle.id)
        assert not found.may(access.Permission.BELONG, circle.id + 1)
