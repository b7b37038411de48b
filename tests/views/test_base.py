"""What every request goes through: the guard before each view, and one unit of work behind it."""

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import structlog
import time_machine
from flask import Blueprint, Flask, g, redirect, render_template_string
from flask.testing import FlaskClient

from lti_tool import create_app, db
from lti_tool.access import ADMINISTERING, Permission, Rights
from lti_tool.db import UncommittedError, now
from lti_tool.models import Circle, Membership, Norm, Person, UsedForm, Visit
from lti_tool.services import forms_used, norms
from lti_tool.settings import Settings
from lti_tool.views.base import first_led_to, requires
from tests import build, tiny
from tests.conftest import PUBLIC, Client, sign_in
from tests.reader import Reader

TEXT = "What I wrote in the bus"
trial = Blueprint("trial", __name__)


@trial.get("/trial/undeclared")
def undeclared() -> str:
    return "open"


@trial.get("/trial/writes")
@requires(Permission.SIGNED_IN)
def writes() -> str:
    norms.agree(db.session.query(Circle).one(), text="Written by looking", on=now().date())
    db.session.commit()
    return "written"


@trial.route("/trial/forgets", methods=["POST"])
@requires(Permission.SIGNED_IN)
def forgets() -> Any:
    norms.agree(db.session.query(Circle).one(), text="Forgotten", on=now().date())
    return render_template_string(tiny.WORDS, body="All is well")


@trial.post("/trial/forgets-and-leads-on")
@requires(Permission.SIGNED_IN)
def forgets_and_leads_on() -> Any:
    norms.agree(db.session.query(Circle).one(), text="Forgotten", on=now().date())
    return redirect("/circles", code=303)


@trial.post("/trial/breaks")
@requires(Permission.SIGNED_IN)
def breaks() -> Any:
    norms.agree(db.session.query(Circle).one(), text="Half done", on=now().date())
    db.session.flush()
    raise ZeroDivisionError


@trial.post("/trial/slow")
@requires(Permission.SIGNED_IN)
def slow() -> Any:
    """Makes one thing, with the key of its form as everybody's views do."""
    norm = norms.agree(db.session.query(Circle).one(), text="Made once", on=now().date())
    db.session.commit()
    return redirect(f"/trial/norms/{norm.id}", code=303)


@trial.get("/trial/norms/<int:number>")
@requires(Permission.SIGNED_IN)
def one_norm(number: int) -> str:
    return str(number)


@pytest.fixture(scope="module")
def trial_app(installed: Flask, settings: Settings) -> Flask:
    """The whole application with a few views that go wrong."""
    made = create_app(settings)
    made.register_blueprint(trial)
    made.test_client_class = Client
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False  # a fault is the page that people get
    return made


@pytest.fixture
def circle(app: Flask) -> Circle:
    return build.circle()


@pytest.fixture
def facilitator(circle: Circle) -> Person:
    return build.member(circle, "facilitator", name="Ama Owusu")


@pytest.fixture
def browser(trial_app: Flask, facilitator: Person) -> FlaskClient:
    client = trial_app.test_client()
    sign_in(client, facilitator)  # type: ignore[arg-type]
    return client


def hidden(client: FlaskClient) -> dict[str, str]:
    """The two technical fields of a page of ours."""
    page = client.get("/circles/forming").get_data(as_text=True)
    return dict(re.findall(r'<input type="hidden" name="(visit|once)" value="([^"]+)">', page))


def agree(client: FlaskClient, circle: Circle, headers: dict[str, str] | None = None, **form: str) -> Any:
    data = {"text": TEXT, **form}
    return client.post(f"/circles/{circle.id}/meetings/norms", data=data, headers=headers or {})


def agreed() -> list[str]:
    with db.work(read_only=True) as unit:
        return [one.text for one in unit.query(Norm).order_by(Norm.id)]


