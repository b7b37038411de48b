"""Nonsense on every address, as each role and as nobody: a page each time, never an error of ours."""

import json
import random
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from lti_tool import db
from lti_tool.models import Circle, Entry, Person
from lti_tool.services import meetings
from tests import build, feedback_build
from tests.conftest import PUBLIC, sign_in
from tests.fuzz import JUNK
from tests.services.writing import picture

ROLES = ("nobody", "outsider", "teacher", "author", "facilitator", "union_representative", "programme_manager")
NUMBERS = (0, 1, -1, 2**31, 2**63, 10**30, 10**400)
OUTSIDE = {"lti.begin", "lti.finish", "lti.jwks", "lti.register"}  # have tests of their own
VALUES = (
    "", "0", "1", "-1", "x", "9" * 400, "1e9", "٣", "\x00", "a\x00b", "\ufffe", "x" * 5000, "[]", "{}", "null", "on",
    "0001-01-01", "9999-12-31", "2026-02-30", "00:00", "23:59", "99:99", "Pacific/Kiritimati", "Etc/../../passwd",
    "keep", "share", "conclude", "take_back", "reopen", "remove", "add", "send", "next", "back", "hurtful",
    "child_safety", "teacher", "facilitator", "try", "ladder", "concern", "thanks", "question", "none", "milestones",
    "//evil.example.org", "/\\evil", "\u202e", "😀" * 500, "<script>", "{{ 7*7 }}", "%s%n", "../..", "http://[",
)  # fmt: skip


