"""The door through which the LMS sends people."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool import create_app, db, limits
from lti_tool.demo import authentication
from lti_tool.models import LoginState, OutsideLink, Platform, Sighting, Visit
from lti_tool.settings import Settings
from tests import build, school
from tests.conftest import PUBLIC, Client
from tests.reader import Reader
from tests.school import School

FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
OURS = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
TOP = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
ONE_REQUEST = re.compile(r"<code>[0-9a-f]{12}</code>")  # its number in the log


@pytest.mark.parametrize("again", [False, True], ids=["first launch", "signed in already"])
def test_a_launch_that_cannot_be_read_is_refused_kindly(reader: Reader, app: object, again: bool) -> None:
    if again:
        reader.as_(build.member(build.circle()))
    page = reader.send("/lti/launch", expect=403, state="nothing of ours", id_token="nothing")
    assert "We could not open this from your course" in page.text


@pytest.fixture
def lms(app: Flask) -> Iterator[School]:
    with school.joined(app, "canvas", public_url=PUBLIC) as made:
        yield made


def begun(
    of: School, client: FlaskClient, headers: dict[str, str], *, times: int = 1, post: bool = False
) -> TestResponse:
    """The answer to a login; a second time where the first one said so."""
    url, fields = of.lms.login(of.lms.opening(person="teacher01", course=school.COURSE))
    path = urlsplit(url).path
    answer = (
        client.post(path, data=fields, headers=headers)
        if post
        else client.get(path, query_string=fields, headers=headers)
    )
    for _ in range(times - 1):
        assert answer.status_code == 307
        answer = client.open(
            answer.location, method="POST" if post else "GET", data=fields if post else None, headers=headers
        )
    return answer


def forget(client: FlaskClient) -> None:
    """What a browser does that refuses our cookies."""
    client._cookies.clear()  # type: ignore[attr-defined]


def answered(of: School, address: str) -> dict[str, str]:
    """The form that the LMS posts."""
    return authentication.answer(of.lms, dict(parse_qsl(urlsplit(address).query))).fields


@pytest.mark.usefixtures("app")
class TestALoginAddressOfOnesOwn:
    """For an LMS with several registrations under one issuer that does not say which one it means (Core 4.1.3)."""

    @pytest.fixture
    def asked(self) -> dict[str, str]:
        build.platform(issuer="https://hub.example.org", client_id="first")
        self.second = build.platform(issuer="https://hub.example.org", client_id="second").id
        target = f"{PUBLIC}/"
        return {"iss": "https://hub.example.org", "login_hint": "7", "target_link_uri": target}

    def test_says_which_registration_is_meant(self, app: Flask, asked: dict[str, str]) -> None:
        client = app.test_client()
        assert client.get("/lti/login", query_string=asked, headers=TOP).status_code == 403
        answer = client.get(f"/lti/platforms/{self.second}/login", query_string=asked, headers=TOP)
        assert dict(parse_qsl(urlsplit(answer.location).query))["client_id"] == "second"

    def test_is_asked_twice_in_a_frame_and_stays_so(self, app: Flask, asked: dict[str, str]) -> None:
        client = app.test_client()
        path = f"/lti/platforms/{self.second}/login"
        again = client.post(path, data=asked, headers=FRAME)
        assert again.status_code == 307
        assert again.location.startswith(path)
        assert client.post(again.location, data=asked, headers=FRAME).status_code == 302

    def test_never_speaks_for_another_issuer(self, app: Flask, asked: dict[str, str]) -> None:
        client = app.test_client()
        other = asked | {"iss": "https://evil.example"}
        answer = client.get(f"/lti/platforms/{self.second}/login", query_string=other, headers=TOP)
        assert answer.status_code == 403

    @pytest.mark.parametrize(
        "told",
        [{}, {"iss": ""}, {"iss": "https://evil.example"}, {"iss": "\0"}, {"client_id": "third"}, {"login_hint": ""}],
        ids=["no client id", "no issuer", "another issuer", "unreadable", "another client id", "nobody"],
    )
    @pytest.mark.parametrize("headers", [TOP, FRAME], ids=["top", "frame"])
    def test_does_not_tell_which_numbers_there_are(
        self, app: Flask, asked: dict[str, str], told: dict[str, str], headers: dict[str, str]
    ) -> None:
        """An existing number that does not fit answers to the letter as one that does not exist."""
        foreign = build.platform(issuer="https://elsewhere.example.org", client_id="third").id
        answers = []
        for number in (foreign, 999):
            client, path = app.test_client(), f"/lti/platforms/{number}/login"
            answer = client.get(path, query_string=asked | told, headers=headers)
            if answer.status_code == 307:
                answer = client.get(answer.location, headers=headers)
            answers.append((answer.status_code, ONE_REQUEST.sub("", answer.get_data(as_text=True))))
        assert answers[0] == answers[1]
        assert answers[0][0] == 403

    def test_serves_no_other_issuer_that_happened_to_give_the_same_client_id(
        self, app: Flask, asked: dict[str, str]
    ) -> None:
        other = build.platform(issuer="https://elsewhere.example.org", client_id="second").id
        answer = app.test_client().get(f"/lti/platforms/{other}/login", query_string=asked, headers=TOP)
        assert answer.status_code == 403

    def test_noted_nothing_of_it(self, app: Flask, asked: dict[str, str]) -> None:
        app.test_client().get("/lti/platforms/999/login", query_string=asked, headers=TOP)
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(Sighting)).all() == []

    def test_holds_for_a_login_that_names_its_client_id_too(self, app: Flask, asked: dict[str, str]) -> None:
        path = f"/lti/platforms/{self.second}/login"
        client = app.test_client()
        fits = asked | {"client_id": "second"}
        assert client.get(path, query_string=fits, headers=TOP).status_code == 302
        foreign = asked | {"client_id": "first"}
        assert client.get(path, query_string=foreign, headers=TOP).status_code == 403


@pytest.mark.parametrize("post", [False, True], ids=["GET", "POST"])
class TestLogin:
    def test_at_the_top_it_is_one_redirect(self, lms: School, post: bool) -> None:
        answer = begun(lms, lms.app.test_client(), TOP, post=post)
        assert answer.status_code == 302
        assert answer.location.startswith(f"{lms.lms.base_url}/auth?")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-circles-login-")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"))

    def test_a_frame_is_asked_twice_the_first_time_only(self, lms: School, post: bool) -> None:
        client = lms.app.test_client()
        assert begun(lms, client, FRAME, times=2, post=post).status_code == 302
        assert begun(lms, client, FRAME, post=post).status_code == 302

    def test_asking_twice_begins_one_login(self, lms: School, post: bool) -> None:
        begun(lms, lms.app.test_client(), FRAME, times=2, post=post)
        with db.work(read_only=True) as unit:
            assert [one.storage for one in unit.scalars(sa.select(LoginState))] == ["cookie"]

    @pytest.mark.proves("negative", "two launches at once in one browser both pass")
    def test_two_at_once_take_no_cookie_from_each_other(self, lms: School, post: bool) -> None:
        """A double click: the second login is begun before the browser has the answer to the first."""
        jar: dict[str, str] = {}
        logins: list[dict[str, str]] = []
        for _ in range(9):
            answer = begun(lms, lms.app.test_client(), TOP, post=post)
            name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
            if name not in jar:  # once in 64 times two share one
                logins.append(answered(lms, answer.location))
                jar[name] = value
        assert len(logins) > 1
        client = lms.app.test_client(use_cookies=False)
        said = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        assert {client.post("/lti/launch", data=form, headers=said).status_code for form in logins} == {303}

    def test_a_launch_in_a_browser_that_began_another_is_refused(self, lms: School, post: bool) -> None:
        mine = answered(lms, begun(lms, lms.app.test_client(), TOP, post=post).location)
        other = lms.app.test_client()
        begun(lms, other, TOP, post=post)
        assert other.post("/lti/launch", data=mine).status_code == 403
        with db.work(read_only=True) as unit:
            codes = [one.code for one in unit.scalars(sa.select(Sighting)) if one.kind == "refusal"]
        assert codes == ["browser_changed"]

    def test_who_keeps_no_cookie_gets_the_page(self, lms: School, post: bool) -> None:
        page = refused(lms, lms.app.test_client(), post=post)
        assert 'data-frame="post_message_forwarding"' in page
        assert f'data-origin="{lms.lms.base_url}"' in page
        assert 'target="_blank"' in page
        assert "lti_storage_target" not in page  # the window has no page around it
        with db.work(read_only=True) as unit:
            assert [one.storage for one in unit.scalars(sa.select(LoginState))] == ["platform"]


def refused(of: School, client: FlaskClient, *, post: bool = False) -> str:
    """The page for a browser that keeps no cookie."""
    first = begun(of, client, FRAME, post=post)
    forget(client)
    fields = dict(parse_qsl(urlsplit(first.location).query))
    _url, login = of.lms.login(of.lms.opening(person="teacher01", course=school.COURSE))
    sent = {"data": login} if post else {"query_string": {**fields, **login}}
    answer = client.open(
        "/lti/login" + ("?again=1" if post else ""), method="POST" if post else "GET", headers=FRAME, **sent
    )
    assert answer.status_code == 200, answer.status
    forget(client)
    # by its issuer alone nobody knows yet on which host a school's pages are (hosted Canvas, Blackboard)
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    return answer.get_data(as_text=True)


def attribute(page: str, name: str) -> str:
    from html import unescape

    found = re.search(rf'data-{name}="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def test_a_host_that_no_header_can_name_leads_into_a_window(lms: School) -> None:
    """Browsers take no underscore in a policy, so nothing is given to its page, and the button is left."""
    with db.work() as unit:
        unit.scalars(sa.select(Platform)).one().auth_url = "https://lms_test.example.org/auth"
        unit.commit()
    page = refused(lms, lms.app.test_client())
    assert attribute(page, "origin") == ""
    assert "Open in a new window" in page


class TestKeptByThePlatform:
    @pytest.fixture
    def client(self, lms: School) -> FlaskClient:
        return lms.app.test_client()

    @pytest.fixture
    def login(self, lms: School, client: FlaskClient) -> tuple[dict[str, str], str]:
        """The form that the LMS posts, and the value that its page keeps."""
        page = refused(lms, client)
        return answered(lms, attribute(page, "next")), attribute(page, "value")

    def test_the_launch_asks_for_the_value(self, client: FlaskClient, login: tuple[dict[str, str], str]) -> None:
        form, value = login
        answer = client.post("/lti/launch", data=form, headers=FRAME)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert value not in page
        assert f'name="id_token" value="{form["id_token"]}"' in page

    def test_the_value_completes_it_and_a_window_goes_on(
        self, lms: School, client: FlaskClient, login: tuple[dict[str, str], str]
    ) -> None:
        form, value = login
        answer = client.post("/lti/launch", data={**form, "kept": value}, headers=OURS)
        assert answer.status_code == 303
        assert answer.location.startswith("/lti/arrived/")
        forget(client)
        page = client.get(answer.location, headers=OURS)
        assert page.status_code == 200
        token = answer.location.rpartition("/")[2]
        assert f'action="/outside/{token}" target="_blank"' in page.get_data(as_text=True)
        window = lms.app.test_client()
        entered = window.post(f"/outside/{token}", headers={**OURS, "Sec-Fetch-Dest": "document"})
        assert entered.location == "/circles"
        assert window.get("/circles/forming").status_code == 200

    def test_a_session_that_holds_after_all_goes_on_in_place(
        self, client: FlaskClient, login: tuple[dict[str, str], str]
    ) -> None:
        form, value = login
        answer = client.post("/lti/launch", data={**form, "kept": value}, headers=OURS)
        assert client.get(answer.location, headers=OURS).location == "/circles"

    def test_the_link_of_another_visit_is_not_followed(
        self, lms: School, client: FlaskClient, login: tuple[dict[str, str], str]
    ) -> None:
        form, value = login
        answer = client.post("/lti/launch", data={**form, "kept": value}, headers=OURS)
        other = lms.app.test_client()
        begun_there = begun(lms, other, TOP)
        other.post("/lti/launch", data=answered(lms, begun_there.location), headers=TOP)
        assert other.get(answer.location, headers=OURS).status_code == 200

    @pytest.mark.proves("security", 1)
    @pytest.mark.parametrize(
        "headers", [FRAME, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none"}, {}],
        ids=["another site", "another origin", "nobody's page", "nothing said"],
    )  # fmt: skip
    def test_somebody_elses_page_cannot_bring_the_value(
        self, client: FlaskClient, login: tuple[dict[str, str], str], headers: dict[str, str]
    ) -> None:
        """Login CSRF: an attacker knows the value of a login of his own, and posts all three from his page."""
        form, value = login
        answer = client.post("/lti/launch", data={**form, "kept": value}, headers=headers)
        assert answer.status_code == 200  # asked of this browser's own LMS
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(Visit)).all() == []

    def test_nothing_is_asked_for_a_login_that_a_cookie_binds(self, lms: School, client: FlaskClient) -> None:
        answer = begun(lms, client, TOP)
        forget(client)
        page = client.post("/lti/launch", data=answered(lms, answer.location), headers=FRAME)
        assert page.status_code == 403
        assert "launch.js" not in page.get_data(as_text=True)


class TestANewWindow:
    def test_it_begins_the_login_again_without_a_redirect(self, lms: School) -> None:
        """Chromium holds redirects of a form to the page's form-action: another site would be blocked."""
        client = lms.app.test_client()
        page = refused(lms, client)
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
        assert form.pop("window") == "1"
        window = lms.app.test_client()
        answer = window.post("/lti/login", data={**form, "window": "1"}, headers={**OURS, "Sec-Fetch-Dest": "document"})
        assert answer.status_code == 200
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.get_data(as_text=True))
        assert found
        address = found[1].replace("&amp;", "&")
        launched = window.post("/lti/launch", data=answered(lms, address), headers=TOP)
        assert launched.location == "/circles"
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(OutsideLink)).all() == []

    def test_a_refusal_offers_it_where_it_mends_something(self, lms: School) -> None:
        client = lms.app.test_client()
        form = answered(lms, begun(lms, client, FRAME, times=2).location)
        forget(client)
        page = client.post("/lti/launch", data=form, headers=FRAME)
        assert page.status_code == 403
        assert 'action="/lti/login" target="_blank"' in page.get_data(as_text=True)
        at_the_top = client.post("/lti/launch", data=form, headers=TOP).get_data(as_text=True)
        assert "_blank" not in at_the_top

    def test_the_lms_that_lost_its_own_session_in_the_frame_gets_one(self, lms: School) -> None:
        client = lms.app.test_client()
        asked = dict(parse_qsl(urlsplit(begun(lms, client, FRAME, times=2).location).query))
        no = {"error": "login_required", "state": asked["state"]}
        page = client.post("/lti/launch", data=no, headers=FRAME).get_data(as_text=True)
        assert 'target="_blank"' in page
        made_up = client.post("/lti/launch", data={**no, "state": "made up"}, headers=FRAME).get_data(as_text=True)
        assert "_blank" not in made_up


