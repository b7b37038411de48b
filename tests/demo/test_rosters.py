"""Rosters: who is listed, with which roles and names, and how pages are announced."""

import re

import pytest
import requests

from lti_tool.demo import claims
from tests.demo.conftest import capture

RECORDED = {one["tag"]: one for one in capture("roster")}


def test_two_circles_of_ten_two_and_one(end):
    people = end.lms.members("2")
    assert len(people) == 26
    for group in ("1", "2"):
        parts = [person.part.value for person in people if group in person.groups]
        assert [parts.count(part) for part in ("teacher", "facilitator", "union representative")] == [10, 2, 1]
    assert {person.locale for person in people} == {"en", "fr", "es", "pt-BR", "ko", "ms", "de", "it", "hi", "ar"}
    assert len({person.id for person in people}) == len({person.name for person in people}) == 26


def test_by_the_book_everybody_is_listed_with_whole_roles_and_groups(end):
    answer = end.roster()
    assert answer.content_type == claims.ROSTER_TYPE
    assert answer.json["context"]["id"] == "2"
    members = answer.json["members"]
    assert len(members) == 26
    assert members[0]["roles"] == [claims.MEMBERSHIP + "Learner"]
    assert members[0]["group_enrollments"] == [{"group_id": "1"}]
    assert {"99", "2"}.isdisjoint({one["user_id"] for one in members})


def test_moodle_members_look_as_recorded(moodle):
    real = RECORDED["nrps-all"]["response"]
    answer = moodle.roster()
    assert set(answer.json) == set(real["body"])
    assert set(answer.json["members"][0]) == set(real["body"]["members"][0])
    assert answer.json["members"][0]["roles"] == real["body"]["members"][0]["roles"] == ["Learner"]


def test_in_moodle_the_union_representative_teaches_in_a_launch_and_learns_in_the_roster(moodle):
    roles = {one["ext_user_username"]: one["roles"] for one in moodle.roster().json["members"]}
    assert roles["union1"] == ["Learner"]
    assert roles["facilitator1"] == ["Instructor"]
    assert moodle.lms.quirks.launch_roles(moodle.lms.person_of("union1")) == [claims.MEMBERSHIP + "Instructor"]


def test_in_moodle_the_roster_puts_the_given_name_first(moodle):
    names = {one["user_id"]: one["name"] for one in moodle.roster().json["members"]}
    assert names[moodle.lms.person_of("teacher05").id] == "서윤 김"


@pytest.mark.parametrize("accept", ["application/json", f"{claims.ROSTER_TYPE}, application/json"])
def test_moodle_has_no_handler_for_other_media_types(moodle, accept):
    real = RECORDED["nrps-json"]["response"]
    answer = moodle.roster(headers={"Accept": accept})
    assert answer.status_code == real["status"]
    assert set(answer.json) == set(real["body"])
    assert answer.status.startswith("400 No handler found for /roster/2")
    assert (
        moodle.roster(headers={"Accept": "*/*"}).status_code == RECORDED["nrps-noaccept"]["response"]["status"] == 200
    )


def everyone(end, query, **session):
    """All members, page by page, as a careful tool reads them; and how many pages that were."""
    found, pages, path = [], 0, f"/roster/2{query}"
    while path:
        answer = end.call("GET", path, claims.ROSTER_READ, **session)
        found += answer.json["members"]
        pages += 1
        links = requests.utils.parse_header_links(answer.headers.get("Link", ""))
        path = next((one["url"].removeprefix(end.lms.base_url) for one in links if one.get("rel") == "next"), None)
    return found, pages


@pytest.mark.parametrize("quirks", ["plain", "moodle-4.5", "canvas", "open-edx"])
def test_pages_add_up_to_everybody(make_end, quirks):
    end = make_end(quirks)
    for query, size in (("?limit=10", None), ("", 10)):
        end.lms.page_size = size
        found, pages = everyone(end, query)
        assert pages == 3
        assert len({one["user_id"] for one in found}) == 26


