"""The same way without scripts, and with a keyboard alone."""

import pytest

from tests.journeys.story import AUTHOR, COLLEAGUE, THIRD, Story

pytestmark = pytest.mark.browser
REASON = "Why did I say yes to this circle?"


def test_writing_sharing_and_answering_need_no_script(story: Story) -> None:
    third = story.begin(story.staff.visitor(THIRD, java_script_enabled=False), "Join and agree")
    third.fill(REASON, "My daughter is afraid of tests.").press("Keep as draft")
    assert "Your text is kept." in third.text()
    assert "Shared. You can take it back" in third.press("Share with my circle").text()
    author = story.staff.visitor(AUTHOR, java_script_enabled=False).launch().language("en")
    author.goto(f"{story.circle}/feedbacks")
    row = author.frame.get_by_role("listitem").filter(has_text="Join and agree").filter(has_text="Saoirse Ní Dhálaigh")
    author.press("Join and agree", within=row, kind="link")
    author.fill("What do I need to understand before I say anything?", "Since when?").press("Next")
    author.press("Send now")
    assert "Sent. Your colleague can read it now." in author.text()
    third.goto(f"{third.path}/versions/1").press("Read it")
    assert "Since when?" in third.text()


def test_writing_and_sharing_need_no_mouse(story: Story) -> None:
    colleague = story.staff[COLLEAGUE]
    story.circle_open().staff[COLLEAGUE].launch().language("en").launch()
    colleague.tab_to("My inquiry").enter()
    colleague.tab_to("Begin").enter()
    assert colleague.heading == "Join and agree"
    colleague.tab_to(REASON).page.keyboard.type("I want to listen.")
    colleague.tab_to("Share with my circle").enter()
    assert "Shared. You can take it back at any time." in colleague.text()
