"""Meetings and norms of a circle."""

from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, TimeField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, Regexp, ValidationError

from lti_tool.forms.base import Form, ShortText, WholeNumber

ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
)
YEARS = range(2000, 2100)
ADDRESS = _l("Please write a whole web address, beginning with https://")
NEITHER = _l("Please give the day and the time, or neither.")


class MeetingForm(Form):
    """When and where a meeting is, and whether it took place."""

    day = DateField(_l("Day"), validators=[Optional()])
    hour = TimeField(_l("Time"), validators=[Optional()])
    time_zone = SelectField(_l("Time of which place"), choices=["UTC", *ZONES])
    minutes = WholeNumber(_l("Minutes"), validators=[InputRequired(), NumberRange(5, 1440)])
    place = ShortText(_l("Place"))
    link = ShortText(
        _l("Link for those who join online"), [Optional(), Regexp(r"^https?://\S+$", message=ADDRESS)], longest=500
    )
    held = BooleanField(_l("It took place"))
    present = WholeNumber(_l("How many came"), validators=[Optional(), NumberRange(0, 1000)])

    def validate_day(self, field: DateField) -> None:
        """A day has its hour; a slip of the finger in the year is seen at once."""
        if self.hour.data is None:
            raise ValidationError(NEITHER)
        if field.data is not None and field.data.year not in YEARS:
            raise ValidationError(_l("Please look at the year once more."))

    def validate_hour(self, _field: TimeField) -> None:
        """An hour has its day."""
        if self.day.data is None:
            raise ValidationError(NEITHER)


class NewMeetingForm(Form):
    """One more meeting."""

    title = ShortText(_l("What is it about?"), [DataRequired()])
    minutes = WholeNumber(_l("Minutes"), validators=[InputRequired(), NumberRange(5, 1440)], default=60)


class FeedbackRulesForm(Form):
    """How the circle gives feedback."""

    after_own = BooleanField(_l("Colleagues read each other’s words on a work only after sending their own"))
    at_meeting = BooleanField(_l("Words reach the author of the work at our next meeting, not at once"))


class NormForm(Form):
    """One thing the circle agreed on."""

    text = ShortText(_l("What did you agree on?"), [DataRequired()], longest=500)
