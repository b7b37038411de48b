"""The first day: the tool is registered, a facilitator opens the circle, and a teacher finds it."""

import html
import re

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
    assert re.fullmatch(r"/circles/\d+", story.circle)


def test_afterwards_a_teacher_lands_in_her_circle(story: Story) -> None:
    teacher = story.circle_open().staff[AUTHOR].launch()
    assert (teacher.path, teacher.heading) == (story.circle, "Learning circle 1")


def test_an_lms_that_registers_the_tool_again_keeps_its_place(story: Story) -> None:
    """What an LMS's administrator does after an update of ours: same tool, nothing lost, the frame closes by itself."""
    story.registered()
    page, tools = story.staff["admin"].page, f"{story.ends.lms.base_url}/register"
    before = story.ends.tool.run("platforms", "list")
    page.goto(tools)
    page.get_by_label("Invite address that the tool gave you").fill(invited(story))
    page.get_by_label("Register as").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(tools)
    assert page.get_by_role("heading", name="Learning Circles").count() == 1
    assert story.ends.tool.run("platforms", "list") == before
    assert story.staff[AUTHOR].launch().heading


def test_who_registered_the_tool_can_close_its_page_herself(story: Story) -> None:
    """An LMS that opened it in a tab, or does not listen: the button says again what was said when the page opened."""
    story.registered()
    page, tools = story.staff["admin"].page, f"{story.ends.lms.base_url}/register"
    page.goto(tools)
    again = page.get_by_label("Register as").locator("option").nth(1).get_attribute("value") or ""
    framed = page.request.post(tools, form={"invite": invited(story), "update": again}).text()
    page.goto(html.unescape(framed.partition('<iframe src="')[2].partition('"')[0]))
    page.evaluate("addEventListener('message', (event) => (document.title = event.data.subject))")
    page.get_by_role("button", name="Close this window").click()
    page.wait_for_function("document.title === 'org.imsglobal.lti.close'")


def invited(story: Story) -> str:
    """The address of a new invitation."""
    return story.ends.tool.run("invite", "--name", "Union LMS").splitlines()[-1]
