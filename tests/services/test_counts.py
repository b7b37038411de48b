"""Sums of a circle: numbers of a circle and of nobody in it (H1)."""

from dataclasses import fields

from lti_tool import db
from lti_tool.models import Feedback, Meeting
from lti_tool.services import counts, entries
from tests import build
from tests.services.writing import begin


def test_one_statement_counts_what_was_held_shared_and_said(app: object, counted: list[str]) -> None:
    circle, other = build.circle(), build.circle()
    author, colleague = build.member(circle), build.member(circle)
    elsewhere = build.member(other)
    states = ("invited", "writing", "sent", "read", "answered", "closed")
    writers = [build.member(circle, "facilitator").id for _ in states]
    with db.work() as unit:
        for held in (True, True, False):
            unit.add(Meeting(circle_id=circle.id, kind="meeting", title="One", held=held))
        shared = entries.share(begin(circle, author, "Shared"), by=author)
        begin(circle, author, "A draft", stage="plan")
        taken_back = begin(circle, colleague, "Taken back")
        entries.share(taken_back, by=colleague)
        entries.take_back(taken_back, by=colleague)
        entries.share(begin(other, elsewhere, "Elsewhere"), by=elsewhere)
        unit.query(Feedback).delete()
        for state, writer in zip(states, writers, strict=True):
            unit.add(
                Feedback(version_id=shared.id, circle_id=circle.id, writer_id=writer, protocol="ladder", state=state)
            )
        unit.commit()
    with db.work(read_only=True):
        counted.clear()
        found = counts.of(circle)
    assert found == counts.Counts(meetings_held=2, meetings_planned=3, entries_shared=1, feedback_sent=4)
    assert len(counted) == 1


def test_a_new_circle_counts_nothing(app: object) -> None:
    circle = build.circle()
    with db.work(read_only=True):
        assert counts.of(circle) == counts.Counts(0, 0, 0, 0)


def test_no_sum_belongs_to_a_person() -> None:
    assert [one.name for one in fields(counts.Counts) if "person" in one.name or "name" in one.name] == []
    assert {one.type for one in fields(counts.Counts)} <= {int, "int"}
