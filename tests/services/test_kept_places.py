"""A place that only the list proposed gives nothing until its person comes as the learner that the list says she is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.errors import NotFoundError
from lti_tool.lti.roles import INSTITUTION
from lti_tool.models import AuditLine, Circle, Course, Credit, EntryVersion, Feedback, KeptPlace, Membership, Person
from lti_tool.services import circles, credit_lines, credits, entries, kept_places, memberships, offers, reviews, visits
from tests import build
from tests.services.writing import begin, reach


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def course(circle: Circle) -> Course:
    return build.course_of(circle)


@pytest.fixture
def facilitator(circle: Circle) -> Person:
    return build.member(circle, "facilitator", name="Ama Owusu")


@pytest.fixture
def union(circle: Circle, course: Course, facilitator: Person) -> Person:
    """A representative whom Moodle's list calls a learner; her place as a teacher is kept."""
    [person] = build.learners(course, 1)
    keep(circle, course, person, facilitator)
    return person


def keep(circle: Circle, course: Course, person: Person, by: Person) -> None:
    with db.work() as unit:
        kept_places.keep(unit.get_one(Person, person.id), circle=circle, role="teacher", by=by, course=course)
        unit.commit()


def come(course: Course, person: Person, *roles: str, **also: object) -> None:
    with db.work() as unit:
        teaches = build.INSTRUCTOR in roles
        visits.arrive(build.launch(course, person.sub, name=person.name, roles=roles, may_teach=teaches, **also))
        unit.commit()


def places(person: Person) -> list[str]:
    with db.work(read_only=True):
        return [place.rights for place in reach(person).places]


def kept(circle: Circle) -> list[int]:
    with db.work(read_only=True):
        return [one.person_id for one in kept_places.of(circle)]


def waiting(circle: Circle) -> list[int]:
    with db.work(read_only=True):
        return [one.person_id for one in memberships.waiting(circle)]


class TestUntilSheComes:
    """Whoever is kept a place is no reader, no partner, takes no credit, and does not wait either."""

    def test_she_reads_nothing_of_what_is_shared(self, circle: Circle, union: Person) -> None:
        author = build.member(circle)
        with db.work() as unit:
            version = entries.share(begin(circle, author, "Exit tickets"), by=author)
            unit.commit()
        with db.work(read_only=True), pytest.raises(NotFoundError):
            entries.version(version.id, within=reach(union))
        with db.work(read_only=True), pytest.raises(NotFoundError):
            circles.get(circle.id, within=reach(union))

    @pytest.mark.usefixtures("union")
    def test_she_is_asked_for_nothing(self, circle: Circle) -> None:
        author = build.member(circle)
        with db.work() as unit:
            entries.share(begin(circle, author, "Exit tickets"), by=author)
            unit.commit()
        with db.work(read_only=True) as unit:
            assert unit.query(Feedback).count() == 0

    def test_she_takes_no_credit(self, circle: Circle, union: Person) -> None:
        with db.work() as unit:
            for batch in credits.to_reckon():
                credits.reckon_all(batch)
            credits.reckon_person(union.id, circle_id=circle.id)
            unit.commit()
            assert unit.query(Credit).count() == 0
            assert credit_lines.of(circle) == []

    @pytest.mark.usefixtures("union")
    def test_she_is_not_counted_among_the_readers_and_yet_announced(self, circle: Circle) -> None:
        author = build.member(circle)
        build.member(circle)
        with db.work(read_only=True):
            expected = kept_places.readers(circle)
            said = access.who_sees("circle", circles.members(circle), authors=[author.id], expected=expected)
        assert (said.colleagues, said.expected) == (2, 1)  # the colleague and the facilitator; and her

    def test_a_visit_that_is_open_already_gives_her_nothing(self, union: Person) -> None:
        build.visit(union)
        assert places(union) == []

    @pytest.mark.usefixtures("union")
    def test_she_does_not_wait_and_counts_towards_the_programme_s_size(self, circle: Circle) -> None:
        assert waiting(circle) == []
        with db.work(read_only=True):
            assert [one.count for one in circles.off_target(circle) if one.role.key == "teacher"] == [1]

    def test_a_facilitator_can_look_for_what_she_shared(
        self, circle: Circle, facilitator: Person, union: Person
    ) -> None:
        with db.work(read_only=True):
            person, works = reviews.shared_by(union.id, circle=circle, within=reach(facilitator))
        assert (person.id, works) == (union.id, [])


