"""The launches of the practice LMS are honest, and in Moodle's habit they have the shape Moodle really sends."""

import json
import re
import time
from urllib.parse import parse_qsl, urlsplit

import html5lib
import jwt
import pytest
import time_machine

from lti_tool.demo import claims
from lti_tool.demo.keys import Key, new_pem
from lti_tool.demo.platform import LmsError
from tests.demo.conftest import TOOL_URL, capture

LTI = claims.LTI
ASKED = capture("registration")["request"]["body"][claims.TOOL_CONFIGURATION]["custom_parameters"]


def decode(lms, token, **options):
    """The claims, checked with the published keys as a tool does."""
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(one) for one in lms.keys.published() if one["kid"] == kid)
    return jwt.decode(token, key, algorithms=["RS256"], issuer=lms.issuer, options={"verify_aud": False, **options})


def paths(claim, before=""):
    """The names of a claim and of all inside it."""
    if isinstance(claim, dict):
        return {path for key, value in claim.items() for path in paths(value, f"{before}>{key}")}
    return {before}


def login_and_answer(end, person="teacher01", **more):
    """What the browser carries between LMS and tool, without a tool: the answer of the authentication address."""
    url, params = end.lms.login(end.lms.opening(person=person, client_id=end.client_id))
    asked = {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": end.client_id,
        "redirect_uri": f"{TOOL_URL}/lti/launch",
        "login_hint": params["login_hint"],
        "lti_message_hint": params["lti_message_hint"],
        "state": "the-state",
        "nonce": "the-nonce",
        **more,
    }
    answer = end.client.get("/auth", query_string={k: v for k, v in asked.items() if v is not None})
    assert url == f"{TOOL_URL}/lti/login"
    return answer


