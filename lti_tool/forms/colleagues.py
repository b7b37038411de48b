"""Choosing a colleague of the circle."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField

from lti_tool.forms.base import Form


class ColleagueForm(Form):
    """One of these colleagues."""

    person = SelectField(_l("Which colleague?"), coerce=int)


class AskForm(ColleagueForm):
    """The same, with an id of its own on the same page."""

    person = SelectField(_l("Whom do you ask?"), coerce=int, id="asked")


def fill(form: ColleagueForm, people: Iterable[tuple[int, str]]) -> ColleagueForm:
    """The form with these people (number, name) to choose from."""
    form.person.choices = [SelectChoice(number, name) for number, name in people]
    return form
