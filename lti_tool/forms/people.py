"""People of a circle, and how somebody wants to be called."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import ValidationError

from lti_tool.forms.base import Form, ShortText


class RoleForm(Form):
    """A role of the circle's programme."""

    role = SelectField(_l("Role in the circle"))


def _has_a_letter(_form: Form, field: Any) -> None:
    if field.data and not any(c.isalpha() for c in field.data):
        raise ValidationError(_l("Please write a name with at least one letter, or leave this empty."))


class NameForm(Form):
    """How colleagues read a person's name."""

    name = ShortText(_l("How do you want to be called?"), [_has_a_letter], longest=80)
