"""The people of a course when the LMS is in trouble: nobody disappears by mistake, all come in the end."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo.quirks.paging import Ask, Refusal
from lti_tool.demo.quirks.plain import Plain
from lti_tool.models import Course, Enrolment, Visit
from tests import school
from tests.conftest import PUBLIC
from tests.school import TEACHERS, School

HOUR = 3600


@pytest.fixture
def lms(app: Flask) -> Iterator[School]:
    """An LMS whose course nobody opened yet."""
    with school.joined(app, public_url=PUBLIC) as made:
        yield made


def present(of: School) -> set[str]:
    """Who is in the course as far as we know."""
    with db.work(read_only=True) as unit:
        query = sa.select(Enrolment).where(Enrolment.left_at.is_(None))
        found = {enrolment.person.sub for enrolment in unit.scalars(query)}
    people = [*TEACHERS, school.FACILITATOR]
    return {key for key in people if of.lms.quirks.subject(of.lms.person_of(key)) in found}


def fault() -> str | None:
    """Why the roster could not be read."""
    with db.work(read_only=True) as unit:
        return unit.scalars(sa.select(Course.roster_fault)).one()


ALL = {*TEACHERS, school.FACILITATOR}


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"down": True}, "platform_busy"),
        ({"garbled": True}, "answer_not_json"),
        ({"rate_limited": 9}, "platform_busy"),
    ],
)
def test_a_roster_that_cannot_be_read_is_read_later(lms: School, trouble: dict[str, int], code: str) -> None:
    facilitator = lms.open(school.FACILITATOR)
    lms.lms.faults.set(**trouble)
    assert lms.work()[1] > 0
    assert fault() == code
    page = facilitator.press("Continue")
    assert "So far the course’s system has not given it to us." in page.text
    assert "The list of people is on its way" in page.text
    assert present(lms) == {school.FACILITATOR}
    lms.lms.faults.clear()
    assert lms.wait(HOUR)[1] == 0
    assert (present(lms), fault()) == (ALL, None)
    assert facilitator.page is not None
    assert "Amara Boatemaa" in facilitator.open(facilitator.page.answer.request.path)


def test_an_empty_roster_sends_nobody_away(lms: School) -> None:
    lms.set_up()
    teacher = lms.share("teacher01")
    lms.lms.faults.set(empty_roster=True)
    lms.clock.shift(HOUR)
    lms.open(school.FACILITATOR)
    lms.work()
    assert present(lms) == ALL
    teacher.open(f"{lms.path}/inquiry")


def test_half_a_roster_sends_nobody_away(lms: School, monkeypatch: pytest.MonkeyPatch) -> None:
    lms.set_up()
    lms.lms.page_size = 2
    lms.clock.shift(HOUR)
    lms.open(school.FACILITATOR)
    answers = type(lms.lms.quirks).refusal
    asked: list[Ask] = []

    def broken(quirks: Plain, ask: Ask) -> Refusal | None:
        asked.append(ask)
        return Refusal(500, "broke in the middle") if len(asked) > 1 else answers(quirks, ask)

    monkeypatch.setattr(type(lms.lms.quirks), "refusal", broken)
    assert lms.work()[1] == 1
    assert present(lms) == ALL


@pytest.mark.proves("security", 17)
def test_who_left_is_signed_out_keeps_everything_and_may_come_back(lms: School) -> None:
    lms.set_up()
    teacher = lms.share("teacher01")
    entry = lms.entry_of(teacher)
    lms.lms.remove_person("teacher01", school.COURSE)
    lms.clock.shift(HOUR)
    lms.open(school.FACILITATOR)
    lms.work()
    assert present(lms) == ALL - {"teacher01"}
    teacher.open(entry, expect=401)
    lms.lms.restore_people()
    assert school.CONCERN in lms.open("teacher01").open(entry)


@pytest.mark.proves("security", 17)
def test_suspending_one_person_ends_only_her_visits(lms: School) -> None:
    lms.set_up()
    readers = {person: lms.open(person) for person in TEACHERS}
    lms.lms.remove_person("teacher02", school.COURSE)
    lms.clock.shift(HOUR)
    lms.open(school.FACILITATOR)
    lms.work()
    for person, reader in readers.items():
        reader.open(f"{lms.path}/inquiry", expect=401 if person == "teacher02" else 200)
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count(Visit.id)))


def test_names_that_the_lms_hides_later_are_not_forgotten(lms: School) -> None:
    lms.set_up()
    entry = lms.entry_of(lms.share("teacher01"))
    lms.lms.faults.set(hidden_names=True)
    lms.clock.shift(HOUR)
    lms.open(school.FACILITATOR)
    lms.work()
    assert "Amara Boatemaa" in lms.open("teacher02").open(entry)


def test_a_course_whose_lms_hides_names_gets_its_circle_and_its_credit(lms: School) -> None:
    lms.lms.faults.set(hidden_names=True)
    lms.set_up()
    lms.share("teacher01")
    lms.work()
    assert lms.cell("teacher01").given == 1  # type: ignore[union-attr]
    assert "Arrived in the course" in lms.credit_page()
    for person in ("teacher02", school.FACILITATOR):
        lms.open(person).open(lms.path)
