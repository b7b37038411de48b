"""Dynamic registration: a tool asks to be taken in (1EdTech Dynamic Registration 1.0)."""

import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt

from lti_tool.demo import claims
from lti_tool.demo.quirks.moodle import OFFERED
from lti_tool.demo.state import Tool

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms

TOKEN_LIFE = 3600
CLAIMS = ["sub", "iss", "name", "given_name", "family_name", "email"]  # as in dynreg-2
BASIC = ["client_name", "initiate_login_uri", "jwks_uri"]


class RegistrationError(Exception):
    """The registration is refused, with an HTTP status and a code in plain text, as Moodle answers."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def invite_address(lms: "PracticeLms", invite: str, *, update: str | None = None) -> str:
    """The tool's invite address with what the LMS adds; `update` is the client id to register again."""
    now = int(time.time())
    scope = {"scope": "reg-update"} if update else {"scope": "reg"}
    payload = {"sub": update or secrets.token_urlsafe(11), **scope, "iat": now, "exp": now + TOKEN_LIFE}
    token = jwt.encode(payload, lms.keys.current.private, "RS256", {"kid": lms.keys.current.kid})
    parts = urlsplit(invite)
    ours = {"openid_configuration": f"{lms.base_url}/openid-configuration", "registration_token": token}
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *ours.items()])))


