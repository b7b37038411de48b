"""Credit for taking part: who gets it, when it is stated, and that nothing but taking part is in it."""

from datetime import datetime, timedelta

import pytest
import time_machine

from lti_tool import access, db, presets
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Activity, Circle, Credit, Delivery, Feedback, Membership, Person
from lti_tool.services import credit_lines, credits
from tests import build
from tests import feedback_build as fb


class Group:
    """A circle whose credit is whether a person shared and answered."""

    def __init__(self, mode: str = "completed") -> None:
        template = presets.get("ei_t3lfa").template()
        template["credit"] = {"mode": "completed"}  # without milestones of its own: shared once, answered once
        self.circle: Circle = build.circle(template=template, credit_mode=mode)
        self.ama, self.ben, self.cy = (build.member(self.circle) for _ in range(3))
        self.facilitator = build.member(self.circle, "facilitator")

    def place(self, person: Person) -> Membership:
        return db.session.query(Membership).filter_by(person_id=person.id, circle_id=self.circle.id).one()

    def reach(self, person: Person) -> access.Reach:
        return access.reach_of(person.id)

    def take_part(self, person: Person, other: Person) -> None:
        """Share once and answer once."""
        fb.shared(self.circle, person)
        fb.sent(fb.shared(self.circle, other), person)


def owed() -> list[Delivery]:
    return list(db.session.query(Delivery).filter_by(kind="score").order_by(Delivery.id))


def look_again() -> None:
    for batch in credits.to_reckon():
        credits.reckon_all(batch)


@pytest.fixture
def group(app: object, request: pytest.FixtureRequest) -> Group:
    made = Group(getattr(request, "param", "completed"))
    request.getfixturevalue("work")
    return made


def test_sending_a_word_is_reckoned_in_the_same_transaction(group: Group) -> None:
    fb.shared(group.circle, group.ama)
    assert owed() == []
    fb.sent(fb.shared(group.circle, group.ben), group.ama)
    (delivery,) = owed()
    assert (delivery.payload["given"], delivery.payload["maximum"]) == (1, 1)
    assert delivery.payload["person_id"] == group.ama.id
    words = {"activity_id", "person_id", "given", "maximum", "stated_at", "started_at", "by"}
    assert set(delivery.payload) == words


