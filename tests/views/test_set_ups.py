"""Three short steps from a launch to circles: going on alone works, and nobody gets a role that nobody gave."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from lti_tool import db
from lti_tool.access import reach_of
from lti_tool.db import now
from lti_tool.models import Circle, Course, KeptPlace, Membership, Person, SetUp
from lti_tool.services import visits
from tests import build
from tests import feedback_build as fb
from tests.reader import Reader


@pytest.fixture
def course(app: object) -> Course:
    return build.course()


@pytest.fixture
def ama(course: Course) -> Person:
    """The first who may teach the course."""
    return build.person(course, "Ama Owusu", may_teach=True)


def circles() -> list[tuple[str, Counter[str]]]:
    """Each circle's name and how many people have a place in it, given or kept, by role."""
    with db.work(read_only=True) as unit:
        roles = [unit.query(of.circle_id, of.role).all() for of in (Membership, KeptPlace)]
        return [
            (one.name, Counter(role for rows in roles for circle_id, role in rows if circle_id == one.id))
            for one in unit.query(Circle).order_by(Circle.id)
        ]


def reached(person: Person) -> list[str]:
    """The rights that this person has in circles."""
    with db.work(read_only=True):
        return [place.rights for place in reach_of(person.id).places]


def arrive(course: Course, person: Person, *roles: str) -> None:
    with db.work() as unit:
        teaches = build.INSTRUCTOR in roles
        visits.arrive(build.launch(course, person.sub, name=person.name, roles=roles, may_teach=teaches))
        unit.commit()


def test_going_on_alone_gives_two_circles_of_ten_and_leads_into_the_first(
    reader: Reader, course: Course, ama: Person
) -> None:
    build.learners(course, 20)
    page = reader.as_(ama).open("/circles")
    assert "Step 1 of 3" in page.text
    assert "Step 2 of 3" in reader.press("Continue").text
    assert "Step 3 of 3" in reader.press("Continue").text
    page = reader.press("Open the circles")
    assert circles() == [
        ("Learning circle 1", Counter(teacher=10, facilitator=1)),
        ("Learning circle 2", Counter(teacher=10, facilitator=1)),
    ]
    assert "everybody with a place can come in now" in page.text
    assert page.text.count("Learning circle 1") >= 1
    assert reader.open("/circles").text.count("Learning circle") >= 2  # she has both, and chooses


def test_looking_makes_nothing(reader: Reader, course: Course, ama: Person) -> None:
    build.learners(course, 3)
    reader.as_(ama)
    for step in ("programme", "people"):
        reader.open(f"/courses/{course.id}/set-up/{step}")
    with db.work(read_only=True) as unit:
        assert unit.query(SetUp).count() == unit.query(Circle).count() == 0


def test_the_third_step_begins_with_the_first(reader: Reader, course: Course, ama: Person) -> None:
    page = reader.as_(ama).open(f"/courses/{course.id}/set-up/circles")
    assert "Step 1 of 3" in page.text


@pytest.mark.parametrize("step", ["programme", "people", "circles"])
def test_nobody_else_finds_it(reader: Reader, course: Course, ama: Person, step: str) -> None:
    [learner] = build.learners(course, 1)
    stranger = build.person(build.course(), may_teach=True)
    for person in (learner, stranger):
        build.enrolment(course, learner, launch_roles=[build.LEARNER])
        reader.as_(person).open(f"/courses/{course.id}/set-up/{step}", expect=404)
        reader.send(f"/courses/{course.id}/set-up/{step}", expect=404, programme="iec_qli")
    assert ama


