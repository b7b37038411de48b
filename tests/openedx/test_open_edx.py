"""The tool against Open edX's own platform code: people, rosters and gradebook, over the network, worker and all.

Once on SQLite and once on PostgreSQL: the web server, the worker and many people at once meet in the database.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.models import Activity, Delivery, Enrolment, Membership, Person, Platform
from lti_tool.models import Course as OurCourse
from lti_tool.services import columns, rosters
from tests.audit import text_of
from tests.openedx.conftest import Browsers, MakeCourse
from tests.openedx.ends import FEW_VOICES, Browser, Course, eventually, set_up, share, to_people

pytestmark = [pytest.mark.openedx, pytest.mark.slow]
MILESTONES = 6  # of the programme that is proposed first


# Coming in --------------------------------------------------------------------------------------------------------


def test_going_on_three_times_opens_circles_for_everybody(make_course: MakeCourse, browser: Browsers) -> None:
    course = make_course("Formative assessment")
    facilitator, teacher = browser(), browser()
    assert "Your circle is being formed" in teacher.launch(course, "bintou").text
    assert "Which programme do your circles follow?" in facilitator.launch(course, "amara").text
    circle = set_up(facilitator, course)
    page = facilitator.open(f"{circle}/people")
    assert all(f"{name} Ämne-Łoś" in page.text for name in ("amara", "bintou", "chidi", "dalia"))
    assert "Nobody waits" in page.text
    teacher.launch(course, "bintou")
    assert teacher.path == circle
    newcomer = browser()
    course.enrol(esi="student")
    assert "Your circle is being formed" in newcomer.launch(course, "esi").text


def test_launches_side_by_side_do_not_disturb_each_other(
    make_course: MakeCourse, course: Course, browser: Browsers
) -> None:
    other = make_course("Another tab")
    tabs = browser()
    first, second, third = (tabs.begin(one.click("bintou")) for one in (course, other, course))
    for form in (second, third, first):
        assert "Your circle is being formed" in tabs.arrive(form).text

    def come(name: str) -> str:
        return browser().launch(course, name).text

    people = ["amara", "bintou", "chidi", "dalia"] * 3
    with ThreadPoolExecutor(len(people)) as at_once:
        pages = dict(zip(people, at_once.map(come, people), strict=True))
    assert {name for name, page in pages.items() if "Which programme" in page} == {"amara"}
    assert {name for name, page in pages.items() if "being formed" in page} == {"bintou", "chidi", "dalia"}


# Rosters ---------------------------------------------------------------------------------------------------------


def test_a_long_roster_is_read_page_by_page(make_course: MakeCourse, browser: Browsers) -> None:
    learners = {f"teacher{number:03}": "student" for number in range(510)}
    course, facilitator = make_course("Many", people={"amara": "instructor", **learners}), browser()
    to_people(facilitator, course)
    assert facilitator.page is not None
    labels = [text_of(label) for label in facilitator.page.tree.iter("label")]
    assert sorted(labels) == sorted(f"{name} Ämne-Łoś" for name in learners)
    asked = requests.get(f"{course.openedx}/asked/", timeout=20).json()["asked"]
    assert [one for one in asked if "memberships" in one and "page=2" in one]


def test_who_leaves_the_course_is_signed_out_and_keeps_everything(
    make_course: MakeCourse, browser: Browsers, inside: None
) -> None:
    course = make_course("Comings and goings")
    facilitator, leaver = browser(), browser()
    circle = set_up(facilitator, course)
    leaver.launch(course, "chidi")
    entry = share(leaver, circle, stage="concern", prompt="concern", text=FEW_VOICES)
    course.enrol(chidi="", esi="student")
    make_rosters_old()
    facilitator.launch(course, "amara")
    eventually(lambda: "esi Ämne-Łoś" in waiting(facilitator, circle))
    leaver.open(entry, expect=401)
    with db.work(read_only=True) as unit:
        gone = unit.scalars(sa.select(Person.name).join(Enrolment).where(Enrolment.left_at.is_not(None))).all()
        assert list(gone) == ["chidi Ämne-Łoś"]
        assert unit.scalar(sa.select(sa.func.count()).where(Membership.left_at.is_not(None))) == 0
    assert FEW_VOICES in facilitator.open(entry).text
    course.enrol(chidi="student")
    leaver.launch(course, "chidi")
    assert FEW_VOICES in leaver.open(entry)


def make_rosters_old() -> None:
    """Some time passes since they were read."""
    with db.work() as unit:
        unit.execute(sa.update(OurCourse).values(roster_read_at=db.now() - 2 * rosters.FRESH))
        unit.commit()


def waiting(facilitator: Browser, circle: str) -> str:
    """The people page down to those who have a place."""
    return facilitator.open(f"{circle}/people").text.partition("In this circle")[0]


# Gradebook -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["programmatic", "declarative"])
def test_taking_part_reaches_the_gradebook_and_grows(make_course: MakeCourse, browser: Browsers, columns: str) -> None:
    course, facilitator, teacher = make_course(f"Credit {columns}", columns=columns), browser(), browser()
    circle = set_up(facilitator, course)
    teacher.launch(course, "bintou")
    share(teacher, circle, stage="concern", prompt="concern", text=FEW_VOICES)
    eventually(lambda: course.points("bintou") == of_ten(1))
    share(teacher, circle, stage="plan", prompt="steps", text="Wait three seconds, then ask")
    eventually(lambda: course.points("bintou") == of_ten(2))
    book = course.gradebook()
    assert set(book["grades"]) == {"bintou"}
    assert len(book["columns"]) == 1
    told = [(one["person"], one["given"], one["maximum"], one["progress"]) for one in book["scores"]]
    assert told == [("bintou", 2, MILESTONES, "InProgress")]
    assert "Arrived in the course" in facilitator.open(f"{circle}/credit").text


def of_ten(milestones: int) -> float:
    """The points that Open edX shows for so many milestones."""
    return round(10 * milestones / MILESTONES, 4)


def test_without_a_column_credit_is_kept_here(make_course: MakeCourse, browser: Browsers) -> None:
    course, facilitator, teacher = make_course("No column", columns="disabled"), browser(), browser()
    circle = set_up(facilitator, course)
    teacher.launch(course, "bintou")
    share(teacher, circle, stage="concern", prompt="concern", text=FEW_VOICES)
    eventually(lambda: "the course has no column" in facilitator.open(f"{circle}/credit").text)
    assert course.gradebook()["scores"] == []


def test_an_older_or_equal_statement_never_changes_the_gradebook(
    make_course: MakeCourse, browser: Browsers, inside: None
) -> None:
    course, facilitator, teacher = make_course("Older"), browser(), browser()
    circle = set_up(facilitator, course)
    teacher.launch(course, "bintou")
    share(teacher, circle, stage="concern", prompt="concern", text=FEW_VOICES)
    eventually(lambda: course.points("bintou") == of_ten(1))
    older = statement(course)
    share(teacher, circle, stage="plan", prompt="steps", text="Wait three seconds, then ask")
    eventually(lambda: course.points("bintou") == of_ten(2))
    newest, before = statement(course), course.gradebook()
    assert newest["stated_at"] > older["stated_at"]
    with pytest.raises(PlatformError, match="newer_on_platform"):
        columns.deliver(older)
    columns.deliver(newest)  # heard twice, counted once
    assert course.gradebook() == before


def statement(course: Course) -> dict[str, Any]:
    """What the tool last owed to this course's gradebook."""
    query = sa.select(Delivery).where(Delivery.kind == "score")
    with db.work(read_only=True) as unit:
        of_course = unit.scalars(
            sa.select(Activity.id)
            .join(OurCourse)
            .join(OurCourse.deployment)
            .join(Platform)
            .where(Platform.client_id == course.client_id)
        ).all()
        [owed] = [one for one in unit.scalars(query) if one.payload["activity_id"] in of_course]
        return dict(owed.payload)
