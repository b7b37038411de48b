"""The second half of a launch: the LMS's signed answer becomes a `Launch`, or a refusal with a code.

pylti1p3's flow runs, with every check of its own that was too weak replaced: state and nonce are one row that is used
once by the browser that began the login, keys come from `platform_keys`, the token is decoded once and strictly.
"""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import jwt
import requests
import sqlalchemy as sa
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch

from lti_tool import db
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti import claims, http, platform_keys, quirks, roles, rules
from lti_tool.lti.claims import Claims
from lti_tool.lti.login import Kept, Parameters, browser_hash
from lti_tool.lti.messages import Launch, LaunchKind, Storage
from lti_tool.lti.refusals import refuse
from lti_tool.lti.registry import ToolConf, let_in, not_let_in
from lti_tool.models import LoginState, Platform, PlatformKeys

LONGEST_TOKEN = 65_536  # characters

_LOGIN = (
    sa.select(LoginState, Platform, PlatformKeys.key_set, PlatformKeys.fetched_at)
    .join(Platform, Platform.id == LoginState.platform_id)
    .outerjoin(PlatformKeys, PlatformKeys.platform_id == Platform.id)
    .where(LoginState.state == sa.bindparam("state"))
)
_USE_UP = (
    sa.delete(LoginState)
    .where(LoginState.state == sa.bindparam("of_state"), LoginState.nonce == sa.bindparam("of_nonce"))
    .where(LoginState.browser_hash == sa.bindparam("of_browser"), LoginState.expires_at > sa.bindparam("moment"))
    .returning(LoginState.state)
)


@cache
def _unasked() -> requests.Session:
    """What pylti1p3 wants and is never used here: keys come from `platform_keys`. To make one takes a while."""
    return http.session()


def finish(form: Mapping[str, str], *, browser: str | None, kept: str | None = None) -> Launch:
    """The launch that the LMS vouches for, its login used up; LaunchRefusedError with a code of `refusals.py`.

    `browser` is the value of the login cookie; `kept` is what the LMS's page kept for us, from a form of our own page.
    A refusal carries its `login` where there is one, so that it can be begun again.
    Call it first in its unit of work: the platform's keys may have to be fetched, and no transaction may be open during
    that. Of a refused launch nothing is to be committed, except for "deployment_pending": its `facts["deployment"]` is
    the new row that an administrator is to see.
    """
    if db.current().in_transaction():
        raise RuntimeError("launch.finish() must come first in its unit of work: it may ask the platform for its keys")
    check = LaunchCheck(form, browser=browser, kept=kept)
    try:
        return check.finished()
    except LaunchRefusedError as refused:
        refused.facts["login"] = getattr(check, "login", None)
        raise


