"""A launch becomes a visit: what the platform says is remembered, and nobody gets a circle role from it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from lti_tool import db, settings
from lti_tool.db import now
from lti_tool.lti.messages import Launch
from lti_tool.models import Activity, Course, Delivery, Enrolment, Membership, Person
from lti_tool.services import deliveries, people, visits
from tests import build

ROSTER = "https://lms.example.org/roster"


def arrive(launch: Launch) -> visits.Begun:
    with db.work() as unit:
        visit = visits.arrive(launch)
        unit.commit()
    return visit


def only(model: type, **facts: Any) -> Any:
    with db.work(read_only=True) as unit:
        return unit.query(model).filter_by(**facts).one()


@pytest.fixture
def course(app: object) -> Course:
    return build.course()


def test_who_comes_first_is_remembered_and_signed_in(course: Course) -> None:
    said = {"roster_url": ROSTER, "line_items_url": "https://lms.example.org/columns", "grade_scopes": ("b", "a")}
    visit = arrive(build.launch(course, context_title="Cells", resource_title="Our circle", locale="fr", **said))
    person, found = only(Person), only(Course)
    assert (person.name, person.locale) == ("Ama Owusu", "fr")
    assert (found.title, found.roster_url, found.grade_scopes) == ("Cells", ROSTER, ["a", "b"])
    assert only(Enrolment).launch_roles == [build.LEARNER]
    with db.work(read_only=True):
        signed_in = visits.load(visit.id)
        assert signed_in is not None
        ours = (signed_in.person.id, signed_in.course.id, signed_in.activity.title)
    assert ours == (person.id, course.id, "Our circle")
    assert signed_in.reach.places == ()


def test_who_comes_again_is_the_same_person_with_another_visit(course: Course) -> None:
    first, second = arrive(build.launch(course)), arrive(build.launch(course))
    assert first.id != second.id
    assert first.person_id == second.person_id == only(Person).id
    only(Activity)


def test_what_a_platform_leaves_out_is_not_forgotten(course: Course) -> None:
    arrive(build.launch(course, roster_url=ROSTER, line_item_url="https://lms.example.org/1", groups=("g1",)))
    arrive(build.launch(course, name="", context_title="", resource_title=""))
    assert only(Person).name == "Ama Owusu"
    assert (only(Course).title, only(Course).roster_url) == ("Formative assessment", ROSTER)
    assert (only(Activity).title, only(Activity).line_item_url) == ("Our circle", "https://lms.example.org/1")
    assert only(Enrolment).groups == ["g1"]


def test_a_number_belongs_to_its_platform(course: Course) -> None:
    arrive(build.launch(course, "7"))
    arrive(build.launch(build.course(), "7"))
    with db.work(read_only=True) as unit:
        assert unit.query(Person).filter_by(sub="7").count() == 2


def test_every_role_ever_launched_with_is_kept(course: Course) -> None:
    arrive(build.launch(course, roles=(build.INSTRUCTOR,), may_teach=True))
    arrive(build.launch(course))
    enrolment = only(Enrolment)
    assert enrolment.launch_roles == sorted([build.INSTRUCTOR, build.LEARNER])
    assert enrolment.may_teach


def test_the_language_of_a_launch_gives_way_to_the_one_a_person_chose(course: Course) -> None:
    arrive(build.launch(course, locale="ar"))
    with db.work() as unit:
        people.choose_language(unit.query(Person).one(), locale="fr")
        unit.commit()
    arrive(build.launch(course, locale="en"))
    assert only(Person).locale == "fr"


def test_who_had_left_is_back(course: Course) -> None:
    visit = arrive(build.launch(course))
    build.enrolment(course, only(Person, id=visit.person_id), left_at=now())
    arrive(build.launch(course))
    assert only(Enrolment).left_at is None


class TestRoster:
    def owed(self) -> list[dict[str, Any]]:
        with db.work(read_only=True) as unit:
            return [one.payload for one in unit.query(Delivery).filter_by(kind="roster")]

    def test_is_asked_for_once(self, course: Course) -> None:
        arrive(build.launch(course, roster_url=ROSTER))
        arrive(build.launch(course, "another", roster_url=ROSTER))
        assert self.owed() == [{"course_id": course.id}]

    def test_is_asked_for_anew_once_somebody_began_to_read_it(self, course: Course) -> None:
        arrive(build.launch(course, roster_url=ROSTER))
        arrive(build.launch(course, "another", roster_url=ROSTER))
        assert only(Delivery).edition == 1
        with db.work() as unit:
            deliveries.claim_next(now())
            unit.commit()
        arrive(build.launch(course, "a third", roster_url=ROSTER))
        assert (only(Delivery).edition, only(Delivery).attempts) == (2, 0)

    def test_is_not_asked_for_where_there_is_none(self, course: Course) -> None:
        arrive(build.launch(course))
        assert self.owed() == []

    @pytest.mark.parametrize(("minutes", "asked"), [(9, 0), (11, 1)])
    def test_that_was_read_a_moment_ago_is_not_read_again(self, course: Course, minutes: int, asked: int) -> None:
        with db.work() as unit:
            unit.get_one(Course, course.id).roster_read_at = now() - timedelta(minutes=minutes)
            unit.commit()
        arrive(build.launch(course, roster_url=ROSTER))
        assert len(self.owed()) == asked

    @pytest.mark.parametrize(("minutes", "kind"), [(9, "groups"), (11, "roster")])
    def test_that_is_due_comes_before_who_can_see_a_new_activity(self, course: Course, minutes: int, kind: str) -> None:
        with db.work() as unit:
            unit.get_one(Course, course.id).roster_read_at = now() - timedelta(minutes=minutes)
            unit.commit()
        for sub in ("one", "another"):
            arrive(build.launch(course, sub, roster_url=ROSTER, resource_link_id="new"))
        assert only(Delivery).kind == kind


class TestCircleRole:
    """LTI roles never give, raise or lower a circle role."""

    @pytest.mark.parametrize("role", ["teacher", "union_representative", "facilitator"])
    @pytest.mark.parametrize(("lti", "teaches"), [(build.LEARNER, False), (build.INSTRUCTOR, True)])
    def test_stays_what_it_was(self, course: Course, role: str, lti: str, teaches: bool) -> None:
        circle = build.circle(course)
        person = build.member(circle, role)
        arrive(build.launch(course, person.sub, roles=(lti,), may_teach=teaches))
        place = only(Membership, person_id=person.id)
        assert (place.role, place.left_at) == (role, None)

    def test_is_not_given_by_teaching_a_course(self, course: Course) -> None:
        build.circle(course)
        visit = arrive(build.launch(course, "new", roles=(build.INSTRUCTOR,), may_teach=True, administers=True))
        with db.work(read_only=True) as unit:
            assert unit.query(Membership).filter_by(person_id=visit.person_id).count() == 0


class TestCredit:
    """Credit goes to the activity from which the person last opened the circle."""

    def target(self, person: Person, circle_id: int) -> int | None:
        return only(Membership, person_id=person.id, circle_id=circle_id).activity_id

    def test_follows_the_last_launch(self, course: Course) -> None:
        circle = build.circle(course)
        person, other = build.member(circle), build.activity(course)
        arrive(build.launch(course, person.sub, resource_link_id=other.resource_link_id))
        assert self.target(person, circle.id) == other.id

    def test_does_not_follow_a_course_that_feeds_another_circle(self, course: Course) -> None:
        circle, elsewhere = build.circle(course), build.course()
        person = build.member(circle)
        before = self.target(person, circle.id)
        build.circle(elsewhere)
        arrive(build.launch(elsewhere, person.sub, platform_id=person.platform_id))
        assert self.target(person, circle.id) == before

    def test_an_activity_of_one_circle_takes_the_credit_of_that_one(self, course: Course) -> None:
        one, two = build.circle(course), build.circle(course)
        person = build.member(one)
        build.join(two, person)
        before = self.target(person, two.id)
        own = build.activity(course, circle_id=one.id)
        arrive(build.launch(course, person.sub, resource_link_id=own.resource_link_id))
        assert (self.target(person, one.id), self.target(person, two.id)) == (own.id, before)

    def test_is_never_moved_by_the_view_of_a_made_up_person(self, course: Course) -> None:
        circle = build.circle(course)
        person, other = build.member(circle), build.activity(course)
        before = self.target(person, circle.id)
        visit = arrive(build.launch(course, person.sub, resource_link_id=other.resource_link_id, test_user=True))
        assert visit.test_user
        assert self.target(person, circle.id) == before


class TestLoading:
    def test_a_visit_ends_with_its_time(self, course: Course) -> None:
        with time_machine.travel("2026-03-12T08:00:00Z", tick=False) as clock:
            visit = arrive(build.launch(course))
            clock.shift(timedelta(hours=settings.current().session_hours) - timedelta(seconds=1))
            with db.work(read_only=True):
                assert visits.load(visit.id) is not None
            clock.shift(timedelta(seconds=2))
            with db.work(read_only=True):
                assert visits.load(visit.id) is None

    @pytest.mark.parametrize("test_user", [False, True])
    def test_the_test_person_of_the_lms_looks_after_nothing(self, course: Course, test_user: bool) -> None:
        visit = arrive(build.launch(course, administers=True, test_user=test_user))
        with db.work(read_only=True):
            found = visits.load(visit.id)
        assert found is not None
        assert found.administers is not test_user

    @pytest.mark.usefixtures("app")
    def test_a_made_up_visit_is_nobody(self) -> None:
        with db.work(read_only=True):
            assert visits.load("visit-0") is None

    def test_everything_about_the_visitor_takes_two_statements(self, course: Course, counted: list[str]) -> None:
        circle = build.circle(course)
        person = build.member(circle)
        build.join(build.circle(course), person)
        visit = arrive(build.launch(course, person.sub))
        with db.work(read_only=True):
            counted.clear()
            found = visits.load(visit.id)
            assert found is not None
            assert (found.name, found.platform_addresses) != ("", ("", ""))
            assert len(found.reach.places) == 2
        assert len(counted) == 2, counted


def test_the_person_to_look_at_is_found_on_the_same_platform_only(course: Course) -> None:
    wanted = build.person(course)
    stranger = build.person(build.course())
    with db.work(read_only=True):
        found = visits.reviewed(build.launch(course, review_of=wanted.sub))
        assert found is not None
        assert found.id == wanted.id
        assert visits.reviewed(build.launch(course, review_of=stranger.sub)) is None
        assert visits.reviewed(build.launch(course)) is None
