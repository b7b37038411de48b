"""Invitations with which an LMS administrator registers the tool without copying a single value."""

import hashlib
import secrets
from datetime import timedelta
from typing import cast

import sqlalchemy as sa

from lti_tool import settings
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Invite, Platform
from lti_tool.services import audit
from lti_tool.services.audit import Changer

VALID_FOR = timedelta(days=7)


def make(name: str, *, by: Changer = None, approves: bool = True) -> tuple[Invite, str]:
    """A new invitation and its address; the address is shown once and cannot be read again from what is kept.

    With `approves=False` the LMS that registers with it waits until an administrator approves it.
    """
    token = secrets.token_urlsafe(32)  # 256 bits
    invite = Invite(name=name, token_hash=_hash(token), expires_at=now() + VALID_FOR, approves=approves)
    session.add(invite)
    session.flush()
    audit.note("invite.made", by=by, invite=invite.id)
    return invite, settings.current().url(f"/lti/register/{token}")


def find(token: str) -> Invite:
    """The invitation that may still be used; NotFoundError, or RefusedError `invite_used` or `invite_expired`."""
    invite = session.scalar(sa.select(Invite).where(Invite.token_hash == _hash(token)))
    if invite is None:
        raise NotFoundError
    if invite.used_at is not None:
        raise RefusedError("invite_used")
    if invite.expires_at <= now():
        raise RefusedError("invite_expired")
    return invite


def use(invite: Invite, *, platform: Platform) -> None:
    """Note which registration came of the invitation; RefusedError `invite_used` for all but the first."""
    mine = sa.update(Invite).where(Invite.id == invite.id, Invite.used_at.is_(None), Invite.expires_at > now())
    done = session.execute(mine.values(used_at=now(), platform_id=platform.id))
    if cast("sa.CursorResult[object]", done).rowcount != 1:
        raise RefusedError("invite_used")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def unused() -> list[Invite]:
    """Those that can still be used, the one that ends last first."""
    query = sa.select(Invite).where(Invite.used_at.is_(None), Invite.expires_at > now())
    return list(session.scalars(query.order_by(Invite.expires_at.desc(), Invite.id.desc())))


def withdraw(invite_id: int, *, by: Changer) -> None:
    """End an invitation that was not used; NotFoundError where there is none."""
    invite = next((one for one in unused() if one.id == invite_id), None)
    if invite is None:
        raise NotFoundError
    invite.expires_at = now()
    audit.note("invite.withdrawn", by=by, invite=invite.id)
    session.flush()
