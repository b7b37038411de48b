"""The token address refuses what an honest platform refuses."""

import time

import jwt
import pytest

from lti_tool.demo import claims
from lti_tool.demo.keys import Key, new_pem


def test_a_token_has_only_the_scopes_that_were_asked_and_granted(make_end):
    end = make_end(scopes=[claims.SCORE, claims.RESULT_READ])
    answer = end.ask_token(claims.SCORE, claims.LINE_ITEM, "openid")
    assert answer.status_code == 200
    assert answer.json["scope"] == claims.SCORE
    assert answer.json["expires_in"] == 3600
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}


def test_no_granted_scope_is_no_token(make_end):
    end = make_end(scopes=[claims.SCORE])
    answer = end.ask_token(claims.ROSTER_READ)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "somebody"},
        {"iss": "nobody", "sub": "nobody"},
        {"aud": "https://elsewhere.example/token"},
        {"exp": int(time.time()) - 10},
        {"exp": int(time.time()) + 100_000},
        {"drop": ("exp",)},
        {"drop": ("jti",)},
        {"drop": ("aud",)},
    ],
)
def test_bad_assertions_are_refused(end, wrong):
    answer = end.ask_token(claims.SCORE, assertion=end.assertion(**wrong))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert not end.lms.tokens


def test_an_assertion_of_another_key_is_refused(end):
    answer = end.ask_token(claims.SCORE, assertion=end.assertion(key=Key(new_pem())))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_an_unsigned_assertion_is_refused(end):
    now = int(time.time())
    said = {"iss": end.client_id, "sub": end.client_id, "aud": f"{end.lms.base_url}/token", "exp": now + 60, "jti": "1"}
    answer = end.ask_token(claims.SCORE, assertion=jwt.encode(said, "", "none", {"kid": end.key.kid}))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_an_assertion_is_good_for_one_time(end):
    once = end.assertion()
    assert end.ask_token(claims.SCORE, assertion=once).status_code == 200
    assert end.ask_token(claims.SCORE, assertion=once).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"client_assertion_type": "other"}, "invalid_request"),
        ({"client_assertion": "no.jwt"}, "invalid_request"),
    ],
)
def test_bad_forms_are_refused(end, form, error):
    answer = end.ask_token(claims.SCORE, **form)
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_pending_tool_gets_no_token(end):
    end.lms.tool(end.client_id).active = False
    assert end.ask_token(claims.SCORE).json["error"] == "invalid_client"


def test_moodle_does_not_look_at_the_audience_and_says_html(moodle):
    answer = moodle.ask_token(claims.SCORE, assertion=moodle.assertion(aud="anything"))
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"


def test_open_edx_has_a_token_and_a_key_address_for_every_client(make_end):
    end = make_end("open-edx")
    facts = end.lms.platform_facts(end.client_id)
    assert facts["token_url"].endswith(f"/token/{end.client_id}")
    assert end.ask_token(claims.SCORE).status_code == 200
    assert end.client.get(facts["jwks_url"].removeprefix(end.lms.base_url)).json["keys"]


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (claims.SCORE, "GET", "/roster/2"),
        (claims.ROSTER_READ, "GET", "/lineitems/2"),
        (claims.SCORE, "GET", "/lineitems/2"),
        (claims.LINE_ITEM_READ, "POST", "/lineitems/2"),
        (claims.LINE_ITEM_READ, "DELETE", "/lineitems/2/{column}"),
        (claims.RESULT_READ, "POST", "/lineitems/2/{column}/scores"),
        (claims.LINE_ITEM, "POST", "/lineitems/2/{column}/scores"),
        (claims.SCORE, "GET", "/lineitems/2/{column}/results"),
        (claims.ROSTER_READ, "GET", "/groups/2"),
    ],
)
def test_every_service_wants_its_own_scope(end, scope, method, path):
    column = end.make_column().json["id"].rpartition("/")[2]
    kind = claims.SCORE_TYPE if path.endswith("scores") else claims.LINE_ITEM_TYPE
    body = {"json": {}, "content_type": kind} if method == "POST" else {}
    answer = end.call(method, path.format(column=column), scope, **body)
    assert answer.status_code == 401
    assert end.lms.gradebook.column(column)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer a b"])
def test_no_token_no_answer(end, header):
    assert end.client.get("/roster/2", headers={"Authorization": header}).status_code == 401


def test_a_token_signed_by_another_or_never_given_is_refused(end):
    said = {"sub": end.client_id, "iss": end.lms.issuer, "scopes": claims.ROSTER_READ, "exp": int(time.time()) + 60}
    for key in (Key(new_pem()), end.lms.keys.current):
        assert end.roster(token=jwt.encode(said, key.private, "RS256")).status_code == 401


def test_one_tool_does_not_see_the_columns_of_another(end, tool_key):
    column = end.make_column().json["id"]
    other, _ = end.lms.register("http://localhost:9000", key_set=end.lms.tool(end.client_id).key_set)
    end.client_id = other
    assert end.call("GET", "/lineitems/2", claims.LINE_ITEM).json == []
    assert end.call("GET", column, claims.LINE_ITEM).status_code == 404
    assert end.score(column).status_code == 404
