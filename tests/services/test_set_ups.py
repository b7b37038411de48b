"""The first circles of a course: a proposal that works untouched, and nobody in a role that nobody gave."""

from collections import Counter
from threading import Barrier, Thread

import pytest

from lti_tool import db, presets
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti.roles import CONTEXT, INSTITUTION
from lti_tool.models import Circle, CircleSource, Course, Meeting, Membership, Person, Programme, SetUp
from lti_tool.services import circles, credits, kept_places, memberships, set_ups, visits
from tests import build
from tests.services.writing import reach

OTHER_ROLES = [
    build.INSTRUCTOR,
    f"{CONTEXT}#Mentor",
    f"{CONTEXT}#Administrator",
    f"{CONTEXT}#ContentDeveloper",
    f"{CONTEXT}/Instructor#TeachingAssistant",
]


@pytest.fixture
def course(app: object) -> Course:
    return build.course()


@pytest.fixture
def ama(course: Course) -> Person:
    """The first who may teach the course."""
    return build.person(course, "Ama Owusu", may_teach=True)


def begin(course: Course, by: Person, key: str = "ei_t3lfa") -> None:
    with db.work() as unit:
        set_ups.choose_programme(unit.get_one(Course, course.id), key=key, by=by)
        unit.commit()


def proposed(course: Course, by: Person) -> dict[int, str]:
    with db.work(read_only=True) as unit:
        found = set_ups.candidates(unit.get_one(Course, course.id), by=by)
    return {one.person.id: one.role for one in found}


def choose(course: Course, by: Person, **by_name: str) -> None:
    roles = {int(number.lstrip("p")): role for number, role in by_name.items()}
    with db.work() as unit:
        set_ups.choose_roles(unit.get_one(Course, course.id), roles=roles, by=by)
        unit.commit()


def plan(course: Course, by: Person, how_many: int | None = None) -> set_ups.Proposal:
    with db.work(read_only=True) as unit:
        here = unit.get_one(Course, course.id)
        return set_ups.proposal(here, by=by, name="Circle {number}", how_many=how_many)


def complete(course: Course, by: Person, proposal: set_ups.Proposal | None = None) -> list[Circle]:
    proposal = proposal or plan(course, by)
    with db.work() as unit:
        here = unit.get_one(Course, course.id)
        names, seats = list(proposal.names), proposal.seats
        opened = set_ups.complete(here, names=names, seats=seats, by=by, within=reach(by))
        unit.commit()
    return opened


def roles_in(circle: Circle) -> Counter[str]:
    with db.work(read_only=True):
        return Counter(one.role for one in circles.members(circle))


def kept_in(circle: Circle) -> Counter[str]:
    with db.work(read_only=True):
        return Counter(one.role for one in kept_places.of(circle))


def come(course: Course, people: list[Person], *roles: str) -> None:
    """They launch, as learners unless told."""
    for one in people:
        said = roles or (build.LEARNER,)
        with db.work() as unit:
            visits.arrive(build.launch(course, one.sub, name=one.name, roles=said, may_teach=build.INSTRUCTOR in said))
            unit.commit()


