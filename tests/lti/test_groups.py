"""Groups of a course: listed by the Course Groups service, beside people in a roster, and in rosters of Canvas."""

import pytest
from werkzeug.wrappers import Response

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, groups, roster, tokens
from lti_tool.lti.claims import Claims
from lti_tool.lti.messages import GroupListing, LmsGroup
from lti_tool.models import Course
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)

PATH = "/mod/lti/services.php/groups"
ROSTER = "/mod/lti/services.php/CourseSection/2/bindings/2/memberships"
CANVAS = "/api/lti/courses/7/names_and_roles"


def course(far: ends.Moodle, **facts: object) -> Course:
    far.grants |= {tokens.GROUPS}
    made = ends.activity_in(far.url, product="canvas" if "roster_url" in facts else "moodle").course
    with db.work() as unit:
        found = unit.get_one(Course, made.id)
        found.groups_url = f"{far.url}{PATH}"
        for name, value in facts.items():
            setattr(found, name, value)
        unit.commit()
    return found


def test_groups_are_read_page_by_page_with_their_own_scope_and_media_type() -> None:
    with ends.moodle() as far:
        first = ends.as_json(
            {"groups": [{"id": "g1", "name": "Circle A", "set_id": "s1"}, {"id": 2, "name": None}]},
            Link=f"<{PATH}?page=2>; rel=next",
        )
        second = ends.as_json(
            {"groups": [None, {"name": "no id"}, {"id": "g3", "hidden": True}, {"id": "g1", "name": "A"}]}
        )
        far.on(PATH, first, second)
        found = groups.read(course(far))
    assert found == GroupListing(
        (LmsGroup("g1", "A", ""), LmsGroup("2", "", "")), frozenset({"g1", "2", "g3"}), whole=True
    )
    assert {one.headers["Accept"] for one in far.asked if one.path == PATH} == {groups.MEDIA_TYPE}
    assert [one.form["scope"] for one in far.asked if one.path.endswith("token.php")] == [tokens.GROUPS]


SETS = f"{PATH}/sets"
TWO_SETS = {
    "groups": [
        {"id": "g1", "name": "Circle A", "set_id": "s1"},
        {"id": "g2", "name": "Rooms", "set_id": 2},
        {"id": "g3", "name": "Rest", "set_id": "s3"},
    ]
}


def set_names(far: ends.Moodle) -> list[str]:
    found = groups.read(course(far, group_sets_url=f"{far.url}{SETS}"))
    assert found is not None
    return [one.set_name for one in found.groups]


def test_sets_of_groups_are_read_page_by_page_and_named() -> None:
    with ends.moodle() as far:
        far.on(PATH, ends.as_json(TWO_SETS))
        first = ends.as_json({"sets": [{"id": "s1", "name": "Study circles"}, None]}, Link=f"<{SETS}?page=2>; rel=next")
        hidden = {"id": "s3", "name": "Secret", "hidden": True}
        far.on(SETS, first, ends.as_json({"sets": [{"id": 2, "name": "Rooms of today"}, hidden]}))
        assert set_names(far) == ["Study circles", "Rooms of today", ""]
        assert {one.headers["Accept"] for one in far.asked if one.path == SETS} == {groups.MEDIA_TYPE}


@pytest.mark.parametrize("answer", [Response(status=404), Response("<h1>no</h1>"), Response(status=429)])
def test_sets_that_nobody_tells_hide_no_groups(answer: Response) -> None:
    with ends.moodle() as far:
        far.on(PATH, ends.as_json(TWO_SETS))
        far.on(SETS, answer)
        assert set_names(far) == ["", "", ""]


def test_groups_without_sets_ask_for_none() -> None:
    with ends.moodle() as far:
        far.on(PATH, ends.as_json({"groups": [{"id": "g1", "name": "Circle A"}]}))
        assert set_names(far) == [""]
        assert far.count(SETS) == 0