class TestPeople:
    def test_are_in_groups_of_the_proposed_role_and_the_one_who_looks_is_not_among_them(
        self, reader: Reader, course: Course, ama: Person
    ) -> None:
        build.learners(course, 2)
        union = build.person(course, "Efua Sarpong", may_teach=True)
        build.enrolment(course, union, roster_roles=[build.LEARNER], launch_roles=[build.INSTRUCTOR])
        page = reader.as_(ama).open(f"/courses/{course.id}/set-up/people")
        assert f"role-{ama.id}" not in page
        wanted = ["Teacher 2", "Colleague 000", "Colleague 001", "Not placed yet 1", "Efua Sarpong"]
        places = [page.text.index(words) for words in wanted]
        assert places == sorted(places)

    def test_without_a_name_can_still_be_chosen(self, reader: Reader, course: Course, ama: Person) -> None:
        nameless = build.person(course, "")
        page = reader.as_(ama).open(f"/courses/{course.id}/set-up/people")
        assert f'<label for="role-{nameless.id}"><bdi>A colleague without a name here</bdi></label>' in page

    def test_get_the_role_that_is_chosen(self, reader: Reader, course: Course, ama: Person) -> None:
        one, two = build.learners(course, 2)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        reader.press("Continue", **{f"role-{one.id}": "union_representative", f"role-{two.id}": ""})
        reader.press("Open the circles")
        assert circles() == [("Learning circle 1", Counter(facilitator=1, union_representative=1))]

    def test_who_appear_meanwhile_are_proposed_and_break_nothing(
        self, reader: Reader, course: Course, ama: Person
    ) -> None:
        """The roster is read in the background: it may arrive while the page is open."""
        build.learners(course, 1)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        build.learners(course, 1)
        assert "Step 3 of 3" in reader.press("Continue").text
        build.learners(course, 1)
        reader.press("Open the circles")
        assert circles()[0][1] == Counter(facilitator=1, teacher=3)

    def test_a_role_that_the_programme_does_not_have_is_refused_in_the_form(
        self, reader: Reader, course: Course, ama: Person
    ) -> None:
        [one] = build.learners(course, 1)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        page = reader.press("Continue", expect=422, **{f"role-{one.id}": "administrator"})
        assert "Please choose one of these." in page.text
        assert circles() == []

    def test_a_list_on_its_way_is_announced(self, reader: Reader, course: Course, ama: Person) -> None:
        with db.work() as unit:
            unit.get_one(Course, course.id).roster_url = "https://lms.example.org/roster"
            unit.commit()
        address = f"/courses/{course.id}/set-up/people"
        assert "The list of people is on its way" in reader.as_(ama).open(address).text
        with db.work() as unit:
            unit.get_one(Course, course.id).roster_read_at = now()
            unit.commit()
        assert "on its way" not in reader.open(address).text
        assert "Nobody else is here yet." in reader.page.text  # type: ignore[union-attr]


