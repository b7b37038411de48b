"""People of a circle."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from lti_tool.forms.base import Form


class RoleForm(Form):
    """A role of the circle's programme."""

    role = SelectField(_l("Role in the circle"))
