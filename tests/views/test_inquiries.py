"""My inquiry, and beginning its stages."""

import pytest

from lti_tool import db
from lti_tool.models import Circle, Entry, Inquiry, Person
from lti_tool.services import entries
from tests import build
from tests.reader import Reader
from tests.services.writing import answer, begin


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


def address(circle: Circle, rest: str = "") -> str:
    return f"/circles/{circle.id}/inquiry{rest}"


def count(model: type) -> int:
    with db.work(read_only=True) as unit:
        return unit.query(model).count()


def test_shows_the_stages_in_order_and_makes_nothing(reader: Reader, circle: Circle, ama: Person) -> None:
    page = reader.as_(ama).open(address(circle))
    titles = [stage["title"] for stage in circle.template["stages"]]
    places = [page.text.index(title) for title in titles]
    assert places == sorted(places)
    assert count(Inquiry) == 0


def test_begins_a_stage_and_leads_to_it(reader: Reader, circle: Circle, ama: Person) -> None:
    reader.as_(ama).open(address(circle))
    page = reader.press("Begin")
    assert "Stage 1 of 8" in page.text
    assert (count(Inquiry), count(Entry)) == (1, 1)
    assert "Draft, only you" in reader.open(address(circle)).text


def test_a_stage_that_is_written_once_is_a_link_by_its_title(reader: Reader, circle: Circle, ama: Person) -> None:
    with db.work() as unit:
        entry = begin(circle, ama, "Few voices")
        unit.commit()
    page = reader.as_(ama).open(address(circle))
    assert f'<a href="/circles/{circle.id}/entries/{entry.id}">Values and concern</a>' in page


def test_a_double_press_begins_one(reader: Reader, circle: Circle, ama: Person) -> None:
    reader.as_(ama).open(address(circle))
    hidden = {"stage": "try", "once": "0" * 32}
    reader.send(address(circle, "/begin"), **hidden)
    reader.open(address(circle))
    reader.send(address(circle, "/begin"), **hidden)
    assert count(Entry) == 1


def test_says_in_words_where_each_entry_stands(reader: Reader, circle: Circle, ama: Person) -> None:
    colleagues = [build.member(circle) for _ in range(2)]
    with db.work() as unit:
        version = entries.share(begin(circle, ama, "Few voices"), by=ama)
        begin(circle, ama, "First", stage="try")
        for one in colleagues:
            answer(version, one)
        unit.commit()
    page = reader.as_(ama).open(address(circle))
    for words in ("Shared with your circle on", "2 colleagues answered", "Draft, only you", "Turn 1", "Begin turn 2"):
        assert words in page.text


def test_shows_what_the_last_turn_will_try(reader: Reader, circle: Circle, ama: Person) -> None:
    with db.work() as unit:
        entries.conclude(begin(circle, ama, "First", stage="try"), next_try="Only two questions", by=ama)
        unit.commit()
    assert "You wanted to try: Only two questions" in reader.as_(ama).open(address(circle)).text


def test_is_for_teachers(reader: Reader, circle: Circle, ama: Person) -> None:
    reader.as_(build.member(circle, "union_representative")).open(address(circle), expect=403)
    reader.as_(build.member(build.circle())).open(address(circle), expect=404)


def test_nobody_begins_in_the_inquiry_of_another(reader: Reader, circle: Circle, ama: Person) -> None:
    with db.work() as unit:
        inquiry_id = begin(circle, ama, "Mine").inquiry_id
        unit.commit()
    reader.as_(build.member(circle)).open(address(circle))
    reader.send(address(circle, "/begin"), expect=404, stage="try", inquiry=str(inquiry_id))
    assert count(Entry) == 1


def test_an_inquiry_of_another_circle_stays_there(reader: Reader, circle: Circle, ama: Person) -> None:
    other = build.circle()
    build.join(other, ama)
    with db.work() as unit:
        inquiry_id = begin(circle, ama, "Mine").inquiry_id
        unit.commit()
    reader.as_(ama).open(address(other))
    reader.send(address(other, "/begin"), expect=404, stage="try", inquiry=str(inquiry_id))


def test_an_ended_circle_is_read_only(reader: Reader, circle: Circle, ama: Person) -> None:
    reader.as_(ama).open(address(circle))
    with db.work() as unit:
        unit.get_one(Circle, circle.id).closed_at = db.now()
        unit.commit()
    reader.send(address(circle, "/begin"), expect=409, stage="try")
    assert "Begin" not in reader.open(address(circle)).text
