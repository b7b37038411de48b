"""Groups of the LMS become circles by going on alone, in the way of each LMS; no group gives anybody a place."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo.people import CIRCLES
from lti_tool.lti import roster
from lti_tool.models import (
    Activity,
    Circle,
    CircleSource,
    Course,
    CourseGroup,
    Enrolment,
    KeptPlace,
    Membership,
    Person,
)
from lti_tool.services import group_circles, groups, memberships
from tests import build, school
from tests.audit import text_of
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import School

COURSE = CIRCLES.id
HOUR = 3700
Opened = Callable[[str], School]


@pytest.fixture
def in_lms(app: Flask) -> Iterator[Opened]:
    """An LMS with the habits of this profile."""
    begun: list[AbstractContextManager[School]] = []

    def open_it(profile: str) -> School:
        begun.append(school.joined(app, profile, public_url=PUBLIC))
        return begun[-1].__enter__()

    yield open_it
    for one in begun:
        one.__exit__(None, None, None)


def known_to(lms: School, *people: str) -> Reader:
    """The facilitator, once the people named have opened the activity and everything owed was done."""
    for person in people:
        lms.open(person, course=COURSE)
    facilitator = lms.open("facilitator1", course=COURSE)
    lms.work()
    return facilitator


def go_on(facilitator: Reader) -> None:
    facilitator.open("/circles")
    facilitator.press("Continue")
    facilitator.press("Continue")


def circles() -> dict[str, tuple[str, list[str]]]:
    """Each circle by name: the group that feeds it, and who takes part as a teacher or has a place kept."""
    with db.work(read_only=True) as unit:
        found = {}
        for circle in unit.scalars(sa.select(Circle).order_by(Circle.id)):
            group = unit.scalars(sa.select(CircleSource.group).filter_by(circle_id=circle.id)).one()
            query = sa.select(Person.sub).join(Membership, Membership.person_id == Person.id)
            there = unit.scalars(query.where(Membership.circle_id == circle.id, Membership.role == "teacher"))
            kept = sa.select(Person.sub).join(KeptPlace, KeptPlace.person_id == Person.id)
            coming = unit.scalars(kept.where(KeptPlace.circle_id == circle.id, KeptPlace.role == "teacher"))
            found[circle.name] = (group, sorted({*there, *coming}))
        return found


def subs(lms: School, numbers: range) -> list[str]:
    return sorted(lms.lms.quirks.subject(lms.lms.person_of(f"teacher{n:02}")) for n in numbers)


FIRST, SECOND = range(1, 11), range(11, 21)


@pytest.mark.parametrize(("profile", "keys"), [("plain", ("1", "2")), ("canvas", ("group-1", "group-2"))])
def test_where_the_lms_names_its_groups_going_on_alone_makes_a_circle_of_each(
    in_lms: Opened, profile: str, keys: tuple[str, str]
) -> None:
    lms = in_lms(profile)
    facilitator = known_to(lms)
    go_on(facilitator)
    assert "The circles follow the groups of your course." in facilitator.page.text  # type: ignore[union-attr]
    facilitator.press("Open the circles")
    assert circles() == {
        "Circle A": (keys[0], subs(lms, FIRST)),
        "Circle B": (keys[1], subs(lms, SECOND)),
    }


def test_in_moodle_an_activity_for_a_group_tells_who_is_in_it(in_lms: Opened) -> None:
    lms = in_lms("moodle-4.5")
    links = [
        lms.lms.add_activity(COURSE, lms.client_id, title=f"Accra {side}", group=group)
        for side, group in (("North", "1"), ("South", "2"))
    ]
    for link in links:
        lms.open("facilitator1", course=COURSE, activity=link.id)
    facilitator = known_to(lms, "union1", "union2")
    go_on(facilitator)
    facilitator.press("Open the circles")
    found = circles()
    assert found["Accra North"] == (f"activity:{links[0].id}", subs(lms, FIRST))
    assert found["Accra South"] == (f"activity:{links[1].id}", subs(lms, SECOND))
    with db.work(read_only=True) as unit:
        restricted = dict(unit.execute(sa.select(Activity.resource_link_id, Activity.for_some)).all())  # type: ignore[arg-type]
    assert [restricted[link.id] for link in links] == [True, True]
    assert list(restricted.values()).count(True) == 2


def test_half_an_answer_makes_no_group_of_who_is_in_it(in_lms: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is taken for gone yet, and so nobody for somebody who cannot see the activity."""
    lms = in_lms("moodle-4.5")
    lms.open("facilitator1", course=COURSE)
    lms.work()
    whole = roster._members
    monkeypatch.setattr(roster, "_members", lambda body: whole(body)[:9])
    lms.clock.shift(2 * HOUR)
    lms.open("facilitator1", course=COURSE)
    lms.work()
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(Course.roster_shrunk_at)).one() is not None, "not half: nothing is proved"
        assert unit.scalars(sa.select(Activity.for_some)).all() == [False]
        assert unit.scalars(sa.select(CourseGroup)).all() == []


