"""The OpenID Connect answer to a tool's authentication request (1EdTech Security Framework 1.0 §5.1.1)."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lti1p3platform.exceptions import PreflightRequestValidationException

from lti_tool.demo.library import Message
from lti_tool.demo.platform import HINT_LIFE, LmsError

if TYPE_CHECKING:
    from lti_tool.demo.opening import Opening
    from lti_tool.demo.platform import PracticeLms

FIXED = {"response_type": "id_token", "response_mode": "form_post", "scope": "openid"}


@dataclass(frozen=True)
class Answer:
    """A form that the browser posts to the tool."""

    url: str
    fields: dict[str, str]


def answer(lms: "PracticeLms", asked: dict[str, str]) -> Answer:
    """The form with the id_token, or with an error (§5.1.1.5).

    LmsError where the tool or its redirect address is not known: nothing is sent to an address nobody registered.
    """
    tool = lms.tool(asked.get("client_id", ""))
    url = asked.get("redirect_uri", "")
    if url not in tool.redirect_urls:
        raise LmsError("The redirect_uri is not one of the tool's registered addresses.")
    state = asked.get("state", "")
    for name, value in FIXED.items():
        if asked.get(name) != value:
            return _error(url, state, "invalid_request", f"{name} must be {value}")
    if asked.get("prompt", "none") not in ("", "none"):
        return _error(url, state, "invalid_request", "prompt must be none")
    opening = _remembered(lms, asked.get("lti_message_hint", ""))
    if opening is None:
        return _error(url, state, "login_required", "There is no active session for this launch")
    if asked.get("login_hint") != lms.quirks.subject(opening.person) or opening.tool.client_id != tool.client_id:
        return _error(url, state, "login_required", "The login_hint is another person's")
    try:
        form = Message(lms, opening, asked).lti_launch()
    except PreflightRequestValidationException:
        return _error(url, state, "invalid_request", "nonce and state must be given")
    return Answer(form["launch_url"], {"id_token": form["id_token"], "state": form["state"], **lms.announcement})


def _remembered(lms: "PracticeLms", hint: str) -> "Opening | None":
    with lms.store.lock:
        since, opening = lms.hints.get(hint, (0.0, None))
        if lms.quirks.hints_once:
            lms.hints.pop(hint, None)
    return opening if opening and time.monotonic() - since < HINT_LIFE else None


def _error(url: str, state: str, error: str, description: str) -> Answer:
    return Answer(url, {"error": error, "error_description": description, "state": state})
