"""An author adds activities to her course from inside it, and each leads where she chose."""

import re

import pytest

from tests.journeys import axe
from tests.journeys.browser import COURSE, Visitor
from tests.journeys.story import AUTHOR, FACILITATOR, Story

pytestmark = pytest.mark.browser
PICKS, WORDS = "What should the activity open?", "What is it called in your course?"


def asked(story: Story, person: str | Visitor = FACILITATOR, course: str = COURSE) -> Visitor:
    """Press “Add an activity” in the LMS, as this person; the page in its frame."""
    visitor = story.staff[person] if isinstance(person, str) else person
    visitor.page.goto(f"{story.ends.lms.base_url}/deep-link/{course}/{visitor.person}")
    visitor.arrive()
    return visitor.language("en")


def added(visitor: Visitor) -> str:
    """What the LMS says in the frame once it has the answer; the script carries it there, or the person does."""
    if not visitor.scripts:
        with visitor.frame.expect_navigation():
            visitor.frame.get_by_role("button", name="Go on").click()
    visitor.frame.get_by_role("heading", name=re.compile("Added to the course|Nothing was added")).wait_for()
    return visitor.text()


def launched(story: Story, person: str, title: str) -> Visitor:
    """Open the course in the LMS, choose the activity with this title, and launch it."""
    visitor = story.staff[person]
    visitor.page.goto(f"{story.ends.lms.base_url}/?course={COURSE}")
    visitor.page.get_by_role("link", name=title, exact=True).last.click()
    visitor.page.locator(f"a[href*='/{person}?activity=']").first.click()
    visitor.arrive()
    return visitor.language("en")


def test_an_author_adds_a_stage_and_the_circle_and_teachers_come_to_both(story: Story) -> None:
    story.circle_open()
    author = asked(story)
    assert author.heading == PICKS
    author.frame.get_by_label("The circle of each participant").check()
    author.unfold("One stage of the inquiry")
    author.frame.get_by_label("Codify and share").or_(author.frame.get_by_label("Action plan")).first.check()
    author.press("Continue")
    assert author.heading == WORDS
    author.frame.get_by_label("Title").last.fill("Our action plan")
    author.frame.get_by_role("button", name="Add them to the course").click()
    said = added(author)
    assert "Our action plan" in said
    teacher = launched(story, AUTHOR, "Our action plan")
    assert teacher.path.startswith(f"{story.circle}/")
    assert teacher.heading != "Where do you want to go?"
    assert "stage=" in teacher.frame.url or "/entries/" in teacher.frame.url
    home = launched(story, AUTHOR, "My learning circle")
    assert home.path == story.circle
    facilitator = launched(story, FACILITATOR, "Our action plan")
    assert facilitator.path == story.circle


def test_a_meeting_is_scrolled_to(story: Story) -> None:
    story.circle_open()
    author = asked(story).unfold("A meeting")
    author.frame.get_by_label("Share the vignettes").check()
    author.press("Continue")
    author.frame.get_by_role("button", name="Add it to the course").click()
    added(author)
    teacher = launched(story, AUTHOR, "Share the vignettes")
    assert teacher.path == f"{story.circle}/meetings"
    assert teacher.frame.evaluate("document.querySelector(':target').innerText").startswith("Share the vignettes")


def test_choosing_needs_no_script(story: Story) -> None:
    story.circle_open()
    author = asked(story, story.staff.visitor(FACILITATOR, java_script_enabled=False))
    author.frame.get_by_label("The circle of each participant").check()
    author.press("Continue").fill("Title", "Without a script").press("Add it to the course")
    assert author.heading == "Back to your course"
    assert "Without a script" in added(author)
    assert launched(story, AUTHOR, "Without a script").path == story.circle


def test_coming_back_sends_nothing_twice(story: Story) -> None:
    story.circle_open()
    author = asked(story)
    author.frame.get_by_label("The circle of each participant").check()
    author.press("Continue").press("Add it to the course")
    assert "Added to the course" in added(author)
    before = len(story.ends.lms.activities(COURSE))
    with story.staff.expecting(400):
        author.frame.evaluate("void setTimeout(() => history.back())")
        # the page that goes on by itself, or the one before it: browsers differ, and so do fast and slow ones
        author.sees(re.compile("You have chosen already|Your course takes over from here"))
        author.page.wait_for_load_state("networkidle")
    assert "Added to the course" not in author.text()
    assert len(story.ends.lms.activities(COURSE)) == before


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nobody_is_kept_out_of_choosing(story: Story, language: str) -> None:
    story.circle_open()
    author = asked(story).language(language)
    found = _faults(author)
    author.frame.locator("input[name=open]").first.check()
    with author.frame.expect_navigation():
        author.frame.locator("button.main").click()
    found += _faults(author)
    author.page.route("**/deep-link/return/**", lambda route: route.fulfill(status=204))  # so that the page stays
    author.frame.locator("button[name=do]").click()
    author.frame.locator("form[data-onward]").wait_for()
    found += _faults(author)
    author.page.unroute_all()
    asked(story)
    assert not found, "\n".join(found)


def _faults(visitor: Visitor) -> list[str]:
    found = []
    for pixels in (1280, 360):
        visitor.width(pixels)
        found += [f"{visitor.path} at {pixels}: {one}" for one in axe.violations(visitor.frame)]
    visitor.width(320)
    if (wide := visitor.frame.evaluate("document.scrollingElement.scrollWidth - innerWidth")) > 0:
        found.append(f"{visitor.path}: {wide} pixels too wide")
    return found
