"""A teacher writes: nothing is lost, nothing leaves before she says so."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.journeys.story import AUTHOR, CONCERN, Story

pytestmark = pytest.mark.browser
STEPS = "What will I do, with whom, by when?"


def test_what_is_typed_is_saved_while_one_types(story: Story) -> None:
    author = story.begin(AUTHOR, "Action plan")
    assert "Words left for this stage: 300" in author.text()
    assert "Who can see this: only you" in author.text()
    author.write(STEPS, "Exit tickets in March.")
    assert "Words left for this stage: 296" in author.text(), "counted while she writes"
    author.sees(re.compile(r"^Saved \d"))
    author.goto(author.path)
    assert author.frame.get_by_label(STEPS).input_value() == "Exit tickets in March."
    assert "Words left for this stage: 296" in author.text()


def test_a_language_chosen_while_one_types_brings_the_text_along(story: Story) -> None:
    author = story.begin(AUTHOR, "Action plan").fill(STEPS, "Cards, then pairs.").language("fr")
    box = author.frame.locator("textarea").first
    assert box.input_value() == "Cards, then pairs."
    with author.context.expect_page() as opened:  # a window of its own waits for nothing, or browsers would refuse it
        box.fill("Pairs, then cards.")
        author.frame.get_by_role("button", name="Ouvrir dans une nouvelle fenêtre").click()
    opened.value.close()
    author.language("en")
    assert box.input_value() == "Pairs, then cards.", "in no conflict with itself"


def test_sharing_waits_until_the_question_about_pupils_is_answered(story: Story) -> None:
    story.shared()
    assert "Sharing waits until every photo and file says whether pupils can be recognised" in story.read["unanswered"]
    assert "Shared. You can take it back at any time." in story.read["shared"]


def test_one_reads_who_will_see_it_before_sharing(story: Story) -> None:
    """Colleagues who have come are counted; how many of the three that is depends on what was told before."""
    said = story.shared().read["unanswered"]
    assert re.search(r"If you share it, who can see it: you and (one colleague|\d colleagues) in your circle", said)


def test_a_file_that_is_too_large_is_not_sent_first(story: Story) -> None:
    author = story.begin(AUTHOR, "Action plan").fill(STEPS, "A film of it.")
    author.frame.get_by_text("Add a photo or a PDF").click()
    box = author.frame.get_by_label("Photo or PDF")
    said = author.frame.get_by_text("The file was not added: it is too large")
    box.evaluate("box => box.dataset.largest /= 1000000")
    box.set_input_files(film(13))
    expect(said).to_be_visible()
    assert box.evaluate("box => box.files.length") == 0
    box.set_input_files(film(12))
    expect(said).to_be_hidden()
    assert box.evaluate("box => box.files.length") == 1


def film(size: int) -> FilePayload:
    return {"name": "film.jpg", "mimeType": "image/jpeg", "buffer": bytes(size)}


def test_a_photo_forgets_where_it_was_taken(story: Story) -> None:
    author = story.shared().staff[AUTHOR].goto(f"{story.entry}/versions/1")
    assert CONCERN in author.text()
    address = author.frame.locator("figure img").get_attribute("src")
    picture = Image.open(io.BytesIO(bytes(author.frame.evaluate(
        "async address => [...new Uint8Array(await (await fetch(address)).arrayBuffer())]", address
    ))))  # fmt: skip
    assert picture.size == (640, 480)
    assert dict(picture.getexif()) == {}


def test_a_double_click_shares_once(story: Story) -> None:
    author = story.begin(AUTHOR, "Choose a practice")
    author.fill("What will I try, and what will pupils do differently if it works?", "One question each.")
    author.frame.get_by_role("button", name="Share with my circle").dblclick()  # the browser may drop the first answer
    author.frame.get_by_role("heading", name="What was shared").wait_for()
    tab = author.other_tab().launch().goto(author.path)
    assert tab.heading == author.heading
    assert tab.frame.locator(".versions li").count() == 1
    tab.page.close()


def test_two_tabs_with_two_texts_show_both(story: Story) -> None:
    author = story.begin(AUTHOR, "Join and agree")
    reason = "Why did I say yes to this circle?"
    tab = author.other_tab().launch().goto(author.path)
    tab.fill(reason, "Because of the children.").press("Keep as draft").page.close()
    with story.staff.expecting(409):
        author.fill(reason, "Because a friend asked me.").press("Keep as draft")
        assert author.heading == "Two texts, both are here"
        assert "Because of the children." in author.text()
        typed = author.frame.get_by_label("What you wrote. Put both together here:")
        assert typed.input_value() == "Because a friend asked me."
    author.fill("What you wrote. Put both together here:", "Children, and a friend.").press("Keep it like this")
    assert author.frame.get_by_label(reason).input_value() == "Children, and a friend."
