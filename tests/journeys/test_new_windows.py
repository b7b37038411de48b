"""Out of the frame: a window opens signed in, with a script and without one, and shows what was asked for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from lti_tool.demo.platform import PracticeLms
from tests.journeys.ends import Ends
from tests.journeys.refusing import launched, lms_of, tool_in

pytestmark = pytest.mark.browser
BUTTON = "Open in a new window"


@pytest.fixture
def canvas(ends: Ends) -> Iterator[PracticeLms]:
    with lms_of(ends, "canvas") as lms:
        yield lms


@pytest.fixture
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = chromium.new_context(locale="en", **getattr(request, "param", {}))
    yield opened
    opened.close()


def test_one_press_opens_this_page_in_a_window(context: BrowserContext, canvas: PracticeLms) -> None:
    page = launched(context, canvas)
    button = page.frame_locator("iframe").first.get_by_role("button", name=BUTTON)
    for _ in range(2):  # the page in the frame stays, and may open another
        with context.expect_page() as opened:
            button.click()
        expect(opened.value.locator("footer")).to_contain_text("You are Amara Boatemaa.")
        assert opened.value.url == tool_in(page).url
    expect(opened.value.get_by_role("button", name=BUTTON)).to_have_count(0)


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_a_script_it_is_a_second_press(context: BrowserContext, canvas: PracticeLms) -> None:
    page = launched(context, canvas)
    inside = page.frame_locator("iframe").first
    inside.get_by_role("button", name="Continue").click()
    inside.get_by_role("button", name=BUTTON).click()
    expect(inside.locator("main")).to_contain_text("You come in as Amara Boatemaa.")
    with context.expect_page() as opened:
        inside.get_by_role("button", name=BUTTON).click()
    expect(opened.value.locator("footer")).to_contain_text("You are Amara Boatemaa.")
    inside.get_by_role("link", name="Stay here instead").click()
    expect(inside.locator("footer")).to_contain_text("You are Amara Boatemaa.")


def test_the_frame_follows_the_height_of_the_page(context: BrowserContext, canvas: PracticeLms) -> None:
    page = launched(context, canvas)
    frame = page.locator("iframe").first
    expect(page.frame_locator("iframe").first.locator("footer")).to_be_visible()
    tool = tool_in(page)
    tool.evaluate("document.querySelector('main').style.blockSize = '2345px'")
    page.wait_for_function("() => document.querySelector('iframe').offsetHeight > 2345")
    assert frame.evaluate("frame => frame.offsetHeight") < 3000
