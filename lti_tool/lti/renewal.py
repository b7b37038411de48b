"""A registration that the LMS lets us read and write later (RFC 7592): told again when this version asks for more."""

from dataclasses import dataclass
from typing import Any

import requests
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import PlatformError, RefusedError
from lti_tool.lti import http, registration, sealing
from lti_tool.models import Platform


@dataclass(frozen=True)
class _Known:
    """What the exchange needs, as plain data that outlives its unit of work."""

    client_id: str
    product: str
    at: str
    key: str


def renew(platform_id: int) -> list[str]:
    """Tell the LMS our registration as this version has it, and keep the scopes it grants; those are the answer.

    RefusedError `renewal_not_offered` where the LMS named no address for it, `platform_blocked`. PlatformError
    `renewal_token_refused`, `registration_refused`, and the faults of the way; RuntimeError inside an open write.
    """
    if db.holds_writer():
        raise RuntimeError("commit first: nobody waits for a platform while holding the database")
    known = _known(platform_id)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {known.key}"}
    with http.session(max_bytes=262_144) as guarded:
        present = _answer_of(guarded.get(known.at, headers=headers))
        if present.get("client_id") != known.client_id:
            raise PlatformError("registration_refused", final=True)
        told = registration.for_product(known.product) | {"client_id": known.client_id}
        answer = _answer_of(guarded.put(known.at, json=told, headers=headers))
    scopes = str(answer.get("scope") or "").split()
    token = answer.get("registration_access_token")
    with db.work() as unit:
        changed: dict[str, object] = {"scopes": scopes}
        if isinstance(token, str) and token.isascii() and token.isprintable():  # it may change at every use
            changed["registration_token"] = sealing.seal(token)
        unit.execute(sa.update(Platform).where(Platform.id == platform_id).values(changed))
        unit.commit()
    return scopes


def _answer_of(response: requests.Response) -> dict[str, Any]:
    return registration.answer_of(response, no_right="renewal_token_refused")


def _known(platform_id: int) -> _Known:
    with db.work(read_only=True) as unit:
        platform = unit.get_one(Platform, platform_id)
    if not platform.can_be_renewed:
        raise RefusedError("renewal_not_offered")
    if platform.blocked_at is not None:
        raise RefusedError("platform_blocked")
    return _Known(
        client_id=platform.client_id,
        product=platform.product,
        at=platform.registration_url or "",
        key=sealing.unseal(platform.registration_token or ""),
    )
