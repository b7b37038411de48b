"""A small application with our templates and nothing behind them, for the tests of the front."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, flash, g, redirect, render_template, render_template_string, request
from jinja2 import StrictUndefined
from wtforms import BooleanField, DateField, FileField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from lti_tool import catalogues as messages
from lti_tool import settings, templating
from lti_tool.forms.base import Form, LongText, ShortText, Typed
from lti_tool.views.refusal_words import refusal

WORDS = """{% extends "base.html" %}{% block title %}A page{% endblock %}{% block content %}{{ body }}{% endblock %}"""


class EntryForm(Form):
    """One field of every kind."""

    title = ShortText("What is it about?", [DataRequired()])
    text = LongText("What did I do?")
    day = DateField("When?", [DataRequired()])
    level = RadioField(
        "Which sentence fits?",
        choices=[SelectChoice("a", "We begin to try it."), SelectChoice("b", "Pupils do it themselves.")],
    )
    photo = FileField("A photo or a PDF")
    agreed = BooleanField("Nobody can be recognised in it")


@dataclass
class Tiny:
    """The application and what it was told."""

    app: Flask
    saved: list[dict[str, str]] = field(default_factory=list)
    autosave: Callable[[], Any] = lambda: ("", 204)


def make(catalogues: str = "translations") -> Tiny:
    """An application that shows any template as a person signed in would see it."""
    messages.compile_all()
    app = Flask("lti_tool", template_folder=str(settings.shipped("templates")))
    app.config.update(SECRET_KEY="a key for the tests, long enough", TESTING=True)
    app.jinja_env.undefined = _Lenient
    templating.init_app(app, catalogues=catalogues)
    tiny = Tiny(app)

    @app.before_request
    def _visit() -> None:
        g.language = request.args.get("language") or request.cookies.get("language")
        g.visit = SimpleNamespace(person_id=7)

    @app.context_processor
    def _frame() -> dict[str, Any]:
        places = [
            SimpleNamespace(label="Circle", url="/", current=True),
            SimpleNamespace(label="My inquiry", url="/entry", current=False),
        ]
        return {"places": places, "visitor_name": "Ana Gonçalves"}

    @app.route("/entry", methods=["GET", "POST"])
    def entry() -> Any:
        form = EntryForm()
        if form.accepted():
            tiny.saved.append(form.values())
            flash("Saved.")
            return redirect("/entry", 303)
        return render_template_string(ENTRY, form=form)

    @app.post("/entry/autosave")
    def autosave() -> Any:
        tiny.saved.append(request.form.to_dict())
        return tiny.autosave()

    @app.post("/language")
    def language() -> Response:
        tiny.saved.append({"language": request.form["language"]})
        answer = redirect("/entry", 303)
        answer.set_cookie("language", request.form["language"])
        return answer

    @app.get("/favicon.ico")
    def favicon() -> Any:
        return "", 204

    @app.get("/show/<path:template>")
    def show(template: str) -> str:
        return render_template(
            template,
            sentence="The connection was gone.",
            code="expired",
            texts=[Typed("text", "my words")],
            words=refusal("circle_closed"),
        )

    return tiny


class _Lenient(StrictUndefined):
    """The views give every name that a template asks for, except the few that base.html may miss."""

    def __bool__(self) -> bool:
        return False


ENTRY = """{% extends "base.html" %}
{% from "components/forms.html" import field, page_form %}
{% from "components/parts.html" import who_sees %}
{% block title %}What I tried{% endblock %}
{% block content %}
{% call page_form(form, "Share with my circle", name="do", value="share", others=[("do", "keep", "Keep as draft")],
                  autosave="/entry/autosave", seen_by=who_sees("only you", only_you=true)) %}
{{ field(form.title, hint="A few words") }}
{{ field(form.text, measure=5) }}
<p class="hint" id="stage-words" data-left="Words left: {number}" data-over="Words more: {number}">Words left: 5</p>
{{ field(form.day) }}
{{ field(form.level) }}
{{ field(form.photo) }}
{{ field(form.agreed) }}
{% endcall %}
{% endblock %}"""
