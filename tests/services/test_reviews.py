"""What is read in place: beside a version, on the list of waiting work, a member's shared work."""

from datetime import timedelta

import pytest
import time_machine

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.errors import NotFoundError
from lti_tool.models import Circle, Membership, Person
from lti_tool.services import entries, feedbacks, holds, offers, pairing, replies, reviews
from tests import build
from tests import feedback_build as fb


class Group:
    """A circle of four teachers and a facilitator."""

    def __init__(self) -> None:
        self.circle: Circle = build.circle()
        self.ama, self.ben, self.cy, self.dee = (build.member(self.circle) for _ in range(4))
        self.facilitator = build.member(self.circle, "facilitator")
        self.outsider = build.member(build.circle())

    def reach(self, person: Person) -> access.Reach:
        return access.reach_of(person.id)

    def waiting(self, person: Person | None = None) -> list[tuple[int, int, bool]]:
        circle = db.session.get_one(Circle, self.circle.id)
        found = reviews.waiting(circle, within=self.reach(person or self.facilitator))
        return [(one.version.id, one.answered, one.stands_in) for one in found]


@pytest.fixture
def group(app: object, request: pytest.FixtureRequest) -> Group:
    made = Group()
    request.getfixturevalue("work")
    return made


def test_work_without_a_response_waits_the_oldest_first(group: Group) -> None:
    young = fb.shared(group.circle, group.ama, at=now() - timedelta(minutes=5))
    old = fb.shared(group.circle, group.ben, at=now() - timedelta(minutes=50))
    assert group.waiting() == [(old.id, 0, False), (young.id, 0, False)]
    fb.sent(old, group.cy)
    assert group.waiting() == [(young.id, 0, False)]


