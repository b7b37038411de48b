"""The only way out to a platform: public https addresses, no redirects, a limit on every second and every byte.

An address is resolved once, checked, and then connected to as checked, so that a name that changes its answer in
between (DNS rebinding) gains nothing. Every exchange has a connection of its own, so each one is checked anew.
`allow_private_platforms` lifts https, the public address and the port together, for a laboratory on one machine.
"""

import io
import ipaddress
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from lti_tool import settings
from lti_tool.errors import PlatformError
from lti_tool.lti import watches
from lti_tool.lti.watches import Watch

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0  # silence that we bear
TOTAL_SECONDS = 30.0  # the whole exchange, so that a byte a second does not hold a worker
MAX_BYTES = 16 * 1024 * 1024  # a roster of 5,000 in one answer is about 3 MB
PAUSES = (0.3, 1.0)  # before the second and the third try of a GET
BUSY = frozenset({502, 503, 504})
LATER = frozenset({408, 425, 429})  # with every 5xx: the same request may be taken another time (RFC 9110, 8470, 6585)
PAGE = (b"<!doctype html", b"<html")  # how a page for people begins; no service answers with one
LONGEST_WAIT = 86_400.0  # a Retry-After beyond a day is taken for a day

_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are the IPv4 address that is reached


def session(*, seconds: float = TOTAL_SECONDS, max_bytes: int = MAX_BYTES) -> requests.Session:
    """A requests session that keeps every rule of this module; whatever goes wrong, it raises PlatformError."""
    return GuardedSession(seconds=seconds, max_bytes=max_bytes)


def get_json(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = 262_144,
    seconds: float = READ_SECONDS,
) -> Any:
    """The JSON behind an address, whatever its content type says; PlatformError where there is none."""
    with session(seconds=seconds, max_bytes=max_bytes) as guarded:
        return json_of(accepted(guarded.get(url, headers={"Accept": "application/json", **(headers or {})})))


def accepted(response: requests.Response) -> requests.Response:
    """The response if it is a success (2xx), else PlatformError with what the platform asked us to wait."""
    status = not_later(response).status_code
    if 200 <= status < 300:
        return response
    raise PlatformError("platform_refused", status=status, final=True)


def not_later(response: requests.Response) -> requests.Response:
    """The response if it is the platform's last word on this request, else PlatformError that is not final.

    Busy platforms say when to come back; some that are being maintained lead to a page that says so, or show it as if
    all were well: a score that was answered so did not arrive.
    """
    status = response.status_code
    if status in LATER or status >= 500:
        raise PlatformError("platform_busy", status=status, retry_after=retry_after(response))
    if 300 <= status < 400:
        raise PlatformError("redirected", status=status)
    if status < 300 and response.content[:100].lstrip().lower().startswith(PAGE):
        raise PlatformError("answer_not_json", status=status)
    return response


def json_of(response: requests.Response) -> Any:
    """The JSON in a response; Moodle labels some of it text/html, so the label is not asked."""
    try:
        return json.loads(response.content)  # requests would read UTF-8 as latin-1 where it is labelled a page
    except (ValueError, RecursionError):  # a body of ten thousand brackets
        raise PlatformError("answer_not_json", status=response.status_code) from None


def retry_after(response: requests.Response) -> float | None:
    """The seconds that the Retry-After header asks for, in either of its forms (RFC 9110 §10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        wait = float(value)
    else:
        try:
            wait = (moment_of(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):  # no date, or one at the end of all calendars
            return None
    return min(max(wait, 0.0), LONGEST_WAIT)


def moment_of(date: str) -> datetime:
    """The moment of an HTTP date, in UTC also where it names no zone (RFC 9110 §5.6.7); ValueError, OverflowError."""
    told = parsedate_to_datetime(date)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)


def check(url: str) -> None:
    """Refuse an address that we would never ask, without asking the name server; PlatformError `address_refused`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise PlatformError("address_refused", final=True) from None
    lifted = settings.current().allow_private_platforms
    schemes = ("https", "http") if lifted else ("https",)
    named = parts.hostname and parts.username is None and parts.password is None
    if parts.scheme not in schemes or not named or not (lifted or port in (None, 443)):
        raise PlatformError("address_refused", final=True)


