"""Two tabs of one browser: two courses that never mix, and two people who never write under each other's name."""

import pytest
from flask import Flask

from lti_tool import db
from lti_tool.lti.messages import Launch
from lti_tool.models import Circle, Entry, Norm, Person, Visit
from lti_tool.services import visits
from tests import build
from tests.conftest import PUBLIC, sign_in
from tests.reader import Reader
from tests.services.writing import begin


@pytest.fixture
def circles(app: Flask) -> tuple[Circle, Circle]:
    """Two circles in two courses of one LMS."""
    platform = build.platform()
    return build.circle(build.course(platform)), build.circle(build.course(platform))


def tabs(app: Flask) -> tuple[Reader, Reader]:
    """Two tabs: each has its own page, and one cookie serves both."""
    one, other = Reader(app, sign_in=sign_in), Reader(app, sign_in=sign_in)
    other.client = one.client
    return one, other


def launch(reader: Reader, circle: Circle, person: Person) -> None:
    """The person opens the activity of this circle's course."""
    with db.work(read_only=True) as unit:
        person = unit.get_one(Person, person.id)
        said: Launch = build.launch(build.course_of(circle), person.sub, name=person.name)
    with db.work() as unit:
        visit: Visit = visits.arrive(said)
        unit.commit()
    with reader.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie.clear()
        cookie["visit"] = visit.id


@pytest.mark.proves("security", 12)
def test_two_courses_in_two_tabs_never_mix(app: Flask, circles: tuple[Circle, Circle]) -> None:
    first, second = circles
    ama = build.member(first, "facilitator", name="Ama Owusu")
    build.join(second, ama, "facilitator")
    one, other = tabs(app)
    launch(one, first, ama)
    one.open(f"/circles/{first.id}/meetings")
    launch(other, second, ama)
    other.open(f"/circles/{second.id}/meetings")
    for turn in range(2):  # posts go to and fro, each tab with the page it opened
        one.fill(text=f"We begin on time, {turn}.")
        other.fill(text=f"Everybody speaks, {turn}.")
    with db.work(read_only=True) as unit:
        kept = {(norm.circle_id, norm.text.partition(",")[0]) for norm in unit.query(Norm)}
    assert kept == {(first.id, "We begin on time"), (second.id, "Everybody speaks")}
    refused = one.open(f"/circles/{first.id}/entries/987654", expect=404)
    assert f'href="/circles/{first.id}"' in refused  # and not the circle of the course opened last


def test_a_page_of_a_course_says_whose_it_is_and_the_other_course_is_out_of_reach(
    app: Flask, circles: tuple[Circle, Circle]
) -> None:
    first, second = circles
    ama = build.member(first, name="Ama Owusu")
    one, other = tabs(app)
    launch(one, first, ama)
    launch(other, second, ama)  # she opens the other course too, where she has no place
    assert "You are Ama Owusu." in one.open(f"/circles/{first.id}").text
    other.open(f"/circles/{second.id}", expect=404)


@pytest.mark.proves("security", 12)
def test_two_people_at_one_computer_keep_their_names_apart(app: Flask, circles: tuple[Circle, Circle]) -> None:
    first, second = circles
    ama, salma = build.member(first, name="Ama Owusu"), build.member(second, name="سلمى حداد")
    with db.work() as unit:
        entry = begin(first, ama, "", stage="try")
        unit.commit()
        path = f"/circles/{first.id}/entries/{entry.id}"
    one, other = tabs(app)
    launch(one, first, ama)
    one.open(path)
    launch(other, second, salma)
    assert "You are سلمى حداد." in other.open(f"/circles/{second.id}").text
    kept = one.press("Keep as draft", expect=409, answer_did="I gave every pupil a card.")
    assert "another person is signed in here now" in kept.text
    assert "I gave every pupil a card." in kept
    launch(other, first, ama)  # the text waits on the page; her own launch lets it be sent
    one.press("Send it again")
    with db.work(read_only=True) as unit:
        stored = unit.get_one(Entry, entry.id)
        assert "I gave every pupil a card." in str(stored.answers)
