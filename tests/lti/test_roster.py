"""The roster: pages, names and roles as real platforms write them."""

import time
import tracemalloc
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.wrappers import Request, Response

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import paging, roster
from lti_tool.lti.messages import RosterMember
from lti_tool.models import Course
from lti_tool.services import deliveries, rosters
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)

TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
PATH = "/mod/lti/services.php/CourseSection/2/bindings/2/memberships"


def course(url: str) -> Course:
    return ends.activity_in(url).course


def everybody(of: Course, **options: str) -> list[RosterMember]:
    return [member for page in roster.read(of, **options) for member in page]


def members(*said: object) -> list[RosterMember]:
    with ends.moodle() as far:
        far.on(PATH, ends.as_json({"members": list(said)}))
        return everybody(course(far.url))


def fault(answer: Response) -> PlatformError:
    with ends.moodle() as far:
        far.on(PATH, answer)
        here = course(far.url)
        with pytest.raises(PlatformError) as caught:
            everybody(here)
    return caught.value


def test_a_roster_of_five_thousand_is_read_page_by_page_in_little_memory() -> None:
    with ends.moodle(people=5_000) as far:
        sizes, held, subs = [], [], set()
        here = course(far.url)
        next(roster.read(here))  # what is loaded at first use is no part of a roster
        tracemalloc.start()
        for page in roster.read(here):
            sizes.append(len(page))
            held.append(tracemalloc.get_traced_memory()[0])
            subs.update(int(member.sub) for member in page)
        tracemalloc.stop()
    assert sizes == [roster.PAGE_SIZE] * 10
    assert len(subs) == 5_000
    later = sorted(held[5:])[2]  # the middle one: other threads of this process are counted, too
    assert later < 1_600_000  # bytes; all members at once are 2.4 MB, with the answer they came in 6.6 MB


def test_a_real_moodle_roster_is_understood() -> None:
    [first, *_] = ends.seen("moodle-roster")
    with ends.moodle() as far:
        far.on(PATH, ends.as_json(first["response"]["body"], content_type=f"{ends.NRPS}; charset=utf-8"))
        people = everybody(course(far.url))
    assert people[0] == RosterMember("19", "Luís Araújo", (LEARNER,), active=True, may_teach=False)
    assert far.asked[-1].headers["Accept"] == first["request"]["headers"]["Accept"]


def test_short_roles_become_whole_ones() -> None:
    [one, two] = members({"user_id": "1", "roles": ["Instructor"]}, {"user_id": "2", "roles": TEACHER})
    assert one.roles == two.roles == (TEACHER,)
    assert one.may_teach
    assert two.may_teach


@pytest.mark.parametrize("status", ["Inactive", "Deleted"])
def test_who_is_suspended_or_gone_is_not_active(status: str) -> None:
    assert [member.active for member in members({"user_id": "1", "status": status}, {"user_id": "2"})] == [False, True]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"name": " Ada Lovelace "}, "Ada Lovelace"),
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"name": None, "given_name": "Ada"}, "Ada"),
        ({"name": "", "email": "ada@example.invalid"}, ""),
        ({}, ""),
    ],
)
def test_a_name_is_taken_as_it_comes(said: dict[str, object], name: str) -> None:
    assert members({"user_id": "1", **said})[0].name == name


def test_what_is_no_member_is_passed_over() -> None:
    strange = [None, "... 32 more", {}, {"user_id": ""}, {"user_id": None}, {"user_id": 7, "roles": {"a": 1}}]
    assert [member.sub for member in members(*strange)] == ["7"]


