"""The first day of two administrators: one registers the tool in the LMS, the other looks whether it works."""

import re

from playwright.sync_api import Page

from tests.journeys.ends import Ends


def invitation(ends: Ends, *words: str, name: str = "Union LMS") -> str:
    """The address of a new invitation, by the command."""
    return ends.tool.run("invite", "--name", name, *words).splitlines()[-1]


def paste(page: Page, ends: Ends, invited: str) -> str:
    """Open the page of the LMS that registers tools and put the invitation into its box; the address of the page."""
    tools = f"{ends.lms.base_url}/register"
    page.goto(tools)
    page.get_by_label("Invite address that the tool gave you").fill(invited)
    return tools


def enter(page: Page, ends: Ends) -> None:
    """Come to the administrator's pages with a link of the command."""
    page.goto(ends.tool.run("admin-link").splitlines()[-1])
    page.get_by_role("button", name="Open the administrator’s pages").click()
    page.get_by_role("heading", name="Platforms", exact=True).wait_for()


def standing(page: Page, ends: Ends) -> str:
    """What the list of platforms says now."""
    page.goto(f"{ends.tool.url}/platforms")
    return text(page)


def check(page: Page, ends: Ends, *, name: str = "Union LMS") -> str:
    """Let the tool check the connection to this LMS, wait for what it found, and stay on the page that says it."""
    page.goto(f"{ends.tool.url}/platforms")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Check the connection now").click()
    look = page.get_by_role("link", name="Look again")
    look.wait_for()
    for _ in range(60):
        page.wait_for_timeout(500)
        with page.expect_navigation():
            look.click()
        if look.count() == 0:
            return text(page)
    raise AssertionError("the check never ended")


def text(page: Page) -> str:
    """All words of a page in one line."""
    return re.sub(r"\s+", " ", page.locator("body").inner_text())