class TestContinueAlone:
    """Whom the list proposed and nobody named is nobody's word: see docs/decisions/0006."""

    def open_circle(self, reader: Reader, ama: Person, **by_name: str) -> None:
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        reader.press("Continue", **by_name)
        reader.press("Open the circles")

    def test_lets_a_teacher_in_when_she_comes(self, reader: Reader, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        self.open_circle(reader, ama)
        assert reached(one) == []
        arrive(course, one, build.LEARNER)
        assert reached(one) == ["teacher"]

    def test_lets_a_representative_see_nothing(self, reader: Reader, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        self.open_circle(reader, ama)
        arrive(course, one, build.INSTRUCTOR)
        assert reached(one) == []
        assert "Your circle is being formed" in reader.as_(one).open("/circles").text

    def test_of_a_page_that_was_opened_before_she_came_gives_her_nothing(
        self, reader: Reader, course: Course, ama: Person
    ) -> None:
        [one] = build.learners(course, 1)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        arrive(course, one, build.INSTRUCTOR)
        for words in ("Continue", "Open the circles"):
            reader.press(words)
        assert circles() == [("Learning circle 1", Counter(facilitator=1))]

    def test_stays_with_what_was_said_by_name_before(self, reader: Reader, course: Course, ama: Person) -> None:
        one, two = build.learners(course, 2)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        reader.press("Continue", **{f"role-{one.id}": "union_representative", f"role-{two.id}": "facilitator"})
        reader.open(f"/courses/{course.id}/set-up/people")
        reader.press("Continue", **{f"role-{two.id}": "teacher"})
        reader.press("Open the circles")
        assert (reached(one), reached(two)) == (["representative"], ["teacher"])


class TestCircles:
    def begin(self, reader: Reader, course: Course, ama: Person, people: int) -> list[Person]:
        made = build.learners(course, people)
        reader.as_(ama).open("/circles")
        reader.press("Continue")
        reader.press("Continue")
        return made

    def test_as_many_as_wanted_with_names_of_their_own(self, reader: Reader, course: Course, ama: Person) -> None:
        self.begin(reader, course, ama, 9)
        page = reader.press("Propose again", circles="3")
        assert len(re.findall(r'name="name-\d"', page)) == 3
        reader.press("Open the circles", **{"name-0": "Accra", "name-1": "Kumasi", "name-2": "Tamale"})
        assert circles() == [(name, Counter(teacher=3, facilitator=1)) for name in ("Accra", "Kumasi", "Tamale")]

    @pytest.mark.parametrize(("asked", "proposed"), [("0", 1), ("-4", 1), ("999", 60), ("many", 1)])
    def test_a_number_out_of_measure_is_brought_into_it(
        self, reader: Reader, course: Course, ama: Person, asked: str, proposed: int
    ) -> None:
        self.begin(reader, course, ama, 2)
        page = reader.open(f"/courses/{course.id}/set-up/circles?circles={asked}")
        assert len(re.findall(r'name="name-\d+"', page)) == proposed

    def test_a_person_can_sit_elsewhere_or_not_yet(self, reader: Reader, course: Course, ama: Person) -> None:
        one, two, *_rest = self.begin(reader, course, ama, 20)
        reader.press("Open the circles", **{f"seat-{one.id}": "1", f"seat-{two.id}": ""})
        assert [roles["teacher"] for _name, roles in circles()] == [8, 11]

    def test_a_circle_without_a_name_is_asked_for_one(self, reader: Reader, course: Course, ama: Person) -> None:
        self.begin(reader, course, ama, 2)
        page = reader.press("Open the circles", expect=422, **{"name-0": " "})
        assert "Please fill this in." in page.text
        assert circles() == []

    def test_follow_the_groups_of_the_lms(self, reader: Reader, course: Course, ama: Person) -> None:
        people = self.begin(reader, course, ama, 9)
        for position, person in enumerate(people):
            build.enrolment(course, person, groups=[f"group-{position % 3}"])
        reader.open(f"/courses/{course.id}/set-up/circles")
        reader.press("Open the circles")
        assert [roles["teacher"] for _name, roles in circles()] == [3, 3, 3]

    @pytest.mark.parametrize(
        ("programme", "name"), [("iec_qli", "Teacher collective 1"), ("learning_forward_lanes", "Team 1")]
    )
    def test_are_called_as_the_programme_calls_them(
        self, reader: Reader, ama: Person, programme: str, name: str
    ) -> None:
        reader.as_(ama).open("/circles")
        reader.press("Continue", programme=programme)
        reader.press("Continue")
        assert f'value="{name}"' in reader.page  # type: ignore[operator]


class TestFaster:
    def test_a_colleague_who_comes_second_is_told_and_makes_nothing(
        self, reader: Reader, course: Course, ama: Person
    ) -> None:
        build.learners(course, 20)
        salma = build.person(course, "Salma Haddad", may_teach=True)
        second = Reader(reader.client.application, sign_in=reader._sign_in)
        for one, person in ((reader, ama), (second, salma)):
            one.as_(person).open("/circles")
            one.press("Continue")
            one.press("Continue")
        reader.press("Open the circles")
        second.press("Open the circles", expect=404)
        assert [roles["facilitator"] for _name, roles in circles()] == [1, 1]
        assert "Your circle is being formed" in second.open("/circles").text

    def test_a_second_window_opens_no_second_set(self, reader: Reader, course: Course, ama: Person) -> None:
        build.learners(course, 20)
        second = Reader(reader.client.application, sign_in=reader._sign_in)
        for one in (reader, second):
            one.as_(ama).open("/circles")
            one.press("Continue")
            one.press("Continue")
        reader.press("Open the circles")
        page = second.press("Open the circles", expect=409)
        assert len(circles()) == 2
        assert "the circles are open" in page.text or "Your text is safe" in page.text

    def test_those_who_come_later_get_a_circle_of_their_own(self, reader: Reader, course: Course, ama: Person) -> None:
        build.learners(course, 10)
        reader.as_(ama).open("/circles")
        for words in ("Continue", "Continue", "Open the circles"):
            reader.press(words)
        build.learners(course, 8)
        with db.work(read_only=True) as unit:
            circle = unit.query(Circle).one()
        page = reader.open(f"/circles/{circle.id}/people")
        address = re.search(r'href="(/courses/\d+/set-up/programme)">Or open another circle', page)
        assert address
        reader.open(address[1])
        for words in ("Continue", "Continue", "Open the circles"):
            reader.press(words)
        assert [roles["teacher"] for _name, roles in circles()] == [10, 8]


class TestCirclesLeftAlone:
    """Those who looked after the circles have left the course; who teaches it now waited for them for ever."""

    @pytest.fixture
    def circle(self, course: Course) -> Circle:
        circle = build.circle(course, name="Accra North")
        former = build.member(circle, "facilitator")
        build.enrolment(course, former, left_at=now() - timedelta(days=2))
        build.member(circle, name="Salma Haddad")
        return circle

    def test_are_gone_on_with_from_today(self, reader: Reader, course: Course, ama: Person, circle: Circle) -> None:
        build.person(course, "Nur Aisyah")
        with db.work() as unit:
            version = fb.shared(circle, unit.query(Person).filter_by(name="Salma Haddad").one())
            entry_id = version.entry_id
            unit.commit()
        page = reader.as_(ama).open("/circles")
        assert "Nobody looks after these circles any more" in page.text
        page = reader.press("Look after Accra North")
        assert "You look after this circle now." in page.text
        assert "Nur Aisyah" in page.text
        assert "Nobody looks after" not in page.text
        assert reached(ama) == ["facilitator"]
        reader.open(f"/circles/{circle.id}/entries/{entry_id}", expect=404)

    @pytest.mark.usefixtures("circle")
    def test_or_followed_by_new_ones(self, reader: Reader, course: Course, ama: Person) -> None:
        build.learners(course, 2)
        reader.as_(ama).open("/circles")
        for words in ("Continue", "Continue", "Open the circles"):
            reader.press(words)
        assert [name for name, _roles in circles()] == ["Accra North", "Learning circle 1"]

    def test_are_also_told_of_to_who_looks_after_another_one(
        self, reader: Reader, course: Course, circle: Circle
    ) -> None:
        other = build.circle(course)
        build.person(course, "Nur Aisyah")
        reader.as_(build.member(other, "facilitator")).open(f"/circles/{other.id}/people")
        reader.follow("Or open another circle for them")
        assert f"/circles/{circle.id}/people" in reader.press("Look after Accra North")

    @pytest.mark.usefixtures("circle")
    def test_no_other_circle_is_to_be_had(self, reader: Reader, course: Course, ama: Person) -> None:
        foreign = build.circle()
        build.member(foreign, "facilitator")
        reader.as_(ama).open("/circles")
        reader.send(f"/courses/{course.id}/set-up/look-after", circle=foreign.id, expect=404)
        reader.send(f"/courses/{course.id}/set-up/look-after", circle="x", expect=404)
        assert reached(ama) == []

    def test_a_facilitator_who_is_there_leaves_nothing_to_take(
        self, reader: Reader, course: Course, ama: Person, circle: Circle
    ) -> None:
        build.member(circle, "facilitator")
        assert "Your circle is being formed" in reader.as_(ama).open("/circles").text
        reader.send(f"/courses/{course.id}/set-up/look-after", circle=circle.id, expect=404)
        assert reached(ama) == []
