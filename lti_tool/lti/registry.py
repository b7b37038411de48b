"""Who may launch us: registered platforms and their approved deployments; also as pylti1p3 wants to ask for them."""

import ipaddress
import re
import socket
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pylti1p3.deployment import Deployment as LtiDeployment
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.tool_config.abstract import ToolConfAbstract
from sqlalchemy.exc import IntegrityError

from lti_tool import settings
from lti_tool.db import now, rows, session
from lti_tool.errors import LaunchRefusedError, NotFoundError, RefusedError
from lti_tool.lti import keys
from lti_tool.lti.refusals import refuse
from lti_tool.models import Deployment, Platform, Standing

_ISSUER = re.compile(
    r"https?://[^\s/]", re.IGNORECASE
)  # what an LMS calls itself, Core 5.3.5; never asked, so http too
_OF_ISSUER = sa.select(Platform).where(Platform.issuer == sa.bindparam("issuer"))
_NAMED = _OF_ISSUER.where(Platform.client_id == sa.bindparam("client_id"))
_HERE = Deployment.platform_id == sa.bindparam("platform_id")
_DEPLOYMENT = sa.select(Deployment).where(_HERE, Deployment.deployment_id == sa.bindparam("deployment_id"))
_APPROVED = _DEPLOYMENT.with_only_columns(Deployment.id).where(Deployment.approved_at.is_not(None))


def add(
    *,
    name: str,
    issuer: str,
    client_id: str,
    auth_url: str,
    token_url: str,
    jwks_url: str,
    audience: str | None = None,
    product: str = "",
    deployment: str | None = None,
    approved: bool = True,
) -> Platform:
    """Register a platform, approved unless told otherwise, with one approved deployment if given.

    RefusedError "platform_exists" for a second registration of the same issuer and client id (identity never changes by
    registering again), "platform_incomplete", or "issuer_refused" and "address_refused" with the `field` at fault.
    """
    issuer, client_id = issuer.strip(), client_id.strip()
    if not (name.strip() and issuer and client_id and issuer.isprintable() and client_id.isprintable()):
        raise RefusedError("platform_incomplete")
    if not _ISSUER.match(issuer):
        raise RefusedError("issuer_refused", field="issuer")
    check_addresses({"auth_url": auth_url, "token_url": token_url, "jwks_url": jwks_url})
    if session.scalar(_NAMED, {"issuer": issuer, "client_id": client_id}) is not None:
        raise RefusedError("platform_exists")
    platform = Platform(
        name=name.strip(),
        product=product,
        issuer=issuer,
        client_id=client_id,
        auth_url=auth_url,
        token_url=token_url,
        jwks_url=jwks_url,
        audience=audience or None,
        approved_at=now() if approved else None,
    )
    session.add(platform)
    session.flush()
    if deployment:
        deployment_of(platform, deployment).approved_at = now()
        session.flush()
    return platform


def find(issuer: str, client_id: str) -> Platform:
    """The platform registered so, or NotFoundError."""
    platform = session.scalar(_NAMED, {"issuer": issuer, "client_id": client_id})
    if platform is None:
        raise NotFoundError
    return platform


def approve(issuer: str, client_id: str, deployment: str) -> Deployment:
    """Let people in from this deployment, seen before or not, and from its platform; NotFoundError without platform.

    RefusedError "platform_blocked": a block ends by a word of its own, not by the way.
    """
    platform = find(issuer, client_id)
    if platform.blocked_at is not None:
        raise RefusedError("platform_blocked")
    platform.approved_at = platform.approved_at or now()
    row = deployment_of(platform, deployment)
    row.approved_at, row.blocked_at = row.approved_at or now(), None
    session.flush()
    return row


def all() -> list[Platform]:  # noqa: A001 (read as registry.all())
    """Every registered platform, approved or not, by name."""
    return list(session.scalars(sa.select(Platform).order_by(Platform.name, Platform.id)))


def deployment_of(platform: Platform, deployment_id: str) -> Deployment:
    """The row of this deployment; a new one waits for approval unless the platform accepts all of its own."""
    wanted = {"platform_id": platform.id, "deployment_id": deployment_id}
    if (row := session.scalar(_DEPLOYMENT, wanted)) is not None:
        return row
    row = Deployment(platform_id=platform.id, deployment_id=deployment_id, first_seen_at=now())
    row.approved_at = now() if platform.accepts_all_deployments else None
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # a launch beside this one was quicker
        return session.scalars(_DEPLOYMENT, wanted).one()
    return row


