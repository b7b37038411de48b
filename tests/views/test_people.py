"""The people of a circle: a place and a role are given by name, with one button, by those who may."""

import pytest

from lti_tool import db
from lti_tool.models import Circle, Membership, Person
from lti_tool.services import kept_places
from tests import build
from tests.reader import Reader


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle(name="Accra North")


@pytest.fixture
def page_of(reader: Reader, circle: Circle) -> str:
    reader.as_(build.member(circle, "facilitator", name="Ama Owusu"))
    return f"/circles/{circle.id}/people"


def roles(circle: Circle) -> dict[str, str]:
    with db.work(read_only=True) as unit:
        query = unit.query(Person.name, Membership.role).join(Person, Person.id == Membership.person_id)
        return {row[0]: row[1] for row in query.filter(Membership.circle_id == circle.id, Membership.left_at.is_(None))}


def test_who_waits_gets_a_place_with_one_button(reader: Reader, circle: Circle, page_of: str) -> None:
    build.person(build.course_of(circle), "Salma Haddad")
    page = reader.open(page_of)
    assert page.text.index("Waiting for a place") < page.text.index("Salma Haddad") < page.text.index("In this circle")
    page = reader.press("Place as: Teacher")
    assert "Salma Haddad has a place now." in page.text
    assert roles(circle)["Salma Haddad"] == "teacher"
    assert "Nobody waits." in page.text


def test_or_another_role(reader: Reader, circle: Circle, page_of: str) -> None:
    build.person(build.course_of(circle), "Efua Sarpong", may_teach=True)
    reader.open(page_of)
    reader.press("Place here", role="union_representative")
    assert roles(circle)["Efua Sarpong"] == "union_representative"


def test_a_person_without_a_name_can_be_placed(reader: Reader, circle: Circle, page_of: str) -> None:
    build.person(build.course_of(circle), "")
    assert "A colleague without a name here" in reader.open(page_of).text
    assert "Your colleague has a place now." in reader.press("Place as: Teacher").text


def test_a_role_is_changed(reader: Reader, circle: Circle, page_of: str) -> None:
    build.member(circle, name="Salma Haddad")
    page = reader.open(page_of)
    assert "Salma Haddad Teacher" in page.text
    with db.work(read_only=True) as unit:
        query = unit.query(Membership.id).join(Person, Person.id == Membership.person_id)
        number = query.filter(Person.name == "Salma Haddad").one()[0]
    reader.send(f"{page_of}/members/{number}/role", role="link_facilitator")
    assert roles(circle)["Salma Haddad"] == "link_facilitator"


@pytest.mark.parametrize("role", ["", "Instructor", "administrator"])
def test_no_role_but_the_programme_s(reader: Reader, circle: Circle, page_of: str, role: str) -> None:
    person = build.person(build.course_of(circle), "Salma Haddad")
    reader.open(page_of)
    reader.send(f"{page_of}/{person.id}/place", role=role)
    assert "Salma Haddad" not in roles(circle)


def test_taking_somebody_out_says_what_stays(reader: Reader, circle: Circle, page_of: str) -> None:
    build.member(circle, "facilitator", name="Salma Haddad")
    reader.open(page_of)
    page = reader.press("Take out of the circle")  # the first in the list is the one who looks
    assert roles(circle) == {"Salma Haddad": "facilitator"}
    assert "What this person wrote stays theirs, and stays where they shared it." in page.text
    assert "Your circle is being formed" in page.text


def test_who_gives_up_her_own_role_is_led_to_her_circle(reader: Reader, circle: Circle, page_of: str) -> None:
    build.member(circle, "facilitator", name="Salma Haddad")
    reader.open(page_of)
    page = reader.press("Keep this role", role="teacher")
    assert roles(circle)["Ama Owusu"] == "teacher"
    assert "Your next small step" in page.text


def test_the_last_facilitator_cannot_leave_the_circle_alone(reader: Reader, circle: Circle, page_of: str) -> None:
    reader.open(page_of)
    page = reader.press("Take out of the circle", expect=409)
    assert "Make somebody else facilitator first." in page.text
    assert roles(circle) == {"Ama Owusu": "facilitator"}