class TestProposedRoles:
    def test_a_learner_of_the_roster_is_a_proposed_teacher(self, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        assert proposed(course, ama) == {one.id: "teacher", ama.id: "facilitator"}

    def test_so_is_a_learner_who_came_before_the_roster(self, course: Course, ama: Person) -> None:
        person = build.person(course)
        build.enrolment(course, person, launch_roles=[build.LEARNER, INSTITUTION + "Student"])
        assert proposed(course, ama)[person.id] == "teacher"

    def test_a_union_representative_is_never_a_proposed_teacher(self, course: Course, ama: Person) -> None:
        """Moodle launches her as Instructor and lists her as Learner in the roster."""
        person = build.person(course, may_teach=True)
        build.enrolment(course, person, launch_roles=[build.INSTRUCTOR], roster_roles=[build.LEARNER])
        assert proposed(course, ama)[person.id] == ""

    @pytest.mark.parametrize("role", OTHER_ROLES)
    @pytest.mark.parametrize("seen_in", ["launch_roles", "roster_roles"])
    def test_nor_is_anybody_else_who_was_ever_more_than_a_learner(
        self, course: Course, ama: Person, role: str, seen_in: str
    ) -> None:
        person = build.person(course)
        said = {"launch_roles": [build.LEARNER], "roster_roles": [build.LEARNER]}
        build.enrolment(course, person, **{**said, seen_in: [build.LEARNER, role]})
        assert proposed(course, ama)[person.id] == ""

    def test_nor_is_one_who_may_teach_whatever_her_roles_are_called(self, course: Course, ama: Person) -> None:
        person = build.person(course, may_teach=True)
        build.enrolment(course, person, launch_roles=[build.LEARNER], roster_roles=[build.LEARNER])
        assert proposed(course, ama)[person.id] == ""

    def test_a_kind_of_learner_is_a_learner(self, course: Course, ama: Person) -> None:
        [person] = build.learners(course, 1)
        build.enrolment(course, person, roster_roles=[build.LEARNER, f"{CONTEXT}/Learner#GuestLearner"])
        assert proposed(course, ama)[person.id] == "teacher"

    def test_who_has_no_role_in_the_course_is_not_placed(self, course: Course, ama: Person) -> None:
        person = build.person(course)
        build.enrolment(course, person, launch_roles=[INSTITUTION + "Student"])
        assert proposed(course, ama)[person.id] == ""

    def test_a_made_up_person_and_one_who_left_are_not_there(self, course: Course, ama: Person) -> None:
        made_up, gone = build.learners(course, 2)
        build.enrolment(course, made_up, test_user=True)
        build.enrolment(course, gone, left_at=db.now())
        assert list(proposed(course, ama)) == [ama.id]

    @pytest.mark.usefixtures("app")
    def test_who_completes_it_gets_the_role_of_a_facilitator_and_learners_that_of_a_teacher(self) -> None:
        for preset in presets.all().values():
            assert preset.role(set_ups.facilitator_role(preset)).rights == "facilitator", preset.key
            assert preset.suggested_role("Learner").rights == "teacher", preset.key

    def test_a_programme_cannot_make_facilitators_of_all_learners(
        self, course: Course, ama: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [person] = build.learners(course, 1)
        said = presets.get("ei_t3lfa").model_dump(mode="json")
        said["roles"][0]["suggested_for"], said["roles"][1]["suggested_for"] = None, "Learner"
        changed = presets.Preset.model_validate(said, context=None)
        monkeypatch.setattr(presets, "_presets", {"ei_t3lfa": changed})
        assert proposed(course, ama)[person.id] == ""


class TestWhoIsProposedOnly:
    """Pressing Continue is nobody's word: the list of Moodle calls a representative a learner."""

    def open_for(self, course: Course, ama: Person, **by_name: str) -> Circle:
        begin(course, ama)
        choose(course, ama, **by_name)
        [circle] = complete(course, ama)
        return circle

    def test_has_no_place_before_she_comes(self, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        circle = self.open_for(course, ama)
        assert (roles_in(circle), kept_in(circle)) == ({"facilitator": 1}, {"teacher": 1})
        with db.work(read_only=True):
            assert reach(one).places == ()
            assert memberships.waiting(circle) == []

    def test_who_came_as_a_learner_before_is_placed_at_once(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 1)
        come(course, people)
        assert roles_in(self.open_for(course, ama)) == {"facilitator": 1, "teacher": 1}

    @pytest.mark.parametrize("role", OTHER_ROLES)
    def test_who_comes_as_anything_else_waits(self, course: Course, ama: Person, role: str) -> None:
        people = build.learners(course, 1)
        circle = self.open_for(course, ama)
        come(course, people, build.LEARNER, role)
        assert (roles_in(circle), kept_in(circle)) == ({"facilitator": 1}, {})
        with db.work(read_only=True):
            assert [one.person_id for one in memberships.waiting(circle)] == [people[0].id]
        come(course, people)
        assert roles_in(circle) == {"facilitator": 1}

    def test_who_came_as_more_between_two_steps_is_not_kept_a_place(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 1)
        begin(course, ama)
        choose(course, ama)
        seats = plan(course, ama)
        come(course, people, build.INSTRUCTOR)
        [circle] = complete(course, ama, seats)
        assert (roles_in(circle), kept_in(circle)) == ({"facilitator": 1}, {})

    def test_a_role_given_by_name_is_changed_by_no_launch(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 1)
        circle = self.open_for(course, ama, **{f"p{people[0].id}": "teacher"})
        assert roles_in(circle) == {"facilitator": 1, "teacher": 1}
        come(course, people, build.INSTRUCTOR)
        assert roles_in(circle) == {"facilitator": 1, "teacher": 1}


class TestChoosing:
    def test_looking_stores_nothing(self, course: Course, ama: Person) -> None:
        with db.work(read_only=True) as unit:
            here = unit.get_one(Course, course.id)
            assert set_ups.so_far(here).programme == "ei_t3lfa"
            assert not set_ups.has_begun(here)
            set_ups.proposal(here, by=ama, name="Circle {number}")
            assert unit.query(SetUp).count() == 0

    def test_a_chosen_role_stands_against_the_proposal(self, course: Course, ama: Person) -> None:
        [one, two] = build.learners(course, 2)
        begin(course, ama)
        choose(course, ama, **{f"p{one.id}": "", f"p{two.id}": "union_representative"})
        assert proposed(course, ama) == {one.id: "", two.id: "union_representative", ama.id: "facilitator"}

    def test_a_role_that_the_programme_does_not_have_is_refused(self, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        begin(course, ama)
        with pytest.raises(RefusedError, match="unknown_role"):
            choose(course, ama, **{f"p{one.id}": "administrator"})

    def test_an_unknown_programme_is_not_found(self, course: Course, ama: Person) -> None:
        with pytest.raises(NotFoundError):
            begin(course, ama, "no_such_programme")

    def test_another_programme_forgets_the_roles(self, course: Course, ama: Person) -> None:
        [one] = build.learners(course, 1)
        begin(course, ama)
        choose(course, ama, **{f"p{one.id}": "union_representative"})
        begin(course, ama)
        assert proposed(course, ama)[one.id] == "union_representative"
        begin(course, ama, "iec_qli")
        assert proposed(course, ama)[one.id] == "teacher"

    def test_a_course_is_found_by_who_may_set_it_up(self, course: Course, ama: Person) -> None:
        [learner] = build.learners(course, 1)
        with db.work(read_only=True):
            assert set_ups.course(course.id, within=reach(ama)).id == course.id
            for person, number in ((learner, course.id), (ama, course.id + 1), (ama, 0)):
                with pytest.raises(NotFoundError):
                    set_ups.course(number, within=reach(person))


class TestProposedCircles:
    def sizes(self, proposal: set_ups.Proposal) -> list[int]:
        counted = Counter(proposal.seats.values())
        return [counted[position] for position in range(len(proposal.names))]

    @pytest.mark.parametrize(
        ("teachers", "sizes"),
        [(20, [10, 10]), (1, [1]), (0, [0]), (14, [14]), (16, [8, 8]), (33, [11] * 3), (47, [10, 9, 10, 9, 9])],
    )  # fmt: skip
    def test_are_fair_and_about_as_large_as_the_programme_says(
        self, course: Course, ama: Person, teachers: int, sizes: list[int]
    ) -> None:
        build.learners(course, teachers)
        assert self.sizes(plan(course, ama)) == sizes

    def test_are_as_many_as_wanted(self, course: Course, ama: Person) -> None:
        build.learners(course, 20)
        proposal = plan(course, ama, 3)
        assert proposal.names == ("Circle 1", "Circle 2", "Circle 3")
        assert self.sizes(proposal) == [7, 7, 6]

    def test_follow_the_groups_of_the_lms_where_every_teacher_s_is_known(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 7)
        for position, person in enumerate(people):
            build.enrolment(course, person, groups=["north" if position % 2 else "east"])
        proposal = plan(course, ama)
        assert len(proposal.names) == 2
        assert [proposal.seats[one.id] for one in people] == [0, 1, 0, 1, 0, 1, 0]
        assert self.sizes(plan(course, ama, 1)) == [7]

    def test_do_not_follow_groups_that_are_half_known(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 4)
        build.enrolment(course, people[0], groups=["east"])
        assert self.sizes(plan(course, ama)) == [4]

    def test_everybody_with_a_role_has_a_seat(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 22)
        begin(course, ama)
        choose(course, ama, **{f"p{people[0].id}": "union_representative", f"p{people[1].id}": ""})
        proposal = plan(course, ama)
        assert (
            set(proposal.seats)
            == {one.person.id for one in proposal.placed}
            == {one.id for one in people[2:]} | {people[0].id}
        )


class TestAFurtherCircle:
    """Nobody chooses twice what a circle of the programme has chosen in the course: above all that nothing leaves."""

    def test_begins_with_the_choices_of_the_latest(self, course: Course, ama: Person) -> None:
        begin(course, ama)
        (first,) = complete(course, ama)
        with db.work() as unit:
            credits.choose_mode(unit.get_one(Circle, first.id), mode="none", confirmed=True, by=ama)
            unit.commit()
        begin(course, ama)
        (second,) = complete(course, ama)
        assert (second.credit_mode, second.credit_confirmed) == ("none", True)
        assert (second.feedback_after_own, second.feedback_at_meeting) == (True, False)

    def test_of_another_programme_begins_with_what_that_says(self, course: Course, ama: Person) -> None:
        begin(course, ama)
        (first,) = complete(course, ama)
        with db.work() as unit:
            credits.choose_mode(unit.get_one(Circle, first.id), mode="none", by=ama)
            unit.commit()
        begin(course, ama, "hertscam_tldw")
        (second,) = complete(course, ama)
        assert second.credit_mode == "certificate"


class TestCompleting:
    def test_going_on_alone_gives_two_circles_of_ten(self, course: Course, ama: Person) -> None:
        people = build.learners(course, 20)
        begin(course, ama)
        choose(course, ama)
        opened = complete(course, ama)
        assert [kept_in(circle) for circle in opened] == [{"teacher": 10}] * 2
        come(course, people)
        assert [roles_in(circle) for circle in opened] == [{"teacher": 10, "facilitator": 1}] * 2
        assert [kept_in(circle) for circle in opened] == [{}, {}]
        with db.work(read_only=True):
            assert {place.rights for place in reach(ama).places} == {"facilitator"}
            assert len(reach(ama).places) == 2

    def test_a_circle_takes_its_programme_along(self, course: Course, ama: Person) -> None:
        begin(course, ama, "iec_qli")
        [circle] = complete(course, ama)
        preset = presets.get("iec_qli")
        with db.work(read_only=True) as unit:
            found = unit.get_one(Circle, circle.id)
            assert found.template == preset.template()
            assert found.credit_mode == preset.credit.mode
            assert unit.query(CircleSource).one().course_id == course.id
            programme = unit.query(Programme).one()
            assert (programme.key, programme.version) == ("iec_qli", preset.version)
            planned = unit.query(Meeting).order_by(Meeting.position).all()
        assert [(one.key, one.title, one.minutes) for one in planned] == [
            (one.key, one.title.source, one.minutes) for one in preset.meetings
        ]
        assert {one.starts_at for one in planned} <= {None}

    def test_who_has_no_role_gets_no_seat_even_if_the_form_says_so(self, course: Course, ama: Person) -> None:
        representative = build.person(course, may_teach=True)
        build.enrolment(course, representative, roster_roles=[build.LEARNER], launch_roles=[build.INSTRUCTOR])
        stranger = build.person(build.course())
        begin(course, ama)
        seats = {representative.id: 0, stranger.id: 0, ama.id: 0, 999: 0}
        [circle] = complete(course, ama, set_ups.Proposal(("One",), seats, ()))
        assert roles_in(circle) == {"facilitator": 1}

    @pytest.mark.parametrize("seat", [-1, 1, 7])
    def test_a_seat_in_no_circle_is_none(self, course: Course, ama: Person, seat: int) -> None:
        [one] = build.learners(course, 1)
        begin(course, ama)
        [circle] = complete(course, ama, set_ups.Proposal(("One",), {one.id: seat}, ()))
        assert roles_in(circle) == {"facilitator": 1}
        with db.work(read_only=True):
            assert [each.person_id for each in memberships.waiting(circle)] == [one.id]

    def test_there_is_at_least_one_circle(self, course: Course, ama: Person) -> None:
        begin(course, ama)
        with pytest.raises(RefusedError, match="no_circle"):
            complete(course, ama, set_ups.Proposal((), {}, ()))

    def test_two_at_once_open_one_set_of_circles(self, course: Course, ama: Person) -> None:
        salma = build.person(course, may_teach=True)
        build.learners(course, 20)
        begin(course, ama)
        told: list[str] = []
        start = Barrier(2)

        def finish(by: Person) -> None:
            proposal = plan(course, by)
            start.wait(60)
            try:
                complete(course, by, proposal)
            except RefusedError as error:
                told.append(error.code)

        threads = [Thread(target=finish, args=(person,)) for person in (ama, salma)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert told == ["set_up_already"]
        with db.work(read_only=True) as unit:
            assert unit.query(Circle).count() == 2
            assert unit.query(Membership).filter_by(role="facilitator").count() == 2

    def test_twice_from_two_windows_opens_one_set_of_circles(self, course: Course, ama: Person) -> None:
        build.learners(course, 20)
        begin(course, ama)
        proposal = plan(course, ama)
        complete(course, ama, proposal)
        with pytest.raises(RefusedError, match="set_up_already"):
            complete(course, ama, proposal)

    def test_a_facilitator_may_begin_anew_for_those_who_came_later(self, course: Course, ama: Person) -> None:
        build.learners(course, 10)
        begin(course, ama)
        complete(course, ama)
        build.learners(course, 9)
        begin(course, ama)
        [later] = complete(course, ama)
        assert (kept_in(later), roles_in(later)) == ({"teacher": 9}, {"facilitator": 1})
        with db.work(read_only=True) as unit:
            assert unit.query(Circle).count() == 2

    def test_circles_of_one_programme_run_in_one_cohort(self, ama: Person, course: Course) -> None:
        begin(course, ama)
        [one] = complete(course, ama)
        other = build.course()
        by = build.person(other, may_teach=True)
        begin(other, by)
        [two] = complete(other, by)
        assert one.cohort_id == two.cohort_id
