"""Whether credit reached the course, for the facilitator; nothing else about anyone."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.forms.base import Form
from lti_tool.forms.credits import AwardForm, ModeForm, mode_form
from lti_tool.models import Circle
from lti_tool.services import circles, columns, credit_lines, credits
from lti_tool.views.base import page_of, requires
from lti_tool.views.privacy import holders

bp = Blueprint("credits", __name__, url_prefix="/circles/<int:circle_id>/credit")

FEW, PAGE = 5, 10  # people, from which on those are folded who need nothing; those who do, on a page
CREDIT_MODES = {
    "none": _l("Nothing. The course hears nothing about anyone."),
    "completed": _l("That a person took part, once everything planned is done."),
    "milestones": _l("How many of the planned steps a person has done, and which."),
    "certificate": _l("The certificate, once it is given. Never that it is not given yet."),
}
STRANGE = _l("The course’s system answered in a way we do not know. Its administrator can help.")
GARBLED = _l("The course’s system answered in a way we do not understand.")
NOT_REACHED = _l("The course’s system could not be reached.")
NOT_ALLOWED = _l("The course’s system does not let this tool write there. Its administrator can change that.")
NOT_ACCEPTED = _l("The course’s system did not accept it for this person, who may have left the course.")
FAULTS = {
    "": _l("It goes out in a moment."),
    "platform_unreachable": NOT_REACHED,
    "platform_slow": NOT_REACHED,
    "platform_busy": NOT_REACHED,
    "platform_certificate": NOT_REACHED,
    "redirected": NOT_REACHED,
    "answer_not_json": GARBLED,
    "internal": _l("Something on our side went wrong."),
    "scope_refused": NOT_ALLOWED,
    "token_refused": NOT_ALLOWED,
    "token_not_accepted": NOT_ALLOWED,
    "columns_refused": NOT_ALLOWED,
    "column_refused": NOT_ALLOWED,
    "address_refused": NOT_ALLOWED,
    "client_refused": NOT_ALLOWED,
    "our_keys_unreachable": NOT_ALLOWED,
    "platform_blocked": _l("The connection to the course’s system is switched off. It goes out when it is on again."),
    "column_gone": _l("The column in the course was taken away."),
    "column_being_made": _l("The column in the course is just being made."),
    "no_column": _l("The course’s system offers no column for it."),
    "score_refused": NOT_ACCEPTED,
    "person_gone": _l(
        "The course’s system does not know this person there. It goes out by itself once the person is back."
    ),
    "newer_on_platform": _l("The course holds something else, written there later. Which of the two is to stand?"),
    "not_later_unread": _l(
        "The course already holds something as new as this, and does not let us look. It may be the same, or somebody "
        "changed it there. Please look in the course."
    ),
}
TRIED_AGAIN = {
    "platform_unreachable",
    "platform_slow",
    "platform_busy",
    "platform_certificate",
    "redirected",
    "answer_not_json",
    "internal",
}


def credit_modes() -> dict[str, str]:
    """What each way of giving credit means."""
    return {mode: str(words) for mode, words in CREDIT_MODES.items()}


def delivery_fault(code: str) -> str:
    """Why something owed to the course has not arrived, in one sentence."""
    return str(FAULTS.get(code, STRANGE))


def what_happens(line: credit_lines.Line) -> str:
    """What comes next, where the sentence of the fault does not say it; empty where nothing comes by itself."""
    if line.state == "given_up":
        return _("We tried for two weeks and stopped. You can try again.")
    return _("It is tried again by itself.") if line.state == "waiting" and line.fault in TRIED_AGAIN else ""


@bp.get("")
@requires(Permission.SEE_CREDIT)
def show(circle_id: int) -> ResponseReturnValue:
    """Sent, waiting, refused and why, per person."""
    return _page(circles.get(circle_id, within=g.visit.reach))


def _page(circle: Circle, *, award_form: Form | None = None, awarding: int = 0) -> ResponseReturnValue:
    lines = credit_lines.of(circle) if circle.credit_mode != "none" else []
    asking, page, more_asking = page_of([line for line in lines if line.asks], size=PAGE)
    return render_template(
        "credits/show.html",
        circle=circle,
        lines=lines,
        asking=asking,
        page=page,
        more_asking=more_asking,
        folded=len(lines) > FEW,
        column_lost=any(line.fault == credits.COLUMN_GONE for line in lines),
        modes=circles.template(circle).credit.modes,
        mode_form=_mode_form(circle),
        mode_words=credit_modes(),
        award_form=award_form or AwardForm(formdata=None),
        awarding=awarding,
        fault_words=delivery_fault,
        what_happens=what_happens,
        readers=holders(Permission.SEE_CREDIT),
    )


def _mode_form(circle: Circle) -> ModeForm:
    offered: dict[str, str] = {mode: credit_modes()[mode] for mode in circles.template(circle).credit.modes}
    return mode_form(offered, chosen=circle.credit_mode, confirmed=circle.credit_confirmed)


def _done(circle_id: int, sentence: str) -> ResponseReturnValue:
    db.session.commit()
    flash(sentence)
    return _back(circle_id)


def _back(circle_id: int) -> ResponseReturnValue:
    return redirect(url_for("credits.show", circle_id=circle_id), code=303)


@bp.post("/confirm")
@requires(Permission.EARN_CREDIT)
def confirm_own(circle_id: int) -> ResponseReturnValue:
    """Say yes to one's own credit."""
    circle = circles.get(circle_id, within=g.visit.reach)
    credits.confirm(credits.own(circle, within=g.visit.reach), by=g.visit.person)
    db.session.commit()
    flash(_("Thank you. Your credit is on its way to the course."))
    return redirect(url_for("circles.show", circle_id=circle_id), code=303)


