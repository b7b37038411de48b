"""The lists of a platform's services: asking for one, and for its next page as real platforms write the Link header."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

from lti_tool.errors import PlatformError

MAX_PAGES = 1_000

# no "<" inside: every one of 60,000 would be searched to the end of the line
_LINK = re.compile(r'<([^<>]*)>((?:[^,"]|"[^"]*")*)')
_REL = re.compile(r'\brel\s*=\s*["\'\u201c\u201d]?([^"\'\u201c\u201d,;]+)', re.IGNORECASE)


def asking(url: str, wanted: dict[str, str]) -> str:
    """The address of a list with these parameters added; one that the platform wrote itself is left alone."""
    parts = urlsplit(url)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in wanted.items() if name not in there})
    return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()


def next_link(value: str | None, *, requested: str) -> str | None:
    """The whole address of the next page, or None; PlatformError where it lies on another origin.

    Our token goes with every page, hence only to the origin that was asked first. Moodle 4.5 writes curly quotes and
    `&amp;` (mod/lti/service/gradebookservices, lineitems.php), lti1p3platform no quotes, Canvas cursors whose case
    matters: requests and pylti1p3 lose the next page of each of these.
    """
    for target, parameters in _LINK.findall(_as_utf8(value or "")):
        rel = _REL.search(parameters)
        if rel and "next" in rel[1].lower().split():
            url = _absolute(target.replace("&amp;", "&"), requested)  # html.unescape would eat "&notify="
            if _origin(url) != _origin(requested):
                raise PlatformError("foreign_page", final=True)
            return url
    return None


def pages(url: str, fetch: Callable[[str], requests.Response]) -> Iterator[requests.Response]:
    """Every page from this address on, fetched one at a time; PlatformError for a loop or an endless roll."""
    seen: set[str] = set()
    following: str | None = url
    while following is not None:
        if following in seen or len(seen) >= MAX_PAGES:
            raise PlatformError("endless_pages", final=True)
        seen.add(following)
        page = fetch(following)
        yield page
        following = next_link(page.headers.get("Link"), requested=following)


def _as_utf8(header: str) -> str:
    """Undo http.client, which reads every header as latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _absolute(target: str, requested: str) -> str:
    try:
        return urljoin(requested, target)
    except ValueError:
        return ""  # an address that cannot be read has no origin of ours


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None
