"""The tolerant reader, fed with what real platforms send (Moodle 4.5.6 as captured; people are made up)."""

from typing import Any

import pytest

from lti_tool.lti.claims import Claims, language_tag, origin
from lti_tool.lti.messages import LaunchKind
from tests.lti.issuer import AGS, DL, LTI, NRPS, TOOL, Lms

MOODLE = "http://localhost:8080"


def way_back(address: Any, *own: str, **services: Any) -> str | None:
    """Where the answer to a request for links goes."""
    terms = Claims({DL: {"deep_link_return_url": address}} | services).links(*own)
    return terms.return_url if terms else None


def test_a_review_out_of_moodles_gradebook(lms: Lms) -> None:
    lms.issuer = MOODLE
    lms.register(issuer=MOODLE, auth_url=f"{MOODLE}/mod/lti/auth.php", token_url=f"{MOODLE}/mod/lti/token.php")
    launch = lms.launch(
        message_type="LtiSubmissionReviewRequest",
        for_user={"user_id": "34"},
        name="Élodie Müller-Rochat",
        context={"id": "2", "label": "LC2026", "title": "Learning Circles 2026", "type": ["CourseSection"]},
        resource_link={"title": "Circle workspace", "description": "Peer feedback", "id": "3"},
        launch_presentation={
            "locale": "pt_br",
            "document_target": "iframe",
            "return_url": f"{MOODLE}/mod/lti/return.php?course=2&sesskey=3KX0",
        },
        custom={
            "resource": "inquiry-1",
            "moodle_groups": "1,12,1",
            "canvas_groups": "$Canvas.group.contextIds",
            "context_history": "",
            "link_history": "$ResourceLink.id.history",
            "due": None,
            "timezone": 99,
            "username": "elodie",
            "country": "CH",
        },
        **{
            AGS: {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score", None, 5],
                "lineitems": f"{MOODLE}/mod/lti/services.php/2/lineitems?type_id=2",
                "lineitem": f"{MOODLE}/mod/lti/services.php/2/lineitems/7/lineitem?type_id=2",
            },
            NRPS: {"context_memberships_url": f"{MOODLE}/mod/lti/services.php/CourseSection/2/bindings/2/memberships"},
        },
    )
    assert launch.kind is LaunchKind.REVIEW
    assert launch.review_of == "34"
    assert launch.name == "Élodie Müller-Rochat"
    assert (launch.context_id, launch.context_title) == ("2", "Learning Circles 2026")
    assert (launch.resource_link_id, launch.resource_title) == ("3", "Circle workspace")
    assert launch.locale == "pt-BR"
    assert launch.custom == {"resource": "inquiry-1"}  # no name, no country, nothing that is not used
    assert launch.groups == ("1", "12")
    assert launch.grade_scopes == ("https://purl.imsglobal.org/spec/lti-ags/scope/score",)
    assert launch.line_items_url == f"{MOODLE}/mod/lti/services.php/2/lineitems?type_id=2"
    assert launch.line_item_url == f"{MOODLE}/mod/lti/services.php/2/lineitems/7/lineitem?type_id=2"
    assert launch.roster_url is not None
    assert "3KX0" not in repr(launch)
    assert launch.target_path == "/lti/launch"


def test_a_deep_linking_launch_with_moodles_nulls(lms: Lms) -> None:
    launch = lms.launch(
        message_type="LtiDeepLinkingRequest",
        resource_link=None,
        custom={"resource": None},
        target_link_uri=f"{TOOL}/links/new?kind=circle#part",
        **{DL: {"deep_link_return_url": "https://lms.example.org/contentitem_return.php?sesskey=1"}},
    )
    assert launch.kind is LaunchKind.DEEP_LINKING
    assert (launch.resource_link_id, launch.custom, launch.review_of) == ("", {}, None)
    assert launch.target_path == "/links/new?kind=circle"


def test_only_a_review_names_somebodys_work(lms: Lms) -> None:
    assert lms.launch(for_user={"user_id": "34"}).review_of is None


