"""What a request for links may say, and what an answer holds beyond the certified cases."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from lti_tool import db
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti import deep_links
from lti_tool.lti.messages import LinkItem, LinkTerms
from lti_tool.models import Deployment, Platform
from tests.lti.issuer import DL, GONE, Lms

RETURN = "https://lms.example.org/deep-links?sesskey=1"
CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"


def asked(lms: Lms, settings: Any, **also: Any) -> LinkTerms:
    launch = lms.launch(message_type="LtiDeepLinkingRequest", resource_link=GONE, **{DL: settings}, **also)
    assert launch.links is not None
    return launch.links


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (GONE, "links_missing"),
        (None, "links_missing"),
        ([], "links_missing"),
        ({}, "links_missing"),
        ("x", "links_missing"),
        ({"accept_types": ["ltiResourceLink"]}, "return_missing"),
        ({"deep_link_return_url": None}, "return_missing"),
        ({"deep_link_return_url": "/relative"}, "return_missing"),
        ({"deep_link_return_url": "javascript:alert(1)"}, "return_missing"),
        ({"deep_link_return_url": "https://lms.example.org\\@evil.example"}, "return_missing"),
        ({"deep_link_return_url": "https://lms.example.org@evil.example/"}, "return_missing"),
        ({"deep_link_return_url": "https://evil.example/"}, "return_foreign"),
        ({"deep_link_return_url": "http://lms.example.org/"}, "return_foreign"),
        ({"deep_link_return_url": "https://lms.example.org:444/"}, "return_foreign"),
        ({"deep_link_return_url": "https://lms.example.org;script-src.example/"}, "return_foreign"),
    ],
)
def test_a_request_names_its_lms_or_is_refused(lms: Lms, settings: Any, code: str) -> None:
    with pytest.raises(LaunchRefusedError) as refused:
        asked(lms, settings)
    assert refused.value.code == code


def test_a_service_in_the_same_token_vouches_for_a_host(lms: Lms) -> None:
    """On hosted Canvas the school's own host is named by the services alone."""
    address = "https://school.example/deep_linking_response"
    services = {NRPS: {"context_memberships_url": "https://school.example/api/lti/roster"}}
    assert asked(lms, {"deep_link_return_url": address}, **services).return_url == address


def test_an_administrator_vouches_for_a_host(lms: Lms) -> None:
    """Hosted Canvas whose services are switched off names the school's host nowhere else."""
    with db.work() as unit:
        unit.query(Platform).one().frame_origins = ["https://school.example"]
        unit.commit()
    address = "https://school.example/deep_linking_response"
    assert asked(lms, {"deep_link_return_url": address}).return_url == address


def test_what_is_not_said_is_not_assumed(lms: Lms) -> None:
    terms = asked(lms, {"deep_link_return_url": RETURN})
    assert (terms.takes_activities, terms.takes_several, terms.windows) == (False, False, ())
    assert terms.takes_columns, "where nothing is said a column is passed over at worst"
    assert terms.given == {}


def test_truth_may_be_a_word(lms: Lms) -> None:
    said = {
        "accept_multiple": "true",
        "accept_lineitem": "false",
        "accept_presentation_document_targets": ["window", 7],
    }
    terms = asked(lms, {"deep_link_return_url": RETURN, **said})
    assert (terms.takes_several, terms.takes_columns, terms.windows) == (True, False, ("window",))


def test_secrets_are_not_in_what_is_printed(lms: Lms) -> None:
    assert "sesskey" not in repr(asked(lms, {"deep_link_return_url": RETURN, "data": "theirs"}))


@pytest.mark.parametrize("data", [None, "", 0, {"a": [1]}, "é\u202e"])
def test_data_comes_back_as_it_was(lms: Lms, data: Any) -> None:
    terms = asked(lms, {"deep_link_return_url": RETURN, "data": data})
    assert claims_of([], terms)[CLAIM + "data"] == data


def claims_of(items: list[LinkItem], terms: LinkTerms | None = None, **says: str) -> dict[str, Any]:
    with db.work() as unit:
        to = unit.query(Deployment).one()
        token = deep_links.sign(items, to=to, given=terms.given if terms else {}, says=says)
        unit.commit()
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_nothing_empty_is_sent(lms: Lms) -> None:
    said = claims_of([LinkItem("home", title="Ours")], msg="", other="never")
    assert {name.removeprefix(CLAIM) for name in said if name.startswith(CLAIM)} == {"content_items"}
    (item,) = said[CLAIM + "content_items"]
    assert set(item) == {"type", "title", "url", "custom"}


def test_days_and_windows(lms: Lms) -> None:
    day = datetime(2027, 3, 1, 8, tzinfo=UTC)
    items = [LinkItem("home", "A", opens_at=day, window="iframe"), LinkItem("home", "B", done_by=day, window="window")]
    first, second = claims_of(items)[CLAIM + "content_items"]
    assert first["available"] == {"startDateTime": "2027-03-01T08:00:00+00:00"}
    assert set(first["iframe"]) == {"width", "height"}
    assert second["submission"] == {"endDateTime": "2027-03-01T08:00:00+00:00"}
    assert second["window"] == {"targetName": "_blank"}


def test_no_two_answers_share_a_nonce(lms: Lms) -> None:
    assert claims_of([])["nonce"] != claims_of([])["nonce"]
