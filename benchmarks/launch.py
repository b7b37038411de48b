"""A validated launch: ours with everything it keeps, beside pylti1p3's example. Both get answers of the same kind."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from benchmarks.bare_launch import bare_app
from benchmarks.floor_launch import floor_app
from benchmarks.measure import PUBLIC, Act, Line, answer, compare, installation
from tests.lti import issuer
from tests.lti.issuer import AGS, LTI, NRPS, Lms

PATHS = ("/login", "/launch")  # of the bare one
LAUNCHES_OF = 30  # people of one course, one after another
SERVICES = "https://lms.example.org/mod/lti/services.php"


def run() -> list[Line]:
    """The launch itself, the least that it could cost, and the login before it."""
    with installation() as ours, issuer.running() as lms, tempfile.TemporaryDirectory() as folder:
        lms.register()
        registration = {
            "issuer": lms.issuer,
            "client_id": lms.client_id,
            "jwks_url": f"{lms.address}/jwks",
            "target": f"{PUBLIC}/launch",
        }
        bare, floor = bare_app(Path(folder), **registration), floor_app(Path(folder), **registration)
        mine, theirs, least = (
            launcher(lms, app, begins, ends)
            for app, begins, ends in ((ours, "/lti/login", "/lti/launch"), *((one, *PATHS) for one in (bare, floor)))
        )
        return [
            compare("a validated launch", mine, theirs, at_most=1.5),
            compare("the least that it can cost", least, theirs, at_most=None),
            compare(
                "the login before it", login_of(lms, ours, "/lti/login"), login_of(lms, bare, PATHS[0]), at_most=None
            ),
        ]


def launcher(lms: Lms, app: Flask, begins: str, ends: str) -> Callable[[], Act]:
    expect = 303 if ends == "/lti/launch" else 200
    count = iter(range(10**9))

    def prepare() -> Act:
        number = next(count) % LAUNCHES_OF
        _, headers = answer(app, _login(lms, begins, str(number)), expect=302)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(headers["Location"]).query).items()}
        form = {"state": asked["state"], "id_token": lms.sign(_claims(lms, asked["nonce"], number))}
        environ = _environ(ends, form, cookie=_cookies(headers))
        return lambda: answer(app, environ, expect=expect)

    return prepare


def login_of(lms: Lms, app: Flask, begins: str) -> Callable[[], Act]:
    def prepare() -> Act:
        environ = _login(lms, begins, "7")
        return lambda: answer(app, environ, expect=302)

    return prepare


_addresses = iter(range(1, 2**24))


def _login(lms: Lms, path: str, hint: str) -> dict[str, Any]:
    form = {
        "iss": lms.issuer,
        "login_hint": hint,
        "lti_message_hint": "3",
        "target_link_uri": f"{PUBLIC}/lti/launch",
        "client_id": lms.client_id,
    }
    return _environ(path, form)


def _environ(path: str, form: dict[str, str], *, cookie: str = "") -> dict[str, Any]:
    """A request as a browser posts it from an LMS's page, each from an address of its own."""
    number = next(_addresses)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    headers = Headers(
        {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en", "Origin": "https://lms.example.org"}
    )
    if cookie:
        headers["Cookie"] = cookie
    builder = EnvironBuilder(path, PUBLIC, method="POST", data=form, headers=headers)
    return builder.get_environ() | {"REMOTE_ADDR": address}


def _cookies(headers: Headers) -> str:
    return "; ".join(line.partition(";")[0] for line in headers.getlist("Set-Cookie"))


def _claims(lms: Lms, nonce: str, number: int) -> dict[str, Any]:
    """What Moodle 4.5 says of a teacher in a course with roster and gradebook, some of it left out."""
    return lms.claims(nonce, sub=str(number), name=f"Person {number}", given_name="Person") | {
        "email": f"p{number}@example.invalid",
        LTI + "lis": {"person_sourcedid": f"p{number}", "course_section_sourcedid": "LC"},
        LTI + "launch_presentation": {"locale": "fr", "document_target": "iframe", "return_url": f"{lms.issuer}/back"},
        LTI + "tool_platform": {"product_family_code": "moodle", "version": "2024100706", "name": "LMS"},
        LTI + "custom": {"uid": str(number), "locale": "$Message.locale", "start": "2026-09-01T00:00:00+00:00"},
        NRPS: {
            "context_memberships_url": f"{SERVICES}/CourseSection/2/bindings/2/memberships",
            "service_versions": ["1.0", "2.0"],
        },
        AGS: {
            "scope": [f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}" for name in ("lineitem", "score")],
            "lineitems": f"{SERVICES}/2/lineitems?type_id=2",
            "lineitem": f"{SERVICES}/2/lineitems/7/lineitem?type_id=2",
        },
    }
