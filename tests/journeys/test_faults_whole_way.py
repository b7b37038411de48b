"""The whole way from the first launch to the gradebook, in the manner of each LMS."""

import pytest
from flask import Flask

from tests import school
from tests.conftest import PUBLIC
from tests.school import PROFILES, TEACHERS, School


@pytest.mark.parametrize("profile", PROFILES)
def test_from_the_first_launch_to_the_gradebook(app: Flask, profile: str) -> None:
    with school.joined(app, profile, public_url=PUBLIC) as lms:
        circle = lms.set_up()
        entries = {person: lms.entry_of(lms.share(person)) for person in TEACHERS}
        lms.work()
        assert values(lms) == dict.fromkeys(TEACHERS, 1)
        lms.answer("teacher01", entries["teacher02"], level=True)
        lms.answer("teacher01", entries["teacher11"], level=True)
        assert lms.work() == (1, 0), "two words, one statement"
        assert values(lms) == {"teacher01": 2, "teacher02": 1, "teacher11": 1}
        (column,) = lms.columns
        assert (column.maximum, column.label) == (6, "Learning circle")
        page = lms.credit_page()
        assert page.count("Arrived in the course") == 3
        assert circle.name in lms.open("teacher01").page.text  # type: ignore[union-attr]
        assert lms.owed() == []


def values(lms: School) -> dict[str, float | None]:
    """What the gradebook holds; where an LMS counts attempts, ours are one at most."""
    found = {person: lms.cell(person) for person in TEACHERS}
    if lms.lms.quirks.name == "canvas":
        assert all(cell.attempts == 0 for cell in found.values() if cell), "every score opened another attempt"
    return {person: cell.given for person, cell in found.items() if cell}
