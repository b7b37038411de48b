"""What a circle agreed on: kept, ended, never deleted."""

from datetime import date

import pytest

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Norm
from lti_tool.services import norms
from tests import build
from tests.services.writing import reach

DAY = date(2026, 3, 12)


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


def agree(circle: Circle, text: str) -> Norm:
    with db.work() as unit:
        norm = norms.agree(unit.get_one(Circle, circle.id), text=text, on=DAY)
        unit.commit()
    return norm


def test_what_holds_is_told_in_the_order_it_was_agreed(circle: Circle) -> None:
    for text in ("We start on time", "What is said here stays here"):
        agree(circle, text)
    agree(build.circle(), "Elsewhere")
    with db.work(read_only=True):
        assert [(one.text, one.agreed_on) for one in norms.of(circle)] == [
            ("We start on time", DAY),
            ("What is said here stays here", DAY),
        ]


def test_what_holds_no_longer_is_kept_as_history(circle: Circle) -> None:
    norm = agree(circle, "We start on time")
    with db.work() as unit:
        norms.end(unit.get_one(Norm, norm.id))
        unit.commit()
    with db.work(read_only=True) as unit:
        assert norms.of(circle) == []
        assert unit.get_one(Norm, norm.id).ended_at is not None


@pytest.mark.parametrize(("role", "runs"), [("facilitator", True), ("teacher", False), ("union_representative", False)])
def test_is_found_by_who_runs_the_circle(circle: Circle, role: str, runs: bool) -> None:
    norm, person = agree(circle, "We start on time"), build.member(circle, role)
    stranger = build.member(build.circle(), "facilitator")
    with db.work(read_only=True):
        if runs:
            assert norms.get(norm.id, within=reach(person)).id == norm.id
        else:
            with pytest.raises(NotFoundError):
                norms.get(norm.id, within=reach(person))
        with pytest.raises(NotFoundError):
            norms.get(norm.id, within=reach(stranger))


def test_a_circle_that_has_ended_agrees_on_nothing_more(app: object) -> None:
    with db.work(), pytest.raises(RefusedError, match="circle_closed"):
        norms.agree(build.circle(closed_at=now()), text="One more", on=DAY)
