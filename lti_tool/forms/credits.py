"""Credit by hand, and how much of it leaves the circle."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectChoice
from wtforms.validators import DataRequired

from lti_tool.forms.base import Form, ShortText


class AwardForm(Form):
    """Full credit for a member, and why."""

    reason = ShortText(_l("Why? The reason is kept with your name."), [DataRequired()], longest=500)


class ModeForm(Form):
    """How credit is given in this circle."""

    mode = RadioField(_l("What reaches the course"))
    confirmed = BooleanField(_l("Before it leaves, the person or a facilitator says yes"))


def mode_form(modes: Mapping[str, str], *, chosen: str, confirmed: bool) -> ModeForm:
    """The form with these modes, each in words."""
    form = ModeForm(data={"mode": chosen, "confirmed": confirmed})
    form.mode.choices = [SelectChoice(mode, words) for mode, words in modes.items()]
    return form
