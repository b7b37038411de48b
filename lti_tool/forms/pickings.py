"""What an activity opens, and how it is called in the course."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectChoice, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from lti_tool.forms.base import Form, LongText, ShortText
from lti_tool.forms.meetings import YEARS, ZONES

TITLE, TEXT, CREDIT, OPENS, CLOSES, DONE = "title-", "text-", "credit-", "opens-", "closes-", "done-"
LONGEST_TITLE, LONGEST_TEXT = 250, 1000


class Ticks(SelectMultipleField):
    """Several of a list, each with a box to tick."""

    option_widget = CheckboxInput()


def choice_form(choices: Sequence[tuple[str, str]], *, several: bool, default: str = "") -> Form:
    """A form that asks what the activity opens: one of these (key, words), or several where the LMS takes several."""
    known = [SelectChoice(key, words) for key, words in choices]
    label, needed = _l("What should the activity open?"), [InputRequired(_l("Please choose one of these."))]
    if several:
        field: Any = Ticks(label, needed, choices=known, default=[default] if default else [])
    else:
        field = RadioField(label, needed, choices=known, default=default)
    return cast("Form", type("ChoiceForm", (Form,), {"open": field})())


@dataclass(frozen=True)
class Proposal:
    """One activity as proposed; `credit` says whether it may bring a column for credit."""

    title: str
    text: str
    credit: bool


class _NotBefore:
    """A later day than another field's, in a year that somebody means."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, form: Form, field: Any) -> None:
        first = form[self.other].data if self.other else None
        if isinstance(field.data, date) and field.data.year not in YEARS:
            raise ValidationError(_l("Please look at the year once more."))
        if isinstance(first, date) and isinstance(field.data, date) and field.data < first:
            raise ValidationError(_l("This day is before the first one."))


def words_form(proposals: Iterable[Proposal], *, windows: Sequence[str], zone: str) -> Form:
    """A form with title, text and days for each activity, and for all of them how they open, where the LMS asks."""
    fields: dict[str, Any] = {}
    for number, one in enumerate(proposals):
        opens = f"{OPENS}{number}"
        fields[f"{TITLE}{number}"] = ShortText(_l("Title"), [DataRequired()], longest=LONGEST_TITLE, default=one.title)
        fields[f"{TEXT}{number}"] = LongText(_l("A sentence about it"), longest=LONGEST_TEXT, default=one.text)
        if one.credit:
            fields[f"{CREDIT}{number}"] = BooleanField(_l("Credit for taking part goes to the course"), default=True)
        fields[opens] = DateField(_l("Open from"), [Optional(), _NotBefore("")])
        fields[f"{CLOSES}{number}"] = DateField(_l("Open until"), [Optional(), _NotBefore(opens)])
        fields[f"{DONE}{number}"] = DateField(_l("Meant to be done by"), [Optional(), _NotBefore(opens)])
    fields["time_zone"] = SelectField(_l("Time of which place"), choices=["UTC", *ZONES], default=zone)
    if windows:
        words = {"iframe": _l("Inside the course page"), "window": _l("In a window of its own")}
        known = [
            SelectChoice("", _l("As your course usually does")),
            *(SelectChoice(key, words[key]) for key in windows),
        ]
        fields["window"] = RadioField(_l("How it opens"), choices=known, default="")
    return cast("Form", type("WordsForm", (Form,), fields)())
