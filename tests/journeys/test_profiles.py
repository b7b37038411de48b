"""The whole way in the manner of each LMS: from its registration to the gradebook and to the review in place."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo import browser
from lti_tool.demo.opening import Kind
from lti_tool.demo.quirks import PROFILES
from lti_tool.lti import registry
from lti_tool.models import Deployment, Platform
from tests import school
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import COURSE, FACILITATOR, TEACHERS, School

DEPLOYED_LATER = {"canvas", "sakai"}  # by an administrator after the registration, or with each new site


@pytest.fixture(params=PROFILES)
def lms(app: Flask, request: pytest.FixtureRequest) -> Iterator[School]:
    """Each LMS, before it knows the tool."""
    with school.running(app, request.param) as made:
        yield made


def test_from_the_registration_to_the_gradebook(lms: School) -> None:
    register(lms)
    let_in(lms)
    circle = lms.set_up()
    entries = {person: lms.entry_of(lms.share(person)) for person in TEACHERS}
    lms.work()
    assert values(lms) == dict.fromkeys(TEACHERS, 1)
    lms.answer("teacher01", entries["teacher02"], level=True)
    lms.answer("teacher01", entries["teacher11"], level=True)
    assert lms.wait(7200)[0] >= 1
    assert values(lms) == {"teacher01": 2, "teacher02": 1, "teacher11": 1}
    (column,) = lms.columns
    assert (column.maximum, column.label, column.link_id) == (6, "Learning circle", column.link_id)
    read(lms, entries["teacher02"])
    review(lms)
    assert lms.credit_page().count("Arrived in the course") == 3
    assert circle.name in lms.open("teacher01").page.text  # type: ignore[union-attr]
    assert [one for one in lms.owed() if one.kind == "score"] == []


def register(lms: School) -> None:
    """By invitation where the LMS can, else by hand."""
    if lms.lms.quirks.registers:
        school.register_by_invitation(lms, public_url=PUBLIC)
    else:
        school.register_by_hand(lms, public_url=PUBLIC)
    with db.work(read_only=True) as unit:
        platform = unit.scalars(sa.select(Platform)).one()
    assert (platform.issuer, platform.product) == (lms.lms.issuer, lms.lms.quirks.family)


def let_in(lms: School) -> None:
    """The first launch; where its deployment is not known yet, an administrator lets it in."""
    answer = browser.launch(lms.lms, Reader(lms.app).client, person=FACILITATOR, course=COURSE, client_id=lms.client_id)
    later = lms.lms.quirks.name in DEPLOYED_LATER
    assert (answer.status_code == 303) is not later
    if later:
        with db.work() as unit:
            (waiting,) = unit.scalars(sa.select(Deployment).where(Deployment.approved_at.is_(None)))
            registry.approve(lms.lms.issuer, lms.client_id, waiting.deployment_id)
            unit.commit()


def values(lms: School) -> dict[str, float | None]:
    """What the gradebook holds. Where an LMS counts attempts or opens work again, ours does neither."""
    found = {person: cell for person in TEACHERS if (cell := lms.cell(person))}
    if lms.lms.quirks.name == "canvas":
        assert all(cell.attempts == 0 for cell in found.values()), "every score opened another attempt"
    assert not any(cell.reopened for cell in found.values()), "a score opened the work again"
    assert {cell.grading_progress for cell in found.values()} == {"FullyGraded"}
    return {person: cell.given for person, cell in found.items()}


def read(lms: School, entry: str) -> None:
    """The author reads what her colleague wrote, by a button."""
    author = lms.open("teacher02")
    assert school.WORD not in author.open(f"{entry}/versions/1").text
    assert school.WORD in author.press("Read it").text


def review(lms: School) -> None:
    """The facilitator opens a teacher's shared work from the gradebook, where the LMS has that."""
    if lms.lms.quirks.reviews:
        facilitator = lms.open(FACILITATOR, kind=Kind.REVIEW, of="teacher02")
        assert school.CONCERN in facilitator.page.text  # type: ignore[union-attr]
