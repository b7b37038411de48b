"""Registering by hand: values to copy, Canvas's file, and what the LMS shows in return."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db, settings
from lti_tool.models import Platform
from lti_tool.views.registrations import PRODUCTS
from tests import administering
from tests.reader import Reader

TOP = Path(__file__).resolve().parent.parent.parent
VALUES = {
    "name": "Ministry LMS",
    "issuer": "https://lms.example.org",
    "client_id": "abc",
    "auth_url": "https://lms.example.org/auth",
    "token_url": "https://lms.example.org/token",
    "jwks_url": "https://lms.example.org/jwks",
    "deployment": "1",
    "audience": "",
}


def platforms() -> list[Platform]:
    with db.work(read_only=True) as unit:
        return list(unit.scalars(sa.select(Platform)))


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_has_its_values(app: Flask, product: str) -> None:
    page = Reader(app, forbidden=()).open(f"/registrations/{product}")
    assert "readonly" in page
    address = "/lti/canvas-configuration" if product == "canvas" else "/lti/login"
    assert f"https://circles.example.org{address}" in page


@pytest.mark.parametrize("product", [name for name, kind in PRODUCTS.items() if kind.choices])
def test_what_is_chosen_and_not_copied_stands_there_as_in_the_manual(app: Flask, product: str) -> None:
    """Or Moodle, which begins with another LTI version and another kind of key, shows half of the boxes."""
    page = Reader(app, forbidden=()).open(f"/registrations/{product}").text
    manual = (TOP / f"docs/install/{product}.md").read_text(encoding="utf-8")
    for label, choice in PRODUCTS[product].choices:
        assert f"{label} {choice}" in page
        assert f"| {label} | {choice}" in manual


def test_a_product_asks_for_no_variable_of_another(app: Flask) -> None:
    page = Reader(app, forbidden=()).open("/registrations/moodle")
    assert "$Moodle.Person.userGroupIds" in page
    assert "$Canvas" not in page


def test_brightspace_wants_its_domain_as_an_address(app: Flask) -> None:
    assert 'value="https://circles.example.org"' in Reader(app, forbidden=()).open("/registrations/brightspace")
    assert 'value="circles.example.org"' in Reader(app, forbidden=()).open("/registrations/blackboard")


def test_all_kinds_are_listed_and_no_others_exist(app: Flask) -> None:
    reader = Reader(app, forbidden=())
    page = reader.open("/registrations")
    assert all(f'href="/registrations/{product}"' in page for product in PRODUCTS)
    reader.open("/registrations/webct", expect=404)


def test_canvas_reads_its_file(app: Flask) -> None:
    answer = app.test_client().get("/lti/canvas-configuration")
    told = answer.get_json()
    assert answer.mimetype == "application/json"
    assert told["oidc_initiation_url"] == "https://circles.example.org/lti/login"
    # what Canvas takes for the only redirect address where nobody typed one, and compares letter by letter
    assert told["target_link_uri"] == "https://circles.example.org/lti/launch"
    (ours,) = told["extensions"]
    assert {one["target_link_uri"] for one in ours["settings"]["placements"]} == {told["target_link_uri"]}
    assert told["public_jwk_url"] == "https://circles.example.org/lti/jwks"
    assert told["extensions"][0]["privacy_level"] == "name_only"
    places = {place["placement"]: place for place in told["extensions"][0]["settings"]["placements"]}
    assert places["course_navigation"]["default"] == "disabled"
    assert "secret" not in answer.get_data(as_text=True)


class TestEntering:
    def test_registers_the_lms(self, app: Flask) -> None:
        reader = administering.whole(app)
        reader.open("/registrations/brightspace/new")
        page = reader.send("/registrations/brightspace/new", **VALUES)
        assert "is registered" in page.text
        [kept] = platforms()
        assert (kept.product, kept.issuer, kept.audience) == ("brightspace", "https://lms.example.org", None)
        assert kept.approved_at is not None

    def test_keeps_what_was_typed_when_an_address_cannot_be(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        strict = settings.current().model_copy(update={"allow_private_platforms": False})
        reader = administering.whole(app)
        reader.open("/registrations/other/new")
        monkeypatch.setattr(settings, "_current", strict)
        page = reader.send("/registrations/other/new", **VALUES | {"token_url": "http://10.0.0.1/token"})
        assert "https address that the whole internet can reach" in page.text
        assert "http://10.0.0.1/token" in page
        assert platforms() == []

    def test_never_replaces_a_registration(self, app: Flask) -> None:
        reader = administering.whole(app)
        for _ in range(2):
            reader.open("/registrations/other/new")
            page = reader.send("/registrations/other/new", **VALUES)
        assert "registered already" in page.text
        assert len(platforms()) == 1

    def test_is_for_administrators_of_the_installation_alone(self, app: Flask, reader: Reader) -> None:
        administering.of_platform(app).open("/registrations/other/new", expect=403)
        reader.open("/registrations/other/new", expect=401)
