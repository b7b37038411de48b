"""Rosters, groups, columns, scores and results over HTTP."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import jwt
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.demo import claims
from lti_tool.demo.library import Asked, Config
from lti_tool.demo.quirks.paging import Ask, Refusal
from lti_tool.demo.services import Call, Columns, Roster
from lti_tool.demo.state import Tool
from lti_tool.demo.views import current_lms, trouble

bp = Blueprint("services", __name__)
bp.before_request(trouble.strike)

KNOWN = {
    "roster": {"limit", "page", "role", "since", "rlid"},
    "groups": set(),
    "line-items": {"limit", "page", "resource_link_id", "resource_id", "tag"},
    "results": {"limit", "page", "user_id"},
    "line-item": set(),
    "scores": set(),
}
READS = [claims.LINE_ITEM, claims.LINE_ITEM_READ]
WRITES = [claims.LINE_ITEM]


@bp.get("/roster/<course>")
@bp.get("/api/lti/courses/<course>/names_and_roles")
def roster(course: str) -> ResponseReturnValue:
    """Who is in the course (Names and Roles 2.0)."""
    ask = _ask("roster", claims.ROSTER_TYPE)
    if current_lms().faults.roster_forbidden:
        return _refuse(ask, Refusal(403, "The service is switched off for this tool"))
    call = _call(ask, course, [claims.ROSTER_READ])
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Roster(call)
    return _finish(ask, service, service.handle_resp(service.handle_get_members))


@bp.get("/api/lti/groups/<group>/names_and_roles")
def group_roster(group: str) -> ResponseReturnValue:
    """Who is in one group (Canvas, names_and_roles_controller.rb group_index)."""
    ask = _ask("roster", claims.ROSTER_TYPE)
    course = next((one for one in current_lms().courses if group in dict(one.groups)), None)
    if course is None or current_lms().quirks.family != "canvas":
        return _refuse(ask, Refusal(404, "There is no such group"))
    call = _call(ask, course.id, [claims.ROSTER_READ])
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Roster(replace(call, group=group))
    return _finish(ask, service, service.handle_resp(service.handle_get_members))


@bp.route("/notice-handlers/<client_id>", methods=["GET", "PUT"])
def notice_handlers(client_id: str) -> ResponseReturnValue:
    """Which notices a tool wants, and where (Platform Notification Service 1.0); "" as an address ends it."""
    lms, tool = current_lms(), _bearer()
    token = request.headers.get("Authorization", "").partition(" ")[2]
    if not lms.quirks.notices:
        return {"error": "There is no such service"}, 404
    if (
        tool is None
        or tool.client_id != client_id
        or not Config(lms, tool).validate_token(token, [claims.NOTICE_HANDLERS])
    ):
        return {"error": "Missing or unknown access token"}, 401
    if request.method == "GET":
        listed = [{"notice_type": kind, "handler": handler} for kind, handler in tool.notice_handlers.items()]
        return {"client_id": client_id, "deployment_id": tool.deployment_id, "notice_handlers": listed}
    said = request.get_json(force=True, silent=True)
    kind, handler = (said.get("notice_type"), said.get("handler")) if isinstance(said, dict) else (None, None)
    ours = urlsplit(tool.target_url).netloc
    if kind != claims.COPY_NOTICE or not isinstance(handler, str) or (handler and urlsplit(handler).netloc != ours):
        return {"error": "The handler must be an address of the tool's own"}, 400
    with lms.store.change() as state:
        state.tools[client_id].notice_handlers[kind] = handler
    return {"notice_type": kind, "handler": handler}


@bp.get("/groups/<course>")
@bp.get("/groups/<course>/<any('sets'):what>")
def groups(course: str, what: str = "groups") -> ResponseReturnValue:
    """The groups of the course or their sets (LTI Course Groups 1.0), where the LMS has them."""
    ask = _ask("groups", claims.GROUPS_TYPE)
    call = _call(ask, course, [claims.GROUPS_READ])
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    roster_of = Roster(call)  # the library knows no groups; its check of the token serves
    token = request.headers.get("Authorization", "").partition(" ")[2]
    if not roster_of.platform_config.validate_token(token, call.scopes):
        return _refuse(ask, Refusal(401, "Invalid LTI 1.3 authentication token"))
    if not call.lms.quirks.groups_service:
        return _refuse(ask, Refusal(404, "There is no such service"))
    set_of = {group: key for key, _name, inside in call.course.sets for group in inside}
    listed = {
        "groups": [
            {"id": key, "name": name, **({"set_id": set_of[key]} if key in set_of else {})}
            for key, name in call.course.groups
        ],
        "sets": [{"id": key, "name": name} for key, name, _inside in call.course.sets],
    }
    answer = jsonify({"id": call.url, what: listed[what]})
    answer.content_type = claims.GROUPS_TYPE
    return answer


@bp.route("/lineitems/<course>", methods=["GET", "POST"])
def line_items(course: str) -> ResponseReturnValue:
    """The columns of a tool in the course; POST makes one."""
    reading = request.method == "GET"
    ask = _ask("line-items", claims.LINE_ITEMS_TYPE if reading else claims.LINE_ITEM_TYPE)
    call = _call(ask, course, READS if reading else WRITES)
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Columns(call)
    return _finish(
        ask, service, service.handle_resp(service.handle_get_lineitems if reading else service.handle_create_lineitem)
    )


@bp.route("/lineitems/<course>/<item>", methods=["GET", "PUT", "DELETE"])
@bp.route("/lineitems/<course>/<item>/lineitem", methods=["GET", "PUT", "DELETE"])
def line_item(course: str, item: str) -> ResponseReturnValue:
    """One column: read, replaced or deleted."""
    ask = _ask("line-item", claims.LINE_ITEM_TYPE)
    call = _call(ask, course, READS if request.method == "GET" else WRITES)
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Columns(call)
    handler = {
        "GET": service.handle_get_lineitem,
        "PUT": service.handle_update_lineitem,
        "DELETE": service.handle_delete_lineitem,
    }[request.method]
    return _finish(ask, service, service.handle_resp(handler, line_item_id=item))


@bp.post("/lineitems/<course>/<item>/scores")
@bp.post("/lineitems/<course>/<item>/lineitem/scores")
def scores(course: str, item: str) -> ResponseReturnValue:
    """A score for one person."""
    ask = _ask("scores", claims.SCORE_TYPE)
    call = _call(ask, course, [claims.SCORE])
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Columns(call)
    answer = service.handle_resp(service.handle_update_score, line_item_id=item)
    if service.cell and answer.code < 300:
        answer.result = call.lms.quirks.score_answer(call.url.removesuffix("/scores") + "/results", service.cell)
    answer.set_media_type(claims.SCORE_TYPE)
    return trouble.lose(_finish(ask, service, answer))


@bp.get("/lineitems/<course>/<item>/results")
@bp.get("/lineitems/<course>/<item>/lineitem/results")
def results(course: str, item: str) -> ResponseReturnValue:
    """What the gradebook holds in this column."""
    ask = _ask("results", claims.RESULTS_TYPE)
    call = _call(ask, course, [claims.RESULT_READ])
    if isinstance(call, Refusal):
        return _refuse(ask, call)
    service = Columns(call)
    return _finish(ask, service, service.handle_resp(service.handle_get_results, line_item_id=item))


def _ask(service: str, media_type: str) -> Ask:
    return Ask(
        service,
        request.method,
        request.full_path.rstrip("?"),
        request.headers.get("Accept", ""),
        request.content_type or "",
        request.args.to_dict(),
        media_type,
    )


def _call(ask: Ask, course: str, scopes: list[str]) -> Call | Refusal:
    """The call for the library, or why there is none."""
    lms = current_lms()
    if refusal := lms.quirks.refusal(ask):
        return refusal
    tool = _bearer()
    if tool is None:
        return Refusal(401, "Missing or unknown access token")
    if course not in [one.id for one in lms.courses]:
        return Refusal(404, "There is no such course")
    said = request.get_json(force=True, silent=True) if ask.method in ("POST", "PUT") else None
    if ask.method in ("POST", "PUT") and not isinstance(said, dict):
        return Refusal(400, "The body is not a JSON object")
    asked = Asked(
        {
            "method": ask.method,
            "form_data": {},
            "get_data": _numbers({key: value for key, value in ask.query.items() if key in KNOWN[ask.service]}),
            "headers": request.headers,
            "content_type": ask.content_type,
            "path": request.path,
            "json": said,
        }
    )
    return Call(lms, tool, lms.course(course), scopes, asked, lms.base_url + request.path, ask.query)


def _numbers(query: dict[str, str]) -> dict[str, Any]:
    """`limit` and `page` as numbers, left out where they are none: a bookmark is the profile's own business."""
    return {
        key: int(value) if key in ("limit", "page") else value
        for key, value in query.items()
        if key not in ("limit", "page") or (value.isdigit() and int(value) > 0)
    }


