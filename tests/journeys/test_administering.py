"""An administrator's morning in Chromium: she comes with a link, approves, looks what is wrong, and changes it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from werkzeug import Response

from lti_tool import db, settings
from lti_tool.db import UTCDateTime
from lti_tool.lti import sealing
from tests.journeys import axe, first_day
from tests.journeys.first_day import text
from tests.journeys.story import AUTHOR, Story
from tests.lti import ends

pytestmark = pytest.mark.browser
PHONE, WIDE, NARROWEST = 360, 1280, 320
LONG_ID = f"1:{'8865aa05' * 5}"  # as Canvas gives them
NEW_DEPLOYMENT = sa.text(
    "INSERT INTO deployment (platform_id, deployment_id, first_seen_at) SELECT min(id), :name, :moment FROM platform"
).bindparams(sa.bindparam("moment", type_=UTCDateTime))
LOOKED_AT = os.environ.get("LOOKED_AT")  # a folder for pictures, for who wants to see the pages


@pytest.fixture(scope="module")
def chief(story: Story) -> Iterator[Page]:
    """A browser that came with the command's link."""
    story.registered().staff[AUTHOR].launch()
    context = story.staff.browser.new_context(viewport={"width": WIDE, "height": 900}, locale="en")
    context.set_default_timeout(60_000)
    story.staff.watch(context)
    page = context.new_page()
    first_day.enter(page, story.ends)
    yield page
    story.ends.lms.faults.clear()
    context.close()


def db_of(story: Story) -> sa.Engine:
    return sa.create_engine(story.ends.tool.database_url, poolclass=sa.NullPool)


def home(story: Story, page: Page) -> None:
    page.goto(f"{story.ends.tool.url}/platforms")


def looked_at(page: Page, name: str) -> None:
    """The page is good on a phone and on a desk, in both directions."""
    found = []
    for direction in ("ltr", "rtl"):
        page.evaluate("way => (document.documentElement.dir = way)", direction)
        for pixels in (WIDE, PHONE, NARROWEST):
            page.set_viewport_size({"width": pixels, "height": 900})
            found += [f"{name} {direction} {pixels}: {one}" for one in axe.violations(page.main_frame)]
            wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            found += [f"{name} {direction}: {wide} pixels too wide at {pixels}"] if wide > 0 else []
            if LOOKED_AT and pixels != NARROWEST:
                page.screenshot(path=Path(LOOKED_AT) / f"{name}-{direction}-{pixels}.png", full_page=True)
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.evaluate("document.documentElement.dir = 'ltr'")
    assert not found, "\n".join(found)


def checked(story: Story, page: Page, **faults: int | bool) -> str:
    """What the platform's page says after a self-check of an LMS with these faults."""
    story.ends.lms.faults.clear()
    story.ends.lms.faults.set(**faults)
    found = first_day.check(page, story.ends)
    story.ends.lms.faults.clear()
    return found


def test_one_press_lets_a_waiting_deployment_in(story: Story, chief: Page) -> None:
    with db_of(story).begin() as connection:
        connection.execute(sa.text("UPDATE deployment SET approved_at = NULL"))
        connection.execute(NEW_DEPLOYMENT, {"name": LONG_ID, "moment": db.now()})
    with story.staff.expecting(403):
        visitor = story.staff.visitor(AUTHOR)
        visitor.page.goto(f"{story.ends.lms.base_url}/launch/3/{AUTHOR}")
        visitor.page.frame_locator("iframe").get_by_text("still have to approve this connection").wait_for()
    home(story, chief)
    assert "waits for your approval" in text(chief)
    looked_at(chief, "list-waiting")
    waiting = chief.get_by_role("button", name=re.compile("Approve deployment"))  # other journeys registered others
    while waiting.count():
        with chief.expect_navigation():
            waiting.first.click()
        chief.get_by_text("People can come in from there now.").wait_for()
    with db_of(story).begin() as connection:
        connection.execute(sa.text("DELETE FROM deployment WHERE deployment_id = :name"), {"name": LONG_ID})
    assert story.staff[AUTHOR].launch().heading
    home(story, chief)
    assert "People launch from here" in text(chief)
    looked_at(chief, "list")


def test_a_check_of_a_healthy_lms_finds_nothing_amiss(story: Story, chief: Page) -> None:
    said = checked(story, chief)
    assert "Nothing is amiss." in said
    looked_at(chief, "platform")


