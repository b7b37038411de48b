"""Continue alone where Moodle's list calls a representative a learner and her launch does not: she sees nothing."""

import re

from flask import Flask

from lti_tool.demo.people import CIRCLES
from tests import school
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import CONCERN, FACILITATOR, School

UNION, TEACHER, COLLEAGUE = "union1", "teacher01", "teacher02"


def opened(lms: School, person: str) -> Reader:
    """A browser in which this person has just opened the activity in the large course."""
    return lms.open(person, course=CIRCLES.id)


def circles_of(lms: School) -> list[str]:
    """The facilitator presses the one button of each page; the addresses of the circles that open."""
    opened(lms, FACILITATOR)
    lms.work()
    facilitator = opened(lms, FACILITATOR)
    for words in ("Continue", "Continue", "Open the circles"):
        facilitator.press(words)
    return sorted(set(re.findall(r'"(/circles/\d+)"', facilitator.open("/circles"))))


def circle_of(reader: Reader) -> str:
    """The address of the circle that this reader has before her."""
    assert reader.page is not None
    return str(re.findall(r"/circles/\d+", reader.page)[0])


def test_the_representative_sees_no_entry_is_not_paired_and_takes_no_credit(app: Flask) -> None:
    with school.joined(app, "moodle-4.5", public_url=PUBLIC) as lms:
        circles = circles_of(lms)
        assert len(circles) == 2
        teacher = opened(lms, TEACHER)
        path = circle_of(teacher)
        assert path in circles, "a teacher comes in with no further word of anybody"
        teacher.open(f"{path}/inquiry")
        teacher.press("Values and concern")
        shared = teacher.press("Share with my circle", answer_concern=CONCERN)
        entry = School.entry_of(teacher)
        assert "more once their places are settled" in shared.text

        union = opened(lms, UNION)
        assert "Your circle is being formed" in union.page.text  # type: ignore[union-attr]
        for circle in circles:
            for place in ("", "/inquiry", "/feedbacks", "/people", "/reviews", "/credit", "/meetings"):
                union.open(f"{circle}{place}", expect=404)
        for address in (entry, f"{entry}/versions/1"):
            assert CONCERN not in union.open(address, expect=404).text

        people = opened(lms, FACILITATOR).open(f"{path}/people").text
        wanted = ["Waiting for a place", "more than learn there", "Kwesi Adomah", "In this circle"]
        assert [people.index(words) for words in wanted] == sorted(people.index(words) for words in wanted)
        asked = opened(lms, COLLEAGUE).open(f"{path}/feedbacks").text
        assert "Amara Boatemaa" in asked, "who comes after it was shared is asked for a word"
        lms.work()
        columns = lms.lms.gradebook.of(CIRCLES.id, lms.client_id)
        person = lms.lms.person_of(UNION)
        assert columns
        assert all(lms.lms.gradebook.cell(column.id, key) is None for column in columns for key in (UNION, person.id))
