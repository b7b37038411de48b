"""A facilitator reads what was shared, one piece after the other, and sees whether credit arrived."""

import time
from collections.abc import Callable

import pytest

from tests.journeys.ends import Ends
from tests.journeys.story import AUTHOR, FACILITATOR, HOPE, THIRD, Story

pytestmark = pytest.mark.browser
CONCERNED = "Where does my assessment practice not yet serve the children I teach?"
PRESSED = """[...document.querySelectorAll("button, select, input")]
  .filter(one => one.checkVisibility()).map(one => one.outerHTML)"""


def test_waiting_work_is_read_one_piece_after_the_other(story: Story) -> None:
    facilitator = story.third_shared().staff[FACILITATOR].launch().language("en").follow("Waiting")
    waiting = facilitator.frame.locator("main .rows a")
    assert waiting.count() >= 2, facilitator.text()
    with facilitator.frame.expect_navigation():
        waiting.first.click()
    first = facilitator.path
    facilitator.follow("The next that waits")
    assert facilitator.path != first
    assert "/reviews/versions/" in facilitator.path


def test_a_review_from_the_gradebook_opens_that_person_s_shared_work(story: Story) -> None:
    facilitator = story.shared().staff[FACILITATOR].launch(of=AUTHOR).language("en")
    assert facilitator.heading == "Shared by Amara Boatemaa"
    assert HOPE in facilitator.text()


def test_credit_reaches_the_gradebook_by_itself(story: Story, ends: Ends) -> None:
    story.shared()
    given = eventually(lambda: scores(ends).get(AUTHOR))
    assert given == 1  # one milestone of six, never how good it is
    facilitator = story.staff[FACILITATOR].launch().language("en").goto(f"{story.circle}/credit")
    facilitator.until(lambda: "Arrived in the course" in line_of(story, "Amara Boatemaa"))


def test_credit_that_waits_says_why_and_arrives_after_another_try(story: Story, ends: Ends) -> None:
    third, facilitator = story.begin(THIRD, "Values and concern"), story.staff[FACILITATOR].launch().language("en")
    before = scores(ends).get(THIRD, 0)
    ends.lms.faults.set(down=True)
    third.fill(CONCERNED, "The quiet ones.").press("Share with my circle")
    facilitator.goto(f"{story.circle}/credit")
    facilitator.until(lambda: "could not be reached" in line_of(story, "Saoirse Ní Dhálaigh"))
    assert "On its way" in line_of(story, "Saoirse Ní Dhálaigh")
    facilitator.page.emulate_media(media="print")
    assert facilitator.frame.evaluate(PRESSED) == []
    facilitator.page.emulate_media(media="screen")
    ends.lms.faults.clear()
    line = facilitator.frame.get_by_role("listitem").filter(has_text="Saoirse Ní Dhálaigh")
    facilitator.press("Try again", within=line)
    facilitator.until(lambda: "Arrived in the course" in line_of(story, "Saoirse Ní Dhálaigh"))
    assert scores(ends)[THIRD] == before + 1


def line_of(story: Story, name: str) -> str:
    """What the facilitator's credit page says about one person."""
    return story.staff[FACILITATOR].frame.get_by_role("listitem").filter(has_text=name).first.inner_text()


def scores(ends: Ends) -> dict[str, float]:
    """What the gradebook holds now, by the LMS's own key of the person."""
    cells = [cell for column in ends.gradebook()["cells"].values() for cell in column.values()]
    return {person.key: cell["given"] for cell in cells if (person := ends.lms.anybody(cell["user_id"]))}


def eventually(look: Callable[[], float | None], *, seconds: float = 60) -> float | None:
    """What a look gives as soon as it gives something."""
    until = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < until:
        time.sleep(0.2)
    return found


def test_what_a_circle_takes_into_a_room_is_paper_and_no_form(story: Story) -> None:
    """Every meeting is on it, also those that are folded on a screen, and who waits for a place."""
    facilitator = story.large_circles_open().circle_open().staff[FACILITATOR].launch().language("en")
    facilitator.page.emulate_media(media="print")
    for path, words in (
        (f"{story.circle}/meetings", "Share the vignettes"),
        (f"{story.circle}/people", "Amara Boatemaa"),
        (f"{story.large_circle}/people", "Tomás Echeverría"),
    ):
        facilitator.goto(path)
        facilitator.sees(words)
        assert facilitator.frame.evaluate(PRESSED) == [], path
    facilitator.page.emulate_media(media="screen")
