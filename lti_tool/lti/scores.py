"""What is written into the credit column, and what the gradebook holds there (Assignment and Grade Services 2.0)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from pylti1p3.grade import Grade

from lti_tool.errors import PlatformError
from lti_tool.lti import http, paging, quirks, tokens
from lti_tool.lti.gradebook import Gradebook, below, dicts
from lti_tool.lti.messages import Score
from lti_tool.models import Activity

SCORE = "application/vnd.ims.lis.v1.score+json"
RESULT_LIST = "application/vnd.ims.lis.v2.resultcontainer+json"
# The platform answers later: what it holds is unknown now, and asked again before anything is replaced.
AWAY = {"platform_busy", "platform_unreachable", "platform_slow", "platform_certificate"}
LARGEST = 1e9  # in a gradebook; what is beyond is no score
SAME = 0.001  # platforms store shares rounded; Moodle 4.5 gives 80 of 100 for 8 of 10


@dataclass(frozen=True)
class Result:
    """What the platform's gradebook holds for one person."""

    score: float | None  # None: touched but not scored
    maximum: float
    comment: str

    @property
    def share(self) -> float | None:
        """The score as a share of its maximum: platforms give it back on a scale of their own."""
        return None if self.score is None else self.score / self.maximum


def post(activity: Activity, score: Score) -> None:
    """State a score; the same statement twice counts as delivered once. Words that a person wrote beside it stay.

    PlatformError, final: `no_column`, `column_gone` (somebody deleted it), `person_gone`, `newer_on_platform` (the
    gradebook holds another value with a moment as late), `not_later_unread` (the same, but we may not read what it
    holds, so it may be ours), `column_refused`, `score_refused`, `scope_refused`. Not final, with `retry_after` where
    the platform said so: `platform_busy`, `platform_unreachable` and other faults of the way.
    """
    book = Gradebook.of(activity.id)
    if not book.column_url:
        raise PlatformError("no_column", final=True)
    if not book.grants(tokens.SCORES):
        raise PlatformError("scope_refused", final=True)
    body = json.dumps(statement(score, book.connector.quirks, comment=_comment(book, score)))
    answer = book.connector.call(
        "POST", below(book.column_url, "scores"), scope=tokens.SCORES, body=body, content_type=SCORE
    )
    if not 200 <= answer.status_code < 300:
        _settle(book, score, answer)


def result_of(activity: Activity, sub: str) -> Result | None:
    """What the gradebook holds for this person, or None; PlatformError where it may not be read."""
    return _held(Gradebook.of(activity.id), sub)


def statement(score: Score, rules: type[quirks.Plain], *, comment: str) -> dict[str, Any]:
    """The statement in AGS words, with this comment as the platform takes it; always FullyGraded, as Moodle 4.5 wipes
    the grade for anything else.
    """
    grade = Grade().set_user_id(score.sub).set_score_given(score.given).set_score_maximum(score.maximum)
    grade.set_activity_progress("Completed" if score.complete else rules.partly_done)
    grade.set_grading_progress("FullyGraded").set_timestamp(_second(score.stated_at))
    if comment:  # Open edX before 11.0.1 chokes on a blank one, and leaving it out clears it (AGS 2.0 §3.4.11)
        grade.set_comment(comment)
    times = {"startedAt": score.started_at, "submittedAt": score.submitted_at}
    submission = {name: _second(moment) for name, moment in times.items() if moment is not None}
    return {
        **json.loads(grade.get_value()),
        **({"submission": submission} if submission else {}),  # AGS 2.0 §3.4.10
        **({"scoringUserId": score.scored_by} if score.scored_by else {}),
        **rules.score_extension,
    }


def _comment(book: Gradebook, score: Score) -> str:
    """The comment to send: ours, save where a person wrote words of her own, which are sent back as they are.

    Read only where a score was sent before. Where nobody lets us read, hers would be lost with any comment and with
    none (AGS 2.0 §3.4.11), so ours is sent. A score posted again finds the same and carries the same.
    """
    rules = book.connector.quirks
    if rules.comments_add_up:
        return "" if score.comment in score.said_before else rules.comment(score.comment)
    ours = rules.comment(score.comment)
    if rules.comments_are_of_tools or not score.said_before or not book.grants(tokens.RESULTS):
        return ours
    try:
        held = _held(book, score.sub, with_comment=True)
    except PlatformError as error:
        if error.code in AWAY:
            raise
        return ours
    there = held.comment if held is not None else ""
    if not there.strip() or any(quirks.same_words(there, one) for one in (score.comment, *score.said_before)):
        return ours
    return rules.returned_comment(there)


def _held(book: Gradebook, sub: str, *, with_comment: bool = False) -> Result | None:
    """The person's result, asked without `limit`: Moodle 4.5 answers 404 with a page then (results.php)."""
    if not book.column_url:
        return None
    everybody = with_comment and not book.connector.quirks.comment_of_one
    url = below(book.column_url, "results", **({} if everybody else {"user_id": sub}))
    for page in paging.pages(url, lambda address: book.get(address, tokens.RESULTS, RESULT_LIST)):
        if page.status_code == 404:
            return None
        if not 200 <= page.status_code < 300:
            raise PlatformError("results_refused", status=page.status_code, final=True)
        for result in dicts(http.json_of(page)):
            if str(result.get("userId")) == sub:  # some platforms overlook user_id
                return _result(result)
    return None


def _settle(book: Gradebook, score: Score, answer: requests.Response) -> None:
    """Find out what a refusal means: return if the platform holds this very score, else raise what it is."""
    status = answer.status_code
    if status == 412:  # canvas-lms, gradebook_services.rb: the column is another link's, or another key's
        raise PlatformError("column_refused", status=status, final=True)
    if status in book.connector.quirks.stale:
        if not book.grants(tokens.RESULTS):
            raise PlatformError("not_later_unread" if status == 409 else "score_refused", status=status, final=True)
        held = _held(book, score.sub)
        share = held.share if held is not None else None
        if share is not None and abs(share - score.given / score.maximum) < SAME:
            return
        if share is not None or status == 409:
            raise PlatformError("newer_on_platform", status=status, final=True)
    if status in (403, 404):
        answers = book.column_answers()
        if answers is False or (answers is None and status == 404):
            raise PlatformError("column_gone" if status == 404 else "score_refused", status=status, final=True)
    code = "person_gone" if status in (400, 403, 404, 422) else "score_refused"
    raise PlatformError(code, status=status, final=True)


def _second(moment: datetime) -> str:
    """A moment as platforms compare it: in whole seconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _result(result: dict[str, Any]) -> Result:
    score, maximum = _number(result.get("resultScore")), _number(result.get("resultMaximum"))
    return Result(
        score=score,
        maximum=maximum if maximum is not None and maximum > 0 else 1.0,  # AGS 2.0 §3.3.5
        comment=str(result.get("comment") or ""),
    )


def _number(told: Any) -> float | None:
    """A number to reckon with: JSON readers also take NaN, Infinity and whole numbers of a thousand digits."""
    is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
    return float(told) if is_number and abs(told) < LARGEST else None
