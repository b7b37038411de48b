"""My circle: what happens next, my next step, what colleagues shared."""

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lti_tool.access import Permission
from lti_tool.services import circles
from lti_tool.views.base import requires

bp = Blueprint("circles", __name__, url_prefix="/circles")


@bp.get("")
@requires(Permission.SIGNED_IN)
def home() -> ResponseReturnValue:
    """Lead a visitor to her circle, a choice of two, set-up, or the waiting page."""
    landing = circles.landing(g.visit.activity, within=g.visit.reach)
    if landing.circle is not None:
        return redirect(url_for("circles.show", circle_id=landing.circle.id), code=303)
    if landing.choice:
        return render_template("circles/home.html", choice=landing.choice)
    return redirect(url_for("circles.forming"), code=303)


@bp.get("/forming")
@requires(Permission.SIGNED_IN)
def forming() -> ResponseReturnValue:
    """The kind waiting page of a person who is in no circle yet."""
    return render_template("circles/forming.html")


@bp.get("/<int:circle_id>")
@requires(Permission.BELONG)
def show(circle_id: int) -> ResponseReturnValue:
    """One circle, by role."""
    circle = circles.get(circle_id, within=g.visit.reach)
    return render_template("circles/show.html", circle=circle)
