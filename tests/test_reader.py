"""The reader takes no bad page, no GET that writes, no redirect but 303, and no field that is not on the form."""

import pytest
import sqlalchemy as sa
from flask import Flask, redirect, request

from lti_tool import db
from tests.reader import Reader
from tests.test_audit import GOOD


@pytest.fixture
def app():
    app = Flask(__name__)
    app.testing = True
    app.got = []

    @app.get("/bad")
    def bad():
        return GOOD.replace("<h1>A page</h1>", "")

    @app.get("/gone")
    def gone():
        return GOOD, 404

    @app.get("/moved")
    def moved():
        return redirect("/good", 302)

    @app.get("/good")
    def good():
        return GOOD.replace('action="/x"', 'action="/take"')

    @app.post("/take")
    def take():
        app.got.append(request.form.to_dict())
        return redirect("/good", 303)

    @app.get("/writes")
    def writes():
        with db.engine().connect() as connection:
            connection.execute(sa.text("create table noted (id integer)"))
        return GOOD

    return app


def test_a_good_page_can_be_read(app):
    assert "A page" in Reader(app).open("/good").text


def test_a_bad_page_is_refused(app):
    with pytest.raises(AssertionError, match="/bad: there are 0 h1"):
        Reader(app).open("/bad")


def test_an_unexpected_status_is_refused(app):
    with pytest.raises(AssertionError, match="404 instead of 200"):
        Reader(app).open("/gone")
    assert Reader(app).open("/gone", expect=404).status == 404


def test_only_303_is_followed(app):
    with pytest.raises(AssertionError, match="302 where a 303 belongs"):
        Reader(app).open("/moved")


def test_a_form_is_filled_in_where_it_stands(app):
    Reader(app).open("/good", t="one\ntwo")
    assert app.got == [{"visit": "1", "t": "one\r\ntwo"}]


def test_a_field_that_is_not_there_is_refused(app):
    with pytest.raises(AssertionError, match="no form on this page has title"):
        Reader(app).open("/good", title="x")


def test_a_button_is_pressed_by_its_words(app):
    reader = Reader(app)
    reader.open("/good")
    reader.press("Save", t="x")
    assert app.got == [{"visit": "1", "t": "x"}]
    with pytest.raises(AssertionError, match="no button “Send”"):
        reader.press("Send")


def test_anything_may_be_sent_to_see_it_refused(app):
    reader = Reader(app)
    reader.open("/good")
    reader.send("/take", extra="1")
    assert app.got == [{"visit": "1", "extra": "1"}]


def test_a_get_that_writes_is_refused(app):
    db.connect("sqlite://")
    with pytest.raises(AssertionError, match="GET /writes writes: create table"):
        Reader(app).open("/writes")
