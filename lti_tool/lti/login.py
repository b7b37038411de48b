"""The first half of a launch: the LMS announces a person, and we send the browser back to have her signed in.

pylti1p3 leads through it; state, nonce and their keeping are ours (256 bits, bound to one browser, used once).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import sqlalchemy as sa
from pylti1p3.cookie import CookieService
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from sqlalchemy.orm import joinedload

from lti_tool import settings
from lti_tool.db import now, rows, session, work
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti.messages import Storage
from lti_tool.lti.refusals import refuse
from lti_tool.lti.registry import PlatformRegistration, ToolConf
from lti_tool.models import LoginState, Platform

LAUNCH_PATH = "/lti/launch"
LIFE = timedelta(minutes=10)
ASKED = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "client_id",
    "lti_deployment_id",
    "lti_storage_target",
)
LONGEST_ASKED = 8192  # characters of all together; a hint may be a whole JWT


@dataclass(frozen=True)
class Begun:
    """A login under way: where the browser goes next so that the LMS signs the person in (Security 5.1.1.2)."""

    address: str
    state: str
    platform: Platform


def begin(params: Mapping[str, str], *, browser: str, storage: Storage = Storage.COOKIE) -> Begun:
    """Remember a login and say where it goes on; LaunchRefusedError with a code of `refusals.py`.

    `browser` is a secret value that only this browser will know at the launch, `storage` what keeps it until then.
    """
    if not browser:
        raise ValueError("a login needs the value of the browser's login cookie")
    login = Login(Parameters(params))
    try:
        address: str = login.redirect(settings.current().url(LAUNCH_PATH))
    except LaunchRefusedError as refused:
        refused.facts["platform_id"] = _named(params)  # for the administrator's page
        raise
    moment = now()
    rows(_SWEEP, moment=moment)
    rows(
        _KEEP,
        state=login.kept.state,
        nonce=login.kept.nonce,
        platform_id=login.platform.id,
        browser_hash=browser_hash(browser),
        storage=storage.value,
        asked=asked_again(params),
        expires_at=moment + LIFE,
    )
    return Begun(address, login.kept.state, login.platform)


_SWEEP = sa.delete(LoginState).where(LoginState.expires_at < sa.bindparam("moment"))
_KEEP = sa.insert(LoginState)


def asked_again(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters with which the same login can be begun once more; none where they are too long to be kept."""
    asked = {name: params[name] for name in ASKED if params.get(name)}
    kept = "".join(asked.values())
    return asked if len(kept) <= LONGEST_ASKED and kept.isprintable() else {}


def find(state: str) -> LoginState | None:
    """The login that was begun with this state and is still under way, with its platform."""
    if not state.isprintable():
        return None
    with work(read_only=True) as reading:
        query = sa.select(LoginState).where(LoginState.state == state, LoginState.expires_at > now())
        return reading.scalars(query.options(joinedload(LoginState.platform))).one_or_none()


def _named(params: Mapping[str, str]) -> int | None:
    """The number of the one platform that a login names by issuer and client id, if it is registered."""
    issuer, client_id = params.get("iss", ""), params.get("client_id", "")
    if not (issuer and client_id and (issuer + client_id).isprintable()):
        return None
    return session.scalar(sa.select(Platform.id).filter_by(issuer=issuer, client_id=client_id))


def browser_hash(browser: str) -> str:
    """What is kept of the value that tells this browser from others."""
    return hashlib.sha256(browser.encode()).hexdigest()


class Parameters(Request):
    """The parameters of a request as pylti1p3 asks for them; no Flask in here."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params

    def is_secure(self) -> bool:
        """By our public address; the request itself may come through a proxy."""
        return settings.current().public_url.startswith("https://")

    def get_param(self, key: str) -> str:
        """The value, "" when absent."""
        return self._params.get(key, "")


class Kept(SessionService, CookieService):
    """Holds state and nonce for `begin`, which stores them in one row; nothing goes into cookies or a web session."""

    state = ""
    nonce = ""

    def __init__(self) -> None:
        """pylti1p3's own session storage is left out on purpose."""

    def get_cookie(self, name: str) -> str | None:  # noqa: ARG002
        """No cookie carries a state."""
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = None) -> None:  # noqa: ARG002
        """Where pylti1p3 would set a cookie with the state."""
        self.state = str(value)

    def save_nonce(self, nonce: str) -> None:
        """Where pylti1p3 would put the nonce into the web session."""
        self.nonce = nonce


class Address(Redirect[str]):
    """A redirect that is only an address; the view makes the answer."""

    def __init__(self, address: str) -> None:
        self._address = address

    def do_redirect(self) -> str:
        """The address."""
        return self._address

    def do_js_redirect(self) -> str:
        """The address too: no page of ours has inline script."""
        return self._address

    def set_redirect_url(self, location: str) -> None:
        """Another address."""
        self._address = location

    def get_redirect_url(self) -> str:
        """The address."""
        return self._address


class Login(OIDCLogin[Parameters, ToolConf, Kept, Kept, str]):
    """pylti1p3's login with stronger random values and an authentication address that may have a query already."""

    def __init__(self, request: Parameters) -> None:
        self.kept = Kept()
        super().__init__(request, ToolConf(), self.kept, self.kept)

    @property
    def platform(self) -> Platform:
        """The platform that is asked, once `redirect` has found it."""
        return cast("PlatformRegistration", self._registration).platform

    def get_redirect(self, url: str) -> Redirect[str]:
        """The address in the shape that pylti1p3 wants."""
        return Address(url)

    def validate_oidc_login(self) -> Registration:
        """The registration; a parameter that the specification requires and that is missing is named."""
        required = {"iss": "issuer_missing", "login_hint": "login_hint_missing", "target_link_uri": "target_missing"}
        for name, code in required.items():
            if not self._get_request_param(name):
                raise refuse(code)
        if not (self._get_request_param("iss") + self._get_request_param("client_id")).isprintable():
            raise refuse("platform_unknown")
        return super().validate_oidc_login()

    def _get_uuid(self) -> str:
        return secrets.token_urlsafe(32)

    def _generate_nonce(self) -> str:
        return secrets.token_urlsafe(32)

    def _prepare_redirect_url(self, launch_url: str) -> str:
        """As pylti1p3 does, which always joins with "?"; some addresses have a query (`?type_id=`)."""
        address: str = super()._prepare_redirect_url(launch_url)
        base = self._registration.get_auth_login_url() or ""
        if "?" not in base:
            return address
        return base.rstrip("?&") + ("&" if "?" in base.rstrip("?&") else "?") + address[len(base) + 1 :]
