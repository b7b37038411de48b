"""Who is in a course, read from an LMS that answers over HTTP; nobody is placed, moved or deleted by it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from time_machine import TimeMachineFixture

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import PlatformError
from lti_tool.models import Activity, Circle, Course, Delivery, Enrolment, Membership, Person, Visit
from lti_tool.services import entries, rosters, visits
from tests import build
from tests.lti import ends
from tests.services.writing import begin, reach

PATH = "/mod/lti/services.php/CourseSection/2/bindings/2/memberships"


class Lms:
    """A course in an LMS, and what its roster says."""

    def __init__(self, far: ends.Moodle) -> None:
        self.far = far
        self.activity: Activity = ends.activity_in(far.url)
        self.course: Course = self.activity.course

    def says(self, *members: object) -> None:
        answer = [{"roles": ["Learner"], **one} if isinstance(one, dict) else one for one in members]
        self.far.on(PATH, ends.as_json({"members": answer}))

    def read(self, *members: object) -> None:
        self.says(*members)
        rosters.read({"course_id": self.course.id})

    def comes(self, sub: str, **also: Any) -> Visit:
        with db.work() as unit:
            visit = visits.arrive(build.launch(self.course, sub, **also))
            unit.commit()
        return visit

    def enrolments(self) -> dict[str, Enrolment]:
        with db.work(read_only=True) as unit:
            return dict(unit.query(Person.sub, Enrolment).join(Person, Person.id == Enrolment.person_id))  # type: ignore[arg-type]

    def left(self) -> set[str]:
        return {sub for sub, one in self.enrolments().items() if one.left_at}


@pytest.fixture
def lms(app: object) -> Iterator[Lms]:
    with ends.moodle() as far:
        yield Lms(far)


def member(sub: str, **also: object) -> dict[str, object]:
    return {"user_id": sub, "name": f"Name of {sub}", **also}


def test_people_and_their_roles_are_stored_and_nobody_is_placed(lms: Lms) -> None:
    circle = build.circle(lms.course)
    lms.read(member("1"), member("2", roles=["Instructor"]))
    found = lms.enrolments()
    assert [one.roster_roles for one in found.values()] == [[build.LEARNER], [build.INSTRUCTOR]]
    assert [one.launch_roles for one in found.values()] == [[], []]
    assert not any(one.may_teach for one in found.values())
    with db.work(read_only=True) as unit:
        assert unit.query(Membership).filter_by(circle_id=circle.id).count() == 0
        here = unit.get_one(Course, lms.course.id)
        assert here.roster_fault is None
        assert now() - here.roster_read_at < timedelta(minutes=1)


def test_a_second_reading_changes_names_and_makes_nobody_twice(lms: Lms) -> None:
    lms.read(member("1"), member("2"))
    lms.read(member("1", name="Ama Owusu"), member("2", name=""))
    with db.work(read_only=True) as unit:
        assert sorted(one.name for one in unit.query(Person)) == ["Ama Owusu", "Name of 2"]


def test_a_roster_never_changes_a_circle_role_or_a_launch_role(lms: Lms) -> None:
    circle = build.circle(lms.course)
    lms.comes("union", roles=(build.INSTRUCTOR,), may_teach=True)
    with db.work(read_only=True) as unit:
        person = unit.query(Person).filter_by(sub="union").one()
    place = build.join(circle, person, "union_representative")
    lms.read(member("union", roles=["Learner"]))
    with db.work(read_only=True) as unit:
        kept = unit.get_one(Membership, place.id)
        assert (kept.role, kept.rights, kept.joined_at, kept.left_at) == (
            "union_representative",
            "representative",
            place.joined_at,
            None,
        )
    enrolment = lms.enrolments()["union"]
    assert enrolment.launch_roles == [build.INSTRUCTOR]
    assert enrolment.may_teach


@pytest.mark.proves("security", 17)
def test_a_shrinking_roster_marks_who_left_and_signs_out_and_deletes_nothing(lms: Lms) -> None:
    circle = build.circle(lms.course)
    lms.read(member("stays"), member("goes"))
    visit, other = lms.comes("goes"), lms.comes("stays")
    with db.work(read_only=True) as unit:
        person = unit.query(Person).filter_by(sub="goes").one()
    build.join(circle, person)
    with db.work() as unit:
        entry = begin(circle, person, "Exit tickets")
        entries.share(entry, by=person)
        unit.commit()
    lms.read(member("stays"))
    assert lms.left() == {"goes"}
    with db.work(read_only=True) as unit:
        assert visits.load(visit.id) is None
        assert visits.load(other.id) is not None
        assert entries.get_own(entry.id, within=reach(person)).versions[0].number == 1
        assert unit.query(Membership).filter_by(person_id=person.id).one().left_at is None


def test_who_left_one_course_stays_signed_in_to_another(lms: Lms) -> None:
    lms.read(member("1"), member("2"))
    second = build.activity(build.course())
    with db.work(read_only=True) as unit:
        person = unit.query(Person).filter_by(sub="2").one()
    elsewhere = build.visit(person, second)
    lms.read(member("1"))
    with db.work(read_only=True):
        assert visits.load(elsewhere.id) is not None


@pytest.mark.proves("security", 17)
@pytest.mark.parametrize("read_before", [True, False])
def test_who_is_suspended_is_signed_out_known_to_the_roster_before_or_not(lms: Lms, read_before: bool) -> None:
    if read_before:
        lms.read(member("1"), member("2"))
    visit = lms.comes("2")
    lms.read(member("1"), member("2", status="Inactive"))
    assert lms.left() == {"2"}
    with db.work(read_only=True):
        assert visits.load(visit.id) is None


def test_who_comes_back_is_back(lms: Lms) -> None:
    lms.read(member("1"), member("2"))
    lms.read(member("1"))
    lms.read(member("1"), member("2"))
    assert lms.left() == set()


def test_an_answer_without_anybody_changes_nothing(lms: Lms) -> None:
    lms.read(member("1"), member("2"))
    visit = lms.comes("1")
    lms.read()
    assert lms.left() == set()
    with db.work(read_only=True):
        assert visits.load(visit.id) is not None


def test_who_was_never_in_a_roster_is_not_missed_there(lms: Lms) -> None:
    """An administrator opens the course without being enrolled in it."""
    visit = lms.comes("admin", roles=(build.INSTRUCTOR,), may_teach=True)
    lms.read(member("1"))
    assert lms.left() == set()
    with db.work(read_only=True):
        assert visits.load(visit.id) is not None


def test_a_platform_that_fails_changes_nothing(lms: Lms) -> None:
    lms.read(member("1"))
    lms.far.on(PATH, ends.as_json({"error": "out of order"}, status=500))
    with pytest.raises(PlatformError):
        rosters.read({"course_id": lms.course.id})
    assert lms.left() == set()


def test_no_writer_waits_while_the_platform_is_asked(lms: Lms) -> None:
    held: list[bool] = []

    def answer(_request: object) -> Any:
        held.append(db.holds_writer())
        return ends.as_json({"members": [member("1")]})

    lms.far.on(PATH, answer)
    rosters.read({"course_id": lms.course.id})
    assert held == [False]


def test_statements_grow_with_pages_not_with_people(app: object, counted: list[str]) -> None:
    def statements(people: int) -> int:
        with ends.moodle(people=people) as far:
            course = ends.activity_in(far.url).course
            rosters.read({"course_id": course.id})  # keys and tokens are made once
            counted.clear()
            rosters.read({"course_id": course.id})
        return len([one for one in counted if "circle" in one or "person" in one or "enrolment" in one])

    assert statements(13) == statements(300)


def test_nothing_of_a_roster_reaches_a_circle(lms: Lms) -> None:
    build.circle(lms.course)
    lms.read(*[member(str(number)) for number in range(12)])
    with db.work(read_only=True) as unit:
        assert unit.query(Circle).count() == 1
        assert unit.query(Membership).count() == 0


class TestShrunken:
    """An answer with less than half of the people is believed when a second one, later, says the same."""

    def everybody(self, lms: Lms) -> list[dict[str, object]]:
        people = [member(str(number)) for number in range(20)]
        lms.read(*people)
        return people

    def test_a_much_shorter_roster_sends_nobody_away_at_once(self, lms: Lms) -> None:
        people = self.everybody(lms)
        visit = lms.comes("19")
        for _ in range(3):
            lms.read(*people[:3])
        assert lms.left() == set()
        with db.work(read_only=True) as unit:
            assert visits.load(visit.id) is not None
            waits = unit.query(Delivery).filter_by(kind="roster", done_at=None).one()
        assert waits.due_at - now() > timedelta(minutes=50)

    def test_told_twice_it_is_believed(self, lms: Lms, time_machine: TimeMachineFixture) -> None:
        people = self.everybody(lms)
        lms.read(*people[:3])
        time_machine.move_to(now() + timedelta(minutes=61))
        lms.read(*people[:3])
        assert lms.left() == {str(number) for number in range(3, 20)}

    def test_a_whole_roster_in_between_clears_the_doubt(self, lms: Lms, time_machine: TimeMachineFixture) -> None:
        people = self.everybody(lms)
        lms.read(*people[:3])
        lms.read(*people)
        time_machine.move_to(now() + timedelta(minutes=61))
        lms.read(*people[:3])
        assert lms.left() == set()

    def test_who_is_named_as_suspended_goes_at_once(self, lms: Lms) -> None:
        people = self.everybody(lms)
        lms.read(*people[:3], member("7", status="Deleted"))
        assert lms.left() == {"7"}

    def test_a_course_emptied_for_others_is_believed(self, lms: Lms) -> None:
        self.everybody(lms)
        lms.read(*[member(f"new-{number}") for number in range(15)])
        assert len(lms.left()) == 20


class TestByTheClock:
    """Rosters of courses in use are read once a day, spread over the hour."""

    def courses(self, count: int, **facts: Any) -> list[Course]:
        given = {"roster_url": "https://lms.example.org/roster", "launched_at": now() - timedelta(days=2)}
        return [build.course(**{**given, **facts}) for _ in range(count)]

    def look(self) -> list[Delivery]:
        with db.work() as unit:
            rosters.look_again()
            unit.commit()
            return unit.query(Delivery).filter_by(kind="roster").all()

    @pytest.mark.usefixtures("app")
    def test_many_courses_are_no_crowd(self) -> None:
        self.courses(60)
        owed = self.look()
        minutes = {int((one.due_at - one.owed_at).total_seconds() // 60) for one in owed}
        assert len(owed) == 60
        assert len(minutes) > 30
        assert max(minutes) < 60

    @pytest.mark.usefixtures("app")
    def test_only_courses_that_somebody_opened_lately_and_nobody_read_today(self) -> None:
        self.courses(1, launched_at=now() - timedelta(days=30))
        self.courses(1, launched_at=None)
        self.courses(1, roster_url=None)
        self.courses(1, roster_read_at=now() - timedelta(hours=3))
        [due] = self.courses(1, roster_read_at=now() - timedelta(days=2))
        assert [one.payload for one in self.look()] == [{"course_id": due.id}]

    @pytest.mark.usefixtures("app")
    def test_what_waits_or_was_refused_today_is_not_asked_again(self) -> None:
        waits, refused, refused_long_ago = self.courses(3)
        with db.work() as unit:
            for course in (waits, refused, refused_long_ago):
                rosters.ask_for(course)
            for course, hours in ((refused, 2), (refused_long_ago, 30)):
                row = unit.query(Delivery).filter_by(key=f"roster:{course.id}").one()
                row.given_up_at = now() - timedelta(hours=hours)
            unit.commit()
        editions = {one.payload["course_id"]: one.edition for one in self.look()}
        assert editions == {waits.id: 1, refused.id: 1, refused_long_ago.id: 2}
