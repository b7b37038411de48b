"""The few pages that belong to no noun: the front door, the language, health."""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db, i18n, migrate
from lti_tool.access import Permission
from lti_tool.services import people
from lti_tool.views.base import requires

bp = Blueprint("pages", __name__)


@bp.get("/")
@requires(Permission.ANYONE)
def front() -> ResponseReturnValue:
    """Who comes without a course is told to open the activity there; who is signed in goes to her circle."""
    if "visit" in session:
        return redirect(url_for("circles.home"), code=303)
    return render_template("pages/front.html")


@bp.post("/language")
@requires(Permission.SIGNED_IN)
def language() -> ResponseReturnValue:
    """Remember the language that the person chose."""
    people.choose_language(g.visit.person, locale=i18n.negotiate(request.form.get("language"), None, None))
    db.session.commit()
    return redirect(own_path(request.form.get("back", "")), code=303)


def own_path(address: str) -> str:
    """The address if it is a path of ours, else the front door: no form of ours leads anywhere else."""
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if own else "/"


@bp.get("/healthz")
@requires(Permission.ANYONE)
def healthz() -> ResponseReturnValue:
    """200 when the tool can serve: the database answers and its tables are those of this release."""
    if db.is_lost():
        return {"status": "the database is gone"}, 503
    try:
        ready = migrate.at_head(db.engine())
    except db.DownError:
        return {"status": "the database does not answer"}, 503
    return {"status": "ok"} if ready else ({"status": "upgrade-db is needed"}, 503)
