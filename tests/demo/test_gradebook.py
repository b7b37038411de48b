"""Columns, scores and results: the rules of Assignment and Grade Services, and each LMS's own."""

import json

import pytest

from lti_tool.demo import claims
from lti_tool.demo.quirks import PROFILES
from tests.demo.conftest import capture

RECORDED = capture("scores-and-columns")
LATER = "2026-11-21T10:00:01+00:00"


def recorded(tag, status=None):
    """The first recorded answer with this tag and status."""
    return next(one for one in RECORDED if one["tag"] == tag and status in (None, one["response"]["status"]))


@pytest.fixture(params=list(PROFILES))
def any_lms(request, make_end):
    """The rules that hold everywhere."""
    return make_end(request.param)


def test_a_score_reaches_the_gradebook_and_reads_back(any_lms):
    column = any_lms.make_column().json["id"]
    answer = any_lms.score(column, scoreGiven=4, scoreMaximum=5, comment="C’est clair é 한")
    assert answer.status_code in (200, 201)
    result = any_lms.results(column).json[0]
    assert (result["resultScore"], result["resultMaximum"]) == (8, 10)
    assert result["comment"] == "C’est clair é 한"
    assert result["scoreOf"] == column
    assert result["userId"] == any_lms.lms.quirks.subject(any_lms.lms.person_of("teacher01"))


def test_an_older_or_equal_score_is_refused(any_lms):
    column = any_lms.make_column().json["id"]
    any_lms.score(column, at=LATER, scoreGiven=1)
    expected = 400 if any_lms.lms.quirks.name in ("canvas", "open-edx") else 409
    for at in (LATER, "2026-11-21T10:00:00+00:00"):
        assert any_lms.score(column, at=at, scoreGiven=0).status_code == expected
    assert any_lms.results(column).json[0]["resultScore"] == 10


def test_who_is_not_in_the_course_gets_no_score(any_lms):
    column = any_lms.make_column().json["id"]
    known = {"moodle-4.5": 400, "canvas": 422, "blackboard": 400}
    expected = known.get(any_lms.lms.quirks.name, 404)
    assert any_lms.score(column, userId="nobody").status_code == expected
    any_lms.lms.remove_person("teacher01")
    left = 403 if any_lms.lms.quirks.name == "brightspace" else expected
    assert any_lms.score(column).status_code == left


def test_staff_have_no_row(any_lms):
    column = any_lms.make_column().json["id"]
    staff = any_lms.lms.quirks.subject(any_lms.lms.person_of("facilitator1"))
    known = {"moodle-4.5": 400, "canvas": 422, "open-edx": 201, "blackboard": 400}
    expected = known.get(any_lms.lms.quirks.name, 403)
    assert any_lms.score(column, userId=staff).status_code == expected


def test_a_column_is_made_found_replaced_and_deleted(end):
    made = end.make_column(resourceId="circle-1", tag="milestones", startDateTime="2026-11-01T00:00:00Z").json
    assert made["startDateTime"] == "2026-11-01T00:00:00Z"
    end.make_column(resourceId="circle-2")
    for query, number in (("?resource_id=circle-1", 1), ("?tag=milestones", 1), ("?resource_link_id=3", 0), ("", 2)):
        assert len(end.call("GET", f"/lineitems/2{query}", claims.LINE_ITEM_READ).json) == number
    body = {"label": "Renamed", "scoreMaximum": 5}
    changed = end.call("PUT", made["id"], claims.LINE_ITEM, json=body, content_type=claims.LINE_ITEM_TYPE).json
    assert changed == {"id": made["id"], "label": "Renamed", "scoreMaximum": 5}
    end.score(made["id"])
    assert end.call("DELETE", made["id"], claims.LINE_ITEM).status_code == 204
    assert end.score(made["id"]).status_code == 404
    assert end.call("GET", made["id"], claims.LINE_ITEM).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": " "},
        {"label": None},
        {"scoreMaximum": 0},
        {"scoreMaximum": -1},
        {"scoreMaximum": None},
        {"scoreMaximum": True},
    ],
)
def test_a_column_needs_a_label_and_a_maximum(end, wrong):
    assert end.make_column(**wrong).status_code == 400
    assert end.lms.gradebook.columns == []


def test_a_column_belongs_to_a_link_of_this_tool_in_this_course(end):
    foreign = end.lms.activities("3")[0].id
    assert end.make_column(resourceLinkId=foreign).status_code == 404
    own = end.lms.activities("2")[0].id
    assert end.make_column(resourceLinkId=own).status_code == 201
    assert end.lms.opening(person="teacher01").columns[0].link_id == own


@pytest.mark.parametrize(
    "wrong",
    [
        {"userId": ""},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-21T10:00:00"},
        {"activityProgress": "Done"},
        {"gradingProgress": "Graded"},
        {"scoreMaximum": 0},
        {"scoreMaximum": None},
        {"scoreGiven": -1},
        {"scoreGiven": "1"},
    ],
)
def test_a_malformed_score_is_refused_and_logged(end, wrong):
    column = end.make_column().json["id"]
    assert end.score(column, **wrong).status_code == 400
    assert end.results(column).json == []
    assert end.lms.gradebook.posts[-1].status == 400


