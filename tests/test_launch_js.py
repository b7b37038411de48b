"""The script that asks the LMS's page to keep a value: it believes one window of one origin, and tells no other."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Route, expect

from lti_tool import templating

pytestmark = pytest.mark.browser
LMS, PORTAL, TOOL, EVIL = (f"https://{name}.example" for name in ("lms", "portal", "tool", "evil"))
SCRIPT = (templating.STATIC / "launch.js").read_text("utf-8")
NUMBER = "7-7-7-7"  # what the script draws once chance is taken from it: the best that a forger could guess
AROUND = f"""<script>window.heard = []; addEventListener("message", (event) => heard.push(event.data))</script>
<iframe name="tool" src="{TOOL}/login"></iframe><iframe name="evil" src="{EVIL}/"></iframe>
<iframe name="beside" src="{LMS}/beside"></iframe>"""
PUT = (
    f'<script src="/launch.js" data-origin="{LMS}" data-key="k" data-value="secret" data-next="{LMS}/next" %s></script>'
)
GET = f'<script src="/launch.js" data-origin="{LMS}" data-key="k" data-frame="_parent"></script>'
FORM = '<main>Words</main><form method="post" action="/lti/launch" data-fetch><input type="hidden" name="kept"></form>'


class Stage:
    """A page of an LMS around the tool's frame, and hostile frames beside it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.login = PUT % 'data-frame="_parent"' + FORM
        self.posted: list[str | None] = []
        context.add_init_script("crypto.getRandomValues = (numbers) => numbers.fill(7)")
        context.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        url = route.request.url
        if url == f"{TOOL}/launch.js":
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif url == f"{TOOL}/login":
            route.fulfill(body="<!doctype html>" + self.login, content_type="text/html")
        elif url == f"{TOOL}/lti/launch":
            self.posted.append(route.request.post_data)
            route.fulfill(body="<p>Launched</p>", content_type="text/html")
        else:
            route.fulfill(body=AROUND if url in (f"{LMS}/", f"{PORTAL}/") else "<p>Page</p>", content_type="text/html")

    def open(self, address: str = f"{LMS}/") -> Page:
        self.page = self.context.new_page()
        self.page.goto(address)
        return self.page

    def frame(self, name: str) -> Frame:
        found = self.page.frame(name)
        assert found is not None
        return found

    def say(self, sender: Page | Frame, **message: Any) -> None:
        """Somebody sends the tool this message."""
        said = {"message_id": NUMBER, "key": "k", **message}
        sender.evaluate("said => top.frames.tool.postMessage(said, '*')", said)

    def heard(self, subject: str) -> list[dict[str, Any]]:
        """What the page around was asked."""
        return [one for one in self.page.evaluate("heard") if one["subject"] == subject]


@pytest.fixture
def stage(chromium: Any) -> Iterator[Stage]:
    context = chromium.new_context()
    yield Stage(context)
    context.close()


def kept_waiting(stage: Stage) -> bool:
    """Whether the script has believed nobody so far."""
    stage.page.wait_for_timeout(300)
    return stage.frame("tool").url == f"{TOOL}/login" and not stage.posted


def test_a_value_is_kept_and_the_launch_goes_on(stage: Stage) -> None:
    page = stage.open()
    page.wait_for_function("heard.length")
    assert stage.heard("lti.put_data")[0] == {
        "subject": "lti.put_data", "key": "k", "value": "secret", "message_id": NUMBER
    }  # fmt: skip
    stage.say(page, subject="lti.put_data.response")
    stage.frame("tool").wait_for_url(f"{LMS}/next")


@pytest.mark.proves("security", 24)
@pytest.mark.parametrize(
    ("sender", "message"),
    [
        pytest.param("evil", {}, id="another window of another origin"),
        pytest.param("beside", {}, id="another window of the right origin"),
        pytest.param("", {"message_id": "7-7-7"}, id="another number"),
        pytest.param("", {"message_id": None}, id="no number"),
        pytest.param("", {"subject": "lti.get_data.response"}, id="the answer to another question"),
    ],
)
def test_a_forged_answer_is_not_heard(stage: Stage, sender: str, message: dict[str, Any]) -> None:
    page = stage.open()
    page.wait_for_function("heard.length")
    who = stage.frame(sender) if sender else page
    stage.say(who, **{"subject": "lti.put_data.response"} | message)
    assert kept_waiting(stage)


@pytest.mark.proves("security", 24)
def test_a_forged_value_is_not_posted(stage: Stage) -> None:
    stage.login = GET + FORM
    page = stage.open()
    page.wait_for_function("heard.length")
    for who in (stage.frame("evil"), stage.frame("beside")):
        stage.say(who, subject="lti.get_data.response", value="of the attacker")
    stage.say(page, subject="lti.get_data.response", value="of the attacker", message_id="1")
    assert kept_waiting(stage)
    stage.say(page, subject="lti.get_data.response", value="secret")
    stage.frame("tool").wait_for_url(f"{TOOL}/lti/launch")
    assert stage.posted == ["kept=secret"]


@pytest.mark.proves("security", 24)
def test_a_page_of_another_origin_around_us_is_told_nothing_and_not_believed(stage: Stage) -> None:
    page = stage.open(f"{PORTAL}/")
    stage.say(page, subject="lti.put_data.response")
    assert kept_waiting(stage)
    assert stage.heard("lti.put_data") == []


@pytest.mark.proves("security", 24)
def test_where_nothing_was_announced_the_page_is_asked_what_it_can_do(stage: Stage) -> None:
    stage.login = PUT % "" + FORM
    page = stage.open()
    page.wait_for_function("heard.length")
    assert not stage.heard("lti.put_data")
    stage.say(
        stage.frame("evil"), subject="lti.capabilities.response", supported_messages=[{"subject": "lti.put_data"}]
    )
    assert kept_waiting(stage)
    assert not stage.heard("lti.put_data")
    stage.say(page, subject="lti.capabilities.response", supported_messages=[{"subject": "lti.put_data"}])
    page.wait_for_function("heard.some((one) => one.subject === 'lti.put_data')")


@pytest.mark.parametrize(
    "answer", [None, {"error": {"code": "storage_exhaustion"}}, {"value": None}], ids=["silence", "an error", "nothing"]
)
def test_without_a_value_the_page_can_be_read(stage: Stage, answer: dict[str, Any] | None) -> None:
    stage.login = GET + FORM
    page = stage.open()
    page.wait_for_function("heard.length")
    assert stage.frame("tool").locator("html").get_attribute("class") == "waiting"
    if answer is not None:
        stage.say(page, subject="lti.get_data.response", **answer)
    expect(stage.frame("tool").locator("html")).to_have_class("", timeout=8000)
    assert stage.posted == []


def test_in_a_window_that_nobody_opened_nothing_waits(stage: Stage) -> None:
    page = stage.open(f"{TOOL}/login")
    assert page.locator("html").get_attribute("class") is None


def test_in_a_window_the_one_that_opened_it_is_asked(stage: Stage) -> None:
    opener = stage.open(f"{LMS}/beside")
    opener.evaluate("window.heard = []; addEventListener('message', (event) => heard.push(event.data))")
    with stage.context.expect_page() as opened:
        opener.evaluate(f"void open('{TOOL}/login')")
    opener.wait_for_function("heard.length")
    assert opener.evaluate("heard[0].subject") == "lti.put_data"
    opened.value.close()
