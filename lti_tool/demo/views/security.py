"""Keys, tokens, the answer to a login, and dynamic registration."""

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.demo import authentication, registrations, tokens
from lti_tool.demo.registrations import RegistrationError
from lti_tool.demo.tokens import TokenError
from lti_tool.demo.views import current_lms, trouble

bp = Blueprint("security", __name__)
bp.before_request(trouble.strike)


@bp.get("/jwks")
@bp.get("/jwks/<client_id>")
def key_set(client_id: str = "") -> ResponseReturnValue:  # noqa: ARG001 (Open edX has one address per client)
    """The public keys."""
    if current_lms().faults.keys_down:
        return {"error": "The keys are away"}, 503
    return jsonify({"keys": current_lms().keys.published()})


@bp.post("/token")
@bp.post("/token/<client_id>")
def token(client_id: str = "") -> ResponseReturnValue:  # noqa: ARG001 (Open edX has one address per client)
    """An access token for a signed assertion."""
    lms = current_lms()
    if lms.faults.token_refused:
        return {"error": "invalid_client", "error_description": "The tool is switched off"}, 401
    try:
        answer = jsonify(tokens.grant(lms, request.form.to_dict()))
    except TokenError as error:
        return jsonify({"error": error.error, "error_description": str(error)}), error.status
    answer.content_type = lms.quirks.token_content_type
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.route("/auth", methods=["GET", "POST"])
def auth() -> ResponseReturnValue:
    """The page that posts the id_token to the tool."""
    form = authentication.answer(current_lms(), request.values.to_dict())
    page = Response(render_template("demo/post.html", url=form.url, fields=form.fields, words="Opening the tool …"))
    page.headers["Cache-Control"] = "no-store"
    return page


@bp.get("/openid-configuration")
def configuration() -> ResponseReturnValue:
    """What a tool must know to register itself. Canvas wants the registration token here too."""
    lms = current_lms()
    if not lms.quirks.registers:
        abort(404)
    if lms.quirks.family == "canvas" and not _bearer():
        return jsonify({"error": "the registration token is missing"}), 401
    return jsonify(registrations.configuration(lms))


@bp.route("/registration", methods=["GET", "POST"])
def registration() -> ResponseReturnValue:
    """A tool registers itself (POST) or reads its registration (GET)."""
    lms = current_lms()
    if not lms.quirks.registers:
        abort(404)
    try:
        if request.method == "GET":
            return jsonify(registrations.current(lms, _bearer()))
        asked = request.get_json(force=True, silent=True)
        return jsonify(registrations.register(lms, _bearer(), asked)), lms.quirks.registration_status
    except RegistrationError as error:
        return Response(error.code, error.status, content_type="text/plain; charset=utf-8")


def _bearer() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value if kind.lower() == "bearer" else ""