def is_public(address: str) -> bool:
    """Whether an IP address lies in the open Internet, looking through IPv4 in IPv6 disguise."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _PUBLIC_IPV6:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _connect(host: str, port: int, timeout: float) -> socket.socket:
    """Resolve once, refuse the name if any of its addresses is not public, and connect to what was checked."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise PlatformError("platform_unreachable") from None
    if not settings.current().allow_private_platforms and not all(is_public(str(entry[4][0])) for entry in found):
        raise PlatformError("address_refused", final=True)
    watch = _watch.get()
    for family, kind, protocol, _, address in found:
        if watch.over.is_set():  # a name may have a hundred addresses of which none answers
            raise PlatformError("platform_slow")
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(timeout)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a body waits 40 ms for word of its headers
            line.connect(address)  # not create_connection: that would resolve again
        except OSError:
            line.close()
        else:
            watch.hold(line)
            return line
    raise PlatformError("platform_unreachable")


_watch: ContextVar[Watch] = ContextVar("lti_tool_http_watch")


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 80, CONNECT_SECONDS)


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 443, CONNECT_SECONDS)  # SNI and certificate still go by the name


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _GuardedAdapter(HTTPAdapter):
    """Sends over checked connections and reads the whole answer, up to a limit, before anybody sees it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The requests response around the bytes that were read, decompressed ones counted."""
        body = bytearray()
        try:
            for piece in resp.stream(16_384, decode_content=True):
                body += piece
                if len(body) > self._max_bytes:
                    raise PlatformError("answer_too_large", status=resp.status, final=True)
        finally:
            resp.close()  # one exchange, one connection
        headers = resp.headers.copy()
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):  # they describe what is read by now
            headers.discard(name)
        read = HTTPResponse(io.BytesIO(bytes(body)), headers, resp.status, reason=resp.reason, preload_content=False)
        return super().build_response(req, read)


@cache
def _agent() -> str:
    """Who we say we are; the version is read from a file, which is done once."""
    return f"learning-circles/{metadata.version('lti-tool')}"


class GuardedSession(requests.Session):
    """The session behind `session()`; what comes in by environment or by argument cannot loosen it."""

    def __init__(self, *, seconds: float, max_bytes: int) -> None:
        super().__init__()
        self.trust_env = False  # no proxies, no .netrc
        self._seconds = seconds
        self.headers["User-Agent"] = _agent()
        self.mount("https://", _GuardedAdapter(max_bytes))
        self.mount("http://", _GuardedAdapter(max_bytes))

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """The request ready to go; PlatformError for an address that is none."""
        try:
            return super().prepare_request(request)
        except (requests.RequestException, ValueError):
            raise PlatformError("address_refused", final=True) from None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send; a GET that met a hiccup is sent again, within the same limit of time."""
        kwargs |= {
            "allow_redirects": False,
            "stream": True,
            "timeout": (CONNECT_SECONDS, min(READ_SECONDS, self._seconds)),
            "verify": True,
            "proxies": {},
        }
        ends = watches.ends_after(self._seconds)
        for pause in PAUSES if request.method == "GET" else ():
            try:
                response = self._send_once(request, ends, kwargs)
            except PlatformError as fault:
                if fault.code != "platform_unreachable" or time.monotonic() + pause > ends:
                    raise
            else:
                again = response.status_code in BUSY and "Retry-After" not in response.headers
                if not again or time.monotonic() + pause > ends:
                    return response
            time.sleep(pause)
        return self._send_once(request, ends, kwargs)

    def _send_once(self, request: requests.PreparedRequest, ends: float, kwargs: dict[str, Any]) -> requests.Response:
        check(request.url or "")
        if (rest := ends - time.monotonic()) <= 0:
            raise PlatformError("platform_slow")
        with Watch(rest) as watch, _watching(watch):
            try:
                response = super().send(request, **kwargs)
            except (requests.RequestException, HTTPError, OSError) as fault:
                raise PlatformError("platform_slow" if watch.over.is_set() else _code(fault)) from None
        if watch.over.is_set():  # without a length, a line that was cut looks like an end
            raise PlatformError("platform_slow")
        return response


@contextmanager
def _watching(watch: Watch) -> Iterator[None]:
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def _code(fault: Exception) -> str:
    if isinstance(fault, requests.exceptions.SSLError):
        return "platform_certificate"
    if isinstance(fault, (requests.Timeout, ReadTimeoutError, TimeoutError)):
        return "platform_slow"
    return "platform_unreachable"
