"""The pages: what they show, that they are good HTML, and what is still there after a restart."""

import html5lib
import pytest

from lti_tool.demo.app import CLIENT_ID, create_lms, lms_of, preregister
from lti_tool.demo.state import Store

PAGES = ["/", "/?course=3", "/gradebook", "/register", "/faults", "/launch/2/teacher05", "/deep-link/2/facilitator1"]
PAGES += ["/review/2/facilitator1/teacher01", "/start/activity/2/teacher01"]


def parsed(text):
    """The page, or a ParseError for bad HTML."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_good_html_without_anything_from_elsewhere(make_end, path):
    end = make_end("moodle-4.5")
    end.score(end.make_column(resourceLinkId=end.lms.activities("2")[0].id).json["id"], comment="<b>Well done</b>")
    answer = end.client.get(path)
    assert answer.status_code == 200
    tree = parsed(answer.text)
    assert tree.get("lang") == "en"
    for element in tree.iter():
        assert element.get("style") is None
        for name in ("src", "href"):
            address = element.get(name) or ""
            assert not address.startswith(("http", "//")), address
        if element.tag == "script":
            assert not element.text
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {element.get("for") for element in tree.iter("label")}
    for element in [*tree.iter("input"), *tree.iter("select")]:
        assert element.get("type") == "hidden" or element.get("id") in labelled
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_course_page_lists_everybody_to_launch_as(end):
    page = end.client.get("/").text
    for person in end.lms.members("2"):
        assert f"/launch/2/{person.key}?activity=" in page
    assert "Circle A" in page
    assert '<li lang="ar"><a' in page


def test_the_activity_page_shows_the_tool_in_a_frame(end):
    page = parsed(end.client.get("/launch/2/teacher01").text)
    frame = page.find(".//iframe")
    assert frame.get("title") == "Learning Circles"
    assert end.client.get(frame.get("src")).status_code == 302


def test_the_gradebook_fills_while_you_watch(end):
    assert "data-live" in end.client.get("/gradebook").text
    end.score(end.make_column(label="Milestones").json["id"], comment="3 of 5 milestones")
    page = end.client.get("/gradebook").text
    assert "3 of 5 milestones" in page
    assert "Milestones" in page
    assert end.client.get("/gradebook.json").json["posts"][0]["status"] == 201


def test_where_there_is_no_review_there_is_none(make_end):
    assert make_end("canvas").client.get("/review/2/facilitator1/teacher01").status_code == 400


def test_the_sheet_and_the_script_are_served_and_nothing_else(end):
    assert end.client.get("/static/demo.css").status_code == end.client.get("/static/demo.js").status_code == 200
    assert end.client.get("/static/other.css").status_code == 404


@pytest.mark.parametrize("path", ["/launch/2/nobody", "/launch/9/teacher01", "/start/other/2/teacher01", "/?course=9"])
def test_what_is_not_there_is_said_plainly(end, path):
    assert end.client.get(path).status_code == 400


def test_the_demonstration_is_still_there_after_a_restart(tmp_path):
    file = tmp_path / "lms" / "state.json"
    facts = {"base_url": "http://127.0.0.1:8001", "tool_url": "http://localhost:8000", "state_file": file}
    lms = lms_of(create_lms(**facts))
    column = lms.gradebook.add("2", CLIENT_ID, {"label": "Milestones", "scoreMaximum": 5})
    lms.gradebook.edit(column.id, "teacher01", 4, "Well done")
    kid = lms.keys.current.kid
    again = lms_of(create_lms(**facts))
    assert again.gradebook.cell(column.id, "teacher01").comment == "Well done"
    assert again.keys.current.kid == kid
    assert again.platform_facts(CLIENT_ID) == lms.platform_facts(CLIENT_ID)
    assert list(again.store.state.tools) == [CLIENT_ID]
    assert file.stat().st_mode & 0o077 == 0


def test_what_the_tool_must_know_to_be_registered_by_hand(end):
    facts = preregister(end.lms, "http://localhost:8000/")
    assert facts == {
        "issuer": "http://127.0.0.1:8001",
        "client_id": CLIENT_ID,
        "deployment_id": "2",
        "auth_url": "http://127.0.0.1:8001/auth",
        "token_url": "http://127.0.0.1:8001/token",
        "jwks_url": "http://127.0.0.1:8001/jwks",
        "audience": "http://127.0.0.1:8001/token",
        "product": "practice-lms",
    }
    assert end.lms.tool(CLIENT_ID).login_url == "http://localhost:8000/lti/login"


def test_a_change_that_fails_halfway_is_not_written(tmp_path):
    store = Store(tmp_path / "state.json")

    def half() -> None:
        with store.change() as state:
            state.new_id()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert not (tmp_path / "state.json").exists()


def test_a_tool_is_removed_with_what_belongs_to_it(end):
    end.make_column()
    end.client.post(f"/tools/{end.client_id}", data={"action": "remove"})
    assert end.lms.gradebook.columns == end.lms.activities("2") == []
    assert "No tool is registered yet" in end.client.get("/").text
