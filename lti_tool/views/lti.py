"""The LMS's side door: login, launch, our keys, registration."""

import json
import secrets
from typing import Any

from flask import Blueprint, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from lti_tool import db, log
from lti_tool.access import Permission
from lti_tool.errors import LaunchRefusedError, RefusedError
from lti_tool.lti import keys, launch, login
from lti_tool.lti.messages import Launch, LaunchKind, Storage
from lti_tool.models import LoginState, Platform
from lti_tool.services import invites, links, notices, outsides, pickings, platforms, registrations, sightings, visits
from lti_tool.views import frames
from lti_tool.views.base import from_own_page, requires, sign_in
from lti_tool.views.outsides import receive

bp = Blueprint("lti", __name__, url_prefix="/lti")
LOGIN_COOKIE = "__Host-circles-login"
LARGEST_POST = 1_000_000  # bytes
MOST_NOTICES = 50
HEARD = {"notice_seen", "notice_unknown"}  # nothing to do, and nothing wrong with the sender


@bp.route("/login", methods=["GET", "POST"])
@bp.route("/platforms/<int:platform_id>/login", methods=["GET", "POST"])  # for an LMS that names no client id
# two for a first launch in a frame, and a whole town may share one address
@requires(Permission.ANYONE, get_writes=True, at_most="600 per minute")
def begin(platform_id: int | None = None) -> ResponseReturnValue:
    """Send the browser to the platform to say who comes; the answer must return to this same browser.

    In a frame the browser may refuse our cookie, and we must know before the platform is asked: many platforms let a
    login be used once. So a browser that shows no cookie is sent here once more; 307 keeps what a POST brought.
    """
    browser = secrets.token_urlsafe(32)
    asked = request.values.to_dict()
    if platform_id is not None:
        issuer, said = asked.get("iss", ""), asked.get("client_id", "")
        asked["client_id"] = platforms.client_id_of(platform_id, issuer=issuer, said=said)
    if _shows_no_cookie():
        if "again" in request.args:
            return _let_platform_keep(browser, asked)
        query = request.query_string.decode("latin-1")
        return _remembering(redirect(f"{request.path}?{query}&again=1", code=307), browser, name=LOGIN_COOKIE)
    in_window = request.form.get("window") == "1"
    begun = login.begin(asked, browser=browser, storage=Storage.WINDOW if in_window else Storage.COOKIE)
    db.session.commit()
    if in_window:  # a redirect would count as where the form of our page leads, and its policy forbids other sites
        onward = make_response(render_template("lti/onward.html", address=begun.address))
        return _remembering(onward, browser, name=_cookie_of(begun.state))
    frames.allow([begun.address])  # it shows nothing: who may frame it need not be looked up
    return _remembering(redirect(begun.address), browser, name=_cookie_of(begun.state))


def _shows_no_cookie() -> bool:
    known = {LOGIN_COOKIE, current_app.config["SESSION_COOKIE_NAME"]}
    return frames.framed(otherwise="lti_storage_target" in request.values) and not known & set(request.cookies)


def _cookie_of(state: str) -> str:
    """One of 64 for each login: of two that a double click begins at once, none may take the other's away."""
    return f"{LOGIN_COOKIE}-{state[-2:-1]}"  # a letter of the random part; the last one knows 16 letters only


def _browser(state: str) -> str | None:
    """The value that this browser kept of the login; of another one where it kept none of this: it is not the one."""
    others = (value for name, value in request.cookies.items() if name.startswith(LOGIN_COOKIE))
    return request.cookies.get(_cookie_of(state)) or next(others, None)


def _remembering(answer: Answer, browser: str, *, name: str) -> Answer:
    answer.set_cookie(
        name, browser, max_age=600, secure=True, httponly=True, samesite="None", partitioned=True, path="/"
    )
    return answer


def _let_platform_keep(browser: str, asked: dict[str, str]) -> Answer:
    """The page whose script gives our value to the LMS's page to keep; without that it offers a new window."""
    begun = login.begin(asked, browser=browser, storage=Storage.PLATFORM)
    db.session.commit()
    keep = {"state": begun.state, "value": browser, "next": begun.address}
    page = _storage_page(begun.platform, login.asked_again(asked), keep=keep)
    return _remembering(make_response(page), browser, name=_cookie_of(begun.state))


def _storage_page(platform: Platform, asked: dict[str, str], **facts: Any) -> str:
    frames.allow_anybody()
    # the only one our value is given to (Platform Storage 0.1); of a host that no header can name there is none
    origin = " ".join(frames.origins_of([platform.auth_url]))
    announced = request.form.get("lti_storage_target") or asked.get("lti_storage_target", "")
    return render_template("lti/new_window.html", origin=origin, announced=announced, asked=asked, **facts)


