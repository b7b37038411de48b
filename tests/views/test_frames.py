"""Headers of every answer: who may frame us, what may load, what stays in caches, where addresses go."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool import db, settings
from lti_tool.models import Platform, Visit
from lti_tool.views import frames
from tests import build
from tests.conftest import sign_in

STRICT = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'"}
STRICT |= {"connect-src": "'self'", "base-uri": "'none'", "form-action": "'self'"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def policy(answer: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_every_answer_is_strict_and_kept_nowhere(client: FlaskClient) -> None:
    circle = build.circle()
    sign_in(client, build.member(circle))  # type: ignore[arg-type]
    paths = {f"/circles/{circle.id}": 200, "/": 303, "/circles/987654": 404, "/nowhere": 404, "/language": 405}
    for path, status in paths.items():
        answer = client.get(path)
        assert answer.status_code == status, path
        assert STRICT.items() <= policy(answer).items(), path
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "X-Frame-Options" not in answer.headers  # it knows one site only, and we live in frames


def test_a_fault_without_a_database_is_as_strict_and_can_be_read_in_a_frame(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can be looked up then, so it names nobody: a page with the words that were typed, and no blank frame."""
    circle = build.circle()
    ama = build.member(circle)
    sign_in(client, ama)  # type: ignore[arg-type]
    with client.session_transaction(base_url=settings.current().public_url) as cookie:
        cookie["person"] = ama.id
    nowhere = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(db, "engine", lambda: nowhere)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.post(f"/circles/{circle.id}/entries/1", data={"ask": "What I wrote in the bus"})
    assert (answer.status_code, "What I wrote in the bus" in answer.text) == (500, True)
    assert STRICT.items() <= policy(answer).items()
    assert policy(answer)["frame-ancestors"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.proves("security", 14)
@pytest.mark.proves("security", 19)
def test_every_route_is_strict_for_whoever_comes(app: Flask) -> None:
    """Numbers and tokens that nobody gave out: what answers is a refusal, and it has all the headers of a page."""
    known, nobody = app.test_client(), app.test_client()
    sign_in(known, build.member(build.circle(), "facilitator"))  # type: ignore[arg-type]
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<int:\w+>", "1", re.sub(r"<\w+>", "made-up", rule.rule))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for client in (known, nobody):
                answer = client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"})
                said = f"{method} {path}: {answer.status_code}"
                assert answer.status_code < 500, said
                assert STRICT.items() <= policy(answer).items(), said
                assert "unsafe" not in answer.headers["Content-Security-Policy"], said
                assert policy(answer)["frame-ancestors"] != "*", said
                assert answer.headers["Referrer-Policy"] == "same-origin", said
                assert answer.headers["X-Content-Type-Options"] == "nosniff", said
                public = path == "/lti/jwks"
                assert (answer.headers["Cache-Control"] == "no-store") is not public, said


@pytest.mark.proves("security", 19)
def test_nothing_of_ours_says_an_address_to_others(client: FlaskClient) -> None:
    """H4: a referrer would tell a third party that somebody comes from a union's course."""
    for answer in (client.get("/"), client.get("/lti/jwks"), client.get("/healthz")):
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_our_files_may_be_kept_and_our_keys_for_an_hour(client: FlaskClient) -> None:
    with client.get("/static/circles.css") as sheet:
        assert "max-age=31536000" in sheet.headers["Cache-Control"]
    assert client.get("/lti/jwks").headers["Cache-Control"] == "public, max-age=3600"


class TestAncestors:
    def of(self, client: FlaskClient, path: str = "/circles") -> set[str]:
        return set(policy(client.get(path))["frame-ancestors"].split())

    @pytest.mark.proves("security", 14)
    def test_are_the_visitor_s_own_platform_and_no_other(self, client: FlaskClient) -> None:
        mine = build.platform(issuer="https://lms.union.example", auth_url="https://login.union.example:8443/auth?a=b")
        build.platform(issuer="https://another.example")
        sign_in(client, build.person(build.course(mine)))  # type: ignore[arg-type]
        for path in ("/circles/forming", "/circles/987654"):
            assert self.of(client, path) == {"https://lms.union.example", "https://login.union.example:8443"}

    def test_follow_the_platform_that_the_browser_remembers_after_the_visit_ended(self, client: FlaskClient) -> None:
        """Her page says "please open this from your course" inside her course, and not a blank frame."""
        mine = build.platform(issuer="https://lms.union.example", auth_url="https://lms.union.example/auth")
        build.platform(issuer="https://another.example")
        person = build.person(build.course(mine))
        sign_in(client, person)  # type: ignore[arg-type]
        with client.session_transaction(base_url=settings.current().public_url) as cookie:
            cookie["person"] = person.id
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        answer = client.get("/circles/forming")
        assert answer.status_code == 401
        assert policy(answer)["frame-ancestors"] == "https://lms.union.example"

    @pytest.mark.proves("security", 14)
    def test_are_the_approved_platform_that_sent_somebody_unknown(self, client: FlaskClient) -> None:
        build.platform(issuer="https://lms.union.example", auth_url="https://lms.union.example/auth")
        build.platform(issuer="https://pending.example", approved_at=None)
        for header, address, expected in (
            ("Referer", "https://lms.union.example/course/2", "https://lms.union.example"),
            ("Origin", "https://lms.union.example", "https://lms.union.example"),
            ("Referer", "https://pending.example/", "'none'"),
            ("Referer", "https://elsewhere.example/", "'none'"),
        ):
            answer = client.get("/circles", headers={header: address})
            assert policy(answer)["frame-ancestors"] == expected

    @pytest.mark.parametrize("header", ["Referer", "Origin"])
    @pytest.mark.parametrize(
        "address", ["http://[", "https://[x]y/", "http://]:99999/", "https://a:99999/", "http://[::1"]
    )
    def test_are_none_for_a_sender_whose_address_is_none(self, client: FlaskClient, header: str, address: str) -> None:
        answer = client.get("/circles", headers={header: address})
        assert answer.status_code == 401
        assert policy(answer)["frame-ancestors"] == "'none'"

    def test_tell_nobody_which_platforms_there_are(self, client: FlaskClient) -> None:
        """H4: being in a union's LMS may itself reveal membership."""
        build.platform(issuer="https://lms.union.example", auth_url="https://lms.union.example/auth")
        assert self.of(client) == {"'none'"}

    def test_are_the_hosts_that_an_administrator_added_too(self, client: FlaskClient) -> None:
        more = ["https://portal.union.example/courses", "javascript:alert(1)"]
        mine = build.platform(
            issuer="https://lms.union.example", auth_url="https://lms.union.example/auth", frame_origins=more
        )
        sign_in(client, build.person(build.course(mine)))  # type: ignore[arg-type]
        expected = {"https://lms.union.example", "https://portal.union.example"}
        assert self.of(client, "/circles/forming") == expected
        unknown = client.application.test_client().get("/circles", headers={"Referer": "https://portal.union.example/"})
        assert policy(unknown)["frame-ancestors"] == "https://portal.union.example"

    @pytest.mark.proves("security", 14)
    def test_are_the_school_s_own_host_where_many_share_an_issuer(self, client: FlaskClient) -> None:
        """Hosted Canvas and Blackboard: neither issuer nor login is on the host whose page is around ours."""
        shared = build.platform(issuer="https://canvas.instructure.com", auth_url="https://sso.canvaslms.com/api/lti")
        own = {"https://canvas.instructure.com", "https://sso.canvaslms.com"}
        school = build.course(shared, roster_url="https://accra.instructure.com/api/lti/courses/1/names_and_roles")
        other = build.course(shared, line_items_url="https://lagos.instructure.com/api/lti/courses/1/line_items")
        here, there = build.person(school), build.person(other)
        sign_in(client, here)  # type: ignore[arg-type]
        assert self.of(client, "/circles/forming") == own | {"https://accra.instructure.com"}
        elsewhere = client.application.test_client()
        sign_in(elsewhere, there)  # type: ignore[arg-type]
        assert self.of(elsewhere, "/circles/forming") == own | {"https://lagos.instructure.com"}
        with client.session_transaction(base_url=settings.current().public_url) as cookie:
            cookie["person"] = here.id
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        kept = client.post("/circles/1/meetings", data={"notes": "What we said."})  # the page that gives her text back
        assert kept.status_code == 401
        assert set(policy(kept)["frame-ancestors"].split()) == own | {"https://accra.instructure.com"}

    @pytest.mark.proves("security", 14)
    def test_are_all_where_a_refusal_in_a_frame_says_nothing(self, client: FlaskClient) -> None:
        """Or a frame whose cookie is gone stays blank after every click; the page names nobody and does nothing."""
        framed = {"Sec-Fetch-Dest": "iframe", "Referer": settings.current().url("/circles/1")}
        answer = client.get("/circles", headers=framed)
        assert (answer.status_code, policy(answer)["frame-ancestors"]) == (401, "*")
        assert "<form" not in answer.get_data(as_text=True)
        refused = client.get(
            "/lti/login?iss=https://unknown.example&login_hint=1&target_link_uri=x&again=1", headers=framed
        )
        assert (refused.status_code, policy(refused)["frame-ancestors"]) == (403, "*")
        assert "<form" not in refused.get_data(as_text=True)
        for path, method in (("/", "GET"), ("/nowhere", "GET"), ("/language", "POST")):
            assert policy(client.open(path, method=method, headers=framed))["frame-ancestors"] == "'none'", path

    def test_are_none_where_a_view_says_so(self, app: Flask) -> None:
        """Administration pages."""
        with app.test_request_context("/"):
            frames.allow([])
            answer = app.process_response(app.make_response("administration"))
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    @pytest.mark.proves("security", 14)
    def test_are_none_where_there_is_no_platform(self, client: FlaskClient) -> None:
        with db.work(read_only=True) as unit:
            assert unit.query(Platform).count() == 0
        assert self.of(client) == {"'none'"}


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://lms.example.org/mod/lti?x=1#y", ["https://lms.example.org"]),
        ("http://localhost:8080", ["http://localhost:8080"]),
        ("javascript:alert(1)", []),
        ("data:text/html,x", []),
        ("", []),
    ],
)
def test_only_the_origin_of_a_web_address_counts(address: str, origin: list[str]) -> None:
    assert frames.origins_of([address, address]) == origin


@pytest.mark.parametrize(
    ("address", "origins"),
    [
        ("https://lms.example.org/openid?x=1", ["https://lms.example.org"]),
        ("http://127.0.0.1:8001", ["http://127.0.0.1:8001"]),
        ("https://[2001:db8::1]:8443/", ["https://[2001:db8::1]:8443"]),
        ("https://a.example; report-uri https://evil.example/", []),
        ("https://a.example,https://evil.example", []),
        ("https://a.example *", []),
        ("https://someone@evil.example/", []),
        ("https://*.example.org/", []),
        ("javascript:alert(1)", []),
        ("", []),
    ],
)
def test_nothing_but_a_host_and_a_port_gets_into_the_header(address: str, origins: list[str]) -> None:
    assert frames.origins_of([address]) == origins
