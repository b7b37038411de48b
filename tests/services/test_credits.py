"""Credit for taking part: who gets it, when it is stated, and that nothing but taking part is in it."""

from datetime import datetime, timedelta

import pytest
import time_machine

from lti_tool import access, db, presets
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Activity, Circle, Course, Credit, Delivery, Enrolment, Feedback, Membership, Person
from lti_tool.services import credit_lines, credits, deliveries, memberships, milestones
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
    words = {"activity_id", "person_id", "given", "maximum", "stated_at", "started_at", "by", "comment", "said_before"}
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


def moved(place: Membership) -> Activity:
    """Another activity of its course, that this place belongs to from now on."""
    first = db.session.get_one(Activity, place.activity_id)
    other = Activity(course_id=first.course_id, resource_link_id="other")
    db.session.add(other)
    db.session.flush()
    place.activity_id = other.id
    return other


def test_another_activity_takes_it_along(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    place = group.place(group.ama)
    first, other = place.activity_id, moved(place)
    credits.reckon(place)
    assert {one.payload["activity_id"] for one in owed()} == {first, other.id}
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
    with pytest.raises(RefusedError, match="reason_missing"):
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


@pytest.fixture
def steps(app: object, request: pytest.FixtureRequest) -> Group:
    template = presets.get("ei_t3lfa").template()
    template["credit"] = {"mode": "milestones", "milestones": [one.model_dump() for one in milestones.TAKING_PART]}
    made = Group.__new__(Group)
    made.circle = build.circle(template=template, credit_mode="milestones")
    made.ama, made.ben, made.cy = (build.member(made.circle) for _ in range(3))
    made.facilitator = build.member(made.circle, "facilitator")
    request.getfixturevalue("work")
    return made


class TestWhoWasTakenOut:
    """What counts in the column is where somebody is now; it counted the place that had ended once more."""

    def test_and_is_placed_again_goes_on_where_she_was(self, steps: Group) -> None:
        fb.shared(steps.circle, steps.ama)
        memberships.end(steps.place(steps.ama), by=steps.facilitator)
        self.placed(steps, steps.circle)
        assert value(steps.ama) == (1, 2)
        fb.sent(fb.shared(steps.circle, steps.ben), steps.ama)
        assert value(steps.ama) == (2, 2)

    def test_keeps_what_was_given_to_her_by_hand(self, steps: Group) -> None:
        place = steps.place(steps.ama)
        credits.award(place.id, reason="On paper", by=steps.facilitator, within=steps.reach(steps.facilitator))
        memberships.end(place, by=steps.facilitator)
        self.placed(steps, steps.circle)
        assert value(steps.ama) == (2, 2)

    def test_and_is_placed_elsewhere_can_do_all_that_is_planned_there(self, steps: Group) -> None:
        fb.shared(steps.circle, steps.ama)
        memberships.end(steps.place(steps.ama), by=steps.facilitator)
        other = Circle(cohort_id=steps.circle.cohort_id, name="2", template=steps.circle.template)
        other.credit_mode = "milestones"
        db.session.add(other)
        db.session.flush()
        self.placed(steps, other)
        memberships.place(steps.ben, circle=other, role="teacher", by=steps.facilitator)
        fb.shared(other, steps.ama)
        assert value(steps.ama) == (1, 2)
        fb.sent(fb.shared(other, steps.ben), steps.ama)
        assert value(steps.ama) == (2, 2)

    def test_for_good_keeps_what_arrived_once_in_a_column_made_again(self, steps: Group) -> None:
        fb.shared(steps.circle, steps.ama)
        memberships.end(steps.place(steps.ama), by=steps.facilitator)
        place = self.placed(steps, steps.circle)
        memberships.end(place, by=steps.facilitator)
        owed()[0].done_at = now()
        db.session.flush()
        credits.state_again(place.activity_id or 0)
        assert value(steps.ama) == (1, 2)

    def placed(self, steps: Group, circle: Circle) -> Membership:
        """She gets a place by name and opens the same activity."""
        here = db.session.get_one(Circle, circle.id)
        again = memberships.place(steps.ama, circle=here, role="teacher", by=steps.facilitator)
        again.activity_id = build.activity_of(steps.circle).id
        db.session.flush()
        credits.reckon(again)
        return again


def value(person: Person) -> tuple[int, int]:
    """What the column is told of somebody."""
    (delivery,) = (one for one in owed() if one.payload["person_id"] == person.id)
    return delivery.payload["given"], delivery.payload["maximum"]


def choose(group: Group, mode: str) -> None:
    credits.choose_mode(db.session.get_one(Circle, group.circle.id), mode=mode, by=group.facilitator)


def test_who_chooses_that_nothing_leaves_stops_what_has_not_left(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    choose(group, "none")
    (delivery,) = owed()
    assert (delivery.fault, delivery.done_at is not None) == ("withdrawn", True)
    assert deliveries.claim_next(now()) is None
    with pytest.raises(RefusedError, match="no_credit_here"):
        credit_lines.try_again(group.place(group.ama).id, within=group.reach(group.facilitator))
    choose(group, "completed")
    (delivery,) = owed()
    assert (delivery.payload["given"], delivery.done_at, delivery.fault) == (1, None, "")


def test_what_arrived_before_is_not_stated_again(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    owed()[0].done_at = now()
    db.session.flush()
    edition = owed()[0].edition
    choose(group, "none")
    choose(group, "completed")
    assert (owed()[0].edition, owed()[0].done_at is not None) == (edition, True)


def test_another_way_of_giving_credit_never_makes_more_or_a_zero_of_it(steps: Group) -> None:
    fb.shared(steps.circle, steps.ama)
    assert [(one.payload["given"], one.payload["maximum"]) for one in owed()] == [(1, 2)]
    choose(steps, "completed")
    credit = db.session.query(Credit).filter_by(membership_id=steps.place(steps.ama).id).one()
    assert (credit.met, credit.planned) == (0, 1)
    assert [one.fault for one in owed()] == ["withdrawn"]
    choose(steps, "milestones")
    assert [(one.payload["given"], one.payload["maximum"], one.done_at) for one in owed()] == [(1, 2, None)]


def test_a_certificate_is_somebodys_word_and_nothing_that_was_counted_before(group: Group) -> None:
    group.take_part(group.ama, group.ben)
    choose(group, "certificate")
    place = group.place(group.ama)
    other = moved(place)
    look_again()
    assert [one.fault for one in owed()] == ["withdrawn"]
    credits.award(place.id, reason="She has it", by=group.facilitator, within=group.reach(group.facilitator))
    assert [(one.payload["activity_id"], one.payload["given"]) for one in owed() if not one.fault] == [(other.id, 1)]


def test_time_is_reckoned_for_a_few_people_at_once(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits, "BATCH", 1)
    batches = list(credits.to_reckon())
    assert [len(batch) for batch in batches] == [1, 1, 1]
    assert [one for batch in batches for one in batch] == [
        group.place(one).id for one in (group.ama, group.ben, group.cy)
    ]


@pytest.mark.proves("security", 18)
def test_the_lms_test_person_gets_no_credit_not_even_by_hand(group: Group) -> None:
    place = group.place(group.ama)
    course = db.session.get_one(Activity, place.activity_id).course_id
    db.session.query(Enrolment).filter_by(course_id=course, person_id=group.ama.id).one().test_user = True
    db.session.flush()
    group.take_part(group.ama, group.ben)
    assert owed() == []
    with pytest.raises(RefusedError, match="no_credit_here"):
        credits.award(place.id, reason="Why not", by=group.facilitator, within=group.reach(group.facilitator))


class TestConfirmed:
    """M4: where the circle agreed so, credit leaves once its owner or a facilitator says yes; else by itself."""

    @pytest.fixture
    def asked(self, steps: Group) -> Group:
        credits.choose_mode(self.circle(steps), mode="milestones", confirmed=True, by=steps.facilitator)
        return steps

    def circle(self, group: Group) -> Circle:
        return db.session.get_one(Circle, group.circle.id)

    def line(self, group: Group, person: Person) -> str:
        lines = credit_lines.of(self.circle(group))
        return next(one.state for one in lines if one.membership.person_id == person.id)

    def test_waits_for_a_yes_and_says_nothing_before(self, asked: Group) -> None:
        fb.shared(asked.circle, asked.ama)
        look_again()
        assert (owed(), self.line(asked, asked.ama)) == ([], "to_confirm")
        assert credits.ready(asked.place(asked.ben)) is None

    @pytest.mark.parametrize("by", ["ama", "facilitator"])
    def test_is_said_once_for_what_there_is(self, asked: Group, by: str) -> None:
        fb.shared(asked.circle, asked.ama)
        for _ in range(2):
            credits.confirm(asked.place(asked.ama), by=getattr(asked, by))
        assert [(one.payload["given"], one.edition) for one in owed()] == [(1, 1)]
        assert credits.ready(asked.place(asked.ama)) is None
        fb.sent(fb.shared(asked.circle, asked.ben), asked.ama)
        assert [one.payload["given"] for one in owed()] == [1]
        credits.confirm(asked.place(asked.ama), by=getattr(asked, by))
        assert [one.payload["given"] for one in owed()] == [2]

    def test_goes_along_to_another_activity(self, asked: Group) -> None:
        fb.shared(asked.circle, asked.ama)
        place = asked.place(asked.ama)
        credits.confirm(place, by=asked.ama)
        other = Activity(course_id=db.session.get_one(Activity, place.activity_id).course_id, resource_link_id="other")
        db.session.add(other)
        db.session.flush()
        place.activity_id = other.id
        credits.reckon(place)
        assert [one.payload["given"] for one in owed()] == [1, 1]

    def test_is_not_asked_for_what_was_given_by_hand(self, asked: Group) -> None:
        place = asked.place(asked.ama)
        credits.award(place.id, reason="Ill", by=asked.facilitator, within=asked.reach(asked.facilitator))
        fb.shared(asked.circle, asked.ama)
        assert [one.payload["given"] for one in owed()] == [2]
        assert credits.ready(place) is None

    def test_leaves_by_itself_once_nobody_wants_a_yes(self, asked: Group) -> None:
        fb.shared(asked.circle, asked.ama)
        credits.choose_mode(self.circle(asked), mode="milestones", confirmed=False, by=asked.facilitator)
        assert [one.payload["given"] for one in owed()] == [1]

    def test_what_left_before_stays_when_a_yes_is_asked_for(self, steps: Group) -> None:
        fb.shared(steps.circle, steps.ama)
        credits.choose_mode(self.circle(steps), mode="milestones", confirmed=True, by=steps.facilitator)
        look_again()
        assert [(one.payload["given"], one.edition) for one in owed()] == [(1, 1)]
        assert self.line(steps, steps.ama) == "waiting"

    def test_is_its_owners_or_a_facilitators_to_say(self, asked: Group) -> None:
        circle = self.circle(asked)
        assert credits.own(circle, within=asked.reach(asked.ama)).person_id == asked.ama.id
        for within in (asked.reach(asked.facilitator), access.Reach(0)):
            with pytest.raises(NotFoundError):
                credits.own(circle, within=within)
        with pytest.raises(NotFoundError):
            credits.member_of(asked.place(asked.ama).id, within=asked.reach(asked.ben))


class TestWhoIsNoTeacher:
    """A union representative, or whoever became one, gets no credit: not by hand, not again, not what still waits."""

    def test_gets_none_by_hand(self, group: Group) -> None:
        place, within = group.place(group.ama), group.reach(group.facilitator)
        memberships.change_role(place, role="union_representative", by=group.facilitator)
        with pytest.raises(NotFoundError):
            credits.award(place.id, reason="She asked for it", by=group.facilitator, within=within)
        assert owed() == []

    def test_what_waits_for_her_never_leaves_until_she_is_one_again(self, group: Group) -> None:
        group.take_part(group.ama, group.ben)
        place, within = group.place(group.ama), group.reach(group.facilitator)
        memberships.change_role(place, role="union_representative", by=group.facilitator)
        assert [(one.fault, one.done_at is not None) for one in owed()] == [("withdrawn", True)]
        with pytest.raises(NotFoundError):
            credit_lines.try_again(place.id, within=within)
        memberships.change_role(place, role="teacher", by=group.facilitator)
        assert [(one.payload["given"], one.fault, one.done_at) for one in owed()] == [(1, "", None)]

    def test_a_column_made_again_is_filled_without_her(self, group: Group) -> None:
        group.take_part(group.ama, group.ben)
        owed()[0].done_at = now()
        db.session.flush()
        place = group.place(group.ama)
        memberships.change_role(place, role="union_representative", by=group.facilitator)
        credits.state_again(place.activity_id or 0)
        assert [one.done_at is not None for one in owed()] == [True]

    def test_nor_is_what_she_did_there_in_the_sum_of_a_shared_column(self, group: Group) -> None:
        group.take_part(group.ama, group.ben)
        place, first = group.place(group.ama), group.circle
        group.circle = Circle(cohort_id=first.cohort_id, name="2", template=first.template, credit_mode="completed")
        db.session.add(group.circle)
        db.session.flush()
        also = {"role": "teacher", "rights": "teacher"}
        there = Membership(circle_id=group.circle.id, person_id=group.ama.id, activity_id=place.activity_id, **also)
        db.session.add(there)
        memberships.change_role(place, role="union_representative", by=group.facilitator)
        db.session.flush()
        credit = db.find_or_add(Credit, membership_id=there.id, activity_id=place.activity_id)
        credit.met = 1
        db.session.flush()
        credits.state(credit, there)
        assert [(one.payload["given"], one.payload["maximum"]) for one in owed()] == [(1, 1)]


def refused(group: Group, fault: str) -> Delivery:
    group.take_part(group.ama, group.ben)
    (delivery,) = owed()
    delivery.given_up_at, delivery.fault, delivery.tried_since = now(), fault, now()
    db.session.flush()
    return delivery


def test_theirs_stands_until_ours_changes(group: Group) -> None:
    delivery = refused(group, "newer_on_platform")
    place, within = group.place(group.ama), group.reach(group.facilitator)
    credit_lines.keep_theirs(place.id, by=group.facilitator, within=within)
    assert (delivery.done_at is not None, delivery.given_up_at) == (True, None)
    line = next(one for one in credit_lines.of(group.circle) if one.membership.id == place.id)
    assert line.state == "theirs"
    edition = delivery.edition
    credits.reckon(place)
    credits.state_again(place.activity_id or 0)
    assert (owed()[0].edition, owed()[0].done_at is not None) == (edition, True)
    credits.award(place.id, reason="After all", by=group.facilitator, within=within)
    line = next(one for one in credit_lines.of(group.circle) if one.membership.id == place.id)
    assert line.state == "waiting"


@pytest.mark.parametrize("fault", ["newer_on_platform", "not_later_unread"])
def test_ours_is_sent_with_a_later_moment(group: Group, fault: str) -> None:
    delivery = refused(group, fault)
    before = delivery.payload["stated_at"]
    credit_lines.send_ours(group.place(group.ama).id, by=group.facilitator, within=group.reach(group.facilitator))
    assert owed()[0].payload["stated_at"] > before
    assert (owed()[0].given_up_at, owed()[0].fault) == (None, "")


@pytest.mark.parametrize("fault", ["person_gone", "scope_refused"])
def test_without_a_conflict_there_is_nothing_to_decide(group: Group, fault: str) -> None:
    refused(group, fault)
    place, within = group.place(group.ama), group.reach(group.facilitator)
    for decide in (credit_lines.keep_theirs, credit_lines.send_ours):
        with pytest.raises(RefusedError, match="no_conflict"):
            decide(place.id, by=group.facilitator, within=within)
        with pytest.raises(NotFoundError):
            decide(place.id, by=group.ama, within=group.reach(group.ama))


def test_a_credit_sent_long_ago_is_still_called_sent(group: Group) -> None:
    """Deliveries that were done are removed after a month."""
    group.take_part(group.ama, group.ben)
    db.session.query(Delivery).delete()
    line = next(one for one in credit_lines.of(group.circle) if one.membership.person_id == group.ama.id)
    assert line.state == "sent"


def test_who_is_back_is_owed_what_was_refused_and_nobody_else_is(group: Group) -> None:
    delivery = refused(group, "person_gone")
    course = db.session.get_one(Activity, group.place(group.ama).activity_id).course
    other = Course(deployment_id=course.deployment_id, context_id="elsewhere")
    db.session.add(other)
    db.session.flush()
    for where, who in ((course, [group.ben.id]), (other, [group.ama.id])):
        credits.owe_again(where, who)
        assert delivery.given_up_at is not None
    credits.owe_again(course, [group.ama.id])
    assert delivery.given_up_at is None


def test_who_is_back_does_not_wake_another_refusal(group: Group) -> None:
    delivery = refused(group, "scope_refused")
    credits.owe_again(db.session.get_one(Activity, group.place(group.ama).activity_id).course, [group.ama.id])
    assert delivery.given_up_at is not None


def test_who_gave_it_by_hand_and_when_it_was_begun_are_in_the_statement(group: Group) -> None:
    place = group.place(group.ama)
    credits.award(place.id, reason="She was ill", by=group.facilitator, within=group.reach(group.facilitator))
    assert owed()[0].payload["by"] == group.facilitator.id
    assert datetime.fromisoformat(owed()[0].payload["started_at"]) == place.joined_at