@bp.post("/launch")
@requires(Permission.ANYONE)
def finish() -> ResponseReturnValue:
    """Sign the person in and lead her on; a reload never posts the launch again."""
    g.visit = None  # who was signed in before has no part in this; looking for her began a transaction
    db.session.rollback()
    browser = _browser(request.form.get("state", ""))
    # anybody may know such a value of a login of his own: only our page can have asked this browser's LMS for it
    kept = request.form.get("kept") if from_own_page(surely=True) else None
    if not browser and not kept and (begun := _kept_by_platform()):
        fields = {name: request.form.get(name, "") for name in ("state", "id_token")}
        return _storage_page(begun.platform, begun.asked, fetch=fields)
    try:
        who = launch.finish(request.form, browser=browser, kept=kept)
    except LaunchRefusedError as refusal:
        if refusal.code == "deployment_pending":
            db.session.commit()  # the administrator finds the new deployment waiting for approval
        raise
    frames.allow(who.platform_addresses)
    if who.kind is LaunchKind.DEEP_LINKING and (not who.may_teach or who.test_user):
        raise RefusedError("authors_only")
    visit = visits.arrive(who)
    path = _leads_to(who, visit)
    if who.storage is Storage.PLATFORM:
        token = outsides.make(visit.id, path=path, life=outsides.LIFE_OF_ARRIVAL)
        path = url_for("lti.arrived", token=token)
    db.session.commit()
    sign_in(visit.id, person_id=visit.person_id)
    return redirect(path, code=303)


def _kept_by_platform() -> LoginState | None:
    begun = login.find(request.form.get("state", "")) if "id_token" in request.form else None
    return begun if begun is not None and begun.storage == Storage.PLATFORM else None


@bp.get("/arrived/<token>")
@requires(Permission.ANYONE)
def arrived(token: str) -> ResponseReturnValue:
    """After a launch without our cookie: on to the page if the session holds after all, else on in a new window."""
    link = outsides.find(token)
    if g.visit is not None and g.visit.visit_id == link.visit_id:
        return redirect(link.path, code=303)
    receive(link)
    return render_template("lti/new_window.html", token=token)


def _leads_to(who: Launch, visit: visits.Begun) -> str:
    """To an author's choice, to what the activity opens, to somebody's shared work, or home."""
    if who.links is not None:
        return url_for("pickings.show", picking_id=pickings.begin(visit.id, who.links).id)
    if who.kind is LaunchKind.ACTIVITY and links.is_link(who.custom) and not visits.course_of(visit).copy_is_open:
        return url_for("links.follow", activity=visit.activity_id)
    reviewed = visits.reviewed(who)
    return url_for("circles.home", review=reviewed.id if reviewed else None)


@bp.post("/notices")
@requires(Permission.ANYONE, at_most="120 per minute")
def notices_sent() -> ResponseReturnValue:
    """Take notices of copied courses from a platform; 400 where one is not believed, the others count all the same."""
    g.visit = None
    db.session.rollback()  # as for a launch: nothing is open while a platform may be asked for its keys
    taken, refused = 0, 0
    request.max_content_length = LARGEST_POST
    tokens = _tokens(request.get_data(cache=False))
    for token in tokens:
        try:
            notices.receive(token)
            db.session.commit()
            taken += 1
        except LaunchRefusedError as refusal:
            db.session.rollback()
            log.get(__name__).info("notice_refused", code=refusal.code)
            refused += refusal.code not in HEARD
    return jsonify({"taken": taken, "refused": refused}), 400 if refused or not tokens else 200


def _tokens(body: bytes) -> list[str]:
    """The signed notices of a posted body, at most fifty: {"notices": [{"jwt": …}]}."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    listed = told.get("notices") if isinstance(told, dict) else None
    found = [one.get("jwt") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, str)][:MOST_NOTICES]


@bp.get("/jwks")
@requires(Permission.ANYONE, get_writes=True)  # the very first call makes the key; that one came is noted
def jwks() -> ResponseReturnValue:
    """Our public keys, for platforms to check what we sign."""
    answer = jsonify(keys.public_key_set())
    sightings.note(sightings.KEYS, platform_id=None, pause=sightings.A_MOMENT)
    db.session.commit()
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@bp.get("/register/<token>")
# the standard starts a registration with a GET
@requires(Permission.ANYONE, get_writes=True, at_most="10 per minute")
def register(token: str) -> ResponseReturnValue:
    """Register the tool in the LMS that opened this one-time address (dynamic registration)."""
    configuration = request.args.get("openid_configuration", "")
    if configuration:  # the LMS shows this in a frame, refusals too; hosted Canvas on a host that it does not name
        frames.allow_anybody()
    invite = invites.find(token)
    db.session.commit()  # nothing stays open while we talk to the platform
    if not configuration:
        return render_template("lti/register.html", invite=invite)
    platform = registrations.complete(
        invite, openid_configuration=configuration, registration_token=request.args.get("registration_token")
    )
    db.session.commit()
    return render_template("lti/registered.html", platform=platform)
