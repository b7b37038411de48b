"""Set-up of a course: programme, people, circles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField
from wtforms.validators import DataRequired, InputRequired

from lti_tool.forms.base import Form, ShortText

ROLE = "role-"
SEAT = "seat-"
NAME = "name-"
GROUP = "group-"
AS_PROPOSED = "as-proposed"  # not the role's key: what was proposed when the page was opened may not hold when it comes


class ProgrammeForm(Form):
    """Which programme the circles follow."""

    programme = RadioField(_l("Programme"), validators=[InputRequired()])


@dataclass(frozen=True)
class Choice:
    """What is asked about one person: number, name, the role as it stands, and whether somebody gave it by name."""

    number: int
    name: str
    role: str
    by_name: bool


def people_form(people: Iterable[Choice], roles: Sequence[tuple[str, str]]) -> Form:
    """A form with one choice of role for each person; a proposal that is left as it is arrives as AS_PROPOSED."""
    fields: dict[str, Any] = {}
    for one in people:
        values = [(AS_PROPOSED if key == one.role and not one.by_name else key, title) for key, title in roles]
        chosen = one.role if one.by_name else AS_PROPOSED
        fields[f"{ROLE}{one.number}"] = SelectField(
            one.name, choices=[SelectChoice(*two) for two in values], default=chosen
        )
    return cast("Form", type("PeopleForm", (Form,), fields)())


def by_name(values: dict[str, Any]) -> dict[int, str]:
    """The roles that were given by name, by the person's number; who was left as proposed is not among them."""
    return {number: role for number, role in numbered(values, ROLE).items() if role != AS_PROPOSED}


def circles_form(names: Sequence[str], people: Iterable[tuple[int, str, int]], groups: Sequence[str] = ()) -> Form:
    """A form with one name for each circle, and one choice of circle for each (person number, name, position).

    `groups` are the keys of the LMS groups that feed the circles; they travel along with the page.
    """
    seats = [SelectChoice(str(position), f"{position + 1}. {name}") for position, name in enumerate(names)]
    seats.append(SelectChoice("", _l("not yet")))
    fields: dict[str, Any] = {
        f"{NAME}{position}": ShortText(
            _l("Name of circle %(number)s", number=position + 1), [DataRequired()], longest=120, default=name
        )
        for position, name in enumerate(names)
    }
    fields |= {
        f"{SEAT}{number}": SelectField(name, choices=seats, default=str(position) if position >= 0 else "")
        for number, name, position in people
    }
    fields |= {f"{GROUP}{position}": HiddenField("group", default=key) for position, key in enumerate(groups)}
    return cast("Form", type("CirclesForm", (Form,), fields)())


def numbered(values: dict[str, Any], prefix: str) -> dict[int, str]:
    """The answers of the fields that begin with this prefix, by their number."""
    return {int(name.removeprefix(prefix)): value for name, value in values.items() if name.startswith(prefix)}
