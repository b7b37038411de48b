"""Choosing a colleague of the circle."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField
from wtforms.validators import DataRequired

from lti_tool.forms.base import Form


class ColleagueForm(Form):
    """One of these colleagues; nobody is chosen already, since a slip would show a draft to the wrong one."""

    person = SelectField(_l("Which colleague?"), validators=[DataRequired()])


class AskForm(ColleagueForm):
    """The same, with an id of its own on the same page."""

    person = SelectField(_l("Whom do you ask?"), validators=[DataRequired()], id="asked")


def fill(form: ColleagueForm, people: Iterable[tuple[int, str]]) -> ColleagueForm:
    """The form with these people (number, name) to choose from."""
    known = [SelectChoice(str(number), name) for number, name in people]
    form.person.choices = [SelectChoice("", _l("Please choose")), *known] if known else []
    return form
