"""How an administrator is let in: by a one-time link of the command, or from a launch that the LMS calls hers.

What is kept is a number, no person: the log of changes names the link.
"""

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa

from lti_tool import settings
from lti_tool.access import Administration
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti import quirks
from lti_tool.models import Activity, Administrator, Course, Deployment, Platform, Visit
from lti_tool.services import audit

LINK_LASTS = timedelta(minutes=30)
DOOR_OPEN = timedelta(hours=8)


def link() -> str:
    """The address of a new one-time link to the whole installation; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    session.add(Administrator(token_hash=_hash(token), link_ends_at=now() + LINK_LASTS))
    session.flush()
    return settings.current().url(f"/administrators/links/{token}")


def still_opens(token: str) -> bool:
    """Whether this link was not used yet and has time left; asking does not use it up."""
    still = (Administrator.session_hash.is_(None), Administrator.link_ends_at > now())
    return bool(session.scalar(sa.select(sa.exists().where(Administrator.token_hash == _hash(token), *still))))


def enter(token: str) -> str:
    """Use up a link: the secret for this browser's cookie. RefusedError `administrator_link_used`."""
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
    _note(Administration(*opened))
    return secret


def enter_from(visit_id: str) -> str:
    """The same from a launch that the LMS called its administrator's, for her platform alone; NotFoundError else.

    Where institutions share the registration, for the deployment she came from alone.
    """
    query = (
        sa.select(Deployment.id, Platform.id, Platform.product, Platform.issuer)
        .select_from(Visit)
        .join(Activity, Activity.id == Visit.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
    )
    came = session.execute(query.where(Visit.id == visit_id, Visit.administers, Visit.expires_at > now())).first()
    if came is None:
        raise NotFoundError
    deployment_id, platform_id, product, issuer = came
    secret = secrets.token_urlsafe(32)
    row = Administrator(
        platform_id=platform_id, deployment_id=deployment_id if quirks.is_shared(product, issuer=issuer) else None,
        token_hash=_hash(secrets.token_urlsafe(32)), link_ends_at=now(),
        session_hash=_hash(secret), ends_at=now() + DOOR_OPEN,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(Administration(row.id, platform_id, row.deployment_id))
    return secret


def _note(by: Administration) -> None:
    audit.note("administrator.entered", by=by, platform=by.platform_id)
    session.flush()


def load(secret: str | None) -> Administration | None:
    """What the browser with this cookie may look after, or None when its time is over."""
    if not secret:
        return None
    let_in = (  # a block ends it, too
        sa.or_(Administrator.platform_id.is_(None), Platform.approved_at.is_not(None)),
        sa.or_(Administrator.deployment_id.is_(None), Deployment.approved_at.is_not(None)),
    )
    query = (
        sa.select(Administrator.id, Administrator.platform_id, Administrator.deployment_id)
        .outerjoin(Platform, Platform.id == Administrator.platform_id)
        .outerjoin(Deployment, Deployment.id == Administrator.deployment_id)
        .where(Administrator.session_hash == _hash(secret), Administrator.ends_at > now(), *let_in)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Administration(*row)


def leave(administration: Administration) -> None:
    """Close the door: the cookie opens nothing any more."""
    session.execute(sa.update(Administrator).where(Administrator.id == administration.number).values(ends_at=now()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
