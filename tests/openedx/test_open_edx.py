"""The tool against Open edX's own platform code: launches, rosters and gradebook, over the network."""

from collections.abc import Callable

import pytest

from tests.openedx.conftest import MakeCourse
from tests.openedx.ends import Browser, eventually

pytestmark = [pytest.mark.openedx, pytest.mark.slow]
Browsers = Callable[[], Browser]


def set_up(facilitator: Browser, *, people: int) -> str:
    """Go on with what is proposed, once everybody of the roster is there; the address of the first circle."""
    facilitator.press("Continue")
    step = facilitator.page.answer.location or ""
    return step


def test_going_on_three_times_opens_the_circles(make_course: MakeCourse, browser: Browsers) -> None:
    course = make_course("Formative assessment")
    facilitator, teacher = browser(), browser()
    assert "Your circle is being formed" in teacher.launch(course, "bintou")
    page = facilitator.launch(course, "amara")
    print(page.text)
    page = facilitator.press("Continue")
    print(page.text)
    import time; time.sleep(4)
    page = facilitator.press("Continue")
    print(page.text)
    page = facilitator.press("Open the circles")
    print(page.text)
    print(teacher.launch(course, "bintou").text)
