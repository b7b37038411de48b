"""What taking part comes to: what was done counts, and what is asked shrinks to what was possible."""

from datetime import timedelta

import pytest

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.models import Circle, Membership, Person
from lti_tool.presets import Milestone
from lti_tool.services import entries, feedbacks, holds, milestones
from tests import build
from tests import feedback_build as fb


class Group:
    """A circle of four teachers whose programme asks for two words to colleagues."""

    def __init__(self) -> None:
        self.circle: Circle = build.circle()
        self.ama, self.ben, self.cy, self.dee = (build.member(self.circle) for _ in range(4))
        self.facilitator = build.member(self.circle, "facilitator")

    def deeds(self, person: Person) -> milestones.Deeds:
        place = db.session.query(Membership).filter_by(person_id=person.id).one()
        return milestones.deeds_of(place)


@pytest.fixture
def group(app: object, request: pytest.FixtureRequest) -> Group:
    made = Group()
    request.getfixturevalue("work")
    return made


def deeds(*, given: int = 0, possible: int = 0, days: float | None = None, **shared: int) -> milestones.Deeds:
    return milestones.Deeds(shared, given, possible, None if days is None else now() - timedelta(days=days))


def test_a_programme_without_milestones_asks_for_two_things(app: object) -> None:
    circle = build.circle(key="fasmed_learning_group")
    with db.work():
        keys = [one.key for one in milestones.of(db.session.get_one(Circle, circle.id))]
        kept = circle.template["credit"]["milestones"]
        assert keys == ([one["key"] for one in kept] or ["shared", "answered"])


@pytest.mark.parametrize(
    ("days", "possible", "asked"), [(None, 0, 2), (6.9, 0, 2), (7.1, 0, 0), (7.1, 1, 1), (7.1, 2, 2), (7.1, 9, 2)]
)
def test_a_week_after_her_own_first_sharing_what_is_possible_is_enough(
    days: float | None, possible: int, asked: int
) -> None:
    assert milestones.asked(2, deeds(possible=possible, days=days), now()) == asked


def test_who_shared_nothing_is_not_let_off() -> None:
    answer = Milestone.model_validate({"key": "a", "title": "A", "counts": "feedback_given", "at_least": 2})
    assert not milestones._is_met(answer, deeds(possible=0), now())


def test_counts(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    fb.shared(group.circle, group.ama)
    feedback = fb.sent(version, group.ben)
    fb.draft(version, group.cy)
    stage = group.circle.template["stages"][0]["key"]
    assert group.deeds(group.ama).shared == {stage: 2}
    assert (group.deeds(group.ben).given, group.deeds(group.cy).given) == (1, 0)
    assert (group.deeds(group.ben).possible, group.deeds(group.ama).possible) == (2, 0)
    holds.hold(feedback, kind="hurtful", reason="It hurts", by=group.ama)
    holds.remove(feedback, by=group.ama, within=access.reach_of(group.ama.id))
    assert group.deeds(group.ben).given == 1  # what somebody gave is not undone by what becomes of it


def test_taking_back_takes_nothing_away_from_the_author_and_asks_nobody(group: Group) -> None:
    version = fb.shared(group.circle, group.ama)
    entries.take_back(entries.get_own(version.entry_id, within=access.reach_of(group.ama.id)), by=group.ama)
    assert sum(group.deeds(group.ama).shared.values()) == 1
    assert group.deeds(group.ben).possible == 0


def test_what_was_shared_before_she_joined_is_not_asked_of_her(group: Group) -> None:
    fb.shared(group.circle, group.ama, at=now() - timedelta(hours=2))
    assert group.deeds(group.ben).possible == 0


def test_levels_count_for_nothing(group: Group) -> None:
    """H2: how somebody's work reads does not change what she has done."""
    version = fb.shared(group.circle, group.ama)
    before = group.deeds(group.ama)
    feedback = fb.draft(version, group.ben, levels={"concern": "shareable", "trial": "emerging"})
    feedbacks.send(feedback, by=group.ben, within=access.reach_of(group.ben.id))
    assert group.deeds(group.ama) == before
