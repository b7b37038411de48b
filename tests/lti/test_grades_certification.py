"""The grade service of the official certification (LTI Advantage conformance 1.3, section 6.4).

Its list has one launch; after it, "it is the responsibility of the Tool alone to work with the AGS API to create
lineitems and scores". So the cases after the first are ours: that sentence, taken apart.
"""

import json

import pytest

from lti_tool import db
from lti_tool.lti import columns, scores, tokens
from lti_tool.models import Activity
from tests.lti import ends
from tests.lti.issuer import STUDENT, Lms
from tests.lti.test_scores import statement

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCOPES = [tokens.COLUMNS, tokens.RESULTS, tokens.SCORES]


def made(far: ends.Moodle) -> Activity:
    """An activity whose column the tool made by itself."""
    here = ends.activity_in(far.url, scopes=SCOPES)
    column = columns.find_or_make(here, label="Learning circle", maximum=10)
    assert column is not None
    with db.work() as unit:
        unit.get_one(Activity, here.id).line_item_url = column.address
        unit.commit()
    return here


def valid_instructor_launch(lms: Lms) -> None:
    """Launched as a student (sic), with the line items' address in the AGS claim."""
    there = "https://lms.example.org/lineitems?type_id=2"
    launch = lms.launch(roles=[STUDENT], **{AGS: {"scope": SCOPES, "lineitems": there}})
    assert launch.line_items_url == there
    assert launch.line_item_url is None
    assert sorted(launch.grade_scopes) == sorted(SCOPES)


def token_acquired_with_a_signed_assertion(_lms: Lms) -> None:
    with ends.moodle() as far:
        made(far)
        assert far.used, "no assertion was accepted"


def bearer_token_in_every_call(_lms: Lms) -> None:
    with ends.moodle() as far:
        scores.post(made(far), statement())
        calls = [asked for asked in far.asked if "/services.php/" in asked.path]
        assert calls
        assert all(asked.headers["Authorization"].startswith("Bearer ") for asked in calls)


def scope_of_each_call_is_asked_for_and_no_other(_lms: Lms) -> None:
    with ends.moodle() as far:
        scores.post(made(far), statement())
        asked = [one.form["scope"] for one in far.asked if one.path.endswith("token.php")]
        assert asked == [tokens.COLUMNS, tokens.SCORES]


def line_items_retrieved_before_one_is_created(_lms: Lms) -> None:
    with ends.moodle() as far:
        made(far)
        methods = [one.method for one in far.asked if one.path.endswith("/lineitems")]
        assert methods[0] == "GET"
        assert methods[-1] == "POST"


def line_item_created_with_its_media_type(_lms: Lms) -> None:
    with ends.moodle() as far:
        made(far)
        [column] = far.columns.values()
        assert (column["label"], column["scoreMaximum"], column["resourceLinkId"]) == ("Learning circle", 10, "2")
        [post] = [one for one in far.asked if one.method == "POST" and one.path.endswith("/lineitems")]
        assert post.content_type == "application/vnd.ims.lis.v2.lineitem+json"


def score_posted_with_required_members(_lms: Lms) -> None:
    with ends.moodle() as far:
        scores.post(made(far), statement())
        [post] = [one for one in far.asked if one.path.endswith("/scores")]
        assert post.content_type == "application/vnd.ims.lis.v1.score+json"
        required = {"userId", "activityProgress", "gradingProgress", "timestamp", "scoreGiven", "scoreMaximum"}
        assert required <= set(json.loads(post.data))


def result_retrieved(_lms: Lms) -> None:
    with ends.moodle() as far:
        here = made(far)
        scores.post(here, statement())
        found = scores.result_of(here, "19")
        assert found is not None
        assert found.share == pytest.approx(0.8)


CASES = {
    "Valid Instructor Launch": valid_instructor_launch,
    "OAuth2 token acquired": token_acquired_with_a_signed_assertion,
    "Bearer token in every call": bearer_token_in_every_call,
    "Scope of each call": scope_of_each_call_is_asked_for_and_no_other,
    "Line items retrieved first": line_items_retrieved_before_one_is_created,
    "Line item created": line_item_created_with_its_media_type,
    "Score posted": score_posted_with_required_members,
    "Result retrieved": result_retrieved,
}


@pytest.mark.proves("grades")
@pytest.mark.parametrize("case", CASES)
def test_the_grade_service_passes(lms: Lms, case: str) -> None:
    CASES[case](lms)
