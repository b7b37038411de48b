"""Every refusal is a page that a teacher understands: what happened, what is kept, what to do."""

from flask import Flask, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from lti_tool import db, log
from lti_tool.errors import LaunchRefusedError, NotFoundError, PlatformError, RefusedError
from lti_tool.forms.base import Typed, typed_texts
from lti_tool.models import LoginState
from lti_tool.services import sightings
from lti_tool.views import findings, frames
from lti_tool.views.base import ForbiddenError, NoAdministratorError, OtherPersonError, SignedOutError, first_led_to
from lti_tool.views.refusal_words import happened, launch_refusal, refusal

OF_THE_LMS = {"lti.begin", "lti.finish", "lti.notices_sent"}  # what these bring nobody typed
PAGES = {401, 403, 404, 405, 409, 413, 429, 500}
BEGIN_AGAIN = {"cookie_missing", "login_required"}  # what a window of its own mends: cookies of ours, or of the LMS
HOPELESS = {"foreign_form", "unsigned_form", "words_too_long"}  # refused again if sent again: their text can be copied


def init_app(app: Flask) -> None:
    """Answer every known refusal, and the unknown fault, with a page of ours."""
    app.register_error_handler(SignedOutError, lambda _: page("401", 401))
    app.register_error_handler(NoAdministratorError, lambda _: page("no_administrator", 401))
    app.register_error_handler(OtherPersonError, lambda _: page("other_person", 409))
    app.register_error_handler(db.LostUpdateError, lambda _: page("409", 409))
    app.register_error_handler(db.ClashError, _sent_twice)
    app.register_error_handler(ForbiddenError, lambda _: page("403", 403))
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(LaunchRefusedError, _launch_refused)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(PlatformError, _platform_fault)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def page(template: str, status: int, **facts: object) -> ResponseReturnValue:
    """A short page in plain words; whatever was changed so far is undone. A form's text is never lost with it."""
    _undo()
    texts, rest = _typed()
    if texts and request.endpoint not in OF_THE_LMS:
        sentence = facts.get("sentence") or happened(template)
        return render_template(
            "errors/kept_text.html", texts=texts, rest=rest, sentence=sentence, words=facts.get("words"),
            file_chosen=any(one.filename for one in request.files.values()),
            send_to="" if facts.get("code") in HOPELESS else request.path, sent_by=request.form.get("visit", ""),
        ), status  # fmt: skip
    return render_template(f"errors/{template}.html", **facts), status


def _typed() -> tuple[list[Typed], list[Typed]]:
    """The texts of the form that was sent, and its other fields; what is too large was not read and cannot be."""
    try:
        return typed_texts(request.form)
    except RequestEntityTooLarge:
        return [], []


def _refused(error: RefusedError) -> ResponseReturnValue:
    log.get(__name__).info("refused", code=error.code, endpoint=request.endpoint or "")
    words = refusal(error.code)
    status = 409 if request.method == "POST" else 400
    again = request.endpoint == "lti.register" and not error.code.startswith("invite_")
    return page("refused", status, code=error.code, words=words, sentence=words.happened, invited_again=again)


def _not_found(_error: NotFoundError) -> ResponseReturnValue:
    if request.endpoint == "lti.register":  # who reads it looks after an LMS, and has no circle to go back to
        return page("refused", 404, code="invite_unknown", words=refusal("invite_unknown"))
    return page("404", 404)


def _launch_refused(error: LaunchRefusedError) -> ResponseReturnValue:
    log.get(__name__).warning("launch_refused", code=error.code)
    _undo()
    facts = {name: error.facts.get(name, "") for name in ("error", "description", "kid", "keys_at")}
    facts |= {"sentence": launch_refusal(error.code), "code": error.code, "request_id": g.request_id}
    asked: dict[str, str] = {}
    begun = error.facts.get("login")
    platform_id = begun.platform_id if isinstance(begun, LoginState) else error.facts.get("platform_id")
    if isinstance(platform_id, int):
        sightings.refused(error.code, platform_id=platform_id)
    if isinstance(begun, LoginState):
        frames.allow_anybody()
        asked = begun.asked if error.code in BEGIN_AGAIN and frames.framed() else {}
    return render_template("errors/launch.html", asked=asked, **facts), 403


def _platform_fault(error: PlatformError) -> ResponseReturnValue:
    log.get(__name__).warning("platform_fault", code=error.code, status=error.status or 0)
    if request.endpoint == "lti.register":  # who reads it looks after the LMS, and must know which side has to act
        _undo()
        facts = {"remedy": findings.registering(error.code), "code": error.code, "request_id": g.request_id}
        return render_template("lti/not_registered.html", **facts), 400  # proxies put a page of theirs for a 502
    return page("502", 502)


def _sent_twice(error: Exception) -> ResponseReturnValue:
    """The same form arrived twice at once: the first one made the thing."""
    _undo()
    key = request.form.get("once", "")
    if not key:
        return _fault(error)
    location = first_led_to(key)
    if location is None:
        return _fault(error)
    return redirect(location or "/circles", code=303)


def _http(error: HTTPException) -> ResponseReturnValue:
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception):
        return _fault(original)  # something broke after the view had answered
    status = error.code or 500
    if status < 400:
        return error.get_response()
    way_back = {"next_url": request.path, "next_label": _("Back")} if status == 413 and _has_page() else {}
    return page(str(status) if status in PAGES else "404", status, **way_back)


def _has_page() -> bool:
    """Whether the address that something was sent to can also be looked at: what was saved there stands on it."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(method="GET")


def _fault(error: Exception) -> ResponseReturnValue:
    g.visit = None  # whatever broke must not break this page, too
    log.get(__name__).error("fault", kind=type(error).__name__, endpoint=request.endpoint or "", exc_info=error)
    return page("500", 500)


def _undo() -> None:
    if g.get("work") is not None:
        db.session.rollback()
