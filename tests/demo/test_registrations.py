"""Dynamic registration: an invite, a configuration, one registration per token."""

import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from lti_tool.demo import claims, registrations
from lti_tool.demo.keys import Key, new_pem
from tests.demo.conftest import capture

ASKED = capture("registration")["request"]["body"]


def shape(value):
    """Names and kinds, without the values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value)


def invite(end, **more):
    """The registration token of an invite, and the address the tool is opened with."""
    address = registrations.invite_address(end.lms, "http://localhost:8000/lti/register/abc?x=1", **more)
    query = parse_qs(urlsplit(address).query)
    assert query["x"] == ["1"]
    return query["registration_token"][0], query["openid_configuration"][0]


def post(end, token, asked=ASKED):
    """The tool's request."""
    return end.client.post("/registration", json=asked, headers={"Authorization": f"Bearer {token}"})


def test_moodles_configuration_has_the_recorded_shape(moodle):
    _, address = invite(moodle)
    ours = moodle.client.get(address.removeprefix(moodle.lms.base_url)).json
    real = capture("openid-configuration")["body"]
    assert shape(ours) == shape(real)
    assert ours["issuer"] == moodle.lms.base_url
    real_messages = real[claims.PLATFORM_CONFIGURATION]["messages_supported"]
    assert ours[claims.PLATFORM_CONFIGURATION]["messages_supported"] == real_messages
    variables = set(ours[claims.PLATFORM_CONFIGURATION]["variables"])
    assert variables <= set(real[claims.PLATFORM_CONFIGURATION]["variables"])
    assert set(ours["scopes_supported"]) < set(real["scopes_supported"])  # not basic outcomes, not tool settings


def test_moodles_answer_has_the_recorded_shape(moodle):
    token, _ = invite(moodle)
    answer = post(moodle, token)
    real = capture("registration")["response"]
    assert answer.status_code == real["status"] == 200
    assert shape(answer.json) == shape(real["body"])
    ours, theirs = answer.json[claims.TOOL_CONFIGURATION], real["body"][claims.TOOL_CONFIGURATION]
    for name in ("messages", "custom_parameters", "domain", "description", "version"):
        assert ours[name] == theirs[name]
    assert set(ours["claims"]) == set(theirs["claims"])
    assert set(answer.json["scope"].split()) == set(real["body"]["scope"].split())
    assert answer.json["redirect_uris"] == real["body"]["redirect_uris"]
    assert answer.json["client_id"] == jwt.decode(token, options={"verify_signature": False})["sub"]


def test_in_moodle_the_tool_waits_until_an_administrator_activates_it(moodle):
    client_id = post(moodle, invite(moodle)[0]).json["client_id"]
    assert moodle.client.get(f"/launch/2/teacher01?tool={client_id}").status_code == 400
    moodle.client.post(f"/tools/{client_id}", data={"action": "activate"})
    assert moodle.client.get(f"/launch/2/teacher01?tool={client_id}").status_code == 200


def test_by_the_book_it_answers_created_and_can_be_launched_at_once(end):
    answer = post(end, invite(end)[0])
    assert answer.status_code == 201
    assert end.lms.opening(person="teacher01", client_id=answer.json["client_id"]).activity


def test_canvas_wants_the_token_for_the_configuration_and_tells_no_deployment(make_end):
    end = make_end("canvas")
    token, _ = invite(end)
    assert end.client.get("/openid-configuration").status_code == 401
    assert end.client.get("/openid-configuration", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert "deployment_id" not in post(end, token).json[claims.TOOL_CONFIGURATION]


def test_a_registration_token_is_good_for_one_time(end):
    token, _ = invite(end)
    post(end, token)
    again = post(end, token)
    assert (again.status_code, again.text) == (401, "token_already_used")


def test_a_refused_registration_leaves_the_token_good(end):
    token, _ = invite(end)
    assert post(end, token, {**ASKED, "jwks_uri": ""}).status_code == 400
    assert post(end, token).status_code == 201


def test_forged_and_old_tokens_are_refused(end):
    said = {"sub": "me", "scope": "reg", "exp": int(time.time()) + 60}
    forged = jwt.encode(said, Key(new_pem()).private, "RS256")
    old = jwt.encode({**said, "exp": int(time.time()) - 60}, end.lms.keys.current.private, "RS256")
    for token in ("", "x", forged, old):
        assert post(end, token).status_code == 401
    assert "me" not in end.lms.store.state.tools


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"initiate_login_uri": None}, "missing required attribute initiate_login_uri"),
        ({"client_name": ""}, "missing required attribute client_name"),
        ({"redirect_uris": []}, "missing required attribute redirect_uris"),
        ({"response_types": ["code"]}, "invalid_response_types"),
        ({"token_endpoint_auth_method": "client_secret"}, "missing required attribute token_endpoint_auth_method"),
        ({claims.TOOL_CONFIGURATION: {}}, "missing_domain"),
        ({claims.TOOL_CONFIGURATION: {"domain": "elsewhere.example"}}, "domain_targetlinkuri_mismatch"),
    ],
)
def test_incomplete_requests_are_refused(end, change, code):
    answer = post(end, invite(end)[0], {**ASKED, **change})
    assert (answer.status_code, answer.text) == (400, code)


def test_registering_again_keeps_the_identity_and_replaces_the_rest(moodle):
    client_id = moodle.client_id
    token, _ = invite(moodle, update=client_id)
    current = moodle.client.get("/registration", headers={"Authorization": f"Bearer {token}"})
    assert current.json["client_id"] == client_id
    answer = post(moodle, token)
    assert answer.json["client_id"] == client_id
    assert answer.json[claims.TOOL_CONFIGURATION]["deployment_id"] == moodle.deployment_id
    assert moodle.lms.tool(client_id).name == ASKED["client_name"]
    assert moodle.lms.tool(client_id).active


def test_the_page_opens_the_tools_invitation_in_a_frame(end):
    page = end.client.post("/register", data={"invite": "http://localhost:8000/lti/register/abc"}).text
    assert '<iframe src="http://localhost:8000/lti/register/abc?openid_configuration=http%3A%2F%2F127.0.0.1' in page
    assert end.client.post("/register", data={"invite": "javascript:alert(1)"}).status_code == 400


def test_open_edx_has_no_dynamic_registration(make_end):
    end = make_end("open-edx")
    assert end.client.get("/openid-configuration").status_code == 404
    assert post(end, invite(end)[0]).status_code == 404
    assert "by hand" in end.client.post("/register", data={"invite": "http://localhost:8000/x"}).text


def test_brightspace_takes_one_registration_for_each_domain(make_end):
    end = make_end("brightspace")
    end.lms.remove_tool(end.client_id)
    first, second = (invite(end)[0] for _ in range(2))
    assert post(end, first).status_code == 201
    answer = post(end, second)
    assert (answer.status_code, answer.text) == (400, "domain_already_registered")


@pytest.mark.parametrize("quirks", ["open-edx", "blackboard"])
def test_who_knows_no_dynamic_registration_has_no_such_address(make_end, quirks):
    assert make_end(quirks).client.get("/openid-configuration").status_code == 404
