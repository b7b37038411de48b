"""Reading the groups of a course where the platform has a service for it (LTI Course Groups 1.0)."""

from collections.abc import Iterator
from typing import Any

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, tokens
from lti_tool.lti.messages import LmsGroup
from lti_tool.models import Course

MEDIA_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
MOST = 500  # groups of one course; what comes after is left out


def read(course: Course) -> list[LmsGroup]:
    """The groups of a course with their names and sets; [] where the platform offers none.

    Who is in them stands in the roster (`RosterMember.groups`). Commit before. PlatformError: `groups_refused`,
    `answer_not_json`, and what `tokens` and `http` raise.
    """
    with db.work(read_only=True) as unit:
        here = unit.get_one(Course, course.id)
        deployment_id, url = here.deployment_id, here.groups_url
    if not url:
        return []
    found: dict[str, LmsGroup] = {}
    for one in _listed(tokens.Connector(tokens.Account.of(deployment_id)), url):
        key = claims.text_of(one.get("id"))
        if not key or len(key) > claims.LONGEST_NAME or one.get("hidden") is True:
            continue
        name = claims.text_of(one.get("name"))[: claims.LONGEST_NAME]
        found[key] = LmsGroup(key, name, claims.text_of(one.get("set_id"))[: claims.LONGEST_NAME])
        if len(found) >= MOST:
            break
    return list(found.values())


def _listed(connector: tokens.Connector, url: str) -> Iterator[dict[str, Any]]:
    for page in paging.pages(
        url, lambda address: connector.call("GET", address, scope=tokens.GROUPS, accept=MEDIA_TYPE)
    ):
        if not 200 <= page.status_code < 300:
            raise PlatformError("groups_refused", status=page.status_code, final=True)
        body = http.json_of(page)
        listed = body.get("groups") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise PlatformError("answer_not_json", status=page.status_code)
        yield from (one for one in listed if isinstance(one, dict))
