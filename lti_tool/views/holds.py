"""A remark that should not stand as it is: put on hold, then set free, written anew, or taken out."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.forms.feedbacks import HoldForm
from lti_tool.services import feedbacks, holds
from lti_tool.views.base import requires
from lti_tool.views.feedbacks import found, lead_to

bp = Blueprint("holds", __name__, url_prefix="/circles/<int:circle_id>/feedbacks/<int:feedback_id>")


@bp.route("/hold", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def new(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Say what is wrong with a remark; it is out of sight at once."""
    feedback, form = found(circle_id, feedback_id), HoldForm()
    if form.accepted():
        holds.hold(feedback, **form.values(), by=g.visit.person)
        db.session.commit()
        flash(_("It is on hold. Only its writer and the author of the work see it now."))
        if feedbacks.is_author(feedback, g.visit.person):
            return lead_to("show", feedback)
        return redirect(url_for("circles.show", circle_id=circle_id), code=303)
    return render_template("holds/new.html", feedback=feedback, form=form, circle=feedbacks.circle_of(feedback))


@bp.post("/ask-help")
@requires(Permission.SIGNED_IN)
def ask_help(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Ask the facilitator to look at it."""
    feedback = holds.ask_help(found(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("The facilitator can see it now."))
    return lead_to("show", feedback)


@bp.post("/restore")
@requires(Permission.SIGNED_IN)
def restore(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Set it free."""
    feedback = holds.restore(found(circle_id, feedback_id), by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    flash(_("It stands again as it was."))
    return lead_to("show", feedback)


@bp.post("/reword")
@requires(Permission.SIGNED_IN)
def reword(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Write it another way."""
    feedback = holds.reword(found(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("It is a draft again. Say it another way and send it when you like."))
    return lead_to("write", feedback)


@bp.post("/remove")
@requires(Permission.SIGNED_IN)
def remove(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Take it out for good."""
    holds.remove(found(circle_id, feedback_id), by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    flash(_("It is taken out. Its writer keeps a copy."))
    return redirect(url_for("circles.show", circle_id=circle_id), code=303)
