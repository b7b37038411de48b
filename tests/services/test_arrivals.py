"""When sent words reach their author: at once, or with the circle's next meeting where it agreed so."""

from datetime import timedelta

import pytest
import time_machine

from lti_tool import db, jobs
from lti_tool.db import now
from lti_tool.errors import RefusedError
from lti_tool.models import Circle, EntryVersion, Feedback, Meeting, Person
from lti_tool.services import arrivals, feedbacks, inquiries, meetings, milestones, norms, pairing, replies, reviews
from tests import build
from tests import feedback_build as fb
from tests.services.writing import reach

HOUR = timedelta(hours=1)


class Group:
    """A circle that hands words over at its meetings, with a meeting in three hours and one in a week."""

    def __init__(self) -> None:
        self.circle: Circle = build.circle(feedback_at_meeting=True)
        self.author, self.writer, self.gave = (build.member(self.circle) for _ in range(3))
        self.facilitator = build.member(self.circle, "facilitator")
        self.meeting, self.later = (
            build._add(Meeting(circle_id=self.circle.id, kind="workshop", title="First tries", starts_at=now() + pause))
            for pause in (3 * HOUR, 168 * HOUR)
        )

    def share(self) -> "Group":
        self.circle = db.session.get_one(Circle, self.circle.id)
        self.meeting, self.later = (db.session.get_one(Meeting, one.id) for one in (self.meeting, self.later))
        self.version: EntryVersion = fb.shared(self.circle, self.author)
        return self

    def readers(self, feedback: Feedback) -> list[str]:
        db.session.expire_all()
        people = ("author", "writer", "gave", "facilitator")
        return [name for name in people if feedback.id in fb.readable(getattr(self, name))]


@pytest.fixture
def group(app: object, request: pytest.FixtureRequest) -> Group:
    made = Group()
    request.getfixturevalue("work")
    return made.share()


@pytest.fixture
def elsewhere(app: object) -> Meeting:
    return Group().meeting


def arrange(meeting: Meeting, starts_at: object) -> None:
    meetings.arrange(meeting, starts_at=starts_at, time_zone="UTC", place="", link="", minutes=60)  # type: ignore[arg-type]


EVERYBODY = ["author", "writer", "gave", "facilitator"]


class TestWaiting:
    def test_until_the_meeting_they_are_their_writers_alone(self, group: Group) -> None:
        other = fb.sent(group.version, group.gave)
        feedback = fb.sent(group.version, group.writer)
        arrivals.hand_over()
        assert group.readers(feedback) == ["writer"]
        within = reach(group.author)
        assert reviews.beside(group.version, within=within).feedback == ()
        assert reviews.beside(group.version, within=reach(group.gave)).after_own == 0
        assert inquiries.answers_to([group.version.entry_id]) == {group.version.entry_id: 0}
        assert inquiries.next_step(group.circle, within=within).kind != "read"  # type: ignore[union-attr]
        with time_machine.travel(now() + 4 * HOUR):
            arrivals.hand_over()
            assert (group.readers(feedback), group.readers(other)) == (EVERYBODY, EVERYBODY)
            assert inquiries.next_step(group.circle, within=within).kind == "read"  # type: ignore[union-attr]

    def test_the_worker_hands_them_over(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        db.session.commit()
        with time_machine.travel(now() + 4 * HOUR):
            jobs.sweep()
            db.session.expire_all()
            assert feedback.id in fb.readable(group.author)

    def test_they_count_as_given_and_may_be_taken_back(self, group: Group) -> None:
        """Nobody's credit and nobody's offer waits for a meeting (T7)."""
        feedback = fb.sent(group.version, group.writer)
        place = next(one for one in feedbacks.circles.members(group.circle) if one.person_id == group.writer.id)
        assert milestones.deeds_of(place).given == 1
        assert pairing._counts(feedback, set())
        assert feedbacks.take_back(feedback, by=group.writer).words
        assert (feedback.state, feedback.waits) == ("writing", False)

    def test_a_meeting_held_early_is_enough(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        meetings.record(group.later, held=True, present=4)
        assert "author" in group.readers(feedback)

    def test_one_that_is_put_off_keeps_them_waiting(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        arrange(group.meeting, now() + 200 * HOUR)
        with time_machine.travel(now() + 4 * HOUR):
            arrivals.hand_over()
            assert group.readers(feedback) == ["writer"]
        with time_machine.travel(now() + 169 * HOUR):
            arrivals.hand_over()
            assert "author" in group.readers(feedback)


class TestNobodyWaitsForNothing:
    def test_without_a_day_ahead_they_arrive_at_once(self, group: Group) -> None:
        for one in (group.meeting, group.later):
            arrange(one, None)
        assert "author" in group.readers(fb.sent(group.version, group.writer))

    def test_nor_once_the_days_are_taken_away(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        arrange(group.meeting, None)
        assert group.readers(feedback) == ["writer"]
        arrange(group.later, None)
        assert "author" in group.readers(feedback)

    def test_nor_once_the_circle_has_ended(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        group.circle.closed_at = now()
        arrivals.hand_over()
        assert "author" in group.readers(feedback)

    def test_a_meeting_of_another_circle_hands_over_nothing(self, elsewhere: Meeting, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        meetings.record(db.session.get_one(Meeting, elsewhere.id), held=True, present=3)
        assert group.readers(feedback) == ["writer"]


class TestTheCirclesChoice:
    @pytest.mark.parametrize("before", [True, False])
    def test_holds_for_what_is_begun_afterwards(self, group: Group, before: bool) -> None:
        """A promise that was made to who writes is neither weakened nor forgotten (F2)."""
        agree(group, at_meeting=before)
        feedback = fb.draft(group.version, group.writer)
        agree(group, at_meeting=not before)
        feedbacks.send(feedback, by=group.writer, within=reach(group.writer))
        assert feedback.waits is before
        assert fb.sent(group.version, group.gave).waits is not before

    @pytest.mark.usefixtures("app")
    def test_at_once_is_where_a_circle_begins(self) -> None:
        assert (build.circle().feedback_at_meeting, build.circle().feedback_after_own) == (False, True)

    def test_is_no_more_once_it_has_ended(self, group: Group) -> None:
        group.circle.closed_at = now()
        with pytest.raises(RefusedError, match="circle_closed"):
            agree(group, at_meeting=False)

    def test_the_sentence_names_the_meeting_while_they_wait(self, group: Group) -> None:
        feedback = fb.draft(group.version, group.writer)
        assert feedbacks.readers(feedback).meeting == group.meeting
        feedbacks.send(feedback, by=group.writer, within=reach(group.writer))
        assert feedbacks.readers(feedback).meeting == group.meeting
        meetings.record(group.meeting, held=True, present=4)
        db.session.refresh(feedback)
        assert feedbacks.readers(feedback).meeting is None

    def test_an_answer_is_possible_once_they_are_there(self, group: Group) -> None:
        feedback = fb.sent(group.version, group.writer)
        meetings.record(group.meeting, held=True, present=4)
        db.session.refresh(feedback)
        assert replies.read(feedback, by=group.author).state == "read"


def agree(group: Group, *, at_meeting: bool) -> None:
    norms.agree_on_feedback(group.circle, after_own=True, at_meeting=at_meeting, by=person(group.facilitator))


def person(of: Person) -> Person:
    return db.session.get_one(Person, of.id)
