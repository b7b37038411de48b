"""Platforms as the installation knows them."""

from urllib.parse import urlsplit

from sqlalchemy import bindparam, select

from lti_tool.db import rows, session
from lti_tool.models import Person, Platform

_ADDRESSES = select(Platform.issuer, Platform.auth_url, Platform.frame_origins).where(
    Platform.id == bindparam("platform_id"), Platform.approved_at.is_not(None)
)


def addresses(platform: Platform) -> list[str]:
    """Addresses of a platform whose pages may frame ours: its own, and those that an administrator added."""
    return [platform.issuer, platform.auth_url, *platform.frame_origins]


def addresses_of(platform_id: int) -> list[str]:
    """The same by number; none where the platform is not approved."""
    found = rows(_ADDRESSES, platform_id=platform_id)
    return [address for issuer, auth_url, more in found for address in (issuer, auth_url, *more)]


def addresses_for(person_id: int) -> list[str]:
    """The same for the platform of a person."""
    platform_id = session.scalar(select(Person.platform_id).where(Person.id == person_id))
    return addresses_of(platform_id) if platform_id is not None else []


def knows(origin: str) -> bool:
    """Whether this origin is one of an approved platform."""
    query = select(Platform.issuer, Platform.auth_url, Platform.frame_origins).where(Platform.approved_at.is_not(None))
    found = session.execute(query)
    known = {urlsplit(address)[:2] for issuer, auth_url, more in found for address in (issuer, auth_url, *more)}
    return urlsplit(origin)[:2] in known