def test_no_score_given_clears_and_so_does_a_missing_comment(end):
    column = end.make_column().json["id"]
    end.score(column, comment="Well done")
    end.score(column, at=LATER, scoreGiven=None)
    result = end.results(column).json[0]
    assert "resultScore" not in result
    assert result["comment"] == ""


def test_canvas_writes_each_comment_below_the_others(make_end):
    end = make_end("canvas")
    column = end.make_column().json["id"]
    end.score(column, comment="Ours")
    number = end.lms.gradebook.columns[0].id
    end.lms.gradebook.edit(number, "teacher01", 4, comment="Well done")
    end.score(column, at="2099-01-01T10:00:00Z")
    end.score(column, at="2099-01-01T10:00:01Z", comment="Ours again")
    assert end.lms.gradebook.cell(number, "teacher01").thread == ["Ours", "Well done", "Ours again"]
    assert end.results(column).json[0]["comment"] == "Ours again"


def test_open_edx_leaves_a_comment_that_is_not_said_again(make_end):
    end = make_end("open-edx")
    column = end.make_column().json["id"]
    end.score(column, comment="Ours")
    end.score(column, at=LATER)
    assert end.results(column).json[0]["comment"] == "Ours"


def test_an_ungraded_score_waits_but_moodle_loses_what_was_there(end, moodle):
    for one, kept in ((end, True), (moodle, False)):
        column = one.make_column().json["id"]
        one.score(column)
        one.score(column, at=LATER, gradingProgress="PendingManual")
        assert ("resultScore" in one.results(column).json[0]) is kept


def test_more_than_the_maximum_is_kept_by_the_book_and_capped_by_moodle(end, moodle):
    for one, expected in ((end, 12), (moodle, 10)):
        column = one.make_column().json["id"]
        one.score(column, scoreGiven=12, scoreMaximum=10)
        assert one.results(column).json[0]["resultScore"] == expected


def test_what_a_person_wrote_into_the_gradebook_is_newer(end):
    column = end.make_column().json["id"]
    end.lms.gradebook.edit(column.rpartition("/")[2], "teacher01", 3, "By hand")
    assert end.score(column, at="2026-01-01T00:00:00+00:00").status_code == 409
    assert end.results(column).json[0]["resultScore"] == 3


def test_wrong_media_types_are_refused(end):
    column = end.make_column().json["id"]
    answer = end.call("POST", f"{column}/scores", claims.SCORE, json={}, content_type="application/json")
    assert answer.status_code == 415


# Moodle, held against its recorded answers.
def test_moodle_compares_whole_seconds(moodle):
    column = moodle.make_column().json["id"]
    moodle.score(column, at="2026-11-21T10:00:00.100+00:00")
    answer = moodle.score(column, at="2026-11-21T10:00:00.900+00:00")
    real = recorded("ags-score", 409)["response"]
    assert answer.status_code == real["status"]
    assert answer.json == real["body"] == []
    assert answer.status.startswith("409 Refusing score with an earlier timestamp")
    assert real["reason"].startswith("Refusing score with an earlier timestamp")
    assert answer.content_type == real["content_type"]


def test_moodle_wants_exactly_one_media_type(moodle):
    for tag, accept in (
        ("ags-lineitems-json", "application/json"),
        ("ags-lineitems-2acc", f"{claims.LINE_ITEMS_TYPE}, application/json"),
    ):
        real = recorded(tag)
        answer = moodle.call("GET", moodle.columns_url(), claims.LINE_ITEM_READ, headers={"Accept": accept})
        assert answer.status_code == real["response"]["status"] == 400
        assert set(answer.json) == set(real["response"]["body"])
        assert answer.json["request"]["accept"] == real["request"]["accept"] == accept
    body = {"label": "x", "scoreMaximum": 4}
    for kind, status in (("application/json", 400), (f"{claims.LINE_ITEM_TYPE};charset=utf-8", 201)):
        sent = moodle.call("POST", moodle.columns_url(), claims.LINE_ITEM, data=json.dumps(body), content_type=kind)
        assert sent.status_code == status


def test_moodle_columns_look_as_recorded(moodle):
    link = moodle.lms.activities("2")[0].id
    review = {"url": "http://localhost:8000/lti/launch", "custom": {"review": "1"}}
    moodle.lms.gradebook.add("2", moodle.client_id, {"label": "A", "scoreMaximum": 100, "resourceLinkId": link})
    facts = {
        "label": "B",
        "scoreMaximum": 10,
        "resourceLinkId": link,
        "resourceId": "r",
        "tag": "t",
        "submissionReview": review,
    }
    moodle.lms.gradebook.add("2", moodle.client_id, facts)
    rows = moodle.call("GET", moodle.columns_url(), claims.LINE_ITEM_READ).json
    real = recorded("ags-lineitems")["response"]["body"]
    assert [set(row) for row in rows] == [set(row) for row in real]
    assert rows[0]["resourceId"] == real[0]["resourceId"] == ""
    assert rows[0]["id"].endswith("/lineitem?type_id=1")
    assert real[0]["id"].endswith("/lineitem?type_id=2")