def _bearer() -> Tool | None:
    """The tool that the access token was given to; whether the token is good is the library's question."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        subject = jwt.decode(token, options={"verify_signature": False}).get("sub")
    except jwt.PyJWTError:
        return None
    return current_lms().store.state.tools.get(str(subject)) if kind.lower() == "bearer" else None


def _finish(ask: Ask, service: Columns | Roster, answer: Any) -> Response:
    """The library's answer as HTTP, in this LMS's manner."""
    if answer.code >= 400:
        refusal = getattr(service, "refusal", None) or Refusal(answer.code, answer.message)
        return _refuse(ask, refusal)
    body, library_link = answer.result, None
    if isinstance(body, dict):
        library_link = body.pop("next", None)
        if "has_next" in body:
            body = body["content"]
    response = Response(status=answer.code) if answer.code == 204 or body is None else jsonify(body)
    response.status_code = answer.code
    response.content_type = answer.media_type
    if service.page:
        from lti1p3platform.response import generate_next_link

        written = generate_next_link(library_link) if library_link else None
        if link := current_lms().quirks.link(service.page, written, ask.service):
            response.headers["Link"] = link.encode().decode("latin-1")  # curly quotation marks travel as UTF-8
    return response


def _refuse(ask: Ask, refusal: Refusal) -> Response:
    told = current_lms().quirks.refused(refusal, ask)
    response = Response(told.body) if isinstance(told.body, str) else jsonify(told.body)
    response.status = f"{told.status} {told.reason.encode('ascii', 'replace').decode()}"
    response.content_type = told.content_type
    return response