def test_a_stranger_to_the_course_cannot_be_placed(reader: Reader, circle: Circle, page_of: str) -> None:
    stranger = build.person(build.course(), "Stranger")
    reader.open(page_of)
    reader.send(f"{page_of}/{stranger.id}/place", role="teacher", expect=404)
    assert "Stranger" not in roles(circle)


def test_a_place_of_another_circle_is_out_of_this_address(reader: Reader, circle: Circle) -> None:
    """Somebody who places people in two circles: each address serves its own circle."""
    other = build.circle()
    facilitator = build.member(circle, "facilitator")
    build.join(other, facilitator, "facilitator")
    place = build.join(other, build.person(build.course_of(other)))
    reader.as_(facilitator).open(f"/circles/{circle.id}/people")
    for action in ("role", "end"):
        path = f"/circles/{circle.id}/people/members/{place.id}/{action}"
        reader.send(path, role="facilitator", expect=404)
    with db.work(read_only=True) as unit:
        kept = unit.get_one(Membership, place.id)
        assert (kept.role, kept.left_at) == ("teacher", None)


def keep_place(circle: Circle, person: Person) -> None:
    with db.work() as unit:
        by = unit.query(Person).filter_by(name="Ama Owusu").one()
        kept_places.keep(unit.get_one(Person, person.id), circle=circle, role="teacher", by=by,
                         course=build.course_of(circle))  # fmt: skip
        unit.commit()


def test_why_somebody_who_does_more_than_learn_waits_is_said_and_no_role_is_proposed(
    reader: Reader, circle: Circle, page_of: str
) -> None:
    union = build.person(build.course_of(circle), "Efua Sarpong")
    build.enrolment(build.course_of(circle), union, launch_roles=[build.INSTRUCTOR], roster_roles=[build.LEARNER])
    page = reader.open(page_of)
    assert "does more than learn there" in page.text
    assert "Place as: Teacher" not in page.text
    reader.press("Place here")  # nothing chosen
    assert "Efua Sarpong" not in roles(circle)
    reader.press("Place here", role="union_representative")
    assert roles(circle)["Efua Sarpong"] == "union_representative"


def test_a_kept_place_is_shown_and_can_be_given_by_name(reader: Reader, circle: Circle, page_of: str) -> None:
    [one] = build.learners(build.course_of(circle), 1)
    keep_place(circle, one)
    page = reader.open(page_of)
    assert page.text.index("Nobody waits.") < page.text.index("A place is kept for them") < page.text.index(one.name)
    assert f"{one.name} has a place now." in reader.press("Give this place").text
    assert roles(circle)[one.name] == "teacher"
    assert "A place is kept" not in reader.page.text  # type: ignore[union-attr]


def test_a_kept_place_can_be_kept_no_longer(reader: Reader, circle: Circle, page_of: str) -> None:
    [one] = build.learners(build.course_of(circle), 1)
    keep_place(circle, one)
    reader.open(page_of)
    page = reader.press("Keep it no longer")
    assert page.text.index("Waiting for a place") < page.text.index(one.name) < page.text.index("In this circle")
    assert one.name not in roles(circle)


def test_a_place_kept_in_another_circle_is_out_of_this_address(reader: Reader, circle: Circle, page_of: str) -> None:
    [one] = build.learners(build.course_of(circle), 1)
    other = build.circle(build.course_of(circle))
    keep_place(other, one)
    reader.open(page_of)
    for action in ("give", "give-up"):
        reader.send(f"{page_of}/kept-places/{one.id}/{action}", role="teacher", expect=404)


def test_what_is_off_the_programme_s_size_is_said_and_blocks_nothing(
    reader: Reader, circle: Circle, page_of: str
) -> None:
    page = reader.open(page_of)
    assert "Teacher: 0 here, the programme suggests about 10. The circle works all the same." in page.text


