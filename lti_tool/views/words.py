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
    "invite_used": Words(
        _l("This registration address was used already"),
        _l("Each one registers one LMS, once."),
        _l("Ask whoever runs Learning Circles for another one (lti-tool invite)."),
    ),
    "invite_expired": Words(
        _l("This registration address has expired"),
        _l("It was good for seven days."),
        _l("Ask whoever runs Learning Circles for another one (lti-tool invite)."),
    ),
    "already_registered": Words(
        _l("This LMS is registered already"),
        _l("A registration is never replaced by another one. Nothing was changed."),
        _l("Remove the tool in your LMS first if you want to begin anew, or go on with the one there is."),
    ),
    "issuer_mismatch": Words(
        _l("The LMS’s answer names another address than its own"),
        _l("So we cannot tell whom we would register. Nothing was kept."),
        _l("Check the site address in the settings of your LMS, then register again."),
    ),
    "set_up_already": Words(
        _l("A colleague was faster: the circles are open"),
        _l("Nothing was made twice."),
        _l("Open the activity again from your course; a facilitator will give you your place."),
    ),
    "placed_already": Words(
        _l("This person has a place already"),
        _l("Nothing was changed."),
        _l("Look at the people of the circle to see the role."),
    ),
    "last_facilitator": Words(
        _l("Somebody has to look after the circle"),
        _l("This is the last person here who can give others a place. Nothing was changed."),
        _l("Make somebody else facilitator first."),
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
    return str(HAPPENED.get(template, UNKNOWN.happened))


_NOT_YET = _l("The people who look after your LMS still have to approve this connection. They can see that it waits.")
_BROWSER = _l("Your browser did not keep what it needs between two steps. Opening the activity once more often helps.")
_SIGN_IN = _l("Your LMS says that you are not signed in there any more.")
_TIME = _l("The message of your LMS came too late, or its clock and ours differ.")
_GENERAL = _l("The message of your LMS did not pass our checks, so we did not let it in.")
LAUNCH = {
    "platform_pending": _NOT_YET,
    "deployment_pending": _NOT_YET,
    "login_required": _SIGN_IN,
    "cookie_missing": _BROWSER,
    "browser_changed": _BROWSER,
    "state_unknown": _BROWSER,
    "state_expired": _TIME,
    "expired": _TIME,
    "issued_ahead": _TIME,
    "issued_long_ago": _TIME,
    "platform_unknown": _l("This LMS is not registered here. The administrator can register it with an invitation."),
    "keys_unreachable": _l("We could not reach your LMS to check its message."),
}


def launch_refusal(code: str) -> str:
    """Why a launch was not accepted, as a teacher can understand it; the code beside it is for the administrator."""
    return str(LAUNCH.get(code, _GENERAL))
