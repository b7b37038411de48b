"""What was typed is never lost: neither to time, nor to a colleague at the same computer."""

import pytest

from tests.journeys.story import COLLEAGUE, THIRD, Story

pytestmark = pytest.mark.browser
STEPS = "What will I do, with whom, by when?"
NAME = "What is the practice, in one line?"


@pytest.mark.parametrize("gone", ["visit", "cookie"])
def test_a_text_outlives_the_visit(story: Story, gone: str) -> None:
    third, text = story.begin(THIRD, "Action plan"), f"Two colleagues of my year, {gone}."
    entry = third.path
    with story.staff.expecting(401):
        third.fill(STEPS, text)
        if gone == "visit":
            story.ends.end_visits(THIRD)
        else:
            third.context.clear_cookies()
        third.press("Keep as draft")
        assert third.heading == "Your text is safe here"
        assert third.frame.get_by_label("What you wrote").first.input_value() == text
    third.other_tab().launch().page.close()
    third.press("Send it again")
    assert third.path == entry
    assert "Your text is kept." in third.text()
    assert third.frame.get_by_label(STEPS).input_value() == text


def test_two_people_at_one_computer_keep_their_texts_apart(story: Story) -> None:
    third = story.begin(THIRD, "Codify the practice")
    entry = third.path
    third.other_tab(COLLEAGUE).launch().language("en").page.close()
    with story.staff.expecting(409):
        third.fill(NAME, "Talking partners.").press("Keep as draft")
        assert third.heading == "Your text is safe here"
        assert "another person is signed in" in third.text()
        assert third.frame.get_by_label("What you wrote").first.input_value() == "Talking partners."
    third.other_tab().launch().page.close()
    assert third.press("Send it again").path == entry
    assert third.frame.get_by_label(NAME).input_value() == "Talking partners."