def test_the_next_page_is_announced_in_four_hands(make_end):
    hands = {
        "plain": r"<http://127.0.0.1:8001/roster/2\?limit=10&page=2>; rel=next",
        "moodle-4.5": r'<http://127.0.0.1:8001/roster/2\?limit=10&from=10>; rel="next"',
        "canvas": r'<[^>]+>; rel="current",<[^>]+page=bookmark:(?=\w*[A-Z])\w+>; rel="next",<[^>]+>; rel="first"',
        "open-edx": r'<http://127.0.0.1:8001/roster/2\?limit=10&page=2>; rel="next"',
    }
    for quirks, hand in hands.items():
        assert re.fullmatch(hand, make_end(quirks).roster("?limit=10").headers["Link"]), quirks
    real = RECORDED["nrps-limit"]["response"]["link"]
    assert real.endswith('?limit=10&from=10>; rel="next"')


def test_moodles_next_page_forgets_the_role_and_keeps_the_link(moodle):
    for tag, query in (("nrps-limit-role", "?limit=10&role=Learner"), ("nrps-limit-rlid", "?limit=10&rlid=3")):
        ours = moodle.roster(query).headers["Link"].partition("?")[2]
        real = RECORDED[tag]["response"]["link"].partition("?")[2].replace("rlid=2", "rlid=3")
        assert sorted(re.findall(r"\w+=\w+", ours)) == sorted(re.findall(r"\w+=\w+", real))


def test_a_lower_cased_bookmark_of_canvas_loses_the_place(make_end):
    end = make_end("canvas")
    first = end.roster("?limit=10")
    address = re.search(r'<([^>]+)>; rel="next"', first.headers["Link"])[1].removeprefix(end.lms.base_url)
    second = end.call("GET", address, claims.ROSTER_READ).json["members"]
    lost = end.call("GET", address.lower(), claims.ROSTER_READ).json["members"]
    assert second[0] != first.json["members"][0]
    assert lost[0] == first.json["members"][0]


def test_canvas_never_sends_more_than_fifty(make_end):
    end = make_end("canvas")
    assert end.lms.quirks.page_size("roster", 200) == 50


def test_roles_filter_in_short_and_whole(end):
    whole = claims.MEMBERSHIP.replace("#", "%23") + "Instructor"
    for role in ("Instructor", whole):
        assert len(end.roster(f"?role={role}").json["members"]) == 6


def test_an_activity_for_one_group_lists_that_group_and_the_staff(moodle):
    link = moodle.lms.add_activity("2", moodle.client_id, title="B only", group="2")
    members = moodle.roster(f"?rlid={link.id}").json["members"]
    assert len(members) == 10 + 6


def test_a_foreign_link_is_refused(end):
    assert end.roster(f"?rlid={end.lms.activities('3')[0].id}").status_code == 403


def test_names_stay_home_when_they_are_not_shared(make_end):
    for end in (
        make_end(shares_names=False),
        make_end("canvas"),
        make_end("open-edx"),
        make_end(claims=["sub", "iss"]),
    ):
        assert not {"name", "email"} & set(end.roster().json["members"][0])
    assert "name" in make_end("canvas", shares_names=True).roster().json["members"][0]


def test_who_left_is_gone_and_comes_back(end):
    end.lms.remove_person("teacher01")
    assert "8" not in {one["user_id"] for one in end.roster().json["members"]}
    end.lms.restore_people()
    assert len(end.roster().json["members"]) == 26


def test_groups_by_the_book_and_by_custom_variables(make_end, end):
    answer = end.call("GET", "/groups/2", claims.GROUPS_READ)
    (of_circles,) = end.call("GET", "/groups/2/sets", claims.GROUPS_READ).json["sets"]
    named = (("1", "Circle A"), ("2", "Circle B"))
    assert answer.json["groups"] == [{"id": key, "name": name, "set_id": of_circles["id"]} for key, name in named]
    said = {quirks: make_end(quirks).lms for quirks in ("plain", "moodle-4.5", "canvas", "open-edx")}
    custom = {quirks: lms.quirks.custom(lms.opening(person="teacher11")) for quirks, lms in said.items()}
    assert custom["plain"]["course_groups"] == custom["moodle-4.5"]["moodle_groups"] == "2"
    assert custom["canvas"]["canvas_groups"] == "group-2"
    assert custom["moodle-4.5"]["course_groups"] == custom["open-edx"]["course_groups"] == "$CourseGroup.id"
    assert make_end("moodle-4.5").call("GET", "/groups/2", claims.GROUPS_READ).status_code == 404
