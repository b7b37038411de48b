"""Our own signing keys: made on first need, published before use and after retirement, sealed in the database.

The oldest key that is not retired signs. So a new key is published first (`add`), and signs once platforms had time to
see it and the earlier one was retired (`retire`); a retired key stays published for what it signed.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.lti.sealing import seal, unseal
from lti_tool.models import ToolKey

BITS = 2048


def signing_key() -> tuple[str, rsa.RSAPrivateKey]:
    """The id and the parsed key that signs now; the very first one is made here."""
    with _unit(read_only=True) as session:
        row = _active(session)
    if row is None:
        with _unit(read_only=False) as session:
            _alone(session)
            row = _active(session) or _made(session)
    return row.kid, _parsed(row.kid, row.private_pem)


def public_key_set() -> dict[str, Any]:
    """Our key set as platforms fetch it, retired keys included (RFC 7517)."""
    signing_key()
    with _unit(read_only=True) as session:
        rows = session.scalars(sa.select(ToolKey).order_by(ToolKey.created_at, ToolKey.kid))
        return {"keys": [row.public_jwk for row in rows]}


def add() -> str:
    """Publish one more key and give its id; it signs when all earlier ones are retired."""
    with _unit(read_only=False) as session:
        return _made(session).kid


def retire(kid: str) -> None:
    """Let a key sign no longer; it stays published."""
    with _unit(read_only=False) as session:
        session.execute(sa.update(ToolKey).where(ToolKey.kid == kid).values(retired_at=db.now()))


def _alone(session: Session) -> None:
    """Let nobody else make a key until this is committed; on SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE tool_key IN SHARE ROW EXCLUSIVE MODE"))


def _active(session: Session) -> ToolKey | None:
    waiting = sa.select(ToolKey).where(ToolKey.retired_at.is_(None)).order_by(ToolKey.created_at, ToolKey.kid)
    return session.scalars(waiting.limit(1)).first()


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


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def _parsed(kid: str, sealed: str) -> rsa.RSAPrivateKey:  # noqa: ARG001 (the id names the entry)
    """The key object; parsing checks the primes and takes 50 ms, so it is done once per process."""
    key = load_pem_private_key(unseal(sealed).encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 (we made it)
    return key


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
