"""Access tokens: the library checks the form and the signature, we check what it leaves open."""

import time
from typing import TYPE_CHECKING, Any

import jwt
from lti1p3platform.exceptions import LtiException, MissingRequiredClaim, UnsupportedGrantType

from lti_tool.demo import claims
from lti_tool.demo.library import Config
from lti_tool.demo.state import Tool

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenError(Exception):
    """A refusal in the words of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.status = 401 if error == "invalid_client" else 400


def grant(lms: "PracticeLms", form: dict[str, str]) -> dict[str, Any]:
    """The answer of the token address, or TokenError. Rules: 1EdTech Security Framework 1.0 §4.1.1, RFC 7523 §3."""
    if form.get("client_assertion_type", ASSERTION_TYPE) != ASSERTION_TYPE:
        raise TokenError("invalid_request", "client_assertion_type is wrong")
    tool = _asker(lms, form.get("client_assertion", ""))
    config = Config(lms, tool)
    wanted = form.get("scope", "").split()
    granted = [scope for scope in wanted if scope in tool.scopes]
    try:
        answer = config.get_access_token({**form, "scope": " ".join(granted)} if "scope" in form else form)
        assertion = config.tool_validate_and_decode(form["client_assertion"])
    except MissingRequiredClaim as error:
        raise TokenError("invalid_request", str(error)) from error
    except UnsupportedGrantType as error:
        raise TokenError("unsupported_grant_type", "only client_credentials") from error
    except (LtiException, jwt.PyJWTError, AssertionError, KeyError) as error:
        raise TokenError("invalid_client", f"the assertion is not valid: {error}") from error
    _check(lms, tool, assertion)
    if not granted:
        raise TokenError("invalid_scope", "none of the scopes is granted to this tool")
    if not {claims.GROUPS_READ, claims.NOTICE_HANDLERS}.isdisjoint(granted):  # the library does not know these
        answer["scope"] = " ".join(granted)
        payload = {"sub": tool.client_id, "iss": lms.issuer, "scopes": answer["scope"]}
        answer["access_token"] = config.get_registration().encode_and_sign(
            payload, lms.keys.current.private, expiration=3600
        )
    lms.tokens.add(answer["access_token"])
    return {**answer, "token_type": "Bearer"}


def _asker(lms: "PracticeLms", assertion: str) -> Tool:
    """The tool that says it is asking."""
    try:
        unchecked = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise TokenError("invalid_request", "client_assertion is not a JWT") from error
    tool = lms.store.state.tools.get(str(unchecked.get("iss")))
    if tool is None or unchecked.get("sub") != tool.client_id:
        raise TokenError("invalid_client", "iss and sub must both be the client id of a registered tool")
    if not tool.active:
        raise TokenError("invalid_client", "the tool is not active yet")
    return tool


def _check(lms: "PracticeLms", tool: Tool, assertion: dict[str, Any]) -> None:
    now = time.time()
    if not isinstance(assertion.get("exp"), int | float) or assertion["exp"] - now > 3600:
        raise TokenError("invalid_client", "exp is missing or too far away")
    audience = assertion.get("aud")
    address = lms.quirks.token_audience(lms.base_url, tool.client_id)
    if lms.quirks.checks_audience and address not in ([audience] if isinstance(audience, str) else audience or []):
        raise TokenError("invalid_client", f"aud must be {address}")
    jti = assertion.get("jti")
    if not jti:
        raise TokenError("invalid_client", "jti is missing")
    with lms.store.lock:
        if (tool.client_id, jti) in lms.seen_assertions:
            raise TokenError("invalid_client", "this assertion was used before")
        lms.seen_assertions.add((tool.client_id, str(jti)))
