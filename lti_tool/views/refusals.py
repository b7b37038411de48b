"""Every refusal is a page that a teacher understands: what happened, what is kept, what to do."""

import structlog
from flask import Flask, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from lti_tool import db
from lti_tool.errors import LaunchRefusedError, NotFoundError, PlatformError, RefusedError
from lti_tool.services import forms_used
from lti_tool.views.base import ForbiddenError, OtherPersonError, SignedOutError
from lti_tool.views.words import launch_refusal, refusal

log = structlog.get_logger()
TECHNICAL = {"csrf_token", "once", "edition"}


def init_app(app: Flask) -> None:
    """Answer every known refusal, and the unknown fault, with a page of ours."""
    app.register_error_handler(SignedOutError, lambda _: kept_text("signed_out", 401))
    app.register_error_handler(OtherPersonError, lambda _: kept_text("other_person", 409))
    app.register_error_handler(db.LostUpdateError, lambda _: kept_text("lost_update", 409))
    app.register_error_handler(db.ClashError, _sent_twice)
    app.register_error_handler(ForbiddenError, lambda _: page("forbidden", 403))
    app.register_error_handler(NotFoundError, lambda _: page("not_found", 404))
    app.register_error_handler(LaunchRefusedError, _launch_refused)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(PlatformError, _platform_fault)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def typed() -> list[tuple[str, str]]:
    """What a person typed into the form that could not be taken, field by field, longest first."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in TECHNICAL and value]
    return sorted(fields, key=lambda field: -len(field[1]))


def page(code: str, status: int) -> ResponseReturnValue:
    """A short page in plain words; whatever was changed so far is undone."""
    _undo()
    return render_template("errors/refused.html", words=refusal(code), code=code, typed=typed()), status


def kept_text(code: str, status: int) -> ResponseReturnValue:
    """The same, with the typed text and a way to send it once more."""
    _undo()
    if not typed():
        return page(code, status)
    again = [(name, value) for name, value in request.form.items(multi=True) if name not in {"csrf_token", "edition"}]
    token = request.form.get("csrf_token", "")
    return (
        render_template(
            "errors/kept_text.html", words=refusal(code), code=code, typed=typed(), again=again, token=token
        ),
        status,
    )


def _refused(error: RefusedError) -> ResponseReturnValue:
    log.info("refused", code=error.code, endpoint=request.endpoint or "")
    return kept_text(error.code, 409 if request.method == "POST" else 400)


def _launch_refused(error: LaunchRefusedError) -> ResponseReturnValue:
    log.warning("launch_refused", code=error.code)
    _undo()
    return render_template("errors/launch.html", words=launch_refusal(error.code), code=error.code), 403


def _platform_fault(error: PlatformError) -> ResponseReturnValue:
    log.warning("platform_fault", code=error.code, status=error.status or 0)
    return page("platform_fault", 502)


def _sent_twice(error: Exception) -> ResponseReturnValue:
    """The same form arrived twice at once: the first one made the thing."""
    _undo()
    key = request.form.get("once", "")
    if not key:
        return _fault(error)
    with db.work(read_only=True):
        location = forms_used.location_of(key)
    if location is None:
        return _fault(error)
    return redirect(location or "/circles", code=303)


def _http(error: HTTPException) -> ResponseReturnValue:
    known = {404: "not_found", 405: "not_found", 413: "too_large", 429: "too_often"}
    status = error.code or 500
    if status < 400:
        return error.get_response()
    return kept_text(known.get(status, "not_understood"), status)


def _fault(error: Exception) -> ResponseReturnValue:
    log.error("fault", kind=type(error).__name__, endpoint=request.endpoint or "", exc_info=error)
    return kept_text("fault", 500)


def _undo() -> None:
    if g.get("work") is not None:
        db.session.rollback()
