"""A copied course, from the LMS to the two buttons; a course with other people; notices that arrive from outside."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo import claims, notices
from lti_tool.demo.keys import Key, new_pem
from lti_tool.models import Circle, CircleSource, Course, Deployment, KeptPlace, Membership, SeenNotice
from lti_tool.services import copies
from tests import build, school
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import COURSE, FACILITATOR, School

ASKED = "This course is a copy. What shall become of the circles?"
HOUR = 3700


@pytest.fixture
def lms(app: Flask) -> Iterator[School]:
    """An LMS by the book, with a circle in its small course."""
    with school.joined(app, public_url=PUBLIC) as made:
        made.set_up()
        for teacher in school.TEACHERS:
            made.open(teacher)
        made.work()
        yield made


def copy(lms: School) -> str:
    return lms.lms.copy_course(COURSE).id


def fed() -> dict[str, int]:
    """How many circles each course of the LMS feeds."""
    with db.work(read_only=True) as unit:
        query = sa.select(Course.context_id, sa.func.count()).join(CircleSource, CircleSource.course_id == Course.id)
        return dict(unit.execute(query.group_by(Course.context_id)).all())  # type: ignore[arg-type]


def test_the_facilitator_is_asked_once_and_carries_on(lms: School) -> None:
    new = copy(lms)
    waits = lms.open("teacher01", course=new)
    assert "This course is a copy of another one." in waits.page.text  # type: ignore[union-attr]
    assert lms.path in waits.page  # type: ignore[operator]  # the way back to her own circle
    facilitator = lms.open(FACILITATOR, course=new)
    assert ASKED in facilitator.page.text  # type: ignore[union-attr]
    assert "Inquiry into reading aloud 2026" in facilitator.page.text  # type: ignore[union-attr]
    page = facilitator.press("Carry on with these circles")
    assert "Your circles carry on in this course, too." in page.text
    assert fed() == {COURSE: 1, new: 1}
    assert lms.open("teacher01", course=new).page.answer.request.path == lms.path  # type: ignore[union-attr]
    assert ASKED not in lms.open(FACILITATOR, course=new).page.text  # type: ignore[union-attr]


def test_or_begins_anew_in_three_steps(lms: School) -> None:
    new = copy(lms)
    facilitator = lms.open(FACILITATOR, course=new)
    lms.work()
    facilitator.press("Begin anew with new circles")
    for words in ("Continue", "Continue", "Open the circles"):
        facilitator.press(words)
    assert fed() == {COURSE: 1, new: 1}
    with db.work(read_only=True) as unit:
        former, fresh = unit.scalars(sa.select(Circle).order_by(Circle.id))
        assert fresh.template == former.template
        assert unit.query(KeptPlace).filter_by(circle_id=fresh.id).count() == 3
    assert lms.open("teacher01", course=new).page.answer.request.path == f"/circles/{fresh.id}"  # type: ignore[union-attr]
    assert lms.open("teacher01").page.answer.request.path == lms.path  # type: ignore[union-attr]


def test_an_activity_that_opens_one_thing_asks_first_and_its_key_tells_the_copy(lms: School) -> None:
    """Moodle has neither a history of links nor notices; what deep linking wrote survives in every LMS."""
    with db.work(read_only=True) as unit:
        key = copies.stable_key(unit.scalars(sa.select(Course)).one())
    lms.lms.add_activity(COURSE, lms.client_id, title="Our circle", custom={"resource": "home", **key})
    lms.lms.tool(lms.client_id).custom.clear()  # no history is told
    new = copy(lms)
    link = lms.lms.activities(new)[-1].id
    assert ASKED in lms.open(FACILITATOR, course=new, activity=link).page.text  # type: ignore[union-attr]
    waits = lms.open("teacher01", course=new, activity=link)
    assert "This course is a copy of another one." in waits.page.text  # type: ignore[union-attr]


def test_two_windows_answer_once(lms: School) -> None:
    new = copy(lms)
    first, second = lms.open(FACILITATOR, course=new), lms.open(FACILITATOR, course=new)
    first.press("Carry on with these circles")
    page = second.press("Begin anew with new circles", expect=409)
    assert "This was answered already" in page.text
    assert fed() == {COURSE: 1, new: 1}


def test_a_teacher_cannot_answer_by_address(lms: School) -> None:
    new = copy(lms)
    lms.open(FACILITATOR, course=new)
    with db.work(read_only=True) as unit:
        number = unit.scalars(sa.select(Course.id).filter_by(context_id=new)).one()
    teacher = lms.open("teacher01", course=new)
    for path in ("", "/fresh", "/carry-on"):
        if path:
            teacher.send(f"/courses/{number}/copy{path}", expect=404)
        else:
            teacher.open(f"/courses/{number}/copy", expect=404)
    assert fed() == {COURSE: 1}


def test_an_address_kept_for_later_leads_on_to_set_up(lms: School) -> None:
    facilitator = lms.open(FACILITATOR)
    with db.work(read_only=True) as unit:
        number = unit.scalars(sa.select(Course.id).filter_by(context_id=COURSE)).one()
    assert "Which programme" in facilitator.open(f"/courses/{number}/copy").text


def test_a_course_with_other_people_explains_itself_and_loses_nothing(lms: School) -> None:
    lms.share("teacher01")
    lms.lms.reset_course(COURSE)
    lms.clock.shift(HOUR)
    facilitator = lms.open(FACILITATOR)
    lms.work()
    page = facilitator.open(f"{lms.path}/people")
    assert "The course seems to have begun anew" in page.text
    assert "Amara Boatemaa" in page.text
    assert "Thandiwe Mokoena" in page.text
    facilitator.press("Put this notice away")
    page = facilitator.open(f"{lms.path}/people")
    assert "The course seems to have begun anew" not in page.text
    assert "Thandiwe Mokoena" in page.text
    lms.wait(HOUR)
    assert "The course seems to have begun anew" not in facilitator.open(f"{lms.path}/people").text
    with db.work(read_only=True) as unit:
        number = unit.scalars(sa.select(Course.id)).one()
        assert unit.query(Membership).filter_by(left_at=None).count() == 4
    facilitator.open(f"/courses/{number}/set-up/programme")
    for words in ("Continue", "Continue", "Open the circles"):
        facilitator.press(words)
    with db.work(read_only=True) as unit:
        [_former, fresh] = unit.scalars(sa.select(Circle).order_by(Circle.id))
        assert unit.query(KeptPlace).filter_by(circle_id=fresh.id, role="teacher").count() == 6


class TestNotices:
    def post(self, reader: Reader, *tokens: Any, expect: int) -> dict[str, int]:
        answer = reader.client.post("/lti/notices", json={"notices": [{"jwt": one} for one in tokens]})
        assert answer.status_code == expect
        return dict(answer.get_json())

    def signed(self, lms: School, **said: Any) -> tuple[str, str]:
        """A copy, and the notice of it."""
        made = lms.lms.copy_course(COURSE)
        return made.id, notices.signed(lms.lms, lms.lms.tool(lms.client_id), made, **said)

    def test_the_platform_knows_our_address_after_the_first_launch(self, lms: School) -> None:
        assert lms.lms.tool(lms.client_id).notice_handlers == {claims.COPY_NOTICE: f"{PUBLIC}/lti/notices"}
        with db.work(read_only=True) as unit:
            assert unit.query(Deployment).one().notices_wanted_at

    def test_a_notice_is_enough_to_be_asked(self, lms: School, reader: Reader) -> None:
        new, token = self.signed(lms)
        lms.lms.tool(lms.client_id).custom.clear()  # no history is told any more
        assert self.post(reader, token, expect=200) == {"taken": 1, "refused": 0}
        assert ASKED in lms.open(FACILITATOR, course=new).page.text  # type: ignore[union-attr]

    def test_a_second_time_it_changes_nothing(self, lms: School, reader: Reader) -> None:
        _new, token = self.signed(lms)
        self.post(reader, token, expect=200)
        assert self.post(reader, token, expect=200) == {"taken": 0, "refused": 0}
        assert self.post(reader, self.signed(lms)[1], token, expect=200) == {"taken": 1, "refused": 0}

    def test_a_forged_one_among_good_ones_spoils_none(self, lms: School, reader: Reader) -> None:
        _, good = self.signed(lms)
        _, forged = self.signed(lms, key=Key(new_pem()))
        assert self.post(reader, forged, good, 7, None, expect=400) == {"taken": 1, "refused": 1}
        with db.work(read_only=True) as unit:
            assert unit.query(SeenNotice).count() == 1
            assert unit.query(Course).count() == 2

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"notices": 5}', b"[" * 10_000, b'{"notices": [{"jwt": ""}]}']
    )
    def test_nonsense_is_refused(self, reader: Reader, body: bytes) -> None:
        answer = reader.client.post("/lti/notices", data=body, content_type="application/json")
        assert answer.status_code == 400

    def test_a_visitor_s_cookie_has_no_part_in_it(self, lms: School) -> None:
        visitor = lms.open(FACILITATOR)
        _, token = self.signed(lms)
        self.post(visitor, token, expect=200)


def test_a_hint_of_a_group_stays_with_its_circle(reader: Reader, app: Flask) -> None:
    circle = build.circle()
    with db.work() as unit:
        unit.query(CircleSource).update({"group": "g"})
        unit.commit()
    course = build.course_of(circle)
    person = build.person(course, "Salma Haddad")
    build.enrolment(course, person, groups=["g"])
    page = reader.as_(build.member(circle, "facilitator")).open(f"/circles/{circle.id}/people")
    assert "is in a group of your course that feeds this circle" in page.text
