"""The sentence beside a credit: what it is for, in its receiver's language, and nothing else of anybody."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from lti_tool import db, i18n, presets
from lti_tool.access import reach_of
from lti_tool.models import Circle, Credit, Delivery, Membership, Person
from lti_tool.services import comments, credits, deliveries
from tests import build
from tests import feedback_build as fb

PLAN = [
    {"key": "shared", "title": "Shared a concern", "counts": "entries_shared"},
    {"key": "answered", "title": "Answered <b>a colleague</b>", "counts": "feedback_given"},
]


def circle_with(*milestones: dict[str, Any], mode: str = "milestones") -> Circle:
    template = presets.get("ei_t3lfa").template()
    template["credit"] = {"mode": "milestones", "milestones": list(milestones or PLAN)}
    return build.circle(template=template, credit_mode=mode)


def place(person: Person, circle: Circle) -> Membership:
    return db.session.query(Membership).filter_by(person_id=person.id, circle_id=circle.id).one()


def owed(person: Person) -> dict[str, Any]:
    found = list(db.session.query(Delivery).filter_by(kind="score"))
    return next(one.payload for one in found if one.payload["person_id"] == person.id)


@pytest.fixture
def circle(app: object, request: pytest.FixtureRequest) -> Circle:
    made = circle_with(mode=getattr(request, "param", "milestones"))
    request.getfixturevalue("work")
    return made


def test_it_names_what_was_done_in_the_words_of_the_programme(circle: Circle) -> None:
    ama = build.member(circle)
    fb.shared(circle, ama)
    assert owed(ama)["comment"] == "You took part: Shared a concern."
    assert owed(ama)["said_before"] == []


def test_it_is_plain_and_on_one_line_whatever_a_programme_says(circle: Circle) -> None:
    ama, ben = build.member(circle), build.member(circle)
    fb.sent(fb.shared(circle, ben), ama)
    assert owed(ama)["comment"] == "You took part: Answered b a colleague /b ."


def test_it_stays_short(app: object, work: object) -> None:
    plan = [{"key": f"step{number}", "title": "A" * 90, "counts": "entries_shared"} for number in range(4)]
    last = {"key": "last", "title": "Answered", "counts": "feedback_given"}
    circle = circle_with(*(one | {"title": f"{one['title']} {one['key']}"} for one in plan), last)
    ama = build.member(circle)
    fb.shared(circle, ama)
    assert len(owed(ama)["comment"]) <= comments.LONGEST


def test_who_did_everything_reads_that_and_no_list(circle: Circle) -> None:
    ama, ben = build.member(circle), build.member(circle)
    fb.shared(circle, ama)
    fb.sent(fb.shared(circle, ben), ama)
    assert owed(ama)["comment"] == "You took part, and did everything that was planned."
    assert owed(ama)["said_before"] == ["You took part: Shared a concern."]


@pytest.mark.parametrize("circle", ["completed", "milestones", "certificate"], indirect=True)
def test_what_was_given_by_hand_is_no_list_of_deeds(circle: Circle) -> None:
    ama, facilitator = build.member(circle), build.member(circle, "facilitator")
    reason = "She came to everything and wrote on paper"
    credits.award(place(ama, circle).id, reason=reason, by=facilitator, within=reach_of(facilitator.id))
    assert owed(ama)["comment"] == "You took part."


def test_it_speaks_the_language_of_whoever_reads_it(
    circle: Circle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ama, ben = build.member(circle), build.member(circle)
    for person, locale in ((ama, "fr-CH"), (ben, "xx")):
        db.session.get_one(Person, person.id).locale = locale
    catalog = Catalog()
    catalog.add("You took part: %(done)s.", "Vous avez participé : %(done)s.")
    catalog.add("Shared a concern", "Souci partagé", context=i18n.PROGRAMME)
    compiled = tmp_path / "fr" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    monkeypatch.setattr(i18n, "_catalogue", i18n._catalogue.__wrapped__)  # without what was kept of others
    fb.shared(circle, ama)
    fb.shared(circle, ben)
    assert owed(ama)["comment"] == "Vous avez participé : Souci partagé."
    assert owed(ben)["comment"] == "You took part: Shared a concern."


def test_the_language_of_whoever_causes_it_does_not_count(app: Any, circle: Circle) -> None:
    ama = build.member(circle)
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        fb.shared(circle, ama)
    assert owed(ama)["comment"].startswith("You took part")


def test_every_sentence_ever_stated_is_remembered_as_ours(circle: Circle) -> None:
    ama, ben, facilitator = build.member(circle), build.member(circle), build.member(circle, "facilitator")
    fb.shared(circle, ama)
    fb.sent(fb.shared(circle, ben), ama)
    credits.award(place(ama, circle).id, reason="Well", by=facilitator, within=reach_of(facilitator.id))
    assert owed(ama)["said_before"] == [
        "You took part, and did everything that was planned.",
        "You took part: Shared a concern.",
    ]
    [credit] = db.session.query(Credit).filter_by(membership_id=place(ama, circle).id)
    assert "You took part." in credit.said


def test_what_is_sent_again_says_the_same(circle: Circle) -> None:
    ama = build.member(circle)
    fb.shared(circle, ama)
    before = dict(owed(ama))
    db.session.get_one(Person, ama.id).locale = "fr"
    found = deliveries.find(credits.key(before["activity_id"], ama.id))
    assert found is not None
    deliveries.retry(found)
    assert owed(ama) == before