@pytest.mark.parametrize(
    ("registered", "says", "learned"),
    [("", "canvas", "canvas"), ("moodle", "canvas", ""), ("", "homemade", ""), ("", "$x", ""), ("", None, "")],
)
def test_an_lms_says_its_kind_where_its_registration_does_not(
    lms: Lms, registered: str, says: str | None, learned: str
) -> None:
    lms.client_id = "of another kind"
    lms.register(product=registered)
    assert lms.launch(tool_platform={"guid": "1", "product_family_code": says}).product == learned


@pytest.mark.parametrize(
    ("told", "tag"),
    [
        ("pt_br", "pt-BR"),
        ("zh_cn", "zh-CN"),
        ("fr", "fr"),
        ("FR-ca", "fr-CA"),
        ("en_US.UTF-8", "en-US"),
        ("en_us_k12", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("tet", "tet"),
        ("", ""),
        ("C", ""),
        ("../etc", ""),
        ("english language", ""),
    ],
)
def test_a_language_becomes_a_tag(told: str, tag: str) -> None:
    assert language_tag(told) == tag


def test_the_language_is_looked_for_in_three_places() -> None:
    said: dict[str, Any] = {LTI + "custom": {"locale": "ko"}}
    assert Claims(said).locale == "ko"
    assert Claims(said | {"locale": "fr"}).locale == "fr"
    both = said | {"locale": "fr", LTI + "launch_presentation": {"locale": "$Message.locale"}}
    assert Claims(both).locale == "fr"
    assert Claims({}).locale == ""


@pytest.mark.proves("security", 9)
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "https://evil.example/",
        "https://lms.example.org.evil.example/",
        "https://lms.example.org@evil.example/",
        "https://user@lms.example.org/",
        "http://lms.example.org/",
        "https://lms.example.org:8443/",
        "https://lms.example.org\\@evil.example/",
        "https:lms.example.org",
        "https://lms.example.org/\nSet-Cookie",
        "https://[::1/",
        "",
        None,
        5,
    ],
)
def test_no_way_back_to_a_foreign_place(address: Any) -> None:
    assert way_back(address, "https://lms.example.org", "https://sso.example.org/auth") is None


def test_the_way_back_is_on_an_origin_of_the_platform() -> None:
    back = "https://school.example.org:443/courses/1"
    assert way_back(back, "https://canvas.example.org") is None
    assert way_back(back, "https://school.example.org/auth") == back
    served = {NRPS: {"context_memberships_url": "https://school.example.org/api/lti/courses/1"}}
    assert way_back(back, "https://canvas.example.org", **served) == back


@pytest.mark.parametrize("junk", [None, [], "text", 5, True, {"id": {}}])
def test_claims_of_the_wrong_shape_say_nothing(junk: Any) -> None:
    names = (LTI + "custom", LTI + "launch_presentation", AGS, DL, NRPS, LTI + "context", "name")
    shapes = dict.fromkeys(names, junk)
    told = Claims(shapes)
    empty = (told.custom, told.groups, told.roster_url, told.line_items_url, told.line_item_url, told.grade_scopes)
    assert empty == ({}, None, None, None, None, ())
    assert told.links("https://lms.example.org") is None
    assert told.text(LTI + "context", "title") == ""


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"given_name": "Ada", "family_name": "Obi"}, "Ada Obi"),
        ({"family_name": "Obi"}, "Obi"),
        ({"name": "  Ada \n Obi "}, "Ada Obi"),
        ({"name": "$Person.name.full", "given_name": "Ada"}, "Ada"),
        ({"name": "Ada\0\ud800Obi"}, "Ada Obi"),
        ({"name": "فاطمه\u200cسادات"}, "فاطمه\u200cسادات"),
        ({"email": "ada@example.org", "preferred_username": "ada"}, ""),
        ({"name": "x" * 400}, "x" * 255),
    ],
)
def test_a_persons_name(told: dict[str, Any], name: str) -> None:
    assert Claims(told).name == name


def test_origins_are_compared_with_their_ports() -> None:
    assert origin("https://lms.example.org") == origin("https://LMS.example.org:443/x")
    assert origin("https://lms.example.org") != origin("http://lms.example.org")
    assert origin("ftp://lms.example.org") is None
