"""Reading a course's roster (Names and Role Provisioning Services 2.0), a page at a time."""

from collections.abc import Iterator
from typing import Any

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, quirks, roles, rules, tokens
from lti_tool.lti.messages import LmsGroup, RosterMember
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
    return _pages(connector, paging.asking(url, wanted))


def of_group(course: Course, number: str) -> tuple[LmsGroup, set[str]] | None:
    """A group of Canvas and who is in it (their `sub`), asked by its number; None where the platform has no such thing.

    The group's key is the id that launches tell of it (`$Canvas.group.contextIds`). PlatformError as of `read`.
    """
    deployment_id, url = _address(course.id)
    account = tokens.Account.of(deployment_id)
    address = quirks.of(account.product).group_roster_url(url or "", number)
    if address is None:
        return None
    key, name, present = number, "", set[str]()
    for body in _bodies(tokens.Connector(account), paging.asking(address, {"limit": str(PAGE_SIZE)})):
        told = body.get("context")
        context = told if isinstance(told, dict) else {}
        key = claims.text_of(context.get("id"))[: rules.LONGEST_ID] or key
        name = claims.text_of(context.get("title")) or claims.text_of(context.get("label")) or name
        present |= {one.sub for one in _members(body) if one.active}
    return LmsGroup(key, name[: claims.LONGEST_NAME]), present


def _pages(connector: tokens.Connector, url: str) -> Iterator[list[RosterMember]]:
    for body in _bodies(connector, url):
        members = _members(body)
        for start in range(0, len(members) or 1, PAGE_SIZE):  # who pays no heed to the limit sends all at once
            yield members[start : start + PAGE_SIZE]


def _bodies(connector: tokens.Connector, url: str) -> Iterator[dict[str, Any]]:
    for page in paging.pages(
        url, lambda address: connector.call("GET", address, scope=tokens.ROSTER, accept=MEDIA_TYPE)
    ):
        if page.status_code == 404:
            raise PlatformError("roster_gone", status=404, final=True)
        if not 200 <= page.status_code < 300:
            raise PlatformError("roster_refused", status=page.status_code, final=True)
        body = http.json_of(page)
        if not isinstance(body, dict) or not isinstance(body.get("members"), list):
            raise PlatformError("answer_not_json", status=page.status_code)
        yield body


def _members(body: dict[str, Any]) -> list[RosterMember]:
    """The people; the LMS's made-up one for a look through a learner's eyes is none (A.2.4), whoever lists it."""
    told = [_member(member) for member in body["members"] if isinstance(member, dict) and _sub(member)]
    return [one for one in told if not roles.is_test_user(one.roles)]


def _address(course_id: int) -> tuple[int, str | None]:
    with db.work(read_only=True) as unit:
        course = unit.get_one(Course, course_id)
        return course.deployment_id, course.roster_url


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
        groups=_groups(member.get("group_enrollments")),
    )


def _groups(told: Any) -> tuple[str, ...] | None:
    """The groups that a roster names beside a person (Course Groups 1.0); None where it does not."""
    if not isinstance(told, list):
        return None
    return claims.ids_of(*(one.get("group_id") for one in told if isinstance(one, dict)))


def _sub(member: dict[str, Any]) -> str:
    """Who it is, "" for what could not be the `sub` of a launch either."""
    told = member.get("user_id")
    sub = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    return sub if sub.isprintable() and len(sub) <= rules.LONGEST_ID else ""


def _name(member: dict[str, Any]) -> str:
    """The name as the platform writes it, else put together; empty where the platform hides names."""
    parts = (claims.text_of(member.get("given_name")), claims.text_of(member.get("family_name")))
    return " ".join((claims.text_of(member.get("name")) or " ".join(parts)).split())[: claims.LONGEST_NAME]
