"""What a person chooses for herself."""

import pytest

from lti_tool import db
from lti_tool.errors import RefusedError
from lti_tool.models import Person
from lti_tool.services import people
from tests import build


@pytest.fixture
def person(app: object) -> Person:
    return build.person(build.course(), "Ama Owusu")


def choose(person: Person, name: str) -> str:
    with db.work() as unit:
        here = unit.get_one(Person, person.id)
        people.choose_name(here, name=name)
        unit.commit()
        return here.display_name


@pytest.mark.parametrize(
    ("name", "read"), [("Efua", "Efua"), ("  Efua\n Mensah ", "Efua Mensah"), ("E\x07fua", "Efua"), ("", "Ama Owusu")]
)
def test_a_chosen_name_is_one_line_and_goes_before_the_lms_s(person: Person, name: str, read: str) -> None:
    assert choose(person, name) == read


@pytest.mark.parametrize(("name", "code"), [("x" * 81, "name_too_long"), ("…", "name_without_letter")])
def test_what_is_no_name_is_refused(person: Person, name: str, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        choose(person, name)


def test_marks_that_turn_other_names_round_are_left_out(person: Person) -> None:
    assert choose(person, "\u202eEfua\u2069") == "Efua"
