"""The credit column of an activity and what is written into it (Assignment and Grade Services 2.0).

Nothing here is ever deleted or put: a column is the course's, and Moodle 4.5 would even delete an activity's own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import sqlalchemy as sa
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, tokens
from lti_tool.lti.messages import Score
from lti_tool.models import Activity, Course

RESOURCE_ID = "circle-credit"  # by which we find our column again, also in a copied course (AGS 2.0 §3.2.15)
COLUMN = "application/vnd.ims.lis.v2.lineitem+json"  # each type alone: Moodle 4.5 refuses application/json and lists
COLUMN_LIST = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULT_LIST = "application/vnd.ims.lis.v2.resultcontainer+json"
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


def find_or_make_column(activity: Activity, *, label: str, maximum: int) -> str | None:
    """The address of the activity's credit column, or None where credit is kept here only.

    In this order: the one the launch gave; the one bound to this activity; an unbound one of ours; a new one if we may
    make it. The caller keeps the address. PlatformError: `columns_refused`, `column_refused`, and what `tokens` raises.
    """
    gradebook = _Gradebook.of(activity.id)
    if gradebook.column_url:
        return gradebook.column_url
    if not gradebook.columns_url:
        return None
    if gradebook.grants(tokens.COLUMNS, tokens.COLUMNS_READ):
        found = _ours(gradebook.columns(), link=gradebook.link)
        if found is not None:
            return found
    return gradebook.make_column(label, maximum) if gradebook.grants(tokens.COLUMNS) else None


def post(activity: Activity, score: Score) -> None:
    """State a score; the same statement twice counts as delivered once.

    PlatformError, final: `no_column`, `column_gone` (look for it or make it again), `person_gone`, `newer_on_platform`
    (the gradebook holds another value with a later moment), `score_refused`, `scope_refused`. Not final, with
    `retry_after` where the platform said so: `platform_busy`, `platform_unreachable` and other faults of the way.
    """
    gradebook = _Gradebook.of(activity.id)
    if not gradebook.column_url:
        raise PlatformError("no_column", final=True)
    if not gradebook.grants(tokens.SCORES):
        raise PlatformError("scope_refused", final=True)
    body = json.dumps(json.loads(_grade(score).get_value()) | dict(gradebook.connector.quirks.score_extension))
    answer = gradebook.connector.call(
        "POST", _below(gradebook.column_url, "scores"), scope=tokens.SCORES, body=body, content_type=SCORE
    )
    if not 200 <= answer.status_code < 300:
        _settle(gradebook, score, answer)


def result_of(activity: Activity, sub: str) -> Result | None:
    """What the gradebook holds for this person, or None; PlatformError where it may not be read."""
    return _Gradebook.of(activity.id).result_of(sub)


@dataclass(frozen=True)
class _Gradebook:
    """An activity's place in the gradebook: plain data, read before any call."""

    connector: tokens.Connector
    column_url: str | None
    columns_url: str | None
    scopes: frozenset[str]
    link: str

    @classmethod
    def of(cls, activity_id: int) -> "_Gradebook":
        query = (
            sa.select(
                Course.deployment_id,
                Activity.line_item_url,
                Course.line_items_url,
                Course.grade_scopes,
                Activity.resource_link_id,
            )
            .join(Course, Activity.course_id == Course.id)
            .where(Activity.id == activity_id)
        )
        with db.work(read_only=True) as unit:
            deployment_id, column_url, columns_url, scopes, link = unit.execute(query).one()
        connector = tokens.Connector(tokens.Account.of(deployment_id))
        return cls(connector, column_url, columns_url, frozenset(scopes), link)

    def grants(self, *any_of: str) -> bool:
        """Whether the platform granted one of these scopes to us in this course."""
        return not self.scopes.isdisjoint(any_of)

    def columns(self) -> Iterator[dict[str, Any]]:
        """Every column that the platform shows us, without `limit`: Moodle 4.5 writes an unreadable next link then."""
        scope = tokens.COLUMNS_READ if self.grants(tokens.COLUMNS_READ) else tokens.COLUMNS
        for page in paging.pages(self.columns_url or "", lambda url: self._get(url, scope, COLUMN_LIST)):
            if not 200 <= page.status_code < 300:
                raise PlatformError("columns_refused", status=page.status_code, final=True)
            yield from _dicts(http.json_of(page))

    def make_column(self, label: str, maximum: int) -> str:
        """A new column bound to this activity; its address."""
        column = LineItem().set_label(label).set_score_maximum(maximum).set_resource_link_id(self.link)
        column.set_resource_id(RESOURCE_ID).set_tag(RESOURCE_ID)
        answer = self.connector.call(
            "POST",
            self.columns_url or "",
            scope=tokens.COLUMNS,
            accept=COLUMN,
            body=column.get_value(),
            content_type=COLUMN,
        )
        if not 200 <= answer.status_code < 300:
            raise PlatformError("column_refused", status=answer.status_code, final=True)
        made = http.json_of(answer)
        if not isinstance(made, dict) or not _has_address(made):  # it would be kept, and never be asked again
            raise PlatformError("column_refused", status=answer.status_code, final=True)
        return str(made["id"])

    def result_of(self, sub: str) -> Result | None:
        """The person's result, asked without `limit`: Moodle 4.5 answers 404 with a page then (results.php)."""
        if not self.column_url:
            return None
        url = _below(self.column_url, "results", user_id=sub)
        for page in paging.pages(url, lambda address: self._get(address, tokens.RESULTS, RESULT_LIST)):
            if page.status_code == 404:
                return None
            if not 200 <= page.status_code < 300:
                raise PlatformError("results_refused", status=page.status_code, final=True)
            for result in _dicts(http.json_of(page)):
                if str(result.get("userId")) == sub:  # some platforms overlook user_id
                    return _result(result)
        return None

    def column_answers(self) -> bool | None:
        """Whether the column itself still answers us; None where we may not look."""
        scope = next((scope for scope in (tokens.COLUMNS_READ, tokens.COLUMNS) if self.grants(scope)), None)
        if scope is None or not self.column_url:
            return None
        return 200 <= self._get(self.column_url, scope, COLUMN).status_code < 300

    def _get(self, url: str, scope: str, accept: str) -> requests.Response:
        return self.connector.call("GET", url, scope=scope, accept=accept)


