"""Chromium as people use it: one profile a person, the tool in the LMS's frame, and whatever goes wrong noted."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, Request, Response, TimeoutError

from tests.journeys.ends import Ends

LAPTOP = (1280, 900)
COURSE = "3"  # the small course: three teachers and a facilitator, one circle
LARGE_COURSE = "2"  # twenty teachers, and representatives of the union


class Staff:
    """Everybody who sits before a browser: one Visitor a person, kept for the whole story."""

    def __init__(self, browser: Browser, ends: Ends) -> None:
        self.browser, self.ends = browser, ends
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        self.known_pages: dict[str, list[str]] = {}
        self._known: dict[str, Visitor] = {}

    def __getitem__(self, person: str) -> "Visitor":
        """The person with this key, in a browser of her own."""
        if person not in self._known:
            self._known[person] = self.visitor(person)
        return self._known[person]

    def visitor(self, person: str, **profile: Any) -> "Visitor":
        """A person with a new profile, which may be without scripts or of another size."""
        profile.setdefault("viewport", {"width": LAPTOP[0], "height": LAPTOP[1]})
        profile.setdefault("locale", "en")
        context = self.browser.new_context(**profile)
        context.set_default_timeout(60_000)
        self.watch(context)
        return Visitor(self, person, context, scripts=profile.get("java_script_enabled", True))

    def watch(self, context: BrowserContext) -> None:
        """Note what no page may do: complain in the console, break, or ask anybody else for anything."""
        ours = {urlsplit(url).netloc for url in (self.ends.tool.url, self.ends.lms.base_url)}

        def said(kind: str, text: str) -> None:
            if kind in {"error", "warning"} and "Failed to load resource" not in text:  # `answered` notes those
                self.complaints.append(f"console {kind}: {text}")

        def asked(request: Request) -> None:
            if urlsplit(request.url).scheme.startswith("http") and urlsplit(request.url).netloc not in ours:
                self.complaints.append(f"asked a stranger: {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 400 and response.status not in self.expected:
                self.complaints.append(f"{response.status} from {response.request.method} {response.url}")

        context.on("console", lambda message: said(message.type, message.text))
        context.on("weberror", lambda fault: self.complaints.append(f"script: {fault.error}"))
        context.on("request", asked)
        context.on("response", answered)

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Within, these refusals are what the test wants."""
        self.expected = set(statuses)
        yield
        self.expected = set()

    def heard(self) -> list[str]:
        """What was noted since the last time."""
        noted, self.complaints[:] = list(self.complaints), []
        return noted

    def leave(self) -> None:
        """Close every browser."""
        for context in self.browser.contexts:
            context.close()
        self._known.clear()


