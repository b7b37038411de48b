"""What only a real browser shows: scripts, frames of another site, and the Origin of our own forms."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, redirect, request
from lti1p3platform.registration import Registration

from lti_tool.demo.app import serving
from lti_tool.demo.platform import PracticeLms

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium):
    """A page as wide as a phone."""
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    yield page
    page.close()


@pytest.fixture
def lms(tool_key):
    """A served LMS with Moodle's habits and a served tool on another site, which answers every step."""
    tool = Flask("tool")

    @tool.route("/lti/login", methods=["GET", "POST"])
    def login():
        asked = "scope=openid&response_type=id_token&response_mode=form_post&prompt=none&state=s&nonce=n"
        kept = "&".join(f"{name}={request.values[name]}" for name in ("client_id", "login_hint", "lti_message_hint"))
        return redirect(f"{request.values['iss']}/auth?{asked}&{kept}&redirect_uri={request.values['target_link_uri']}")

    @tool.post("/lti/launch")
    def launch():
        return f"<p>Launched, {len(request.form['id_token'].split('.'))} parts</p>"

    @tool.get("/lti/register/abc")
    def invited():
        return "<script>parent.postMessage({subject: 'org.imsglobal.lti.close'}, '*')</script>"

    with serving(tool) as tool_url, PracticeLms(quirks="moodle-4.5").start() as practice:
        key_set = {"keys": [Registration.get_jwk(tool_key.public_pem)]}
        practice.register(tool_url.replace("127.0.0.1", "localhost"), key_set=key_set)
        yield practice


def test_a_click_on_a_person_opens_the_tool_in_a_frame_of_another_site(lms, page):
    page.goto(lms.base_url)
    page.click("text=김서윤")
    page.frame_locator("iframe").get_by_text("Launched, 3 parts").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_our_own_buttons_work(lms, page):
    page.goto(f"{lms.base_url}/faults")
    page.check("#stale_scores")
    page.get_by_role("button", name="Set").click()
    page.wait_for_load_state()
    assert lms.faults.stale_scores
    assert page.is_checked("#stale_scores")


def test_the_registration_frame_closes_when_the_tool_says_so(lms, page):
    tool = urlsplit(next(iter(lms.store.state.tools.values())).login_url)
    page.goto(f"{lms.base_url}/register")
    page.fill("#invite", f"{tool.scheme}://{tool.netloc}/lti/register/abc")
    with page.expect_navigation(url=f"{lms.base_url}/register", wait_until="load"):
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Register a tool by invitation").wait_for()
    assert parse_qs(urlsplit(page.url).query) == {}


def test_the_gradebook_fills_while_one_watches(lms, page):
    page.goto(f"{lms.base_url}/gradebook")
    client_id = next(iter(lms.store.state.tools))
    column = lms.gradebook.add("2", client_id, {"label": "Milestones", "scoreMaximum": 5})
    lms.gradebook.edit(column.id, "teacher01", 4, "4 of 5 milestones")
    page.get_by_text("4 of 5 milestones").wait_for()
