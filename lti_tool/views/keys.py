"""Our signing keys: which there are, since when, and a new one out of turn."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db, settings
from lti_tool.access import Permission
from lti_tool.services import keys
from lti_tool.services.keys import Use
from lti_tool.views import key_words
from lti_tool.views.base import requires

bp = Blueprint("keys", __name__, url_prefix="/keys")


@bp.get("")
@requires(Permission.ADMINISTER_ALL)
def index() -> ResponseReturnValue:
    """Every published key, and when the calendar makes the next one."""
    known = keys.all()
    return render_template(
        "keys/index.html",
        keys=known,
        waits=any(one.use is Use.NEXT for one in known),
        words=key_words,
        next_at=keys.next_at(),
        address=settings.current().url("/lti/jwks"),
        lead_days=settings.current().key_lead_days,
    )


@bp.post("")
@requires(Permission.ADMINISTER_ALL)
def new() -> ResponseReturnValue:
    """Publish one out of turn; it signs once every LMS had time to see it."""
    keys.rotate(by=g.administrator)
    db.session.commit()
    flash(key_words.made(settings.current().key_lead_days))
    return redirect(url_for("keys.index"), code=303)
