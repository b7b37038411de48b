"""Limits per address for what can be called without a sign-in; each process counts for itself."""

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from lti_tool import settings

calls = FixedWindowRateLimiter(MemoryStorage())


def too_often(most: RateLimitItem, *, what: str, address: str) -> bool:
    """Count one call of `what` from this address; whether it is one more than `most` allows."""
    return settings.current().rate_limits and not calls.hit(most, what, address)
