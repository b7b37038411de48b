"""The credit column: found before it is made, changed only where it is ours, never deleted."""

import json
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import columns, scores, tokens
from lti_tool.lti.columns import RESOURCE_ID
from lti_tool.models import Activity, Course
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)
from tests.lti.test_scores import statement

COLUMNS = "/mod/lti/services.php/2/lineitems"
COLUMN = f"{COLUMNS}/6/lineitem"


def column(activity: Activity) -> str | None:
    found = columns.find_or_make(activity, label="Learning circle", maximum=10)
    return found.address if found else None


def sent(far: ends.Web, method: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        next(
            asked for asked in reversed(far.asked) if asked.method == method and asked.path != "/mod/lti/token.php"
        ).data
    )
    return body


def ours_at(far: ends.Moodle, **facts: Any) -> Activity:
    """An activity whose column we made, with what the platform added to it."""
    made = far.add_column(label="Learning circle", scoreMaximum=10, resourceId=RESOURCE_ID, tag=RESOURCE_ID, **facts)
    return ends.activity_in(far.url, line_item_url=made["id"])


def test_the_column_that_the_launch_gave_is_taken() -> None:
    with ends.moodle() as far:
        here = ends.activity_in(far.url, line_item_url=far.add_column(resourceLinkId="2")["id"])
        assert column(here) == f"{far.url}{COLUMN}?type_id=2"
        assert far.asked == []


def test_the_activitys_own_column_is_found_among_others() -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="3", resourceId=RESOURCE_ID)
        own = far.add_column(resourceLinkId="2")
        assert column(ends.activity_in(far.url)) == own["id"]


@pytest.mark.parametrize(("told", "kept"), [("\ud800 half", "half"), ("a\x00b", "a b"), (None, ""), (" é ", " é ")])
def test_what_a_column_is_called_can_be_kept(told: str | None, kept: str) -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="2", resourceId=RESOURCE_ID, label=told)
        found = columns.find_or_make(ends.activity_in(far.url), label="Learning circle", maximum=10)
        assert found is not None
        assert found.label == kept


def test_real_moodle_columns_are_understood() -> None:
    [captured, *_] = ends.seen("moodle-gradebook")
    with ends.moodle() as far:
        body = json.loads(json.dumps(captured["response"]["body"]).replace("http://localhost:8080", far.url))
        far.on(COLUMNS, ends.as_json(body))
        assert column(ends.activity_in(far.url)) == f"{far.url}/mod/lti/services.php/2/lineitems/6/lineitem?type_id=2"


def test_of_several_columns_the_one_with_our_mark_is_taken() -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="2", resourceId="res-1")
        ours = far.add_column(resourceLinkId="2", tag=RESOURCE_ID)
        assert column(ends.activity_in(far.url)) == ours["id"]


def test_an_unbound_column_with_our_mark_is_taken() -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="3")
        ours = far.add_column(resourceId=RESOURCE_ID)
        assert column(ends.activity_in(far.url)) == ours["id"]


def test_our_column_is_found_on_a_later_page() -> None:
    with ends.moodle() as far:
        link = f"<{far.url}{COLUMNS}?type_id=2&amp;from=1>; rel=“next”"
        ours = ends.as_json([{"id": "nonsense", "resourceLinkId": "2"}, {"id": f"{far.url}/5", "resourceLinkId": "2"}])
        first = ends.as_json([])
        first.headers["Link"] = link.encode().decode("latin-1")  # the bytes that Moodle writes
        far.on(COLUMNS, first, ours)
        assert column(ends.activity_in(far.url)) == f"{far.url}/5"


def test_a_column_is_made_where_there_is_none_and_found_again() -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="3")
        here = ends.activity_in(far.url)
        made = column(here)
        assert made == f"{far.url}{COLUMNS}/7/lineitem?type_id=2"
        assert sent(far, "POST") == {
            "label": "Learning circle",
            "scoreMaximum": 10,
            "resourceId": "circle-credit",
            "tag": "circle-credit",
            "resourceLinkId": "2",
        }
        assert column(here) == made
        assert len(far.columns) == 2


