"""The form that all forms extend: who opened it, one sending, plain values, messages in our voice."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from uuid import uuid4

from flask import current_app, g, has_request_context, request
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import (
    FileField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import Length, Regexp, ValidationError

from lti_tool.text import clean

TECHNICAL = ("visit", "once")
OPEN_DAYS = 7  # a page may lie open that long and still be sent
BOX = re.compile(r"answer_|words-|(ask|next_try|text|reason|title|place)\Z")  # one word there is somebody's word, too
ONCE = re.compile(r"[0-9a-f]{32}\Z")
LONG = 20_000  # characters: ten pages, more than anyone writes here, less than a page can choke on

# WTForms' own sentences, said in our voice. A sentence that is missing here stays WTForms' own translation.
SAID = {
    "This field is required.": lazy_gettext("Please fill this in."),
    "Not a valid choice.": lazy_gettext("Please choose one of these."),
    "Not a valid choice": lazy_gettext("Please choose one of these."),
    "Invalid Choice: could not coerce.": lazy_gettext("Please choose one of these."),
    "Not a valid integer value.": lazy_gettext("Please write a whole number."),
    "Not a valid decimal value.": lazy_gettext("Please write a number."),
    "Not a valid date value.": lazy_gettext("Please write a day, like 2026-03-12."),
    "Not a valid time value.": lazy_gettext("Please write a time, like 16:00."),
    "Not a valid datetime value.": lazy_gettext("Please write a day and a time, like 2026-03-12 16:00."),
    "Invalid URL.": lazy_gettext("Please write a whole web address, beginning with https://"),
    "Invalid input.": lazy_gettext("Please look at this once more."),
}


class _OurVoice:
    """What WTForms asks for a translation: ours where we have one, else its own."""

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs

    def gettext(self, string: str) -> str:
        return str(SAID[string]) if string in SAID else str(self.theirs.gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(self.theirs.ngettext(singular, plural, n))


def _signer() -> URLSafeTimedSerializer:
    return _signer_with(*(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.secret_key)


@lru_cache(maxsize=4)
def _signer_with(*keys: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt="who opened this page")


def hidden_fields() -> dict[str, str]:
    """The technical fields of a form that is only a button: values by name."""
    return {"visit": _signed_visitor(), "once": uuid4().hex}


def _signed_visitor() -> str:
    visit = g.get("visit") if has_request_context() else None
    administrator = g.get("administrator") if has_request_context() else None
    if administrator is not None:
        return str(_signer().dumps([administrator.number]))
    return str(_signer().dumps(visit.person_id if visit else 0))


class VisitField(HiddenField):
    """Who opened the page, signed. It proves that the form is ours and that the same person sends it who opened it.

    Bound to the person and not to one sign-in, so that what was typed before a visit ended can be sent after the next.
    """

    def _value(self) -> str:
        return _signed_visitor()


class OnceField(HiddenField):
    """A key that this form carries the first time and every time it is sent again: what it asks for is done once."""

    def _value(self) -> str:
        return str(self.data) if ONCE.match(self.data or "") else uuid4().hex


def opened_by(form: Mapping[str, str]) -> int | None:
    """The id of the person whose page sent this form, None if nothing credible says."""
    number = _signed(form)
    return number if isinstance(number, int) and number else None


def opened_by_administrator(form: Mapping[str, str]) -> int | None:
    """The number of the administrator's link whose page sent this form, None if nothing credible says."""
    signed = _signed(form)
    return signed[0] if isinstance(signed, list) else None


def _signed(form: Mapping[str, str]) -> Any:
    try:
        return _signer().loads(form.get("visit", ""), max_age=OPEN_DAYS * 86_400)
    except BadData:
        return None


@dataclass(frozen=True)
class Problem:
    """One thing to mend before the form can be accepted; `target` is the id of the box, empty for the form itself."""

    target: str
    label: str
    sentence: str


