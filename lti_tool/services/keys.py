"""Our signing keys as an administrator looks after them; the calendar does it else (`lti/keys.py`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from lti_tool.db import session
from lti_tool.lti import keys, sealing
from lti_tool.models import AccessToken, Platform, ToolKey
from lti_tool.services import audit
from lti_tool.services.audit import Changer


class Use(StrEnum):
    """What a published key is for."""

    SIGNS = "signs"
    NEXT = "next"  # published, so that platforms know it before it signs
    RETIRED = "retired"  # still published for what it signed


@dataclass(frozen=True)
class Key:
    """One published key: what it is for, since when, and when that changes by the calendar (None: not by itself)."""

    kid: str
    use: Use
    published_at: datetime
    signs_since: datetime | None
    until: datetime | None
    public_pem: str


def all() -> list[Key]:  # noqa: A001 (read as keys.all())
    """Every published key, oldest first."""
    rows = keys.all()
    alive = [row for row in rows if row.retired_at is None]
    return [_key(row, alive) for row in rows]


def _key(row: ToolKey, alive: list[ToolKey]) -> Key:
    use, until = Use.SIGNS, None
    if row.retired_at is not None:
        use, until = Use.RETIRED, row.retired_at + keys.KEPT
    elif len(alive) > 1:
        use, until = Use.SIGNS if row is alive[0] else Use.NEXT, keys.signs_from(alive[-1].created_at)
    return Key(row.kid, use, row.created_at, row.signs_since, until, keys.public_pem(row))


def next_at() -> datetime | None:
    """When the calendar makes the next key; None where it makes none, or no LMS asked for one so far."""
    return keys.next_at()


def can_sign() -> bool:
    """Whether the key that signs can be opened with the present secret keys; yes where none was needed so far."""
    try:
        return not keys.all() or bool(keys.signing_key())
    except sealing.SealError:
        return False


def rotate(*, by: Changer, at_once: bool = False) -> str:
    """Publish a new key and give its id; it signs after the days of `LTI_TOOL_KEY_LEAD_DAYS`, or at once.

    RefusedError `key_waits` where one is published already that does not sign yet. At once is for a key that somebody
    else may have, or that nobody can open any more (SealError else): platforms that keep our keys refuse us until they
    look again.
    """
    if not (at_once and keys.all()):
        keys.signing_key()
    kid = keys.add(beside_waiting=at_once)
    audit.note("key.published", by=by, key=kid)
    if at_once:
        for row in keys.all():
            if row.kid != kid and row.retired_at is None:
                retire(row.kid, by=by)
    return kid


def retire(kid: str, *, by: Changer, publish: bool = True) -> None:
    """Let a key sign no longer, and with `publish=False` take it out of the key set, too; refusals of `keys.retire`."""
    keys.retire(kid, publish=publish)
    audit.note("key.retired" if publish else "key.deleted", by=by, key=kid)
    session.flush()


def keep_up() -> None:
    """Publish, retire and delete what the calendar says."""
    for what, kid in keys.keep_up():
        audit.note(f"key.{what}", by=None, key=kid)
    session.flush()


def reseal(*, by: Changer) -> int:
    """Encrypt all that is kept encrypted under the present secret key, so that earlier ones may be forgotten.

    How many keys and registration tokens that were. Access tokens are dropped, new ones are asked for when needed.
    SealError where one was sealed under a secret key that is not known any more.
    """
    count = keys.reseal()
    for platform in session.scalars(sa.select(Platform).where(Platform.registration_token.is_not(None))):
        platform.registration_token = sealing.seal(sealing.unseal(platform.registration_token or ""))
        count += 1
    session.execute(sa.delete(AccessToken))
    audit.note("secret.changed", by=by, sealed=count)
    session.flush()
    return count
