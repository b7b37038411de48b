"""A course is copied in the LMS; its groups become circles; a course is emptied for a new round."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import LARGE_COURSE, Visitor
from tests.journeys.story import FACILITATOR, Story

pytestmark = pytest.mark.browser
ASKED = "This course is a copy. What shall become of the circles?"


def copied(story: Story) -> str:
    """The id of a copy of the large course, made with the LMS's own button."""
    page = course_page(story, LARGE_COURSE)
    page.get_by_role("button", name="Copy this course").click()
    page.get_by_role("heading", name=re.compile(r"\(copy\)")).wait_for()
    return parse_qs(urlsplit(page.url).query)["course"][0]


def course_page(story: Story, course: str) -> Page:
    page = story.staff[FACILITATOR].page
    page.goto(f"{story.ends.lms.base_url}/?course={course}")
    return page


def opens(visitor: Visitor, course: str, activity: str) -> Visitor:
    """Somebody opens one activity of several."""
    visitor.page.goto(f"{visitor.staff.ends.lms.base_url}/launch/{course}/{visitor.person}?activity={activity}")
    visitor.arrive()
    return visitor


def test_a_copy_is_asked_about_once_and_the_same_circles_carry_on(story: Story) -> None:
    course = copied(story.large_circles_open())
    story.staff["teacher17"].launch(LARGE_COURSE)
    waits = story.staff["teacher17"].launch(course).language("en")
    assert waits.heading == "Your circle is being formed"
    assert "This course is a copy of another one." in waits.text()
    assert waits.follow("Learning circle 1").path == story.large_circle
    facilitator = story.staff[FACILITATOR].launch(course).language("en")
    assert facilitator.heading == ASKED
    facilitator.press("Carry on with these circles")
    assert "Your circles carry on in this course, too." in facilitator.text()
    assert facilitator.launch(course).heading != ASKED
    assert waits.launch(course).path == story.large_circle


@pytest.mark.slow
def test_a_fresh_copy_whose_groups_become_circles_by_going_on_alone(story: Story) -> None:
    course = copied(story.large_circles_open())
    page = course_page(story, course)
    for group in ("Circle A", "Circle B"):
        page.get_by_label("An activity only for").select_option(label=group)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("link", name=group, exact=True).wait_for()
    facilitator = story.staff[FACILITATOR]
    for representative in ("union1", "union2"):
        story.staff[representative].launch(course)
    for activity in story.ends.lms.activities(course):
        opens(facilitator, course, activity.id).language("en")
        assert facilitator.heading == ASKED
    facilitator.press("Begin anew with new circles").press("Continue")
    story.wait_for_roster(facilitator)
    facilitator.press("Continue")
    facilitator.until(lambda: "The circles follow the groups of your course." in facilitator.text())
    names = [box.input_value() for box in facilitator.frame.locator("input[name^=name-]").all()]
    assert names == ["Circle A", "Circle B"]
    facilitator.press("Open the circles")
    assert facilitator.heading == "Circle A"
    teacher = story.staff["teacher06"].launch(course).language("en")
    assert teacher.heading == "Circle A"


@pytest.mark.slow
def test_a_course_emptied_for_a_new_round_says_what_is_kept(story: Story) -> None:
    course = copied(story.large_circles_open())
    facilitator = story.staff[FACILITATOR].launch(course).language("en")
    facilitator.press("Begin anew with new circles").press("Continue")
    story.wait_for_roster(facilitator)
    facilitator.press("Continue").press("Open the circles")
    circle = facilitator.path
    for teacher in ("teacher01", "teacher02"):
        story.staff[teacher].launch(course)
    page = course_page(story, course)
    page.get_by_role("button", name="Reset it: other people, same activities").click()
    page.get_by_role("link", name="Thandiwe Mokoena").wait_for()
    story.ends.read_rosters_again()
    newcomer = story.staff["newcomer1"].launch(course).language("en")
    assert newcomer.heading == "Your circle is being formed"
    facilitator.launch(course).goto(f"{circle}/people")
    facilitator.until(lambda: "The course seems to have begun anew" in facilitator.text())
    facilitator.follow("Begin a new round with new circles").press("Continue").press("Continue")
    assert "6 people sit here" in facilitator.text()
