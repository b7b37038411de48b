"""The page that says who sees what, from the grants that guard it."""

import pytest
from flask import Flask

from lti_tool import access, settings
from lti_tool.access import GRANTS, Permission, Rights
from tests import build
from tests.reader import Reader


def readers(reader: Reader, what: str) -> str:
    """The readers named below one of the page's terms."""
    return (
        reader.open("/privacy")
        .text.partition(what)[2]
        .partition("without names" if "agreed" in what else "Meetings")[0]
    )


def test_anybody_may_read_it(reader: Reader) -> None:
    assert "No facilitator and no administrator." in reader.open("/privacy").text


def test_it_stands_at_the_foot_of_every_page(app: Flask, reader: Reader) -> None:
    ama = build.member(build.circle(), name="Ama Owusu")
    assert 'href="/privacy"' in reader.as_(ama).open("/circles")


def test_it_says_what_the_grants_say(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = "from the day each of them joined"
    assert "teachers of the circle" in readers(reader, shared)
    assert "guests" not in readers(reader, shared)
    monkeypatch.setitem(access.GRANTS, Rights.GUEST, GRANTS[Rights.GUEST] | {Permission.READ_SHARED})
    assert "guests" in readers(reader, shared)


def test_it_names_every_way_in_which_a_circle_may_read_words(reader: Reader) -> None:
    """Who may agree on less (`norms.agree_on_feedback`) must not be promised more."""
    page = reader.open("/privacy").text
    assert "those who sent their own about the same text, or all" in page
    assert "from the next meeting on" in page


def test_the_operator_says_where_the_data_lies(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """H18."""
    assert "Whoever runs your course can tell you" in reader.open("/privacy").text
    here = settings.current().model_copy(update={"hosted_at": "Kept in Accra <by the union>."})
    monkeypatch.setattr(settings, "_current", here)
    assert "Kept in Accra <by the union>." in reader.open("/privacy").text
