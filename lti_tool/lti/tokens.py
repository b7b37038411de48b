"""Access to a platform's services: a token per registration, deployment and scope, and calls that carry it.

Nobody holds the database while waiting for a platform: on SQLite a writing transaction keeps every other writer out.
So what a call needs is read first, in short units of work of its own, and a call made inside somebody's open writing
transaction is refused with RuntimeError. Callers commit before they call and write afterwards.
"""

import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import requests
import sqlalchemy as sa
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector
from sqlalchemy.exc import IntegrityError

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import http, keys, quirks, sealing
from lti_tool.models import AccessToken, Deployment, Platform

ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
COLUMNS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
COLUMNS_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULTS = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"

MARGIN = 60  # seconds before its end in which a token is no longer begun with
ASSERTION_SECONDS = 120  # at most 300 (security framework 1.0 §4.1)


@dataclass(frozen=True)
class Account:
    """What a call needs to know of our registration, as plain data that outlives its unit of work."""

    platform_id: int
    client_id: str
    token_url: str
    audience: str
    deployment: str
    product: str

    @classmethod
    def of(cls, deployment_id: int) -> "Account":
        """The account with which we call the services of this deployment (our row's number).

        PlatformError `platform_blocked` while an administrator wants nothing to do with it.
        """
        with db.work(read_only=True):
            return cls.read(deployment_id)

    @classmethod
    def read(cls, deployment_id: int) -> "Account":
        """The same, read in the unit of work that is open."""
        (found,) = db.rows(_ACCOUNT, deployment_id=deployment_id)
        if found.platform_blocked_at or found.blocked_at:
            raise PlatformError("platform_blocked")
        return cls(
            platform_id=found.id,
            client_id=found.client_id,
            token_url=found.token_url,
            audience=found.audience or quirks.of(found.product).usual_audience(found.token_url),
            deployment=found.deployment_id,
            product=found.product,
        )


_ACCOUNT = (
    sa.select(
        Platform.id, Platform.client_id, Platform.token_url, Platform.audience, Platform.product,
        Platform.blocked_at.label("platform_blocked_at"), Deployment.deployment_id, Deployment.blocked_at,
    )
    .join(Deployment, Deployment.platform_id == Platform.id)
    .where(Deployment.id == sa.bindparam("deployment_id"))
)  # fmt: skip


