"""Our signing keys as the installation's administrator sees them, and the one thing she does there."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.lti import keys as ours
from lti_tool.models import AuditLine
from lti_tool.services import keys
from lti_tool.services.keys import Use
from tests import administering
from tests.conftest import PUBLIC
from tests.reader import Reader


@pytest.fixture
def chief(app: Flask) -> Reader:
    return administering.whole(app)


def uses() -> list[str]:
    with db.work(read_only=True):
        return [key.use for key in keys.all()]


def test_looking_makes_no_first_key(chief: Reader) -> None:
    assert "No key yet" in chief.open("/keys").text
    assert uses() == []


def test_each_key_says_what_it_is_for(chief: Reader) -> None:
    kid, _ = ours.signing_key()
    text = chief.open("/keys").text
    assert kid in text
    assert re.search(r"Published on [^.]+, in use since [^.]+\.", text)
    assert "The calendar makes the next one on " in text
    assert f"An LMS that reads our keys at {PUBLIC}/lti/jwks has nothing to do." in text
    assert "PRIVATE KEY" not in text


def test_a_new_one_is_published_noted_and_told(chief: Reader) -> None:
    kid, _ = ours.signing_key()
    chief.open("/keys")
    page = chief.press("Yes, make a new key")
    assert "A new key is published. It will sign in 7 days." in page.text
    assert uses() == [Use.SIGNS, Use.NEXT]
    assert ours.signing_key()[0] == kid
    assert "Yes, make a new key" not in page
    with db.work(read_only=True) as unit:
        line = unit.scalars(sa.select(AuditLine).where(AuditLine.verb == "key.published")).one()
    assert line.administrator_id is not None
    assert "New signing key published" in chief.open("/audit").text
    with db.work() as unit:
        keys.rotate(by=None, at_once=True)
        unit.commit()
    page = chief.open("/keys")
    assert "kept until" in page.text
    assert page.count("BEGIN PUBLIC KEY") == 1, "a retired key is pasted nowhere"


def test_pressing_twice_makes_one(chief: Reader) -> None:
    ours.signing_key()
    page = chief.open("/keys")
    chief.press("Yes, make a new key")
    chief.page = page
    chief.press("Yes, make a new key")
    assert uses() == [Use.SIGNS, Use.NEXT]


def test_a_page_that_lay_open_makes_no_second_one(app: Flask, chief: Reader) -> None:
    ours.signing_key()
    other = administering.whole(app)
    for reader in (chief, other):
        reader.open("/keys")
    chief.press("Yes, make a new key")
    assert "A new key is there already" in other.press("Yes, make a new key", expect=409).text
    assert uses() == [Use.SIGNS, Use.NEXT]


def test_an_lms_administrator_sees_none_and_makes_none(app: Flask) -> None:
    reader = administering.of_platform(app)
    assert "Our signing keys" not in reader.open("/platforms")
    reader.open("/keys", expect=403)
    reader.open("/platforms")
    reader.send("/keys", expect=403)
    assert uses() == []
