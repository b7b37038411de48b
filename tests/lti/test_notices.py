"""Notices of a platform (Platform Notification Service 1.0): believed only when signed, for us, and once."""

import base64
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lti_tool import db
from lti_tool.errors import LaunchRefusedError, PlatformError
from lti_tool.lti import claims, notices, tokens
from lti_tool.lti.messages import CopyNotice
from lti_tool.models import Deployment, Platform, SeenNotice
from tests.fuzz import bent
from tests.lti import ends
from tests.lti.issuer import GONE, LTI, Lms, private_key


def notice(lms: Lms, **changes: Any) -> dict[str, Any]:
    """A copy of course-1 was made, told as Canvas tells it (doc/api/pns.md)."""
    moment = int(time.time())
    body: dict[str, Any] = {
        "iss": lms.issuer,
        "aud": lms.client_id,
        "azp": lms.client_id,
        "iat": moment,
        "exp": moment + 3600,
        "nonce": "2d220edf",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": "1",
        LTI + "notice": {"id": "7a70", "timestamp": "2025-03-19T11:24:25Z", "type": claims.COPY_NOTICE},
        LTI + "context": {"id": "course-2", "title": "A copy"},
        LTI + "origin_contexts": ["course-1"],
    }
    for name, value in changes.items():
        body[name if name in body or name == "sub" else LTI + name] = value
    return {name: value for name, value in body.items() if value is not GONE}


def take(token: str) -> CopyNotice:
    with db.work() as unit:
        told = notices.taken(token)
        unit.commit()
    return told


def test_a_notice_says_which_course_was_made_out_of_which(lms: Lms) -> None:
    with db.work(read_only=True) as unit:
        deployment = unit.query(Deployment).one()
    assert take(lms.sign(notice(lms))) == CopyNotice(deployment.id, "course-2", "A copy", ("course-1",))


def test_many_origins_or_none(lms: Lms) -> None:
    assert take(lms.sign(notice(lms, origin_contexts=["b", "a", None]))).origins == ("b", "a")
    assert take(lms.sign(notice(lms, nonce="other", origin_contexts=GONE))).origins == ()


def changed(**changes: Any) -> Callable[[Lms], str]:
    return lambda lms: lms.sign(notice(lms, **changes))


def unsigned(body: dict[str, Any]) -> str:
    """A token of somebody who has no key, and cares for no signature."""
    parts = ({"alg": "RS256", "kid": "first"}, body)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + ".AAAA"


FORGED: dict[str, tuple[Callable[[Lms], str], str]] = {
    "no token": (lambda _lms: "not a token", "token_unreadable"),
    "endless": (lambda _lms: "x" * 70_000, "token_unreadable"),
    "no kid": (lambda lms: lms.sign(notice(lms), kid=GONE), "kid_missing"),
    "a key nobody published": (lambda lms: lms.sign(notice(lms), key="second"), "key_unknown"),
    "another key under a known name": (lambda lms: lms.sign(notice(lms), key="second", kid="first"), "signature_wrong"),
    "a key brought along": (lambda lms: lms.sign(notice(lms), jku="https://evil.example.org"), "header_refused"),
    "an issuer that no database takes": (lambda lms: unsigned(notice(lms, iss="\ud800\x00")), "platform_unknown"),
    "an audience that no database takes": (
        lambda lms: unsigned(notice(lms, aud=["\x00", "\ud800"])),
        "platform_unknown",
    ),
    "an issuer nobody knows": (changed(iss="https://evil.example.org"), "platform_unknown"),
    "for somebody else": (changed(aud="another"), "platform_unknown"),
    "for somebody else, too": (changed(aud=["circles-1", "evil"]), "audience_wrong"),
    "another party": (changed(azp="evil"), "party_wrong"),
    "over": (changed(iat=int(time.time()) - 300, exp=int(time.time()) - 200), "expired"),
    "old": (changed(iat=int(time.time()) - 5000), "issued_long_ago"),
    "without an end": (changed(exp=GONE), "expiry_missing"),
    "without a nonce": (changed(nonce=GONE), "nonce_missing"),
    "a nonce that is no text": (changed(nonce=["2d220edf"]), "nonce_missing"),
    "a deployment nobody approved": (changed(deployment_id="77"), "deployment_pending"),
    "no deployment": (changed(deployment_id=GONE), "deployment_missing"),
    "another kind": (changed(notice={"type": "LtiHelloWorldNotice"}), "notice_unknown"),
    "no kind": (changed(notice=GONE), "notice_unknown"),
    "another version": (changed(version="1.1"), "version_wrong"),
    "no version": (changed(version=GONE), "version_missing"),
    "no course": (changed(context={"title": "?"}), "context_wrong"),
    "a course without shape": (changed(context=[]), "context_wrong"),
}