def test_after_five_days_the_facilitator_stands_in(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.sent(version, group.ben)
    assert group.waiting() == []
    with time_machine.travel(now() + timedelta(days=5, minutes=1)):
        assert group.waiting() == [(version.id, 1, True)]
        fb.sent(version, group.facilitator)
        assert group.waiting() == []


def test_what_the_facilitator_answered_no_longer_waits_for_her(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.sent(version, group.facilitator)
    with time_machine.travel(now() + timedelta(days=6)):
        assert group.waiting() == []


def test_what_is_wanted_shrinks_with_the_circle(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.sent(version, group.ben)
    for person in (group.cy, group.dee):
        db.session.query(Membership).filter_by(person_id=person.id).one().left_at = now()
    db.session.flush()
    with time_machine.travel(now() + timedelta(days=6)):
        assert group.waiting() == []


def test_taken_back_and_held_work_does_not_wait(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    held = fb.shared(group.circle, group.ben)
    entries.take_back(entries.get_own(version.entry_id, within=group.reach(group.ama)), by=group.ama)
    entries.hold(held, reason="A name", by=group.facilitator)
    assert group.waiting() == []


def test_a_new_version_waits_no_anew(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.sent(version, group.ben)
    entry = entries.get_own(version.entry_id, within=group.reach(group.ama))
    second = fb.share(entry, group.ama, **{next(iter(entry.answers)): "Second"})
    assert group.waiting() == []
    circle = db.session.get_one(Circle, group.circle.id)
    again = reviews.new_versions(circle, within=group.reach(group.ben))
    assert [one.version.id for one in again] == [second.id]
    assert reviews.new_versions(circle, within=group.reach(group.cy)) == []
    fb.draft(second, group.ben)
    assert reviews.new_versions(circle, within=group.reach(group.ben)) == []


def test_a_colleague_is_writing_and_nobody_is_named(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.draft(version, group.ben)
    for person in (group.ama, group.cy, group.facilitator):
        beside = reviews.beside(version, within=group.reach(person))
        assert beside.someone_writes
        assert beside.feedback == ()
    assert not reviews.beside(version, within=group.reach(group.ben)).someone_writes
    assert fb.sent(version, group.cy).state == "sent"  # nobody is blocked
    with time_machine.travel(now() + pairing.SOFT_HOLD + timedelta(minutes=1)):
        assert not reviews.beside(version, within=group.reach(group.ama)).someone_writes


def test_how_many_words_wait_for_my_own(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    feedback = fb.sent(version, group.ben)
    fb.sent(version, group.dee)
    assert reviews.beside(version, within=group.reach(group.cy)).after_own == 2
    holds.hold(feedback, kind="hurtful", reason="It hurts", by=group.ama)
    assert reviews.beside(version, within=group.reach(group.cy)).after_own == 1
    fb.sent(version, group.cy)
    beside = reviews.beside(version, within=group.reach(group.cy))
    assert (beside.after_own, len(beside.feedback)) == (0, 1)
    assert reviews.beside(version, within=group.reach(group.ama)).after_own == 0


def test_a_members_shared_work_and_no_draft(group: Group) -> None:
    shown = fb.shared(group.circle, group.ama, text="Shared text")
    fb.entry(group.circle, group.ama, text="A secret draft")
    back = fb.shared(group.circle, group.ama, text="Taken back")
    entries.take_back(entries.get_own(back.entry_id, within=group.reach(group.ama)), by=group.ama)
    circle = db.session.get_one(Circle, group.circle.id)
    person, works = reviews.shared_by(group.ama.id, circle=circle, within=group.reach(group.facilitator))
    assert (person.id, [one.version.id for one in works]) == (group.ama.id, [shown.id])
    assert reviews.shared_by(group.ben.id, circle=circle, within=group.reach(group.facilitator))[1] == []
    with pytest.raises(NotFoundError):
        reviews.shared_by(group.outsider.id, circle=circle, within=group.reach(group.facilitator))


def test_a_member_who_left_is_found_by_what_she_shared(group: Group) -> None:
    shown = fb.shared(group.circle, group.ama)
    db.session.query(Membership).filter_by(person_id=group.ama.id).one().left_at = now()
    db.session.flush()
    circle = db.session.get_one(Circle, group.circle.id)
    _, works = reviews.shared_by(group.ama.id, circle=circle, within=group.reach(group.facilitator))
    assert [one.version.id for one in works] == [shown.id]


def test_all_words_in_one_place(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    first, second = fb.sent(version, group.ben), fb.sent(version, group.cy)
    fb.draft(version, group.dee)
    holds.hold(first, kind="privacy", reason="A name", by=group.ama)
    circle = db.session.get_one(Circle, group.circle.id)
    assert reviews.said(circle, within=group.reach(group.facilitator)) == ([second], False)
    replies.add_word(second, text="Both of you", by=group.facilitator, within=group.reach(group.facilitator))
    found = feedbacks.get(second.id, within=group.reach(group.ama))
    assert [one.kind for one in found.replies] == ["word"]


def test_about_how_long_it_takes(group: Group) -> None:
    version = fb.shared(group.circle, group.ama, text="word " * 600)
    fb.draft(version, group.ben)
    circle = db.session.get_one(Circle, group.circle.id)
    (asked,) = offers.of(circle, within=group.reach(group.ben))
    assert (asked.begun, asked.minutes, asked.authors[0].id) == (True, 10, group.ama.id)


def test_lists_cost_the_same_for_two_and_for_ten(app: object, request: pytest.FixtureRequest) -> None:
    made, counted = Group(), request.getfixturevalue("counted")
    request.getfixturevalue("work")
    costs = []
    for _ in range(2):
        for _ in range(4):
            fb.shared(made.circle, made.ama)
        circle, within = db.session.get_one(Circle, made.circle.id), made.reach(made.facilitator)
        db.session.flush()
        counted.clear()
        reviews.waiting(circle, within=within)
        costs.append(len(counted))
    assert costs[0] == costs[1]


def test_all_that_was_said_is_there_a_page_at_a_time(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "SHOWN", 1)
    version = fb.shared(group.circle, group.ama)
    first, second = (fb.sent(version, person) for person in (group.ben, group.dee))
    circle, within = db.session.get_one(Circle, group.circle.id), group.reach(group.facilitator)
    assert reviews.said(circle, within=within) == ([second], True)
    assert reviews.said(circle, within=within, page=2) == ([first], False)
