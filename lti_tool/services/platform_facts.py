"""What an administrator says of a platform: its name, who may frame us, and whom else its tokens may be for."""

from lti_tool.db import session
from lti_tool.models import Platform
from lti_tool.services import audit
from lti_tool.services.audit import Changer

FACTS = ("name", "frame_origins", "trusted_audiences")


def change(
    platform: Platform, *, name: str, frame_origins: list[str], trusted_audiences: list[str], by: Changer
) -> None:
    """Keep these; the log says which of them changed, not what they say."""
    wanted = {"name": name, "frame_origins": frame_origins, "trusted_audiences": trusted_audiences}
    changed = [fact for fact in FACTS if getattr(platform, fact) != wanted[fact]]
    for fact in changed:
        setattr(platform, fact, wanted[fact])
    if changed:
        audit.note("platform.changed", by=by, platform=platform.id, changed=" ".join(changed))
    session.flush()
