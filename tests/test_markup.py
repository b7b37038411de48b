"""What an LMS says is text on every page, whatever it looks like: a launch with markup in every string."""

import html
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lti_tool.demo import claims
from lti_tool.demo.opening import Opening
from lti_tool.demo.people import Person
from lti_tool.demo.quirks.plain import Plain
from tests import administering, school
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import School
from tests.test_privacy import crawl, places

EVIL = '"><script>alert(1)</script>'
OF_PROTOCOL = {"iss", "aud", "azp", "nonce", "sub"} | {
    claims.LTI + name for name in ("message_type", "version", "deployment_id", "target_link_uri", "roles")
}  # a launch with markup in one of these is another launch, or none
NAMES = {"title", "label", "description", "text", "name", "locale", "product_family_code", "version", "document_target"}
Path = tuple[str | int, ...]


def strings(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where strings are in a message."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from strings(inner, (*path, key))


def marked(value: Any, path: Path) -> Any:
    """The same message with markup there: after an address, instead of anything else."""
    if not path:
        return value + EVIL if value.startswith("http") else EVIL
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = marked(value[path[0]], path[1:])
    return copy


class Hostile(Plain):
    """An LMS with markup in every string that a launch can do without, and in the names of its roster."""

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """Services keep their addresses, so that everything that they bring arrives as well."""
        said = super().dress(message, opening)
        for path in list(strings(said)):
            if path[-1] == "canvas_acting":  # anything in it is somebody acting as another: refused, see the test above
                continue
            if path[0] not in OF_PROTOCOL and (path[-1] in NAMES or path[0] == claims.LTI + "custom"):
                said = marked(said, path)
        return {**said, "given_name": EVIL, "family_name": EVIL, "email": EVIL, "middle_name": EVIL, "picture": EVIL}

    def roster_member(self, person: Person, *, names: bool) -> dict[str, Any]:
        """Names as a launch has them."""
        member = super().roster_member(person, names=names)
        return {**member, **{name: EVIL for name in ("name", "given_name", "family_name", "email") if name in member}}


@pytest.fixture
def lms(app: Flask) -> Iterator[School]:
    """An LMS by the book."""
    with school.joined(app, "canvas", public_url=PUBLIC) as made:
        yield made


def clean(answer: TestResponse) -> str:
    """What a browser gets: neither the markup nor a script or a header that came of it."""
    page = answer.get_data(as_text=True)
    assert answer.status_code < 500, answer.request.path
    assert "<script>alert" not in page, answer.request.path
    assert EVIL not in str([pair for pair in answer.headers if pair[0] != "Location"]), answer.request.path
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    return page


@pytest.mark.proves("security", 15)
@pytest.mark.parametrize("kind", ["activity", "deep_linking"])
def test_markup_in_any_one_string_of_a_launch(lms: School, kind: str) -> None:
    lms.set_up()
    facts: dict[str, Any] = {"person": school.FACILITATOR, "course": school.COURSE, "kind": kind}
    honest = jwt.decode(lms.lms.id_token(nonce="x", **facts), options={"verify_signature": False})
    accepted = 0
    paths = list(strings(honest))
    assert len(paths) > 30
    for path in paths:
        client = lms.app.test_client()
        url, fields = lms.lms.login(lms.lms.opening(**facts))
        begun = client.get(urlsplit(url).path, query_string=fields)
        if begun.status_code == 307:  # the tool looks whether this browser keeps its cookie
            begun = client.get(begun.location)
        asked = dict(parse_qsl(urlsplit(begun.location).query))
        changed = marked({**honest, "nonce": asked["nonce"]}, path)
        token = lms.lms.id_token(nonce=asked["nonce"], **facts, overrides={path[0]: changed[path[0]]})
        answer = client.post("/lti/launch", data={"state": asked["state"], "id_token": token})
        clean(answer)
        assert answer.status_code in (303, 400, 403, 409), path
        if answer.status_code == 303:
            accepted += 1
            assert "script" not in answer.location
            clean(client.get(answer.location, follow_redirects=True))
            clean(client.get(lms.path))
    assert accepted > 10
    chief = administering.whole(lms.app)
    for page in ("/platforms", "/platforms/1", "/audit"):  # refusals and unknown deployments are shown here
        clean(chief.client.get(page, base_url=PUBLIC))


@pytest.mark.proves("security", 15)
def test_markup_in_all_names_titles_and_parameters_at_once(lms: School) -> None:
    lms.lms.quirks = Hostile()
    lms.set_up()
    entry = lms.entry_of(lms.share("teacher01", text=EVIL))
    lms.answer("teacher02", entry, text=EVIL)
    lms.work()
    seen = [
        page
        for person in (school.FACILITATOR, "teacher01", "teacher02")
        for page in crawl(lms.open(person), entry, *places(lms)).values()
    ]
    assert len(seen) > 20
    for page in seen:
        clean(page.answer)
    assert sum(html.escape(EVIL).replace("&quot;", "&#34;") in page for page in seen) > 10, "nothing was shown"


@pytest.mark.proves("security", 15)
def test_markup_in_the_address_that_links_are_sent_to(lms: School) -> None:
    class Elsewhere(Plain):
        def deep_linking_settings(self, settings: dict[str, Any], opening: Opening) -> dict[str, Any]:
            said = super().deep_linking_settings(settings, opening)
            said = {**said, "title": EVIL, "text": EVIL, "data": EVIL}
            return {**said, "deep_link_return_url": f"{said['deep_link_return_url']}?a={EVIL}&b='"}

    lms.lms.quirks = Elsewhere()
    reader: Reader = lms.open(school.FACILITATOR, kind="deep_linking")
    reader.press("Continue")
    page = reader.press("Add it to the course", **{"title-0": EVIL})
    clean(page.answer)
    (form,) = page.tree.iter("form")
    assert str(form.get("action")).endswith(f"?a={EVIL}&b='"), "or it was not there at all"
    assert list(page.tree.iter("script")) == [one for one in page.tree.iter("script") if one.get("src")]