def configuration(lms: "PracticeLms") -> dict[str, Any]:
    """The OpenID configuration (dynreg-2 of the Moodle captures has the same shape)."""
    quirks = lms.quirks
    groups = [claims.GROUPS_READ] if quirks.groups_service else []
    notices = [claims.NOTICE_HANDLERS] if quirks.notices else []
    messages: list[dict[str, Any]] = [
        {"type": "LtiResourceLinkRequest"},
        {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
    ]
    if quirks.reviews and quirks.name == "plain":  # Moodle can, but does not say so (mod/lti/launch.php)
        messages.append({"type": "LtiSubmissionReviewRequest"})
    return {
        "issuer": lms.issuer,
        "token_endpoint": quirks.token_url(lms.base_url, "registration"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": quirks.key_set_url(lms.base_url, "registration"),
        "authorization_endpoint": f"{lms.base_url}/auth",
        "registration_endpoint": f"{lms.base_url}/registration",
        "scopes_supported": [*claims.AGS_SCOPES, claims.ROSTER_READ, *groups, *notices, "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": CLAIMS,
        claims.PLATFORM_CONFIGURATION: {
            "product_family_code": quirks.family,
            "version": quirks.version,
            "messages_supported": messages,
            "variables": list(OFFERED),
        },
    }


def register(lms: "PracticeLms", token: str, asked: Any) -> dict[str, Any]:
    """Take the tool in and tell it its client id, or RegistrationError. The token is good for one time."""
    granted = _token(lms, token)
    facts = _facts(lms, asked)
    with lms.store.change() as state:
        if token in state.spent:
            raise RegistrationError(401, "token_already_used")
        before = state.tools.get(granted["sub"])
        if (granted["scope"] == "reg-update") != (before is not None):
            raise RegistrationError(400, "unknown_client")
        domain = urlsplit(facts["target_url"]).netloc
        others = {urlsplit(one.target_url).netloc for one in state.tools.values() if one.client_id != granted["sub"]}
        if lms.quirks.one_per_domain and domain in others:
            raise RegistrationError(400, "domain_already_registered")
        number = len(state.tools) + 1
        tool = Tool(
            client_id=granted["sub"],
            deployment_id=before.deployment_id if before else lms.quirks.deployment_id(number),
            active=before.active if before else lms.quirks.registered_active,
            **facts,
        )
        state.spent = [*state.spent[-200:], token]
        lms.key_sets.pop(tool.client_id, None)
        lms.add_tool(tool)
    return told(lms, tool)


def current(lms: "PracticeLms", token: str) -> dict[str, Any]:
    """The registration as it is, for a GET with an update token."""
    tool = lms.store.state.tools.get(_token(lms, token)["sub"])
    if tool is None:
        raise RegistrationError(400, "unknown_client")
    return told(lms, tool)


def told(lms: "PracticeLms", tool: Tool) -> dict[str, Any]:
    """The answer to a registration. Unknown scopes, claims and messages are left out without a word (dynreg-3)."""
    asked = tool.request
    messages = [{"type": "LtiDeepLinkingRequest", "target_link_uri": tool.deep_linking_url}]
    configuration: dict[str, Any] = {
        "version": "1.3.0",
        "deployment_id": tool.deployment_id,
        "target_link_uri": tool.target_url,
        "domain": urlsplit(tool.target_url).netloc,
        "description": asked.get(claims.TOOL_CONFIGURATION, {}).get("description", ""),
        "messages": messages if tool.offers_deep_linking else [],
        "custom_parameters": tool.custom,
        "claims": tool.claims,
    }
    if lms.quirks.family == "canvas":  # it is made later, when somebody installs the tool
        del configuration["deployment_id"]
    return {
        "client_id": tool.client_id,
        "response_types": ["id_token"],
        "jwks_uri": tool.key_set_url,
        "initiate_login_uri": tool.login_url,
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": tool.redirect_urls,
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": tool.name,
        **({"logo_uri": asked["logo_uri"]} if asked.get("logo_uri") else {}),
        "scope": " ".join(tool.scopes),
        claims.TOOL_CONFIGURATION: configuration,
    }


def _token(lms: "PracticeLms", token: str) -> dict[str, str]:
    try:
        said = jwt.decode(
            token, lms.keys.current.public, algorithms=["RS256"], options={"require": ["exp", "sub", "scope"]}
        )
        return dict(said)
    except jwt.PyJWTError as error:
        raise RegistrationError(401, "invalid_token") from error


def _facts(lms: "PracticeLms", asked: Any) -> dict[str, Any]:
    """What a tool says of itself, as fields of Tool (rules: Moodle's registration_helper.php)."""
    if not isinstance(asked, dict):
        raise RegistrationError(400, "not_json")
    for name in BASIC:
        if not isinstance(asked.get(name), str) or not asked[name]:
            raise RegistrationError(400, f"missing required attribute {name}")
    if "id_token" not in asked.get("response_types", []):
        raise RegistrationError(400, "invalid_response_types")
    if asked.get("token_endpoint_auth_method") != "private_key_jwt":
        raise RegistrationError(400, "missing required attribute token_endpoint_auth_method")
    if not isinstance(asked.get("redirect_uris"), list) or not asked["redirect_uris"]:
        raise RegistrationError(400, "missing required attribute redirect_uris")
    tool = asked.get(claims.TOOL_CONFIGURATION) or {}
    target = tool.get("target_link_uri") or asked["redirect_uris"][0]
    if not tool.get("domain"):
        raise RegistrationError(400, "missing_domain")
    if tool["domain"] != urlsplit(target).netloc:
        raise RegistrationError(400, "domain_targetlinkuri_mismatch")
    deep = [one for one in tool.get("messages", []) if one.get("type") == "LtiDeepLinkingRequest"]
    known = configuration(lms)["scopes_supported"]
    return {
        "name": asked["client_name"],
        "login_url": asked["initiate_login_uri"],
        "redirect_urls": asked["redirect_uris"],
        "target_url": target,
        "deep_linking_url": (deep[-1].get("target_link_uri") if deep else None) or target,
        "offers_deep_linking": bool(deep),
        "key_set_url": asked["jwks_uri"],
        "scopes": [scope for scope in str(asked.get("scope", "")).split() if scope in known],
        "custom": {key: str(value) for key, value in tool.get("custom_parameters", {}).items()},
        "claims": [claim for claim in CLAIMS if claim in tool.get("claims", [])],
        "request": asked,
    }
