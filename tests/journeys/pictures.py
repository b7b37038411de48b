"""Pictures of every page of the story, to be looked at: `python -m tests.journeys.pictures FOLDER [LANGUAGE…]`.

Phone and laptop, light and dark, in English, French and Arabic; with the LMS around it once, else the frame alone.
"""

import re
import sys
import tempfile
from pathlib import Path

from lti_tool import catalogues
from tests import chromium
from tests.journeys.browser import Staff, Visitor
from tests.journeys.ends import running
from tests.journeys.pages import by_links, in_the_way, seats
from tests.journeys.story import AUTHOR, Story

WIDTHS, SCHEMES = (360, 1280), ("light", "dark")


def main() -> None:
    """Tell the story and take the pictures."""
    folder, languages = Path(sys.argv[1]), sys.argv[2:] or ["en", "fr", "ar"]
    catalogues.compile_all()
    with tempfile.TemporaryDirectory() as place, chromium.opened() as browser:
        database = f"sqlite:///{Path(place) / 'circles.db'}"
        with running(Path(place), database) as ends:
            staff = Staff(browser, ends)
            story = Story(staff, ends)
            for language in languages:
                take_all(story, language, folder / language)
            staff.leave()


def take_all(story: Story, language: str, folder: Path) -> None:
    """Every page in one language."""
    for name, seat in seats(story).items():
        visitor = story.staff[seat.person]
        for number, path in enumerate(by_links(visitor, seat, language), start=1):
            take(visitor, folder, f"{name}-{number:02}{re.sub(r'[^a-z]+', '-', path)}")
    for name, visitor in in_the_way(story, language):
        take(visitor, folder, f"obstacle-{name.replace(' ', '-')}")
    author = story.staff[AUTHOR].launch()
    folder.mkdir(parents=True, exist_ok=True)
    author.page.screenshot(path=folder / "in-the-lms.png", full_page=True)


def take(visitor: Visitor, folder: Path, name: str) -> None:
    """One page at every width and in both schemes, as tall as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = visitor.page.locator("iframe")
    for width in WIDTHS:
        visitor.width(width)
        frame.evaluate("frame => (frame.style.blockSize = 0)")  # no page is as tall as the one before it
        height = visitor.frame.evaluate("document.documentElement.scrollHeight")
        visitor.page.set_viewport_size({"width": width + 40, "height": min(height, 4000) + 300})
        frame.evaluate("(frame, height) => (frame.style.blockSize = `${height}px`)", min(height, 4000))
        for scheme in SCHEMES:
            visitor.page.emulate_media(color_scheme=scheme)
            frame.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
    visitor.page.emulate_media(color_scheme="light")


if __name__ == "__main__":
    main()
