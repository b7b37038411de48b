"""Out of the LMS's frame: a new window has no session of ours, so a one-time link carries the visit there."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db, i18n
from lti_tool.access import Permission
from lti_tool.errors import RefusedError
from lti_tool.models import OutsideLink
from lti_tool.services import outsides, platforms
from lti_tool.views import frames
from lti_tool.views.base import from_own_page, requires, sign_in
from lti_tool.views.pages import own_path

bp = Blueprint("outsides", __name__, url_prefix="/outside")


@bp.post("")
@requires(Permission.SIGNED_IN)
def new() -> ResponseReturnValue:
    """Make a one-time link to a page of ours; every link of ours into a new window comes through here."""
    token = outsides.make(g.visit.visit_id, path=own_path(request.form.get("path") or request.form.get("back", "")))
    db.session.commit()
    return redirect(url_for("outsides.show", token=token), code=303)


@bp.get("/<token>")
@requires(Permission.ANYONE)
def show(token: str) -> ResponseReturnValue:
    """The button that goes on in the new window; a script presses it there. Looking uses nothing up.

    Only pages of ours lead here: somebody else's link would sign a person in under another's name.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site not in {None, "same-origin"}:
        raise RefusedError("link_over")
    link = outsides.find(token)
    inside, signed_in = frames.framed(), g.visit is not None
    receive(link)
    at_once = site is not None and not inside
    return render_template(
        "outsides/show.html", link=link, token=token, inside=inside, at_once=at_once, signed_in=signed_in
    )


@bp.post("/<token>")
@requires(Permission.ANYONE)
def enter(token: str) -> ResponseReturnValue:
    """Use the link up and go on with the visit in this window."""
    if not from_own_page():
        raise RefusedError("foreign_form")
    link = outsides.use(token)
    db.session.commit()
    sign_in(link.visit_id, person_id=link.visit.person_id)
    return redirect(link.path, code=303)


def receive(link: OutsideLink) -> None:
    """Let the answer speak to the person of the link and to nobody who may be signed in here from earlier."""
    g.visit = None
    g.language = i18n.negotiate(link.visit.person.locale, None, request.headers.get("Accept-Language"))
    frames.allow(platforms.addresses_for(link.visit.person_id))
