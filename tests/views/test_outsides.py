"""One-time links into a new window: for one person, one visit and one path, for a minute, once, and by a button."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from lti_tool import db
from lti_tool.db import now
from lti_tool.models import Circle, OutsideLink, Person, Visit
from lti_tool.services import leftovers
from tests import build
from tests.conftest import PUBLIC, Client, sign_in
from tests.reader import Reader

FROM_US = {"Sec-Fetch-Site": "same-origin"}
IN_WINDOW = {**FROM_US, "Sec-Fetch-Dest": "document"}
IN_FRAME = {**FROM_US, "Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def circle(app: Flask) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def frame(app: Flask, ama: Person) -> Reader:
    """Her page inside the course."""
    return Reader(app, sign_in=sign_in, headers=IN_FRAME).as_(ama)


@pytest.fixture
def window(app: Flask) -> FlaskClient:
    """A window that knows nobody."""
    return app.test_client()


def link_to(frame: Reader, path: str) -> str:
    """The address of a new link, as the button in the frame makes it."""
    frame.open(f"/circles/{circle_of(frame)}")
    hidden = frame._hidden()
    answer = frame.client.post("/outside", data={**hidden, "path": path}, headers=frame.headers)
    assert answer.status_code == 303
    return str(answer.location)


def circle_of(frame: Reader) -> int:
    page = frame.client.get("/circles", headers=frame.headers)
    return int(page.location.rsplit("/", 1)[1])


def who(client: FlaskClient) -> str:
    found = re.search(r"You are <bdi>([^<]*)", client.get("/circles/forming").get_data(as_text=True))
    return found[1] if found else ""


def test_the_visit_goes_on_in_the_window_at_that_path(frame: Reader, circle: Circle, window: FlaskClient) -> None:
    address = link_to(frame, f"/circles/{circle.id}/inquiry")
    answer = window.post(address, headers=IN_WINDOW)
    assert (answer.status_code, answer.location) == (303, f"/circles/{circle.id}/inquiry")
    assert who(window) == "Ama Owusu"
    with (
        window.session_transaction(base_url=PUBLIC) as inside,
        frame.client.session_transaction(base_url=PUBLIC) as old,
    ):
        assert inside["visit"] == old["visit"]


def test_looking_uses_nothing_up(frame: Reader, circle: Circle, window: FlaskClient) -> None:
    address = link_to(frame, "/circles")
    for _ in range(3):
        page = window.get(address, headers=IN_WINDOW)
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
        assert "You come in as <bdi>Ama Owusu</bdi>" in page.get_data(as_text=True)
    assert who(window) == ""
    assert window.post(address, headers=IN_WINDOW).status_code == 303


def test_it_works_once(frame: Reader, app: Flask, window: FlaskClient) -> None:
    address = link_to(frame, "/circles")
    assert window.post(address, headers=IN_WINDOW).status_code == 303
    other = app.test_client()
    assert other.post(address, headers=IN_WINDOW).status_code == 409
    assert other.get(address, headers=IN_WINDOW).status_code == 400
    assert who(other) == ""


def test_it_lives_a_minute(frame: Reader, window: FlaskClient) -> None:
    address = link_to(frame, "/circles")
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert "This link has had its time" in window.get(address, headers=IN_WINDOW).get_data(as_text=True)
        assert window.post(address, headers=IN_WINDOW).status_code == 409
    assert who(window) == ""


def test_it_ends_with_the_visit(frame: Reader, ama: Person, window: FlaskClient) -> None:
    address = link_to(frame, "/circles")
    build.sign_out(ama)
    assert window.post(address, headers=IN_WINDOW).status_code == 409
    with db.work(read_only=True) as unit:
        assert unit.query(OutsideLink).all() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_link_that_somebody_sent_signs_nobody_in_under_another_name(
    frame: Reader, window: FlaskClient, site: str
) -> None:
    """A colleague who follows my link would write in my name."""
    address = link_to(frame, "/circles")
    page = window.get(address, headers={**IN_WINDOW, "Sec-Fetch-Site": site})
    assert page.status_code == 400
    assert "<form" not in page.get_data(as_text=True)
    if site != "none":
        assert window.post(address, headers={**IN_WINDOW, "Sec-Fetch-Site": site}).status_code == 409
    assert window.post(address, headers={"Origin": "https://evil.example"}).status_code == 409
    assert who(window) == ""


def test_only_a_window_goes_on_by_itself(frame: Reader, window: FlaskClient) -> None:
    address = link_to(frame, "/circles")
    inside = frame.client.get(address, headers=IN_FRAME).get_data(as_text=True)
    outside = window.get(address, headers=IN_WINDOW).get_data(as_text=True)
    silent = window.get(address).get_data(as_text=True)  # a browser that says nothing of itself
    assert ['target="_blank"' in page for page in (inside, outside, silent)] == [True, False, True]
    assert ["data-at-once" in page for page in (inside, outside, silent)] == [False, True, False]


def test_a_window_of_somebody_else_becomes_the_persons(frame: Reader, circle: Circle, window: Client) -> None:
    sign_in(window, build.member(circle, name="سلمى حداد"))
    address = link_to(frame, "/circles")
    assert "سلمى" not in window.get(address, headers=IN_WINDOW).get_data(as_text=True)
    window.post(address, headers=IN_WINDOW)
    assert who(window) == "Ama Owusu"


@pytest.mark.proves("security", 9)
@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1", "/\n"])
def test_it_leads_to_pages_of_ours_only(frame: Reader, window: FlaskClient, path: str) -> None:
    assert window.post(link_to(frame, path), headers=IN_WINDOW).location == "/"


@pytest.mark.proves("security", 13)
def test_nobody_makes_one_without_a_visit_or_a_form_of_ours(frame: Reader, app: Flask, ama: Person) -> None:
    frame.open("/circles/forming")
    hidden = frame._hidden()
    assert app.test_client().post("/outside", data=hidden, headers=IN_FRAME).status_code == 401
    foreign = {**IN_FRAME, "Sec-Fetch-Site": "cross-site"}
    assert frame.client.post("/outside", data=hidden, headers=foreign).status_code == 409
    assert frame.client.post("/outside", data={"path": "/circles"}, headers=IN_FRAME).status_code == 409
    with db.work(read_only=True) as unit:
        assert unit.query(OutsideLink).all() == []


@pytest.mark.parametrize("token", ["x", "%00", "x" * 3000, "é"])
def test_a_made_up_link_is_refused_kindly(window: FlaskClient, circle: Circle, token: str) -> None:
    assert window.get(f"/outside/{token}", headers=IN_WINDOW).status_code == 400
    assert window.post(f"/outside/{token}", headers=IN_WINDOW).status_code == 409


def test_the_address_holds_no_more_than_a_token_and_is_swept(frame: Reader, circle: Circle, ama: Person) -> None:
    token = link_to(frame, f"/circles/{circle.id}").removeprefix("/outside/")
    assert re.fullmatch(r"[\w-]{43}", token)
    with db.work(read_only=True) as unit:
        (link,) = unit.query(OutsideLink).all()
        assert token not in repr(vars(link))
        assert unit.get_one(Visit, link.visit_id).person_id == ama.id
    with db.work() as unit:
        assert leftovers.remove(now() + timedelta(seconds=61)) == 1
        unit.commit()


def test_in_place_where_there_is_no_frame(reader: Reader, ama: Person, circle: Circle) -> None:
    """The apps of LMSs open no windows: there a link is a link."""
    reader.headers = {"Sec-Fetch-Dest": "document"}
    page = reader.as_(ama).open(f"/circles/{circle.id}")
    assert "/outside" not in page
    reader.headers = {"Sec-Fetch-Dest": "iframe"}
    assert 'formaction="/outside"' in reader.open(f"/circles/{circle.id}")