class Form(FlaskForm):
    """A form of ours. Plain fields of the subclass are the form; two hidden ones are technical."""

    visit = VisitField("visit")  # a name nobody reads: without one WTForms opens its catalogue to translate it
    once = OnceField("once", validators=[Regexp(ONCE)])

    class Meta(FlaskForm.Meta):
        """`visit` is the token against forged forms; the guard checks it before any view (views/base.py)."""

        csrf = False

        def get_translations(self, form: FlaskForm) -> _OurVoice:
            """Messages in the page's language."""
            return _OurVoice(super().get_translations(form))

    def accepted(self) -> bool:
        """Whether this is a POST whose answers are all in order; if not, `problems()` says what to mend.

        The page that says so is a refusal, whichever view makes it (views/base.py).
        """
        if not has_request_context() or request.method != "POST":
            return False
        accepted = bool(self.validate())
        g.refused = not accepted
        return accepted

    def values(self) -> dict[str, Any]:
        """The answers by field name, without buttons and technical fields."""
        skipped = {name for name, field in self._fields.items() if isinstance(field, SubmitField)} | set(TECHNICAL)
        return {name: value for name, value in self.data.items() if name not in skipped}

    def problems(self) -> list[Problem]:
        """What to mend, in the order of the page; what is wrong with the page itself comes first."""
        found = [Problem("", "", str(sentence)) for sentence in self.form_errors]
        if any(self._fields[name].errors for name in TECHNICAL if name in self._fields):
            sentence = gettext("This page was open for a long time. Your words are all here: please send them again.")
            found.append(Problem("", "", sentence))
        for name, field in self._fields.items():
            if name not in TECHNICAL and field.errors:
                target = f"{field.id}-0" if isinstance(field, RadioField | SelectMultipleField) else field.id
                found.append(Problem(target, str(field.label.text), " ".join(map(str, _flat(field.errors)))))
        return found

    @property
    def has_files(self) -> bool:
        """Whether the form carries files and must be sent as multipart."""
        return any(isinstance(field, FileField | MultipleFileField) for field in self._fields.values())


def _flat(errors: Iterable[Any]) -> list[str]:
    return [str(e) for error in errors for e in (error if isinstance(error, list | tuple) else [error])]


class _CleanText:
    """Cleans what was typed before anything looks at it; too long a text is refused and stays in its box."""

    longest: ClassVar[int] = LONG

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), longest: int = 0, **options: Any) -> None:
        limit = NotLongerThan(longest or self.longest)
        filters: list[Callable[[Any], Any]] = [lambda text: clean(text or "")]
        super().__init__(label, [*validators, limit], filters=filters, **options)  # type: ignore[call-arg]


class NotLongerThan(Length):
    """At most so many characters. No `maxlength` in the page: it would cut a pasted text without a word."""

    def __init__(self, longest: int) -> None:
        super().__init__(max=longest)
        self.field_flags: dict[str, Any] = {}

    def __call__(self, _form: FlaskForm, field: Any) -> None:
        """Refuse a longer text in a sentence that says how much there is."""
        used = len(field.data or "")
        if used > self.max:
            raise ValidationError(
                gettext(
                    "There is room for %(room)s characters, this has %(used)s. Nothing is lost: please shorten it.",
                    room=self.max, used=used,
                )
            )  # fmt: skip


class LongText(_CleanText, TextAreaField):
    """A box for paragraphs."""


class ShortText(_CleanText, StringField):
    """A box for one line: line ends become spaces, outer spaces go."""

    data: str | None
    longest: ClassVar[int] = 200

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Make one line of what was typed or pasted."""
        super().process_formdata(valuelist)
        if self.data:
            self.data = " ".join(self.data.split())


class WholeNumber(IntegerField):
    """A box for a number; one too long for any row is no number, rather than one that arithmetic chokes on."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        if any(len(str(value).strip()) > 9 for value in valuelist):
            raise ValueError(self.gettext("Not a valid integer value."))
        super().process_formdata(valuelist)


def number_in(text: Any) -> int:
    """The number in a field that nobody sees; 0 for what is none, or too long for any row."""
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 10 else 0


@dataclass(frozen=True)
class Typed:
    """One thing a person typed, as it arrived."""

    name: str
    text: str


def typed_texts(form: Any) -> tuple[list[Typed], list[Typed]]:
    """What a refused POST carried: (texts worth showing, the small rest), so that nothing typed is ever lost."""
    sent = [(name, value) for name, value in form.items(multi=True) if name not in TECHNICAL and value.strip()]
    pairs = [Typed(name, clean(value)) for name, value in sent]
    texts = [one for one in pairs if BOX.match(one.name) or len(one.text.split()) > 1 or not one.text.isascii()]
    return texts, [typed for typed in pairs if typed not in texts]
