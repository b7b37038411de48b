"""What an administrator says of a platform."""

import re

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, ValidationError

from lti_tool import settings
from lti_tool.forms.base import Form, LongText, ShortText

ORIGIN = re.compile(r"(https?)://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)


def lines(text: str | None) -> list[str]:
    """The entries of a box that takes one a line, each once."""
    return list(dict.fromkeys(line.strip().rstrip("/") for line in (text or "").splitlines() if line.strip()))


class PlatformForm(Form):
    """Its name, who else may frame us, and whom else its tokens may be for."""

    name = ShortText(_l("What you call this LMS"), [DataRequired()])
    frame_origins = LongText(_l("Further addresses whose pages may show the tool"))
    trusted_audiences = LongText(_l("Further audiences to trust"))

    def validate_frame_origins(self, field: LongText) -> None:
        """Each line is https://host and nothing after it: wider patterns would let strangers frame us."""
        lab = settings.current().allow_private_platforms
        for line in lines(field.data):
            found = ORIGIN.fullmatch(line)
            if found is None or not (lab or found[1].lower() == "https"):
                raise ValidationError(_l("Please write one address a line, like https://courses.example.org"))

    def validate_trusted_audiences(self, field: LongText) -> None:
        """An audience is one word."""
        if any(" " in line or len(line) > 255 for line in lines(field.data)):
            raise ValidationError(_l("Please write one audience a line, without spaces."))


class InviteForm(Form):
    """For whom an invitation is."""

    name = ShortText(_l("What you call this LMS"), [DataRequired()])
