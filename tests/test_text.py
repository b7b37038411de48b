"""What people write becomes safe HTML, is cleaned without loss, and names become initials."""

import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.text import TAGS, clean, count_words, initials, to_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example/a)",
    "[x](/circles/7/leave)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[x]: https://evil.example\n\n![x]",
    '[x](https://a.example "onmouseover=alert(1)")',
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "<div style='position:fixed'>x</div>",
    "<svg/onload=alert(1)>",
    "```<script>\nalert(1)\n```",
    "<!-- <script> --> &lt;script&gt;",
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input></form>",
    "[x](https:\\\\evil.example)",
    "[x](\x01javascript:alert(1))",
]  # fmt: skip


def harmless(html):
    """Only our elements, only our attributes, only links to the web."""
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        attributes = dict(element.attrib)
        if element.tag == "div":
            assert attributes == {"class": "written", "dir": "auto"}
        elif element.tag == "a":
            assert attributes.pop("rel") == "external noopener noreferrer"
            assert attributes.pop("href").lower().startswith(("http://", "https://"))
            assert not attributes
        else:
            assert element.tag in TAGS, element.tag
            assert set(attributes) <= {"start"}
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_only_words(attack):
    assert harmless(to_html(attack))


@given(st.text(alphabet="<>[]()!\"'`&;:/\\#*_ \n\taeijsx", max_size=60))
def test_no_text_at_all_does_harm(text):
    assert harmless(to_html(text))


def test_a_text_keeps_its_shape():
    html = to_html("I *tried*\n**cards**.\n\n- one\n- two\n\n3. three\n\n> said Ana")
    for piece in ("<em>tried</em><br>", "<strong>cards</strong>", "<li>one</li>", '<ol start="3">', "<blockquote>"):
        assert piece in html
    assert html.startswith('<div class="written" dir="auto">')


def test_a_link_leads_to_the_web():
    link = 'href="https://example.org/a?b=1&amp;c=2" rel="external noopener noreferrer"'
    assert link in to_html("[site](https://example.org/a?b=1&c=2)")


def test_a_heading_never_disturbs_the_outline_of_the_page():
    assert not re.search("<h[1-6]", to_html("# Big\n\nText\n---\n\nOther\n==="))
    assert "<p><strong>Big</strong></p>" in to_html("# Big")


def test_html_shows_as_it_was_typed():
    assert "&lt;b&gt;" in to_html("<b>not bold</b>")


def test_four_spaces_are_no_code():
    assert "<pre>" not in to_html("    an indented line")


@pytest.mark.parametrize("nothing", ["", "  ", "\n\n"])
def test_nothing_is_nothing(nothing):
    assert to_html(nothing) == ""


def test_cleaning_keeps_everything_that_can_be_seen():
    assert clean("a\r\nb\rc\td") == "a\nb\nc\td"
    assert clean("a\x00b\x07c\x1bd\x85") == "abcd"
    assert clean("e\u0301") == "\u00e9"
    kept = "क्\u200dष می\u200cروم \u200fא 👩\u200d🏫 «…» 학습"
    assert clean(kept) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("one", 1), ("one, two — three!", 3), ("बच्चों ने पूछा", 3), ("학습 서클", 2), ("- * -", 0), ("3 cards", 2)],
)
def test_words_are_counted_as_a_person_would(text, words):
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana Gonçalves", "AG"),
        ("Chloé", "C"),
        ("Jean-Luc de la Tour", "JT"),
        ("كريم بن علي", "ك\u200cع"),
        ("김 민수", "김민"),
        ("", ""),
        ("(37) 12", ""),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters
