"""What a token must say to be a launch of ours. Each rule refuses with its own code; `claims.py` reads the rest."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from lti_tool import db, settings
from lti_tool.lti import claims
from lti_tool.lti.claims import Claims
from lti_tool.lti.messages import LaunchKind
from lti_tool.lti.refusals import refuse
from lti_tool.models import Platform

LEEWAY = 60  # seconds; Moodle's tokens live only 60, and clocks differ (Security 5.1.2: "a few minutes" at most)
OLDEST = 600  # seconds since `iat`; a login lives no longer either
LONGEST_ID = 255
REFUSED_HEADERS = frozenset(("jku", "jwk", "x5u", "crit"))
KINDS = {
    "LtiResourceLinkRequest": LaunchKind.ACTIVITY,
    "LtiDeepLinkingRequest": LaunchKind.DEEP_LINKING,
    "LtiSubmissionReviewRequest": LaunchKind.REVIEW,
}

Body = Mapping[str, Any]


def is_id(value: Any) -> TypeGuard[str]:
    """Whether this is a text of 1 to 255 characters without control characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def check_header(header: Mapping[str, Any]) -> None:
    """RS256, a named key, and no key or extension brought along (Security 5.1.3 (6), 6.3; RFC 7515 4.1.11)."""
    if header.get("alg") != "RS256":
        raise refuse("algorithm_refused")
    if not REFUSED_HEADERS.isdisjoint(header):
        raise refuse("header_refused")
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise refuse("kid_missing")


def check_audience(body: Body, platform: Platform) -> None:
    """For us, and for nobody else we do not trust (Security 5.1.3 (3) to (5)).

    A list that holds our id alone is as good as the text. Several audiences need `azp`, and it must be us.
    """
    ours, told, party = platform.client_id, body.get("aud"), body.get("azp")
    audience = told if isinstance(told, list) else [told]
    if not _texts(audience) or ours not in audience:
        raise refuse("audience_wrong")
    others = set(audience) - {ours}
    if not others <= set(platform.trusted_audiences):
        raise refuse("audience_wrong")
    if others and party is None:
        raise refuse("party_missing")
    if party is not None and party != ours:
        raise refuse("party_wrong")


def check_times(body: Body) -> None:
    """Issued lately and not over, give or take a minute (Security 5.1.3 (7), (8))."""
    moment = db.now().timestamp()
    expires, issued, begins = body.get("exp"), body.get("iat"), body.get("nbf")
    if not _is_moment(expires):
        raise refuse("expiry_missing")
    if not _is_moment(issued):
        raise refuse("issue_missing")
    if expires <= moment - LEEWAY:
        raise refuse("expired")
    if issued > moment + LEEWAY or (_is_moment(begins) and begins > moment + LEEWAY):
        raise refuse("issued_ahead")
    if issued < moment - OLDEST - LEEWAY:
        raise refuse("issued_long_ago")


def check_deployment_id(body: Body) -> str:
    """The deployment's id (Core 5.3.3)."""
    told = body.get(claims.DEPLOYMENT_ID)
    if told in (None, ""):
        raise refuse("deployment_missing")
    if not is_id(told) or not told.isascii():
        raise refuse("deployment_wrong")
    return told


def check_message(body: Body) -> LaunchKind:
    """The kind of the message, with every claim it needs (Core 5.3)."""
    version, kind = body.get(claims.VERSION), body.get(claims.MESSAGE_TYPE)
    if not version:
        raise refuse("version_missing")
    if version != "1.3.0":
        raise refuse("version_wrong")
    if not kind:
        raise refuse("message_missing")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse("message_unknown")
    _check_person(body)
    _NEEDS[KINDS[kind]](body)
    return KINDS[kind]


def check_target(body: Body) -> str:
    """The path of ours that the signed target names (Core 5.3.4)."""
    if not body.get(claims.TARGET):
        raise refuse("target_missing")
    path = Claims(body).target_path(settings.current().public_url)
    if path is None:
        raise refuse("target_foreign")
    return path


def check_copy_notice(body: Body) -> str:
    """The id of the course that was made, of a notice that a course was copied (Platform Notification Service 1.0)."""
    if body.get(claims.VERSION) != "1.3.0":
        raise refuse("version_wrong" if body.get(claims.VERSION) else "version_missing")
    if Claims(body).text(claims.NOTICE, "type") != claims.COPY_NOTICE:
        raise refuse("notice_unknown")
    course = Claims(body).part(claims.CONTEXT).get("id")
    if not is_id(course):
        raise refuse("context_wrong")
    return course


def _check_person(body: Body) -> None:
    """Core 5.3.6.1 would allow nobody (no `sub`); certification 6.1.1 and a tool for colleagues do not."""
    if body.get("sub") in (None, ""):
        raise refuse("person_missing")
    if not is_id(body["sub"]):
        raise refuse("person_wrong")
    listed = body.get(claims.ROLES)
    if listed is None:
        raise refuse("roles_missing")
    if not isinstance(listed, list) or not _texts(listed):
        raise refuse("roles_wrong")
    course = Claims(body).part(claims.CONTEXT).get("id")
    if course not in (None, "") and not is_id(course):
        raise refuse("context_wrong")


def _check_link(body: Body) -> None:
    link = Claims(body).part(claims.RESOURCE_LINK).get("id")
    if link in (None, ""):
        raise refuse("link_missing")
    if not is_id(link):
        raise refuse("link_wrong")


def _check_link_if_named(body: Body) -> None:
    if Claims(body).part(claims.RESOURCE_LINK).get("id") not in (None, ""):
        _check_link(body)


def _check_deep_linking(body: Body) -> None:
    if not Claims(body).part(claims.DEEP_LINKING):
        raise refuse("links_missing")
    if claims.origin(Claims(body).text(claims.DEEP_LINKING, "deep_link_return_url")) is None:
        raise refuse("return_missing")
    _check_link_if_named(body)


def _check_review(body: Body) -> None:
    if not Claims(body).text(claims.FOR_USER, "user_id"):
        raise refuse("review_missing")
    _check_link_if_named(body)


_NEEDS: dict[LaunchKind, Callable[[Body], None]] = {
    LaunchKind.ACTIVITY: _check_link,
    LaunchKind.DEEP_LINKING: _check_deep_linking,
    LaunchKind.REVIEW: _check_review,
}


def _is_moment(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
