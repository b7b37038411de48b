"""Deep linking: what a tool brings back becomes activities and columns, and nothing forged does."""

import time
import uuid

import jwt
import pytest

from lti_tool.demo import claims
from lti_tool.demo.keys import Key, new_pem
from tests.demo.conftest import capture

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ITEMS = capture("deep-linking-response")[claims.CONTENT_ITEMS]


def response(end, *, key=None, drop=(), **said):
    """A tool's answer, honest unless told otherwise."""
    now = int(time.time())
    payload = {
        "iss": end.client_id,
        "aud": [end.lms.issuer],
        "iat": now,
        "exp": now + 60,
        "nonce": uuid.uuid4().hex,
        claims.LTI + "deployment_id": end.deployment_id,
        claims.LTI + "message_type": "LtiDeepLinkingResponse",
        claims.LTI + "version": "1.3.0",
        claims.CONTENT_ITEMS: ITEMS,
        **said,
    }
    payload = {name: value for name, value in payload.items() if name not in drop}
    return jwt.encode(payload, (key or end.key).private, "RS256", {"kid": end.key.kid})


def unchecked(token):
    """The claims of a token of the LMS."""
    return jwt.decode(token, options={"verify_signature": False})


def bring(end, token):
    """The browser posts the answer."""
    return end.client.post("/deep-link/return/2?id=1", data={"JWT": token})


def test_three_recorded_items_become_three_activities_and_one_column(end):
    page = bring(end, response(end, **{DL + "msg": "Three are ready"}))
    assert page.status_code == 200
    assert "Three are ready" in page.text
    made = end.lms.activities("2")[-3:]
    assert [one.title for one in made] == ["Circle workspace 1", "Observe a lesson 2", "Plan a change 3"]
    assert made[0].custom["template"] == "inquiry-1"
    column = end.lms.gradebook.columns[0]
    assert (column.link_id, column.resource_id, column.tag, column.maximum) == (made[0].id, "res-1", "rubric", 10)
    assert column.coupled
    first, second = (end.lms.id_token(activity=one.id, nonce="n") for one in made[:2])
    assert unchecked(first)[claims.AGS]["lineitem"].endswith(f"/{column.id}")
    assert "lineitem" not in unchecked(second)[claims.AGS]


def test_a_review_carries_the_custom_values_of_the_column(end):
    bring(end, response(end))
    link = end.lms.gradebook.columns[0].link_id
    token = end.lms.id_token(person="facilitator1", kind="review", of="teacher02", activity=link, nonce="n")
    said = unchecked(token)
    assert said[claims.LTI + "custom"]["review"] == "1"
    assert said[claims.LTI + "for_user"] == {"user_id": "9"}


def test_in_moodle_the_column_is_named_after_the_activity(end, moodle):
    for one, label in ((end, "Rubric total"), (moodle, "Circle workspace 1")):
        bring(one, response(one))
        assert one.lms.gradebook.columns[0].label == label


def test_choosing_nothing_adds_nothing(end):
    page = bring(end, response(end, **{claims.CONTENT_ITEMS: []}))
    assert "Nothing was added" in page.text


def test_an_answer_is_taken_once(end):
    token = response(end)
    bring(end, token)
    assert bring(end, token).status_code == 400
    assert len(end.lms.activities("2")) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "nobody"},
        {"exp": 1},
        {"drop": ("exp",)},
        {"drop": ("nonce",)},
        {"key": Key(new_pem())},
        {claims.LTI + "deployment_id": "other"},
        {claims.LTI + "version": "1.1"},
        {claims.LTI + "message_type": "LtiResourceLinkRequest"},
        {claims.CONTENT_ITEMS: [{"type": "html"}]},
    ],
)
def test_a_dishonest_answer_is_refused(end, wrong):
    assert bring(end, response(end, **wrong)).status_code == 400
    assert len(end.lms.activities("2")) == 1


def test_moodle_puts_its_session_key_into_the_return_address(moodle):
    token = moodle.lms.id_token(kind="deep_linking", person="facilitator1", nonce="n")
    address = unchecked(token)[claims.DEEP_LINKING]["deep_link_return_url"]
    assert "sesskey=" in address