def test_in_moodle_groups_are_learned_launch_by_launch_and_the_page_says_how_far(in_lms: Opened) -> None:
    lms = in_lms("moodle-4.5")
    facilitator = known_to(lms, "union1", "union2", "teacher01", "teacher02", "teacher03", "teacher11")
    go_on(facilitator)
    page = facilitator.page
    assert page is not None
    assert "so far of 4 of 20" in page.text
    assert page.count('name="name-') == 2
    facilitator.open(page.answer.request.path + "?by=groups")
    assert "In no circle yet" in facilitator.page.text  # type: ignore[union-attr]
    facilitator.press("Open the circles")
    assert circles() == {"Learning circle 1": ("1", subs(lms, range(1, 4)))}


def test_who_joins_the_group_later_waits_with_its_name_beside_her_and_gets_her_place_with_one_button(
    in_lms: Opened,
) -> None:
    lms = in_lms("plain")
    lms.lms.remove_person("teacher10", COURSE)
    facilitator = known_to(lms)
    go_on(facilitator)
    facilitator.press("Open the circles")
    lms.lms.restore_people()
    lms.clock.shift(HOUR)
    assert "Your circle is being formed" in lms.open("teacher10", course=COURSE).page.text  # type: ignore[union-attr]
    lms.work()
    with db.work(read_only=True) as unit:
        circle = unit.scalars(sa.select(Circle).filter_by(name="Circle A")).one()
        number = unit.scalars(sa.select(Person.id).filter_by(sub=subs(lms, range(10, 11))[0])).one()
        assert unit.query(Membership).filter_by(person_id=number).count() == 0
    page = facilitator.open(f"/circles/{circle.id}/people")
    assert "is in the group Circle A of your course, which feeds this circle" in page.text
    fed = [text_of(row) for row in page.tree.iter("li") if "which feeds this circle" in text_of(row)]
    assert [row for row in fed if "سلمى" in row and "Place as: Teacher" in row]
    other = facilitator.open(f"/circles/{circle.id + 1}/people")
    assert not [row for row in other.tree.iter("li") if "سلمى" in text_of(row) and "which feeds" in text_of(row)]
    facilitator.open(f"/circles/{circle.id}/people")
    facilitator.send(f"/circles/{circle.id}/people/{number}/place", role="teacher")
    assert subs(lms, range(10, 11))[0] in circles()["Circle A"][1]


def open_circles(lms: School) -> Reader:
    facilitator = known_to(lms)
    go_on(facilitator)
    facilitator.press("Open the circles")
    return facilitator


def read_again(lms: School) -> None:
    lms.clock.shift(HOUR)
    lms.open("facilitator1", course=COURSE)
    lms.work()


@pytest.mark.parametrize("profile", ["plain", "canvas"])
def test_a_group_that_was_removed_is_named_so_and_its_circle_stays(in_lms: Opened, profile: str) -> None:
    lms = in_lms(profile)
    facilitator = open_circles(lms)
    before = circles()
    page = facilitator.open("/circles/2/people").text
    assert "Groups of your course that feed this circle Circle B" in page
    assert "no longer in the course. The circle" not in page
    lms.lms.remove_group("2")
    read_again(lms)
    page = facilitator.open("/circles/2/people").text
    assert "Circle B · this group is no longer in the course. The circle and everything in it stay." in page
    assert "no longer in the course. The circle" not in facilitator.open("/circles/1/people").text
    assert circles() == before


@pytest.mark.parametrize("profile", ["plain", "canvas"])
def test_a_removed_group_on_which_no_circle_depends_is_forgotten(in_lms: Opened, profile: str) -> None:
    lms = in_lms(profile)
    known_to(lms)
    assert names_known() == {"Circle A", "Circle B"}
    lms.lms.remove_group("2")
    read_again(lms)
    assert names_known() == {"Circle A"}
    facilitator = lms.open("facilitator1", course=COURSE)
    go_on(facilitator)
    facilitator.press("Open the circles")
    assert "Circle B" not in circles()


def test_a_removed_group_is_forgotten_when_its_circle_ends_and_returns_when_the_lms_has_it(in_lms: Opened) -> None:
    lms = in_lms("plain")
    facilitator = open_circles(lms)
    lms.lms.remove_group("2")
    read_again(lms)
    lms.lms.store.state.removed_groups.clear()
    read_again(lms)
    assert "no longer in the course. The circle" not in facilitator.open("/circles/2/people").text
    lms.lms.remove_group("2")
    with db.work() as unit:
        unit.get_one(Circle, 2).closed_at = db.now()
        unit.commit()
    read_again(lms)
    assert names_known() == {"Circle A"}


def names_known() -> set[str]:
    with db.work(read_only=True) as unit:
        return set(unit.scalars(sa.select(CourseGroup.name)))


