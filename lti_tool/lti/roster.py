"""Reading a course's roster (Names and Role Provisioning Services 2.0), a page at a time."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, roles, rules, tokens
from lti_tool.lti.messages import RosterMember
from lti_tool.models import Course

PAGE_SIZE = 500  # a hint that keeps an answer small; Canvas gives 50 whatever one asks
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"  # alone: Moodle 4.5 refuses a list of types


def read(course: Course, *, resource_link_id: str | None = None) -> Iterator[list[RosterMember]]:
    """The people of a course, page after page; with a link, those who can see that activity.

    Everybody is said once all pages were read without a fault, not before: who is missing from half a roster has not
    left. Commit before asking for the first and for each next page. PlatformError: `no_roster`, `roster_gone`,
    `roster_refused`, `answer_not_json`, and what `tokens` and `http` raise.
    """
    deployment_id, url = _address(course.id)
    if not url:
        raise PlatformError("no_roster", final=True)
    connector = tokens.Connector(tokens.Account.of(deployment_id))
    wanted = {"limit": str(PAGE_SIZE)} | ({"rlid": resource_link_id} if resource_link_id else {})
    return _pages(connector, _with_query(url, wanted))


def _pages(connector: tokens.Connector, url: str) -> Iterator[list[RosterMember]]:
    for page in paging.pages(
        url, lambda address: connector.call("GET", address, scope=tokens.ROSTER, accept=MEDIA_TYPE)
    ):
        if page.status_code == 404:
            raise PlatformError("roster_gone", status=404, final=True)
        if not 200 <= page.status_code < 300:
            raise PlatformError("roster_refused", status=page.status_code, final=True)
        body = http.json_of(page)
        members = body.get("members") if isinstance(body, dict) else None
        if not isinstance(members, list):
            raise PlatformError("answer_not_json", status=page.status_code)
        yield [_member(member) for member in members if isinstance(member, dict) and _sub(member)]


def _address(course_id: int) -> tuple[int, str | None]:
    with db.work(read_only=True) as unit:
        course = unit.get_one(Course, course_id)
        return course.deployment_id, course.roster_url


def _with_query(url: str, wanted: dict[str, str]) -> str:
    """The address with these parameters added; one that the platform wrote itself is left alone."""
    parts = urlsplit(url)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in wanted.items() if name not in there})
    return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()


def _member(member: dict[str, Any]) -> RosterMember:
    """One person: short role names become whole ones, a missing status means active (NRPS 2.0 §2.1, §2.3)."""
    said = member.get("roles")
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    whole = roles.normalise([role for role in listed if isinstance(role, str)])
    return RosterMember(
        sub=_sub(member),
        name=_name(member),
        roles=whole,
        active=str(member.get("status")).lower() not in ("inactive", "deleted"),
        may_teach=roles.may_teach(whole),
    )


def _sub(member: dict[str, Any]) -> str:
    """Who it is, "" for what could not be the `sub` of a launch either."""
    told = member.get("user_id")
    sub = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    return sub if sub.isprintable() and len(sub) <= rules.LONGEST_ID else ""


def _name(member: dict[str, Any]) -> str:
    """The name as the platform writes it, else put together; empty where the platform hides names."""
    parts = (claims.text_of(member.get("given_name")), claims.text_of(member.get("family_name")))
    return " ".join((claims.text_of(member.get("name")) or " ".join(parts)).split())[: claims.LONGEST_NAME]
