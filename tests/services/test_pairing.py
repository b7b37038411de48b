"""Who is asked for a word: fairly, never twice, never stuck."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
import time_machine

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.models import Circle, Enrolment, EntryVersion, Feedback, Membership, Person
from lti_tool.services import circles, entries, feedbacks, offers, pairing
from tests import build
from tests import feedback_build as fb

NOW = now()


class Group:
    """A circle of teachers and a facilitator."""

    def __init__(self, size: int) -> None:
        self.circle: Circle = build.circle()
        self.teachers = [build.member(self.circle) for _ in range(size)]
        self.facilitator = build.member(self.circle, "facilitator")
        build.member(self.circle, "union_representative")

    def share(self, by: Person, *others: Person, chance: int = 1) -> EntryVersion:
        version = fb.unasked(self.circle, by, *others)
        pairing.pair(version, chance=Random(chance))
        return version

    def asked(self, version: EntryVersion) -> list[int]:
        query = db.session.query(Feedback).filter_by(version_id=version.id, state="invited")
        return sorted(one.writer_id for one in query)

    def offer(self, version: EntryVersion, position: int = 0) -> tuple[Feedback, Person]:
        """An open offer and the person it is made to."""
        person = db.session.get_one(Person, self.asked(version)[position])
        query = db.session.query(Feedback).filter_by(version_id=version.id, writer_id=person.id)
        return feedbacks.get_own(query.one().id, within=access.reach_of(person.id)), person

    def leave(self, person: Person, *, at: datetime | None = NOW) -> None:
        """The roster says that she has left the course; None: that she is back."""
        db.session.query(Enrolment).filter_by(person_id=person.id).update({"left_at": at})

    def place(self, person: Person) -> Membership:
        return db.session.query(Membership).filter_by(person_id=person.id, left_at=None).one()


@pytest.fixture
def group(app: object, request: pytest.FixtureRequest) -> Group:
    made = Group(getattr(request, "param", 6))
    request.getfixturevalue("work")
    return made


def test_sharing_asks_colleagues(group: Group) -> None:
    assert len(group.asked(fb.shared(group.circle, group.teachers[0]))) == 2


def test_as_many_are_asked_as_the_programme_wants(group: Group) -> None:
    ama, *others = group.teachers
    asked = group.asked(group.share(ama))
    assert len(asked) == 2
    assert set(asked) <= {one.id for one in others}


def test_everybody_gets_the_same_share(group: Group) -> None:
    for person in group.teachers:
        group.share(person)
    offers = Counter(one.writer_id for one in db.session.query(Feedback))
    assert set(offers.values()) <= {1, 2, 3}
    assert sum(offers.values()) == 12
    assert set(offers) == {one.id for one in group.teachers}


def test_who_was_asked_least_is_asked_first(group: Group) -> None:
    ama = group.teachers[0]
    first = group.share(ama)
    asked = group.asked(first)
    second = group.share(next(one for one in group.teachers if one.id not in {ama.id, *asked}))
    assert not set(group.asked(second)) & set(asked)


def test_chance_decides_among_equals_and_can_be_repeated(group: Group) -> None:
    version = fb.unasked(group.circle, group.teachers[0])
    answers = []
    for chance in (*range(8), 3):
        offers = pairing.pair(version, chance=Random(chance))
        answers.append(sorted(one.writer_id for one in offers))
        for one in offers:
            db.session.delete(one)
        db.session.flush()
    assert answers[3] == answers[-1]
    assert any(answer != answers[0] for answer in answers)


def test_authors_facilitators_and_who_comes_later_are_not_asked(group: Group) -> None:
    ama, ben, *others = group.teachers
    for one in others[1:]:
        group.place(one).joined_at = now() + timedelta(minutes=5)
    db.session.flush()
    assert group.asked(group.share(ama, ben)) == [others[0].id]


@pytest.mark.parametrize("group", [1, 2, 3], indirect=True)
def test_small_circles_ask_for_less(group: Group) -> None:
    assert len(group.asked(group.share(group.teachers[0]))) == len(group.teachers) - 1


def test_passing_asks_the_next_one_and_nobody_twice(group: Group) -> None:
    version = group.share(group.teachers[0])
    ever = set(group.asked(version))
    for _ in range(5):
        if not group.asked(version):
            break
        offer, person = group.offer(version)
        feedbacks.pass_on(offer, by=person)
        assert person.id not in group.asked(version)
        ever |= set(group.asked(version))
    assert ever == {one.id for one in group.teachers[1:]}
    assert group.asked(version) == []


def test_a_word_by_choice_counts(group: Group) -> None:
    ama, ben, *_ = group.teachers
    version = fb.unasked(group.circle, ama)
    fb.sent(version, ben)
    pairing.pair(version)
    assert len(group.asked(version)) == 1


def test_an_offer_lapses_with_the_work_and_comes_back_with_it(group: Group) -> None:
    ama = group.teachers[0]
    version = group.share(ama)
    _, person = group.offer(version)
    circle, within = db.session.get_one(Circle, group.circle.id), access.reach_of(person.id)
    assert len(offers.of(circle, within=within)) == 1
    entry = entries.get_own(version.entry_id, within=access.reach_of(ama.id))
    entries.take_back(entry, by=ama)
    assert offers.of(circle, within=within) == []
    before = group.asked(version)
    again = fb.share(entry, ama, **{next(iter(entry.answers)): "Mended"})
    assert group.asked(again) == before
    assert offers.of(circle, within=within)[0].version_id == again.id


def test_held_work_asks_nobody(group: Group) -> None:
    version = fb.shared(group.circle, group.teachers[0])
    entries.hold(version, reason="A name", by=group.facilitator)
    assert pairing.pair(version) == []
    assert pairing.again(group.circle) == []


def test_open_offers_move_to_the_new_version_and_words_stay(group: Group) -> None:
    ama = group.teachers[0]
    version = group.share(ama)
    writer = group.offer(version)[1]
    fb.draft(version, writer)
    entry = entries.get_own(version.entry_id, within=access.reach_of(ama.id))
    second = fb.share(entry, ama, **{next(iter(entry.answers)): "Second"})
    assert pairing.pair(second) == []
    assert len(group.asked(second)) == 1
    assert group.asked(version) == []
    assert db.session.query(Feedback).filter_by(version_id=version.id).one().writer_id == writer.id


def test_an_offer_left_lying_does_not_keep_others_from_being_asked(group: Group) -> None:
    version = group.share(group.teachers[0])
    assert pairing.again(group.circle) == []
    with time_machine.travel(now() + timedelta(days=4, hours=23)):
        assert pairing.again(group.circle) == []
    with time_machine.travel(now() + timedelta(days=5, hours=1)):
        pairing.again_everywhere()
    assert len(group.asked(version)) == 4


def test_a_draft_left_lying_neither(group: Group) -> None:
    version = group.share(group.teachers[0])
    for position in (0, 0):
        fb.draft(version, group.offer(version, position)[1])
    with time_machine.travel(now() + timedelta(hours=47)):
        assert pairing.again(group.circle) == []
    with time_machine.travel(now() + timedelta(hours=49)):
        assert len(pairing.again(group.circle)) == 2


def test_who_leaves_is_replaced(group: Group) -> None:
    version = group.share(group.teachers[0])
    _, person = group.offer(version)
    group.place(person).left_at = now()
    db.session.flush()
    assert [one.writer_id for one in pairing.again(group.circle)] != [person.id]
    assert len(group.asked(version)) == 3


def test_who_has_left_the_course_is_not_asked_and_keeps_nobody_from_it(group: Group) -> None:
    """She keeps her place in the circle; her colleagues' work must not wait for her."""
    ama = group.teachers[0]
    version = group.share(ama)
    _offer, gone = group.offer(version)
    group.leave(gone)
    pairing.again(group.circle)
    assert len(set(group.asked(version)) - {gone.id}) == 2
    for one in group.teachers[1:]:
        group.leave(one)
    later = group.share(ama)
    assert group.asked(later) == []
    assert pairing.unasked(later) == []
    members = circles.active(group.circle)
    assert pairing.wanted(group.circle, members=members, authors=[ama.id], shared_at=later.shared_at) == 0


def test_who_is_back_is_asked_again(group: Group) -> None:
    for one in group.teachers[1:]:
        group.leave(one)
    version = group.share(group.teachers[0])
    group.leave(group.teachers[1], at=None)
    pairing.again(group.circle)
    assert group.asked(version) == [group.teachers[1].id]


def test_a_new_member_is_offered_what_was_shared_since_she_joined(group: Group) -> None:
    ama, *others = group.teachers
    for one in others:
        group.place(one).joined_at = now() + timedelta(hours=1)
    old = fb.unasked(group.circle, ama)
    place = group.place(others[0])
    place.joined_at = now()
    db.session.flush()
    new = fb.unasked(group.circle, ama)
    assert [one.version_id for one in pairing.welcome(place)] == [new.id]
    assert pairing.welcome(place) == []
    assert group.asked(old) == []


def test_nobody_is_asked_in_a_circle_that_has_ended(group: Group) -> None:
    version = fb.unasked(group.circle, group.teachers[0])
    db.session.get_one(Circle, group.circle.id).closed_at = now()
    assert pairing.pair(version) == []
