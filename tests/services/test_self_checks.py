"""What a self-check finds, asked of an LMS with each of its faults; and what of it is kept."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.wrappers import Response

from lti_tool import db
from lti_tool.access import Administration
from lti_tool.demo.people import INQUIRY
from lti_tool.models import AccessToken, Platform, SelfCheck
from lti_tool.services import connections, self_checks
from lti_tool.services.connections import Connection, Weight
from tests import school
from tests.conftest import PUBLIC
from tests.lti import ends
from tests.school import School

ALL = Administration(1)


@pytest.fixture(params=["moodle-4.5"])
def lms(request: pytest.FixtureRequest, app: Flask) -> Iterator[School]:
    """An LMS from which somebody came already."""
    with school.joined(app, request.param, public_url=PUBLIC) as made:
        made.open(school.FACILITATOR)
        made.work()
        yield made


def checked(lms: School) -> Connection:
    """Ask for a self-check, let the worker do it, and look."""
    with db.work() as unit:
        self_checks.ask_for(unit.scalars(sa.select(Platform)).one(), within=ALL)
        unit.commit()
    lms.work()
    with db.work(read_only=True):
        (found,) = connections.all(ALL)
    assert not found.check_under_way
    return found


def weighed(found: Connection) -> dict[str, Weight]:
    return {one.code: one.weight for one in found.found}


def test_all_is_well(lms: School) -> None:
    found = checked(lms)
    assert {code for code, weight in weighed(found).items() if weight is Weight.FAULT} == set()
    assert {"keys_read", "token_received", "roster_read", "columns_read"} <= set(weighed(found))
    assert found.headline.code == "launches"


FAULTS = {
    "keys_down": ("keys_unreachable", {"keys_down": True}),
    "token_refused": ("our_keys_not_asked", {"token_refused": True}),
    "roster_forbidden": ("roster_refused", {"roster_forbidden": True}),
    "clock_ahead": ("clock_ahead", {"clock_ahead": 240}),
    "down": ("keys_unreachable", {"down": True}),
    "garbled": ("keys_unreachable", {"garbled": True}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_name(lms: School, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, switches = FAULTS[fault]
    monkeypatch.setattr("lti_tool.lti.http.PAUSES", ())
    lms.lms.faults.set(**switches)
    found = checked(lms)
    assert weighed(found)[code] is Weight.FAULT
    assert found.headline.code == code
    lms.lms.faults.clear()
    assert not [one for one in checked(lms).found if one.weight is Weight.FAULT]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/redirected", "redirected"),
        ("/nothing", "keys_unreachable"),
        ("ftp://lms.example.org/keys", "address_refused"),
    ],
)
def test_keys_that_cannot_be_read_say_whose_affair_that_is(lms: School, address: str, code: str) -> None:
    with ends.serving(ends.Web().on("/redirected", Response(status=301))) as url:
        with db.work() as unit:
            unit.scalars(sa.select(Platform)).one().jwks_url = address if "://" in address else url + address
            unit.commit()
        assert weighed(checked(lms))[code] is Weight.FAULT


def test_the_clock_is_told_in_seconds(lms: School) -> None:
    lms.lms.faults.set(clock_ahead=240)
    (clock,) = [one for one in checked(lms).found if one.code.startswith("clock")]
    assert 236 <= int(clock.facts["seconds"]) <= 244


def test_nobody_on_the_roster_and_no_names_are_told_apart(lms: School) -> None:
    lms.lms.faults.set(empty_roster=True)
    assert weighed(checked(lms))["roster_empty"] is Weight.NOTE
    lms.lms.faults.clear()
    lms.lms.faults.set(hidden_names=True)
    assert weighed(checked(lms))["names_hidden"] is Weight.NOTE


@pytest.mark.parametrize("name", self_checks.probes.SCOPES)
def test_a_right_that_an_administrator_took_away_is_named(lms: School, name: str) -> None:
    with lms.lms.store.change() as state:
        state.tools[lms.client_id].scopes.remove(self_checks.probes.SCOPES[name])
    found = weighed(checked(lms))
    assert {code for code in found if code.startswith("no_scope_")} == {f"no_scope_{name}"}


def test_a_token_is_asked_anew_whatever_is_kept(lms: School) -> None:
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(AccessToken)).all(), "nothing was kept, so this proves nothing"
    lms.lms.faults.set(token_refused=True)
    assert "our_keys_not_asked" in weighed(checked(lms))


def test_a_platform_that_asked_for_our_keys_is_not_blamed_for_not_asking(
    lms: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for our keys while the token is asked for is taken for the LMS."""
    real = self_checks.probes.token

    def asked(deployment_id: int, scope: str) -> None:
        lms.app.test_client().get("/lti/jwks")
        real(deployment_id, scope)

    monkeypatch.setattr(self_checks.probes, "token", asked)
    lms.lms.faults.set(token_refused=True)
    assert "client_refused" in weighed(checked(lms))


def test_before_anybody_came_it_says_what_could_not_be_asked(app: Flask) -> None:
    with school.joined(app, public_url=PUBLIC) as made:
        found = checked(made)
    assert weighed(found)["no_course_yet"] is Weight.NOTE
    assert found.headline.code == "never_launched"


def test_nothing_of_anybody_is_kept(lms: School) -> None:
    checked(lms)
    with db.work(read_only=True) as unit:
        kept = json.dumps(unit.scalars(sa.select(SelfCheck)).one().findings)
    for person in INQUIRY.people:
        assert person.name not in kept
        assert person.email not in kept
    assert "eyJ" not in kept


def test_it_is_asked_once_while_it_is_under_way(lms: School) -> None:
    for _ in range(3):
        with db.work() as unit:
            self_checks.ask_for(unit.scalars(sa.select(Platform)).one(), within=ALL)
            unit.commit()
    assert [one.kind for one in lms.owed()].count("self_check") == 1
