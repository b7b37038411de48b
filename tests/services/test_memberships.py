"""Who is in a circle with which role: given by name, by somebody who may; nothing of anybody's is lost with it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import AuditLine, Circle, Enrolment, Entry, EntryVersion, Membership, Person
from lti_tool.services import entries, memberships
from tests import build
from tests.services.writing import begin, reach, write


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def facilitator(circle: Circle) -> Person:
    return build.member(circle, "facilitator")


def place_of(circle: Circle, person: Person) -> Membership:
    with db.work(read_only=True) as unit:
        return unit.query(Membership).filter_by(circle_id=circle.id, person_id=person.id, left_at=None).one()


def waiting(circle: Circle) -> list[str]:
    with db.work(read_only=True):
        return [one.person.display_name for one in memberships.waiting(circle)]


class TestWaiting:
    def test_are_the_people_of_the_course_without_a_place_by_name(self, circle: Circle) -> None:
        course = build.course_of(circle)
        build.member(circle, name="Placed")
        for name in ("Zoë", "Ama"):
            build.person(course, name)
        build.person(build.course(), "Elsewhere")
        assert waiting(circle) == ["Ama", "Zoë"]

    def test_a_made_up_person_never_waits_and_never_gets_a_place(self, circle: Circle) -> None:
        """Canvas's "student view" is nobody: it is never placed."""
        made_up = build.person(build.course_of(circle), "Test Student")
        build.enrolment(build.course_of(circle), made_up, test_user=True)
        assert waiting(circle) == []
        with db.work(), pytest.raises(NotFoundError):
            memberships.waiting_person(made_up.id, circle=circle)

    def test_who_left_the_course_does_not_wait(self, circle: Circle) -> None:
        gone = build.person(build.course_of(circle))
        build.enrolment(build.course_of(circle), gone, left_at=now())
        assert waiting(circle) == []

    def test_who_has_a_place_in_another_circle_of_the_course_does_not_wait(self, circle: Circle) -> None:
        other = build.circle(build.course_of(circle))
        build.member(other, name="Placed there")
        assert waiting(circle) == waiting(other) == []

    def test_who_was_taken_out_waits_again(self, circle: Circle) -> None:
        build.member(circle, name="Ama", left_at=now())
        assert waiting(circle) == ["Ama"]

    def test_a_stranger_cannot_be_placed_by_her_number(self, circle: Circle) -> None:
        stranger = build.person(build.course())
        with db.work(read_only=True), pytest.raises(NotFoundError):
            memberships.waiting_person(stranger.id, circle=circle)


class TestGoneFromCourse:
    def gone(self, circle: Circle) -> set[int]:
        with db.work(read_only=True):
            return memberships.gone_from_course(circle)

    def test_are_members_whom_the_course_no_longer_has(self, circle: Circle) -> None:
        build.member(circle)
        left, taken_out = build.member(circle), build.member(circle, left_at=now())
        waits = build.person(build.course_of(circle))
        for person in (left, taken_out, waits):
            build.enrolment(build.course_of(circle), person, left_at=now())
        assert self.gone(circle) == {left.id}

    def test_who_is_still_in_another_course_of_the_circle_is_not_gone(self, circle: Circle) -> None:
        person, other = build.member(circle), build.course()
        build.feed(circle, other)
        build.enrolment(build.course_of(circle), person, left_at=now())
        build.enrolment(other, person)
        assert self.gone(circle) == set()
        build.enrolment(other, person, left_at=now())
        assert self.gone(circle) == {person.id}

    def test_who_is_still_in_a_course_of_another_circle_only_is_gone(self, circle: Circle) -> None:
        person = build.member(circle)
        build.enrolment(build.course_of(circle), person, left_at=now())
        build.enrolment(build.course(), person)
        assert self.gone(circle) == {person.id}


