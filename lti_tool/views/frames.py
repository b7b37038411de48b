"""Headers of every answer: who may frame us, what may load, what is kept in caches."""

import re
from collections.abc import Iterable

from flask import Flask, Response, g, request, session
from werkzeug.exceptions import HTTPException

from lti_tool import db, settings
from lti_tool.forms.base import opened_by
from lti_tool.services import platforms

ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?=[/?#]|$)", re.IGNORECASE)


def init_app(app: Flask) -> None:
    """Set the headers on every answer, and let the templates ask whether they are in a frame."""
    app.after_request(_set_headers)
    app.jinja_env.globals.update(framed=framed)


def framed(*, otherwise: bool = True) -> bool:
    """Whether the browser shows this answer inside another page; `otherwise` where it does not say."""
    return request.headers.get("Sec-Fetch-Dest", "iframe" if otherwise else "document") != "document"


def allow(addresses: Iterable[str]) -> None:
    """Let the pages of these addresses frame the answer, and no other."""
    g.frame_origins = origins_of(addresses)


def allow_anybody() -> None:
    """Let every page frame the answer: one that names nobody, and whose one button begins the login in a new window.

    Of a login that is not finished nothing but the issuer is known, and many schools may share that.
    """
    g.frame_origins = ["*"]


def origins_of(addresses: Iterable[str]) -> list[str]:
    """The distinct origins of some addresses; what would be more than a host and a port in our header is left out."""
    return sorted({found[0] for address in addresses if (found := ORIGIN.match(address))})


def _set_headers(response: Response) -> Response:
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        ancestors = ["*"] if _says_nothing(response) else _ancestors() or ["'none'"]
        sends_to = g.get("form_action") or "'self'"
        headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; form-action {sends_to}; frame-ancestors {' '.join(ancestors)}"
        )
    headers["X-Content-Type-Options"] = "nosniff"
    if settings.current().public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers["Referrer-Policy"] = "same-origin"  # nothing to others; "no-referrer" would hide our forms' own Origin
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers.setdefault("Cache-Control", "no-store")
    return response


def _ancestors() -> list[str]:
    """The visitor's own platform; without a visitor the one that her cookie or her form remembers, else the approved
    platform that sent her here.

    A teacher must be able to read why a page does not open inside her course, or she sees a blank frame; and nobody
    learns from the header which unions and ministries use this installation (H4).
    """
    if g.get("never_framed"):  # a page of administrators
        return []
    if "frame_origins" in g:
        return list(g.frame_origins)
    if g.get("visit") is not None:
        return origins_of(g.visit.platform_addresses)
    try:
        return _remembered()
    except db.DownError:  # nobody can be looked up, so the page names nobody: anybody may frame it
        return ["*"]


def _remembered() -> list[str]:
    with db.work(read_only=True):
        if (person_id := session.get("person") or _sender()) is not None:
            return origins_of(platforms.addresses_for(person_id))
        sender = origins_of([request.headers.get("Origin", ""), request.headers.get("Referer", "")])
        return [origin for origin in sender if platforms.knows(origin)]


def _says_nothing(response: Response) -> bool:
    """Whether this is a refusal in a frame for somebody unknown: no name, no text, nothing that a click could do.

    Whatever page frames it learns nothing and can trick nobody, and a person reads what to do instead of a blank frame.
    """
    lost = request.method == "GET" and response.status_code == 401
    refused = request.endpoint in {"lti.begin", "lti.finish"} and response.status_code in {403, 429}
    return (lost or refused) and framed(otherwise=False) and not g.get("never_framed")


def _sender() -> int | None:
    """Who opened the page whose form was sent; None also where the form is too large to be read."""
    try:
        return opened_by(request.form)
    except HTTPException:
        return None