class TestDefaultDeny:
    def test_a_view_that_declares_nothing_does_not_answer(self, browser: FlaskClient) -> None:
        with structlog.testing.capture_logs() as lines:
            assert browser.get("/trial/undeclared").status_code == 404
        assert {"event": "view_without_permission", "endpoint": "trial.undeclared"}.items() <= lines[0].items()

    def test_nobody_gets_in_without_a_visit(self, trial_app: Flask, circle: Circle) -> None:
        for path in ("/circles", f"/circles/{circle.id}", "/circles/forming"):
            answer = trial_app.test_client().get(path)
            assert answer.status_code == 401
            assert "Please open this from your course" in answer.get_data(as_text=True)

    @pytest.mark.parametrize("rights", Rights)
    def test_each_role_gets_what_its_rights_say(self, reader: Reader, circle: Circle, rights: Rights) -> None:
        person = build.person(build.course_of(circle))
        build._add(Membership(circle_id=circle.id, person_id=person.id, role="teacher", rights=rights.value))
        reader.as_(person)
        may = rights in {Rights.FACILITATOR, Rights.MANAGER}
        reader.open(f"/circles/{circle.id}/people", expect=200 if may else 403)

    def test_what_is_out_of_reach_is_not_there(self, reader: Reader, circle: Circle) -> None:
        stranger = build.member(build.circle(), "facilitator")
        here = reader.as_(stranger).open(f"/circles/{circle.id}/people", expect=404)
        nowhere = reader.open("/circles/987654/people", expect=404)
        assert here.text == nowhere.text

    def test_a_sign_in_counts_only_while_it_lasts(self, browser: FlaskClient) -> None:
        assert browser.get("/circles/forming").status_code == 200
        with db.work() as unit:
            unit.query(Visit).update({"expires_at": now() - timedelta(seconds=1)})
            unit.commit()
        assert browser.get("/circles/forming").status_code == 401

    def test_a_cookie_of_another_key_is_nobody(self, browser: FlaskClient) -> None:
        browser.set_cookie(
            "__Host-circles", "eyJ2aXNpdCI6InZpc2l0LTEifQ.forged.signature", domain="circles.example.org"
        )
        assert browser.get("/circles/forming").status_code == 401


class TestSender:
    def test_a_form_of_ours_is_taken(self, browser: FlaskClient, circle: Circle) -> None:
        assert agree(browser, circle, **hidden(browser)).status_code == 303
        assert agreed() == [TEXT]

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": PUBLIC},
        ],
    )
    def test_from_our_own_pages(self, browser: FlaskClient, circle: Circle, headers: dict[str, str]) -> None:
        assert agree(browser, circle, headers, **hidden(browser)).status_code == 303

    @pytest.mark.proves("security", 13)
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://circles.example.org"},
        ],
    )
    def test_not_from_anybody_else_s(self, browser: FlaskClient, circle: Circle, headers: dict[str, str]) -> None:
        answer = agree(browser, circle, headers, **hidden(browser))
        assert answer.status_code == 409
        assert agreed() == []

    @pytest.mark.proves("security", 13)
    def test_a_form_without_the_signed_field_is_not_ours(self, browser: FlaskClient, circle: Circle) -> None:
        for visit in ("", "7", hidden(browser)["visit"][:-1]):
            answer = agree(browser, circle, visit=visit)
            page = answer.get_data(as_text=True)
            assert answer.status_code == 409
            assert TEXT in page
            assert "Send it again" not in page  # it would be refused again
        assert agreed() == []

    def test_a_page_that_lay_open_too_long_gives_its_text_back(self, browser: FlaskClient, circle: Circle) -> None:
        fields = hidden(browser)
        with time_machine.travel(now() + timedelta(days=8)):
            sign_in(browser, build_again(circle))  # type: ignore[arg-type]
            answer = agree(browser, circle, **fields)
        assert answer.status_code == 409
        assert TEXT in answer.get_data(as_text=True)
        assert agreed() == []

    @pytest.mark.proves("security", 13)
    def test_a_page_of_another_person_gives_her_text_back_and_does_nothing(
        self, browser: FlaskClient, circle: Circle
    ) -> None:
        """Two teachers share a tablet: what one wrote is never sent in the other's name."""
        fields = hidden(browser)
        other = build.member(circle, "facilitator", name="Salma Haddad")
        sign_in(browser, other)  # type: ignore[arg-type]
        answer = agree(browser, circle, **fields)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert TEXT in page
        assert "another person is signed in here now" in page
        assert agreed() == []

    @pytest.mark.proves("security", 13)
    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=["Sec-Fetch", "Origin"]
    )
    def test_no_route_takes_a_form_from_elsewhere(
        self, app: Flask, circle: Circle, facilitator: Person, headers: dict[str, str]
    ) -> None:
        """With the signed field of a page of hers, on every route that takes forms of pages; /lti/ is for platforms."""
        client = app.test_client()
        sign_in(client, facilitator)  # type: ignore[arg-type]
        fields = hidden(client)
        asked = 0
        for rule in app.url_map.iter_rules():
            if "POST" in (rule.methods or ()) and not rule.rule.startswith("/lti/"):
                path = re.sub(r"<int:\w+>", str(circle.id), re.sub(r"<\w+>", "made-up", rule.rule))
                answer = client.post(path, data={"text": TEXT, **fields}, headers=headers)
                view = app.view_functions[rule.endpoint]
                expected = 403 if view.permission in ADMINISTERING else 409  # type: ignore[attr-defined]
                assert answer.status_code == expected, path
                asked += 1
        assert asked > 40
        assert agreed() == []

    def test_the_field_of_an_unsigned_page_opens_nothing(self, browser: FlaskClient) -> None:
        outside = browser.application.test_client().get("/").get_data(as_text=True)
        assert "visit" not in re.findall(r'name="(\w+)"', outside)


