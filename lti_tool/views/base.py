"""What every request goes through: a unit of work, the visitor, the permission of the view, one sending of a form.

A view without a declared permission does not answer. `g.visit` is the signed-in visitor (None on pages for anyone),
`g.administrator` what an administrator may look after (on administration pages alone, which nobody may frame).
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, parse

from lti_tool import db, i18n, limits, log, settings
from lti_tool.access import ADMINISTERING, WITHOUT_CIRCLE, Permission
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.forms.base import ONCE, opened_by, opened_by_administrator
from lti_tool.services import administrators, forms_used, visits

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
One = TypeVar("One")
SAFE = {"GET", "HEAD", "OPTIONS"}
PAUSES = (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)  # seconds: a first sending says within a moment where it leads
ADMINISTRATION_COOKIE = "__Host-circles-administration"
LARGEST_NUMBER = 2**31 - 1  # of a row, on every database; one would refuse to look for a larger one
LAST_PAGE = 10_000  # of a list; an address with a larger number is nobody's link


class SignedOutError(Exception):
    """Nobody is signed in, or the visit is over."""


class NoAdministratorError(Exception):
    """Nobody has opened the administration in this browser, or it is closed again."""


class OtherPersonError(Exception):
    """The form was opened by somebody else than the one who is signed in now."""


class ForbiddenError(Exception):
    """The visitor is in the circle, and yet this is not for her role."""


def requires(permission: Permission, *, get_writes: bool = False, at_most: str = "") -> Callable[[View], View]:
    """Declare what a view asks of its visitor; `get_writes` only where a protocol makes a GET write (LTI login).

    `at_most` limits how often one address may call it: "600 per minute".
    """

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.get_writes = get_writes  # type: ignore[attr-defined]
        view.at_most = parse(at_most) if at_most else None  # type: ignore[attr-defined]
        return view

    return mark


def init_app(app: Flask) -> None:
    """Put the guard before every view, and the end of the unit of work after it."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> ResponseReturnValue | None:
    g.visit = g.administrator = None
    g.request_id = log.begin()
    if request.endpoint is None:
        return None  # the router's own 404 or 405 follows
    if any(isinstance(number, int) and number > LARGEST_NUMBER for number in (request.view_args or {}).values()):
        raise NotFoundError
    view = current_app.view_functions[request.endpoint]
    permission: Permission | None = getattr(view, "permission", None)
    if permission is None:
        log.get(__name__).error("view_without_permission", endpoint=request.endpoint)
        raise NotFoundError
    most: RateLimitItem | None = getattr(view, "at_most", None)
    if most and limits.too_often(most, what=request.endpoint, address=request.remote_addr or ""):
        abort(429)
    g.work = ExitStack()
    get_writes: bool = getattr(view, "get_writes", False)
    g.work.enter_context(db.work(read_only=request.method in SAFE and not get_writes))
    if (visit_id := session.get("visit")) is not None:
        g.visit = visits.load(visit_id)
    if g.visit is not None:
        g.language = i18n.negotiate(g.visit.locale, None, request.headers.get("Accept-Language"))
    if permission in ADMINISTERING:
        return _guard_administration(permission)
    if permission is Permission.ANYONE:
        return None
    return _guard(permission)


def _guard_administration(permission: Permission) -> ResponseReturnValue | None:
    """A launch opens no page of administrators; it only tells whether "not for you" or "ask for a link" is said."""
    g.never_framed = True
    g.administrator = administrators.load(request.cookies.get(ADMINISTRATION_COOKIE))
    if g.administrator is None:
        raise NoAdministratorError if g.visit is None else ForbiddenError
    g.visit = None
    if permission is Permission.ADMINISTER_ALL and not g.administrator.whole:
        raise ForbiddenError
    if request.method not in SAFE:
        if not from_own_page():
            raise RefusedError("foreign_form")
        if opened_by_administrator(request.form) != g.administrator.number:
            raise RefusedError("unsigned_form")
    return _once()


def _guard(permission: Permission) -> ResponseReturnValue | None:
    if g.visit is None:
        raise SignedOutError
    if request.method not in SAFE:
        _check_sender()
    if permission not in WITHOUT_CIRCLE:
        circle_id = (request.view_args or {})["circle_id"]
        if g.visit.reach.place(circle_id) is None:
            raise NotFoundError
        if not g.visit.reach.may(permission, circle_id):
            raise ForbiddenError
    return _once()


def from_own_page(*, surely: bool = False) -> bool:
    """Whether a form comes from a page of ours: Sec-Fetch-Site says it where the browser sends that, else Origin.

    A browser that says neither is believed, unless we must know `surely`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site:
        return site == "same-origin" or (site == "none" and not surely)
    return origin == settings.current().public_url or (origin is None and not surely)


def page_asked() -> int:
    """Which page of a list the address asks for: the first where it says none."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)


def page_of(found: list[One], *, size: int) -> tuple[list[One], int, bool]:
    """The part of a list that the address asks for, the number of its page, and whether more follows."""
    page = min(page_asked(), max(1, -(-len(found) // size)))
    return found[(page - 1) * size : page * size], page, len(found) > page * size


def sign_in(visit_id: str, *, person_id: int) -> None:
    """This browser is that visitor's from now on; an earlier visit in it is not adopted (session fixation)."""
    session.clear()
    session["visit"] = visit_id
    session["person"] = person_id  # whose platform may still frame what is said after the visit ended


def _check_sender() -> None:
    """A form comes from our own pages and from the person who opened it (the token is signed, see forms/base.py)."""
    if not from_own_page():
        raise RefusedError("foreign_form")
    owner = opened_by(request.form)
    if owner is None:
        raise RefusedError("unsigned_form")
    if owner != g.visit.person_id:
        raise OtherPersonError


def _once() -> ResponseReturnValue | None:
    """A form sent a second time leads where the first sending led, and changes nothing.

    Saving while somebody types repeats on purpose, with the key of the page that she has yet to send.
    """
    key = request.form.get("once", "") if request.method not in SAFE else ""
    if not ONCE.match(key) or "X-Autosave" in request.headers:
        return None
    if forms_used.location_of(key) is not None:
        _close_work()  # the first sending may be waiting for our place in the queue of writers
        return redirect(first_led_to(key) or ("/platforms" if g.administrator else "/circles"), code=303)
    forms_used.note(key)
    g.once = key
    return None


def first_led_to(key: str) -> str | None:
    """Where the first sending of a form led ("" where it never said), None if it was not accepted."""
    location = None
    for pause in PAUSES:
        time.sleep(pause)
        with db.work(read_only=True):
            location = forms_used.location_of(key)
        if location != "":
            break
    return location


def _finish(response: Response) -> Response:
    """Close the unit of work while a forgotten commit can still become a page, and note where a form leads.

    A page with something to mend in the form that was sent is a refusal.
    """
    if g.get("refused") and response.status_code == 200:
        response.status_code = 422
    if g.get("work") is None:
        return response
    _close_work()
    key = g.get("once")
    if key and response.status_code in {302, 303}:
        with db.work() as unit:
            forms_used.lead_to(key, response.headers["Location"])
            unit.commit()
    return response


def _close_work() -> None:
    stack: ExitStack | None = g.pop("work", None)
    if stack is not None:
        stack.close()


def _end(error: BaseException | None) -> None:
    if error is not None and g.get("work") is not None:
        db.session.rollback()
    _close_work()
