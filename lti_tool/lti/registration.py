"""Dynamic registration 1.0: the LMS and the tool tell each other their addresses, nobody copies twelve fields."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lti_tool import db, settings
from lti_tool.db import session
from lti_tool.errors import PlatformError, RefusedError
from lti_tool.lti import claims, http, quirks, rules, sealing, tokens
from lti_tool.models import Deployment, Invite, Platform

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
NAME = "Learning Circles"
DESCRIPTION = "Circle workspaces, inquiry templates and peer feedback for teachers"
SCOPES = (tokens.ROSTER, tokens.COLUMNS, tokens.COLUMNS_READ, tokens.RESULTS, tokens.SCORES)
OFFERED_ONLY = (tokens.GROUPS, tokens.NOTICES)  # asked only of platforms that name them: Canvas refuses unknown scopes
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "locale")  # no e-mail: the tool has no use for it
OF_ONE_PRODUCT = ("moodle", "canvas")  # a key of CUSTOM that begins so holds a variable of this product alone
LONGEST_ADDRESS = 1_000
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")

# What we ask every launch to carry. Where a platform does not know a variable, the launch brings its name instead
# (Moodle 4.5) and reads that as "not given". No value has a "=", at which Moodle splits its answer.
CUSTOM = {
    "moodle_groups": "$Moodle.Person.userGroupIds",
    "canvas_groups": "$Canvas.group.contextIds",
    "canvas_group": "$com.instructure.Group.id",
    "canvas_course_groups": "$com.instructure.Course.groupIds",
    "canvas_acting": "$Canvas.masqueradingUser.userId",
    "context_history": "$Context.id.history",
    "link_history": "$ResourceLink.id.history",
}


def complete(invite: Invite, *, openid_configuration: str, registration_token: str | None) -> Platform:
    """The platform that registered itself with this invitation, with the deployment it named; approved if it says so.

    Commit before: the platform is asked twice. What is found is flushed into the open unit of work, whose owner then
    uses up the invitation and commits. RefusedError: `issuer_mismatch`, `configuration_refused`, `already_registered`,
    `addresses_changed`. PlatformError: `registration_token_refused`, `registration_refused`, and the faults of the way.
    """
    name = invite.name
    db.current()  # where the answer is kept; without it the platform need not be asked
    if db.holds_writer():
        raise RuntimeError("commit first: nobody waits for a platform while holding the database")
    configuration = _read(openid_configuration, registration_token)
    _check(configuration, at=openid_configuration)
    answer = _register(configuration, registration_token)
    client_id = answer.get("client_id")
    if not rules.is_id(client_id):
        raise PlatformError("registration_refused", final=True)
    at, key = _later(answer, configuration)
    wanted = Platform(
        name=name,
        product=_product(configuration),
        issuer=configuration["issuer"],
        client_id=client_id,
        auth_url=configuration["authorization_endpoint"],
        token_url=configuration["token_endpoint"],
        jwks_url=configuration["jwks_uri"],
        audience=quirks.of(_product(configuration)).audience(configuration),
        scopes=str(answer.get("scope") or "").split(),
        registration_url=at,
        registration_token=key,
        approved_at=db.now() if invite.approves else None,
    )
    return _keep(wanted, _deployment(answer), is_update=_is_update(registration_token))


def our_registration(product: str) -> dict[str, Any]:
    """What we tell a platform of ourselves, before `fitted` leaves out what it does not know."""
    ours = settings.current()
    target = ours.url("/")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "client_name": NAME,
        "initiate_login_uri": ours.url("/lti/login"),
        "redirect_uris": [ours.url("/lti/launch")],
        "jwks_uri": ours.url("/lti/jwks"),
        "logo_uri": ours.url("/static/icon.svg"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        TOOL: {
            "domain": urlsplit(target).netloc,  # with the port: Moodle compares it with the target's (4.5)
            "description": DESCRIPTION,
            "target_link_uri": target,
            "custom_parameters": dict(CUSTOM),
            "claims": list(CLAIMS),
            "messages": [
                {"type": "LtiResourceLinkRequest", "target_link_uri": target, "label": "Learning Circles"},
                {
                    "type": "LtiDeepLinkingRequest",
                    "target_link_uri": target,
                    "label": "Learning Circles",
                    # Canvas takes ContentArea for its link_selection (canvas-lms app/models/lti/ims/registration.rb)
                    "placements": ["ContentArea"],
                },
                {"type": "LtiSubmissionReviewRequest", "target_link_uri": target, "label": "Learning Circles"},
            ],
            **quirks.of(product).registration_extension,
        },
    }


def fitted(ours: dict[str, Any], configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Our registration without what this platform does not offer or know; asked for it, some would refuse the whole.

    A platform that lists nothing of a kind is asked for everything. The variables of one product are asked of no other.
    """
    habits = quirks.of(product := _product(configuration))
    tool = ours[TOOL]
    offered = set(_listed(configuration.get("scopes_supported")))
    known = _message_types(configuration)
    messages = [one for one in tool["messages"] if habits.takes_message(one["type"], known)]
    custom = {
        key: value
        for key, value in tool["custom_parameters"].items()
        if key.partition("_")[0] not in OF_ONE_PRODUCT or key.startswith(f"{product.lower()}_")
    }
    changed = {
        "messages": [one | habits.message_extension(one["type"]) for one in messages],
        "custom_parameters": custom,
    }
    scopes = [scope for scope in SCOPES if scope in offered or not offered & set(SCOPES)]
    scopes += [scope for scope in OFFERED_ONLY if scope in offered]
    return ours | {"scope": " ".join(scopes), TOOL: tool | changed}


