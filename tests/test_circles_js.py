"""The script in a real browser: a draft saves itself, says so truly, and the page works without any of it."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import jsonify
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests import tiny

pytestmark = pytest.mark.browser


@pytest.fixture
def site():
    small = tiny.make()

    @small.app.after_request
    def strict(answer):
        answer.headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"  # noqa: E501 # fmt: skip
        return answer

    server = make_server("127.0.0.1", 0, small.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    small.url = f"http://127.0.0.1:{server.server_port}"
    yield small
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium, site) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 374, "height": 595})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
    opened.goto(site.url + "/entry")
    yield opened
    context.close()
    assert complaints == []


def test_a_draft_saves_itself_after_a_pause(page, site):
    page.get_by_label("What did I do?").fill("I gave every pupil a card")
    expect(page.locator("[data-save]")).to_contain_text("Saved ", timeout=30_000)
    assert site.saved[-1]["text"] == "I gave every pupil a card"
    assert set(site.saved[-1]) >= {"visit", "once", "title"}
    assert "photo" not in site.saved[-1]


def test_a_text_that_cannot_be_saved_says_so_and_is_sent_later(page, site):
    site.autosave = lambda: ("", 500)
    page.get_by_label("What did I do?").fill("first")
    expect(page.locator("[data-save]")).to_have_text("Not saved yet: keep this page open.", timeout=30_000)
    expect(page.locator("[data-save]")).to_have_attribute("aria-live", "polite")
    site.autosave = lambda: ("", 204)
    expect(page.locator("[data-save]")).to_contain_text("Saved ", timeout=60_000)
    assert site.saved[-1]["text"] == "first"


def test_a_lost_line_is_no_lost_text(page, site):
    page.context.set_offline(True)
    page.get_by_label("What did I do?").fill("in the bus")
    expect(page.locator("[data-save]")).to_have_text("Not saved yet: keep this page open.", timeout=30_000)
    page.context.set_offline(False)
    expect(page.locator("[data-save]")).to_contain_text("Saved ", timeout=60_000)
    assert site.saved[-1]["text"] == "in the bus"


def test_a_sign_in_page_is_not_taken_for_a_saved_draft(page, site):
    site.autosave = lambda: ("", 303, {"Location": "/entry"})
    page.get_by_label("What did I do?").fill("first")
    expect(page.locator("[data-save]")).to_have_text("Not saved yet: keep this page open.", timeout=30_000)


def test_a_text_changed_elsewhere_stops_the_saving(page, site):
    site.autosave = lambda: ("", 409)
    page.get_by_label("What did I do?").fill("first")
    expect(page.locator("[data-save]")).to_contain_text("changed somewhere else", timeout=30_000)
    saves = len(site.saved)
    page.get_by_label("What did I do?").fill("second")
    page.wait_for_timeout(3500)
    assert len(site.saved) == saves


def test_hidden_fields_follow_the_answer(page, site):
    with site.app.app_context():
        site.autosave = lambda: jsonify(fields={"once": "f" * 32})
        page.get_by_label("What did I do?").fill("first")
        expect(page.locator("[data-save]")).to_contain_text("Saved ", timeout=30_000)
    assert page.locator("form[data-autosave] input[name=once]").input_value() == "f" * 32


def test_leaving_the_page_saves_what_was_just_typed(page, site):
    page.get_by_label("What did I do?").fill("the last words")
    page.goto(site.url + "/show/errors/404.html")
    deadline = time.monotonic() + 60
    while not site.saved and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert [saved["text"] for saved in site.saved] == ["the last words"]


def hold_the_save(site) -> tuple[threading.Event, threading.Event]:
    """Have the next save wait: the first event tells that it is on its way, the second lets it through."""
    begun, gate = threading.Event(), threading.Event()

    def wait() -> tuple[str, int]:
        begun.set()
        gate.wait(30)
        return "", 204

    site.autosave = wait
    return begun, gate


def test_sending_waits_for_a_save_on_its_way(page, site):
    begun, gate = hold_the_save(site)
    page.get_by_label("What is it about?").fill("Cards")
    page.get_by_label("When?").fill("2026-03-12")
    page.get_by_label("We begin to try it.").check()
    page.get_by_label("What did I do?").fill("words")
    assert begun.wait(30)
    page.get_by_role("button", name="Keep as draft").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert [set(saved) >= {"visit"} for saved in site.saved] == [True]
    gate.set()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert [saved["title"] for saved in site.saved] == ["Cards", "Cards"]


def test_changing_the_language_waits_until_the_text_is_saved(page, site):
    page.get_by_label("What did I do?").fill("just now")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    text, language = site.saved
    assert (text["text"], language) == ("just now", {"language": "fr"})


def test_changing_the_language_waits_for_a_save_on_its_way(page, site):
    begun, gate = hold_the_save(site)
    page.get_by_label("What did I do?").fill("words")
    assert begun.wait(30)
    page.get_by_role("button", name="Français").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert page.locator("html").get_attribute("lang") == "en"
    gate.set()
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_a_text_that_cannot_be_saved_keeps_nobody_from_the_language(page, site):
    site.autosave = lambda: ("", 500)
    page.on("dialog", lambda asked: asked.accept())  # the browser's own question whether to leave
    page.get_by_label("What did I do?").fill("words")
    page.get_by_role("button", name="Français").click(no_wait_after=True)
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_words_left_are_counted_while_writing(page):
    box = page.get_by_label("What did I do?")
    box.fill("three small words")
    expect(page.locator("#stage-words")).to_have_text("Words left: 2")
    box.fill("one two three four five six — seven")
    expect(page.locator("#stage-words")).to_have_text("Words more: 2")


def test_a_box_grows_with_its_text(page):
    box = page.get_by_label("What did I do?")
    before = box.bounding_box()["height"]
    box.fill("line\n" * 20)
    assert box.bounding_box()["height"] > before * 2


def test_what_is_to_be_mended_is_in_focus(page):
    page.get_by_role("button", name="Share with my circle").click()
    expect(page.get_by_role("alert")).to_be_focused()


def test_nothing_hangs_over_the_edge_of_a_small_phone(chromium, site):
    for language in ("en", "fr", "ar"):
        context = chromium.new_context(viewport={"width": 320, "height": 500})
        opened = context.new_page()
        opened.goto(f"{site.url}/entry?language={language}")
        assert opened.evaluate("document.documentElement.scrollWidth") <= 320
        small = opened.evaluate(
            "[...document.querySelectorAll('a, button, summary')].filter(e => e.offsetHeight && e.offsetHeight < 24"
            " && !e.closest('p, li, .skip')).map(e => e.outerHTML)"
        )
        assert small == []
        context.close()


def test_the_form_works_without_the_script(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/entry")
    page.get_by_label("What is it about?").fill("Cards")
    page.get_by_label("When?").fill("2026-03-12")
    page.get_by_label("Pupils do it themselves.").check()
    page.get_by_role("button", name="Share with my circle").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    context.close()
    assert [saved["level"] for saved in site.saved] == ["b"]


def test_a_kept_text_is_copied_with_one_button(page, site):
    page.goto(site.url + "/show/errors/kept_text.html")
    page.get_by_role("button", name="Copy this text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == "my words"
