"""Questions to a platform that only want to know whether it answers; nothing of the answers is kept but numbers.

Each makes one call or two, in no open transaction, and raises PlatformError with the code of what is wrong.
"""

from dataclasses import dataclass
from itertools import islice

import requests

from lti_tool import db, settings
from lti_tool.errors import PlatformError
from lti_tool.lti import gradebook, http, platform_keys, roster, tokens
from lti_tool.models import Course, Platform

SCOPES = {"roster": tokens.ROSTER, "columns": tokens.COLUMNS, "scores": tokens.SCORES, "results": tokens.RESULTS}


@dataclass(frozen=True)
class Heard:
    """What the address of the platform's keys told."""

    keys: int
    ahead: int | None  # seconds by which the platform's clock is ahead of ours; None where it gives no date


def their_keys(platform: Platform) -> Heard:
    """How many usable keys the platform publishes, and its clock; PlatformError `keys_unusable`, or of the way."""
    with http.session(seconds=5, max_bytes=262_144) as guarded:
        before = db.now()
        response = http.accepted(guarded.get(platform.jwks_url, headers={"Accept": "application/json"}))
        middle = before + (db.now() - before) / 2
    usable = platform_keys.usable_keys(http.json_of(response))
    if not usable:
        raise PlatformError("keys_unusable", final=True)
    told = _date(response)
    return Heard(len(usable), None if told is None else round(told - middle.timestamp()))


def our_keys() -> None:
    """Fetch our own keys at our public address, as a platform does; PlatformError where that fails from here."""
    answer = http.get_json(settings.current().url("/lti/jwks"), seconds=5)
    if not isinstance(answer, dict) or not answer.get("keys"):
        raise PlatformError("answer_not_json")


def token(deployment_id: int, scope: str) -> None:
    """Get a new token for one scope; PlatformError says why there is none."""
    tokens.Connector(tokens.Account.of(deployment_id)).get_access_token([scope], fresh=True)


@dataclass(frozen=True)
class Page:
    """The first page of a roster, counted."""

    people: int
    named: int


def first_page(course: Course) -> Page:
    """How many people the first page of a course's roster has; PlatformError as `roster.read`."""
    people = next(iter(islice(roster.read(course), 1)), [])
    return Page(len(people), sum(bool(one.name) for one in people))


def columns(course: Course) -> int:
    """How many of our columns the gradebook of a course shows; PlatformError `no_column`, `columns_refused`."""
    scope = next((one for one in (tokens.COLUMNS, tokens.COLUMNS_READ) if one in course.grade_scopes), None)
    if not course.line_items_url or scope is None:
        raise PlatformError("no_column", final=True)
    connector = tokens.Connector(tokens.Account.of(course.deployment_id))
    answer = connector.call("GET", course.line_items_url, scope=scope, accept=gradebook.COLUMN_LIST)
    if not 200 <= answer.status_code < 300:
        raise PlatformError("columns_refused", status=answer.status_code, final=True)
    listed = http.json_of(answer)
    return len(listed) if isinstance(listed, list) else 0


def _date(response: requests.Response) -> float | None:
    try:
        return http.moment_of(response.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None