class Visitor:
    """One person of the LMS before the course page; `frame` is the tool inside it."""

    def __init__(self, staff: Staff, person: str, context: BrowserContext, *, scripts: bool = True) -> None:
        self.staff, self.person, self.context, self.scripts = staff, person, context, scripts
        self.page: Page = context.new_page()

    @property
    def tool_url(self) -> str:
        """Where the tool is."""
        return self.staff.ends.tool.url

    @property
    def frame(self) -> Frame:
        """The tool's frame in the LMS's page."""
        handle = self.page.query_selector("iframe")
        frame = handle.content_frame() if handle else None
        assert frame is not None, self.page.url
        return frame

    @property
    def path(self) -> str:
        """Where in the tool this person is."""
        return urlsplit(self.frame.url).path

    def launch(self, course: str = COURSE, *, of: str = "") -> "Visitor":
        """Open the activity from the course, or somebody's work from the gradebook."""
        kind = f"review/{course}/{self.person}/{of}" if of else f"launch/{course}/{self.person}"
        self.page.goto(f"{self.staff.ends.lms.base_url}/{kind}")
        self.arrive()
        return self

    def other_tab(self, person: str = "") -> "Visitor":
        """Another tab of this browser, for the same person or another one."""
        return Visitor(self.staff, person or self.person, self.context, scripts=self.scripts)

    def arrive(self) -> None:
        """Wait until the launch led to a page of the tool; without scripts the LMS shows buttons on the way there."""
        for _ in range(600):
            self.page.wait_for_timeout(100)
            url = self.frame.url
            if url.startswith(self.tool_url) and "/lti/" not in url:
                self.frame.wait_for_load_state()
                return
            if not self.scripts and (button := self.frame.query_selector("noscript button, button")) is not None:
                with self.frame.expect_navigation():
                    button.click()
        raise AssertionError(f"the launch ended at {self.frame.url}: {self.text()}")

    def goto(self, path: str) -> "Visitor":
        """Go to an address of the tool inside the frame."""
        self.frame.goto(self.tool_url + path)
        return self

    def press(self, name: str, *, within: Locator | None = None, kind: str = "button") -> "Visitor":
        """Press the button or follow the link with this name, and wait for the page that follows."""
        target = (within or self.frame).get_by_role(kind, name=name, exact=True).first  # type: ignore[arg-type]
        with self.frame.expect_navigation():
            target.click()
        return self

    def follow(self, name: str) -> "Visitor":
        """Follow the link with this name."""
        return self.press(name, kind="link")

    def write(self, label: str, text: str) -> "Visitor":
        """Type into a box as a person does."""
        self.frame.get_by_label(label, exact=True).press_sequentially(text)
        return self

    def tab_to(self, name: str) -> "Visitor":
        """Press Tab until the focus is on the button, link, box or summary with this name."""
        named = """() => {
          const at = document.hasFocus() ? document.activeElement : null;
          return at ? (at.labels?.[0] ?? at).innerText.trim() : "";
        }"""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.frame.evaluate(named) == name:
                return self
        raise AssertionError(f"Tab never reaches {name} on {self.path}")

    def enter(self, *, leads_on: bool = True) -> "Visitor":
        """Press Enter, and wait for the page it leads to."""
        if not leads_on:
            self.page.keyboard.press("Enter")
            return self
        with self.frame.expect_navigation():
            self.page.keyboard.press("Enter")
        return self

    def fill(self, label: str, text: str) -> "Visitor":
        """Put a text into a box at once."""
        self.frame.get_by_label(label, exact=True).fill(text)
        return self

    def unfold(self, summary: str) -> "Visitor":
        """Open what is folded."""
        self.frame.locator("summary", has_text=summary).first.click()
        return self

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until this text is on the page."""
        found = self.frame.get_by_text(text).first
        try:
            found.wait_for()
        except TimeoutError as error:
            raise AssertionError(f"{text!r} is not on {self.frame.url}: {self.text()}") from error
        return found

    def text(self) -> str:
        """All words of the page in the frame, in one line."""
        return re.sub(r"\s+", " ", self.frame.locator("body").inner_text())

    @property
    def heading(self) -> str:
        """The heading of the page in the frame."""
        return re.sub(r"\s+", " ", self.frame.locator("h1").inner_text()).strip()

    def language(self, code: str) -> "Visitor":
        """Change the language at the foot, unless it is this one."""
        if self.frame.locator("html").get_attribute("lang") != code:
            with self.frame.expect_navigation():
                self.frame.locator(f"footer button[value={code}]").click()
        return self

    def width(self, pixels: int) -> "Visitor":
        """Make the frame this wide."""
        self.page.set_viewport_size({"width": max(pixels + 40, LAPTOP[0]), "height": LAPTOP[1]})
        self.page.locator("iframe").evaluate(
            "(frame, width) => Object.assign(frame.style, { inlineSize: `${width}px`, border: 0 })", pixels
        )
        self.frame.wait_for_function("width => innerWidth === width", arg=pixels)
        return self

    def until(self, true: Callable[[], bool], *, seconds: float = 60) -> None:
        """Look at the page again and again until something is true of it."""
        for _ in range(int(seconds * 2)):
            if true():
                return
            self.page.wait_for_timeout(500)
            self.frame.goto(self.frame.url)
        raise AssertionError(f"still not so on {self.path}: {self.text()}")