@bp.post("/members/<int:membership_id>/confirm")
@requires(Permission.SEE_CREDIT)
def confirm(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """Say yes for a member."""
    credits.confirm(credits.member_of(membership_id, within=g.visit.reach), by=g.visit.person)
    return _done(circle_id, _("It is on its way to the course."))


@bp.post("/members/<int:membership_id>/try-again")
@requires(Permission.SEE_CREDIT)
def try_again(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """Send it once more."""
    credit_lines.try_again(membership_id, within=g.visit.reach)
    return _done(circle_id, _("It is on its way again. Look here in a minute or two."))


@bp.post("/members/<int:membership_id>/keep-theirs")
@requires(Permission.SEE_CREDIT)
def keep_theirs(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """What the course holds stands."""
    credit_lines.keep_theirs(membership_id, by=g.visit.person, within=g.visit.reach)
    return _done(circle_id, _("What the course holds stands, until something new is to be sent for this person."))


@bp.post("/members/<int:membership_id>/send-ours")
@requires(Permission.SEE_CREDIT)
def send_ours(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """What the circle says replaces it."""
    credit_lines.send_ours(membership_id, by=g.visit.person, within=g.visit.reach)
    return _done(circle_id, _("It is on its way again. Look here in a minute or two."))


@bp.post("/column")
@requires(Permission.SEE_CREDIT)
def column(circle_id: int) -> ResponseReturnValue:
    """Make the column again that was taken away."""
    columns.make_again(circles.get(circle_id, within=g.visit.reach), by=g.visit.person)
    return _done(
        circle_id, _("The column is made again, and everything in it is sent once more. Look here in a minute or two.")
    )


@bp.post("/members/<int:membership_id>/award")
@requires(Permission.SEE_CREDIT)
def award(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """Give credit by hand, with a reason."""
    circle, form = circles.get(circle_id, within=g.visit.reach), AwardForm()
    if not form.accepted():
        return _page(circle, award_form=form, awarding=membership_id)
    credits.award(membership_id, reason=form.reason.data or "", by=g.visit.person, within=g.visit.reach)
    return _done(circle_id, _("Given. It is on its way to the course."))


@bp.post("/mode")
@requires(Permission.SEE_CREDIT)
def mode(circle_id: int) -> ResponseReturnValue:
    """Choose what reaches the course."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = _mode_form(circle)
    if form.accepted():
        credits.choose_mode(circle, mode=form.mode.data, confirmed=form.confirmed.data, by=g.visit.person)
        return _done(circle_id, _("This holds from now on. What was sent before stays in the course."))
    return _back(circle_id)
