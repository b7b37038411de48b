"""The door of administrators: a link is used up, or a launch says so, and this browser looks after platforms for hours.

None of these pages is ever framed: the way from an LMS leads into a window of its own.
"""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import RefusedError
from lti_tool.services import administrators
from lti_tool.views import frames
from lti_tool.views.base import ADMINISTRATION_COOKIE, ForbiddenError, from_own_page, requires

bp = Blueprint("administrators", __name__, url_prefix="/administrators")


@bp.get("/links/<token>")
@requires(Permission.ANYONE)
def link(token: str) -> ResponseReturnValue:
    """What the command's link opens: one button, so that a preview in a mail program spends nothing."""
    g.never_framed = True
    if not administrators.still_opens(token):
        raise RefusedError("administrator_link_used")
    return render_template("administrators/link.html", token=token)


@bp.get("/door")
@requires(Permission.SIGNED_IN)
def door() -> ResponseReturnValue:
    """The way of an LMS administrator to her own platform's page; her reach in circles is what it was."""
    if not g.visit.administers:
        raise ForbiddenError
    return render_template("administrators/door.html", platform=g.visit.course.deployment.platform)


@bp.post("/door")
@requires(Permission.SIGNED_IN)
def go_in() -> ResponseReturnValue:
    """Sign the LMS administrator in as what she is there, in a window of its own alone."""
    if not g.visit.administers:
        raise ForbiddenError
    _in_own_window()
    return _signed_in(administrators.enter_from(g.visit.visit_id))


@bp.post("/enter")
@requires(Permission.ANYONE, at_most="20 per minute")
def enter() -> ResponseReturnValue:
    """Use the command's link up and sign this browser in."""
    g.visit = None
    g.never_framed = True
    if not from_own_page():
        raise RefusedError("foreign_form")
    _in_own_window()
    return _signed_in(administrators.enter(request.form.get("token", "")))


def _in_own_window() -> None:
    if frames.framed(otherwise=False):
        raise RefusedError("administration_framed")


def _signed_in(secret: str) -> ResponseReturnValue:
    db.session.commit()
    answer = redirect(url_for("platforms.index"), code=303)
    answer.set_cookie(ADMINISTRATION_COOKIE, secret, secure=True, httponly=True, samesite="Lax", path="/")
    return answer


@bp.post("/leave")
@requires(Permission.ADMINISTER)
def leave() -> ResponseReturnValue:
    """Close the administration in this browser."""
    administrators.leave(g.administrator)
    db.session.commit()
    answer = redirect(url_for("pages.front"), code=303)
    answer.delete_cookie(ADMINISTRATION_COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return answer
