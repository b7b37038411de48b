"""The official certification cases (LTI Advantage conformance 1.3, section 6.1), each under its own name."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.errors import LaunchRefusedError
from tests.lti.issuer import GONE, LTI, MEMBERSHIP, STUDENT, TEACHER, Lms, finish

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
    "Invalid LTI message": (lambda lms, nonce: lms.sign({"name": "not a launch"}), "nonce_missing"),
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


@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD.keys())
def test_known_bad_payloads_are_refused(lms: Lms, payload: Payload, code: str) -> None:
    asked = lms.login()
    with pytest.raises(LaunchRefusedError) as refused:
        finish({"state": asked["state"], "id_token": payload(lms, asked["nonce"])})
    assert refused.value.code == code


WHOLE_NAME = {"name": "Élodie Müller", "given_name": "Élodie", "family_name": "Müller"}
EMAIL = {"email": "elodie@example.org"}
GOOD: dict[str, Callable[[str], dict[str, Any]]] = {
    "Launch": lambda role: WHOLE_NAME | EMAIL,
    "Launch with Roles": lambda role: {"roles": [role, "http://purl.imsglobal.org/vocab/lis/v2/system/person#None"]},
    "Launch Short Role": lambda role: {"roles": [role.rpartition("#")[2]]},
    "Launch Unknown Role": lambda role: {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]},
    "Launch No Role": lambda role: {"roles": []},
    "Launch Email Only": lambda role: EMAIL,
    "Launch Names Only": lambda role: WHOLE_NAME,
    "No PII": lambda role: {},
    "Email Without Context": lambda role: EMAIL | {"context": GONE},
}
WHO = {"Instructor": TEACHER, "Student": STUDENT}


@pytest.mark.parametrize(
    ("role", "changes"),
    [pytest.param(role, changes, id=f"Valid {who} {name}") for who, role in WHO.items() for name, changes in GOOD.items()],
)
def test_valid_launches_pass(lms: Lms, role: str, changes: Callable[[str], dict[str, Any]]) -> None:
    said = {"roles": [role]} | changes(role)
    launch = lms.launch(**said)
    assert launch.sub == "7"
    assert launch.name == said.get("name", "")  # an e-mail address is never shown as a name
    assert launch.may_teach is (role == TEACHER and role.rpartition("#")[2] in str(said["roles"]))
    assert launch.context_id == ("" if said.get("context") is GONE else "course-1")
    assert all(role.startswith((MEMBERSHIP, "http://")) for role in launch.roles)
