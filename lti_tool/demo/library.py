"""Where the practice LMS meets the `lti1p3platform` library: its abstract classes, filled in."""

import time
from typing import TYPE_CHECKING, Any

import jwt
from lti1p3platform.exceptions import LtiException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request

from lti_tool.demo import claims, notices
from lti_tool.demo.keys import KeyRing
from lti_tool.demo.opening import Kind, Opening
from lti_tool.demo.state import Tool

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms


class ToolRegistration(Registration):  # type: ignore[misc]
    """The library's registration, with parsed keys that can be rotated."""

    def __init__(self, ring: KeyRing, *, clock_ahead: int = 0) -> None:
        self.ring = ring
        self.clock_ahead = clock_ahead

    def platform_encode_and_sign(self, payload: dict[str, Any], expiration: int | None = None) -> str:
        """The payload signed, with the moments of this LMS's clock."""
        if expiration:
            now = int(time.time()) + self.clock_ahead
            payload = {**payload, "iat": now, "exp": now + expiration}
        return str(super().platform_encode_and_sign(payload))

    def get_platform_private_key(self) -> Any:
        """The key that signs now."""
        return self.ring.current.private

    def get_platform_public_key(self) -> Any:
        """The key that checks our own tokens."""
        return self.ring.current.public

    def get_kid(self) -> str:
        """The name of the key that signs now."""
        return self.ring.current.kid

    def get_jwks(self) -> list[dict[str, Any]]:
        """All published keys."""
        return self.ring.published()


class Config(LTI1P3PlatformConfAbstract):  # type: ignore[misc]
    """The library's configuration for one tool."""

    def __init__(self, lms: "PracticeLms", tool: Tool) -> None:
        self.lms = lms
        self.tool = tool
        super().__init__()

    def init_platform_config(self, **_: Any) -> None:
        """Called by the library's constructor."""
        tool = self.tool
        self._registration = (
            ToolRegistration(self.lms.keys, clock_ahead=self.lms.faults.clock_ahead)
            .set_iss(self.lms.issuer)
            .set_client_id(tool.client_id)
            .set_deployment_id(tool.deployment_id)
            .set_launch_url(tool.target_url)
            .set_deeplink_launch_url(tool.deep_linking_url)
            .set_oidc_login_url(tool.login_url.partition("?")[0])  # the library would write a second "?"
            .set_tool_key_set_url(tool.key_set_url)
        )
        if known := tool.key_set or self.lms.key_sets.get(tool.client_id):
            self._registration.set_tool_key_set(known)

    def get_registration_by_params(self, **_: Any) -> Registration:
        """The one registration of this configuration."""
        return self._registration

    def tool_validate_and_decode(self, jwt_token_string: str) -> dict[str, Any]:
        """The claims of a JWT that the tool signed. Its keys are kept, and fetched again once when they do not fit."""
        try:
            known = super().tool_validate_and_decode(jwt_token_string)
        except (LtiException, jwt.InvalidSignatureError):
            if self.tool.key_set or self.tool.client_id not in self.lms.key_sets:
                raise
            self.lms.key_sets.pop(self.tool.client_id)
            self._registration.set_tool_key_set(None)
            known = super().tool_validate_and_decode(jwt_token_string)
        if not self.tool.key_set:
            self.lms.key_sets[self.tool.client_id] = self._registration.get_tool_key_set()
        return dict(known)

    def validate_token(self, token: str, allowed_scopes: list[str] | None = None, audience: str | None = None) -> bool:
        """Whether we gave this token, still remember it, and it has one of the scopes."""
        if token not in self.lms.tokens:
            return False
        try:
            return bool(super().validate_token(token, allowed_scopes, audience))
        except (LtiException, jwt.PyJWTError):
            return False


class Login(OIDCLoginAbstract):  # type: ignore[misc]
    """The library's login initiation; the answer is the address with its query."""

    def set_lti_message_hint(self, **hint: str) -> None:
        """What brings the launch back."""
        self._lti_message_hint = hint["hint"]

    def get_redirect(self, url: str) -> str:
        """The address itself: the page decides between GET and POST."""
        return url


