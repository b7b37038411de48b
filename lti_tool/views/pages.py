"""The few pages that belong to no noun: the front door, the language, health."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

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
    return redirect(_shown(own_path(request.form.get("back", ""))), code=303)


def _shown(address: str) -> str:
    """The address, or the nearest page above it: what a button opened, to say what is to be mended, no link opens."""
    adapter, path = current_app.create_url_adapter(request), urlsplit(address).path
    if adapter is None or not _is_for_a_button(adapter, path):
        return address
    while path and not adapter.test(path, method="GET"):
        path = path.rpartition("/")[0]
    return path or "/"


def _is_for_a_button(adapter: MapAdapter, path: str) -> bool:
    try:
        adapter.match(path, method="GET")
    except MethodNotAllowed:
        return True
    except HTTPException:
        return False  # a page that is not there says so in the other language, too
    return False


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