@pytest.mark.parametrize("scopes", [[], [tokens.SCORES], [tokens.SCORES, tokens.COLUMNS_READ]])
def test_where_no_column_may_be_made_credit_stays_here(scopes: list[str]) -> None:
    with ends.moodle() as far:
        assert column(ends.activity_in(far.url, scopes=scopes)) is None
        assert far.columns == {}


def test_where_the_course_has_no_gradebook_credit_stays_here() -> None:
    with ends.moodle() as far:
        here = ends.activity_in(far.url)
        with db.work() as unit:
            unit.get_one(Course, here.course_id).line_items_url = None
            unit.commit()
        assert column(here) is None


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([Response(status=403)], "columns_refused"),
        ([ends.as_json({"columns": []})], "answer_not_json"),
        ([*[ends.as_json([])] * 3, Response(status=412)], "column_refused"),
        ([*[ends.as_json([])] * 3, ends.as_json({"label": "no id"}, 201)], "column_refused"),
    ],
)
def test_a_refused_column_is_named(answers: list[Response], code: str) -> None:
    with ends.moodle() as far:
        here = ends.activity_in(far.url)
        far.on(COLUMNS, *answers)
        with pytest.raises(PlatformError, match=code):
            column(here)


@pytest.mark.parametrize("status", [404, 412])
def test_where_canvas_binds_no_column_to_a_link_the_course_has_one(status: int) -> None:
    """A place in a course's menu and an item of a module: line_items_controller.rb, verify_valid_resource_link."""

    def canvas(request: Request) -> Response:
        bound = request.method == "POST" and "resourceLinkId" in json.loads(request.data)
        return Response(status=status) if bound else far.otherwise(request)

    with ends.moodle() as far:
        far.on(COLUMNS, canvas)
        here = ends.activity_in(far.url, product="canvas")
        made = column(here)
        assert [one["resourceId"] for one in far.columns.values()] == [RESOURCE_ID]
        assert "resourceLinkId" not in far.columns["6"]
        assert column(here) == made, "it is found again"
        assert len(far.columns) == 1


def test_columns_are_asked_for_by_link_and_by_mark_never_by_the_page() -> None:
    with ends.moodle() as far:
        column(ends.activity_in(far.url))
        asked = [dict(one.args) for one in far.asked if one.path == COLUMNS and one.method == "GET"]
    assert asked == [
        {"type_id": "2", "resource_link_id": "2"},
        {"type_id": "2", "resource_id": RESOURCE_ID},
        {"type_id": "2", "tag": RESOURCE_ID},
    ]


def test_a_platform_that_stumbles_over_a_filter_is_asked_for_everything() -> None:
    with ends.moodle() as far:
        own = far.add_column(resourceLinkId="2")

        def plainly(request: Request) -> Response:
            return Response(status=404) if "resource_link_id" in request.args else ends.as_json([own])

        far.on(COLUMNS, plainly)
        assert column(ends.activity_in(far.url)) == own["id"]


def test_a_copied_course_gets_no_second_column() -> None:
    """The copy's column still names the link it was copied from, which only the link's history tells."""
    with ends.moodle() as far:
        copied = far.add_column(resourceLinkId="77", resourceId=RESOURCE_ID)
        here = ends.activity_in(far.url, custom={"link_history": "80,77"})
        assert column(here) == copied["id"]
        assert len(far.columns) == 1


def test_a_copy_beside_its_original_does_not_take_its_column() -> None:
    with ends.moodle() as far:
        far.add_column(resourceLinkId="77", resourceId=RESOURCE_ID)
        here = ends.activity_in(far.url, custom={"link_history": "77"})
        with db.work() as unit:
            unit.add(Activity(course_id=here.course_id, resource_link_id="77"))
            unit.commit()
        assert column(here) == f"{far.url}{COLUMNS}/7/lineitem?type_id=2"


