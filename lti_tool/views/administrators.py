"""The door of administrators: a link or a ticket is used up, and this browser may look after platforms for some hours.

None of these pages is ever framed: the way from an LMS leads into a window of its own.
"""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import RefusedError
from lti_tool.limits import limiter
from lti_tool.services import administrators
from lti_tool.views.base import ADMINISTRATION_COOKIE, ForbiddenError, check_origin, requires

bp = Blueprint("administrators", __name__, url_prefix="/administrators")


@bp.get("/links/<token>")
@requires(Permission.ANYONE)
def link(token: str) -> ResponseReturnValue:
    """What the command's link opens: one button, so that a preview in a mail program spends nothing."""
    g.frame_origins = []
    return render_template("administrators/link.html", token=token)


@bp.get("/door")
@requires(Permission.SIGNED_IN)
def door() -> ResponseReturnValue:
    """The way of an LMS administrator out of the frame; her reach in circles is what it was."""
    if not g.visit.administers:
        raise ForbiddenError
    ticket = administrators.ticket(g.visit.person_id)
    return render_template("administrators/door.html", platform=g.visit.course.deployment.platform, ticket=ticket)


@bp.post("/enter")
@requires(Permission.ANYONE)
@limiter.limit("20 per minute")
def enter() -> ResponseReturnValue:
    """Use the link up and sign this browser in, in a window of its own alone."""
    g.visit = None
    g.frame_origins = []
    check_origin()
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        raise RefusedError("administration_framed")
    secret = administrators.enter(request.form.get("token", ""))
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
