"""The login: what we ask the LMS, word for word, and what we keep of it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti import login
from lti_tool.models import LoginState, Platform
from tests.conformance import named
from tests.lti.issuer import TOOL, Lms, finish

WHOLE = {
    "iss": "https://lms.example.org",
    "login_hint": "7",
    "target_link_uri": f"{TOOL}/activities/5",
    "client_id": "circles-1",
}


def begin(params: dict[str, str], browser: str = "this browser") -> str:
    with db.work() as session:
        address = login.begin(params, browser=browser).address
        session.commit()
    return address


def refusal(params: dict[str, str]) -> str:
    with pytest.raises(LaunchRefusedError) as refused:
        begin(params)
    return refused.value.code


def test_the_question_to_the_platform_is_exactly_what_the_specification_wants(lms: Lms) -> None:
    hint = '{"cmid":"5","launchid":"ltilaunch3_1+2&ä %2B"}'
    address = begin(WHOLE | {"lti_message_hint": hint, "lti_deployment_id": "1", "canvas_region": "eu"})
    assert address.startswith("https://lms.example.org/Auth?")  # never lower-cased
    asked = parse_qs(urlsplit(address).query, strict_parsing=True)
    state, nonce = asked.pop("state")[0], asked.pop("nonce")[0]
    assert asked == {
        "scope": ["openid"],
        "response_type": ["id_token"],
        "response_mode": ["form_post"],
        "prompt": ["none"],
        "client_id": ["circles-1"],
        "redirect_uri": [f"{TOOL}/lti/launch"],  # fixed, whatever target the request names
        "login_hint": ["7"],
        "lti_message_hint": [hint],
    }
    assert len(state) >= 43  # 256 bits
    assert len(nonce) >= 43
    assert state != nonce


def test_no_message_hint_is_made_up(lms: Lms) -> None:
    assert "lti_message_hint" not in begin(WHOLE)


@pytest.mark.parametrize("ending", ["?type_id=2", "?type_id=2&", "?"])
def test_an_address_with_a_query_keeps_it(lms: Lms, ending: str) -> None:
    lms.register(client_id="circles-2", auth_url=f"https://lms.example.org/Auth{ending}")
    address = begin(WHOLE | {"client_id": "circles-2"})
    assert address.count("?") == 1
    asked = parse_qs(urlsplit(address).query, strict_parsing=True)
    assert asked.get("type_id", ["2"]) == ["2"]
    assert asked["scope"] == ["openid"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [("iss", "issuer_missing"), ("login_hint", "login_hint_missing"), ("target_link_uri", "target_missing")],
)
def test_required_parameters_are_required(lms: Lms, missing: str, code: str) -> None:
    assert refusal({name: value for name, value in WHOLE.items() if name != missing}) == code
    assert refusal(WHOLE | {missing: ""}) == code


UNKNOWN: dict[str, tuple[dict[str, str]]] = {
    "iss unknown at login": ({"iss": "https://evil.example"},),
    "client_id unknown at login": ({"client_id": "another"},),
    "iss with a null byte at login": ({"iss": "https://lms.example.org\0"},),
}


@pytest.mark.parametrize("unknown", named(UNKNOWN, ("iss unknown at login", "client_id unknown at login")))
def test_an_unknown_platform_is_refused(lms: Lms, unknown: dict[str, str]) -> None:
    assert refusal(WHOLE | unknown) == "platform_unknown"


def test_without_client_id_only_where_there_is_one_registration(lms: Lms) -> None:
    short = {name: value for name, value in WHOLE.items() if name != "client_id"}
    assert "client_id=circles-1" in begin(short)
    lms.register(client_id="circles-2", approved=False, deployment=None)
    assert "client_id=circles-1" in begin(short)  # one that waits for approval disturbs nobody
    lms.register(client_id="circles-3")
    assert refusal(short) == "client_id_missing"


def test_a_platform_that_waits_for_approval_is_refused(lms: Lms) -> None:
    lms.register(client_id="circles-2", approved=False, deployment=None)
    assert refusal(WHOLE | {"client_id": "circles-2"}) == "platform_pending"


def test_a_login_is_kept_for_ten_minutes_without_the_browsers_secret(lms: Lms) -> None:
    begin(WHOLE, browser="the secret of this browser")
    with db.work(read_only=True) as session:
        kept = session.scalars(sa.select(LoginState)).one()
    assert timedelta(minutes=9) < kept.expires_at - db.now() <= timedelta(minutes=10)
    assert "secret" not in repr(vars(kept))


@pytest.mark.proves("security", 3)
def test_old_logins_are_swept_by_new_ones(lms: Lms) -> None:
    for _ in range(3):
        begin(WHOLE)
    with db.work() as session:
        session.execute(sa.update(LoginState).values(expires_at=db.now() - timedelta(seconds=1)))
        session.commit()
    begin(WHOLE)
    with db.work(read_only=True) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LoginState)) == 1


def test_a_refused_login_leaves_nothing(lms: Lms) -> None:
    refusal(WHOLE | {"client_id": "another"})
    with db.work(read_only=True) as session:
        assert session.scalars(sa.select(LoginState)).all() == []


def test_a_login_without_a_browser_is_our_own_mistake(lms: Lms) -> None:
    with db.work(), pytest.raises(ValueError, match="cookie"):
        login.begin(WHOLE, browser="")


def test_two_registrations_of_one_issuer_are_kept_apart(lms: Lms) -> None:
    other = lms.register(client_id="circles-2", deployment="1")
    form = lms.form()
    asked = lms.login(client_id="circles-2")
    lms.client_id = "circles-2"
    second = finish({"state": asked["state"], "id_token": lms.sign(lms.claims(asked["nonce"]))})
    assert second.platform_id == other.id
    assert finish(form).platform_id != other.id
    crossed = lms.login(client_id="circles-2")
    token = lms.sign(lms.claims(crossed["nonce"], aud="circles-1"))
    with pytest.raises(LaunchRefusedError, match="audience_wrong"):
        finish({"state": crossed["state"], "id_token": token})


def test_a_login_changes_no_platform(lms: Lms) -> None:
    with db.work(read_only=True) as session:
        before = {
            name: value for name, value in vars(session.scalars(sa.select(Platform)).one()).items() if name[0] != "_"
        }
    begin(WHOLE)
    with db.work(read_only=True) as session:
        assert vars(session.scalars(sa.select(Platform)).one()).items() >= before.items()
