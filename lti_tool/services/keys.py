"""Our signing keys as an administrator looks after them; the calendar does it else (`lti/keys.py`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from lti_tool.db import session
from lti_tool.lti import keys, sealing
from lti_tool.models import AccessToken, Platform
from lti_tool.services import audit
from lti_tool.services.audit import Changer


class Use(StrEnum):
    """What a published key is for."""

    SIGNS = "signs"
    NEXT = "next"  # published, so that platforms know it before it signs
    RETIRED = "retired"  # still published for what it signed


@dataclass(frozen=True)
class Key:
    """One published key: its id, what it is for, and when that changes by the calendar (None: not by itself)."""

    kid: str
    use: Use
    since: datetime
    until: datetime | None


def all() -> list[Key]:  # noqa: A001 (read as keys.all())
    """Every published key, oldest first."""
    rows = keys.all()
    alive = [row for row in rows if row.retired_at is None]
    found = []
    for row in rows:
        if row.retired_at is not None:
            found.append(Key(row.kid, Use.RETIRED, row.retired_at, row.retired_at + keys.KEPT))
        elif row is alive[0]:
            until = keys.signs_from(alive[-1].created_at) if len(alive) > 1 else None
            found.append(Key(row.kid, Use.SIGNS, row.created_at, until))
        else:
            found.append(Key(row.kid, Use.NEXT, row.created_at, keys.signs_from(row.created_at)))
    return found


def rotate(*, by: Changer, at_once: bool = False) -> str:
    """Publish a new key and give its id; it signs after the days of `LTI_TOOL_KEY_LEAD_DAYS`, or at once.

    At once is for a key that somebody else may have: platforms that keep our keys refuse us until they look again.
    """
    keys.signing_key()
    kid = keys.add()
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
