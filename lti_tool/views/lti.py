"""The LMS's side door: login, launch, our keys, registration."""

import secrets

from flask import Blueprint, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import LaunchRefusedError, RefusedError
from lti_tool.limits import limiter
from lti_tool.lti import keys, launch, login
from lti_tool.lti.messages import LaunchKind
from lti_tool.services import invites, registrations, sightings, visits
from lti_tool.views import frames
from lti_tool.views.base import requires

bp = Blueprint("lti", __name__, url_prefix="/lti")
LOGIN_COOKIE = "__Host-circles-login"


@bp.route("/login", methods=["GET", "POST"])
@requires(Permission.ANYONE, get_writes=True)
@limiter.limit("60 per minute")
def begin() -> ResponseReturnValue:
    """Send the browser to the platform to say who comes; the answer must return to this same browser."""
    browser = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(32)
    address = login.begin(request.values, browser=browser)
    db.session.commit()
    answer = redirect(address)
    answer.set_cookie(
        LOGIN_COOKIE, browser, max_age=600, secure=True, httponly=True, samesite="None", partitioned=True, path="/"
    )
    return answer


@bp.post("/launch")
@requires(Permission.ANYONE)
def finish() -> ResponseReturnValue:
    """Sign the person in and lead her on; a reload never posts the launch again."""
    g.visit = None  # who was signed in before has no part in this; looking for her began a transaction
    db.session.rollback()
    try:
        who = launch.finish(request.form, browser=request.cookies.get(LOGIN_COOKIE))
    except LaunchRefusedError as refusal:
        if refusal.code == "deployment_pending":
            db.session.commit()  # the administrator finds the new deployment waiting for approval
        raise
    if who.kind is LaunchKind.DEEP_LINKING:
        raise RefusedError("links_not_offered")
    visit = visits.arrive(who)
    reviewed = visits.reviewed(who)
    db.session.commit()
    session.clear()  # an earlier visit in this browser is not adopted
    session["visit"] = visit.id
    session["platform"] = who.platform_id
    return redirect(url_for("circles.home", review=reviewed.id if reviewed else None), code=303)


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
@requires(Permission.ANYONE, get_writes=True)  # the standard starts a registration with a GET
@limiter.limit("10 per minute")
def register(token: str) -> ResponseReturnValue:
    """Register the tool in the LMS that opened this one-time address (dynamic registration)."""
    invite = invites.find(token)
    db.session.commit()  # nothing stays open while we talk to the platform
    configuration = request.args.get("openid_configuration", "")
    if not configuration:
        return render_template("lti/register.html", invite=invite)
    g.frame_origins = frames.origins_of([configuration])  # the LMS shows this page in a frame, refusals too
    platform = registrations.complete(
        invite, openid_configuration=configuration, registration_token=request.args.get("registration_token")
    )
    db.session.commit()
    return render_template("lti/registered.html", platform=platform)
