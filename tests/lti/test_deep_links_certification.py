"""Deep linking in the official certification (LTI Advantage conformance 1.3, section 6.2), each case under its name."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from lti_tool import db
from lti_tool.lti import deep_links, keys
from lti_tool.lti.messages import Launch, LaunchKind, LinkItem
from lti_tool.models import Deployment
from tests.lti.issuer import DL, LTI, Lms

CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RETURN = "https://lms.example.org/deep-links?sesskey=1"
SETTINGS = {
    "deep_link_return_url": RETURN,
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe", "window"],
    "accept_multiple": True,
    "data": "csrftoken:c7fbba78",
}
ITEM = LinkItem("home", title="Our circle", text="Twice a month", maximum=6)


def requested(lms: Lms) -> Launch:
    """What we read in a request for links."""
    return lms.launch(
        message_type="LtiDeepLinkingRequest", **{DL: SETTINGS}, resource_link={"id": "link-1"}, name="Ada"
    )


def response(launch: Launch) -> str:
    """What we give back."""
    assert launch.links is not None
    with db.work() as unit:
        signed = deep_links.sign(
            [ITEM], to=unit.get_one(Deployment, launch.deployment_id), given=launch.links.given, says={"msg": "Done"}
        )
        unit.commit()
    return signed


def checked(token: str, lms: Lms) -> dict[str, Any]:
    """The claims as a platform takes them: signature, audience, times."""
    (published,) = keys.public_key_set()["keys"]
    key = jwt.PyJWK(published).key
    required = ["iss", "aud", "exp", "iat", "nonce"]
    return dict(jwt.decode(token, key, algorithms=["RS256"], audience=lms.issuer, options={"require": required}))


def sends_the_request(lms: Lms) -> None:
    launch = requested(lms)
    assert launch.kind is LaunchKind.DEEP_LINKING
    assert launch.links is not None
    assert (launch.links.return_url, launch.links.takes_several, launch.links.takes_activities) == (RETURN, True, True)


def receives_the_response(lms: Lms) -> None:
    items = checked(response(requested(lms)), lms)[CLAIM + "content_items"]
    assert [item["type"] for item in items] == ["ltiResourceLink"]


def is_formatted(lms: Lms) -> None:
    parts = response(requested(lms)).split(".")
    header, body = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    assert (len(parts), header["alg"], header["typ"]) == (3, "RS256", "JWT")
    assert body[LTI + "message_type"] == "LtiDeepLinkingResponse"


def has_timestamps(lms: Lms) -> None:
    said = checked(response(requested(lms)), lms)
    assert said["iat"] <= time.time() < said["exp"] <= said["iat"] + 3600


def is_signed(lms: Lms) -> None:
    token = response(requested(lms))
    assert jwt.get_unverified_header(token)["kid"] in {key["kid"] for key in keys.public_key_set()["keys"]}
    with pytest.raises(jwt.InvalidSignatureError):
        checked(token[:-8] + "AAAAAAAA", lms)


def has_required_claims(lms: Lms) -> None:
    said = checked(response(requested(lms)), lms)
    assert said["iss"] == lms.client_id
    assert said["aud"] == [lms.issuer]
    assert len(said["nonce"]) > 40
    assert said[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert said[LTI + "version"] == "1.3.0"
    assert said[LTI + "deployment_id"] == "1"
    assert said[CLAIM + "data"] == SETTINGS["data"]
    assert said[CLAIM + "msg"] == "Done"


def affirms(lms: Lms) -> None:
    (item,) = checked(response(requested(lms)), lms)[CLAIM + "content_items"]
    assert (item["title"], item["text"], item["custom"]) == ("Our circle", "Twice a month", {"resource": "home"})
    assert item["lineItem"] == {
        "label": "Our circle",
        "scoreMaximum": 6,
        "resourceId": "circle-credit",
        "tag": "circle-credit",
    }


CASES = {
    "Send the Request Payload": sends_the_request,
    "Receive the Response Payload": receives_the_response,
    "Response Format Valid": is_formatted,
    "Response Timestamps Valid": has_timestamps,
    "Signature Valid": is_signed,
    "Required Claims Verified": has_required_claims,
    "Affirm Response": affirms,
}


@pytest.mark.proves("deep linking")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_deep_linking(lms: Lms, case: Any) -> None:
    case(lms)
