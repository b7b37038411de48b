"""One-time addresses for registration (to be replaced)."""

import hashlib
import secrets
from datetime import timedelta

from lti_tool import settings
from lti_tool.db import now, session
from lti_tool.models import Invite


def make(name: str) -> tuple[Invite, str]:
    """A new invite and its address, valid for seven days."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    invite = Invite(name=name, token_hash=digest, expires_at=now() + timedelta(days=7))
    session.add(invite)
    session.flush()
    return invite, settings.current().url(f"/lti/register/{token}")
