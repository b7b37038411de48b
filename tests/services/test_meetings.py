"""Gatherings of a circle: in the order they come, on the clocks of their place, counted and never called by name."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Meeting
from lti_tool.services import meetings
from tests import build
from tests.services.writing import reach

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


def plan(circle: Circle, title: str, starts_at: datetime | None = None, **also: object) -> Meeting:
    with db.work() as unit:
        meeting = meetings.add(unit.get_one(Circle, circle.id), title=title)
        meeting.starts_at = starts_at
        for name, value in also.items():
            setattr(meeting, name, value)
        unit.commit()
    return meeting


def next_title(circle: Circle) -> str | None:
    with db.work(read_only=True):
        found = meetings.next_of(circle)
        return found.title if found else None


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("teacher", True),
        ("facilitator", True),
        ("union_representative", True),
        ("link_facilitator", True),
        ("programme_manager", True),
        ("national_researcher", False),
    ],
)
def test_is_found_by_who_may_see_meetings(circle: Circle, role: str, sees: bool) -> None:
    meeting, person = plan(circle, "One"), build.member(circle, role)
    stranger = build.member(build.circle(), "facilitator")
    with db.work(read_only=True):
        if sees:
            assert meetings.get(meeting.id, within=reach(person)).title == "One"
        else:
            with pytest.raises(NotFoundError):
                meetings.get(meeting.id, within=reach(person))
        with pytest.raises(NotFoundError):
            meetings.get(meeting.id, within=reach(stranger))


def test_dated_ones_come_first_then_the_plan(circle: Circle) -> None:
    plan(circle, "First of the plan")
    plan(circle, "Later", NOON + timedelta(days=9))
    plan(circle, "Second of the plan")
    plan(circle, "Sooner", NOON)
    with db.work(read_only=True):
        assert [one.title for one in meetings.of(circle)] == [
            "Sooner",
            "Later",
            "First of the plan",
            "Second of the plan",
        ]
        assert [one.position for one in meetings.of(circle)] == [4, 2, 1, 3]


class TestNext:
    @pytest.fixture(autouse=True)
    def _noon(self) -> Iterator[None]:
        with time_machine.travel(NOON, tick=False):
            yield

    def test_is_the_soonest_dated_one(self, circle: Circle) -> None:
        plan(circle, "Undated")
        plan(circle, "Later", NOON + timedelta(days=9))
        plan(circle, "Sooner", NOON + timedelta(days=2))
        assert next_title(circle) == "Sooner"

    def test_is_the_first_of_the_plan_while_nothing_is_dated(self, circle: Circle) -> None:
        plan(circle, "One")
        plan(circle, "Two")
        assert next_title(circle) == "One"

    @pytest.mark.parametrize(("hours", "title"), [(2.9, "Under way"), (3.1, "After")])
    def test_one_under_way_is_still_the_next(self, circle: Circle, hours: float, title: str) -> None:
        plan(circle, "Under way", NOON - timedelta(hours=hours))
        plan(circle, "After", NOON + timedelta(days=1))
        assert next_title(circle) == title

    def test_one_that_was_held_is_not(self, circle: Circle) -> None:
        plan(circle, "Held", NOON + timedelta(hours=1), held=True)
        assert next_title(circle) is None
        plan(circle, "Undated")
        assert next_title(circle) == "Undated"

    def test_another_circle_s_is_not(self, circle: Circle) -> None:
        plan(build.circle(), "Elsewhere", NOON)
        assert next_title(circle) is None


def test_an_hour_is_that_of_its_place(circle: Circle) -> None:
    starts_at = meetings.moment(date(2026, 7, 9), time(16, 0), "Asia/Seoul")
    meeting = plan(circle, "One")
    with db.work() as unit:
        found = unit.get_one(Meeting, meeting.id)
        where = {"place": "Room 4", "link": "https://meet.example.org/4", "minutes": 90}
        meetings.arrange(found, starts_at=starts_at, time_zone="Asia/Seoul", **where)
        unit.commit()
    with db.work(read_only=True) as unit:
        found = unit.get_one(Meeting, meeting.id)
        assert found.starts_at == datetime(2026, 7, 9, 7, 0, tzinfo=UTC)
        assert str(meetings.local(found)) == "2026-07-09 16:00:00+09:00"
        assert (found.place, found.link, found.minutes) == ("Room 4", "https://meet.example.org/4", 90)


def test_a_date_can_be_taken_away_again(circle: Circle) -> None:
    meeting = plan(circle, "One", NOON)
    with db.work() as unit:
        found = unit.get_one(Meeting, meeting.id)
        meetings.arrange(found, starts_at=None, time_zone="UTC", place="", link="", minutes=60)
        assert meetings.local(found) is None
        unit.commit()


@pytest.mark.parametrize(("held", "present", "kept"), [(True, 9, 9), (True, None, None), (False, 9, None)])
def test_a_count_belongs_to_a_meeting_that_took_place(
    circle: Circle, held: bool, present: int | None, kept: int | None
) -> None:
    meeting = plan(circle, "One", NOON)
    with db.work() as unit:
        found = unit.get_one(Meeting, meeting.id)
        meetings.record(found, held=held, present=present)
        assert (found.held, found.present) == (held, kept)
        unit.rollback()


def test_no_row_says_who_was_there() -> None:
    """H1: attendance is a count."""
    assert not [name for name in Meeting.__table__.columns.keys() if "person" in name or "name" in name]  # noqa: SIM118
    assert not [table for table in db.Base.metadata.tables if "attend" in table]


def test_a_circle_that_has_ended_gets_no_meeting(app: object) -> None:
    with db.work(), pytest.raises(RefusedError, match="circle_closed"):
        meetings.add(build.circle(closed_at=now()), title="One more")