class TestWhatAnAdministratorReads:
    """Folded on the page of a refused launch; the person herself reads what to do."""

    def page(self, of: School, **answer: str) -> str:
        client = of.app.test_client()
        asked = dict(parse_qsl(urlsplit(begun(of, client, TOP).location).query))
        refused = client.post("/lti/launch", data={"state": asked["state"], **answer}, headers=TOP)
        assert refused.status_code == 403
        return str(refused.get_data(as_text=True))

    def test_the_answer_of_the_lms_in_its_words(self, lms: School) -> None:
        page = self.page(lms, error="access_denied", error_description="Not <b>activated</b>\x00here")
        assert "<code>access_denied</code> <bdi>Not &lt;b&gt;activated&lt;/b&gt; here</bdi>" in page

    def test_nobodys_words_but_those_of_the_lms_that_was_asked(self, lms: School) -> None:
        page = self.page(lms, state="made up", error="x", error_description="Call this number")
        assert "Call this number" not in page

    def test_the_key_that_was_looked_for_and_where(self, lms: School) -> None:
        client = lms.app.test_client()
        form = answered(lms, begun(lms, client, TOP).location)
        header = base64.urlsafe_b64encode(b'{"alg": "RS256", "kid": "<another>"}').decode().rstrip("=")
        form["id_token"] = ".".join([header, *form["id_token"].split(".")[1:]])
        page = client.post("/lti/launch", data=form, headers=TOP).get_data(as_text=True)
        with db.work(read_only=True) as unit:
            address = unit.scalars(sa.select(Platform.jwks_url)).one()
        assert f"<code>&lt;another&gt;</code> · <code>{address}</code>" in page


