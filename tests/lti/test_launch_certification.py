"""The official certification cases (LTI Advantage conformance 1.3, section 6.1), each under its own name."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.errors import LaunchRefusedError
from tests.lti.issuer import GONE, LTI, STUDENT, TEACHER, Lms, finish

Payload = Callable[[Lms, str], str]


def changed(**changes: Any) -> Payload:
    return lambda lms, nonce: lms.sign(lms.claims(nonce, **changes))


def headed(**headers: Any) -> Payload:
    return lambda lms, nonce: lms.sign(lms.claims(nonce), **headers)


BAD: dict[str, tuple[Payload, str]] = {
    "No KID Sent in JWT header": (headed(kid=GONE), "kid_missing"),
    "Incorrect KID in JWT header": (headed(kid="no such key"), "key_unknown"),
    "Wrong LTI Version": (changed(version="1.1.0"), "version_wrong"),
    "No LTI Version": (changed(version=GONE), "version_missing"),
    "Invalid LTI message": (lambda lms, _nonce: lms.sign({"name": "not a launch"}), "nonce_missing"),
    "Missing LTI Claims": (
        lambda lms, nonce: lms.sign({k: v for k, v in lms.claims(nonce).items() if not k.startswith(LTI)}),
        "deployment_missing",
    ),
    "Timestamps Incorrect": (changed(iat=int(time.time()) - 90_000, exp=int(time.time()) - 86_400), "expired"),
    "message_type Claim Missing": (changed(message_type=GONE), "message_missing"),
    "role Claim Missing": (changed(roles=GONE), "roles_missing"),
    "deployment_id Claim Missing": (changed(deployment_id=GONE), "deployment_missing"),
    "resource_link_id Claim Missing": (changed(resource_link={"title": "without id"}), "link_missing"),
    "user Claim Missing": (changed(sub=GONE), "person_missing"),
}


@pytest.mark.proves("launches refused")
@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD.keys())
def test_known_bad_payloads_are_refused(lms: Lms, payload: Payload, code: str) -> None:
    asked = lms.login()
    with pytest.raises(LaunchRefusedError) as refused:
        finish({"state": asked["state"], "id_token": payload(lms, asked["nonce"])})
    assert refused.value.code == code


WHOLE_NAME = {"name": "Élodie Müller", "given_name": "Élodie", "family_name": "Müller"}
EMAIL = {"email": "elodie@example.org"}
ROLE, SHORT = "the whole role of this case", "its short name"
NONE = "http://purl.imsglobal.org/vocab/lis/v2/system/person#None"
UNKNOWN = "http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"
GOOD: dict[str, dict[str, Any]] = {
    "Launch": WHOLE_NAME | EMAIL,
    "Launch with Roles": {"roles": [ROLE, NONE]},
    "Launch Short Role": {"roles": [SHORT]},
    "Launch Unknown Role": {"roles": [UNKNOWN]},
    "Launch No Role": {"roles": []},
    "Launch Email Only": EMAIL,
    "Launch Names Only": WHOLE_NAME,
    "No PII": {},
    "Email Without Context": EMAIL | {"context": GONE},
}
WHO = {"Instructor": TEACHER, "Student": STUDENT}


@pytest.mark.proves("launches taken")
@pytest.mark.parametrize(
    ("who", "case"),
    [(who, case) for who in WHO for case in GOOD],
    ids=[f"Valid {who} {case}" for who in WHO for case in GOOD],
)
def test_valid_launches_pass(lms: Lms, who: str, case: str) -> None:
    role, said = WHO[who], {"roles": [ROLE]} | GOOD[case]
    words = {ROLE: role, SHORT: who if who == "Instructor" else "Learner"}
    launch = lms.launch(**said | {"roles": [words.get(text, text) for text in said["roles"]]})
    assert launch.sub == "7"
    assert launch.roles == tuple(words.get(text, text) if text != SHORT else role for text in said["roles"])
    assert launch.may_teach is (role == TEACHER and bool(words.keys() & set(said["roles"])))
    assert launch.name == said.get("name", "")  # an e-mail address is never taken for a name
    assert launch.context_id == ("link:link-1" if "context" in said else "course-1")
