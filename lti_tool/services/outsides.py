"""One-time links out of the LMS's frame: a new window has no session of ours, and the visit is to go on there."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from lti_tool.db import now, session
from lti_tool.errors import RefusedError
from lti_tool.models import OutsideLink, Visit

LIFE = timedelta(seconds=60)
LIFE_OF_ARRIVAL = timedelta(minutes=10)  # of a launch that can go on in a new window only: as long as a login


def make(visit_id: str, *, path: str, life: timedelta = LIFE) -> str:
    """The token of a new link: the visit may go on at this path in another window, once, for `life`."""
    token = secrets.token_urlsafe(32)
    session.add(OutsideLink(token_hash=_hash(token), visit_id=visit_id, path=path, expires_at=now() + life))
    session.flush()
    return token


def find(token: str) -> OutsideLink:
    """The link with this token, its visit and person loaded; RefusedError("link_over") when its time or visit is over.

    Looking at it does not use it up: link previews look.
    """
    query = (
        select(OutsideLink)
        .join(OutsideLink.visit)
        .where(OutsideLink.token_hash == _hash(token), OutsideLink.expires_at > now(), Visit.expires_at > now())
        .options(joinedload(OutsideLink.visit).joinedload(Visit.person))
    )
    link = session.scalar(query)
    if link is None:
        raise RefusedError("link_over")
    return link


def use(token: str) -> OutsideLink:
    """The same, used up: of many who try at once exactly one gets through."""
    link = find(token)
    used = delete(OutsideLink).where(OutsideLink.token_hash == link.token_hash).returning(OutsideLink.token_hash)
    if session.execute(used).first() is None:
        raise RefusedError("link_over")
    return link


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