def let_in(platform: Platform, deployment_id: str) -> int:
    """Our number of this deployment if an administrator approved it, else LaunchRefusedError with its row as a fact."""
    if approved := rows(_APPROVED, platform_id=platform.id, deployment_id=deployment_id):
        return int(approved[0].id)
    row = deployment_of(platform, deployment_id)
    if row.approved_at is None:
        raise not_let_in(row.standing, "deployment", deployment=row)
    return row.id


def check_addresses(addresses: Mapping[str, str]) -> None:
    """Hold each address to `check_address`; the name of the first bad one is the `field` of the RefusedError."""
    for field, address in addresses.items():
        check_address(address, field=field)


def check_address(address: str, *, field: str) -> None:
    """Accept an https address on the usual port that is not plainly a private one; else RefusedError "address_refused".

    Names are resolved and checked again whenever we connect (`lti/http.py`); this check tells the administrator early.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RefusedError("address_refused", field=field) from None
    lab = settings.current().allow_private_platforms
    good = parts.scheme == "https" or (lab and parts.scheme == "http")
    clean = not (parts.username or parts.password or parts.fragment) and address.isascii() and address.isprintable()
    public = port in (None, 443) and _looks_public(host)
    if not (good and clean and host and " " not in address and (lab or public)):
        raise RefusedError("address_refused", field=field)


def not_let_in(standing: Standing, what: str = "platform", **facts: object) -> LaunchRefusedError:
    """Why nobody comes in from a platform (or "deployment") that stands so."""
    return refuse(f"{what}_blocked" if standing is Standing.BLOCKED else f"{what}_pending", **facts)


def _looks_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    try:  # 127.1, 0x7f.1, 2130706433: numbers to a resolver though no usual address
        return ipaddress.ip_address(socket.inet_aton(host)).is_global
    except OSError:
        return "." in host and not host.rstrip(".").endswith((".localhost", ".local", ".internal"))


class PlatformRegistration(Registration):
    """A platform as pylti1p3 reads it; our key is handed over parsed, and looked up only when something is signed."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.set_issuer(platform.issuer).set_client_id(platform.client_id)
        self.set_auth_login_url(platform.auth_url).set_auth_token_url(platform.token_url)
        self.set_key_set_url(platform.jwks_url)
        if platform.audience:
            self.set_auth_audience(platform.audience)

    @cached_property
    def _signing(self) -> tuple[str, RSAPrivateKey]:
        return keys.signing_key()

    def get_tool_private_key(self) -> Any:
        """The parsed key object: a PEM would be parsed again for every signature, 50 ms each time."""
        return self._signing[1]

    def get_kid(self) -> str:
        """The id of that key in our key set."""
        return self._signing[0]


class ToolConf(ToolConfAbstract[Request]):
    """Answers pylti1p3's questions from our tables, always by issuer and client id."""

    def check_iss_has_one_client(self, iss: str) -> bool:  # noqa: ARG002
        """Never assumed: pylti1p3 keeps such assumptions for all configurations of a process together."""
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:  # noqa: ARG002
        """Always assumed."""
        return True

    def find_platform(self, iss: str, client_id: str | None) -> Platform:
        """The approved platform, without a client id only where the issuer has just one; else LaunchRefusedError."""
        found = session.scalars(_NAMED if client_id else _OF_ISSUER, {"issuer": iss, "client_id": client_id}).all()
        approved = [platform for platform in found if platform.approved_at is not None]
        if len(approved) > 1:
            raise refuse("client_id_missing")
        if not approved:
            raise not_let_in(found[0].standing) if found else refuse("platform_unknown")
        return approved[0]

    def find_registration_by_issuer(self, iss: str, *_args: Any, **_kwargs: Any) -> Registration:
        """The registration of an issuer that has only one."""
        return PlatformRegistration(self.find_platform(iss, None))

    def find_registration_by_params(self, iss: str, client_id: str, *_args: Any, **_kwargs: Any) -> Registration:
        """The registration of an issuer and client id; an absent client id is tolerated at login (Core 4.1.3)."""
        return PlatformRegistration(self.find_platform(iss, client_id))

    def find_deployment(self, iss: str, deployment_id: str) -> LtiDeployment | None:
        """The approved deployment at an issuer that has only one registration."""
        return self.find_deployment_by_params(iss, deployment_id, "")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *_args: Any, **_kwargs: Any
    ) -> LtiDeployment | None:
        """The deployment if it is of this registration and approved; an unknown one is noted down for approval."""
        row = deployment_of(self.find_platform(iss, client_id), deployment_id)
        return LtiDeployment().set_deployment_id(deployment_id) if row.approved_at else None