def launched(of: School, client: FlaskClient, **what: str) -> str:
    """Launch in this browser; the id of the visit."""
    from lti_tool.demo import browser

    answer = browser.launch(of.lms, client, **{"person": "teacher01", "course": school.COURSE, **what})
    assert answer.status_code == 303
    with client.session_transaction(base_url=PUBLIC) as cookie:
        return str(cookie["visit"])


class TestSessions:
    @pytest.mark.proves("security", 11)
    def test_a_session_that_was_there_before_is_not_adopted(self, lms: School) -> None:
        """Session fixation: whoever planted it would be in."""
        client = lms.app.test_client()
        with client.session_transaction(base_url=PUBLIC) as cookie:
            cookie["visit"] = "planted"
            cookie["more"] = "planted"
        first = launched(lms, client)
        second = launched(lms, client)
        assert len({first, second, "planted"}) == 3
        with client.session_transaction(base_url=PUBLIC) as cookie:
            assert set(cookie) == {"visit", "person"}

    def test_the_earlier_visit_of_another_browser_stays_its_own(self, lms: School) -> None:
        one, two = lms.app.test_client(), lms.app.test_client()
        first = launched(lms, one)
        launched(lms, two)
        with one.session_transaction(base_url=PUBLIC) as cookie:
            assert cookie["visit"] == first
        assert one.get("/circles/forming").status_code == 200