class Connector(ServiceConnector):
    """pylti1p3's connector with tokens that are kept, checked and renewed, on the guarded session."""

    def __init__(self, account: Account) -> None:
        super().__init__(Registration(), http.session())
        self.account = account
        self.quirks = quirks.of(account.product)

    def call(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        accept: str = "*/*",
        body: str | None = None,
        content_type: str | None = None,
    ) -> requests.Response:
        """The platform's answer to one service request, refusals included, for the caller to read.

        A token that the platform no longer takes (401) is dropped and replaced once. PlatformError where it is not
        reached, asks us to wait (`_not_later`) or gives no token.
        """
        for fresh in (False, True):
            token = self.get_access_token([scope], fresh=fresh)
            headers = {"Authorization": f"Bearer {token}", "Accept": accept}
            if content_type is not None:
                headers["Content-Type"] = content_type
            data = body.encode() if body is not None else None
            response = self._requests_session.request(method, url, data=data, headers=headers)
            if response.status_code != 401:
                break
        if response.status_code == 401:
            raise PlatformError("token_not_accepted", status=401)
        return self._not_later(response)

    def _not_later(self, response: requests.Response) -> requests.Response:
        """The response if it is the platform's last word, by the statuses of HTTP and by its own."""
        if self.quirks.throttles(response.status_code, response.content):
            wait = http.retry_after(response)
            raise PlatformError("platform_busy", status=response.status_code, retry_after=wait)
        return http.not_later(response)

    def get_access_token(self, scopes: Sequence[str], *, fresh: bool = False) -> str:
        """A token for exactly these scopes, kept until shortly before it ends; `fresh` ignores a kept one."""
        if db.holds_writer():
            raise RuntimeError("commit first: nobody waits for a platform while holding the database")
        wanted = " ".join(sorted(scopes))
        kept = None if fresh else _kept(self.account, wanted)
        if kept is not None:
            return kept
        answer = self._ask(wanted)
        token, granted = answer.get("access_token"), answer.get("scope")
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
            raise PlatformError("token_refused")
        if isinstance(granted, str) and not set(wanted.split()) <= set(granted.split()):
            raise PlatformError("scope_refused", final=True)
        lasts = _seconds(answer.get("expires_in"))
        if lasts > MARGIN or fresh:  # nobody would begin with a shorter one; but it drops what was not taken any more
            _keep(self.account, wanted, token, lasts=lasts)
        return token

    def _ask(self, wanted: str) -> dict[str, Any]:
        response = self._requests_session.post(
            self.account.token_url,
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": self._assertion(),
                "scope": wanted,
            },
            headers={"Accept": "application/json"},
        )
        status = self._not_later(response).status_code
        if not 200 <= status < 300:
            if b"invalid_scope" in response.content:
                raise PlatformError("scope_refused", status=status, final=True)
            raise PlatformError(self.quirks.token_fault(status), status=status)
        answer = http.json_of(response)
        if not isinstance(answer, dict):
            raise PlatformError("token_refused", status=status)
        return answer

    def _assertion(self) -> str:
        """Our proof of who we are (security framework 1.0 §4.1), good for one use and two minutes."""
        with db.work(read_only=True):  # in a unit beside any open one, which would begin to hold the database
            kid, key = keys.signing_key()
        begins = int(time.time())
        claims: dict[str, str | int] = {
            "iss": self.account.client_id,
            "sub": self.account.client_id,
            "aud": self.account.audience,
            "iat": begins - 5,
            "exp": begins + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
            "https://purl.imsglobal.org/spec/lti/claim/deployment_id": self.account.deployment,
        }
        # not the PEM that pylti1p3 expects: reading it costs many times the signature, and PyJWT takes the parsed key
        return self.encode_jwt(claims, cast("str", key), {"kid": kid})


def _seconds(value: object) -> float:
    """How long a token lasts; nothing that can be read means that it is used at once and not kept."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), 86_400.0) if math.isfinite(seconds) else 0.0


_TOKEN = sa.select(AccessToken.token).where(
    AccessToken.platform_id == sa.bindparam("platform_id"),
    AccessToken.deployment == sa.bindparam("deployment"),
    AccessToken.scopes == sa.bindparam("scopes"),
    AccessToken.expires_at > sa.bindparam("moment"),
)


def _mine(account: Account, scopes: str) -> dict[str, Any]:
    """Tokens are never shared: our request for one names the registration, the deployment and the scopes."""
    return {"platform_id": account.platform_id, "deployment": account.deployment, "scopes": scopes}


def _kept(account: Account, scopes: str) -> str | None:
    with db.work(read_only=True):
        found = db.rows(_TOKEN, **_mine(account, scopes), moment=db.now())
    try:
        return sealing.unseal(found[0].token) if found else None
    except sealing.SealError:
        return None  # the secret key changed since; a new token replaces it


def _keep(account: Account, scopes: str, token: str, *, lasts: float) -> None:
    """Keep the token for others; when somebody kept one at the same moment, theirs is as good."""
    expires_at = db.now() + timedelta(seconds=lasts - MARGIN)
    mine = _mine(account, scopes)
    with db.work() as unit:
        db.rows(_FORGET, **mine)
        try:
            db.rows(_KEEP, **mine, token=sealing.seal(token), expires_at=expires_at)
            unit.commit()
        except IntegrityError:
            unit.rollback()


_FORGET = sa.delete(AccessToken).where(
    AccessToken.platform_id == sa.bindparam("platform_id"),
    AccessToken.deployment == sa.bindparam("deployment"),
    AccessToken.scopes == sa.bindparam("scopes"),
)
_KEEP = sa.insert(AccessToken)
