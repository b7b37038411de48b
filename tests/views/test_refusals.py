"""Every refusal is a page: what happened, what is kept, what to do; and no typed word is lost with it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug import Response
from werkzeug.exceptions import TooManyRequests

from lti_tool import create_app, db
from lti_tool.access import Permission
from lti_tool.errors import LaunchRefusedError, NotFoundError, PlatformError, RefusedError
from lti_tool.models import Person
from lti_tool.services import invites
from lti_tool.settings import Settings
from lti_tool.views import refusal_words
from lti_tool.views.base import ForbiddenError, OtherPersonError, SignedOutError, requires
from tests import build
from tests.audit import audit
from tests.conftest import Client, sign_in
from tests.lti.ends import Web, serving

TEXT = "What I wrote in the bus, three lines of it"
HERE = Path(refusal_words.__file__).parent.parent
trial = Blueprint("refusing", __name__)
ERRORS = {
    "signed_out": SignedOutError(),
    "other_person": OtherPersonError(),
    "forbidden": ForbiddenError(),
    "not_found": NotFoundError(),
    "refused": RefusedError("circle_closed"),
    "unheard_of": RefusedError("no_such_code"),
    "launch": LaunchRefusedError("expired"),
    "platform": PlatformError("platform_busy", status=503),
    "changed": db.LostUpdateError(),
    "clash": IntegrityError("INSERT", {"name": "Ama Owusu"}, Exception("unique")),
    "many": TooManyRequests(),
    "database": OperationalError("SELECT", {}, Exception("gone")),
    "broken": ZeroDivisionError(TEXT),
}
# kind -> (status of a GET, status of a POST, what the page says)
PAGES = {
    "signed_out": (401, 401, "Please open this from your course"),
    "other_person": (409, 409, "Somebody else is signed in here now"),
    "forbidden": (403, 403, "This is not open to you here"),
    "not_found": (404, 404, "We cannot find this page"),
    "refused": (400, 409, "This circle has ended"),
    "unheard_of": (400, 409, "This could not be done"),
    "launch": (403, 403, "We could not open this from your course"),
    "platform": (502, 502, "Your course platform did not answer"),
    "changed": (409, 409, "This changed while you were reading"),
    "clash": (500, 500, "Something broke on our side"),
    "many": (429, 429, "One moment, please"),
    "database": (500, 500, "Something broke on our side"),
    "broken": (500, 500, "Something broke on our side"),
}


@trial.route("/refusing/<kind>", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def refuse(kind: str) -> str:
    raise ERRORS[kind]


@pytest.fixture(scope="module")
def refusing(installed: Flask, settings: Settings) -> Flask:
    made = create_app(settings)
    made.register_blueprint(trial)
    made.test_client_class = Client
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def person(app: Flask) -> Person:
    return build.person(build.course(), "Ama Owusu")


@pytest.fixture
def browser(refusing: Flask, person: Person) -> FlaskClient:
    client = refusing.test_client()
    sign_in(client, person)  # type: ignore[arg-type]
    return client


def fields(client: FlaskClient) -> dict[str, str]:
    page = client.get("/circles/forming").get_data(as_text=True)
    return dict(re.findall(r'<input type="hidden" name="(visit|once)" value="([^"]+)">', page))


def test_every_kind_has_its_page() -> None:
    assert set(PAGES) == set(ERRORS)


@pytest.mark.parametrize("kind", PAGES)
def test_a_refusal_is_a_good_page(browser: FlaskClient, kind: str) -> None:
    status, _, words_ = PAGES[kind]
    answer = browser.get(f"/refusing/{kind}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert words_ in html
    assert audit(html) == []
    assert TEXT not in html  # what a fault carries is not for the page


@pytest.mark.parametrize("kind", sorted(set(PAGES) - {"launch"}))
def test_a_refused_form_gives_every_word_back_and_can_be_sent_again(browser: FlaskClient, kind: str) -> None:
    form = {**fields(browser), "text": TEXT, "stage": "try", "ask": "Does it last?"}
    answer = browser.post(f"/refusing/{kind}", data=form)
    html = answer.get_data(as_text=True)
    assert answer.status_code == PAGES[kind][1]
    assert TEXT in html
    assert "Does it last?" in html
    assert 'type="hidden" name="stage" value="try"' in html
    assert f'action="/refusing/{kind}"' in html
    assert f'name="visit" value="{form["visit"]}"' in html
    assert form["once"] not in html  # sent again it is another form
    assert audit(html) == []


@pytest.mark.parametrize("kind", sorted(set(PAGES) - {"launch"}))
def test_a_button_without_words_gets_the_short_page(browser: FlaskClient, kind: str) -> None:
    answer = browser.post(f"/refusing/{kind}", data={**fields(browser), "do": "share"})
    assert answer.status_code == PAGES[kind][1]
    assert PAGES[kind][2] in answer.get_data(as_text=True)


def test_a_launch_that_is_refused_shows_its_code_and_number_to_the_administrator(browser: FlaskClient) -> None:
    with structlog.testing.capture_logs() as lines:
        html = browser.get("/refusing/launch").get_data(as_text=True)
    assert "<code>expired</code>" in html
    assert re.search(r"<code>[0-9a-f]{12}</code>", html)
    assert [(line["event"], line["code"]) for line in lines] == [("launch_refused", "expired")]


def test_a_fault_is_logged_without_what_anybody_wrote(browser: FlaskClient) -> None:
    with structlog.testing.capture_logs() as lines:
        browser.post("/refusing/broken", data={**fields(browser), "text": "a secret of mine"})
    [line] = lines
    assert (line["event"], line["kind"], line["endpoint"]) == ("fault", "ZeroDivisionError", "refusing.refuse")
    assert "a secret of mine" not in str(line)


PART = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n%s\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PART % (b"x" * 3 * 1024 * 1024), "multipart/form-data; boundary=x"),
        (PART % (b"x" * 14 * 1024 * 1024), "multipart/form-data; boundary=x"),
        (b"text=" + b"x" * 14 * 1024 * 1024, "application/x-www-form-urlencoded"),
    ],
    ids=["a text of 3 MB beside files", "14 MB with files", "14 MB of text"],
)
def test_what_is_too_large_is_told_in_a_page(browser: FlaskClient, body: bytes, kind: str) -> None:
    """It was not read, and the page does not try to read it again."""
    answer = browser.post("/refusing/refused", data=body, content_type=kind)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert audit(html) == []
    assert len(html) < 20_000


def test_what_is_too_large_of_somebody_signed_out_is_told_in_a_page(app: Flask) -> None:
    """The first refusal is another one, and its page looks for the text in vain."""
    sent = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "90000000"}
    answer = app.test_client().post("/circles/1/entries/1", environ_overrides=sent)
    assert answer.status_code == 401
    assert audit(answer.get_data(as_text=True)) == []


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/language", 405), ("GET", "/no/such/page", 404), ("PATCH", "/", 405)]
)
def test_what_the_router_refuses_is_a_page_too(browser: FlaskClient, method: str, path: str, status: int) -> None:
    answer = browser.open(path, method=method)
    assert answer.status_code == status
    assert audit(answer.get_data(as_text=True)) == []


def test_a_slash_too_many_is_no_fault(browser: FlaskClient) -> None:
    assert browser.get("/circles/").status_code in {301, 303, 308, 404}


def test_a_refusal_speaks_the_visitor_s_language(browser: FlaskClient, person: Person) -> None:
    with db.work() as unit:
        unit.get_one(Person, person.id).locale = "fr"
        unit.commit()
    assert '<html lang="fr"' in browser.get("/refusing/not_found").get_data(as_text=True)


def test_a_refusal_undoes_what_was_begun(browser: FlaskClient) -> None:
    for kind in PAGES:
        browser.get(f"/refusing/{kind}")
        with pytest.raises(RuntimeError):
            db.current()


def codes_in(folder: str) -> set[str]:
    """Every code that a folder's modules, or one module, refuse with."""
    found = set()
    place = HERE / folder
    for file in place.rglob("*.py") if place.is_dir() else [place]:
        found |= set(re.findall(r'RefusedError\("(\w+)"\)', file.read_text(encoding="utf-8")))
    return found