def test_who_left_the_course_is_still_here_with_a_remark(reader: Reader, circle: Circle, page_of: str) -> None:
    gone = build.member(circle, name="Salma Haddad")
    build.enrolment(build.course_of(circle), gone, left_at=db.now())
    page = reader.open(page_of)
    assert "Salma Haddad Teacher · no longer in the course; what this person wrote stays" in page.text
    assert page.text.count("no longer in the course") == 1


def test_nobody_is_listed_by_what_they_did(reader: Reader, circle: Circle, page_of: str) -> None:
    """H1: no last visit, no counts beside a name."""
    build.visit(build.member(circle, name="Salma Haddad"))
    text = reader.open(page_of).text
    for word in ("last", "ago", "visit", "active", "shared"):
        assert f" {word} " not in text.split("In this circle")[1].replace("where they shared it", "")


class TestWhereManyWait:
    """More than five: those who need a decision first, the others ticked by name, ten on a page."""

    def test_several_are_ticked_by_name_and_placed_in_one_role(
        self, reader: Reader, circle: Circle, page_of: str
    ) -> None:
        one, two, *others = build.learners(build.course_of(circle), 6)
        page = reader.open(page_of)
        assert "Place as: Teacher" not in page.text
        page = reader.press("Place those who are ticked", people=[str(one.id), str(two.id)])
        assert "2 people have a place now." in page.text
        assert roles(circle) == {"Ama Owusu": "facilitator", one.name: "teacher", two.name: "teacher"}
        assert "Place as: Teacher" in page.text  # four wait, each with a button
        assert all(other.name in page.text for other in others)

    def test_nobody_is_ticked_before_somebody_ticks(self, reader: Reader, circle: Circle, page_of: str) -> None:
        build.learners(build.course_of(circle), 6)
        reader.open(page_of)
        page = reader.press("Place those who are ticked", expect=422)
        assert "Who gets a place? – Please tick at least one name." in page.text
        assert roles(circle) == {"Ama Owusu": "facilitator"}
        assert "Qui reçoit une place" in reader.press("Français").text

    def test_who_has_a_place_meanwhile_keeps_it(self, reader: Reader, circle: Circle, page_of: str) -> None:
        one, two, *_others = build.learners(build.course_of(circle), 6)
        reader.open(page_of)
        build.join(circle, one, "link_facilitator")
        page = reader.press("Place those who are ticked", people=[str(one.id), str(two.id)])
        assert "One person has a place now." in page.text
        assert roles(circle)[one.name] == "link_facilitator"
        reader.send(f"{page_of}/place", role="teacher", people=[str(one.id), str(two.id)], expect=409)

    def test_who_does_more_than_learn_comes_first_and_is_not_among_those_to_tick(
        self, reader: Reader, circle: Circle, page_of: str
    ) -> None:
        learners = build.learners(build.course_of(circle), 6)
        unions = [build.person(build.course_of(circle), f"Zoe {n}", may_teach=True) for n in range(2)]
        page = reader.open(page_of)
        assert "these 2 people do more than learn there" in page.text
        assert page.text.index("Zoe 1") < page.text.index("Who gets a place?") < page.text.index(learners[0].name)
        assert [f'name="people" value="{one.id}"' in page for one in (*unions, learners[0])] == [False, False, True]

    def test_they_are_ten_on_a_page(self, reader: Reader, circle: Circle, page_of: str) -> None:
        people = build.learners(build.course_of(circle), 25)
        read = [reader.open(page_of).text, reader.follow("More people").text, reader.follow("More people").text]
        assert [[one.name in text for one in people].count(True) for text in read] == [10, 10, 5]
        reader.press("Place those who are ticked", people=[str(one.id) for one in people[20:]])
        page = reader.open(f"{page_of}?page=3")  # of two
        assert people[19].name in page.text
        assert "More people" not in page.text
        assert people[0].name in reader.follow("People before these").text

    def test_the_list_of_members_is_folded_while_somebody_waits(
        self, reader: Reader, circle: Circle, page_of: str
    ) -> None:
        for number in range(6):
            build.member(circle, name=f"Member {number}")
        assert "7 people" not in reader.open(page_of).text
        build.learners(build.course_of(circle), 1)
        page = reader.open(page_of)
        assert page.text.index("7 people") < page.text.index("Member 0")