class World:
    """A circle with shared work, a draft, feedback, and one person of each role."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.circle: Circle = build.circle()
        self.people: dict[str, Person] = {
            "outsider": build.person(build.course_of(self.circle), may_teach=True),
            **{role: build.member(self.circle, role) for role in ROLES[4:]},
            "teacher": build.member(self.circle),
            "author": build.member(self.circle),
        }
        with db.work() as unit:
            version = feedback_build.shared(self.circle, self.people["author"])
            feedback_build.entry(self.circle, self.people["teacher"])
            feedback_build.sent(version, self.people["teacher"])
            feedback_build.draft(feedback_build.shared(self.circle, self.people["teacher"]), self.people["author"])
            meetings.add(self.circle, title="Our first meeting", minutes=60)
            unit.commit()
            tables = ("circle", "course", "entry", "entry_version", "feedback", "meeting", "membership", "person")
            self.numbers = {
                table: sorted(unit.execute(sa.text(f"SELECT id FROM {table}")).scalars())[:4] for table in tables
            }
        self.clients = {role: app.test_client() for role in ROLES}
        self.tokens = {"nobody": {"visit": "x"}}
        for role, person in self.people.items():
            sign_in(self.clients[role], person)
            self.tokens[role] = self.token(role)

    @property
    def path(self) -> str:
        """The address of the circle."""
        return f"/circles/{self.circle.id}"

    def token(self, role: str) -> dict[str, str]:
        """What a page of hers puts into every form."""
        page = self.clients[role].get("/circles/forming").get_data(as_text=True)
        return dict(re.findall(r'name="(visit)" value="([^"]*)"', page)[:1])

    def fields(self) -> dict[str, list[str]]:
        """The names of fields that the forms of this circle have, by the page they are on."""
        found: dict[str, list[str]] = {}
        for path in (
            "",
            "/entries/1",
            "/entries/2",
            "/feedbacks/1",
            "/feedbacks/2/write",
            "/meetings/1",
            "/credit",
            "/people",
        ):
            for role in ("teacher", "author", "facilitator"):
                page = self.clients[role].get(f"{self.path}{path}").get_data(as_text=True)
                found.setdefault(path, []).extend(re.findall(r'name="([^"]+)"', page))
        return found


@pytest.fixture
def world(app: Flask) -> World:
    """Everybody at once."""
    return World(app)


def address(world: World, chance: random.Random, rule: Rule, *, near: bool) -> str:
    """The rule with numbers put in: those that exist, or any."""
    known = [number for numbers in world.numbers.values() for number in numbers]

    def number(of: re.Match[str]) -> str:
        own = world.numbers.get(of[1].removesuffix("_id"), known)
        return str(chance.choice(own if near else NUMBERS))

    return re.sub(
        r"<[a-z_:]+>", lambda _: chance.choice(("x", "%00", "é")), re.sub(r"<int:([a-z_]+)>", number, rule.rule)
    )


def key(chance: random.Random) -> str:
    """What makes a form one of its own."""
    return f"{chance.getrandbits(128):032x}"


def sent(chance: random.Random, names: list[str], token: dict[str, str]) -> Any:
    """A form as somebody might send it who means no good, mostly with the token that lets it in."""
    form: MultiDict[str, Any] = MultiDict()
    for name in chance.sample(names, min(len(names), chance.randint(0, 8))):
        for _ in range(chance.choice((1, 1, 1, 2))):
            form.add(name, chance.choice(VALUES))
    if chance.random() < 0.1:
        form.add(chance.choice(("once", "file", "x[]", "\x00", "", "answer_", "pupils_", "pupils_999", "role-x")), "x")
    if chance.random() < 0.9:  # else every form is refused for want of a key, and nothing behind it is tried
        form.setlist("once", [key(chance)])
    if chance.random() < 0.9:
        form.setlist("visit", [token["visit"]])
    if chance.random() < 0.1:
        form.add("file", (picture(), chance.choice(("a.jpg", "\x00", "../../a", "x" * 900))))
    return form


@pytest.mark.parametrize(
    ("amount", "seed"), [pytest.param(3, 1, id="few"), pytest.param(12, 2, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("role", ROLES)
def test_no_nonsense_breaks_a_page(world: World, role: str, amount: int, seed: int) -> None:
    """`amount` requests to every address; the many are more than 300 for each role."""
    chance = random.Random(f"{seed} {role}")
    fields = world.fields()
    names = sorted({name for page in fields.values() for name in page})
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint not in OUTSIDE]
    for rule in rules:
        for number in range(amount):
            path = address(world, chance, rule, near=number % 3 != 0)
            client = world.clients[role]
            what = chance.randrange(12)
            if "POST" not in (rule.methods or ()) or what == 0:
                answer = client.get(path, query_string={chance.choice(names): chance.choice(VALUES) for _ in range(3)})
            elif what == 1:
                answer = client.post(path, data=json.dumps(chance.choice(JUNK)), content_type="application/json")
            elif what == 2:
                answer = client.post(path, data=b"\xff\x00%ZZ=%&==;", content_type="application/x-www-form-urlencoded")
            elif what == 3:
                answer = client.post(path, data=b"--b\r\nnonsense", content_type="multipart/form-data; boundary=b")
            else:
                headers = {"X-Autosave": "1"} if chance.random() < 0.2 else {}
                answer = client.post(path, data=sent(chance, names, world.tokens[role]), headers=headers)
            assert answer.status_code < 500, (
                f"{role} {answer.request.method} {path} {answer.status_code}, {number} of {seed}"
            )
            answer.close()


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_beyond_all_measure_is_no_thing_of_ours(world: World, number: int) -> None:
    facilitator = world.clients["facilitator"]
    for path in (f"/circles/{number}", f"{world.path}/entries/{number}", f"/courses/{number}/set-up/programme"):
        answer = facilitator.get(path, base_url=PUBLIC)
        assert answer.status_code == 404
        assert "text/html" in answer.content_type


@pytest.mark.parametrize("number", [str(2**31), str(2**63), "9" * 5000, "x", ""])
def test_nor_is_one_in_a_field_that_nobody_sees(world: World, number: str) -> None:
    author, chance = world.clients["author"], random.Random(number)

    def answer(path: str, **fields: str) -> int:
        return author.post(path, data={**world.tokens["author"], "once": key(chance), **fields}).status_code

    with db.work(read_only=True) as unit:
        entry = unit.query(Entry).join(Entry.versions).filter(Entry.circle_id == world.circle.id).first()
        text = {f"answer_{key}": words for key, words in entry.answers.items()} | {"ask": entry.ask}
    path = f"{world.path}/entries/{entry.id}"
    assert answer(path, **text, remove=number) == 404
    assert answer(path, ask="Other words", edition=number) == 409
    assert answer(f"{world.path}/inquiry/begin", stage="try", inquiry=number) == 303
