"""The same way without scripts, and with a keyboard alone."""

import pytest

from tests.journeys.browser import Visitor
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
    colleague.tab_to("Share with my circle").enter()
    assert at_hand(colleague) == "answer_reason", "why it was not shared stands there, and there she goes on"
    colleague.page.keyboard.type("I want to listen.")
    colleague.tab_to("Share with my circle").enter()
    assert "Shared. You can take it back at any time." in colleague.text()


def test_giving_a_word_needs_no_mouse(story: Story) -> None:
    reader = story.shared().staff[THIRD].launch().language("en").goto(story.entry)
    reader.tab_to("Give a word").enter()
    reader.tab_to("Next").enter()
    reader.tab_to("What is worth keeping, and for whom is it working?").page.keyboard.type("You wait.")
    reader.tab_to("Send now").enter()
    assert at_hand(reader) == "words-clarify"
    assert "The first question needs a word or two" in reader.text()
    reader.page.keyboard.type("Since when?")
    for _ in range(4):
        reader.tab_to("Next").enter()
    reader.tab_to("I leave this open").page.keyboard.press("ArrowUp")
    reader.enter()
    assert "Step 5 of 5" in reader.text(), "Enter on a sentence keeps it and sends nothing"
    assert reader.frame.locator("input:checked").first.get_attribute("value") != ""
    reader.tab_to("Send it").enter()
    assert "Sent. Your colleague can read it now." in reader.text()
    reader.tab_to("To your circle").enter()
    assert reader.path == story.circle


def at_hand(visitor: Visitor) -> str:
    """The id of what has the focus, which must be in sight and show it."""
    return str(
        visitor.frame.evaluate("""() => {
      const at = document.activeElement, { top, bottom } = at.getBoundingClientRect();
      return at.matches(":focus-visible") && top >= 0 && bottom <= innerHeight ? at.id : "";
    }""")
    )