class TestPlacing:
    def place(self, circle: Circle, person: Person, role: str, by: Person) -> Membership:
        with db.work() as unit:
            made = memberships.place(
                unit.get_one(Person, person.id), circle=unit.get_one(Circle, circle.id), role=role, by=by
            )
            unit.commit()
        return made

    @pytest.mark.parametrize(("role", "rights"), [("teacher", "teacher"), ("union_representative", "representative")])
    def test_gives_the_rights_that_the_programme_names(
        self, circle: Circle, facilitator: Person, role: str, rights: str
    ) -> None:
        made = self.place(circle, build.person(build.course_of(circle), may_teach=True), role, facilitator)
        assert (made.role, made.rights) == (role, rights)

    def test_knows_no_role_but_the_programme_s(self, circle: Circle, facilitator: Person) -> None:
        with pytest.raises(NotFoundError):
            self.place(circle, build.person(build.course_of(circle)), "Instructor", facilitator)

    def test_is_noted_without_names(self, circle: Circle, facilitator: Person) -> None:
        person = build.person(build.course_of(circle), "Ama Owusu")
        self.place(circle, person, "teacher", facilitator)
        with db.work(read_only=True) as unit:
            line = unit.query(AuditLine).one()
        assert (line.verb, line.person_id, line.circle_id) == ("membership.placed", facilitator.id, circle.id)
        assert line.facts == {"person": str(person.id), "role": "teacher"}

    def test_remembers_where_credit_will_go(self, circle: Circle, facilitator: Person) -> None:
        course = build.course_of(circle)
        person, activity = build.person(course), build.activity(course)
        build.enrolment(course, person, activity_id=activity.id)
        assert self.place(circle, person, "teacher", facilitator).activity_id == activity.id

    def test_a_place_that_is_there_stays(self, circle: Circle, facilitator: Person) -> None:
        teacher = build.member(circle)
        with pytest.raises(RefusedError, match="placed_already"):
            self.place(circle, teacher, "facilitator", facilitator)
        assert place_of(circle, teacher).role == "teacher"

    def test_a_circle_that_has_ended_takes_nobody(self, facilitator: Person) -> None:
        circle = build.circle(closed_at=now())
        with pytest.raises(RefusedError, match="circle_closed"):
            self.place(circle, build.person(build.course_of(circle)), "teacher", facilitator)

    def test_who_comes_back_starts_today(self, circle: Circle, facilitator: Person) -> None:
        before = now()
        person = build.member(circle, left_at=before)
        assert self.place(circle, person, "teacher", facilitator).joined_at >= before

    def test_two_who_place_the_same_person_at_once_give_one_place(self, circle: Circle, facilitator: Person) -> None:
        second = build.member(circle, "facilitator")
        person = build.person(build.course_of(circle))
        told: list[str] = []
        start = Barrier(2)

        def give(by: Person, role: str) -> None:
            start.wait(60)
            try:
                self.place(circle, person, role, by)
            except RefusedError as error:
                told.append(error.code)

        threads = [Thread(target=give, args=facts) for facts in ((facilitator, "teacher"), (second, "facilitator"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert told == ["placed_already"]
        place_of(circle, person)


class TestFinding:
    def test_by_who_may_place_people_in_that_circle(self, circle: Circle, facilitator: Person) -> None:
        teacher = build.member(circle)
        number = place_of(circle, teacher).id
        others = [teacher, build.member(circle, "union_representative"), build.member(build.circle(), "facilitator")]
        with db.work(read_only=True):
            assert memberships.get(number, within=reach(facilitator)).person.id == teacher.id
            for other in others:
                with pytest.raises(NotFoundError):
                    memberships.get(number, within=reach(other))

    def test_only_while_present(self, circle: Circle, facilitator: Person) -> None:
        gone = build.join(circle, build.person(build.course_of(circle)), left_at=now())
        with db.work(read_only=True), pytest.raises(NotFoundError):
            memberships.get(gone.id, within=reach(facilitator))


class TestChangingRole:
    def change(self, circle: Circle, person: Person, role: str, by: Person) -> Membership:
        with db.work() as unit:
            membership = memberships.get(place_of(circle, person).id, within=reach(by))
            memberships.change_role(membership, role=role, by=by)
            unit.commit()
        return place_of(circle, person)

    def test_who_newly_may_read_starts_today(self, circle: Circle, facilitator: Person) -> None:
        """T4: no text becomes visible to more people behind its writer's back."""
        author = build.member(circle)
        representative = build.member(circle, "union_representative", joined_at=now() - timedelta(days=30))
        with db.work() as unit:
            old = entries.share(begin(circle, author, "Before"), by=author)
            unit.commit()
        self.change(circle, representative, "teacher", facilitator)
        with db.work() as unit:
            entry = unit.query(Entry).one()
            new = entries.share(write(entry, author, "Afterwards"), by=author)
            readable = unit.query(EntryVersion.id).join(EntryVersion.entry).filter(reach(representative).versions())
            assert [row[0] for row in readable] == [new.id] != [old.id]
            unit.commit()

    @pytest.mark.parametrize("role", ["facilitator", "union_representative"])
    def test_who_may_read_already_or_no_more_keeps_her_day(
        self, circle: Circle, facilitator: Person, role: str
    ) -> None:
        teacher = build.member(circle)
        joined = place_of(circle, teacher).joined_at
        assert self.change(circle, teacher, role, facilitator).joined_at == joined

    def test_the_rights_change_with_the_role_and_it_is_noted(self, circle: Circle, facilitator: Person) -> None:
        teacher = build.member(circle)
        assert self.change(circle, teacher, "union_representative", facilitator).rights == "representative"
        with db.work(read_only=True) as unit:
            assert unit.query(AuditLine).one().facts == {
                "person": str(teacher.id),
                "was": "teacher",
                "now": "union_representative",
            }

    def test_the_last_facilitator_is_kept(self, circle: Circle, facilitator: Person) -> None:
        with pytest.raises(RefusedError, match="last_facilitator"):
            self.change(circle, facilitator, "teacher", facilitator)
        assert place_of(circle, facilitator).role == "facilitator"

    @pytest.mark.parametrize("other", ["facilitator", "programme_manager"])
    def test_one_of_two_who_place_people_may_change(self, circle: Circle, facilitator: Person, other: str) -> None:
        build.member(circle, other)
        assert self.change(circle, facilitator, "teacher", facilitator).role == "teacher"

    def test_one_who_placed_people_and_has_left_counts_no_more(self, circle: Circle, facilitator: Person) -> None:
        build.member(circle, "facilitator", left_at=now())
        with pytest.raises(RefusedError, match="last_facilitator"):
            self.change(circle, facilitator, "teacher", facilitator)

    def test_nor_does_one_who_has_left_the_course(self, circle: Circle, facilitator: Person) -> None:
        build.enrolment(build.course_of(circle), build.member(circle, "facilitator"), left_at=now())
        with pytest.raises(RefusedError, match="last_facilitator"):
            self.change(circle, facilitator, "teacher", facilitator)

    def test_the_last_facilitator_may_become_manager(self, circle: Circle, facilitator: Person) -> None:
        assert self.change(circle, facilitator, "programme_manager", facilitator).rights == "manager"


class TestEnding:
    def end(self, circle: Circle, person: Person, by: Person) -> None:
        with db.work() as unit:
            memberships.end(memberships.get(place_of(circle, person).id, within=reach(by)), by=by)
            unit.commit()

    def test_takes_the_reach_and_deletes_nothing(self, circle: Circle, facilitator: Person) -> None:
        author = build.member(circle)
        with db.work() as unit:
            entry = begin(circle, author, "Exit tickets")
            version = entries.share(entry, by=author)
            unit.commit()
        self.end(circle, author, facilitator)
        with db.work(read_only=True) as unit:
            assert reach(author).places == ()
            assert entries.get_own(entry.id, within=reach(author)).answers != {}
            assert entries.version(version.id, within=reach(facilitator)).number == 1
            assert unit.query(Enrolment).filter_by(person_id=author.id).one().left_at is None
            assert unit.query(AuditLine).one().verb == "membership.ended"

    def test_the_last_facilitator_cannot_be_taken_out(self, circle: Circle, facilitator: Person) -> None:
        with pytest.raises(RefusedError, match="last_facilitator"):
            self.end(circle, facilitator, facilitator)
        assert access.Permission.PLACE_PEOPLE in access.GRANTS[access.Rights(place_of(circle, facilitator).rights)]
