"""Your name here: everybody may say how she wants to be called, where the LMS hides names it asks kindly."""

import pytest
from flask import Flask

from lti_tool import db
from lti_tool.models import Circle, Person
from tests import build
from tests.reader import Reader


@pytest.fixture
def circle(app: Flask) -> Circle:
    return build.circle(name="Accra North")


def name_of(person: Person) -> str:
    with db.work(read_only=True) as unit:
        return unit.get_one(Person, person.id).chosen_name


def test_without_a_name_the_circle_offers_the_page_and_the_page_asks_kindly(reader: Reader, circle: Circle) -> None:
    nameless = build.member(circle, name="")
    page = reader.as_(nameless).open(f"/circles/{circle.id}")
    assert "Say how you want to be called" in page.text
    page = reader.open("/name")
    assert "Would you tell us what to call you?" in page.text
    page = reader.press("Keep this name", name="  Ama \t Owusu ")
    assert "Colleagues read you as Ama Owusu now." in page.text
    assert "Accra North" in page.text, "she is led back to where she was"
    assert "Say how you want to be called" not in page.text
    assert name_of(nameless) == "Ama Owusu"


def test_colleagues_read_the_chosen_name_and_the_facilitator_the_other_one_too(reader: Reader, circle: Circle) -> None:
    person = build.member(circle, name="owusu_a")
    reader.as_(person).open("/circles")
    assert "You are owusu_a." in reader.page.text  # type: ignore[union-attr]
    reader.open("/name")
    reader.press("Keep this name", name="Ama")
    text = reader.as_(build.member(circle, "facilitator")).open(f"/circles/{circle.id}/people").text
    assert "Ama in the course: owusu_a" in text


def test_it_may_be_emptied_again(reader: Reader, circle: Circle) -> None:
    person = build.member(circle, name="Ama Owusu")
    reader.as_(person).open("/name")
    reader.press("Keep this name", name="Efua")
    reader.open("/name")
    page = reader.press("Keep this name", name=" ")
    assert "Colleagues read you as Ama Owusu now." in page.text
    assert name_of(person) == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ama\x00\x07 Owusu", "Ama Owusu"),
        ("\u202eAma", "Ama"),
        ("अना\u200dमिका", "अना\u200dमिका"),
        ("x" * 80, "x" * 80),
    ],
)
def test_what_would_disturb_is_left_out(reader: Reader, circle: Circle, typed: str, kept: str) -> None:
    person = build.member(circle)
    reader.as_(person).open("/name")
    reader.press("Keep this name", name=typed)
    assert name_of(person) == kept


@pytest.mark.parametrize(
    ("typed", "said"), [("x" * 81, "There is room for 80 characters"), ("***", "at least one letter")]
)
def test_what_is_no_name_stays_in_the_box(reader: Reader, circle: Circle, typed: str, said: str) -> None:
    person = build.member(circle)
    reader.as_(person).open("/name")
    page = reader.press("Keep this name", expect=422, name=typed)
    assert said in page.text
    assert typed in page
    assert name_of(person) == ""
