"""With whom: the author's page to write together and to ask one colleague."""

import pytest

from lti_tool import db
from lti_tool.models import Circle, Entry, Feedback, Person
from lti_tool.services import entries
from tests import build
from tests.reader import Reader
from tests.services.writing import begin


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


def begun(circle: Circle, by: Person, *, share: bool = False) -> Entry:
    with db.work() as unit:
        entry = begin(circle, by, "Exit tickets")
        if share:
            entries.share(entry, by=by)
        unit.commit()
    return entry


def at(entry: Entry, rest: str = "") -> str:
    return f"/circles/{entry.circle_id}/entries/{entry.id}{rest}"


def test_a_colleague_is_taken_along_finds_it_and_steps_out(reader: Reader, circle: Circle, ama: Person) -> None:
    salma, entry = build.member(circle, name="Salma Haddad"), begun(circle, ama)
    page = reader.as_(ama).open(at(entry))
    assert "Write with a colleague, or ask one for a word" in page.text
    page = reader.open(at(entry, "/colleagues"))
    assert "drafts too" in page.text
    assert "Share it with your circle first" in page.text
    page = reader.press("Write it together", person=str(salma.id))
    assert "You write this together now." in page.text
    assert "Written together with Salma Haddad" in page.text
    assert "Written together with Ama Owusu" in reader.as_(salma).open(f"/circles/{circle.id}/inquiry").text
    reader.open(at(entry, "/colleagues"))
    assert "The others go on with it." in reader.press("Step out").text
    reader.open(at(entry), expect=404)


def test_one_colleague_is_asked(reader: Reader, circle: Circle, ama: Person) -> None:
    people = [build.member(circle) for _ in range(6)]
    entry = begun(circle, ama, share=True)
    reader.as_(ama).open(at(entry, "/colleagues"))
    assert "Please fill this in." in reader.press("Ask for a word", expect=422).text
    with db.work(read_only=True) as unit:
        asked = {one.writer_id for one in unit.query(Feedback)}
    chosen = next(one for one in people if one.id not in asked)
    assert "Your colleague is asked, and may pass." in reader.press("Ask for a word", person=str(chosen.id)).text
    with db.work(read_only=True) as unit:
        assert {one.writer_id for one in unit.query(Feedback)} == asked | {chosen.id}


def test_is_the_author_s_alone(reader: Reader, circle: Circle, ama: Person) -> None:
    salma, entry = build.member(circle), begun(circle, ama, share=True)
    reader.as_(salma).open(f"/circles/{circle.id}")
    reader.open(at(entry, "/colleagues"), expect=404)
    for action in ("authors", "asked", "leave"):
        reader.send(at(entry, f"/colleagues/{action}"), expect=404, person=str(salma.id))


def test_in_another_circle_s_address_is_not_found(reader: Reader, circle: Circle, ama: Person) -> None:
    entry, other = begun(circle, ama), build.circle()
    build.join(other, ama)
    reader.as_(ama).open(f"/circles/{other.id}/entries/{entry.id}/colleagues", expect=404)


def test_who_cannot_be_chosen_changes_nothing(reader: Reader, circle: Circle, ama: Person) -> None:
    entry, stranger = begun(circle, ama), build.member(build.circle(), name="Stranger")
    build.member(circle)
    reader.as_(ama).open(at(entry, "/colleagues"))
    for person in (str(stranger.id), ""):
        page = reader.press("Write it together", expect=422, person=person)
        assert "Please look at this first" in page.text
        assert "Stranger" not in page.text
