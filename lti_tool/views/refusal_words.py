"""The sentences behind the codes: services refuse with a code, here it becomes words a teacher understands."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Words:
    """What happened, what is kept, what to do."""

    title: str
    happened: str
    remedy: str


NOTHING_LOST = _l("Every word is kept.")
BACK = _l("Go back to your circle.")
FOREIGN_FORM = Words(
    _l("This form did not come from our own page"),
    _l("To protect you, nothing was saved."),
    _l("Open the activity again from your course and send it from there."),
)
REFUSALS = {
    "foreign_form": FOREIGN_FORM,
    "unsigned_form": FOREIGN_FORM,
    # registrations
    "invite_unknown": Words(
        _l("We do not know this registration address"),
        _l("It is not whole, or not one of ours. Nothing was registered."),
        _l(
            "Copy it once more, to its last letter. Else ask whoever runs Learning Circles for another "
            "(lti-tool invite)."
        ),
    ),
    "invite_used": Words(
        _l("This registration address was used already"),
        _l("Each one registers one LMS, once."),
        _l("Ask whoever runs Learning Circles for another one (lti-tool invite)."),
    ),
    "invite_expired": Words(
        _l("This registration address has expired"),
        _l("It was good for seven days, unless somebody withdrew it before."),
        _l("Ask whoever runs Learning Circles for another one (lti-tool invite)."),
    ),
    "already_registered": Words(
        _l("This LMS is registered already"),
        _l("A registration is never replaced by another one. Nothing was changed."),
        _l(
            "Go on with the one there is. A tool that is removed and added again begins anew: nobody finds her circle "
            "there."
        ),
    ),
    "configuration_refused": Words(
        _l("What your LMS tells of itself cannot be used"),
        _l("One of its addresses is missing, does not begin with https, or leads into a private network."),
        _l("Check the site address in the settings of your LMS. For a laboratory, ask whoever runs Learning Circles."),
    ),
    "addresses_changed": Words(
        _l("Your LMS is known here at other addresses"),
        _l("An update never changes where a registration leads. Nothing was changed."),
        _l("If your LMS moved, ask whoever runs Learning Circles to write that down (lti-tool platforms move)."),
    ),
    "issuer_mismatch": Words(
        _l("The LMS’s answer names another address than its own"),
        _l("So we cannot tell whom we would register. Nothing was kept."),
        _l("Check the site address in the settings of your LMS, then register again."),
    ),
    # courses, circles and people
    "set_up_already": Words(
        _l("A colleague was faster: the circles are open"),
        _l("Nothing was made twice."),
        _l("Open the activity again from your course; a facilitator will give you your place."),
    ),
    "link_over": Words(
        _l("This link has had its time"),
        _l("It worked once, for a short while, so that nobody else can use it."),
        _l("Go back to where you pressed the button and press it again, or open the activity from your course."),
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
    "copy_answered": Words(
        _l("This was answered already"),
        _l("Somebody has said already what becomes of the circles of this course. Nothing was changed now."),
        _l("Open the activity again: it leads you to what was chosen."),
    ),
    "copy_of_others": Words(
        _l("These circles are looked after by somebody else"),
        _l("Only a facilitator of the former circles can let them carry on here. Nothing was changed."),
        _l("Ask one of them to open this activity, or begin anew with new circles."),
    ),
    # what an activity opens
    "links_not_offered": Words(
        _l("There is nothing to choose here"),
        _l("This place in your course takes other things than activities, and we have activities only."),
        _l("Add the circle where your course takes activities."),
    ),
    "authors_only": Words(
        _l("This is for those who look after the course"),
        _l("Only they choose which activities the course has. Nothing was changed."),
        _l("Open the activity that is there already, or ask who looks after the course to add one."),
    ),
    "picking_over": Words(
        _l("This page was open for a long time"),
        _l("Your course no longer waits for a choice from it. Nothing was added."),
        _l("Go back to your course and begin again where activities are added."),
    ),
    "picking_answered": Words(
        _l("You have chosen already"),
        _l("Your course takes one answer for each time it asks, and it has it."),
        _l("Go back to your course. To add more, begin again where activities are added."),
    ),
    "one_only": Words(
        _l("Your course takes one thing at a time"),
        _l("Nothing was added."),
        _l("Go back and choose one."),
    ),
    # entries and their files
    "circle_closed": Words(
        _l("This circle has ended"),
        _l("Everything in it stays readable, and nothing new can be added."),
        BACK,
    ),
    "first_prompt_missing": Words(
        _l("One answer is needed first"),
        _l("Your text is kept. Before you share it, please write something under the first question."),
        _l("A sentence is enough; all the others may stay empty."),
    ),
    "evidence_unanswered": Words(
        _l("One question about your evidence is open"),
        _l("Your text is kept. Sharing waits until every photo and file says whether pupils can be recognised in it."),
        _l("Answer below, or remove the piece."),
    ),
    "entry_concluded": Words(
        _l("You have concluded this"),
        _l("Your text is kept."),
        _l("Reopen it, then share it."),
    ),
    "stage_complete": Words(
        _l("You have written this stage already"),
        _l("The programme has no further turn of it."),
        _l("You can go on writing in the one that is there."),
    ),
    "too_many_files": Words(
        _l("There are many files here already"),
        _l("Your text is kept. The file was not added: there are as many here as colleagues can look at."),
        _l("Remove one that says less."),
    ),
    "file_missing": Words(
        _l("No file was chosen"), _l("Your text is kept. No file was chosen yet."), _l("Choose one, then add it.")
    ),
    "too_large": Words(
        _l("The file is too large"),
        _l("Your text is kept. The file was not added: it is too large."),
        _l("Choose a smaller picture, or photograph the page again with a lower quality."),
    ),
    "too_many_pixels": Words(
        _l("The picture is too large"),
        _l("Your text is kept. The picture was not added: it is too large."),
        _l("Take it again with a lower resolution."),
    ),
    "wrong_type": Words(
        _l("This kind of file cannot be shown here"),
        _l("Your text is kept. The file was not added: only pictures (JPEG, PNG, WebP) and PDFs can be shown here."),
        _l("Save it as a PDF, or photograph it."),
    ),
    "heic": Words(
        _l("This kind of photo cannot be shown everywhere"),
        _l("Your text is kept. The photo was not added: it is in a format (HEIC) that many phones cannot show."),
        _l("Send a screenshot of it, or set the camera of your phone to “most compatible”."),
    ),
    "broken": Words(
        _l("The file could not be read"),
        _l("Your text is kept. The file was not added: it could not be read to its end."),
        _l("Try once more, or take the picture again."),
    ),
    "pdf_locked": Words(
        _l("This PDF is locked"),
        _l("Your text is kept. The PDF was not added: it asks for a password."),
        _l("Save a copy without a password."),
    ),
    "too_many_pages": Words(
        _l("This PDF has very many pages"),
        _l("Your text is kept. The PDF was not added: it has more pages than colleagues can read."),
        _l("Save the pages that matter as a PDF of their own."),
    ),
    # words to each other
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
    "not_shared": Words(
        _l("This is not shared with your circle"),
        NOTHING_LOST,
        _l("Share it with your circle first."),
    ),
    "not_reworded": Words(
        _l("These are still the words that were put on hold"),
        NOTHING_LOST,
        _l("Say it another way, then send it."),
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
    "words_too_long": Words(
        _l("This is too long for one message"),
        _l("There is room for about ten pages. Nothing was sent."),
        _l("Copy your words and send them in parts."),
    ),
    "words_missing": Words(_l("There were no words yet"), _l("Nothing was sent."), _l("Go back and write a sentence.")),
    "lost_update": Words(
        _l("This was changed somewhere else, too"), NOTHING_LOST, _l("Open it again to see both texts.")
    ),
    "last_author": Words(
        _l("You write this alone"), _l("A text always has somebody it belongs to. Nothing was changed."), BACK
    ),
    # names and credit
    "name_too_long": Words(
        _l("This name is too long for its place"),
        _l("Nothing was changed."),
        _l("Write it with at most 80 characters."),
    ),
    "name_without_letter": Words(
        _l("A name needs a letter"),
        _l("Nothing was changed."),
        _l("Write it with at least one letter, or leave it empty."),
    ),
    "no_conflict": Words(
        _l("There is nothing to decide any more"),
        _l("The course and the circle agree by now, or somebody decided it a moment ago. Nothing was changed."),
        _l("Look at the page again to see where it stands."),
    ),
    "no_credit_here": Words(
        _l("No credit can be given here yet"),
        _l("The person has not opened the circle from the course, or the circle gives no credit."),
        _l("Ask the person to open the activity once."),
    ),
    # administrators
    "administrator_link_used": Words(
        _l("This administrator’s link opens nothing any more"),
        _l("It works once, within half an hour, and it was used or is older. Nothing was changed."),
        _l("Make another one with the command “lti-tool admin-link”, or open the activity in the LMS again."),
    ),
    "administration_framed": Words(
        _l("This opens in a window of its own only"),
        _l("Pages of administrators are never shown inside another page. Nothing was changed."),
        _l("Open the link in a new window or tab."),
    ),
    "key_waits": Words(
        _l("A new key is there already"),
        _l("It is published and waits for its turn. Nothing was changed."),
        _l("Look at the keys again: it signs by itself on its day."),
    ),
    "platform_blocked": Words(
        _l("This platform is blocked"),
        _l("Nobody comes in from there, and nothing was changed."),
        _l("End its block first, if it was a mistake."),
    ),
    "renewal_not_offered": Words(
        _l("This LMS takes no news of its registration"),
        _l("It gave no address for that when it registered the tool. Nothing was changed."),
        _l("Begin the registration again in the LMS, with a new invitation."),
    ),
}
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


def plainly(code: str) -> str:
    """A refusal in two sentences, for the page where it happened."""
    words = refusal(code)
    return f"{words.happened} {words.remedy}"


def happened(template: str) -> str:
    """Why a form could not be taken, in one sentence."""
    return str(HAPPENED.get(template, UNKNOWN.happened))


_NOT_YET = _l(
    "The people who look after Learning Circles still have to approve this connection. They can see that it waits."
)
_ENDED = _l("The people who look after Learning Circles have ended this connection. What you wrote is kept.")
_BROWSER = _l("Your browser did not keep what it needs between two steps. Opening the activity once more often helps.")
_SIGN_IN = _l("Your LMS says that you are not signed in there any more.")
_TIME = _l("The message of your LMS came too late, or its clock and ours differ.")
_GENERAL = _l("The message of your LMS did not pass our checks, so we did not let it in.")
LAUNCH = {
    "platform_pending": _NOT_YET,
    "deployment_pending": _NOT_YET,
    "platform_blocked": _ENDED,
    "deployment_blocked": _ENDED,
    "login_required": _SIGN_IN,
    "cookie_missing": _BROWSER,
    "browser_changed": _BROWSER,
    "state_unknown": _BROWSER,
    "state_expired": _TIME,
    "expired": _TIME,
    "issued_ahead": _TIME,
    "issued_long_ago": _TIME,
    "acting_for_another": _l(
        "You are acting as somebody else in your LMS. What she writes here is hers alone, so it opens for herself only."
    ),
    "platform_unknown": _l("This LMS is not registered here. The administrator can register it with an invitation."),
    "keys_unreachable": _l("We could not reach your LMS to check its message."),
}


def launch_refusal(code: str) -> str:
    """Why a launch was not accepted, as a teacher can understand it; the code beside it is for the administrator."""
    return str(LAUNCH.get(code, _GENERAL))