def _message_types(configuration: Mapping[str, Any]) -> set[str]:
    """The messages that a platform says it sends: objects with a type, or (some Moodles) plain texts."""
    platform = configuration.get(PLATFORM)
    listed = platform.get("messages_supported") if isinstance(platform, dict) else None
    found = [one.get("type") if isinstance(one, dict) else one for one in listed] if isinstance(listed, list) else []
    return set(_listed(found))


def _listed(values: Any) -> list[str]:
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []


def _read(url: str, token: str | None) -> dict[str, Any]:
    """The platform's configuration; Canvas wants the token for this too (canvas-lms doc/api/registration.md)."""
    with http.session(max_bytes=262_144) as guarded:
        response = guarded.get(url, headers={"Accept": "application/json", **_bearer(token)})
    if response.status_code in (401, 403):
        raise PlatformError("registration_token_refused", status=response.status_code, final=True)
    configuration = http.json_of(http.accepted(response))
    if not isinstance(configuration, dict):
        raise RefusedError("configuration_refused")
    return configuration


def _check(configuration: Mapping[str, Any], *, at: str) -> None:
    """Refuse a configuration that speaks for somebody else's issuer, or whose addresses we would never ask."""
    issuer = configuration.get("issuer")
    addresses = [configuration.get(name) for name in ADDRESSES]
    try:
        for address in (issuer, *addresses):
            http.check(address if isinstance(address, str) and _is_short(address) else "")
    except PlatformError:
        raise RefusedError("configuration_refused") from None
    if not quirks.of(_product(configuration)).hosts_its_configuration(issuer=str(issuer), at=at):
        raise RefusedError("issuer_mismatch")


def _is_short(address: str) -> bool:
    """Whether an address can be kept and found again: the index of a database takes no text of any length."""
    return address.isprintable() and len(address) <= LONGEST_ADDRESS


def _register(configuration: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """Our registration as the platform took it down: Moodle answers 200, the specification says 201."""
    with http.session(max_bytes=262_144) as guarded:
        response = guarded.post(
            configuration["registration_endpoint"],
            json=fitted(our_registration(_product(configuration)), configuration),
            headers={"Accept": "application/json", **_bearer(token)},
        )
    return answer_of(response)


def answer_of(response: requests.Response, *, no_right: str = "registration_token_refused") -> dict[str, Any]:
    """A registration as the platform holds it; PlatformError `no_right` or `registration_refused`."""
    if response.status_code in (401, 403):
        raise PlatformError(no_right, status=response.status_code, final=True)
    if response.status_code in (400, 404, 422):
        raise PlatformError("registration_refused", status=response.status_code, final=True)
    answer = http.json_of(http.accepted(response))
    if not isinstance(answer, dict):
        raise PlatformError("registration_refused", status=response.status_code, final=True)
    return answer


def for_product(product: str) -> dict[str, Any]:
    """What we tell an LMS of this product when we do not have its configuration before us."""
    return fitted(our_registration(product), {PLATFORM: {"product_family_code": product}})


def _keep(wanted: Platform, deployment_id: str, *, is_update: bool) -> Platform:
    """The platform as it is kept; an identity that is known is never replaced, at most its scopes are renewed."""
    known = session.scalar(
        sa.select(Platform).where(Platform.issuer == wanted.issuer, Platform.client_id == wanted.client_id)
    )
    if known is not None:
        same = all(getattr(known, name) == getattr(wanted, name) for name in ("auth_url", "token_url", "jwks_url"))
        if not is_update:
            raise RefusedError("already_registered")
        if not same:
            raise RefusedError("addresses_changed")
        known.scopes = wanted.scopes
        known.registration_url = wanted.registration_url or known.registration_url
        known.registration_token = wanted.registration_token or known.registration_token
        session.flush()
        return known
    if deployment_id:  # without one (Canvas) the first launch brings it, to be approved then
        wanted.deployments.append(Deployment(deployment_id=deployment_id, approved_at=db.now()))
    session.add(wanted)
    try:
        session.flush()
    except IntegrityError:  # somebody was a moment quicker
        raise RefusedError("already_registered") from None
    return wanted


def _is_update(token: str | None) -> bool:
    """Whether Moodle's token says "Update": only a hint of what the administrator chose, so the signature may wait."""
    try:
        claims = jwt.decode(token or "", options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return False
    return claims.get("scope") == "reg-update"


def _later(answer: Mapping[str, Any], configuration: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Where the registration can be renewed later, and the sealed token (RFC 7592); only on the platform's host."""
    at, token = answer.get("registration_client_uri"), answer.get("registration_access_token")
    if not isinstance(at, str) or not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        return None, None
    if claims.origin(at) != claims.origin(configuration["registration_endpoint"]):
        return None, None
    return at, sealing.seal(token)


def _deployment(answer: Mapping[str, Any]) -> str:
    tool = answer.get(TOOL)
    told = claims.text_of(tool.get("deployment_id")) if isinstance(tool, dict) else ""
    return told if rules.is_id(told) and told.isascii() else ""  # as of a launch, or no launch could be of it


def _product(configuration: Mapping[str, Any]) -> str:
    platform = configuration.get(PLATFORM)
    return claims.text_of(platform.get("product_family_code")) if isinstance(platform, dict) else ""


def _bearer(token: str | None) -> dict[str, str]:
    if token and not (token.isascii() and token.isprintable()):  # no header takes it, and no platform made it
        raise PlatformError("registration_token_refused", final=True)
    return {"Authorization": f"Bearer {token}"} if token else {}
