"""Reading the groups of a course and their sets where the platform has a service for it (LTI Course Groups 1.0)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lti_tool import db, log
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, tokens
from lti_tool.lti.messages import GroupListing, LmsGroup
from lti_tool.models import Course

MEDIA_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
MOST = 500  # groups of one course; what comes after is left out


def read(course: Course) -> GroupListing | None:
    """The groups of a course with their names and sets; None where the platform offers none.

    Who is in them stands in the roster (`RosterMember.groups`). Commit before. PlatformError: `groups_refused`,
    `answer_not_json`, and what `tokens` and `http` raise.
    """
    with db.work(read_only=True) as unit:
        here = unit.get_one(Course, course.id)
        deployment_id, url, sets_url = here.deployment_id, here.groups_url, here.group_sets_url
    if not url:
        return None
    connector = tokens.Connector(tokens.Account.of(deployment_id))
    found: dict[str, LmsGroup] = {}
    keys = set()
    for one in _listed(connector, url, "groups"):
        key = claims.text_of(one.get("id"))
        if not key or len(key) > claims.LONGEST_NAME:
            continue
        keys.add(key)
        if one.get("hidden") is not True and len(found) < MOST:
            found[key] = LmsGroup(key, _name_of(one), claims.text_of(one.get("set_id"))[: claims.LONGEST_NAME])
        if len(keys) > 2 * MOST:
            break
    named = _names_of_sets(connector, sets_url) if any(one.set_key for one in found.values()) else {}
    groups = tuple(replace(one, set_name=named.get(one.set_key, "")) for one in found.values())
    return GroupListing(groups, frozenset(keys), whole=len(keys) <= 2 * MOST)


def _names_of_sets(connector: tokens.Connector, url: str | None) -> dict[str, str]:
    """What the sets of groups are called, by their keys; groups are of use without, so a refusal is passed over."""
    named: dict[str, str] = {}
    try:
        for one in _listed(connector, url, "sets") if url else ():
            key = claims.text_of(one.get("id"))[: claims.LONGEST_NAME]
            if key and one.get("hidden") is not True:
                named[key] = _name_of(one)
            if len(named) >= MOST:
                break
    except PlatformError as error:
        log.get(__name__).warning("groups.sets_not_read", fault=error.code, status=error.status)
    return named


def _name_of(one: dict[str, Any]) -> str:
    return claims.text_of(one.get("name"))[: claims.LONGEST_NAME]


def _listed(connector: tokens.Connector, url: str, what: str) -> Iterator[dict[str, Any]]:
    for page in paging.pages(
        url, lambda address: connector.call("GET", address, scope=tokens.GROUPS, accept=MEDIA_TYPE)
    ):
        if not 200 <= page.status_code < 300:
            raise PlatformError("groups_refused", status=page.status_code, final=True)
        body = http.json_of(page)
        listed = body.get(what) if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise PlatformError("answer_not_json", status=page.status_code)
        yield from (one for one in listed if isinstance(one, dict))
