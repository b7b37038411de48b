"""Our form: nothing typed is lost, technical fields stay out of the values, messages speak the page's language."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import g
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from wtforms import SubmitField
from wtforms.validators import URL, DataRequired

from lti_tool.forms.base import Form, LongText, ShortText, opened_by, typed_texts
from lti_tool.text import clean
from tests import tiny

ONCE = "0" * 32
OPENED = datetime(2026, 3, 12, 16, 0, tzinfo=UTC)


class NoteForm(Form):
    title = ShortText("Title", [DataRequired()], longest=20)
    text = LongText("Text")
    link = ShortText("Link", [URL()])
    save = SubmitField("Save")


@pytest.fixture(scope="module")
def app():
    return tiny.make().app


def posted(app, language="en", **fields):
    data = {"title": "A try", "link": "https://example.org", "once": ONCE, **fields}
    context = app.test_request_context("/", method="POST", data=data)
    context.push()
    g.language = language
    g.visit = SimpleNamespace(person_id=7)
    return context, NoteForm()


def problems(app, **fields):
    context, form = posted(app, **fields)
    try:
        assert not form.accepted()
        return {problem.target: problem.sentence for problem in form.problems()}
    finally:
        context.pop()


def test_values_are_the_answers_alone(app):
    context, form = posted(app, title="  Exit \r\n tickets ", text="one\r\ntwo\x00")
    with context:
        assert form.accepted()
        assert form.values() == {"title": "Exit tickets", "text": "one\ntwo", "link": "https://example.org"}
        assert form.problems() == []
    context.pop()


def test_a_get_is_never_accepted(app):
    with app.test_request_context("/?title=x"):
        assert not NoteForm().accepted()


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_was_typed_is_in_the_box_again(app, text):
    context, form = posted(app, title="", text=text)
    try:
        assert not form.accepted()
        assert form.text.data == clean(text)
        assert form.title.errors
    finally:
        context.pop()


def test_a_text_that_is_too_long_is_refused_and_kept(app):
    context, form = posted(app, title="x" * 21)
    with context:
        assert not form.accepted()
        assert form.title.data == "x" * 21
        assert [p.sentence for p in form.problems()] == [
            "There is room for 20 characters, this has 21. Nothing is lost: please shorten it."
        ]
        assert "maxlength" not in str(form.title())
    context.pop()


def test_messages_are_in_the_language_of_the_page_and_in_our_voice(app):
    assert problems(app, title="")["title"] == "Please fill this in."
    assert problems(app, title="", language="fr")["title"] == "Veuillez remplir ceci."
    assert problems(app, title="", language="ar")["title"] == "يُرجى ملء هذا."
    assert problems(app, link="nowhere")["link"] == "Please write a whole web address, beginning with https://"


def test_a_problem_links_to_its_box_and_the_first_of_several(app):
    with app.test_request_context("/", method="POST", data={"once": ONCE}):
        g.language = "en"
        form = tiny.EntryForm()
        assert not form.accepted()
        assert [(p.target, p.label) for p in form.problems()] == [
            ("title", "What is it about?"),
            ("day", "When?"),
            ("level-0", "Which sentence fits?"),
        ]
        assert form.has_files


def test_the_key_of_a_form_stays_when_it_is_shown_again(app):
    context, form = posted(app, title="")
    with context:
        assert not form.accepted()
        assert ONCE in str(form.once())
    context.pop()


@pytest.mark.parametrize("once", ["", "x", "0" * 31, "0" * 33, ONCE + "\n"])
def test_a_form_without_a_proper_key_gets_a_new_one(app, once):
    context, form = posted(app, once=once)
    with context:
        assert not form.accepted()
        assert form.problems()[0].sentence.startswith("This page was open for a long time.")
        assert f'value="{once}"' not in str(form.once())
    context.pop()


def test_two_forms_have_two_keys(app):
    with app.test_request_context("/"):
        assert NoteForm().once._value() != NoteForm().once._value()


def test_a_page_says_who_opened_it(app):
    context, form = posted(app)
    with context:
        token = form.visit._value()
        assert opened_by({"visit": token}) == 7
        assert opened_by({"visit": token + "x"}) is None
        assert opened_by({"visit": "7"}) is None
        assert opened_by({}) is None
        g.visit = None
        assert opened_by({"visit": NoteForm().visit._value()}) is None
    context.pop()


def test_who_opened_a_page_survives_a_new_secret_key():
    app = tiny.make().app
    with app.test_request_context("/"):
        g.visit = SimpleNamespace(person_id=7)
        token = Form().visit._value()
        app.config["SECRET_KEY_FALLBACKS"] = [app.secret_key]
        app.secret_key = "another key, also long enough"
        assert opened_by({"visit": token}) == 7
        app.config["SECRET_KEY_FALLBACKS"] = []
        assert opened_by({"visit": token}) is None


def test_a_page_may_lie_open_for_seven_days():
    app = tiny.make().app
    with time_machine.travel(OPENED, tick=False) as clock, app.test_request_context("/"):
        g.visit = SimpleNamespace(person_id=7)
        token = Form().visit._value()
        clock.shift(timedelta(days=7))
        assert opened_by({"visit": token}) == 7
        clock.shift(timedelta(seconds=2))
        assert opened_by({"visit": token}) is None


def test_a_token_for_something_else_is_no_token_for_a_page():
    app = tiny.make().app
    with app.test_request_context("/"):
        other = URLSafeTimedSerializer(app.secret_key, salt="something else").dumps(7)
        assert opened_by({"visit": other}) is None


def test_everything_a_refused_form_carried_can_be_shown():
    sent = MultiDict(
        [
            ("text", "What I\r\ntried"),
            ("text", "and more"),
            ("stage", "try"),
            ("visit", "x y"),
            ("once", ONCE),
            ("e", ""),
        ]
    )
    texts, rest = typed_texts(sent)
    assert [(typed.name, typed.text) for typed in texts] == [("text", "What I\ntried"), ("text", "and more")]
    assert [(typed.name, typed.text) for typed in rest] == [("stage", "try")]


@pytest.mark.parametrize(
    ("name", "text"),
    [("answer_did", "Quizzes"), ("words-clarify", "Why?"), ("text", "Yes"), ("somewhere", "我试了出门条")],
)
def test_a_single_word_is_a_text_as_well(name: str, text: str) -> None:
    """Some answers are one word, and some languages write a whole sentence without a space."""
    texts, rest = typed_texts(MultiDict([(name, text), ("go", "next")]))
    assert [typed.text for typed in texts] == [text]
    assert [typed.name for typed in rest] == ["go"]