class TestComing:
    def test_as_a_learner_she_takes_it(self, circle: Circle, course: Course, union: Person) -> None:
        come(course, union, build.LEARNER, INSTITUTION + "Student")
        assert (places(union), kept(circle)) == (["teacher"], [])

    def test_as_anything_else_she_waits_and_sees_nothing(self, circle: Circle, course: Course, union: Person) -> None:
        come(course, union, build.INSTRUCTOR)
        assert (places(union), kept(circle), waiting(circle)) == ([], [], [union.id])

    def test_later_as_a_learner_changes_nothing_of_that(self, circle: Circle, course: Course, union: Person) -> None:
        come(course, union, build.INSTRUCTOR)
        come(course, union, build.LEARNER)
        assert (places(union), waiting(circle)) == ([], [union.id])

    def test_with_a_list_that_calls_her_more_by_now_she_waits(
        self, circle: Circle, course: Course, union: Person
    ) -> None:
        build.enrolment(course, union, roster_roles=[build.INSTRUCTOR])
        come(course, union, build.LEARNER)
        assert (places(union), waiting(circle)) == ([], [union.id])

    @pytest.mark.parametrize("roles", [(), (INSTITUTION + "Student",)])
    def test_without_a_role_in_the_course_decides_nothing(
        self, circle: Circle, course: Course, union: Person, roles: tuple[str, ...]
    ) -> None:
        come(course, union, *roles)
        assert (places(union), kept(circle)) == ([], [union.id])

    def test_as_a_made_up_person_decides_nothing(self, circle: Circle, course: Course, union: Person) -> None:
        come(course, union, build.LEARNER, test_user=True)
        assert (places(union), kept(circle)) == ([], [union.id])

    def test_into_another_course_decides_nothing(self, circle: Circle, union: Person) -> None:
        """She may learn there and represent here, even where both courses feed the circle."""
        with db.work(read_only=True) as unit:
            at = unit.get_one(Course, build.course_of(circle).id).deployment.platform
        other = build.course(at)
        build.feed(circle, other)
        come(other, union, build.LEARNER)
        assert (places(union), kept(circle)) == ([], [union.id])

    def test_more_than_a_learner_later_keeps_what_she_has(self, course: Course, union: Person) -> None:
        """A launch never changes a role; it only decides whether a proposal becomes one."""
        come(course, union, build.LEARNER)
        come(course, union, build.INSTRUCTOR)
        assert places(union) == ["teacher"]

    def test_she_reads_what_was_shared_since_the_place_was_kept_and_is_asked_for_a_word(
        self, circle: Circle, course: Course, union: Person
    ) -> None:
        """Its writers were told that one more would read it."""
        author = build.member(circle)
        with db.work() as unit:
            version = entries.share(begin(circle, author, "Exit tickets"), by=author)
            unit.commit()
        come(course, union, build.LEARNER)
        with db.work(read_only=True):
            assert entries.version(version.id, within=reach(union)).id == version.id
            assert [one.version_id for one in offers.of(circle, within=reach(union))] == [version.id]

    def test_what_was_shared_before_the_place_was_kept_stays_unseen(
        self, circle: Circle, course: Course, union: Person
    ) -> None:
        author = build.member(circle)
        with db.work() as unit:
            version = entries.share(begin(circle, author, "Exit tickets"), by=author)
            unit.get_one(EntryVersion, version.id).shared_at = now() - timedelta(days=1)
            unit.commit()
        come(course, union, build.LEARNER)
        with db.work(read_only=True), pytest.raises(NotFoundError):
            entries.version(version.id, within=reach(union))

    def test_twice_at_once_gives_one_place(self, course: Course, union: Person) -> None:
        start = Barrier(2)

        def arrive(_time: int) -> None:
            start.wait(60)
            come(course, union, build.LEARNER)

        with ThreadPoolExecutor(2) as both:
            list(both.map(arrive, range(2)))
        assert places(union) == ["teacher"]

    def test_is_noted_without_names(self, course: Course, union: Person) -> None:
        come(course, union, build.INSTRUCTOR)
        with db.work(read_only=True) as unit:
            said = [(line.verb, line.person_id) for line in unit.query(AuditLine).order_by(AuditLine.id)]
        assert said[-1] == ("place.given_up", union.id)

    def test_into_a_circle_that_has_ended_changes_nothing(self, circle: Circle, course: Course, union: Person) -> None:
        with db.work() as unit:
            unit.get_one(Circle, circle.id).closed_at = now()
            unit.commit()
        come(course, union, build.LEARNER)
        assert places(union) == []


class TestByName:
    def give(self, circle: Circle, person: Person, role: str, by: Person) -> None:
        with db.work() as unit:
            kept_places.give(kept_places.get(person.id, circle=circle), role=role, by=by)
            unit.commit()

    def test_no_launch_takes_it_away(self, circle: Circle, course: Course, facilitator: Person, union: Person) -> None:
        self.give(circle, union, "teacher", facilitator)
        come(course, union, build.INSTRUCTOR)
        assert (places(union), kept(circle)) == (["teacher"], [])

    @pytest.mark.parametrize(("role", "backdated"), [("teacher", True), ("facilitator", False)])
    def test_the_role_that_was_announced_reads_since_then_another_from_today(
        self, circle: Circle, facilitator: Person, union: Person, role: str, backdated: bool
    ) -> None:
        before = now()
        self.give(circle, union, role, facilitator)
        with db.work(read_only=True) as unit:
            joined = unit.query(Membership).filter_by(person_id=union.id).one().joined_at
        assert (joined < before) is backdated

    def test_given_up_she_waits(self, circle: Circle, facilitator: Person, union: Person) -> None:
        with db.work() as unit:
            kept_places.give_up(kept_places.get(union.id, circle=circle), by=facilitator)
            unit.commit()
        assert (kept(circle), waiting(circle)) == ([], [union.id])

    def test_is_found_in_its_own_circle_only(self, union: Person) -> None:
        with db.work(read_only=True), pytest.raises(NotFoundError):
            kept_places.get(union.id, circle=build.circle())


def test_one_who_left_the_course_is_neither_shown_nor_expected_until_she_is_back(
    circle: Circle, course: Course, union: Person
) -> None:
    build.enrolment(course, union, left_at=now())
    with db.work(read_only=True) as unit:
        assert (kept_places.of(circle), kept_places.readers(circle)) == ([], 0)
        assert unit.query(KeptPlace).count() == 1
    come(course, union, build.LEARNER)
    assert places(union) == ["teacher"]