@pytest.mark.proves("security", 21)
@pytest.mark.parametrize(("forge", "code"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_notice_is_refused_and_leaves_nothing(lms: Lms, forge: Callable[[Lms], str], code: str) -> None:
    private_key("second")
    with pytest.raises(LaunchRefusedError) as refused:
        take(forge(lms))
    assert refused.value.code == code
    with db.work(read_only=True) as unit:
        assert unit.query(SeenNotice).count() == 0
        assert unit.query(Deployment).count() == 1


@pytest.mark.proves("security", 21)
def test_a_deployment_that_nobody_let_in_tells_nothing(lms: Lms) -> None:
    with db.work() as unit:
        unit.query(Deployment).one().approved_at = None
        unit.commit()
    with pytest.raises(LaunchRefusedError, match="deployment_pending"):
        take(lms.sign(notice(lms)))


@pytest.mark.proves("security", 21)
def test_a_platform_that_nobody_let_in_tells_nothing(lms: Lms) -> None:
    with db.work() as unit:
        unit.query(Platform).one().approved_at = None  # it waits, or was blocked: its deployments stay approved
        unit.commit()
    with pytest.raises(LaunchRefusedError, match="platform_pending"):
        take(lms.sign(notice(lms)))


@pytest.mark.parametrize("seed", range(60))
def test_no_signed_nonsense_breaks_it(lms: Lms, seed: int) -> None:
    made = bent(random.Random(seed), notice(lms))
    body = made if isinstance(made, dict) else {"body": made}
    if not isinstance(body.get("iss"), str):
        body.pop("iss", None)  # PyJWT signs no other
    try:
        told = take(lms.sign(body))
    except LaunchRefusedError:
        return
    assert 0 < len(told.context_id) <= 255


@pytest.mark.proves("security", 21)
def test_a_notice_is_taken_once(lms: Lms) -> None:
    token = lms.sign(notice(lms))
    take(token)
    for again in (token, lms.sign(notice(lms, context={"id": "course-3"}))):
        with pytest.raises(LaunchRefusedError, match="notice_seen"):
            take(again)


@pytest.mark.proves("security", 21)
def test_of_ten_copies_at_once_one_is_taken(installed: Lms) -> None:
    token, together, told = installed.sign(notice(installed)), threading.Barrier(10), list[str]()

    def arrive() -> None:
        together.wait(10)
        try:
            told.append(take(token).context_id)
        except LaunchRefusedError as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=arrive) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["course-2", *["notice_seen"] * 9]


def test_the_nonce_of_one_registration_is_not_that_of_another(lms: Lms) -> None:
    lms.register(issuer="https://twin.example.org")
    take(lms.sign(notice(lms)))
    take(lms.sign(notice(lms, iss="https://twin.example.org")))


def test_the_platform_is_told_our_address() -> None:
    with ends.moodle() as far:
        far.grants |= {tokens.NOTICES}
        far.on("/notice-handlers/1", ends.as_json({}))
        deployment = ends.activity_in(far.url).course.deployment_id
        notices.want(deployment, f"{far.url}/notice-handlers/1", handler="https://circles.example.org/lti/notices")
        asked = far.asked[-1]
        assert (asked.method, asked.content_type) == ("PUT", "application/json")
        assert json.loads(asked.data) == {
            "notice_type": "LtiContextCopyNotice",
            "handler": "https://circles.example.org/lti/notices",
        }
        far.on("/notice-handlers/1", ends.as_json({}, 403))
        with pytest.raises(PlatformError, match="notices_refused"):
            notices.want(deployment, f"{far.url}/notice-handlers/1", handler="")


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"notice_types_supported": [claims.COPY_NOTICE]}, "https://lms.example.org/pns"),
        ({"notice_types_supported": ["LtiHelloWorldNotice"]}, None),
        ({"notice_types_supported": None}, None),
    ],
)
def test_only_a_platform_that_tells_of_copies_is_asked(lms: Lms, said: dict[str, Any], url: str | None) -> None:
    claim = {"platform_notification_service_url": "https://lms.example.org/pns", **said}
    assert lms.launch(platformnotificationservice=claim).notices_url == url
