"""A representative of the union: an Instructor at launch, a Learner on Moodle's roster, and in the circle neither."""

import pytest

from tests.journeys.browser import LARGE_COURSE
from tests.journeys.story import AUTHOR, CONCERN, FACILITATOR, REPRESENTATIVE, Story

pytestmark = pytest.mark.browser
NAME = "Kwesi Adomah"


@pytest.fixture
def entry(story: Story) -> str:
    """The path of a piece that a teacher shared with the representative's circle."""
    story.large_circles_open()
    if not story.large_entry:
        author = story.staff[AUTHOR].launch(LARGE_COURSE).language("en")
        author.goto(f"{story.large_circle}/inquiry").unfold("Begin another stage")
        author.press("Values and concern")
        author.fill("Where does my assessment practice not yet serve the children I teach?", CONCERN)
        story.large_entry = author.path
        author.press("Share with my circle")
    return story.large_entry


def test_nobody_is_placed_by_a_role_of_the_lms(story: Story) -> None:
    """Moodle's list calls her a learner and she had never come when the circles opened by Continue alone."""
    assert "Your circle is being formed" in story.large_circles_open().read["representative waits"]
    why = story.read["why she waits"]
    assert "more than learn there" in why[: why.index("Kwesi Adomah")]


def test_she_sees_how_the_circle_lives(story: Story, entry: str) -> None:
    representative = story.staff[REPRESENTATIVE].launch(LARGE_COURSE)
    assert representative.path == story.large_circle
    assert "How the circle lives" in representative.text()
    assert "1 piece of work shared" in representative.text()
    assert CONCERN not in representative.text()


def test_no_address_leads_her_to_what_teachers_wrote(story: Story, entry: str) -> None:
    representative = story.staff[REPRESENTATIVE].launch(LARGE_COURSE)
    circle = story.large_circle
    paths = [entry, f"{entry}/versions/1", *(f"{circle}/{place}" for place in ("inquiry", "feedbacks", "reviews"))]
    paths += [f"{circle}/feedbacks/1", f"{circle}/credit", f"{circle}/people", f"{circle}/reviews/versions/1"]
    with story.staff.expecting(403, 404):
        for path in paths:
            answer = representative.frame.goto(representative.tool_url + path)
            assert answer is not None
            assert answer.status in {403, 404}, path
            assert CONCERN not in representative.text()


def test_she_takes_no_credit_and_is_asked_for_nothing(story: Story, entry: str) -> None:
    facilitator = story.staff[FACILITATOR].launch(LARGE_COURSE).language("en").goto(f"{story.large_circle}/credit")
    assert "Amara Boatemaa" in facilitator.text()
    assert NAME not in facilitator.text()
    person = story.ends.lms.person_of(REPRESENTATIVE)
    assert all(person.id not in cells for cells in story.ends.gradebook()["cells"].values())
    representative = story.staff[REPRESENTATIVE].launch(LARGE_COURSE)
    assert "sked of you" not in representative.text()