@pytest.mark.parametrize(
    ("faults", "said", "remedy"),
    [
        ({"keys_down": True}, "We cannot fetch the LMS’s keys", "firewall"),
        ({"token_refused": True}, "The LMS refused our sign-in without asking for our keys.", "cURL blocked hosts"),
        ({"roster_forbidden": True}, "The LMS refused to show the roster.", "Switch on names and roles"),
        ({"clock_ahead": 240}, "seconds ahead of ours", "time server"),
        ({"hidden_names": True}, "The LMS hides people’s names", "privacy settings"),
    ],
    ids=["keys", "token", "roster", "clock", "names"],
)
def test_each_fault_shows_its_remedy(
    story: Story, chief: Page, faults: dict[str, bool], said: str, remedy: str
) -> None:
    found = checked(story, chief, **faults)
    assert said in found
    assert remedy in found
    looked_at(chief, f"fault-{next(iter(faults))}")


def test_the_other_pages_are_open_to_everybody_too(story: Story, chief: Page) -> None:
    for name, label in (("invitations", "Invitations"), ("log", "Log of changes")):
        chief.get_by_role("link", name=label).click()
        chief.get_by_role("heading", name=label, exact=True).wait_for()
        looked_at(chief, name)
    home(story, chief)
    chief.get_by_role("link", name="Invitations").click()
    chief.get_by_label("What you call this LMS").fill("Second LMS")
    chief.get_by_role("button", name="Make an invitation").click()
    chief.get_by_text("Give the address below to the administrator of Second LMS").wait_for()
    chief.get_by_role("button", name="Copy").click()
    assert "/lti/register/" in chief.get_by_label("Address of the invitation").input_value()
    looked_at(chief, "invited")


def test_a_new_signing_key_takes_one_sure_press(story: Story, chief: Page) -> None:
    home(story, chief)
    chief.get_by_role("link", name="Our signing keys").click()
    chief.get_by_role("heading", name="Our signing keys", exact=True).wait_for()
    assert "in use since" in text(chief)
    chief.get_by_text("Make a new key now").click()
    looked_at(chief, "keys")
    chief.get_by_role("button", name="Yes, make a new key").dblclick()
    chief.get_by_text("It will sign in 7 days.").wait_for()
    expect(chief.get_by_text("The public key, for pasting")).to_have_count(2)
    chief.wait_for_load_state("networkidle")  # of two presses the second may still be on its way
    chief.get_by_text("The public key, for pasting").first.click()
    looked_at(chief, "keys-two")


@pytest.fixture
def renewable(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[ends.Web]:
    """An address of the LMS for our registration; the practice LMS has none of its own."""
    tool = story.ends.tool
    monkeypatch.setattr(settings, "_current", settings.Settings(public_url=tool.url, secret_key=tool.secret))
    far = ends.Web()
    far.on("/registration", lambda _: Response(status=401))
    with ends.serving(far) as url:
        change = "UPDATE platform SET registration_url = :url, registration_token = :token"
        with db_of(story).begin() as connection:
            connection.execute(sa.text(change), {"url": f"{url}/registration", "token": sealing.seal("t")})
        yield far


@pytest.mark.usefixtures("renewable")
def test_a_registration_is_renewed_in_the_background(story: Story, chief: Page) -> None:
    home(story, chief)
    chief.get_by_role("link", name="Union LMS").click()
    chief.get_by_text("Renew the registration").click()
    chief.get_by_role("button", name="Ask the LMS now").click()
    chief.get_by_text("The LMS is asked. Look here again in half a minute.").wait_for()
    for _ in range(60):
        if "Refused on" in text(chief):
            break
        chief.wait_for_timeout(500)
        chief.reload()
    assert "Begin the registration again, with a new invitation." in text(chief)
    looked_at(chief, "renewal-refused")


def test_an_lms_administrator_leaves_the_frame_for_a_window_of_her_own(story: Story) -> None:
    visitor = story.registered().staff["admin"].launch()
    with visitor.context.expect_page() as opened:
        visitor.frame.get_by_role("button", name="Look after the connection to this LMS").click()
    page = opened.value
    page.get_by_role("button", name="Open the administrator’s pages").wait_for()
    looked_at(page, "door")
    page.get_by_role("button", name="Open the administrator’s pages").click()
    page.get_by_role("heading", name="Platforms", exact=True).wait_for()
    assert "Invitations" not in text(page)
    page.locator("main ul a").first.click()
    page.get_by_role("heading", name="Union LMS").wait_for()
    assert "Let nobody in from there" not in text(page)
    page.close()
