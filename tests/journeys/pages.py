"""Every distinct page of the story: what a person reaches by links from where her launch leads, and what only
happens when something is in the way.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from tests.journeys.browser import COURSE, LARGE_COURSE, Visitor
from tests.journeys.story import (
    ASKED,
    AUTHOR,
    COLLEAGUE,
    FACILITATOR,
    NEWCOMER,
    OUTSIDER,
    REPRESENTATIVE,
    THIRD,
    Story,
)

LINKS = "[...document.links].filter(link => !link.target).map(link => link.href)"


@dataclass(frozen=True)
class Seat:
    """Somebody, the course from which she opens the activity, and further pages to look at."""

    person: str
    course: str
    also: tuple[str, ...] = ()


@cache
def seats(story: Story) -> dict[str, Seat]:
    """One person for each way of seeing the pages, after everything happened."""
    story.revised().third_shared().new_course_ready().copied()
    feedbacks, set_up = f"{story.circle}/feedbacks", story.set_up
    reviewed = story.staff[FACILITATOR].launch(of=AUTHOR).path
    return {
        "author": Seat(AUTHOR, COURSE, (story.entry, f"{story.entry}/versions/1", feedbacks)),
        "colleague": Seat(COLLEAGUE, COURSE, (story.entry, feedbacks)),
        "facilitator": Seat(FACILITATOR, COURSE, (reviewed, f"{story.large_circle}/people")),  # where somebody waits
        "representative": Seat(REPRESENTATIVE, LARGE_COURSE),
        "outsider": Seat(OUTSIDER, LARGE_COURSE),
        "asked": Seat(ASKED, story.copy),
        "newcomer": Seat(NEWCOMER, story.new_course, tuple(f"{set_up}/{step}" for step in ("people", "circles"))),
    }


def pattern(address: str) -> str:
    """An address without its numbers: pages that differ in them alone are one."""
    parts = urlsplit(address)
    return re.sub(r"\d+", "N", f"{parts.path}?{parts.query}")


def reached(visitor: Visitor, also: tuple[str, ...]) -> list[str]:
    """The addresses of all distinct pages that links lead to from here and from those that are named."""
    waiting = [visitor.path, *also]
    found, patterns = list(waiting), {pattern(path) for path in waiting}
    while waiting:
        visitor.goto(waiting.pop(0))
        for address in visitor.frame.evaluate(LINKS):
            path = address.removeprefix(visitor.tool_url).partition("#")[0]
            if path.startswith("/") and "/evidence/" not in path and pattern(path) not in patterns:
                patterns.add(pattern(path))
                found.append(path)
                waiting.append(path)
    return found + [f"{path}?step={number}" for path in found if path.endswith("/write") for number in (2, 5)]


def by_links(visitor: Visitor, seat: Seat, language: str) -> Iterator[str]:
    """Open each page that this person reaches, one after the other; gives its address."""
    visitor.launch(seat.course).language(language)
    known = visitor.staff.known_pages
    if visitor.person not in known:
        known[visitor.person] = reached(visitor, seat.also)
    for path in known[visitor.person]:
        visitor.goto(path)
        yield path


def in_the_way(story: Story, language: str) -> Iterator[tuple[str, Visitor]]:
    """Open each page that nobody wants to see, in a browser whose language is this; gives its name."""
    for name, open_it in OBSTACLES.items():
        visitor = story.staff.visitor(THIRD, locale=language)
        visitor.launch().language(language)
        with story.staff.expecting(400, 401, 403, 404, 405, 409, 413, 422):
            open_it(story, visitor)
            yield name, visitor
        visitor.context.close()


def _entry(story: Story, visitor: Visitor) -> str:
    visitor.goto(f"{story.circle}/inquiry")
    links = visitor.frame.locator(f"main a[href^='{story.circle}/entries/']")
    return str(links.last.get_attribute("href"))


def _signed_out(story: Story, visitor: Visitor) -> None:
    story.ends.end_visits(visitor.person)
    visitor.goto(story.circle)


def _kept_text(story: Story, visitor: Visitor) -> None:
    visitor.goto(_entry(story, visitor))
    visitor.context.clear_cookies()
    _write_and_keep(visitor, "Talking partners, twice a week.")


def _two_texts(story: Story, visitor: Visitor) -> None:
    visitor.goto(_entry(story, visitor))
    tab = visitor.other_tab().launch().goto(visitor.path)
    _write_and_keep(tab, f"One text of {visitor.frame.locator('html').get_attribute('lang')}.")
    tab.page.close()
    _write_and_keep(visitor, "Another text.")


def _write_and_keep(visitor: Visitor, text: str) -> None:
    visitor.frame.locator("textarea").first.fill(text)
    with visitor.frame.expect_navigation():
        visitor.frame.locator("button[name=do][value=keep]:visible").click()


def _no_file(story: Story, visitor: Visitor) -> None:
    visitor.goto(_entry(story, visitor))
    visitor.frame.locator("summary:has(~ * #file)").click()
    with visitor.frame.expect_navigation():
        visitor.frame.locator("button[name=do][value=add]").click()


def _at(path: str) -> Callable[[Story, Visitor], None]:
    def open_it(_story: Story, visitor: Visitor) -> None:
        visitor.goto(path)

    return open_it


OBSTACLES: dict[str, Callable[[Story, Visitor], None]] = {
    "signed out": _signed_out,
    "a text that was kept": _kept_text,
    "two texts": _two_texts,
    "no file chosen": _no_file,
    "not found": _at("/circles/99"),
    "not hers": _at("/circles/1/reviews"),
    "a launch by its address": _at("/lti/launch"),
    "an invitation that is over": _at("/lti/register/gone"),
}
