"""What the practice LMS tells of groups, copies and new rounds, each in the manner of its profile."""

import jwt
import pytest

from lti_tool.demo import claims
from lti_tool.demo.platform import LmsError

HANDLER = {"notice_type": claims.COPY_NOTICE, "handler": "http://localhost:8000/lti/notices"}


def handlers(end, **more):
    path = f"/notice-handlers/{end.client_id}"
    return end.call("PUT", path, claims.NOTICE_HANDLERS, json=HANDLER, **more)


def test_a_group_of_canvas_has_its_own_roster(make_end):
    end = make_end("canvas")
    answer = end.call("GET", "/api/lti/groups/2/names_and_roles", claims.ROSTER_READ)
    assert (answer.json["context"]["id"], answer.json["context"]["title"]) == ("group-2", "Circle B")
    assert len(answer.json["members"]) == 13
    assert end.call("GET", "/api/lti/groups/9/names_and_roles", claims.ROSTER_READ).status_code == 404
    course = end.call("GET", "/api/lti/courses/2/names_and_roles", claims.ROSTER_READ)
    assert len(course.json["members"]) == 26


def test_other_profiles_have_no_such_address(moodle):
    assert moodle.call("GET", "/api/lti/groups/2/names_and_roles", claims.ROSTER_READ).status_code == 404


def test_canvas_names_its_groups_by_number_and_the_person_s_by_id(make_end):
    lms = make_end("canvas").lms
    custom = lms.quirks.custom(lms.opening(person="teacher11"))
    assert (custom["canvas_course_groups"], custom["canvas_groups"]) == ("1,2", "group-2")


def test_an_activity_for_a_group_is_closed_to_others(end):
    link = end.lms.add_activity("2", end.client_id, title="B only", group="2")
    assert end.lms.opening(person="teacher11", activity=link.id)
    assert end.lms.opening(person="facilitator1", activity=link.id)
    with pytest.raises(LmsError, match="not available"):
        end.lms.opening(person="teacher01", activity=link.id)


def test_a_reset_course_has_other_people_and_no_results(end):
    before = {person.id for person in end.lms.members("2") if person.takes_part}
    end.lms.reset_course("2")
    after = end.lms.members("2")
    assert before.isdisjoint(person.id for person in after)
    assert [person.key for person in after if person.takes_part] == [f"newcomer{n}" for n in range(1, 7)]
    assert len([person for person in after if not person.takes_part]) == 6
    assert end.lms.opening(person="newcomer1").person.name == "Thandiwe Mokoena"


@pytest.mark.parametrize(("quirks", "offered"), [("plain", True), ("canvas", True), ("moodle-4.5", False)])
def test_notices_are_offered_where_the_profile_has_them(make_end, quirks, offered):
    end = make_end(quirks)
    assert end.lms.quirks.notices is offered
    assert (claims.NOTICES in said_in_a_launch(end)) is offered
    answer = handlers(end)
    assert answer.status_code == (200 if offered else 404)


def said_in_a_launch(end):
    token = end.lms.id_token(person="facilitator1", nonce="1")
    return jwt.decode(token, options={"verify_signature": False})


def test_a_tool_says_where_it_wants_notices(end):
    assert handlers(end).json == HANDLER
    listed = end.call("GET", f"/notice-handlers/{end.client_id}", claims.NOTICE_HANDLERS).json
    assert (listed["client_id"], listed["notice_handlers"]) == (end.client_id, [HANDLER])


def test_but_only_with_the_right_token_and_for_its_own_address(end):
    path = f"/notice-handlers/{end.client_id}"
    assert end.call("PUT", path, claims.ROSTER_READ, json=HANDLER).status_code == 401
    assert end.client.put(path, json=HANDLER).status_code == 401
    foreign = {**HANDLER, "handler": "https://evil.example.org/lti/notices"}
    assert end.call("PUT", path, claims.NOTICE_HANDLERS, json=foreign).status_code == 400
    assert end.call("PUT", path, claims.NOTICE_HANDLERS, json=[]).status_code == 400


@pytest.mark.parametrize("what", ["copy", "reset", "group-activity"])
def test_the_course_page_has_a_button_for_each(end, what):
    assert end.client.post(f"/courses/2/{what}", headers={"Origin": "https://evil.example.org"}).status_code == 403
    answer = end.client.post(f"/courses/2/{what}", data={"group": "2"})
    assert answer.status_code == 303
    assert end.client.get(answer.location).status_code == 200
    page = end.client.get("/").get_data(as_text=True)
    found = {"copy": "LC2026-C", "reset": "Thandiwe", "group-activity": "only for group 2"}
    assert found[what] in page
    assert end.client.post("/courses/2/group-activity", data={"group": "9"}).status_code == 400