def form(page):
    """The address and the hidden fields of a page's form."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    fields = {one.get("name"): one.get("value") for one in tree.findall(".//form//input")}
    return tree.find(".//form").get("action"), fields


@pytest.mark.parametrize("quirks", ["plain", "moodle-4.5", "canvas", "open-edx"])
def test_a_launch_goes_from_the_course_page_to_a_signed_message(make_end, quirks):
    end = make_end(quirks)
    url, fields = form(login_and_answer(end, "teacher05"))
    assert url == f"{TOOL_URL}/lti/launch"
    assert fields["state"] == "the-state"
    said = decode(end.lms, fields["id_token"])
    assert said["nonce"] == "the-nonce"
    assert said["aud"] == end.client_id
    assert said["exp"] - said["iat"] == end.lms.quirks.token_life
    assert said[LTI + "deployment_id"] == end.deployment_id
    assert said[LTI + "version"] == "1.3.0"
    assert said[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert said[LTI + "resource_link"]["id"]
    assert any(role.endswith("membership#Learner") for role in said[LTI + "roles"])


def test_names_are_as_their_owners_write_them(end):
    said = decode(end.lms, end.lms.id_token(person="teacher05", nonce="n"))
    assert (said["name"], said["given_name"], said["family_name"]) == ("김서윤", "서윤", "김")


@pytest.mark.parametrize(
    ("kind", "recorded"),
    [("activity", "launch-activity"), ("deep_linking", "launch-deep-linking"), ("review", "launch-review")],
)
def test_moodle_launches_have_exactly_the_recorded_shape(make_end, kind, recorded):
    end = make_end("moodle-4.5", custom=ASKED)
    link = end.lms.add_activity(
        "2",
        end.client_id,
        title="T",
        text="Words",
        custom={"template": "inquiry-1", "circle": "$Moodle.Person.userGroupIds"},
    )
    review = {"url": f"{TOOL_URL}/lti/launch", "custom": {"review": "1"}}
    end.lms.gradebook.add(
        "2", end.client_id, {"label": "T", "scoreMaximum": 10, "resourceLinkId": link.id, "submissionReview": review}
    )
    token = end.lms.id_token(
        person="facilitator1",
        kind=kind,
        activity=None if kind == "deep_linking" else link.id,
        of="teacher01" if kind == "review" else None,
        nonce="n",
    )
    real = capture(recorded)["claims"]
    ours = decode(end.lms, token)
    assert paths(ours) == paths(real)
    for variable, value in real[LTI + "custom"].items():
        if value is None or (value and value.startswith("$")) or value == "99":
            assert ours[LTI + "custom"][variable] == value, variable
    assert ours["exp"] - ours["iat"] == real["exp"] - real["iat"] == 60
    assert set(jwt.get_unverified_header(token)) == set(capture(recorded)["jwt_header"])


def test_moodle_writes_locales_and_roles_in_its_own_way(moodle):
    brazil = decode(moodle.lms, moodle.lms.id_token(person="teacher04", nonce="n"))
    real = capture("launch-activity")["claims"]
    assert brazil[LTI + "launch_presentation"]["locale"] == real[LTI + "launch_presentation"]["locale"] == "pt_br"
    union = decode(moodle.lms, moodle.lms.id_token(person="union1", nonce="n"))
    assert union[LTI + "roles"] == capture("launch-union")["claims"][LTI + "roles"]
    admin = decode(moodle.lms, moodle.lms.id_token(person="admin", nonce="n"))
    assert admin[LTI + "roles"] == capture("launch-admin")["claims"][LTI + "roles"]


def test_moodle_begins_the_login_by_post_with_the_recorded_parameters(moodle):
    page = moodle.client.get("/start/activity/2/teacher01")
    url, fields = form(page)
    real = capture("login")["params"]
    assert url == f"{TOOL_URL}/lti/login"
    assert set(fields) == set(real)
    assert set(json.loads(fields["lti_message_hint"])) == set(json.loads(real["lti_message_hint"]))


def test_by_the_book_the_login_begins_by_get(end):
    answer = end.client.get("/start/activity/2/teacher01")
    asked = dict(parse_qsl(urlsplit(answer.location).query))
    assert answer.status_code == 302
    assert asked["iss"] == end.lms.base_url
    assert asked["target_link_uri"] == f"{TOOL_URL}/lti/launch"
    assert asked["client_id"] == end.client_id


def test_a_login_address_with_a_query_keeps_it(make_end):
    end = make_end(login_url=f"{TOOL_URL}/lti/login?key=7")
    answer = end.client.get("/start/activity/2/teacher01")
    assert answer.location.startswith(f"{TOOL_URL}/lti/login?key=7&iss=")


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "openid profile"},
        {"response_mode": "query"},
        {"response_type": "code"},
        {"prompt": "login"},
        {"login_hint": "9"},
        {"lti_message_hint": "unknown"},
        {"nonce": None},
    ],
)
def test_a_wrong_request_is_answered_with_an_error_form(end, wrong):
    url, fields = form(login_and_answer(end, **wrong))
    assert url == f"{TOOL_URL}/lti/launch"
    assert "id_token" not in fields
    assert fields["error"] in ("invalid_request", "login_required")


@pytest.mark.parametrize("wrong", [{"redirect_uri": "http://evil.example/"}, {"client_id": "nobody"}])
def test_nothing_is_sent_to_an_address_that_nobody_registered(end, wrong):
    page = login_and_answer(end, **wrong)
    assert page.status_code == 400
    assert b"evil" not in page.data
    assert b"id_token" not in page.data


def test_moodles_hint_is_good_for_one_launch(moodle):
    _, params = moodle.lms.login(moodle.lms.opening(person="teacher01"))
    again = {"login_hint": params["login_hint"], "lti_message_hint": params["lti_message_hint"]}
    assert "id_token" in form(login_and_answer(moodle, **again))[1]
    assert form(login_and_answer(moodle, **again))[1]["error"] == "login_required"


def test_a_launch_can_be_made_wrong_in_every_way(end):
    lms = end.lms
    bare = jwt.decode(
        lms.id_token(nonce="n", drop=["sub", "roles", "exp"], overrides={"deployment_id": "", "resource_link": None}),
        options={"verify_signature": False},
    )
    assert not {"sub", "exp", LTI + "roles"} & set(bare)
    assert bare[LTI + "deployment_id"] == ""
    assert bare[LTI + "resource_link"] is None
    assert "kid" not in jwt.get_unverified_header(lms.id_token(nonce="n", headers={"kid": None}))
    assert lms.id_token(nonce="n", algorithm="none").endswith(".")
    for token in (lms.id_token(nonce="n", key=Key(new_pem())), lms.id_token(nonce="n", algorithm="HS256")):
        with pytest.raises(jwt.PyJWTError):
            jwt.decode(token, lms.keys.current.public, algorithms=["RS256"], options={"verify_aud": False})


def test_the_same_issuer_serves_several_tools(end, tool_key):
    other, _ = end.lms.register("http://localhost:9000")
    first = decode(end.lms, end.lms.id_token(nonce="n", client_id=end.client_id))
    second = decode(end.lms, end.lms.id_token(nonce="n", client_id=other))
    assert first["iss"] == second["iss"]
    assert {first["aud"], second["aud"]} == {end.client_id, other}
    assert first[LTI + "resource_link"]["id"] != second[LTI + "resource_link"]["id"]


def test_a_copied_course_has_new_ids_and_the_old_custom_values(end):
    link = end.lms.add_activity("2", end.client_id, title="T", custom={"resource": "stable"})
    copy = end.lms.copy_course("2")
    twin = next(one for one in end.lms.activities(copy.id) if one.title == "T")
    said = decode(end.lms, end.lms.id_token(course=copy.id, activity=twin.id, nonce="n"))
    assert said[LTI + "resource_link"]["id"] == twin.id != link.id
    assert said[LTI + "custom"]["resource"] == "stable"
    assert said[LTI + "custom"]["context_history"] == "2"
    assert said[LTI + "custom"]["link_history"] == link.id


def test_only_the_enrolled_are_launched(end):
    end.lms.remove_person("teacher01")
    with pytest.raises(LmsError, match="not enrolled"):
        end.lms.opening(person="teacher01")


def test_after_a_rotation_the_new_key_signs_and_the_old_one_is_gone(end):
    old = end.lms.keys.current.kid
    end.lms.rotate_keys()
    published = end.client.get("/jwks").json["keys"]
    assert [one["kid"] for one in published] == [jwt.get_unverified_header(end.lms.id_token(nonce="n"))["kid"]]
    assert old not in [one["kid"] for one in published]
    assert decode(end.lms, end.lms.id_token(nonce="n"))["sub"] == "8"


def test_open_edx_hides_names_and_says_none_twice(make_end):
    end = make_end("open-edx")
    said = decode(end.lms, end.lms.id_token(nonce="n"))
    assert not {"name", "email", "given_name"} & set(said)
    assert [role.endswith("#None") for role in said[LTI + "roles"]] == [True, True, False]
    assert said[LTI + "deployment_id"] == "1"


def test_canvas_shares_no_names_by_default_and_knows_a_test_person(make_end):
    end = make_end("canvas")
    said = decode(end.lms, end.lms.id_token(person="test", nonce="n"))
    assert said["iss"] == end.lms.base_url
    assert claims.TEST_USER in said[LTI + "roles"]
    assert "name" not in said
    assert said[LTI + "custom"]["link_history"] == "$ResourceLink.id.history"


def test_brightspace_changes_its_keys_by_the_hour(make_end):
    end = make_end("brightspace")
    with time_machine.travel(time.time(), tick=True) as clock:
        first = jwt.get_unverified_header(end.lms.id_token(nonce="n"))["kid"]
        assert jwt.get_unverified_header(end.lms.id_token(nonce="n"))["kid"] == first
        clock.shift(3601)
        later = jwt.get_unverified_header(end.lms.id_token(nonce="n"))["kid"]
    assert later != first
    assert [one["kid"] for one in end.client.get("/jwks").json["keys"]] == [later]


def test_blackboard_launches_as_its_sample_shows(make_end):
    """docs.anthology.com, "Sample JWT content"."""
    end = make_end("blackboard")
    said = decode(end.lms, end.lms.id_token(nonce="n"))
    assert said["iss"] == "https://blackboard.com"
    assert re.fullmatch(r"[0-9a-f]{32}", said["sub"])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said[LTI + "deployment_id"])
    assert said[LTI + "tool_platform"]["product_family_code"] == "BlackboardLearn"
    assert said["locale"] == said[LTI + "launch_presentation"]["locale"]
    assert said[LTI + "custom"]["moodle_groups"] == "$Moodle.Person.userGroupIds"
    assert said[LTI + "custom"]["link_history"] == ""


def test_sakai_has_a_deployment_for_each_site_and_addresses_for_people(make_end):
    end = make_end("sakai")
    here, there = (decode(end.lms, end.lms.id_token(course=one, nonce="n")) for one in ("2", "3"))
    assert here[LTI + "deployment_id"] != there[LTI + "deployment_id"]
    assert re.fullmatch(r"[A-Za-z0-9_-]+", here[LTI + "deployment_id"])
    assert here["sub"].startswith("https://")
    union = decode(end.lms, end.lms.id_token(person="union1", nonce="n"))
    assert union[LTI + "roles"] == [claims.MEMBERSHIP + "Instructor#TeachingAssistant"]
    assert here[LTI + "custom"]["context_history"] == "$Context.id.history"
