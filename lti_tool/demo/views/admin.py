"""The administrator's pages: tools and faults."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.demo import registrations
from lti_tool.demo.platform import LmsError
from lti_tool.demo.quirks import PROFILES
from lti_tool.demo.views import current_lms

bp = Blueprint("admin", __name__)


@bp.before_request
def own_pages_only() -> None:
    """No other site may press our buttons."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


@bp.get("/register")
def tools() -> ResponseReturnValue:
    """The registered tools, and a field for an invite address."""
    return render_template("demo/tools.html", facts=current_lms().platform_facts)


@bp.post("/register")
def register() -> ResponseReturnValue:
    """The tool's registration page in a frame."""
    if not current_lms().quirks.registers:
        raise LmsError("This LMS has no dynamic registration: copy the addresses by hand.")
    invite = request.form.get("invite", "").strip()
    if urlsplit(invite).scheme not in ("http", "https"):
        raise LmsError("Paste the whole invite address, beginning with http.")
    update = request.form.get("update") or None
    return render_template(
        "demo/register.html", frame=registrations.invite_address(current_lms(), invite, update=update)
    )


@bp.post("/tools/<client_id>")
def tool(client_id: str) -> ResponseReturnValue:
    """Activate, remove, or share names or not."""
    lms = current_lms()
    lms.tool(client_id)
    action = request.form.get("action")
    if action == "remove":
        lms.remove_tool(client_id)
    else:
        with lms.store.change() as state:
            chosen = state.tools[client_id]
            if action == "activate":
                chosen.active = True
            elif action in ("share", "hide"):
                chosen.shares_names = action == "share"
    return redirect(url_for(".tools"), 303)


@bp.get("/faults")
def faults() -> ResponseReturnValue:
    """The switches."""
    return render_template("demo/faults.html", profiles=PROFILES)


@bp.post("/faults")
def set_faults() -> ResponseReturnValue:
    """Press a button or set the switches."""
    lms, action = current_lms(), request.form.get("action", "switches")
    if action == "switches":
        lms.faults.set(**{name: request.form.get(name, "") for name in lms.faults.as_dict()})
        return redirect(url_for(".faults"), 303)
    _act(action, request.form.get("what", ""))
    return redirect(url_for(".faults"), 303)


@bp.get("/faults.json")
def faults_json() -> ResponseReturnValue:
    """The switches for programs."""
    return jsonify(current_lms().faults.as_dict())


@bp.post("/faults.json")
def set_faults_json() -> ResponseReturnValue:
    """Switches by name, and `"action"` with `"what"` for the buttons."""
    wanted = request.get_json()
    try:
        if action := wanted.pop("action", None):
            _act(str(action), str(wanted.pop("what", "")))
        current_lms().faults.set(**wanted)
    except (ValueError, TypeError) as error:
        return jsonify({"error": str(error)}), 400
    return jsonify(current_lms().faults.as_dict())


def _act(action: str, what: str) -> None:
    lms = current_lms()
    if action == "profile" and what in PROFILES:
        lms.quirks = PROFILES[what]
        return
    actions: dict[str, Callable[[], object]] = {
        "clear": lms.faults.clear,
        "rotate_keys": lms.rotate_keys,
        "forget_tokens": lms.forget_tokens,
        "remove_person": lambda: lms.remove_person(what),
        "restore_people": lms.restore_people,
        "delete_column": lambda: lms.gradebook.delete(what),
        "copy_course": lms.copy_course,
    }
    if action not in actions:
        raise LmsError("There is no such button.")
    actions[action]()
