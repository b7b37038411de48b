"""What has had its time: logins never finished, visits and tokens that ended, deliveries long done."""

from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from lti_tool.db import session
from lti_tool.models import (
    AccessToken,
    Administrator,
    Delivery,
    LoginState,
    OutsideLink,
    Picking,
    SeenNotice,
    Sighting,
    UsedForm,
    Visit,
)
from lti_tool.services import sightings

KEEP_DONE = timedelta(days=30)  # of a delivery, so that a question about it can still be answered
KEEP_FORMS = timedelta(days=8)  # longer than a page may lie open and still be sent


def remove(now: datetime) -> int:
    """Delete what nobody can use any more; how many rows that were. Doing it twice, or twice at once, does no harm."""
    statements = [
        sa.delete(LoginState).where(LoginState.expires_at <= now),
        sa.delete(OutsideLink).where(OutsideLink.expires_at <= now),
        sa.delete(Picking).where(Picking.expires_at <= now),
        sa.delete(Visit).where(Visit.expires_at <= now),
        sa.delete(UsedForm).where(UsedForm.used_at <= now - KEEP_FORMS),
        sa.delete(SeenNotice).where(SeenNotice.expires_at <= now),
        sa.delete(Administrator).where(Administrator.link_ends_at <= now, Administrator.session_hash.is_(None)),
        sa.delete(AccessToken).where(AccessToken.expires_at <= now),
        sa.delete(Sighting).where(Sighting.kind == sightings.REFUSAL, Sighting.at <= now - sightings.KEPT),
        sa.delete(Delivery).where(Delivery.done_at <= now - KEEP_DONE),
    ]
    return sum(cast("sa.CursorResult[Any]", session.execute(statement)).rowcount for statement in statements)
