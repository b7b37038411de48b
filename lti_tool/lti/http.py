"""Requests to the LMS: https and public addresses only, no redirects, never for long, never much."""

import ipaddress
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from lti_tool import settings
from lti_tool.errors import PlatformError

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 3.05, 5, 8


def session() -> requests.Session:
    """A session that names us and follows no proxies of the environment."""
    opened = requests.Session()
    opened.trust_env = False
    opened.headers["User-Agent"] = "LearningCircles"
    return opened


def get_json(url: str, *, headers: dict[str, str] | None = None, max_bytes: int = 262_144) -> Any:
    """What the address answers, parsed; PlatformError when it does not, or not soon, or too much."""
    _check(url)
    deadline = time.monotonic() + WHOLE_SECONDS
    with session() as opened:
        try:
            waits = (CONNECT_SECONDS, READ_SECONDS)
            with opened.get(url, headers=headers, timeout=waits, allow_redirects=False, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise PlatformError("bad_status", status=answer.status_code)
                body = b""
                for piece in answer.iter_content(8192):
                    body += piece
                    if len(body) > max_bytes or time.monotonic() > deadline:
                        raise PlatformError("too_much")
        except requests.RequestException as error:
            raise PlatformError("unreachable") from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PlatformError("no_json") from error


def _check(url: str) -> None:
    if settings.current().allow_private_platforms:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise PlatformError("address_refused", final=True)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise PlatformError("unreachable") from error
    if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        raise PlatformError("address_refused", final=True)
