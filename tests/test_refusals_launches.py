"""A thousand launches that no honest LMS would send: each gets a page, and of a refused one nothing stays."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo import claims
from lti_tool.demo.keys import Key, new_pem
from tests import school
from tests.conftest import PUBLIC, Client
from tests.fuzz import JUNK, bent, torn
from tests.reader import Reader
from tests.school import School

AMOUNT = [pytest.param(60, 1, id="60"), pytest.param(1000, 2, id="1000", marks=pytest.mark.slow)]
OUR_OWN = {
    "login_state",
    "platform_keys",
    "tool_key",
    "deployment",
    "sighting",
}  # what a login or a question to the LMS leaves


@pytest.fixture
def lms(app: Flask) -> Iterator[School]:
    """An LMS by the book."""
    with school.joined(app, public_url=PUBLIC) as made:
        yield made


@pytest.fixture(scope="module")
def stranger() -> Key:
    """A key that nobody published."""
    return Key(new_pem())


def rows() -> dict[str, int]:
    """How many rows each table has, those left out that hold no word of a launch."""
    with db.work(read_only=True) as unit:
        tables = [table for table in db.Base.metadata.sorted_tables if table.name not in OUR_OWN]
        return {table.name: unit.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


def begun(lms: School, client: Client) -> dict[str, str]:
    """What the tool asked for when a login began."""
    url, fields = lms.lms.login(lms.lms.opening(person="teacher01", course=school.COURSE))
    answer = client.get(urlsplit(url).path, query_string=fields)
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer.location).query))


def token(lms: School, chance: random.Random, nonce: str, stranger: Key) -> str:
    """A signed launch with something wrong in claims, header or signature, or only in a claim that nobody needs."""
    facts: dict[str, Any] = {"person": chance.choice(("teacher01", school.FACILITATOR)), "course": school.COURSE}
    kind = chance.randrange(8)
    if kind >= 6:
        return _asks_for_links(lms, chance, nonce)
    if kind == 0:
        facts["headers"] = {chance.choice(("alg", "kid", "typ", "jku", "crit", "x5u", "b64")): chance.choice(JUNK)}
    elif kind == 1:
        facts["algorithm"] = chance.choice(("none", "HS256", "RS512", "PS256"))
    elif kind == 2:
        facts["key"] = stranger
    else:
        honest = _claims(lms, nonce, facts)
        changed = bent(chance, honest)
        body = changed if isinstance(changed, dict) else {}
        facts["overrides"] = {name: body[name] for name in body if body[name] != honest.get(name)}
        facts["drop"] = [name for name in honest if name not in body]
    return lms.lms.id_token(nonce=nonce, **facts)


def _asks_for_links(lms: School, chance: random.Random, nonce: str) -> str:
    """A request for links whose settings are nonsense; mostly with an address, so that it is not refused for that."""
    facts: dict[str, Any] = {"person": school.FACILITATOR, "course": school.COURSE, "kind": "deep_linking"}
    honest = _claims(lms, nonce, facts)[claims.DEEP_LINKING]
    settings = bent(chance, honest | {"data": chance.choice(JUNK), "title": chance.choice(JUNK)})
    if isinstance(settings, dict) and chance.random() < 0.7:
        settings["deep_link_return_url"] = honest["deep_link_return_url"]
    return lms.lms.id_token(nonce=nonce, **facts, overrides={"deep_linking_settings": settings})


def _claims(lms: School, nonce: str, facts: dict[str, Any]) -> dict[str, Any]:
    import jwt

    signed = lms.lms.id_token(nonce=nonce, **facts)
    return dict(jwt.decode(signed, options={"verify_signature": False}))


def form(chance: random.Random, state: str, id_token: str) -> dict[str, Any]:
    """What is posted, perhaps torn, doubled, or with something beside it."""
    sent: dict[str, Any] = {"state": state, "id_token": id_token}
    kind = chance.randrange(10)
    if kind == 0:
        sent["id_token"] = torn(chance, id_token.encode())
    elif kind == 1:
        sent["state"] = torn(chance, state.encode())
    elif kind == 2:
        sent.pop(chance.choice(("state", "id_token")))
    elif kind == 3:
        sent |= {"error": "x" * chance.randrange(400), "error_description": "\x00<b>"}
    elif kind == 4:
        sent["state"] = [state, "another"]
    elif kind == 5:
        sent |= {"visit": "\x00", "once": "x" * 5000, claims.LTI + "roles": "Administrator", "once[]": ["1", "2"]}
    return sent


@pytest.mark.parametrize(("amount", "seed"), AMOUNT)
def test_no_launch_breaks_anything(lms: School, stranger: Key, amount: int, seed: int) -> None:
    chance = random.Random(seed)
    accepted = chosen = 0
    for number in range(amount):
        client = lms.app.test_client()
        asked = begun(lms, client)
        sent = form(chance, asked["state"], token(lms, chance, asked["nonce"], stranger))
        before = rows()
        answer = client.post("/lti/launch", data=sent)
        assert answer.status_code in (303, 400, 403, 413), f"launch {number} of seed {seed}: {answer.status_code}"
        if answer.status_code == 303:
            accepted += 1
            for path in (answer.location, "/circles"):
                page = client.get(path, follow_redirects=True)
                assert page.status_code < 500, f"launch {number} of seed {seed}: {page.request.path}"
            if "/pickings/" in answer.location:
                chosen += 1
                _choose(client, answer.location, f"launch {number} of seed {seed}")
        else:
            assert rows() == before, f"launch {number} of seed {seed} was refused and yet kept"
            assert "id_token" not in answer.get_data(as_text=True)
    assert accepted > chosen > 0, "some were harmless, or this proves nothing"


def _choose(client: Client, path: str, where: str) -> None:
    """Go on to the answer, whatever the LMS said that it takes."""
    reader = Reader(client.application)
    reader.client = client
    page = reader.open(path)
    if page.tree.get("lang") != "en":
        reader.press("English")
        page = reader.open(path)
    if "There is nothing to choose here" in page.text:
        reader.press("Back to your course")
    else:
        reader.press("Continue")
        page = reader.press("Add it to the course", **{"title-0": "Our circle"})
    assert reader.page is not None
    assert 'name="JWT"' in reader.page, where


LOGIN = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "lti_deployment_id", "client_id")


@pytest.mark.parametrize(("amount", "seed"), AMOUNT)
def test_no_login_breaks_anything(lms: School, amount: int, seed: int) -> None:
    chance = random.Random(seed)
    client = lms.app.test_client()
    for number in range(amount):
        _url, fields = lms.lms.login(lms.lms.opening(person="teacher01", course=school.COURSE))
        sent: dict[str, Any] = dict(fields)
        for name in chance.sample(LOGIN, chance.randint(1, 3)):
            junk = str(chance.choice(JUNK)).encode(errors="surrogatepass")
            sent[name] = chance.choice((junk, torn(chance, fields.get(name, "").encode()), [b"a", junk]))
        if chance.random() < 0.5:
            answer = client.post("/lti/login", data=sent)
        else:
            answer = client.get("/lti/login", query_string=sent)
        assert answer.status_code in (302, 303, 400, 403, 414), f"login {number} of seed {seed}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.location.startswith(f"{lms.lms.base_url}/auth?")
