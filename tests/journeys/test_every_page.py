"""Every page of the story, in a script of each direction and on a phone: nobody is kept out, nothing is heavy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Request

from tests.journeys import axe
from tests.journeys.browser import Visitor
from tests.journeys.pages import by_links, in_the_way, seats
from tests.journeys.story import AUTHOR, THIRD, Story

pytestmark = pytest.mark.browser
PHONE, WIDE, NARROWEST = 360, 1280, 320
FIRST_VISIT, NEXT_PAGE = 40 * 1024, 12 * 1024  # bytes over the wire
LONG_WALKS = [pytest.param(seat, marks=pytest.mark.slow) for seat in ("author", "facilitator")]
SEATS = ("colleague", "representative", "outsider", "asked", "newcomer", *LONG_WALKS)
FINGER = 44  # pixels that a finger needs; a link within a sentence is as tall as its line
SMALL = """least => {
  const inSentence = one => one.tagName === "A"
    && [...one.parentElement.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  return [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .filter(one => one.checkVisibility() && !one.matches(".skip") && !inSentence(one))
    .map(one => ["radio", "checkbox"].includes(one.type) ? one.closest(".choice") ?? one : one)
    .filter(one => one.getBoundingClientRect().height < least - .5)
    .map(one => `${one.outerHTML.slice(0, 120)} is ${Math.round(one.getBoundingClientRect().height)} high`);
}"""
both = pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.slow)])


def faults(name: str, visitor: Visitor) -> Iterator[str]:
    """What is wrong with the page before this visitor."""
    for pixels in (WIDE, PHONE):
        visitor.width(pixels)
        for found in axe.violations(visitor.frame):
            yield f"{name} at {pixels}: {found}"
    for found in visitor.frame.evaluate(SMALL, FINGER):
        yield f"{name} at {PHONE}: {found}"
    visitor.width(NARROWEST)
    wide = visitor.frame.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    if wide > 0:
        yield f"{name} at {NARROWEST}: {wide} pixels too wide"


@both
@pytest.mark.parametrize("seat", SEATS)
def test_nobody_is_kept_out(story: Story, seat: str, language: str) -> None:
    at = seats(story)[seat]
    visitor = story.staff[at.person]
    opened = [(path, list(faults(path, visitor))) for path in by_links(visitor, at, language)]
    visitor.language("en")
    found = [fault for _path, here in opened for fault in here]
    assert not found, "\n".join(found)
    assert opened


@pytest.mark.slow
@pytest.mark.parametrize("seat", SEATS)
def test_nothing_hangs_over_the_edge_in_a_language_of_long_words(story: Story, seat: str) -> None:
    at = seats(story)[seat]
    visitor = story.staff[at.person]
    wide = []
    for path in by_links(visitor, at, "fr"):
        visitor.width(NARROWEST)
        visitor.frame.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        if (over := visitor.frame.evaluate("document.scrollingElement.scrollWidth - innerWidth")) > 0:
            wide.append(f"{path}: {over} pixels too wide")
    visitor.language("en")
    assert not wide, "\n".join(wide)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nobody_is_kept_out_when_something_is_in_the_way(story: Story, language: str) -> None:
    seats(story)
    found = []
    for name, visitor in in_the_way(story, language):
        assert visitor.frame.locator("html").get_attribute("lang") == language, name
        found += faults(name, visitor)
    story.staff[THIRD].launch().language("en")
    assert not found, "\n".join(found)


def test_axe_would_find_faults(story: Story) -> None:
    frame = story.circle_open().staff[AUTHOR].launch().frame
    frame.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x><input>')")
    found = {one.partition(":")[0] for one in axe.violations(frame)}
    story.staff.heard()  # the picture does not exist
    assert {"image-alt", "label"} <= found


def test_a_circle_is_light(story: Story) -> None:
    """40 KiB at the first visit and 12 KiB from then on, in five requests: a minute of a weak network, not ten."""
    visitor = story.revised().staff.visitor(AUTHOR)
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    visitor.context.on("requestfinished", note)

    def weight() -> tuple[int, int]:
        visitor.page.wait_for_timeout(300)
        ours = [one for one in asked if one.url.startswith(visitor.tool_url) and "/lti/" not in one.url]
        sizes = [one.sizes() for one in ours]
        asked.clear()
        return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes), len(sizes)

    visitor.launch()
    first, requests = weight()
    assert first <= FIRST_VISIT
    assert requests <= 5
    visitor.goto(story.circle)
    following, requests = weight()
    assert following <= NEXT_PAGE
    assert requests <= 5
