"""Whom an author takes along: who writes with her sees all of it, whom she asks may pass."""

import pytest

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, FeedbackState, Person
from lti_tool.services import colleagues, entries, feedbacks, inquiries, offers
from tests import build
from tests.services.writing import begin, reach


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def entry(circle: Circle, ama: Person) -> Entry:
    with db.work() as unit:
        made = begin(circle, ama, "Exit tickets")
        unit.commit()
    return made


def share(entry: Entry, by: Person) -> EntryVersion:
    with db.work() as unit:
        version = entries.share(entries.get_own(entry.id, within=reach(by)), by=by)
        unit.commit()
    return version


def join(entry: Entry, person: Person, by: Person) -> None:
    with db.work() as unit:
        colleagues.write_with(entries.get_own(entry.id, within=reach(by)), person_id=person.id, by=by)
        unit.commit()


def ask(entry: Entry, person: Person, by: Person) -> Feedback:
    with db.work() as unit:
        offer = colleagues.ask(entries.get_own(entry.id, within=reach(by)), person_id=person.id, by=by)
        unit.commit()
    return offer


class TestWritingTogether:
    def test_a_colleague_writes_as_the_author_does(self, circle: Circle, entry: Entry, ama: Person) -> None:
        salma = build.member(circle)
        join(entry, salma, ama)
        with db.work(read_only=True):
            assert entries.get_own(entry.id, within=reach(salma)).answers == entry.answers
            assert [one.id for one in inquiries.authors(entry.inquiry_id)] == [ama.id, salma.id]
        assert share(entry, salma).number == 1

    @pytest.mark.parametrize("role", ["facilitator", "union_representative"])
    def test_nobody_joins_who_does_not_write_inquiries(
        self, circle: Circle, entry: Entry, ama: Person, role: str
    ) -> None:
        with pytest.raises(NotFoundError):
            join(entry, build.member(circle, role), ama)

    def test_nor_a_stranger_nor_one_who_left_nor_an_author_again(
        self, circle: Circle, entry: Entry, ama: Person
    ) -> None:
        for person in (build.member(build.circle()), build.member(circle, left_at=now()), ama):
            with pytest.raises(NotFoundError):
                join(entry, person, ama)

    def test_what_she_was_asked_to_say_about_it_goes_to_the_next(
        self, circle: Circle, entry: Entry, ama: Person
    ) -> None:
        salma = build.member(circle)
        share(entry, ama)
        with db.work(read_only=True) as unit:
            assert unit.query(Feedback).one().writer_id == salma.id
        ben = build.member(circle)
        with db.work() as unit:
            unit.query(EntryVersion).one().shared_at = now()
            unit.commit()
        join(entry, salma, ama)
        with db.work(read_only=True) as unit:
            states = {one.writer_id: one.state for one in unit.query(Feedback)}
        assert states == {salma.id: FeedbackState.PASSED, ben.id: FeedbackState.INVITED}

    def test_what_she_had_begun_to_say_about_it_stays_hers(self, circle: Circle, entry: Entry, ama: Person) -> None:
        salma, draft = build.member(circle), "I noticed"
        share(entry, ama)
        with db.work() as unit:
            begun = unit.query(Feedback).one()
            first = feedbacks.steps(begun)[0].key
            feedbacks.save(begun, words={first: draft}, levels={}, edition=begun.edition, by=salma)
            unit.commit()
        join(entry, salma, ama)
        with db.work(read_only=True):
            assert offers.of(circle, within=reach(salma)) == []
            assert [one.words for one in feedbacks.written_by(circle, within=reach(salma))] == [{first: draft}]

    def test_one_steps_out_and_the_last_one_does_not(self, circle: Circle, entry: Entry, ama: Person) -> None:
        salma = build.member(circle)
        join(entry, salma, ama)
        with db.work() as unit:
            colleagues.leave(entries.get_own(entry.id, within=reach(ama)), by=ama)
            unit.commit()
        with db.work(), pytest.raises(NotFoundError):
            entries.get_own(entry.id, within=reach(ama))
        with db.work(), pytest.raises(RefusedError, match="last_author"):
            colleagues.leave(entries.get_own(entry.id, within=reach(salma)), by=salma)

    def test_in_a_circle_that_has_ended_nobody_joins(self, circle: Circle, entry: Entry, ama: Person) -> None:
        salma = build.member(circle)
        with db.work() as unit:
            unit.get_one(Circle, circle.id).closed_at = now()
            unit.commit()
        with pytest.raises(RefusedError, match="circle_closed"):
            join(entry, salma, ama)


class TestAsking:
    def test_whom_the_author_chose_finds_it_among_what_is_asked(
        self, circle: Circle, entry: Entry, ama: Person
    ) -> None:
        people = [build.member(circle) for _ in range(6)]
        share(entry, ama)
        with db.work(read_only=True) as unit:
            asked = {one.writer_id for one in unit.query(Feedback)}
        chosen = next(one for one in people if one.id not in asked)
        ask(entry, chosen, ama)
        with db.work(read_only=True):
            assert len(offers.of(circle, within=reach(chosen))) == 1

    def test_nobody_is_asked_twice_or_about_a_draft_or_without_being_able_to_read(
        self, circle: Circle, entry: Entry, ama: Person
    ) -> None:
        salma = build.member(circle)
        with pytest.raises(NotFoundError):
            ask(entry, salma, ama)
        share(entry, ama)  # the only colleague is asked by itself
        newcomer, facilitator = build.member(circle, joined_at=now()), build.member(circle, "facilitator")
        for person in (salma, newcomer, facilitator, ama):
            with pytest.raises(NotFoundError):
                ask(entry, person, ama)
