"""A page of a longer answer, and the Link headers with which LMSs announce the next one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Page:
    """A part of an answer: `limit` rows from `start`, of `total`."""

    url: str  # what was asked, without the paging parameters
    asked: dict[str, Any]  # the query of the request
    start: int
    limit: int | None
    total: int

    @property
    def next_start(self) -> int | None:
        """Where the next page begins, or None at the end."""
        end = self.start + (self.limit or self.total)
        return end if end < self.total else None

    def address(self, query: dict[str, object], *, leave_out: tuple[str, ...] = ()) -> str:
        """The address of another page: the query that was asked, changed."""
        kept = {key: value for key, value in self.asked.items() if key not in leave_out}
        joined = urlencode({**kept, **query}, safe=":/")
        return f"{self.url}?{joined}" if joined else self.url


@dataclass(frozen=True)
class Ask:
    """What a tool asked of a service, as far as a habit may depend on it."""

    service: str  # roster, groups, line-items, line-item, scores, results
    method: str
    path: str  # with the query
    accept: str
    content_type: str
    query: dict[str, str]
    media_type: str  # what the service speaks


@dataclass(frozen=True)
class Refusal:
    """An answer that says no, in the LMS's own way."""

    status: int
    reason: str
    body: Any = None
    content_type: str = "application/json"