def _ours(columns: Iterator[dict[str, Any]], *, link: str) -> str | None:
    """The column to write into: the only one of this activity, else the first with our mark; never another's."""
    usable = [column for column in columns if _has_address(column)]
    bound = [column for column in usable if column.get("resourceLinkId") == link]
    if len(bound) == 1:
        return str(bound[0]["id"])
    if marked := [column for column in bound if _is_marked(column)]:  # of twins one, or each search would add another
        return str(marked[0]["id"])
    unbound = [column for column in usable if not column.get("resourceLinkId") and _is_marked(column)]
    return str(unbound[0]["id"]) if len(unbound) == 1 else None


def _has_address(column: dict[str, Any]) -> bool:
    return isinstance(column.get("id"), str) and claims.origin(column["id"]) is not None


def _is_marked(column: dict[str, Any]) -> bool:
    return RESOURCE_ID in (column.get("resourceId"), column.get("tag"))


def _grade(score: Score) -> Grade:
    """The statement in AGS words; always FullyGraded, as Moodle 4.5 wipes the grade for anything else."""
    grade = Grade().set_user_id(score.sub).set_score_given(score.given).set_score_maximum(score.maximum)
    grade.set_activity_progress("Completed" if score.complete else "InProgress").set_grading_progress("FullyGraded")
    grade.set_timestamp(score.stated_at.astimezone(UTC).isoformat(timespec="seconds"))
    if score.comment:  # Open edX before 11.0.1 chokes on a blank one, and leaving it out clears it (AGS 2.0 §3.4.11)
        grade.set_comment(score.comment)
    return grade


def _settle(gradebook: _Gradebook, score: Score, answer: requests.Response) -> None:
    """Find out what a refusal means: return if the platform holds this very score, else raise what it is."""
    status = answer.status_code
    if status == 412:
        raise PlatformError("platform_busy", status=status, retry_after=http.retry_after(answer))
    if status in gradebook.connector.quirks.stale:
        readable = gradebook.grants(tokens.RESULTS)
        held = gradebook.result_of(score.sub) if readable else None
        share = held.share if held is not None else None
        if share is not None and abs(share - score.given / score.maximum) < SAME:
            return
        if share is not None or status == 409:
            raise PlatformError("newer_on_platform", status=status, final=True)
        if not readable:
            raise PlatformError("score_refused", status=status, final=True)
    if status in (403, 404):
        answers = gradebook.column_answers()
        if answers is False or (answers is None and status == 404):
            raise PlatformError("column_gone" if status == 404 else "score_refused", status=status, final=True)
    code = "person_gone" if status in (400, 403, 404, 422) else "score_refused"
    raise PlatformError(code, status=status, final=True)


def _below(url: str, name: str, **query: str) -> str:
    """`…/lineitem?type_id=2` with `scores` is `…/lineitem/scores?type_id=2`: Moodle needs its query kept."""
    parts = urlsplit(url)
    joined = "&".join(filter(None, (parts.query, urlencode(query))))
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=joined, fragment="").geturl()


def _dicts(body: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(body, list):
        raise PlatformError("answer_not_json")
    return (entry for entry in body if isinstance(entry, dict))


def _result(result: dict[str, Any]) -> Result:
    score, maximum = result.get("resultScore"), result.get("resultMaximum")
    return Result(
        score=float(score) if isinstance(score, (int, float)) else None,
        maximum=float(maximum) if isinstance(maximum, (int, float)) and maximum > 0 else 1.0,  # AGS 2.0 §3.3.5
        comment=str(result.get("comment") or ""),
    )
