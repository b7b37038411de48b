"""Platforms as the installation knows them."""

from urllib.parse import urlsplit

from sqlalchemy import bindparam, select

from lti_tool.db import rows, session
from lti_tool.models import Person, Platform

_ADDRESSES = select(Platform.issuer, Platform.auth_url).where(
    Platform.id == bindparam("platform_id"), Platform.approved_at.is_not(None)
)


def addresses_of(platform_id: int) -> list[str]:
    """Addresses of an approved platform whose pages may frame ours."""
    return [address for row in rows(_ADDRESSES, platform_id=platform_id) for address in row]


def addresses_for(person_id: int) -> list[str]:
    """The same for the platform of a person."""
    platform_id = session.scalar(select(Person.platform_id).where(Person.id == person_id))
    return addresses_of(platform_id) if platform_id is not None else []


def knows(origin: str) -> bool:
    """Whether this origin is one of an approved platform."""
    query = select(Platform.issuer, Platform.auth_url).where(Platform.approved_at.is_not(None))
    known = {urlsplit(address)[:2] for row in session.execute(query) for address in row}
    return urlsplit(origin)[:2] in known
