"""How an administrator is let in: by a one-time link of the command, or from a launch that the LMS calls hers.

What is kept is a number, no person: the log of changes names the link.
"""

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeTimedSerializer

from lti_tool import settings
from lti_tool.access import Administration
from lti_tool.db import find_or_add, now, session
from lti_tool.errors import RefusedError
from lti_tool.models import Administrator, Platform, Visit
from lti_tool.services import audit

LINK_LASTS = timedelta(minutes=30)
TICKET_LASTS = timedelta(minutes=10)
DOOR_OPEN = timedelta(hours=8)


def link() -> str:
    """The address of a new one-time link to the whole installation; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    session.add(Administrator(token_hash=_hash(token), link_ends_at=now() + LINK_LASTS))
    session.flush()
    return settings.current().url(f"/administrators/links/{token}")


def ticket(person_id: int) -> str:
    """What an LMS administrator's page carries to a window of its own, signed, good once and for ten minutes.

    Whether the person administers is asked when it is used: her launch must still say so then.
    """
    return _tickets().dumps([person_id, secrets.token_urlsafe(16)])


def enter(token: str) -> str:
    """Use up a link or a ticket: the secret for this browser's cookie. RefusedError `administrator_link_used`."""
    if "." in token:
        _admit(token)
    secret = secrets.token_urlsafe(32)
    still = (Administrator.session_hash.is_(None), Administrator.link_ends_at > now())
    used = (
        sa.update(Administrator)
        .where(Administrator.token_hash == _hash(token), *still)
        .values(session_hash=_hash(secret), ends_at=now() + DOOR_OPEN)
    )
    opened = session.execute(used.returning(Administrator.id, Administrator.platform_id)).first()
    if opened is None:
        raise RefusedError("administrator_link_used")
    audit.note("administrator.entered", by=Administration(*opened), platform=opened.platform_id)
    session.flush()
    return secret


def _admit(token: str) -> None:
    """Note a ticket down as a link to one platform, if the visit that it was given to still stands."""
    try:
        person_id, _once = _tickets().loads(token, max_age=int(TICKET_LASTS.total_seconds()))
    except (BadData, ValueError, TypeError):
        raise RefusedError("administrator_link_used") from None
    query = sa.select(Visit).where(Visit.person_id == person_id, Visit.administers, Visit.expires_at > now()).limit(1)
    visit = session.scalar(query)
    if visit is None:
        raise RefusedError("administrator_link_used")
    platform_id = visit.person.platform_id
    also = {"platform_id": platform_id, "link_ends_at": now() + TICKET_LASTS}
    find_or_add(Administrator, token_hash=_hash(token), also=also)


def load(secret: str | None) -> Administration | None:
    """What the browser with this cookie may look after, or None when its time is over."""
    if not secret:
        return None
    let_in = sa.or_(Administrator.platform_id.is_(None), Platform.approved_at.is_not(None))  # a block ends it, too
    query = (
        sa.select(Administrator.id, Administrator.platform_id)
        .outerjoin(Platform, Platform.id == Administrator.platform_id)
        .where(Administrator.session_hash == _hash(secret), Administrator.ends_at > now(), let_in)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Administration(*row)


def leave(administration: Administration) -> None:
    """Close the door: the cookie opens nothing any more."""
    session.execute(sa.update(Administrator).where(Administrator.id == administration.number).values(ends_at=now()))


def _tickets() -> URLSafeTimedSerializer:
    keys = settings.current().secret_keys
    return URLSafeTimedSerializer([*reversed(keys)], salt="an administrator's own window")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
