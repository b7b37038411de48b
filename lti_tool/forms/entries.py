"""Writing an entry: its prompts, what colleagues should look at, its evidence. Nothing in it is required."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, RadioField, SelectChoice, SelectField
from wtforms.validators import DataRequired, InputRequired

from lti_tool import i18n
from lti_tool.forms.base import Form, LongText, ShortText, number_in
from lti_tool.forms.evidence import PUPILS, QUESTION
from lti_tool.models import Entry, Evidence
from lti_tool.presets import Stage, Template
from lti_tool.text import count_words

ANSWER, PUPILS_OF = "answer_", "pupils_"
SHOWN = 3  # prompts on the page; the others are folded (H8)


class EntryForm(Form):
    """Every button of an entry's page sends this one form, so that no press of a button loses a typed word."""

    edition = HiddenField(filters=[number_in])
    ask = LongText(_l("What should colleagues look at?"), longest=2000)
    next_try = LongText(_l("What will I try next?"), longest=2000)
    file = FileField(_l("Photo or PDF"))
    kind = SelectField(_l("What is it?"), validate_choice=False)
    title = ShortText(_l("What does it show?"))
    pupils = RadioField(QUESTION, choices=PUPILS, validate_choice=False)

    @property
    def prompts(self) -> list[Field]:
        """The boxes of the stage's prompts, in order."""
        return [field for name, field in self._fields.items() if name.startswith(ANSWER)]

    @property
    def shown(self) -> list[Field]:
        """The first prompts."""
        return self.prompts[:SHOWN]

    @property
    def folded(self) -> list[Field]:
        """More to think about."""
        return self.prompts[SHOWN:]

    @property
    def words(self) -> int:
        """How many words were written for the stage so far."""
        return sum(count_words(field.data or "") for field in self.prompts)

    def pupils_of(self, evidence: Evidence) -> Field:
        """The question about pupils for a piece that is there already."""
        return self._fields[f"{PUPILS_OF}{evidence.id}"]

    def to_mend(self, code: str) -> list[Field]:
        """The boxes that a refusal to share is about; none where nothing on the page mends it."""
        if code == "first_prompt_missing":
            return self.prompts[:1]
        if code == "evidence_unanswered":
            return [field for name, field in self._fields.items() if name.startswith(PUPILS_OF) and not field.data]
        return []

    def text(self) -> dict[str, Any]:
        """Answers, ask, what she will try, and edition, as `entries.save` takes them."""
        return {
            "answers": {field.name.removeprefix(ANSWER): field.data or "" for field in self.prompts},
            "ask": self.ask.data or "",
            "next_try": self.next_try.data or "",
            "edition": self.edition.data,
        }

    def pupil_answers(self) -> dict[int, str]:
        """Number of a piece -> the answer about pupils, of those that were answered."""
        return {
            int(name.removeprefix(PUPILS_OF)): field.data
            for name, field in self._fields.items()
            if name.startswith(PUPILS_OF) and field.data
        }


def of(entry: Entry, *, template: Template, evidence: Iterable[Evidence], fresh: bool = False) -> EntryForm:
    """The form of this entry's stage, filled with its working text; `fresh` forgets what the request sent."""
    stage = template.stage(entry.stage)
    fields: dict[str, Any] = {
        f"{ANSWER}{prompt.key}": LongText(i18n.programme_words(prompt.text)[0]) for prompt in stage.prompts
    }
    said: dict[str, Any] = {f"{ANSWER}{key}": text for key, text in entry.answers.items()}
    for one in evidence:
        fields[f"{PUPILS_OF}{one.id}"] = RadioField(QUESTION, choices=PUPILS, validate_choice=False)
        said[f"{PUPILS_OF}{one.id}"] = one.pupils
    made = type("StageForm", (EntryForm,), fields)
    said |= {"ask": entry.ask, "next_try": entry.next_try, "edition": entry.edition}
    form: EntryForm = made(formdata=None, data=said) if fresh else made(data=said)
    form.kind.choices = [SelectChoice(one.key, i18n.programme_words(one.title)[0]) for one in template.evidence_types]
    return form


def words_left(form: EntryForm, stage: Stage) -> int | None:
    """How many words of the stage's measure are left, below 0 for more than that; None where there is no measure."""
    return None if stage.max_words is None else stage.max_words - form.words


class BeginForm(Form):
    """Begin a stage of an inquiry."""

    stage = HiddenField(validators=[InputRequired()])
    inquiry = HiddenField(filters=[number_in])


class HoldForm(Form):
    """Put a shared entry on hold."""

    reason = LongText(_l("What must be mended, in a sentence the author can act on"), [DataRequired()], longest=2000)
