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
NOTHING_LOST = _l("Every word is kept.")
BACK = _l("Go back to your circle.")
REFUSALS |= {
    "moved_on": Words(_l("This has moved on meanwhile"), NOTHING_LOST, _l("Open it again to see where it stands.")),
    "read_already": Words(
        _l("It cannot be taken back any more"),
        _l("Your colleague has read it, or a day has passed."),
        _l("You can add a word in the thread."),
    ),
    "entry_gone": Words(
        _l("Your colleague took this work back for now"),
        _l("Your words are kept as a draft. Only you see them."),
        _l("You can send them when the work is shared again."),
    ),
    "not_a_member": Words(
        _l("You are not in this circle at the moment"),
        _l("Your words are kept. Only you see them."),
        _l("Ask the facilitator for a place if you want to send them."),
    ),
    "own_entry": Words(_l("This is your own work"), _l("Words on it come from colleagues."), BACK),
    "first_step_missing": Words(
        _l("The first question needs a word or two before this can go"),
        NOTHING_LOST,
        _l("A sentence is enough."),
    ),
    "unread": Words(_l("Please open the words first"), _l("Nothing was changed."), _l("Press “Read it”, then answer.")),
    "on_hold": Words(_l("These words are on hold"), _l("Until that is settled, nothing is added to them."), BACK),
    "not_on_hold": Words(_l("These words are not on hold"), _l("Somebody has settled it already."), BACK),
    "own_words": Words(
        _l("These are your own words"), _l("Nothing was changed."), _l("You can take them back while they are unread.")
    ),
    "reason_missing": Words(
        _l("A reason is needed"), _l("Nothing was changed."), _l("Say in a sentence what should be different.")
    ),
    "words_missing": Words(_l("There were no words yet"), _l("Nothing was sent."), _l("Go back and write a sentence.")),
    "lost_update": Words(
        _l("This was changed somewhere else, too"), NOTHING_LOST, _l("Open it again to see both texts.")
    ),
    "no_credit_here": Words(
        _l("No credit can be given here yet"),
        _l("The person has not opened the circle from the course, or the circle gives no credit."),
        _l("Ask the person to open the activity once."),
    ),
}
REFUSALS["reason_needed"] = REFUSALS["reason_missing"]
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


CREDIT_MODES = {
    "none": _l("Nothing. The course hears nothing about anyone."),
    "completed": _l("That a person took part, once everything planned is done."),
    "milestones": _l("How many of the planned steps a person has done."),
    "certificate": _l("The certificate, once it is given. Never that it is not given yet."),
}
STRANGE = _l("The course’s system answered in a way we do not know. Its administrator can help.")
NOT_REACHED = _l("The course’s system could not be reached. It is tried again by itself.")
NOT_ALLOWED = _l("The course’s system does not let this tool write there. Its administrator can change that.")
FAULTS = {
    "": _l("It goes out in a moment."),
    "platform_unreachable": NOT_REACHED,
    "platform_slow": NOT_REACHED,
    "platform_busy": NOT_REACHED,
    "internal": _l("Something on our side went wrong. It is tried again by itself."),
    "scope_refused": NOT_ALLOWED,
    "token_refused": NOT_ALLOWED,
    "token_not_accepted": NOT_ALLOWED,
    "columns_refused": NOT_ALLOWED,
    "column_refused": NOT_ALLOWED,
    "address_refused": NOT_ALLOWED,
    "column_gone": _l("The column in the course was taken away. A new one is made."),
    "column_being_made": _l("The column in the course is just being made."),
    "no_column": _l("The course’s system offers no column for it."),
    "score_refused": _l("The course’s system did not accept it for this person, who may have left the course."),
    "newer_on_platform": _l("Somebody changed it by hand in the course. That stands."),
}


def credit_modes() -> dict[str, str]:
    """What each way of giving credit means."""
    return {mode: str(words) for mode, words in CREDIT_MODES.items()}


def delivery_fault(code: str) -> str:
    """Why something owed to the course has not arrived, in one sentence."""
    return str(
        FAULTS.get(code, _l("The course’s system answered in a way we do not know. Its administrator can help."))
    )
