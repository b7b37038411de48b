"""The pictures of the pages for installing: `python -m tests.journeys.install_pictures` makes them all again.

The tool and the practice LMS run as in the journeys. Only their addresses, which are new in every run, are written as
those of the pages for installing, and the warning that this is a laboratory is left out.
"""

import io
import re
import tempfile
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Page

from lti_tool import catalogues
from tests import chromium
from tests.journeys import first_day
from tests.journeys.browser import COURSE, Staff
from tests.journeys.ends import TOP, Ends, running
from tests.journeys.story import AUTHOR, FACILITATOR, Story

FOLDER = TOP / "docs" / "install" / "pictures"
WIDTH, TALLEST, COLOURS = 760, 640, 48
OURS, THEIRS = "https://circles.example.org", "https://lms.example.org"
NEUTRAL = """([addresses, laboratory]) => {
  const other = (text) => addresses.reduce((kept, [from, to]) => kept.replaceAll(from, to), text)
    .replace(/(\\/lti\\/register\\/)[\\w-]+/, "$1ONE-TIME");
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.data = other(walk.currentNode.data);
  document.querySelectorAll("input, textarea").forEach((box) => (box.value = other(box.value)));
  document.querySelectorAll(".notice.stop").forEach((one) => one.innerText.includes(laboratory) && one.remove());
}"""

# The tool asks the LMS to close the frame as soon as it is registered; its picture is taken before.
STAY_OPEN = "if (window === top) addEventListener('message', (event) => event.stopImmediatePropagation())"


def main() -> None:
    """Take every picture."""
    catalogues.compile_all()
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        chromium.opened() as browser,
        running(Path(place), f"sqlite:///{Path(place) / 'circles.db'}") as ends,
    ):
        staff = Staff(browser, ends)
        Album(staff, ends).fill()
        staff.leave()


class Album:
    """The pictures in the order in which administrators and teachers see these pages."""

    def __init__(self, staff: Staff, ends: Ends) -> None:
        self.staff, self.ends = staff, ends

    def fill(self) -> None:
        """From the invitation to the log of changes."""
        self.register()
        ours = self.staff.visitor("admin", viewport={"width": WIDTH, "height": TALLEST}).page
        first_day.enter(ours, self.ends)
        self.launch()
        self.wait_for_approval(ours)
        self.look_after(ours)
        ours.goto(f"{self.ends.tool.url}/registrations/moodle")
        self.take(ours, "values-to-copy")

    def register(self) -> None:
        """In the LMS: the invitation is pasted, and the tool says that it is registered."""
        page = self.staff.visitor("admin").page
        page.add_init_script(STAY_OPEN)
        page.set_viewport_size({"width": WIDTH, "height": TALLEST})
        tools = first_day.paste(page, self.ends, first_day.invitation(self.ends))
        self.take(page, "invitation")
        first_day.paste(page, self.ends, first_day.invitation(self.ends))
        page.get_by_role("button", name="Continue").click()
        page.frame_locator("iframe").get_by_role("heading", name="Registered").wait_for()
        self.take(page, "registered")
        page.goto(tools)
        page.get_by_role("button", name="Activate").click()
        page.get_by_role("button", name="Activate").wait_for(state="detached")

    def launch(self) -> None:
        """The first person sets up the course; an author chooses what an activity opens."""
        story = Story(self.staff, self.ends)
        story.told.add("registered")
        facilitator = self.staff[FACILITATOR]
        facilitator.page.set_viewport_size({"width": WIDTH, "height": TALLEST})
        facilitator.launch().language("en")
        self.take(facilitator.page, "first-launch")
        story.circle_open()
        facilitator.page.goto(f"{self.ends.lms.base_url}/deep-link/{COURSE}/{FACILITATOR}")
        facilitator.arrive()
        facilitator.language("en")
        self.take(facilitator.page, "what-an-activity-opens")

    def wait_for_approval(self, ours: Page) -> None:
        """The deployment counts as new once more, as in an LMS that makes it after the registration."""
        engine = sa.create_engine(self.ends.tool.database_url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE deployment SET approved_at = NULL"))
        first_day.standing(ours, self.ends)
        self.take(ours, "approve-deployment")
        ours.get_by_role("button", name=re.compile("Approve deployment")).click()
        ours.get_by_text("People can come in from there now.").wait_for()
        self.staff[AUTHOR].launch()

    def look_after(self, ours: Page) -> None:
        """Several platforms, a check that finds something, and what was changed."""
        run = self.ends.tool.run
        for name, host, more in (
            ("Ministry LMS", "lms.ministry.example", ("--deployment", "1")),
            ("District LMS", "lms.district.example", ()),
        ):
            site = f"https://{host}"
            addresses = ("--auth-url", f"{site}/auth", "--token-url", f"{site}/token", "--jwks-url", f"{site}/keys")
            run("platforms", "add", "--name", name, "--issuer", site, "--client-id", "circles", *addresses, *more)
        first_day.standing(ours, self.ends)
        self.take(ours, "platforms")
        self.ends.lms.faults.set(roster_forbidden=True, clock_ahead=240)
        first_day.check(ours, self.ends)
        self.ends.lms.faults.clear()
        self.take(ours, "self-check")
        ours.get_by_role("link", name="Log of changes").click()
        ours.get_by_role("heading", name="Log of changes").wait_for()
        self.take(ours, "log-of-changes")

    def take(self, page: Page, name: str) -> None:
        """What stands in the window, or less where the page is shorter; few colours make it small."""
        addresses = [[self.ends.tool.url, OURS], [self.ends.lms.base_url, THEIRS]]
        for frame in page.frames:
            frame.evaluate(NEUTRAL, [addresses, "This is a laboratory"])
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(200)
        tall = min(page.evaluate("document.body.scrollHeight"), TALLEST)
        seen = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": tall}, animations="disabled")
        picture = Image.open(io.BytesIO(seen)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        picture.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