@pytest.mark.proves("security", 14)
def test_hosts_that_an_administrator_added_may_frame_the_page(lms: School) -> None:
    with db.work() as unit:
        unit.execute(sa.update(Platform).values(frame_origins=["https://school.instructure.com/courses"]))
        unit.commit()
    client = lms.app.test_client()
    launched(lms, client)
    policy = client.get("/circles/forming").headers["Content-Security-Policy"]
    ancestors = policy.rpartition("frame-ancestors ")[2].split()
    assert set(ancestors) == {lms.lms.base_url, lms.lms.issuer, "https://school.instructure.com"}


@pytest.fixture
def limited(app: Flask, settings: Settings) -> Flask:
    """The same installation with its rate limits on."""
    made = create_app(settings.model_copy(update={"rate_limits": True}))
    db._engine = app.extensions["engine"]  # its own would keep a connection open when the test is over
    made.test_client_class = Client
    limits.calls.storage.reset()
    return made


@pytest.mark.proves("security", 3)
def test_one_address_begins_so_many_logins_a_minute(limited: Flask) -> None:
    """Whoever floods the door fills no table; others still get in."""
    platform = build.platform()
    asked = {
        "iss": platform.issuer,
        "client_id": platform.client_id,
        "login_hint": "7",
        "target_link_uri": f"{PUBLIC}/lti/launch",
    }
    client = limited.test_client()
    statuses = [client.post("/lti/login", data=asked, headers=TOP).status_code for _ in range(605)]
    assert statuses == [302] * 600 + [429] * 5
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count()).select_from(LoginState)) == 600
    page = client.post("/lti/login", data=asked | {"lti_message_hint": "a hint of words"}, headers=FRAME)
    assert page.status_code == 429
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors *")  # or her frame would stay blank
    assert "a hint of words" not in page.get_data(as_text=True)  # nobody typed it
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.post("/lti/login", data=asked, headers=TOP, environ_overrides=elsewhere).status_code == 302