class LaunchCheck(MessageLaunch[Parameters, ToolConf, Kept, Kept]):
    """One posted answer on its way through pylti1p3's `validate()`; each step refuses with its own code."""

    platform: Platform
    kept_keys: platform_keys.Kept | None
    login: LoginState
    storage: Storage
    deployment_id: int
    kind: LaunchKind
    target_path: str

    def __init__(self, form: Mapping[str, str], *, browser: str | None, kept: str | None = None) -> None:
        nothing = Kept()
        super().__init__(Parameters(form), ToolConf(), nothing, nothing, requests_session=_unasked())
        self._form = form
        self._browser, self._kept = browser, kept

    def finished(self) -> Launch:
        """The launch in our own words, after every check."""
        if self._form.get("error"):
            raise self._platform_error()
        self.validate()
        return self._launch(Claims(self.body))

    @property
    def body(self) -> dict[str, Any]:
        """The claims; not to be believed before `validate_jwt_signature`."""
        return cast("dict[str, Any]", self._jwt["body"])

    def _get_request_param(self, key: str) -> str:
        return self._form.get(key, "")

    def _platform_error(self) -> LaunchRefusedError:
        """The platform's "no" (Security 5.1.1.5); its words are passed on only to the browser that asked."""
        error = self._form["error"]
        try:
            self.validate_state()
        except LaunchRefusedError:
            description = ""
        else:
            description = claims.text_of(self._form.get("error_description"))[:500]
        code = "login_required" if error == "login_required" else "platform_said_no"
        return refuse(code, error=claims.text_of(error)[:100], description=description)

    # pylti1p3 calls these in this order --------------------------------------------------------------------------

    def validate_state(self) -> "LaunchCheck":
        """The state is of a login of this browser that is still under way. Nothing is written yet."""
        state = self._get_request_param("state")
        if not state:
            raise refuse("state_missing")
        if not state.isprintable():
            raise refuse("state_unknown")
        with db.work(read_only=True) as session:
            found = session.execute(_LOGIN, {"state": state}).one_or_none()
        if found is None:
            raise refuse("state_unknown")
        self.login, self.platform, keys, fetched_at = found
        self.kept_keys = platform_keys.Kept(keys, fetched_at) if fetched_at else None
        self.storage = Storage(self.login.storage)
        if self.storage is Storage.PLATFORM and not self._kept:
            self.storage = Storage.COOKIE  # the browser kept it after all, or it is refused below
        known = self._kept if self.storage is Storage.PLATFORM else self._browser
        if not known:
            raise refuse("cookie_missing")
        self._browser_hash = browser_hash(known)
        if not secrets.compare_digest(self.login.browser_hash, self._browser_hash):
            raise refuse("browser_changed")
        if self.login.expires_at <= db.now():
            raise refuse("state_expired")
        return self

    def validate_jwt_format(self) -> "LaunchCheck":
        """Three readable parts, RS256, a key id, and no key or extension brought along."""
        token = self._get_request_param("id_token")
        if not token:
            raise refuse("token_missing")
        if len(token) > LONGEST_TOKEN:
            raise refuse("token_unreadable")
        try:
            super().validate_jwt_format()
        except LtiException as error:
            raise refuse("token_unreadable") from error
        if not isinstance(self._jwt["header"], dict) or not isinstance(self._jwt["body"], dict):
            raise refuse("token_unreadable")
        rules.check_header(self._jwt["header"])
        return self

    def validate_nonce(self) -> "LaunchCheck":
        """The nonce is that of this very login; using the login up later makes it good for one launch."""
        nonce = self.body.get("nonce")
        if not nonce or not isinstance(nonce, str):
            raise refuse("nonce_missing")
        if not secrets.compare_digest(nonce.encode(errors="replace"), self.login.nonce.encode()):
            raise refuse("nonce_foreign")
        return self

    def get_client_id(self) -> str:
        """Ours at the platform that was asked; `validate_registration` holds the token's audience to it."""
        return self.platform.client_id

    def validate_registration(self) -> "LaunchCheck":
        """The issuer is the platform that was asked, still approved, and the token is meant for us.

        pylti1p3 would look for the platform again by what the token says; it is the one of the login, whole.
        """
        if self.body.get("iss") != self.platform.issuer:
            raise refuse("issuer_wrong")
        rules.check_audience(self.body, self.platform)
        if self.platform.approved_at is None:
            raise not_let_in(self.platform.standing)
        return self

    def validate_jwt_signature(self) -> "LaunchCheck":
        """The times hold, and the signature fits the key of the platform that the header names."""
        rules.check_times(self.body)
        kid = self._jwt["header"]["kid"]
        try:
            key = platform_keys.find(self.platform, kid, kept=self.kept_keys)
        except LaunchRefusedError as refused:
            refused.facts |= {"kid": claims.text_of(kid)[:100], "keys_at": self.platform.jwks_url}
            raise
        try:
            verified = jwt.decode(
                self._get_request_param("id_token"),
                key,
                algorithms=["RS256"],
                audience=self.platform.client_id,
                issuer=self.platform.issuer,
                leeway=rules.LEEWAY,
                options={
                    "require": ["exp", "iat", "iss", "aud", "nonce"],
                    "verify_sub": False,  # checked below, with codes of ours
                    "verify_jti": False,  # nothing here reads it
                    "verify_nbf": False,  # optional and may be null; checked with the other times
                },
            )
        except jwt.InvalidSignatureError as error:
            raise refuse("signature_wrong") from error
        except jwt.PyJWTError as error:
            raise refuse("token_unreadable") from error
        self._jwt["body"] = verified  # type: ignore[typeddict-item]  # from here on only what was verified is read
        return self

    def validate_deployment(self) -> "LaunchCheck":
        """The login is used up, and the deployment is one of this registration that an administrator approved."""
        deployment_id = rules.check_deployment_id(self.body)
        self._use_login_up()
        self.deployment_id = let_in(self.platform, deployment_id)
        return self

    def _use_login_up(self) -> None:
        """One statement, so that of many answers to one login exactly one gets through, on every database."""
        mine = {"of_state": self.login.state, "of_nonce": self.login.nonce, "of_browser": self._browser_hash}
        if not db.rows(_USE_UP, **mine, moment=db.now()):
            raise refuse("state_unknown")

    def validate_message(self) -> "LaunchCheck":
        """The claims that LTI requires (Core 5.3); pylti1p3's own validators stop at fewer and crash on null."""
        self.kind = rules.check_message(self.body)
        self.target_path = rules.check_target(self.body)
        if Claims(self.body).acts_for_another:
            raise refuse("acting_for_another")  # private texts are their author's alone, whoever may be her in the LMS
        return self

    def save_launch_data(self) -> "LaunchCheck":
        """Nothing: the claims are not kept, what matters of them is in the `Launch`."""
        return self

    def _launch(self, told: Claims) -> Launch:
        whole = roles.normalise(told.body[claims.ROLES])
        own, links = self.platform, None
        if self.kind is LaunchKind.DEEP_LINKING:
            links = told.links(own.issuer, own.auth_url, own.token_url, own.jwks_url, *own.frame_origins)
            if links is None:
                raise refuse("return_foreign")
        return Launch(
            kind=self.kind,
            platform_id=own.id,
            platform_addresses=(own.issuer, own.auth_url, *own.frame_origins, *told.services),
            deployment_id=self.deployment_id,
            sub=told.body["sub"],
            name=told.name,
            locale=told.locale,
            roles=whole,
            may_teach=roles.may_teach(whole),
            administers=roles.administers(whole),
            test_user=roles.is_test_user(whole),
            context_id=told.context_id,
            context_title=told.text(claims.CONTEXT, "title") or told.text(claims.CONTEXT, "label"),
            resource_link_id=told.link_id,
            resource_title=told.text(claims.RESOURCE_LINK, "title"),
            custom=told.custom,
            groups=told.groups,
            group_numbers=told.group_numbers,
            groups_url=told.groups_url,
            group_sets_url=told.group_sets_url,
            context_history=told.context_history,
            link_history=told.link_history,
            notices_url=told.notices_url,
            roster_url=told.roster_url,
            line_items_url=told.line_items_url,
            line_item_url=told.line_item_url,
            grade_scopes=told.grade_scopes,
            review_of=told.text(claims.FOR_USER, "user_id") or None if self.kind is LaunchKind.REVIEW else None,
            target_path=self.target_path,
            storage=self.storage,
            links=links,
            product="" if own.product or quirks.of(told.product) is quirks.Plain else told.product,
        )
