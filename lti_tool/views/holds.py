"""A remark that should not stand as it is: put on hold, then set free, written anew, or taken out."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.forms.feedbacks import HoldForm
from lti_tool.models import Feedback
from lti_tool.services import feedbacks, holds
from lti_tool.views.base import requires

bp = Blueprint("holds", __name__, url_prefix="/circles/<int:circle_id>/feedbacks/<int:feedback_id>")


def _found(circle_id: int, feedback_id: int) -> Feedback:
    feedback = feedbacks.get(feedback_id, within=g.visit.reach)
    if feedback.circle_id != circle_id:
        raise NotFoundError
    return feedback


def _back(feedback: Feedback) -> ResponseReturnValue:
    return redirect(url_for("feedbacks.show", circle_id=feedback.circle_id, feedback_id=feedback.id), code=303)


@bp.route("/hold", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def new(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Say what is wrong with a remark; it is out of sight at once."""
    feedback, form = _found(circle_id, feedback_id), HoldForm()
    if form.accepted():
        holds.hold(feedback, **form.values(), by=g.visit.person)
        db.session.commit()
        flash(_("It is on hold. Only its writer and the author of the work see it now."))
        if feedbacks.is_author(feedback, g.visit.person):
            return _back(feedback)
        return redirect(url_for("circles.show", circle_id=circle_id), code=303)
    return render_template("holds/new.html", feedback=feedback, form=form, circle=feedbacks.circle_of(feedback))


@bp.post("/ask-help")
@requires(Permission.SIGNED_IN)
def ask_help(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Ask the facilitator to look at it."""
    feedback = holds.ask_help(_found(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("The facilitator can see it now."))
    return _back(feedback)


@bp.post("/restore")
@requires(Permission.SIGNED_IN)
def restore(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Set it free."""
    feedback = holds.restore(_found(circle_id, feedback_id), by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    flash(_("It stands again as it was."))
    return _back(feedback)


@bp.post("/reword")
@requires(Permission.SIGNED_IN)
def reword(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Write it another way."""
    feedback = holds.reword(_found(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("It is a draft again. Say it another way and send it when you like."))
    return redirect(url_for("feedbacks.write", circle_id=circle_id, feedback_id=feedback.id), code=303)


@bp.post("/remove")
@requires(Permission.SIGNED_IN)
def remove(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Take it out for good."""
    holds.remove(_found(circle_id, feedback_id), by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    flash(_("It is taken out. Its writer keeps a copy."))
    return redirect(url_for("circles.show", circle_id=circle_id), code=303)
