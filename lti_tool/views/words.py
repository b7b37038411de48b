"""The sentences behind the codes: services refuse with a code, here it becomes words a teacher understands."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Words:
    """What happened, what is kept, what to do."""

    title: str
    happened: str
    remedy: str


REFUSALS = {
    "foreign_form": Words(
        _l("This form did not come from our own page"),
        _l("To protect you, nothing was saved."),
        _l("Open the activity again from your course and send it from there."),
    ),
    "circle_closed": Words(
        _l("This circle has ended"),
        _l("Everything in it stays readable, and nothing new can be added."),
        _l("Go back to your circle."),
    ),
}
REFUSALS["unsigned_form"] = REFUSALS["foreign_form"]
UNKNOWN = Words(
    _l("This could not be done"),
    _l("It does not fit what is there now. Nothing was changed."),
    _l("Go back to your circle and try once more."),
)
HAPPENED = {
    "401": _l("You were away for a while, so this page no longer knows who you are."),
    "other_person": _l("The page was opened by one person, and another person is signed in here now."),
    "409": _l("This was changed somewhere else meanwhile, perhaps on your other device or by a colleague."),
    "413": _l("The file is larger than we can take."),
    "429": _l("Many requests came from your address in a short time."),
}


def refusal(code: str) -> Words:
    """The words for a refusal."""
    return REFUSALS.get(code, UNKNOWN)


def happened(template: str) -> str:
    """Why a form could not be taken, in one sentence."""
    return HAPPENED.get(template, UNKNOWN.happened)


def launch_refusal(_code: str) -> str:
    """Why a launch was not accepted, in one sentence."""
    return UNKNOWN.happened