class Message(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]
    """The library's launch message for one opening; `lti_launch()` gives id_token, state and launch_url."""

    def __init__(self, lms: "PracticeLms", opening: Opening, preflight: dict[str, str]) -> None:
        super().__init__(None, Config(lms, opening.tool))
        self.lms = lms
        self.opening = opening
        self.preflight = preflight
        self._registration = self._platform_config.get_registration()
        self.set_id_token_expiration(lms.quirks.token_life)

    def get_preflight_response(self) -> dict[str, str]:
        """What the tool asked at the authentication address."""
        return self.preflight

    def prepare_launch(self, preflight_response: dict[str, str]) -> None:  # noqa: ARG002 (the library's)
        """Fill the message with the facts of the opening."""
        lms, opening, quirks = self.lms, self.opening, self.lms.quirks
        person, course, tool = opening.person, opening.course, opening.tool
        names = lms.shares_names(tool)
        self.set_launch_url(opening.target_url)
        self.set_user_data(
            quirks.subject(person),
            quirks.launch_roles(person),
            person.name if names else None,
            person.email if names else None,
        )
        if names:
            self.set_extra_claims({"given_name": person.given, "family_name": person.family})
        self.set_launch_context_claim(course.id, ["CourseSection"], course.title, course.label)
        self.set_extra_claims(
            {
                claims.LTI + "launch_presentation": {
                    "locale": quirks.locale(person.locale),
                    "document_target": "iframe",
                    "return_url": f"{lms.base_url}/?course={course.id}",
                },
                claims.LTI + "tool_platform": {
                    "product_family_code": quirks.family,
                    "version": quirks.version,
                    "guid": lms.guid,
                    "name": "Practice LMS",
                },
                claims.LTI + "custom": quirks.custom(opening),
            }
        )
        self._offer_services()
        if opening.kind is Kind.DEEP_LINKING:
            self.set_dl(f"{lms.base_url}/deep-link/return/{course.id}", title="", description="")
            self._deep_linking_launch_data[claims.DEEP_LINKING] = quirks.deep_linking_settings(
                self._deep_linking_launch_data[claims.DEEP_LINKING], opening
            )
        elif opening.activity:
            link = opening.activity
            self.set_resource_link_claim(link.id, description=link.text or None, title=link.title)
        if opening.of:
            self.set_extra_claims({claims.LTI + "for_user": {"user_id": quirks.subject(opening.of)}})

    def _offer_services(self) -> None:
        lms, opening = self.lms, self.opening
        only = opening.columns[0] if len(opening.columns) == 1 else None
        if granted := [scope for scope in claims.AGS_SCOPES if scope in opening.tool.scopes]:
            self.set_ags(
                lms.quirks.line_items_url(lms.base_url, opening.course.id, opening.tool),
                lms.quirks.line_item_url(lms.base_url, only, opening.tool) if only else None,
            )
            self.extra_claims[claims.AGS]["scope"] = granted
        if claims.ROSTER_READ in opening.tool.scopes:
            self.set_nrps(lms.quirks.roster_url(lms.base_url, opening.course.id))
        if lms.quirks.notices and claims.NOTICE_HANDLERS in opening.tool.scopes:
            self.set_extra_claims({claims.NOTICES: notices.claim(lms, opening.tool)})

    def get_launch_message(self, include_extra_claims: bool = True) -> dict[str, Any]:
        """The message as this LMS words it."""
        message = super().get_launch_message(include_extra_claims)
        message[claims.LTI + "message_type"] = self.opening.kind.message_type
        message[claims.LTI + "deployment_id"] = self.lms.quirks.deployment(self.opening.tool, self.opening.course)
        if self._deep_linking_launch_data:
            message.update(self._deep_linking_launch_data)
        return self.lms.quirks.dress(message, self.opening)

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The three values of the form; the page renders it."""
        return launch_data


class Asked(Request):  # type: ignore[misc]
    """The library's view of a request to a service."""

    def build_metadata(self, request: dict[str, Any]) -> Any:
        """Already in the library's words."""
        return request
