"""My inquiry: the stages of the programme in order, what I wrote in each, and the next one to begin."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.forms.entries import BeginForm
from lti_tool.services import circles, inquiries
from lti_tool.views.base import requires
from lti_tool.views.words import state_of

bp = Blueprint("inquiries", __name__, url_prefix="/circles/<int:circle_id>/inquiry")


@bp.get("")
@requires(Permission.WRITE_INQUIRY)
def show(circle_id: int) -> ResponseReturnValue:
    """The visitor's inquiries in this circle."""
    circle = circles.get(circle_id, within=g.visit.reach)
    return render_template(
        "inquiries/show.html",
        circle=circle,
        overviews=inquiries.of(circle, within=g.visit.reach),
        kept=inquiries.kept(within=g.visit.reach),
        state_of=state_of,
        asked=request.args.get("stage", ""),  # an activity of the course led here
        me=g.visit.person,
    )


@bp.post("/begin")
@requires(Permission.WRITE_INQUIRY)
def begin(circle_id: int) -> ResponseReturnValue:
    """Begin a stage and go to its page."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = BeginForm()
    if not form.accepted():
        return redirect(url_for("inquiries.show", circle_id=circle_id), code=303)
    told: int = form.inquiry.data
    inquiry = inquiries.get_own(told, within=g.visit.reach) if told else None
    if inquiry is not None and inquiry.circle_id != circle_id:
        raise NotFoundError
    entry = inquiries.begin(circle, stage=form.stage.data or "", by=g.visit.person, inquiry=inquiry)
    db.session.commit()
    return redirect(url_for("entries.show", circle_id=circle_id, entry_id=entry.id), code=303)
