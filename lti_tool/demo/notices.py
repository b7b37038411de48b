"""Notices to tools: that a course was copied (Platform Notification Service 1.0; canvas-lms doc/api/pns.md)."""

import secrets
import time
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

import requests

from lti_tool.demo import claims
from lti_tool.demo.forge import sign
from lti_tool.demo.keys import Key
from lti_tool.demo.people import Course
from lti_tool.demo.state import Tool

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms

PATIENCE = 5  # seconds; nobody tries again (as Canvas)


def handlers_url(lms: "PracticeLms", tool: Tool) -> str:
    """Where a tool says which notices it wants."""
    return f"{lms.base_url}/notice-handlers/{tool.client_id}"


def claim(lms: "PracticeLms", tool: Tool) -> dict[str, Any]:
    """What a launch says of the service."""
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": handlers_url(lms, tool),
        "scope": [claims.NOTICE_HANDLERS],
        "notice_types_supported": ["LtiHelloWorldNotice", claims.COPY_NOTICE],
    }


def signed(lms: "PracticeLms", tool: Tool, course: Course, *, key: Key | None = None, **said: Any) -> str:
    """The notice that this course is a copy, honest unless told otherwise; `said` are claims by their short names."""
    now = int(time.time())
    body = {
        "iss": lms.issuer,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": secrets.token_urlsafe(16),
        claims.LTI + "version": "1.3.0",
        claims.LTI + "deployment_id": tool.deployment_id,
        claims.NOTICE: {
            "id": secrets.token_hex(8),
            "timestamp": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
            "type": claims.COPY_NOTICE,
        },
        claims.LTI + "context": {"id": course.id, "label": course.label, "title": course.title},
        claims.ORIGIN_CONTEXTS: list(course.history[:1]),
    }
    body.update({claims.full(name): value for name, value in said.items()})
    return sign(body, key or lms.keys.current)


def announce(lms: "PracticeLms", course: Course) -> None:
    """Tell every tool that asked for it, once and without waiting for an answer."""
    for tool in lms.store.state.tools.values():
        handler = tool.notice_handlers.get(claims.COPY_NOTICE)
        if lms.quirks.notices and handler:
            Thread(target=_post, args=(handler, signed(lms, tool, course)), daemon=True).start()


def _post(handler: str, token: str) -> None:
    try:
        requests.post(handler, json={"notices": [{"jwt": token}]}, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException:
        return  # the tool was not there; the history of the copied course tells it the same later
