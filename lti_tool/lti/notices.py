"""Platform Notification Service 1.0: asking for notices of course copies, and believing only those that are signed."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import jwt
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, platform_keys, rules, tokens
from lti_tool.lti.claims import Claims
from lti_tool.lti.messages import CopyNotice
from lti_tool.lti.refusals import refuse
from lti_tool.models import Deployment, Platform, SeenNotice

KEEP = timedelta(hours=1)  # longer than any notice is good for (rules.OLDEST)
LONGEST_TOKEN = 65_536  # characters


def want(deployment_id: int, url: str, *, handler: str) -> None:
    """Ask the platform to send notices of course copies to this address of ours. PlatformError where it says no."""
    connector = tokens.Connector(tokens.Account.of(deployment_id))
    body = json.dumps({"notice_type": claims.COPY_NOTICE, "handler": handler})
    response = connector.call(
        "PUT", url, scope=tokens.NOTICES, accept="application/json", body=body,
        content_type="application/json",
    )  # fmt: skip
    if not 200 <= response.status_code < 300:
        raise PlatformError("notices_refused", status=response.status_code, final=True)


def taken(token: str) -> CopyNotice:
    """What a notice of a course copy says, checked like a launch, and used up with the commit of the open unit of work.

    LaunchRefusedError with a code of `refusals.py`. No transaction may be open: the platform's keys may be fetched.
    """
    if db.current().in_transaction():
        raise RuntimeError("a notice comes first in its unit of work: the platform may be asked for its keys")
    header, body = _parts(token)
    rules.check_header(header)
    platform = _platform(body)
    rules.check_audience(body, platform)
    rules.check_times(body)
    _check_signature(token, header["kid"], platform)
    told = Claims(body)
    nonce = body.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise refuse("nonce_missing")
    deployment = _deployment(platform, rules.check_deployment_id(body))
    context_id = rules.check_copy_notice(body)
    origins = body.get(claims.ORIGINS)
    listed = origins if isinstance(origins, list) else []
    _use_up(platform, nonce)
    return CopyNotice(deployment, context_id, told.text(claims.CONTEXT, "title"), claims.ids_of(*listed))


def _use_up(platform: Platform, nonce: str) -> None:
    """The primary key decides: of many copies of one notice exactly one gets through."""
    digest = hashlib.sha256(f"{platform.id}:{nonce}".encode(errors="replace")).hexdigest()
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(SeenNotice), [{"digest": digest, "expires_at": db.now() + KEEP}])
    except IntegrityError:
        raise refuse("notice_seen") from None


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, not to be believed before the signature is checked."""
    if len(token) > LONGEST_TOKEN:
        raise refuse("token_unreadable")
    try:
        header = jwt.get_unverified_header(token)
        body = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise refuse("token_unreadable") from error
    if not isinstance(header, dict) or not isinstance(body, dict):
        raise refuse("token_unreadable")
    return header, body


def _platform(body: dict[str, Any]) -> Platform:
    """The approved registration that the notice is from and for."""
    issuer, told = body.get("iss"), body.get("aud")
    listed = [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)]
    audience = [one for one in listed[:10] if one.isprintable()]  # no database can look for what is not
    if not isinstance(issuer, str) or not issuer.isprintable() or not audience:
        raise refuse("platform_unknown")
    query = sa.select(Platform).where(Platform.issuer == issuer, Platform.client_id.in_(audience))
    with db.work(read_only=True) as unit:
        found = list(unit.scalars(query))
    if len(found) != 1:
        raise refuse("platform_unknown")
    if found[0].approved_at is None:
        raise refuse("platform_pending")
    return found[0]


def _check_signature(token: str, kid: str, platform: Platform) -> None:
    key = platform_keys.find(platform, kid)
    try:  # audience, times and issuer were checked by our own rules
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        jwt.decode(token, key, algorithms=["RS256"], options=options)
    except jwt.PyJWTError as error:
        raise refuse("signature_wrong") from error


def _deployment(platform: Platform, deployment_id: str) -> int:
    """Our row; an unknown one is not noted down: a notice needs no approval that a launch does not bring."""
    query = sa.select(Deployment).filter_by(platform_id=platform.id, deployment_id=deployment_id)
    with db.work(read_only=True) as unit:
        found = unit.scalar(query)
    if found is None or found.approved_at is None:
        raise refuse("deployment_pending")
    return found.id
