"""The least that a launch costs which may happen once: pylti1p3's example and beside it only what it leaves out.

State and nonce are one row that is used up by the browser that began the login, in the same statement; the person, her
enrolment and her visit are kept: four statements built beforehand, past the ORM, in one transaction of the database
that ours runs on. No course, no activity, no roster, no approval of platforms, no limit per address, no header.
"""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from flask import Flask, abort, request
from sqlalchemy.dialects.sqlite import insert

from benchmarks.bare_launch import bare_app
from lti_tool import db

COOKIE = "floor"
HOUR = timedelta(hours=1)
LTI = "https://purl.imsglobal.org/spec/lti/claim/"

_tables = sa.MetaData()
_login = sa.Table(
    "floor_login",
    _tables,
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("nonce", sa.Text),
    sa.Column("browser", sa.Text),
    sa.Column("ends", db.UTCDateTime),
)
_person = sa.Table(
    "floor_person",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sub", sa.Text, unique=True),
    sa.Column("name", sa.Text),
)
_enrolment = sa.Table(
    "floor_enrolment",
    _tables,
    sa.Column("person_id", sa.Integer, primary_key=True),
    sa.Column("course", sa.Text, primary_key=True),
    sa.Column("roles", sa.JSON),
)
_visit = sa.Table(
    "floor_visit",
    _tables,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Integer),
    sa.Column("ends", db.UTCDateTime),
)

_BEGIN = sa.insert(_login)
_USE_UP = (
    sa.delete(_login)
    .where(_login.c.state == sa.bindparam("of_state"), _login.c.nonce == sa.bindparam("of_nonce"))
    .where(_login.c.browser == sa.bindparam("of_browser"), _login.c.ends > sa.bindparam("moment"))
    .returning(_login.c.state)
)
_KNOW = insert(_person)
_KNOW = _KNOW.on_conflict_do_update(["sub"], set_={"name": _KNOW.excluded.name}).returning(_person.c.id)
_ENROL = insert(_enrolment)
_ENROL = _ENROL.on_conflict_do_update(["person_id", "course"], set_={"roles": _ENROL.excluded.roles})
_VISIT = sa.insert(_visit)


def floor_app(folder: Path, **registration: str) -> Flask:
    """The example that keeps its promises, on the database of the installation that is open."""
    _tables.create_all(db.engine())
    return bare_app(folder, begun=_begun, came=_came, **registration)


def _begun(answer: Any) -> None:
    asked = parse_qs(urlsplit(answer.location).query)
    browser = secrets.token_urlsafe(32)
    answer.set_cookie(COOKIE, browser, secure=True, httponly=True, samesite="None")
    login = {"state": asked["state"][0], "nonce": asked["nonce"][0], "browser": browser, "ends": db.now() + HOUR}
    with db.engine().begin() as connection:
        connection.execute(_BEGIN, login)


def _came(claims: dict[str, Any]) -> None:
    login = {"of_state": request.form["state"], "of_nonce": claims["nonce"], "of_browser": request.cookies[COOKIE]}
    enrolment = {"course": claims[LTI + "context"]["id"], "roles": claims[LTI + "roles"]}
    with db.engine().begin() as connection:
        if connection.execute(_USE_UP, login | {"moment": db.now()}).first() is None:
            abort(403)
        person_id = connection.execute(_KNOW, {"sub": claims["sub"], "name": claims["name"]}).scalar_one()
        connection.execute(_ENROL, enrolment | {"person_id": person_id})
        visit = {"id": secrets.token_urlsafe(24), "person_id": person_id, "ends": db.now() + HOUR}
        connection.execute(_VISIT, visit)
