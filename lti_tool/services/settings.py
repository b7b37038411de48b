"""Which settings changed between two starts, for the log of changes: names alone, no values."""

import hashlib

import sqlalchemy as sa

from lti_tool.db import session
from lti_tool.models import Setting
from lti_tool.services import audit
from lti_tool.settings import Settings

SECRET = frozenset({"secret_key", "secret_key_fallbacks", "database_url"})  # the last one may hold a password


def note_changes(settings: Settings) -> list[str]:
    """Remember the settings of this start and note which differ from the last one's; nothing at the very first."""
    now = {
        name: hashlib.sha256(str(getattr(settings, name)).encode()).hexdigest()
        for name in type(settings).model_fields
        if name not in SECRET
    }
    kept = {one.name: one for one in session.scalars(sa.select(Setting))}
    changed = sorted(name for name, digest in now.items() if name in kept and kept[name].digest != digest)
    for name, digest in now.items():
        if name in kept:
            kept[name].digest = digest
        else:
            session.add(Setting(name=name, digest=digest))
    if changed:
        audit.note("settings.changed", by=None, changed=" ".join(changed))
    session.flush()
    return changed
