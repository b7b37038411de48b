"""The gradebook: columns, cells, and what a score does to them (Assignment and Grade Services 2.0)."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lti_tool.demo.people import Person
from lti_tool.demo.quirks.paging import Refusal
from lti_tool.demo.state import Cell, Column, Post, State

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms

ACTIVITY_PROGRESS = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING_PROGRESS = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
# What a platform says of a column by itself; ltiLinkId is Moodle's second name for the link.
KNOWN = {"id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "ltiLinkId", "submissionReview"}
LOG_LENGTH = 200


class ScoreRefusedError(Exception):
    """The gradebook says no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Gradebook:
    """What teachers' administrators see of the scores; also the hands of a test."""

    def __init__(self, lms: "PracticeLms") -> None:
        self._lms = lms

    @property
    def columns(self) -> list[Column]:
        """Every column, the oldest first."""
        return list(self._lms.store.state.columns.values())

    @property
    def posts(self) -> list[Post]:
        """The log of scores and how they were answered, the oldest first."""
        return list(self._lms.store.state.posts)

    def of(self, course: str, client_id: str) -> list[Column]:
        """The columns of one tool in one course."""
        return [column for column in self.columns if (column.course, column.client_id) == (course, client_id)]

    def column(self, column_id: str) -> Column | None:
        """One column."""
        return self._lms.store.state.columns.get(column_id)

    def cell(self, column_id: str, person: str) -> Cell | None:
        """What a column holds for a person (key or id)."""
        found = self._lms.anybody(person)
        return self._lms.store.state.cells.get(column_id, {}).get(found.id if found else person)

    def add(self, course: str, client_id: str, said: dict[str, Any], *, coupled: bool = False) -> Column:
        """A new column, or ScoreRefusedError when it has no label or no maximum, or names a foreign link."""
        column = self._read(course, client_id, said)
        with self._lms.store.change() as state:
            column.id = state.new_id()
            column.coupled = coupled
            state.columns[column.id] = column
            return column

    def change(self, column_id: str, said: dict[str, Any]) -> Column:
        """Replace a column: what is not said is no longer there (§3.2.6)."""
        with self._lms.store.change() as state:
            before = state.columns[column_id]
            column = self._read(before.course, before.client_id, said)
            column.id, column.coupled = column_id, before.coupled
            state.columns[column_id] = column
            return column

    def delete(self, column_id: str) -> None:
        """Delete a column with its cells."""
        with self._lms.store.change() as state:
            state.columns.pop(column_id, None)
            state.cells.pop(column_id, None)

    def edit(self, column_id: str, person: str, given: float | None, comment: str = "") -> Cell:
        """Somebody writes into the gradebook by hand; scores from before are then too old."""
        found = self._lms.anybody(person)
        assert found is not None, person  # noqa: S101 (a test's mistake)
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        with self._lms.store.change() as state:
            cell = Cell(user_id=found.id, given=given, comment=comment, timestamp=stamp, by_hand=True)
            if self._lms.quirks.comments_add_up:  # results tell the tool's own last one only (scores_controller.rb)
                before = state.cells.get(column_id, {}).get(found.id)
                cell.comment = before.comment if before else ""
                cell.thread = [*(before.thread if before else []), *filter(None, [comment])]
            state.cells.setdefault(column_id, {})[found.id] = cell
            return cell

    def as_dict(self) -> dict[str, Any]:
        """Everything, for /gradebook.json."""
        state = self._lms.store.state
        with self._lms.store.lock:
            return {
                "columns": [column.model_dump() for column in state.columns.values()],
                "cells": {
                    column: {person: cell.model_dump() for person, cell in cells.items()}
                    for column, cells in state.cells.items()
                },
                "posts": [post.model_dump() for post in state.posts],
            }

    def post(self, column: Column, score: Any) -> tuple[Cell, bool]:
        """Take a score: the cell and whether it is new, or ScoreRefusedError. Every answer is logged."""
        with self._lms.store.change() as state:
            try:
                cell, created = self._take(state, column, score)
            except ScoreRefusedError as error:
                self._log(state, column, score, error.refusal.status, error.refusal.reason)
                raise
            self._log(state, column, score, 201 if created else 200, "kept")
            return cell, created

    def _read(self, course: str, client_id: str, said: dict[str, Any]) -> Column:
        """A column from what a tool says of it (§3.2.8)."""
        label, maximum, link = said.get("label"), said.get("scoreMaximum"), said.get("resourceLinkId")
        bad = ScoreRefusedError(self._lms.quirks.bad_column)
        if not isinstance(label, str) or not label.strip():
            raise bad
        if isinstance(maximum, bool) or not isinstance(maximum, int | float) or maximum <= 0:
            raise bad
        activity = self._lms.store.state.activities.get(str(link)) if link else None
        if link and (activity is None or (activity.course, activity.client_id) != (course, client_id)):
            raise ScoreRefusedError(Refusal(404, "There is no such resource link"))
        return Column(
            id="",
            course=course,
            client_id=client_id,
            label=label,
            maximum=maximum,
            resource_id=str(said.get("resourceId") or ""),
            tag=str(said.get("tag") or ""),
            link_id=str(link) if link else None,
            review=said.get("submissionReview"),
            more={key: value for key, value in said.items() if key not in KNOWN},
        )

    def _take(self, state: State, column: Column, score: Any) -> tuple[Cell, bool]:
        quirks = self._lms.quirks
        stamp = self._moment(score)
        person = self._person(column, str(score["userId"]))
        cells = state.cells.setdefault(column.id, {})
        before = cells.get(person.id)
        if self._lms.faults.stale_scores or (before and not self._later(stamp, before)):
            raise ScoreRefusedError(quirks.older_score)
        cell = before.model_copy() if before else Cell(user_id=person.id, timestamp="")
        cell.timestamp, cell.by_hand = score["timestamp"], False
        cell.activity_progress = score.get("activityProgress", "Submitted")
        cell.grading_progress = score["gradingProgress"]
        self._comment(cell, str(score.get("comment") or ""))
        cell.reopened = cell.reopened or (before is not None and cell.activity_progress in quirks.reopened_by)
        if score["gradingProgress"] not in quirks.ignored_progress:
            cell.given = self._given(column, score)
        elif quirks.ungraded_clears:
            cell.given = None
        if score.get(CANVAS_SUBMISSION, {}).get("new_submission", True):
            cell.attempts += 1
        cells[person.id] = cell
        return cell, before is None

    def _comment(self, cell: Cell, said: str) -> None:
        """The words beside a score, which leaving them out clears (§3.4.11)."""
        quirks = self._lms.quirks
        if said or not quirks.omitted_comment_stays:
            cell.comment = quirks.kept_comment(said)
        if said and quirks.comments_add_up:
            cell.thread = [*cell.thread, said]

    def _moment(self, score: Any) -> datetime:
        """The timestamp of a well-formed score (§3.4)."""
        bad = ScoreRefusedError(self._lms.quirks.bad_score)
        if not isinstance(score, dict) or not score.get("userId") or not isinstance(score.get("timestamp"), str):
            raise bad
        progress = {*ACTIVITY_PROGRESS, *({None} if self._lms.quirks.progress_may_be_missing else {})}
        if score.get("activityProgress") not in progress or score.get("gradingProgress") not in GRADING_PROGRESS:
            raise bad
        given, maximum = score.get("scoreGiven"), score.get("scoreMaximum")
        if given is not None and not (isinstance(given, int | float) and given >= 0):
            raise bad
        if given is not None and not (isinstance(maximum, int | float) and maximum > 0):
            raise bad
        try:
            moment = datetime.fromisoformat(score["timestamp"])
        except ValueError as error:
            raise bad from error
        if moment.tzinfo is None:
            raise bad
        return moment

    def _person(self, column: Column, user_id: str) -> Person:
        quirks = self._lms.quirks
        members = self._lms.members(column.course)
        person = next((one for one in members if quirks.subject(one) == user_id), None)
        if person is None:
            had = self._lms.course(column.course).people
            left = quirks.left_person if any(quirks.subject(one) == user_id for one in had) else None
            raise ScoreRefusedError(left or quirks.unknown_person)
        if not person.takes_part and quirks.staff_person:
            raise ScoreRefusedError(quirks.staff_person)
        return person

    def _later(self, stamp: datetime, before: Cell) -> bool:
        last = datetime.fromisoformat(before.timestamp)
        if self._lms.quirks.whole_seconds:
            return int(stamp.timestamp()) > int(last.timestamp())
        return stamp > last

    def _given(self, column: Column, score: dict[str, Any]) -> float | None:
        """The score in units of the column's maximum; without scoreGiven the result is cleared (§3.4.1)."""
        if score.get("scoreGiven") is None:
            return None
        share: float = float(score["scoreGiven"]) / score["scoreMaximum"]
        if self._lms.quirks.caps:
            share = min(share, 1.0)
        return round(share * column.maximum, 6)

    def _log(self, state: State, column: Column, score: Any, status: int, reason: str) -> None:
        said = score if isinstance(score, dict) else {}
        words = f"{said.get('scoreGiven', '–')} of {said.get('scoreMaximum', '–')}, {said.get('gradingProgress', '–')}"
        at = datetime.now(UTC).isoformat(timespec="seconds")
        who = str(said.get("userId", "–"))
        state.posts.append(Post(at=at, column=column.label, user_id=who, said=words, status=status, reason=reason))
        del state.posts[:-LOG_LENGTH]
