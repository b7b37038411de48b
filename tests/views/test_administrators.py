"""The door of administrators: once, in time, in a window of its own, and for nobody else."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.routing import Rule

from lti_tool import db
from lti_tool.access import ADMINISTERING, Permission
from lti_tool.errors import NotFoundError
from lti_tool.models import Administrator, AuditLine, Visit
from lti_tool.services import administrators, leftovers
from tests import administering, build
from tests.conftest import PUBLIC
from tests.reader import Reader

COOKIE = "__Host-circles-administration"


def count(model: type[db.Base]) -> int:
    with db.work(read_only=True) as unit:
        return unit.scalar(sa.select(sa.func.count()).select_from(model)) or 0


class TestTheLink:
    def test_opens_the_pages_in_this_browser_alone(self, app: Flask) -> None:
        reader = administering.whole(app)
        assert reader.page is not None
        assert "Platforms" in reader.page.text
        Reader(app, forbidden=()).open("/platforms", expect=401)

    def test_is_not_spent_by_looking_at_it(self, app: Flask) -> None:
        path = administering.link()
        for _ in range(3):
            Reader(app, forbidden=()).open(path)
        reader = Reader(app, forbidden=())
        reader.open(path)
        reader.press("Open the administrator’s pages")

    def test_works_once(self, app: Flask) -> None:
        path = administering.link()
        first, second = Reader(app, forbidden=()), Reader(app, forbidden=())
        first.open(path)
        second.open(path)
        first.press("Open the administrator’s pages")
        page = second.press("Open the administrator’s pages", expect=409)
        assert "opens nothing any more" in page.text
        second.open("/platforms", expect=401)

    def test_has_its_time(self, app: Flask) -> None:
        with time_machine.travel(db.now(), tick=True) as clock:
            reader = Reader(app, forbidden=())
            reader.open(administering.link())
            clock.shift(timedelta(minutes=31))
            reader.press("Open the administrator’s pages", expect=409)
            assert count(Administrator) == 1
            with db.work() as unit:
                leftovers.remove(db.now())
                unit.commit()
            assert count(Administrator) == 0

    def test_opens_for_eight_hours(self, app: Flask) -> None:
        with time_machine.travel(db.now(), tick=True) as clock:
            reader = administering.whole(app)
            clock.shift(timedelta(hours=7, minutes=59))
            reader.open("/platforms")
            clock.shift(timedelta(minutes=2))
            assert "administrator’s link" in reader.open("/platforms", expect=401).text

    def test_says_at_once_that_it_was_used_or_is_too_old(self, app: Flask) -> None:
        path = administering.link()
        reader = Reader(app, forbidden=())
        for _ in range(3):  # looking at it, as previews do, uses nothing up
            reader.open(path)
        reader.press("Open the administrator’s pages")
        assert "opens nothing any more" in Reader(app, forbidden=()).open(path, expect=400).text
        late = administering.link()
        with time_machine.travel(db.now() + timedelta(minutes=31), tick=True):
            assert "opens nothing any more" in Reader(app, forbidden=()).open(late, expect=400).text

    def test_and_its_cookie_are_kept_as_digests_alone(self, app: Flask) -> None:
        path = administering.link()
        reader = Reader(app, forbidden=())
        reader.open(path)
        reader.press("Open the administrator’s pages")
        cookie = reader.client.get_cookie(COOKIE, domain="circles.example.org")
        assert cookie is not None
        with db.work(read_only=True) as unit:
            row = unit.scalars(sa.select(Administrator)).one()
        kept = f"{row.token_hash} {row.session_hash}"
        assert path.rsplit("/", 1)[1] not in kept
        assert cookie.value not in kept

    def test_opens_only_in_a_window_of_its_own(self, app: Flask) -> None:
        reader = Reader(app, forbidden=())
        reader.open(administering.link())
        reader.headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
        page = reader.press("Open the administrator’s pages", expect=409)
        assert "window of its own" in page.text

    @pytest.mark.parametrize("headers", [{"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}])
    def test_is_not_used_by_a_page_of_others(self, app: Flask, headers: dict[str, str]) -> None:
        path = administering.link()
        answer = app.test_client().post(
            "/administrators/enter", data={"token": path.rsplit("/", 1)[1]}, headers=headers
        )
        assert answer.status_code == 409
        assert COOKIE not in str(answer.headers)

    def test_leaves_a_number_in_the_log_and_no_person(self, app: Flask) -> None:
        administering.whole(app)
        with db.work(read_only=True) as unit:
            line = unit.scalars(sa.select(AuditLine)).one()
        assert (line.verb, line.person_id, line.facts) == ("administrator.entered", None, {})
        assert line.administrator_id is not None

    def test_closes_again(self, app: Flask) -> None:
        reader = administering.whole(app)
        cookie = reader.client.get_cookie(COOKIE, domain="circles.example.org")
        assert cookie is not None
        reader.press("Close the administration")
        reader.open("/platforms", expect=401)
        other = Reader(app, forbidden=())
        other.client.set_cookie(COOKIE, cookie.value, domain="circles.example.org", secure=True)
        other.open("/platforms", expect=401)

    def test_cookie_is_no_third_partys(self, app: Flask) -> None:
        client = app.test_client()
        token = administering.link().rsplit("/", 1)[1]
        told = client.post("/administrators/enter", data={"token": token}).headers["Set-Cookie"]
        assert told.startswith(f"{COOKIE}=")
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in told
        assert "Partitioned" not in told


class TestTheLmsAdministrator:
    def test_finds_the_way_at_the_foot_of_a_page(self, app: Flask) -> None:
        reader, _person = administering.lms_administrator(app)
        assert "Look after the connection to this LMS" in reader.open("/circles").text

    def test_opens_her_own_platform_alone(self, app: Flask) -> None:
        own, other = build.course(), build.course()
        reader = administering.of_platform(app, own)
        reader.open(f"/platforms/{administering.platform_of(own)}")
        reader.open(f"/platforms/{administering.platform_of(other)}", expect=404)
        assert reader.open("/platforms").count('class="row"') == 1
        for path in ("/invites",):
            reader.open(path, expect=403)

    def test_goes_in_only_in_a_window_of_her_own(self, app: Flask) -> None:
        reader, _person = administering.lms_administrator(app)
        page = reader.open("/administrators/door")
        assert "Go on in a new window" in page.text
        framed = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
        page = reader.send("/administrators/door", headers=framed, expect=409)
        assert "window of its own" in page.text
        assert count(Administrator) == 0

    def test_goes_in_while_her_launch_still_stands_for_it(self, app: Flask) -> None:
        reader, _person = administering.lms_administrator(app)
        reader.headers = {"Sec-Fetch-Dest": "document"}
        reader.open("/administrators/door")
        with db.work() as unit:
            unit.execute(sa.update(Visit).values(administers=False))
            unit.commit()
        reader.press("Open the administrator’s pages", expect=403)
        with db.work() as unit, pytest.raises(NotFoundError):
            administrators.enter_from(unit.scalars(sa.select(Visit.id)).one())
        assert count(Administrator) == 0

    def test_is_out_when_the_platform_is_blocked(self, app: Flask) -> None:
        course = build.course()
        reader = administering.of_platform(app, course)
        chief = administering.whole(app)
        chief.open(f"/platforms/{administering.platform_of(course)}")
        chief.press("Block this platform")
        reader.open("/platforms", expect=401)

    def test_reads_no_word_of_any_circle(self, app: Flask) -> None:
        circle = build.circle()
        reader, person = administering.lms_administrator(app, build.course_of(circle))
        with db.work(read_only=True):
            assert build_reach(person) == ()
        reader.open(f"/circles/{circle.id}", expect=404)


def build_reach(person: object) -> tuple[object, ...]:
    from lti_tool.access import reach_of

    return reach_of(person.id).places  # type: ignore[attr-defined]


def test_nobody_else_finds_the_door(app: Flask, reader: Reader) -> None:
    reader.as_(build.member(build.circle(), "facilitator"))
    reader.open("/administrators/door", expect=403)
    assert "Look after the connection" not in reader.open("/circles").text


def administrative(app: Flask) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return [rule for rule in rules if app.view_functions[rule.endpoint].permission in ADMINISTERING]


@pytest.mark.parametrize("who", ["nobody", "teacher", "facilitator", "lms administrator", "of one platform"])
def test_role_and_page(app: Flask, reader: Reader, who: str) -> None:
    """Who does not administer is sent away from every page; who administers one platform, from all of the others."""
    circle, course = build.circle(), build.course()
    platform = administering.platform_of(course)
    if who == "lms administrator":
        reader = administering.lms_administrator(app)[0]
    elif who == "of one platform":
        reader = administering.of_platform(app)
    elif who != "nobody":
        reader.as_(build.member(circle, who))
    reader.forbidden = ()
    assert len(administrative(app)) > 10
    for rule in administrative(app):
        path = rule.build(dict.fromkeys(rule.arguments, platform))  # type: ignore[index]
        assert path is not None
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = reader.client.open(path[1], method=method, base_url=PUBLIC)
            wide = app.view_functions[rule.endpoint].permission is Permission.ADMINISTER_ALL  # type: ignore[attr-defined]
            wanted = {"nobody": 401, "of one platform": 403 if wide else None}.get(who, 403)
            if wanted is None:  # a form without its token is refused before anything is looked for
                wanted = 409 if method == "POST" else 404 if rule.arguments else 200
            assert answer.status_code == wanted, f"{method} {path[1]}"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path[1]


@pytest.mark.proves("security", 14)
def test_no_page_of_administrators_is_ever_framed(app: Flask) -> None:
    course = build.course()
    chief = administering.whole(app)
    own = f"/platforms/{administering.platform_of(course)}"
    for path in ("/platforms", own, "/invites", "/audit", administering.link()):
        assert "frame-ancestors 'none'" in chief.open(path).answer.headers["Content-Security-Policy"]
    of_the_lms = administering.of_platform(app, course)  # whose browser remembers the LMS that may frame other pages
    for path in ("/platforms", own):
        assert "frame-ancestors 'none'" in of_the_lms.open(path).answer.headers["Content-Security-Policy"]
    assert "frame-ancestors https://" in of_the_lms.open("/circles/forming").answer.headers["Content-Security-Policy"]


@pytest.mark.proves("security", 13)
def test_a_form_of_a_teacher_is_no_form_of_an_administrator(app: Flask, reader: Reader) -> None:
    """The two signs on a form are not taken for one another, whatever their numbers."""
    course = build.course()
    chief = administering.whole(app)
    member = build.member(build.circle(), "facilitator")
    reader.as_(member)
    stolen = re.findall(r'name="visit" value="([^"]+)"', reader.open("/circles"))[0]
    path = f"/platforms/{administering.platform_of(course)}/check"
    assert chief.client.post(path, data={"visit": stolen}).status_code == 409
    chief.open("/platforms")
    own = re.findall(r'name="visit" value="([^"]+)"', chief.page or "")[0]
    assert reader.client.post("/language", data={"visit": own, "language": "fr"}).status_code == 409


def test_no_address_of_these_pages_names_anybody(app: Flask) -> None:
    for rule in administrative(app):
        assert not {"person_id", "name", "mail"} & rule.arguments