def test_a_listing_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST", 2)
    with ends.moodle() as far:
        far.on(PATH, ends.as_json({"groups": [{"id": number, "name": "One"} for number in range(9)]}))
        found = groups.read(course(far))
        assert found is not None
        assert (len(found.groups), found.whole) == (2, False)


def test_a_course_without_the_service_has_no_groups_and_asks_nobody() -> None:
    with ends.moodle() as far:
        assert groups.read(course(far, groups_url=None)) is None
        assert far.asked == []


@pytest.mark.parametrize(
    ("answer", "code", "final"),
    [
        (Response(status=404), "groups_refused", True),
        (Response(status=403), "groups_refused", True),
        (Response("<h1>no</h1>"), "answer_not_json", False),
        (ends.as_json({"groups": {}}), "answer_not_json", False),
        (Response(status=429), "platform_busy", False),
    ],
)
def test_a_refusal_is_named(answer: Response, code: str, final: bool) -> None:
    with ends.moodle() as far:
        far.on(PATH, answer)
        here = course(far)
        with pytest.raises(PlatformError) as caught:
            groups.read(here)
    assert (caught.value.code, caught.value.final) == (code, final)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"group_enrollments": [{"group_id": "g1"}, {"group_id": 2}, {"group_id": "g1"}, {}, None]}, ("g1", "2")),
        ({"group_enrollments": []}, ()),
        ({"group_enrollments": None}, None),
        ({}, None),
    ],
)
def test_a_roster_may_name_groups_beside_a_person(said: dict[str, object], found: tuple[str, ...] | None) -> None:
    with ends.moodle() as far:
        far.on(ROSTER, ends.as_json({"members": [{"user_id": "1", **said}]}))
        [[member]] = roster.read(course(far))
    assert member.groups == found


def test_a_group_of_canvas_has_a_roster_beside_the_one_of_the_course() -> None:
    members = [{"user_id": "1"}, {"user_id": "2", "status": "Inactive"}]
    with ends.moodle() as far:
        answer = ends.as_json({"context": {"id": "opaque-23", "title": "Circle A"}, "members": members})
        far.on("/api/lti/groups/23/names_and_roles", answer)
        here = course(far, roster_url=f"{far.url}{CANVAS}?x=1")
        assert roster.of_group(here, "23") == (LmsGroup("opaque-23", "Circle A"), {"1"})
        assert roster.of_group(course_without_one(far), "23") is None


def course_without_one(far: ends.Moodle) -> Course:
    """The same in an LMS whose rosters lie elsewhere."""
    with db.work() as unit:
        found = unit.query(Course).one()
        found.roster_url = f"{far.url}{ROSTER}"
        unit.commit()
    return found


@pytest.mark.parametrize(
    ("custom", "told"),
    [
        ({"moodle_groups": "1,12,1", "canvas_groups": "$Canvas.group.contextIds"}, ("1", "12")),
        ({"moodle_groups": ""}, ()),
        ({"moodle_groups": "$Moodle.Person.userGroupIds"}, None),
        ({"canvas_groups": None}, None),
        ({}, None),
    ],
)
def test_no_groups_are_not_the_same_as_groups_untold(custom: dict[str, object], told: tuple[str, ...] | None) -> None:
    assert Claims({claims.CUSTOM: custom}).groups == told


def test_numbers_of_groups_are_numbers() -> None:
    custom = {"canvas_course_groups": "23, 24,../../x,²", "canvas_group": 23}
    assert Claims({claims.CUSTOM: custom}).group_numbers == ("23", "24")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("12, 7,,12", ("12", "7")),
        ("$Context.id.history", ()),
        ("a,$Context.id.history", ("a",)),
        (None, ()),
        (7, ("7",)),
        ("x" * 300, ()),
    ],
)
def test_histories_are_lists_of_ids(said: object, found: tuple[str, ...]) -> None:
    told = Claims({claims.CUSTOM: {"context_history": said, "link_history": said}})
    assert told.context_history == told.link_history == found
