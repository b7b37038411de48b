"""From a launch straight to what the activity opens."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool.access import Permission
from lti_tool.services import links, visits
from lti_tool.views.base import requires

bp = Blueprint("links", __name__, url_prefix="/links")


@bp.get("/follow")
@requires(Permission.SIGNED_IN)
def follow() -> ResponseReturnValue:
    """Lead on to the thing; to where every launch leads when it is not there, or not for this visitor."""
    activity = visits.activity_of(g.visit, named=request.args.get("activity", ""))
    target = links.target(activity, within=g.visit.reach)
    if target is not None:
        return redirect(url_for(target.endpoint, **target.values), code=303)
    if g.visit.reach.places:  # who has no place yet reads about that alone
        flash(_("What this activity leads to is not here any more, or not for you. Here is your circle."), "note")
    return redirect(url_for("circles.home"), code=303)