def test_moodle_echoes_a_new_column(moodle):
    real = recorded("ags-create")
    said = json.loads(real["request"]["body"])
    del said["resourceLinkId"]
    answer = moodle.make_column(**said)
    assert answer.status_code == real["response"]["status"]
    assert set(answer.json) == set(real["response"]["body"]) - {"resourceLinkId"}


def test_moodles_results_look_as_recorded_and_break_with_a_limit(moodle):
    column = moodle.make_column().json["id"]
    moodle.score(column)
    real = [one for one in RECORDED if one["tag"] == "ags-results"]
    assert set(moodle.results(column).json[0]) == set(real[0]["response"]["body"][0])
    assert moodle.results(column).json[0]["id"] == f"{column.replace('?', '/results?')}&user_id=8"
    assert moodle.results(column, "user_id=9").json == []
    broken = moodle.results(column, "limit=2")
    assert broken.status_code == real[2]["response"]["status"] == 404
    assert broken.content_type == real[2]["response"]["content_type"]


def test_moodle_pages_columns_with_a_header_that_no_parser_takes(moodle):
    for label in "ABC":
        moodle.make_column(label=label)
    answer = moodle.call("GET", f"{moodle.columns_url()}&limit=1", claims.LINE_ITEM_READ)
    link = answer.headers["Link"].encode("latin-1").decode()
    real = recorded("ags-lineitems-limit")["response"]["link"].encode("latin-1").decode()
    ours = link.replace(moodle.columns_url().partition("?")[0], "URL").replace("type_id=1", "type_id=2")
    assert ours == real.replace("http://localhost:8080/mod/lti/services.php/2/lineitems", "URL").replace(
        "from=3", "from=2"
    )


# Canvas and Open edX, after their documentation and code.
def test_every_score_is_a_new_attempt_in_canvas_unless_told_otherwise(make_end):
    end = make_end("canvas")
    column = end.make_column().json["id"]
    assert end.score(column).json == {"resultUrl": f"{column}/results/8"}
    end.score(column, at=LATER)
    quiet = {"https://canvas.instructure.com/lti/submission": {"new_submission": False}}
    end.score(column, at="2026-11-21T10:00:02+00:00", **quiet)
    assert end.lms.gradebook.cell(column.rpartition("/")[2], "teacher01").attempts == 2


def test_canvas_binds_no_column_to_a_link_without_one(make_end):
    end = make_end("canvas")
    link = end.lms.add_activity("2", end.client_id, title="Our circle")
    assert end.make_column(resourceLinkId=link.id).status_code == 412
    assert end.make_column().status_code == 201
    end.lms.gradebook.add(
        "2", end.client_id, {"label": "A", "scoreMaximum": 1, "resourceLinkId": link.id}, coupled=True
    )
    assert end.make_column(resourceLinkId=link.id).status_code == 201


def test_columns_that_came_with_their_activity_stay_in_canvas_and_all_stay_in_open_edx(make_end):
    for quirks, coupled, expected in (
        ("canvas", True, 401),
        ("canvas", False, 204),
        ("open-edx", False, 403),
        ("moodle-4.5", True, 204),
    ):
        end = make_end(quirks)
        column = end.lms.gradebook.add("2", end.client_id, {"label": "A", "scoreMaximum": 1}, coupled=coupled)
        url = end.lms.quirks.line_item_url(end.lms.base_url, column, end.lms.tool(end.client_id))
        assert end.call("DELETE", url, claims.LINE_ITEM).status_code == expected
        assert (end.lms.gradebook.column(column.id) is None) is (expected == 204)


def test_sakai_opens_a_submission_again_after_a_step_back(make_end):
    end = make_end("sakai")
    column = end.make_column().json["id"]
    for second, progress, open_again in ((0, "Completed", False), (1, "Submitted", False), (2, "InProgress", True)):
        assert end.score(column, at=f"2026-11-21T10:00:0{second}Z", activityProgress=progress).status_code < 300
        cell = end.lms.gradebook.cell(end.lms.gradebook.columns[0].id, "teacher01")
        assert cell.reopened is open_again
    end.score(column, at="2026-11-21T10:00:09Z", activityProgress=None)
    assert end.lms.gradebook.posts[-1].status < 300


def test_blackboard_tells_a_comment_only_to_whoever_asks_for_everybody(make_end):
    end = make_end("blackboard")
    column = end.make_column().json["id"]
    end.score(column, comment="one\ntwo")
    subject = end.lms.quirks.subject(end.lms.person_of("teacher01"))
    assert "comment" not in end.results(column, f"user_id={subject}").json[0]
    assert end.results(column).json[0]["comment"] == "one two"


def test_brightspace_takes_a_token_request_for_its_one_audience_only(make_end):
    end = make_end("brightspace")
    assert end.ask_token(claims.SCORE).status_code == 200
    address = end.lms.platform_facts(end.client_id)["token_url"]
    assert end.ask_token(claims.SCORE, assertion=end.assertion(aud=address)).status_code == 401
