"""No page says a word that translators never saw: every letter of a template stands in a translation or in a value."""

import ast
import re
from pathlib import Path

import pytest

from lti_tool.settings import shipped

TEMPLATES = shipped("templates")
VIEWS = Path(__file__).parent.parent / "lti_tool" / "views"
JINJA = re.compile(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
EVERYWHERE = {"(PDF)"}  # the same in all languages
SPOKEN = re.compile(
    r"""\s(?:aria-label|title|alt|placeholder|data-(?:saved|unsaved|changed|left|over))=["']([^"']*)["']"""
)


def unsaid(template: str) -> list[str]:
    """The words of a template that no translator sees."""
    html = JINJA.sub("", template)
    said = [*re.split(r"\s*\n\s*", TAG.sub("\n", html)), *SPOKEN.findall(html)]
    return [words for words in said if has_letters(words) and words not in EVERYWHERE]


def has_letters(words: str) -> bool:
    """Whether there is anything to translate."""
    return bool(re.search(r"[^\W\d_]", words))


@pytest.mark.parametrize(
    "file",
    [file for file in sorted(TEMPLATES.rglob("*.html")) if "demo" not in file.parts],
    ids=lambda file: str(file.relative_to(TEMPLATES)),
)
def test_every_word_of_a_template_can_be_translated(file: Path) -> None:
    assert unsaid(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        "<p>{% trans %}Hello{% endtrans %} colleague</p>",
        '<button aria-label="Close">×</button>',
        "{{ name }} waits",
        '<img alt="A face">',
    ],
)
def test_the_check_sees_a_word(template: str) -> None:
    assert unsaid(template) != []


@pytest.mark.parametrize("file", sorted(VIEWS.glob("*.py")), ids=lambda file: file.name)
def test_what_a_view_says_goes_through_the_translators(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "flash":
            parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
            literal = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
            assert not any(map(has_letters, literal)), f"line {node.lineno}"
