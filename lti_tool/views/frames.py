"""Headers of every answer: who may frame us, what may load, what is kept in caches."""

import re
from collections.abc import Iterable

from flask import Flask, Response, g, request, session
from werkzeug.exceptions import HTTPException

from lti_tool import db
from lti_tool.forms.base import opened_by
from lti_tool.services import platforms

ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?=[/?#]|$)")


def init_app(app: Flask) -> None:
    """Set the headers on every answer."""
    app.after_request(_set_headers)


def origins_of(addresses: Iterable[str]) -> list[str]:
    """The distinct origins of some addresses; what would be more than a host and a port in our header is left out."""
    return sorted({found[0] for address in addresses if (found := ORIGIN.match(address))})


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {' '.join(_ancestors()) or chr(39) + 'none' + chr(39)}",
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"  # nothing to others; "no-referrer" would hide our forms' own Origin
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _ancestors() -> list[str]:
    """The visitor's own platform; without a visitor the one that her cookie or her form remembers, else the approved
    platform that sent her here.

    A teacher must be able to read why a page does not open inside her course, or she sees a blank frame; and nobody
    learns from the header which unions and ministries use this installation (H4).
    """
    if "frame_origins" in g:
        return list(g.frame_origins)
    if g.get("visit") is not None:
        return origins_of(g.visit.platform_addresses)
    with db.work(read_only=True):
        if "platform" in session:
            return origins_of(platforms.addresses_of(session["platform"]))
        if (person_id := _sender()) is not None:
            return origins_of(platforms.addresses_for(person_id))
        sender = origins_of([request.headers.get("Origin", ""), request.headers.get("Referer", "")])
        return [origin for origin in sender if platforms.knows(origin)]


def _sender() -> int | None:
    """Who opened the page whose form was sent; None also where the form is too large to be read."""
    try:
        return opened_by(request.form)
    except HTTPException:
        return None