class TestExpiredVisit:
    def test_gives_the_text_back_and_takes_it_after_the_next_launch(
        self, reader: Reader, circle: Circle, facilitator: Person
    ) -> None:
        """H5: a session that ends while somebody writes costs nothing of what she wrote."""
        reader.as_(facilitator).open(f"/circles/{circle.id}/meetings")
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        page = reader.fill(text=TEXT, expect=401)
        assert TEXT in page
        assert "Your text is safe here" in page.text
        assert agreed() == []
        kept = reader.page
        reader.as_(facilitator)  # she opens the activity again in another tab
        reader.page = kept
        assert "What we agreed" in reader.press("Send it again").text
        assert agreed() == [TEXT]

    def test_does_not_give_it_to_whoever_comes_next(self, reader: Reader, circle: Circle, facilitator: Person) -> None:
        reader.as_(facilitator).open(f"/circles/{circle.id}/meetings")
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        reader.fill(text=TEXT, expect=401)
        reader.as_(build.member(circle, "facilitator"))
        reader.press("Send it again", expect=409)
        assert agreed() == []


class TestSentTwice:
    def test_makes_one_thing_and_leads_to_the_same_place(self, browser: FlaskClient, circle: Circle) -> None:
        fields = {**hidden(browser), "title": "One more", "minutes": "60"}
        path = f"/circles/{circle.id}/meetings"
        first, second = (browser.post(path, data=fields) for _ in range(2))
        assert first.status_code == second.status_code == 303
        assert first.location == second.location
        assert re.fullmatch(rf"/circles/{circle.id}/meetings/\d+", first.location)

    def test_two_forms_of_a_page_make_two_things(self, browser: FlaskClient, circle: Circle) -> None:
        agree(browser, circle, **hidden(browser))
        agree(browser, circle, **hidden(browser))
        assert agreed() == [TEXT, TEXT]

    def test_a_form_that_was_refused_may_be_sent_again(self, browser: FlaskClient, circle: Circle) -> None:
        fields = hidden(browser)
        assert agree(browser, circle, **fields | {"text": ""}).status_code == 422
        assert agree(browser, circle, **fields).status_code == 303
        assert agreed() == [TEXT]

    def test_a_form_that_broke_may_be_sent_again(self, browser: FlaskClient, circle: Circle) -> None:
        fields = hidden(browser)
        assert browser.post("/trial/breaks", data=fields).status_code == 500
        assert agree(browser, circle, **fields).status_code == 303

    def test_at_the_same_moment_makes_one_thing_and_leads_to_the_same_place(
        self, trial_app: Flask, browser: FlaskClient, facilitator: Person
    ) -> None:
        fields, answers = hidden(browser), []
        clients = [trial_app.test_client() for _ in range(4)]
        for client in clients:
            sign_in(client, facilitator)  # type: ignore[arg-type]
        start = threading.Barrier(len(clients))

        def send(client: FlaskClient) -> None:
            start.wait(60)
            answer = client.post("/trial/slow", data=fields)
            answers.append((answer.status_code, answer.location))

        threads = [threading.Thread(target=send, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert agreed() == ["Made once"]
        with db.work(read_only=True) as unit:
            assert answers == [(303, f"/trial/norms/{unit.query(Norm).one().id}")] * 4

    @pytest.mark.usefixtures("app")
    def test_waits_a_moment_for_where_the_first_sending_leads(self) -> None:
        key = "a" * 32
        build._add(UsedForm(key=key))

        def say() -> None:
            time.sleep(0.15)
            with db.work() as unit:
                forms_used.lead_to(key, "/circles/7")
                unit.commit()

        thread = threading.Thread(target=say)
        thread.start()
        assert first_led_to(key) == "/circles/7"
        thread.join()

    @pytest.mark.usefixtures("app")
    def test_waits_for_no_form_that_was_never_accepted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lti_tool.views.base.PAUSES", (0, 0, 60))
        began = time.monotonic()
        assert first_led_to("b" * 32) is None
        assert time.monotonic() - began < 30

    def test_a_first_sending_that_never_said_where_it_leads_leads_to_the_circle(
        self, browser: FlaskClient, circle: Circle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lti_tool.views.base.PAUSES", (0, 0))
        fields = hidden(browser)
        build._add(UsedForm(key=fields["once"]))
        answer = agree(browser, circle, **fields)
        assert (answer.status_code, answer.location) == (303, "/circles")
        assert agreed() == []


class TestUnitOfWork:
    def test_a_get_cannot_write(self, browser: FlaskClient) -> None:
        with structlog.testing.capture_logs() as lines:
            assert browser.get("/trial/writes").status_code == 500
        assert [line["event"] for line in lines] == ["fault"]
        assert agreed() == []

    @pytest.mark.parametrize("path", ["/trial/forgets", "/trial/forgets-and-leads-on"])
    def test_a_forgotten_commit_is_a_fault_and_never_looks_like_success(self, browser: FlaskClient, path: str) -> None:
        with structlog.testing.capture_logs() as lines:
            answer = browser.post(path, data=hidden(browser))
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.get_data(as_text=True)
        assert [line["kind"] for line in lines] == ["UncommittedError"]
        assert agreed() == []

    def test_a_forgotten_commit_stops_a_test(self, browser: FlaskClient, trial_app: Flask) -> None:
        trial_app.config["PROPAGATE_EXCEPTIONS"] = None
        try:
            with pytest.raises(UncommittedError):
                browser.post("/trial/forgets", data=hidden(browser))
        finally:
            trial_app.config["PROPAGATE_EXCEPTIONS"] = False

    def test_what_breaks_halfway_leaves_nothing(self, browser: FlaskClient) -> None:
        answer = browser.post("/trial/breaks", data={**hidden(browser), "text": TEXT})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 500
        assert TEXT in page
        assert agreed() == []

    def test_no_unit_of_work_outlives_its_request(self, browser: FlaskClient, circle: Circle) -> None:
        for path in (f"/circles/{circle.id}", "/circles/987654", "/nowhere", "/trial/undeclared"):
            browser.get(path)
            with pytest.raises(RuntimeError):
                db.current()

    def test_each_request_has_a_number_for_the_log(self, trial_app: Flask) -> None:
        numbers = set()
        for _ in range(2):
            with trial_app.test_request_context("/", base_url=PUBLIC):
                trial_app.preprocess_request()
                numbers.add(g.request_id)
        assert len(numbers) == 2


def build_again(circle: Circle) -> Person:
    """The facilitator of the circle, as she stands in the database."""
    with db.work(read_only=True) as unit:
        query = unit.query(Person).join(Membership, Membership.person_id == Person.id)
        return query.filter(Membership.circle_id == circle.id, Membership.role == "facilitator").one()
