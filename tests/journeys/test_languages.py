"""Everybody reads the pages in her own language, and changes it at their foot."""

import pytest

from tests.journeys.browser import LARGE_COURSE
from tests.journeys.story import ARABIC_TEACHER, FRENCH_TEACHER, Story

pytestmark = pytest.mark.browser


def test_the_lms_says_the_language(story: Story) -> None:
    html = story.large_circles_open().staff[FRENCH_TEACHER].launch(LARGE_COURSE).frame.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("fr", "ltr")
    assert "Vous êtes" in story.staff[FRENCH_TEACHER].text()


def test_arabic_runs_from_right_to_left(story: Story) -> None:
    html = story.large_circles_open().staff[ARABIC_TEACHER].launch(LARGE_COURSE).frame.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")


def test_the_choice_at_the_foot_stays(story: Story) -> None:
    teacher = story.large_circles_open().staff[FRENCH_TEACHER].launch(LARGE_COURSE)
    teacher.press("English")
    assert "Next meeting" in teacher.text()
    teacher.launch(LARGE_COURSE)
    assert teacher.frame.locator("html").get_attribute("lang") == "en"
    teacher.press("Français")
