"""Every template of the front, audited in every language; and what the sheet and the script may weigh and say."""

import re
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from flask import render_template_string

from lti_tool import settings, templating, text
from lti_tool.forms.base import Typed
from lti_tool.i18n import CODES
from tests import tiny
from tests.audit import audit
from tests.reader import Reader

SHEET = (templating.STATIC / "circles.css").read_text(encoding="utf-8")
SCRIPT = (templating.STATIC / "circles.js").read_text(encoding="utf-8")
ERRORS = sorted(p.name for p in (settings.shipped("templates") / "errors").glob("*.html") if p.name != "page.html")

PARTS = """{% extends "base.html" %}
{% from "components/parts.html" import back, disc, empty, more, notice, person, spoke, state, versions, who_sees %}
{% from "components/forms.html" import press %}
{% block above %}{{ back("/", "«Circle»") }}{% endblock %}
{% block title %}{{ name }} & parts{% endblock %}
{% block lead %}{{ state("Draft, only you", "pencil") }}{% endblock %}
{% block content %}
<p>Next: {{ when | day_and_time }}</p>
{{ who_sees("only you", only_you=true) }}{{ who_sees("your circle") }}
{{ person(name, 3) }}{{ person("", 4) }}
{{ empty("Nothing yet. What colleagues share will be here.", "/x", "Share something") }}
{% call more() %}<p>rare</p>{% endcall %}
{{ versions([(2, "now", ""), (1, "on 3 March", "/x")]) }}
{% call spoke(name, 2, "6 days ago", [("Value", "I *like* <script>alert(1)</script>"), ("Wonder", "")]) %}
{{ press("/x", "Thanks", main=true, facts={"kind": "thanks"}, icon_name="check") }}{{ press("/x", "Ask") }}{% endcall %}
{{ spoke(name, 2, "today", [("", "Good")]) }}
{% call notice("Careful", "stop") %}<p>Words</p>{% endcall %}
{% endblock %}
{% block aside %}<h2>Beside</h2>{% endblock %}"""


@pytest.fixture(scope="module")
def app():
    return tiny.make().app


@pytest.mark.parametrize("language", CODES)
def test_all_parts_make_a_good_page(app, language):
    with app.test_request_context(f"/?language={language}"):
        app.preprocess_request()
        html = render_template_string(PARTS, name="<i>Ana</i> Gonçalves", when=datetime.now(UTC))
    assert audit(html) == []
    assert "<i>" not in html
    assert "<script>alert" not in html
    assert "<title>&lt;i&gt;Ana&lt;/i&gt; Gonçalves &amp; parts" in html


@pytest.mark.parametrize("language", CODES)
@pytest.mark.parametrize("template", ERRORS)
def test_every_refusal_makes_a_good_page(app, template, language):
    Reader(app).open(f"/show/errors/{template}?language={language}")


def test_a_kept_text_can_be_read_copied_and_sent_again(app):
    evil = "</textarea><script>1</script>\n\nmy words"
    source = '{% include "errors/kept_text.html" %}'
    facts = {"texts": [Typed("text", evil), Typed("ask", "two words")], "rest": [Typed("stage", "try")]}
    with app.test_request_context("/"):
        app.preprocess_request()
        html = render_template_string(
            source, sentence="You were signed out.", send_to="/entry", sent_by="signed", **facts
        )
        alone = render_template_string(source, sentence="The circle is closed.", send_to="", **facts)
    assert audit(html) == audit(alone) == []
    assert "<script>1" not in html
    assert 'name="stage" value="try"' in html
    assert 'name="visit" value="signed"' in html
    assert "Send it again" in html
    assert "Send it again" not in alone


def test_a_form_shows_what_to_mend_and_keeps_every_word(app):
    reader = Reader(app)
    page = reader.open("/entry", title="", text="one two three four five six", level="b")
    assert "Please look at this first" in page.text
    assert '<a href="#title">What is it about?</a> – Please fill this in.' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="title-hint title-error"' in page
    assert "one two three four five six</textarea>" in page
    assert re.search(r'id="level-1"[^>]* checked|checked[^>]* id="level-1"', page)


def test_a_form_in_order_is_saved_once_and_says_so():
    small = tiny.make()
    page = Reader(small.app).open("/entry", title="Cards", text="one two", day="2026-03-12", level="a", do="keep")
    assert [saved["title"] for saved in small.saved] == ["Cards"]
    assert 'role="status"' in page


def test_the_language_can_be_chosen_at_the_foot_of_every_page(app):
    reader = Reader(app)
    reader.open("/entry")
    page = reader.press("العربية")
    assert '<html lang="ar" dir="rtl">' in page
    assert "مَن يستطيع رؤية هذا" in page.text


def test_forms_of_one_page_share_no_ids_and_each_has_its_own_key(app):
    page = Reader(app).open("/entry")
    keys = re.findall(r'name="once" value="(\w+)"', page)
    assert len(keys) == len(set(keys)) == 2


def test_pages_without_a_visit_have_neither_places_nor_a_name(app):
    bare = {"places": (), "visitor_name": None}
    with app.test_request_context("/"):
        html = render_template_string(tiny.WORDS, body="Words", **bare)
    assert audit(html) == []
    assert "<nav" not in html
    assert "<footer" not in html


def test_a_first_visit_is_light(app):
    page = Reader(app).open("/entry")
    files = [page.encode(), SHEET.encode(), SCRIPT.encode()]
    requests = 1 + len(re.findall(r"<(?:link|script|img)[^>]*(?:href|src)=", page))
    assert requests <= 5
    assert len(brotli.compress(SHEET.encode())) <= 5 * 1024
    assert len(brotli.compress(SCRIPT.encode())) <= 1.7 * 1024
    assert sum(len(brotli.compress(file)) for file in files) <= 12 * 1024