def test_the_made_up_person_of_the_lms_is_none() -> None:
    """Some list whoever looks through a learner's eyes among the people (Core 1.3, A.2.4)."""
    test = {"user_id": "99", "roles": [LEARNER, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"]}
    assert [member.sub for member in members({"user_id": "7", "roles": [LEARNER]}, test)] == ["7"]


def test_a_link_narrows_the_roster_on_every_page() -> None:
    with ends.moodle(people=600) as far:
        assert len(everybody(course(far.url), resource_link_id="2")) == 600
        assert [request.args["rlid"] for request in far.asked if request.path == PATH] == ["2", "2"]


def test_an_address_with_a_query_keeps_it() -> None:
    with ends.moodle() as far:
        here = course(far.url)
        with db.work() as unit:
            found = unit.get_one(Course, here.id)
            found.roster_url = f"{far.url}{PATH}?group=7&rlid=own"
            unit.commit()
        list(roster.read(here, resource_link_id="2"))
        asked = parse_qs(urlsplit(far.asked[-1].url).query)
    assert asked == {"group": ["7"], "rlid": ["own"], "limit": ["500"]}


@pytest.mark.parametrize(
    ("answer", "code", "final"),
    [
        (Response(status=404), "roster_gone", True),
        (Response(status=403), "roster_refused", True),
        (Response(status=401), "token_not_accepted", False),
        (Response(status=500), "platform_busy", False),
        (Response(b"{" + b" " * 17 * 1024 * 1024 + b"}"), "answer_too_large", True),
        (Response("<h1>Maintenance</h1>"), "answer_not_json", False),
        (ends.as_json(["members"]), "answer_not_json", False),
        (ends.as_json({}), "answer_not_json", False),
        (Response(status=429), "platform_busy", False),
    ],
)
def test_a_refusal_is_named(answer: Response, code: str, final: bool) -> None:
    found = fault(answer)
    assert (found.code, found.final) == (code, final)


def test_a_course_without_a_roster_says_so() -> None:
    with ends.moodle() as far:
        here = course(far.url)
        with db.work() as unit:
            unit.get_one(Course, here.id).roster_url = None
            unit.commit()
        with pytest.raises(PlatformError, match="no_roster"):
            roster.read(here)


@pytest.mark.proves("security", 8)
def test_the_token_never_follows_a_link_to_another_host() -> None:
    foreign = ends.Web()
    with ends.serving(foreign) as elsewhere:
        found = fault(ends.as_json({"members": []}, Link=f'<{elsewhere}/next>; rel="next"'))
    assert found.code == "foreign_page"
    assert foreign.asked == []


def test_pages_in_a_circle_end() -> None:
    assert fault(ends.as_json({"members": []}, Link=f'<{PATH}?limit=500>; rel="next"')).code == "endless_pages"


def test_an_endless_roll_of_pages_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 3)
    with ends.moodle(people=5_000) as far, pytest.raises(PlatformError, match="endless_pages"):
        everybody(course(far.url))


def test_a_roll_whose_every_page_takes_a_while_ends_before_another_worker_begins() -> None:
    """Or two would ask; and of two scores the older could arrive last."""
    with ends.moodle(people=5_000) as far:

        def slowly(request: Request) -> Response:
            time.sleep(0.3)
            return far.otherwise(request)

        far.on(PATH, slowly)
        with db.work() as unit:
            deliveries.owe("roster", key="roster:1", payload={"course_id": course(far.url).id})
            unit.commit()
        outcome = deliveries.run_next({"roster": rosters.read}, lease=timedelta(seconds=1.5))
        assert far.count(PATH) <= 5, "none begins after four fifths of the lease, however slow this machine is"
    with db.work(read_only=True):
        owed = deliveries.find("roster:1")
    assert owed is not None
    assert (outcome, owed.fault) == (deliveries.Outcome.DEFERRED, "platform_slow")


def test_a_page_of_everybody_comes_in_portions_and_an_empty_one_comes_too() -> None:
    """No database takes a question about a hundred thousand people, and nobody should wait for one to be answered."""
    crowd = {"members": [{"user_id": str(number), "roles": []} for number in range(1_201)]}
    with ends.moodle() as far:
        here = course(far.url)
        far.on(PATH, ends.as_json(crowd), ends.as_json({"members": []}))
        assert [len(page) for page in roster.read(here)] == [500, 500, 201]
        assert list(roster.read(here)) == [[]]


def moodle_link() -> str:
    return str(ends.seen("moodle-gradebook")[1]["response"]["headers"]["Link"])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (moodle_link(), "http://localhost:8080/mod/lti/services.php/2/lineitems?type_id=2&limit=1&from=1"),
        (
            '<http://localhost:8080/a?page=bookmark:WyJBIl0>; rel="next"',
            "http://localhost:8080/a?page=bookmark:WyJBIl0",
        ),
        ("<http://localhost:8080/a>; rel=next", "http://localhost:8080/a"),
        ("</b?p=2>; rel='next'", "http://localhost:8080/b?p=2"),
        ('<?p=2>; title="a, b"; rel="last next"', "http://localhost:8080/x?p=2"),
        ('<http://localhost:8080/a>; rel="prev", <http://localhost:8080/b>; rel="NEXT"', "http://localhost:8080/b"),
        ("<HTTP://LocalHost:8080/a>; rel=next", "http://LocalHost:8080/a"),
        ("<http://localhost:8080/a?x=1&notify=2>; rel=next", "http://localhost:8080/a?x=1&notify=2"),
        ('<http://localhost:8080/a>; rel="differences"', None),
        ('<http://localhost:8080/a>; rel="nextish"', None),
        ("", None),
        (None, None),
    ],
)
def test_the_next_page_is_found_as_platforms_write_it(header: str | None, expected: str | None) -> None:
    assert paging.next_link(header, requested="http://localhost:8080/x") == expected


@pytest.mark.proves("security", 8)
@pytest.mark.parametrize(
    "target", ["https://localhost:8080/a", "http://localhost/a", "//evil.example/a", "http://[", "file:///a"]
)
def test_a_next_page_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(PlatformError, match="foreign_page"):
        paging.next_link(f"<{target}>; rel=next", requested="http://localhost:8080/x")


@pytest.mark.parametrize("header", ["<" * 60_000, "<a" * 30_000, "<a>" + '"' * 60_000, "<a>; rel" + " " * 60_000])
def test_a_header_of_sixty_thousand_brackets_is_read_at_once(header: str) -> None:
    began = time.process_time()
    assert paging.next_link(header, requested="http://localhost:8080/x") is None
    assert time.process_time() - began < 1
