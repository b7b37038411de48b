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
    "signed_out": Words(
        _l("Please open this again from your course"),
        _l("You were away for a while, so this page no longer knows who you are."),
        _l("Go back to your course and open the activity there. What you wrote before is where you left it."),
    ),
    "other_person": Words(
        _l("This text belongs to somebody else’s page"),
        _l("The page was opened by one person, and another person is signed in here now. Nothing was saved."),
        _l("Copy the text if it is yours, open the activity from your own course, and put it there."),
    ),
    "lost_update": Words(
        _l("This was changed somewhere else meanwhile"),
        _l("Perhaps you have it open on another device, or a colleague who writes with you saved first."),
        _l("Your text is kept here. Open the page again beside it and put both together."),
    ),
    "forbidden": Words(
        _l("This part of the circle is not for your role"),
        _l("Each role in a circle sees its own part; teachers’ texts and feedback stay with those who share them."),
        _l("Go back to your circle. If you think your role is wrong, ask your facilitator."),
    ),
    "not_found": Words(
        _l("There is nothing here for you"),
        _l("The page may have moved, been taken back by its author, or belong to another circle."),
        _l("Go back to your circle."),
    ),
    "too_large": Words(
        _l("The file is too large"),
        _l("It was not added. Your entry is kept as it was."),
        _l("Choose a smaller picture, or photograph the page again with a lower quality."),
    ),
    "too_often": Words(
        _l("That was very often in a short time"),
        _l("To keep the service well for everybody, it waits a moment."),
        _l("Please try again in a minute."),
    ),
    "platform_fault": Words(
        _l("Your course platform did not answer"),
        _l("Nothing of yours is lost."),
        _l("Please try again in a few minutes."),
    ),
    "not_understood": Words(
        _l("This page could not be opened"),
        _l("The address or the form was not complete."),
        _l("Go back and try once more, or open the activity again from your course."),
    ),
    "fault": Words(
        _l("Something went wrong on our side"),
        _l("It is noted for those who run this service. What was saved before is safe."),
        _l("Please try again. If it happens again, tell your facilitator what you were doing."),
    ),
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


def refusal(code: str) -> Words:
    """The words for a refusal."""
    return REFUSALS.get(code, REFUSALS["not_understood"])
