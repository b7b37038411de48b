"""The first day: the tool is registered, a facilitator opens the circle, and a teacher finds it."""

import pytest

from tests.journeys.story import AUTHOR, Story

pytestmark = pytest.mark.browser


def test_an_invitation_is_all_that_an_administrator_needs(story: Story) -> None:
    story.registered()
    assert "pending" in story.read["tools"]
    page = story.staff[AUTHOR].page
    page.goto(f"{story.ends.lms.base_url}/?course=3")
    page.get_by_role("link", name="Amara Boatemaa").click()
    story.staff[AUTHOR].arrive()
    assert story.staff[AUTHOR].heading


def test_the_browser_keeps_no_plain_cookie_of_ours(story: Story) -> None:
    """The other tests prove something only where third-party cookies are blocked, as they are for teachers."""
    frame = story.registered().staff[AUTHOR].launch().frame
    kept = frame.evaluate(
        """() => {
          document.cookie = "plain=1; SameSite=None; Secure";
          document.cookie = "partitioned=1; SameSite=None; Secure; Partitioned";
          return document.cookie;
        }"""
    )
    assert kept == "partitioned=1"


def test_who_comes_too_early_waits_kindly(story: Story) -> None:
    assert "Your circle is being formed" in story.circle_open().read["too early"]


def test_a_facilitator_opens_the_circle_by_going_on(story: Story) -> None:
    story.circle_open()
    assert "It is done: everybody with a place can come in now." in story.read["opened"]
    assert story.circle == "/circles/1"


def test_afterwards_a_teacher_lands_in_her_circle(story: Story) -> None:
    teacher = story.circle_open().staff[AUTHOR].launch()
    assert (teacher.path, teacher.heading) == (story.circle, "Learning circle 1")