def test_the_facilitator_chooses_among_sets_of_groups_by_their_names(in_lms: Opened) -> None:
    lms = in_lms("plain")
    facilitator = known_to(lms)
    with db.work() as unit:  # what an LMS tells that has a second set
        course = unit.scalars(sa.select(CourseGroup.course_id).limit(1)).one()
        unit.add(CourseGroup(course_id=course, key="7", name="Room 7", set_key="12", set_name="Rooms"))
        for one in unit.scalars(sa.select(Enrolment).where(Enrolment.course_id == course)):
            if one.groups == ["1"]:
                one.groups = ["1", "7"]
        unit.commit()
    go_on(facilitator)
    page = facilitator.page
    assert page is not None
    assert "They are the groups of the set Study circles." in page.text
    assert "Propose circles by: Rooms Study circles (as below)" in page.text
    facilitator.open(page.answer.request.path + "?by=groups&set=12")
    assert "They are the groups of the set Rooms." in facilitator.page.text  # type: ignore[union-attr]
    facilitator.press("Open the circles")
    assert circles() == {"Room 7": ("7", subs(lms, FIRST))}


def test_a_group_never_changes_who_is_in_a_circle_or_as_what(in_lms: Opened) -> None:
    lms = in_lms("plain")
    facilitator = known_to(lms)
    go_on(facilitator)
    facilitator.press("Open the circles")
    before = circles()
    with db.work() as unit:
        unit.execute(sa.update(Enrolment).values(groups=["2"]))
        unit.commit()
        course = unit.scalars(sa.select(Course.id)).one()
    groups.read({"course_id": course})
    assert circles() == before


class TestSharingOut:
    @pytest.fixture
    def course(self, app: object) -> Course:  # noqa: ARG002 (the database)
        return build.course()

    def people(self, course: Course, *told: tuple[int, list[str]]) -> list[int]:
        made = []
        for count, keys in told:
            for person in build.learners(course, count):
                build.enrolment(course, person, groups=keys, groups_known=True)
                made.append(person.id)
        return made

    def shared(self, course: Course, people: list[int], **also: Any) -> group_circles.Sharing | None:
        with db.work(read_only=True):
            return group_circles.shared_out(course, people=people, teachers=people, **also)

    def test_groups_too_small_for_a_circle_make_none(self, course: Course) -> None:
        people = self.people(course, (4, ["a"]), (2, ["b"]))
        found = self.shared(course, people)
        assert found is not None
        assert found.keys == ("a",)
        assert set(found.seats) == set(people[:4])

    def test_groups_that_leave_most_people_out_are_not_followed_unless_asked(self, course: Course) -> None:
        people = self.people(course, (3, ["a"]), (7, []))
        assert self.shared(course, people) is None
        assert self.shared(course, people, anyway=True) is not None

    def test_of_several_sets_the_one_counts_that_seats_most(self, course: Course) -> None:
        with db.work() as unit:
            for key, of in (("a", "projects"), ("b", "projects"), ("x", "circles"), ("y", "circles")):
                unit.add(CourseGroup(course_id=course.id, key=key, name=key.upper(), set_key=of))
            unit.commit()
        people = self.people(course, (4, ["a", "x"]), (4, ["y"]), (3, ["b", "y"]))
        found = self.shared(course, people)
        assert found is not None
        assert (found.keys, found.names) == (("x", "y"), ("X", "Y"))
        assert sorted(found.seats.values()) == [0] * 4 + [1] * 7

    def test_while_one_person_s_groups_are_unknown_nothing_is_guessed(self, course: Course) -> None:
        people = self.people(course, (5, ["a"]))
        [stranger] = build.learners(course, 1)
        assert self.shared(course, people) is not None
        assert self.shared(course, [*people, stranger.id]) is None
        with db.work(read_only=True):
            assert group_circles.known(course, people=[*people, stranger.id]) == group_circles.Known(
                5, 6, any_group=True
            )

    def test_a_page_sent_with_a_group_that_nobody_told_feeds_the_whole_course(self, course: Course) -> None:
        with db.work(read_only=True):
            assert not group_circles.exists(course, "forged")
        self.people(course, (1, ["a"]))
        with db.work(read_only=True):
            assert group_circles.exists(course, "a")

    def test_waiting_people_of_other_courses_with_the_same_key_do_not_count(self, course: Course) -> None:
        circle = build.circle(course)
        with db.work() as unit:
            unit.query(CircleSource).update({"group": "7"})
            unit.commit()
        self.people(course, (1, ["7"]))
        other = build.course()
        self.people(other, (1, ["7"]))
        with db.work(read_only=True):
            here, there = memberships.unplaced([course.id]), memberships.unplaced([other.id])
            assert list(group_circles.feeding(group_circles.sources(circle), [*here, *there]).values()) == [""]
            assert list(group_circles.feeding(group_circles.sources(circle), [*here, *there])) == [here[0].id]
