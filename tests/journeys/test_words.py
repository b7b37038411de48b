"""Colleagues answer each other: asked, written step by step, read beside the text, thanked, revised."""

import pytest

from tests.journeys.story import AUTHOR, CLARIFY, COLLEAGUE, CONCERN, QUESTION, REVISED, THIRD, VALUE, Story

pytestmark = pytest.mark.browser


def test_a_colleague_is_asked_as_an_offer(story: Story) -> None:
    story.answered()
    assert "Amara Boatemaa" in story.read["asked"]
    assert "An offer, not a task" in story.read["asked"]


def test_the_author_s_question_comes_first_then_one_step_at_a_time_beside_the_text(story: Story) -> None:
    first = story.answered().read["step 1"]
    assert first.index(QUESTION) < first.index("Step 1 of 5") < first.index("What do I need to understand")
    assert CONCERN in first
    assert "What is worth keeping" not in first
    assert "Step 3 of 5" in story.read["step 3"]


def test_on_a_phone_one_link_leads_to_the_text_and_one_back_to_the_words(story: Story) -> None:
    third = story.shared().staff[THIRD].launch().language("en").goto(story.entry).press("Give a word").width(360)
    box, text = third.frame.locator("textarea"), third.frame.locator("#work")
    in_sight = "one => one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().top < innerHeight"
    third.frame.get_by_role("link", name="Read the text").click()
    assert text.evaluate(in_sight)
    third.frame.get_by_role("link", name="Back to your words").click()
    assert box.evaluate(in_sight)
    third.width(1280)
    third.frame.get_by_role("link", name="Read the text").wait_for(state="hidden")  # it stands beside the words


def test_the_photo_stands_beside_the_words(story: Story) -> None:
    colleague = story.answered().staff[COLLEAGUE].launch().language("en").goto(story.words)
    picture = colleague.frame.locator("aside img")
    picture.scroll_into_view_if_needed()
    colleague.frame.wait_for_function("document.querySelector('aside img').naturalWidth === 640")


def test_how_the_work_reads_is_said_in_sentences(story: Story) -> None:
    last = story.answered().read["rubric"]
    assert "Choose a sentence where one fits, or leave it open." in last
    assert "Names a topic." in last


def test_who_sent_a_word_sees_that_it_is_there(story: Story) -> None:
    assert "Sent. Your colleague can read it now." in story.answered().read["sent"]
    assert VALUE in story.read["sent"]
    assert "today · sent" in story.read["sent"]  # whether it was read is the author's to show


def test_the_author_reads_it_beside_her_text_and_says_thanks(story: Story) -> None:
    story.revised()
    assert "There are new words for you." in story.read["new words"]
    assert CLARIFY not in story.read["new words"]
    assert CONCERN in story.read["beside"]
    assert CLARIFY in story.read["beside"]
    assert "says thanks" in story.read["thanked"]


def test_a_second_version_leaves_the_words_with_the_first(story: Story) -> None:
    author = story.revised().staff[AUTHOR].goto(f"{story.entry}/versions/2")
    assert REVISED in author.text()
    assert VALUE not in author.text()
    author.goto(f"{story.entry}/versions/1")
    assert VALUE in author.text()
    colleague = story.staff[COLLEAGUE].goto(f"{story.circle}/feedbacks")
    assert "Changed since your words" in colleague.text()
