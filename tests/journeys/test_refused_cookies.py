"""Launches where the browser keeps no cookie of ours in the frame: the LMS keeps a value, or a window goes on."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect

from lti_tool.demo.platform import PracticeLms
from tests.journeys import axe
from tests.journeys.ends import Ends
from tests.journeys.refusing import launched, lms_of, refusing, tool_in

pytestmark = pytest.mark.browser
KEEPS = [
    pytest.param("canvas", {}, id="a frame that is announced"),
    pytest.param("plain", {"storage_frame": "_parent"}, id="the page, announced"),
    pytest.param(
        "plain", {"storage_frame": "lti_storage_frame", "announces_storage": False}, id="a frame, only when asked"
    ),
]
BUTTON = "Open in a new window"


@pytest.fixture
def browser(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    with refusing(chromium, tmp_path) as context:
        yield context


@pytest.fixture
def moodle(ends: Ends) -> Iterator[PracticeLms]:
    with lms_of(ends, "moodle-4.5") as lms:
        yield lms


def go_on(context: BrowserContext, page: Page, person: str = "Amara Boatemaa") -> Page:
    """Press the button in the frame; the window that opens shows the person's page."""
    with context.expect_page() as opened:
        tool_in(page).get_by_role("button", name=BUTTON).click()
    window = opened.value
    expect(window.locator("footer")).to_contain_text(f"You are {person}.", timeout=60_000)
    return window


def asked(context: BrowserContext) -> list[str]:
    """The ways into the tool that this browser goes, as they are gone."""
    ways: list[str] = []
    context.on("request", lambda one: ways.append(f"{one.method} {one.url}") if "/lti/" in one.url else None)
    return ways


@pytest.mark.parametrize(("quirks", "habits"), KEEPS)
def test_the_page_of_the_lms_keeps_what_the_browser_refuses(
    ends: Ends, browser: BrowserContext, quirks: str, habits: dict[str, object]
) -> None:
    with lms_of(ends, quirks, **habits) as lms:
        for _ in range(4):  # a machine that has much to do may be slower than the script's patience
            ways = asked(browser)
            page = launched(browser, lms)
            with suppress(TimeoutError):
                tool_in(page).wait_for_url("**/lti/arrived/*", timeout=8_000)
                break
            page.close()
        assert sum(way.startswith("POST") and way.endswith("/lti/launch") for way in ways) == 2
        expect(tool_in(page).get_by_role("heading")).to_have_text("Please open this in a window of its own")
        window = go_on(browser, page)
        assert "/lti/" not in window.url
        assert {one["name"] for one in browser.cookies()} == {"__Host-circles"}


def test_without_storage_a_new_window_begins_the_login_again_before_it_is_used_up(
    browser: BrowserContext, moodle: PracticeLms
) -> None:
    """Moodle lets a login be used once (`hints_once`): it must not be spent in the frame."""
    assert moodle.quirks.hints_once
    ways = asked(browser)
    page = launched(browser, moodle)
    expect(tool_in(page).get_by_role("heading")).to_have_text("Please open this in a window of its own")
    page.wait_for_timeout(2_000)  # long enough for an LMS that would answer
    assert not [way for way in ways if "/lti/launch" in way]
    window = go_on(browser, page)
    window.reload()
    expect(window.locator("footer")).to_contain_text("You are Amara Boatemaa.")


def test_the_new_window_needs_no_script(chromium: Browser, tmp_path: Path, moodle: PracticeLms) -> None:
    with refusing(chromium, tmp_path, java_script_enabled=False) as context:
        page = launched(context, moodle)
        page.frame_locator("iframe").get_by_role("button", name="Continue").click()
        with context.expect_page() as opened:
            page.frame_locator("iframe").get_by_role("button", name=BUTTON).click()
        window = opened.value
        window.get_by_role("button", name="Continue").click()
        expect(window.locator("footer")).to_contain_text("You are Amara Boatemaa.")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_speaks_the_browser_s_language_and_fits_a_phone(
    chromium: Browser, tmp_path: Path, moodle: PracticeLms, language: str
) -> None:
    with refusing(chromium, tmp_path, locale=language, viewport={"width": 360, "height": 740}) as context:
        page = launched(context, moodle)
        expect(tool_in(page).locator("h1")).to_be_visible()
        assert tool_in(page).locator("html").get_attribute("lang") == language
        assert tool_in(page).evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
        assert axe.violations(tool_in(page)) == []


def test_a_browser_that_keeps_our_cookie_sees_no_page_on_the_way(ends: Ends, chromium: Browser) -> None:
    context = chromium.new_context(locale="en")
    loaded: list[str] = []
    context.on("request", lambda one: loaded.append(one.url))
    with lms_of(ends, "canvas") as lms:
        page = launched(context, lms)
        expect(page.frame_locator("iframe").first.locator("footer")).to_contain_text("You are Amara Boatemaa.")
    assert not [url for url in loaded if "launch.js" in url]
    assert sum("/lti/login" in url for url in loaded) == 2
    context.close()


def test_a_web_view_of_an_app_takes_the_plain_way(ends: Ends, chromium: Browser) -> None:
    """Top level, no page around it: one login, and links that work in place."""
    context = chromium.new_context(locale="en")
    loaded: list[str] = []
    context.on("request", lambda one: loaded.append(one.url))
    with lms_of(ends, "canvas") as lms:
        page = context.new_page()
        page.goto(f"{lms.base_url}/start/activity/3/teacher01")
        expect(page.locator("footer")).to_contain_text("You are Amara Boatemaa.")
    assert sum("/lti/login" in url for url in loaded) == 1
    assert page.get_by_role("button", name=BUTTON).count() == 0
    context.close()