@pytest.mark.parametrize("group", ["none", "certificate"], indirect=True)
def test_where_nothing_is_credited_nothing_leaves(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    look_again()
    assert owed() == []


def test_only_present_teachers_who_opened_it_from_the_course(group: Group) -> None:
    group.take_part(group.ben, group.ama)
    db.session.query(Delivery).delete()
    for change in ({"left_at": now()}, {"rights": "facilitator"}, {"activity_id": None}):
        place = group.place(group.ben)
        point = db.session.begin_nested()
        for name, value in change.items():
            setattr(place, name, value)
        db.session.flush()
        assert credits.reckon(place) is None
        point.rollback()
    assert credits.reckon(group.place(group.facilitator)) is None


def test_each_statement_is_a_second_later_than_the_last(group: Group) -> None:
    """Assignment and Grade Services 2.0 §3.4.9, also where everything happens in the same second."""
    group.take_part(group.ama, group.ben)
    moments = [owed()[0].payload["stated_at"]]
    with time_machine.travel(datetime.fromisoformat(moments[0]), tick=False):
        for reason in ("again", "and again"):
            credits.award(
                group.place(group.ama).id, reason=reason, by=group.facilitator, within=group.reach(group.facilitator)
            )
            moments.append(owed()[0].payload["stated_at"])
    assert len(owed()) == 1
    assert moments == sorted(set(moments))
    assert all(datetime.fromisoformat(one).microsecond == 0 for one in moments)


def test_what_was_earned_stays(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    place = group.place(group.ama)
    assert credits.reckon(place) is not None
    db.session.query(Feedback).delete()
    assert credits.reckon(place).met == 1  # type: ignore[union-attr]


def test_another_activity_takes_it_along(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    place = group.place(group.ama)
    first = db.session.get_one(Activity, place.activity_id)
    other = Activity(course_id=first.course_id, resource_link_id="other")
    db.session.add(other)
    db.session.flush()
    place.activity_id = other.id
    credits.reckon(place)
    assert {one.payload["activity_id"] for one in owed()} == {first.id, other.id}
    assert db.session.query(Credit).filter_by(activity_id=other.id).one().met == 1


def test_the_daily_reckoning_notices_that_time_has_passed(group: Group) -> None:
    fb.shared(group.circle, group.ama)
    look_again()
    assert owed() == []
    with time_machine.travel(now() + timedelta(days=8)):
        look_again()
    assert [one.payload["person_id"] for one in owed()] == [group.ama.id]


def test_before_the_first_milestone_nothing_is_said(app: object, request: pytest.FixtureRequest) -> None:
    """That somebody is not there yet never leaves the circle."""
    circle = build.circle()
    ama = build.member(circle)
    request.getfixturevalue("work")
    fb.shared(circle, ama)
    credit = db.session.query(Credit).one()
    assert (credit.met, credit.planned, credit.stated_at) == (0, 6, None)
    assert owed() == []


def test_award_needs_a_reason_and_a_right(group: Group) -> None:
    place = group.place(group.ben)
    within = group.reach(group.facilitator)
    with pytest.raises(RefusedError, match="reason_needed"):
        credits.award(place.id, reason=" ", by=group.facilitator, within=within)
    with pytest.raises(NotFoundError):
        credits.award(place.id, reason="She was ill", by=group.ama, within=group.reach(group.ama))
    credit = credits.award(place.id, reason="She was ill", by=group.facilitator, within=within)
    assert (credit.met, credit.planned, credit.adjusted_by) == (1, 1, group.facilitator.id)
    assert credits.reckon(place).met == 1  # type: ignore[union-attr]
    place.activity_id = None
    db.session.flush()
    with pytest.raises(RefusedError, match="no_credit_here"):
        credits.award(place.id, reason="She was ill", by=group.facilitator, within=within)


def test_lines_say_where_it_is_and_nothing_else(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    group.place(group.cy).activity_id = None
    db.session.flush()
    circle = db.session.get_one(Circle, group.circle.id)

    def states() -> dict[int, str]:
        return {line.membership.person_id: line.state for line in credit_lines.of(circle)}

    assert states() == {group.ama.id: "waiting", group.ben.id: "nothing_yet", group.cy.id: "not_opened"}
    (delivery,) = owed()
    delivery.given_up_at, delivery.fault = now(), "scope_refused"
    assert states()[group.ama.id] == "refused"
    credit_lines.try_again(group.place(group.ama).id, within=group.reach(group.facilitator))
    assert states()[group.ama.id] == "waiting"
    delivery.done_at = now()
    assert states()[group.ama.id] == "sent"
    db.session.query(Credit).filter_by(membership_id=group.place(group.ama).id).one().kept_here = True
    assert states()[group.ama.id] == "here"
    with pytest.raises(NotFoundError):
        credit_lines.try_again(group.place(group.ama).id, within=group.reach(group.ben))
    with pytest.raises(NotFoundError):
        credit_lines.try_again(group.place(group.ben).id, within=group.reach(group.facilitator))


def test_a_circle_may_only_be_more_reserved(group: Group) -> None:
    circle = db.session.get_one(Circle, group.circle.id)
    credits.choose_mode(circle, mode="none", by=group.facilitator)
    group.take_part(group.ama, group.ben)
    assert owed() == []
    with pytest.raises(RefusedError, match="credit_mode"):
        credits.choose_mode(circle, mode="milestones", by=group.facilitator)


def test_one_column_of_two_circles_gets_the_sum(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    place = group.place(group.ama)
    second = Circle(
        cohort_id=group.circle.cohort_id, name="Second", template=group.circle.template, credit_mode="completed"
    )
    db.session.add(second)
    db.session.flush()
    for person, rights in ((group.ama, "teacher"), (group.facilitator, "facilitator")):
        activity = place.activity_id if rights == "teacher" else None
        db.session.add(
            Membership(circle_id=second.id, person_id=person.id, role=rights, rights=rights, activity_id=activity)
        )
    db.session.flush()
    there = db.session.query(Membership).filter_by(circle_id=second.id, person_id=group.ama.id).one()
    credits.award(there.id, reason="By hand", by=group.facilitator, within=group.reach(group.facilitator))
    (delivery,) = owed()
    assert (delivery.payload["given"], delivery.payload["maximum"]) == (2, 2)
    assert delivery.key == credits.key(place.activity_id or 0, group.ama.id)