def test_the_address_of_a_file_changes_with_the_file():
    assert re.fullmatch(r"/static/circles\.css\?v=[0-9a-f]{12}", templating.asset("circles.css"))


# The sheet


def colours(scheme):
    """The colours of the light or the dark scheme by name."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#\w+)", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#\w+)", dark))
    return found


def contrast(one, other):
    """The contrast ratio of WCAG 2.2."""

    def light(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(d * 2 for d in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = [
    *(("paper", ink) for ink in ("ink", "quiet", "accent", "stop")),
    *(("warm-wash", ink) for ink in ("ink", "quiet", "accent", "warm")),
    ("field", "ink"),
    ("accent", "on-accent"),
    *((f"tone-{number}", "ink") for number in range(6)),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ground", "ink"), TEXTS)
def test_text_stands_out_seven_to_one(scheme, ground, ink):
    palette = colours(scheme)
    assert contrast(palette[ground], palette[ink]) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ground", "edge"), [("paper", "edge"), ("field", "edge"), ("paper", "warm"), ("paper", "accent")]
)
def test_edges_stand_out_three_to_one(scheme, ground, edge):
    palette = colours(scheme)
    assert contrast(palette[ground], palette[edge]) >= 3


def test_the_sheet_knows_no_left_and_right():
    physical = r"[\s{;-](left|right)\b|(?<![\w-])(width|height|margin-top|margin-bottom|padding-top|padding-bottom)\s*:"
    assert [found[0] for found in re.finditer(physical, re.sub(r"/\*.*?\*/|\(min-width|data-left", "", SHEET))] == []


def test_nothing_moves_glows_or_shines():
    for word in ("transition", "animation", "shadow", "gradient", "@import", "url(", "@font-face"):
        assert word not in SHEET


def test_the_script_asks_nobody_else_and_knows_no_language():
    assert not re.search(r"https?:|eval|innerHTML|Function\(|insertAdjacent", SCRIPT)


INTO_WINDOWS = {"outsides/show.html", "lti/new_window.html", "lti/_window.html"}  # forms that bring a session along


def test_a_new_window_is_opened_by_a_one_time_link_or_is_somebody_elses():
    """A window opened from the frame has no session: pages of ours go there by `open_outside` (forms.html)."""
    folder = Path(settings.shipped("templates"))
    for file in sorted(folder.rglob("*.html")):
        name = file.relative_to(folder).as_posix()
        if name.startswith("demo/"):
            continue
        for tag in re.findall(r"<(?:a|form|button|area|base)\b[^>]*target=[^>]*>", file.read_text(encoding="utf-8")):
            others = tag.startswith("<a ") and 'rel="external noopener noreferrer"' in tag
            assert others or (tag.startswith("<form ") and name in INTO_WINDOWS), f"{name}: {tag}"
    assert "window.open" not in SCRIPT


def test_the_scripts_of_the_frame_are_small():
    for name, most in (("frame.js", 800), ("launch.js", 1100)):
        script = (templating.STATIC / name).read_text(encoding="utf-8")
        assert len(brotli.compress(script.encode())) <= most, name
        assert not re.search(r"https?:|eval|innerHTML|Function\(|insertAdjacent", script), name


def test_every_class_of_a_template_is_in_the_sheet_or_has_a_reason():
    used = set()
    for file in Path(settings.shipped("templates")).rglob("*.html"):
        if file.parent.name == "demo":  # the practice LMS has a sheet of its own
            continue
        plain = re.sub(r"{[{%].*?[%}]}", " ", file.read_text(encoding="utf-8"))
        for value in re.findall(r'class="([^"]*)"', plain):
            used |= {word for word in value.split() if not word.endswith("-")}
    missing = {word for word in used if f".{word}" not in SHEET}
    assert missing <= {"choices", "who", "columns", "text"}, missing


# What no page shows any more is taken out, with its words.

IMPORT = re.compile(r"{% from \"([^\"]+)\" import (.*?)(?: with context)? %}", re.DOTALL)


def pages():
    """The text of every template of the tool by name."""
    folder = Path(settings.shipped("templates"))
    files = [file for file in sorted(folder.rglob("*.html")) if file.parent.name != "demo"]
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def imported(text):
    """What a template imports: (from which, name there, name here)."""
    for source, names in IMPORT.findall(text):
        for one in names.split(","):
            there, _, here = one.strip().partition(" as ")
            yield source, there, here or there


def test_every_macro_is_called_and_every_import_used():
    used = set()
    for name, page in pages().items():
        rest = IMPORT.sub("", page)
        for source, there, here in imported(page):
            assert re.search(rf"\b{here}\b", rest), f"{name} imports {here} and does nothing with it"
            used.add((source, there))
        used |= {(name, macro) for macro in re.findall(r"(?:{{|call|else) *(\w+)\(", rest)}
    made = {(name, macro) for name, page in pages().items() for macro in re.findall(r"{%-? macro (\w+)", page)}
    assert made - used == set()


def test_every_class_of_the_sheet_is_on_some_page():
    scripts = [file.read_text(encoding="utf-8") for file in templating.STATIC.glob("*.js")]
    shown = "\n".join([*pages().values(), *scripts, str(text.to_html("x"))])
    classes = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)))
    classes -= {f"tone-{number}" for number in range(6)}  # by the number of a person
    assert {one for one in classes if not re.search(rf"(?<![\w-]){one}(?![\w-])", shown)} == set()