@pytest.mark.proves("security", 8)
@pytest.mark.parametrize("evil", ["https://evil.example.org/6", "http://127.0.0.1:1/6", "javascript:1", 6, None])
def test_a_column_elsewhere_is_not_ours_and_gets_no_token(evil: object) -> None:
    with ends.moodle() as far:
        far.on(COLUMNS, *[ends.as_json([{"id": evil, "resourceLinkId": "2"}])] * 3, ends.as_json({"id": evil}, 201))
        with pytest.raises(PlatformError, match="column_refused"):
            column(ends.activity_in(far.url))


def test_a_column_on_a_registered_address_of_the_platform_is_its_own() -> None:
    """Services may live beside the addresses of the registration; those are the platform's word too."""
    with ends.moodle() as far:
        there = far.url.replace("127.0.0.1", "localhost")
        far.on(COLUMNS, ends.as_json([{"id": f"{there}/6", "resourceLinkId": "2"}]))
        here = ends.activity_in(far.url)
        with db.work() as unit:
            unit.get_one(Course, here.course_id).deployment.platform.auth_url = f"{there}/auth"
            unit.commit()
        assert column(here) == f"{there}/6"


def test_sakai_is_asked_to_show_the_column_to_whom_it_is_about() -> None:
    with ends.moodle() as far:
        column(ends.activity_in(far.url, product="sakai"))
        assert sent(far, "POST")["https://www.sakailms.org/spec/lti-ags/v2p0/releaseToStudent"] is True


def test_a_changed_column_goes_back_with_everything_it_had() -> None:
    """A PUT replaces: Moodle 4.5 clears what is left out."""
    with ends.moodle() as far:
        more = {"resourceLinkId": "2", "ltiLinkId": "2", "gradesReleased": False, "https://example.org/x": [1]}
        here = ours_at(far, **more)
        columns.keep_up(here, label="Study circle", was="Learning circle", maximum=6)
        kept = {"resourceId": RESOURCE_ID, "tag": RESOURCE_ID, "id": here.line_item_url}
        assert far.columns["6"] == {"label": "Study circle", "scoreMaximum": 6, **kept, **more}
        [put] = [asked for asked in far.asked if asked.method == "PUT"]
        assert put.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"


def test_whoever_renamed_it_in_the_gradebook_keeps_her_name() -> None:
    with ends.moodle() as far:
        here = ours_at(far)
        far.columns["6"]["label"] = "Renamed by hand"
        columns.keep_up(here, label="Study circle", was="Learning circle", maximum=None)
        assert far.columns["6"]["label"] == "Renamed by hand"
        assert {asked.method for asked in far.asked} == {"POST", "GET"}


def test_a_column_without_our_mark_is_never_changed() -> None:
    with ends.moodle() as far:
        made = far.add_column(label="Learning circle", scoreMaximum=10, resourceLinkId="2")
        here = ends.activity_in(far.url, line_item_url=made["id"])
        columns.keep_up(here, label="Study circle", was="Learning circle", maximum=6)
        assert far.columns["6"]["label"] == "Learning circle"


@pytest.mark.parametrize(("status", "code"), [(404, "column_gone"), (403, "column_refused")])
def test_a_column_that_cannot_be_read_is_not_put(status: int, code: str) -> None:
    with ends.moodle() as far:
        here = ours_at(far)
        far.on(COLUMN, Response(status=status))
        with pytest.raises(PlatformError, match=code):
            columns.keep_up(here, label="Study circle", was="Learning circle", maximum=6)


def test_nothing_is_ever_deleted() -> None:
    with ends.moodle() as far:
        here = ends.activity_in(far.url)
        made = column(here)
        with db.work() as unit:
            unit.get_one(Activity, here.id).line_item_url = here.line_item_url = made
            unit.commit()
        scores.post(here, statement())
        columns.keep_up(here, label="Study circle", was="Learning circle", maximum=6)
        far.columns.clear()
        with pytest.raises(PlatformError, match="column_gone"):
            scores.post(here, statement(later=1))
        assert {asked.method for asked in far.asked} == {"GET", "POST", "PUT"}
