"""Our own signing keys: made on first need, published before use and after retirement, sealed in the database.

The oldest key that is not retired signs. So a new key is published first (`add`), and signs once platforms had time to
see it and the earlier ones were retired (`keep_up` does both by the calendar); a retired key stays published for what
it signed, and is deleted in the end.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy.orm import Session

from lti_tool import db, settings
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti.sealing import seal, unseal
from lti_tool.models import ToolKey

BITS = 2048
KEPT = timedelta(days=30)  # what a key signs lives for minutes; a platform may be slow to look


def signing_key() -> tuple[str, rsa.RSAPrivateKey]:
    """The id and the parsed key that signs now; the very first one is made here."""
    with _unit(read_only=True):
        found = db.rows(_ACTIVE)
    if not found:
        with _unit(read_only=False) as session:
            _alone(session)
            if _active(session) is None:
                _made(session)
            _appoint(session)
            found = db.rows(_ACTIVE)
    return _parsed(*found[0])


def public_key_set() -> dict[str, Any]:
    """Our key set as platforms fetch it, retired keys included (RFC 7517)."""
    signing_key()
    with _unit(read_only=True) as session:
        return {"keys": [row.public_jwk for row in session.scalars(_IN_ORDER)]}


def all() -> list[ToolKey]:  # noqa: A001 (read as keys.all())
    """Every key that is published, oldest first; the first one that is not retired signs."""
    with _unit(read_only=True) as session:
        return list(session.scalars(_IN_ORDER))


def add(*, beside_waiting: bool = True) -> str:
    """Publish one more key and give its id; it signs when all earlier ones are retired.

    With `beside_waiting=False` RefusedError `key_waits` where one is published that does not sign yet.
    """
    with _unit(read_only=False) as session:
        _alone(session)
        if not beside_waiting and len(_alive(session)) > 1:
            raise RefusedError("key_waits")
        row = _made(session)
        _appoint(session)
        return row.kid


def retire(kid: str, *, publish: bool = True) -> None:
    """Let a key sign no longer; it stays published unless told otherwise, as when somebody else may have it.

    NotFoundError without such a key. RefusedError `key_needed` for the only one that could sign.
    """
    with _unit(read_only=False) as session:
        _alone(session)
        row = session.get(ToolKey, kid)
        if row is None:
            raise NotFoundError
        others = sa.select(sa.func.count()).where(ToolKey.retired_at.is_(None), ToolKey.kid != kid)
        if row.retired_at is None and not session.scalar(others):
            raise RefusedError("key_needed")
        row.retired_at = row.retired_at or db.now()
        if not publish:
            session.delete(row)
        _appoint(session)


def public_pem(row: ToolKey) -> str:
    """The public half, for an LMS into which keys are pasted by hand."""
    numbers = rsa.RSAPublicNumbers(_number(row.public_jwk["e"]), _number(row.public_jwk["n"]))
    return numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def next_at() -> datetime | None:
    """When the calendar makes the next key; None where it makes none, or none was needed so far."""
    with _unit(read_only=True) as session:
        alive, days = _alive(session), settings.current().key_days
    return alive[-1].created_at + timedelta(days=days) if alive and days else None


def signs_from(published: datetime) -> datetime:
    """When a key published at this moment takes over from the one that signs before it."""
    return published + timedelta(days=settings.current().key_lead_days)


def keep_up() -> list[tuple[str, str]]:
    """Do what the calendar says for our keys: (what was done, key id), done being published, retired or deleted.

    `LTI_TOOL_KEY_DAYS` after the newest key was made another one is published, `LTI_TOOL_KEY_LEAD_DAYS` later it signs
    and the earlier ones retire, and those are deleted KEPT after that.
    """
    with _unit(read_only=True) as session:
        if not _due(list(session.scalars(_IN_ORDER)), db.now()):
            return []
    with _unit(read_only=False) as session:
        _alone(session)
        moment, done = db.now(), []
        for what, row in _due(list(session.scalars(_IN_ORDER)), moment):
            if what == "published":
                row = _made(session)  # noqa: PLW2901 (the row in hand is the one that grew old)
            elif what == "retired":
                row.retired_at = moment
            else:
                session.delete(row)
            done.append((what, row.kid))
        _appoint(session)
        return done


def reseal() -> int:
    """Encrypt our keys anew under the present secret key; how many that were. SealError if one cannot be read."""
    with _unit(read_only=False) as session:
        rows = list(session.scalars(_IN_ORDER))
        for row in rows:
            row.private_pem = seal(unseal(row.private_pem))
        session.flush()
        return len(rows)


def _due(rows: list[ToolKey], moment: datetime) -> list[tuple[str, ToolKey]]:
    """What is to be done for these keys, oldest first."""
    days = settings.current().key_days
    alive = [row for row in rows if row.retired_at is None]
    due = [("deleted", row) for row in rows if row.retired_at is not None and row.retired_at <= moment - KEPT]
    if alive and signs_from(alive[-1].created_at) <= moment:
        due += [("retired", row) for row in alive[:-1]]
    if alive and days and alive[-1].created_at + timedelta(days=days) <= moment:
        due.append(("published", alive[-1]))
    return due


_IN_ORDER = sa.select(ToolKey).order_by(ToolKey.created_at, ToolKey.kid)
_ACTIVE = _IN_ORDER.where(ToolKey.retired_at.is_(None)).limit(1).with_only_columns(ToolKey.kid, ToolKey.private_pem)


def _alone(session: Session) -> None:
    """Let nobody else make a key until this is committed; on SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE tool_key IN SHARE ROW EXCLUSIVE MODE"))


def _alive(session: Session) -> list[ToolKey]:
    return list(session.scalars(_IN_ORDER.where(ToolKey.retired_at.is_(None))))


def _active(session: Session) -> ToolKey | None:
    return session.scalars(_IN_ORDER.where(ToolKey.retired_at.is_(None)).limit(1)).first()


def _appoint(session: Session) -> None:
    """Note since when the one that signs does."""
    session.flush()
    if (row := _active(session)) is not None and row.signs_since is None:
        row.signs_since = db.now()
        session.flush()


def _made(session: Session) -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    jwk = _public_jwk(private.public_key())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    row = ToolKey(kid=jwk["kid"], private_pem=seal(pem), public_jwk=jwk, created_at=db.now())
    session.add(row)
    session.flush()
    return row


def _public_jwk(public: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    required = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":"))
    thumbprint = hashlib.sha256(canonical.encode()).digest()  # RFC 7638 section 3
    return required | {"kid": _text(thumbprint), "alg": "RS256", "use": "sig"}


def _base64url(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _number(base64url: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4)), "big")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def _parsed(kid: str, sealed: str) -> tuple[str, rsa.RSAPrivateKey]:
    """The id and the key object; parsing checks the primes and takes 50 ms, so it is done once per process."""
    key = load_pem_private_key(unseal(sealed).encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 (we made it)
    return kid, key


@contextmanager
def _unit(*, read_only: bool) -> Iterator[Session]:
    """The writer's unit of work that is open here, for it may hold a key not committed yet; else one of our own."""
    opened = _open_writer()
    if opened is not None:
        yield opened
        return
    with db.work(read_only=read_only) as own:
        yield own
        if not read_only:
            own.commit()


def _open_writer() -> Session | None:
    try:
        opened = db.current()
    except RuntimeError:
        return None
    bind = opened.get_bind()
    assert isinstance(bind, sa.Engine)  # noqa: S101 (db.work binds to the engine)
    return None if bind.get_execution_options().get("read_only") else opened
