"""Credit by hand, and how much of it leaves the circle."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from lti_tool.forms.base import Form, ShortText


class AwardForm(Form):
    """Full credit for a member, and why."""

    reason = ShortText(_l("Why? The reason is kept with your name."), [InputRequired()], longest=500)


class ModeForm(Form):
    """How credit is given in this circle."""

    mode = RadioField(_l("What reaches the course"))
