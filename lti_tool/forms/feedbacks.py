"""What colleagues write to each other: one step of a feedback, its sentences to choose from, answers, a hold."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice
from wtforms.validators import DataRequired, InputRequired

from lti_tool.forms.base import Form, LongText, number_in
from lti_tool.i18n import programme_text
from lti_tool.presets import Rubric, Step


class StepForm(Form):
    """One page of a feedback; which one, and on which edition of the draft it was opened."""

    step = HiddenField(filters=[number_in])
    edition = HiddenField(filters=[number_in])

    @property
    def words(self) -> dict[str, str]:
        """Protocol step -> text, of this page."""
        return {name.removeprefix("words-"): text for name, text in self.data.items() if name.startswith("words-")}

    @property
    def levels(self) -> dict[str, str]:
        """Criterion -> level, of this page; empty where nothing was chosen."""
        return {
            name.removeprefix("level-"): level or "" for name, level in self.data.items() if name.startswith("level-")
        }


def words_form(step: Step) -> type[StepForm]:
    """The form of one step of a protocol: its question and a box."""
    return type("WordsForm", (StepForm,), {f"words-{step.key}": LongText(programme_text(step.do))})


def levels_form(rubric: Rubric) -> type[StepForm]:
    """The rubric in sentences, one choice per criterion; none is required and none is a number."""
    fields = {}
    for criterion in rubric.criteria:
        sentences = [SelectChoice(level.key, programme_text(criterion.levels[level.key])) for level in rubric.levels]
        fields[f"level-{criterion.key}"] = RadioField(
            programme_text(criterion.title), choices=[*sentences, SelectChoice("", _l("I leave this open"))], default=""
        )
    return type("LevelsForm", (StepForm,), fields)


class AnswerForm(Form):
    """What an author answers, or a further word in the thread."""

    kind = HiddenField(default="word")
    text = LongText(_l("Your words"))


class HoldForm(Form):
    """Why a remark should not stand as it is."""

    kind = RadioField(
        _l("What is it about?"),
        choices=[
            SelectChoice("hurtful", _l("It hurts, or is about the person instead of the work.")),
            SelectChoice("privacy", _l("It tells too much about somebody.")),
            SelectChoice("child_safety", _l("A child may not be safe. The facilitator sees it at once.")),
        ],
        validators=[InputRequired(_l("Please choose one of these."))],
    )
    reason = LongText(_l("What would you like its writer to know?"), [DataRequired()])
