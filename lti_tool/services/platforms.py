"""Platforms as the installation knows them."""

from sqlalchemy import select

from lti_tool.db import session
from lti_tool.models import Platform


def frame_addresses(platform_id: int | None) -> list[str]:
    """Addresses whose pages may frame ours: of this platform, or of every approved one when it is not known."""
    query = select(Platform.issuer, Platform.auth_url).where(Platform.approved_at.is_not(None))
    if platform_id is not None:
        query = query.where(Platform.id == platform_id)
    return [address for row in session.execute(query) for address in row]
