"""What is kept of refusals and launches: one row for each kind and code, no person, whatever comes in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from lti_tool import db
from lti_tool.models import Sighting
from lti_tool.services import leftovers, sightings
from tests import build, school
from tests.conftest import PUBLIC
from tests.school import COURSE, School
from tests.test_costs import begun


def rows() -> list[Sighting]:
    with db.work(read_only=True) as unit:
        return list(unit.scalars(sa.select(Sighting).order_by(Sighting.id)))


def refusals() -> dict[str, int]:
    return {one.code: one.times for one in rows() if one.kind == sightings.REFUSAL}


def test_of_one_code_there_is_one_row_and_one_writing_a_second(app: Flask) -> None:
    platform = build.platform()
    with time_machine.travel(db.now(), tick=False) as clock:
        sightings.refused("expired", platform_id=platform.id)
        with begun() as transactions:
            for _ in range(50):
                sightings.refused("expired", platform_id=platform.id)
        assert all(transactions), "a flood would keep everybody else from writing"
        assert refusals() == {"expired": 1}
        clock.shift(timedelta(seconds=1))
        sightings.refused("expired", platform_id=platform.id)
    assert refusals() == {"expired": 2}


def test_a_launch_is_noted_once_a_minute(app: Flask) -> None:
    platform = build.platform()
    with time_machine.travel(db.now(), tick=False) as clock:
        for seconds in (0, 30, 29, 2):
            clock.shift(timedelta(seconds=seconds))
            with db.work() as unit:
                sightings.note(sightings.LAUNCH, platform_id=platform.id)
                unit.commit()
    assert [one.times for one in rows()] == [2]


def test_what_was_refused_is_forgotten_after_a_month(app: Flask) -> None:
    platform = build.platform()
    sightings.refused("expired", platform_id=platform.id)
    with db.work() as unit:
        sightings.note(sightings.LAUNCH, platform_id=platform.id)
        leftovers.remove(db.now() + timedelta(days=31))
        unit.commit()
    assert [one.kind for one in rows()] == [sightings.LAUNCH]


class TestOfARunningLms:
    @pytest.fixture
    def lms(self, app: Flask) -> Iterator[School]:
        with school.joined(app, public_url=PUBLIC) as made:
            yield made

    def launch(self, lms: School, **fields: str) -> int:
        """Begin a login and answer it with these fields in place of the right ones."""
        from lti_tool.demo import browser

        return browser.launch(
            lms.lms, lms.app.test_client(), person="teacher01", course=COURSE, client_id=lms.client_id, **fields
        ).status_code

    def test_a_launch_leaves_when_and_how_and_not_who(self, lms: School) -> None:
        lms.open("teacher01")
        seen = {(one.kind, one.code) for one in rows() if one.platform_id is not None}
        assert seen == {(sightings.LAUNCH, ""), (sightings.STORAGE, "cookie")}
        assert {column.name for column in Sighting.__table__.columns} == {
            "id", "platform_id", "kind", "code", "at", "times",
        }  # fmt: skip

    def test_a_refused_launch_leaves_its_code(self, lms: School) -> None:
        lms.lms.faults.set(clock_ahead=300)
        assert self.launch(lms) == 403
        assert refusals() == {"issued_ahead": 1}

    def test_a_login_of_a_platform_that_waits_leaves_its_code(self, lms: School) -> None:
        from lti_tool.models import Platform

        with db.work() as unit:
            unit.execute(sa.update(Platform).values(approved_at=None))
            unit.commit()
        told = {"iss": lms.lms.issuer, "client_id": lms.client_id, "login_hint": "8", "target_link_uri": PUBLIC}
        assert lms.app.test_client().get("/lti/login", query_string=told).status_code == 403
        assert refusals() == {"platform_pending": 1}

    def test_strangers_leave_nothing(self, lms: School) -> None:
        """Forged launches and logins of unknown platforms add no row at all (CVE-2026-34052)."""
        client = lms.app.test_client()
        for number in range(100):
            client.post("/lti/launch", data={"state": f"state-{number}", "id_token": "e30.e30.e30"})
            client.get("/lti/login", query_string={"iss": f"https://{number}.example.org", "login_hint": "8"})
        assert rows() == []

    def test_a_flood_against_a_known_platform_adds_one_row(self, lms: School) -> None:
        client = lms.app.test_client()
        told = {"iss": lms.lms.issuer, "client_id": lms.client_id, "login_hint": "8", "target_link_uri": PUBLIC}
        answer = client.get("/lti/login", query_string=told)
        state = answer.location.partition("state=")[2].partition("&")[0]
        for _ in range(100):
            assert client.post("/lti/launch", data={"state": state, "id_token": "no token"}).status_code == 403
        assert list(refusals()) == ["token_unreadable"]

    def test_our_keys_asked_for_by_anybody_are_one_row(self, lms: School) -> None:
        for _ in range(20):
            assert lms.app.test_client().get("/lti/jwks").status_code == 200
        assert [(one.kind, one.platform_id) for one in rows()] == [(sightings.KEYS, None)]
