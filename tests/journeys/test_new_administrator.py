"""A new administrator needs few steps, and whatever keeps people out names the side that must act."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys import first_day
from tests.journeys.browser import COURSE, Staff, Visitor
from tests.journeys.ends import running
from tests.journeys.story import FACILITATOR

pytestmark = pytest.mark.browser


def test_from_the_invitation_to_a_page_that_says_all_is_well(chromium: Browser, tmp_path: Path) -> None:
    """An LMS like Canvas, that makes its deployment later and hides names; and its keys are away that morning."""
    with running(tmp_path, f"sqlite:///{tmp_path / 'circles.db'}", quirks="canvas") as ends:
        staff = Staff(chromium, ends)
        theirs, ours, facilitator = (staff.visitor(one) for one in ("admin", "admin", FACILITATOR))
        tools = first_day.paste(theirs.page, ends, first_day.invitation(ends))
        theirs.page.get_by_role("button", name="Continue").click()
        theirs.page.wait_for_url(tools)
        theirs.page.get_by_role("button", name="Share names").click()

        first_day.enter(ours.page, ends)
        assert "It is registered, and nobody opened the tool from there yet. In the LMS:" in first_day.text(ours.page)

        ends.lms.faults.set(keys_down=True)
        with staff.expecting(403):
            refused(facilitator, "We could not reach your LMS")
            said = first_day.standing(ours.page, ends)
        assert "We cannot fetch the LMS’s keys from its keyset address. Between the two: Check that this" in said

        ends.lms.faults.clear()
        with staff.expecting(403):
            refused(facilitator, "still have to approve this connection")
        said = first_day.standing(ours.page, ends)
        assert "waits for your approval. Here: Approve it, once you made sure whose it is." in said
        ours.page.get_by_role("button", name="Approve deployment").click()
        ours.page.get_by_text("People can come in from there now.").wait_for()

        assert facilitator.launch().language("en").heading == "Which programme do your circles follow?"
        assert "People launch from here; no score was sent yet." in first_day.standing(ours.page, ends)
        assert "Nothing is amiss." in first_day.check(ours.page, ends)
        assert not [*staff.heard(), *ends.tool.troubles()]
        for one in (theirs, ours, facilitator):
            one.context.close()


def refused(visitor: Visitor, because: str) -> None:
    """Try to come in, and read why not."""
    visitor.page.goto(f"{visitor.staff.ends.lms.base_url}/launch/{COURSE}/{visitor.person}")
    visitor.page.frame_locator("iframe").first.get_by_text(because).wait_for()
