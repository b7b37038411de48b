"""People of a circle, and how somebody wants to be called."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import CheckboxInput

from lti_tool.forms.base import Form, ShortText, number_in


class RoleForm(Form):
    """A role of the circle's programme."""

    role = SelectField(_l("Role in the circle"))


class PlacesForm(RoleForm):
    """One role for several who wait: whoever is ticked by name."""

    people = SelectMultipleField(
        _l("Who gets a place?"),
        [DataRequired(_l("Please tick at least one name."))],
        coerce=number_in,
        option_widget=CheckboxInput(),
        validate_choice=False,  # who has a place meanwhile keeps it
    )


def _has_a_letter(_form: Form, field: Any) -> None:
    if field.data and not any(c.isalpha() for c in field.data):
        raise ValidationError(_l("Please write a name with at least one letter, or leave this empty."))


class NameForm(Form):
    """How colleagues read a person's name."""

    name = ShortText(_l("How do you want to be called?"), [_has_a_letter], longest=80)