def test_every_code_of_a_service_has_its_own_words() -> None:
    codes = codes_in("services") | codes_in("views") | codes_in("lti/registration.py")
    unknown = {code for code in codes if code not in refusal_words.REFUSALS}
    assert unknown <= {"no_circle", "unknown_role", "credit_mode", "not_understood"}, "only a forged form meets these"


def test_nothing_that_a_refusal_says_blames_anybody(app: Flask) -> None:
    with app.test_request_context("/"):
        said = [str(text) for one in refusal_words.REFUSALS.values() for text in (one.title, one.happened, one.remedy)]
    assert all(text and text[0].isupper() and text[-1] != "!" for text in said)


def test_a_registration_that_we_refuse_says_why_and_that_the_invitation_is_still_good(app: Flask) -> None:
    """An LMS on http is the usual first trouble; “this could not be done” would help nobody."""
    with db.work() as unit:
        _invite, address = invites.make("Union LMS")
        unit.commit()
    far = Web().on("/configuration", Response('{"issuer": "gopher://lms.example.org"}', mimetype="application/json"))
    with serving(far) as url:
        page = app.test_client().get(
            urlsplit(address).path, query_string={"openid_configuration": f"{url}/configuration"}
        )
    assert page.status_code == 400
    assert "does not begin with https" in page.text
    assert "the same address works again" in page.text


def test_a_registration_that_broke_off_says_which_side_must_act(app: Flask) -> None:
    with db.work() as unit:
        _invite, address = invites.make("Union LMS")
        unit.commit()
    path = urlsplit(address).path
    page = app.test_client().get(path, query_string={"openid_configuration": "ftp://lms.example.org/openid"})
    assert page.status_code == 400  # many a proxy has a page of its own for 502
    # hosted Canvas shows it inside a page of the school's, whose host is not that of its configuration
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    said = page.get_data(as_text=True)
    assert "is not a public https address" in said
    assert "<strong>In the LMS:</strong>" in said
    assert "the same address works again" in said
    assert app.test_client().get(path).status_code == 200  # and so it is
