"""Giving a word on a colleague's work, and what becomes of it. Own words stay open to their writer wherever she is."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db, i18n
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.forms.feedbacks import AnswerForm, StepForm, levels_form, words_form
from lti_tool.models import Circle, EntryVersion, Feedback
from lti_tool.services import circles, entries, feedbacks, moves, offers, replies, reviews
from lti_tool.views.base import requires
from lti_tool.views.refusal_words import refusal

bp = Blueprint("feedbacks", __name__, url_prefix="/circles/<int:circle_id>/feedbacks")
FIRST = "first_step_missing"
DRAFTS = (feedbacks.S.INVITED, feedbacks.S.PASSED, feedbacks.S.WRITING)


@bp.app_context_processor
def _for_templates() -> dict[str, object]:
    """Give every page that shows a version what the parts of `feedbacks/` need."""
    if g.get("visit") is None:
        return {}
    return {"feedback_asked": _asked, "feedback_beside": _beside, "feedback_moves": _moves, "seen_by": seen_by}


def _asked(circle: Circle) -> list[offers.Offer]:
    return offers.of(circle, within=g.visit.reach)


def _beside(version: EntryVersion) -> reviews.Beside:
    return reviews.beside(version, within=g.visit.reach)


def _moves(feedback: Feedback) -> moves.Moves:
    return moves.of(feedback, within=g.visit.reach)


def seen_by(feedback: Feedback) -> str:
    """Who reads a feedback once it is sent, in one sentence."""
    readers = feedbacks.readers(feedback)
    people = [one.display_name or _("the author") for one in readers.authors]
    if readers.facilitators:
        people.append(_("the facilitator"))
    if readers.colleagues and readers.after_own:
        people.append(_("colleagues of your circle who have sent their own word on it"))
    elif readers.colleagues:
        people.append(_("colleagues of your circle"))
    names = i18n.listed(people)
    meeting = readers.meeting
    day = i18n.day(meeting.starts_at, meeting.time_zone) if meeting and meeting.starts_at else ""
    if feedback.state in DRAFTS:
        if day:
            said = _(
                "only you, until it is sent and your meeting on %(day)s has begun. Then: %(names)s.",
                day=day,
                names=names,
            )
        else:
            said = _("only you, until you send it. Then: %(names)s.", names=names)
        return str(said)
    if day:
        return str(_("only you, until your meeting on %(day)s has begun. Then: %(names)s.", day=day, names=names))
    return i18n.listed([_("you"), *people]) + "."


def found(circle_id: int, feedback_id: int) -> Feedback:
    """A feedback that the visitor may read, in the circle of the address."""
    feedback = feedbacks.get(feedback_id, within=g.visit.reach)
    if feedback.circle_id != circle_id:
        raise NotFoundError
    return feedback


def _own(circle_id: int, feedback_id: int) -> Feedback:
    feedback = feedbacks.get_own(feedback_id, within=g.visit.reach)
    if feedback.circle_id != circle_id:
        raise NotFoundError
    return feedback


def lead_to(endpoint: str, feedback: Feedback, **more: object) -> ResponseReturnValue:
    """On to another page of a feedback."""
    where = url_for(f"feedbacks.{endpoint}", circle_id=feedback.circle_id, feedback_id=feedback.id, **more)  # type: ignore[arg-type]
    return redirect(where, code=303)


def _where_it_stands(feedback: Feedback) -> ResponseReturnValue:
    """An author reads it beside her text, everybody else by itself."""
    if not feedbacks.is_author(feedback, g.visit.person):
        return lead_to("show", feedback)
    version = feedback.version
    where = url_for(
        "entries.version",
        circle_id=feedback.circle_id,
        entry_id=version.entry_id,
        number=version.number,
        _anchor=f"feedback-{feedback.id}",
    )
    return redirect(where, code=303)


@bp.get("")
@requires(Permission.GIVE_FEEDBACK)
def asked(circle_id: int) -> ResponseReturnValue:
    """What colleagues ask of me, and my own words to them."""
    circle = circles.get(circle_id, within=g.visit.reach)
    return render_template(
        "feedbacks/asked.html",
        circle=circle,
        asked=offers.of(circle, within=g.visit.reach),
        new_versions=reviews.new_versions(circle, within=g.visit.reach),
        written=feedbacks.written_by(circle, within=g.visit.reach),
        kept_words=feedbacks.kept(within=g.visit.reach),
        template=circles.template(circle),
    )


@bp.post("/on/<int:version_id>")
@requires(Permission.GIVE_FEEDBACK)
def begin(circle_id: int, version_id: int) -> ResponseReturnValue:
    """Offer to give a word."""
    version = entries.version(version_id, within=g.visit.reach)
    if version.entry.circle_id != circle_id:
        raise NotFoundError
    feedback = feedbacks.begin(version, by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    return lead_to("write" if feedback.state in DRAFTS else "show", feedback)


@bp.get("/<int:feedback_id>")
@requires(Permission.SIGNED_IN)
def show(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """One colleague's words and the thread under them."""
    feedback = found(circle_id, feedback_id)
    if feedback.state in DRAFTS:
        return lead_to("write", feedback)
    circle = feedbacks.circle_of(feedback)
    reach = g.visit.reach
    version, may_review = feedbacks.version(feedback, within=reach), reach.may(Permission.REVIEW_SHARED, circle.id)
    return render_template(
        "feedbacks/show.html",
        feedback=feedback,
        version=version,
        circle=circle,
        template=circles.template(circle),
        next=reviews.next_after(version, circle=circle, within=reach) if version and may_review else None,
    )


@bp.route("/<int:feedback_id>/write", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def write(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """One step of the protocol at a time, with the text beside it; every press keeps the words."""
    feedback = _own(circle_id, feedback_id)
    if feedback.state not in DRAFTS and request.method == "GET":
        return lead_to("show", feedback)
    form, number = _form(feedback)
    if not form.accepted():
        if "unsent" in request.args and number == 1:
            _say_what_to_mend(feedback, form)
        return _sheet(feedback, form, number)
    try:
        return _kept(feedback, form, number)
    except entries.EditionError:
        db.session.rollback()
        return _sheet(_own(circle_id, feedback_id), form, number, elsewhere=True), 409


def _form(feedback: Feedback) -> tuple[StepForm, int]:
    """The form of the step that is asked for, filled with what was saved, and the number of the step."""
    steps = feedbacks.steps(feedback)
    said = request.form if request.method == "POST" else request.args
    number = min(max(said.get("step", 1, type=int), 1), len(steps) + 1)
    if number > len(steps):
        kind = levels_form(circles.template(feedbacks.circle_of(feedback)).rubric)
    else:
        kind = words_form(steps[number - 1])
    known = {f"words-{key}": text for key, text in feedback.words.items()}
    known |= {f"level-{key}": level for key, level in feedback.levels.items()}
    return kind(data={**known, "step": number, "edition": feedback.edition}), number


def _kept(feedback: Feedback, form: StepForm, number: int) -> ResponseReturnValue:
    """Keep the words; then the next step, the one before, or off to the author."""
    _save(feedback, form)
    go = request.form.get("go", "next")
    obstacle = feedbacks.obstacle(feedback, within=g.visit.reach) if go == "send" else ""
    if go == "send" and not obstacle:
        feedbacks.send(feedback, by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    if go != "send":
        return lead_to("write", feedback, step=number - 1 if go == "back" else number + 1)
    if obstacle == FIRST:
        return lead_to("write", feedback, step=1, unsent=1, _anchor=_first_box(feedback))
    if obstacle:
        flash(_plainly(obstacle), "note")
        return lead_to("write", feedback, step=number)
    if feedback.waits:
        flash(_("Sent. Your colleague can read it from your next meeting on. You can take it back for a day."))
    else:
        flash(_("Sent. Your colleague can read it now. You can take it back for a day, until it is read."))
    return lead_to("show", feedback)


def _plainly(code: str) -> str:
    words = refusal(code)
    return f"{words.title}. {words.remedy}"


def _first_box(feedback: Feedback) -> str:
    return f"words-{feedbacks.steps(feedback)[0].key}"


def _say_what_to_mend(feedback: Feedback, form: StepForm) -> None:
    """Put beside the first box why it was not sent, as long as that is so."""
    if feedbacks.obstacle(feedback, within=g.visit.reach) == FIRST:
        form[_first_box(feedback)].errors = [_plainly(FIRST)]


def _save(feedback: Feedback, form: StepForm) -> None:
    edition: int = form.edition.data
    feedbacks.save(feedback, words=form.words, levels=form.levels, edition=edition, by=g.visit.person)


def _sheet(feedback: Feedback, form: StepForm, number: int, *, elsewhere: bool = False) -> str:
    circle = feedbacks.circle_of(feedback)
    template = circles.template(circle)
    if elsewhere:
        form.edition.data = feedback.edition
    return render_template(
        "feedbacks/write.html",
        feedback=feedback,
        version=feedbacks.version(feedback, within=g.visit.reach),
        circle=circle,
        template=template,
        form=form,
        number=number,
        steps=feedbacks.steps(feedback),
        elsewhere=elsewhere,
    )


@bp.post("/<int:feedback_id>/autosave")
@requires(Permission.SIGNED_IN)
def autosave(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Keep what is being typed; says which edition of the draft it is now."""
    feedback = _own(circle_id, feedback_id)
    form, _number = _form(feedback)
    if not form.accepted():
        return {"fields": {}}, 422
    _save(feedback, form)
    db.session.commit()
    return {"fields": {"edition": feedback.edition}}


@bp.post("/<int:feedback_id>/protocol")
@requires(Permission.SIGNED_IN)
def protocol(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Answer by another protocol."""
    feedback = _own(circle_id, feedback_id)
    feedbacks.choose_protocol(feedback, protocol=request.form.get("protocol", ""), by=g.visit.person)
    db.session.commit()
    return lead_to("write", feedback)


@bp.post("/<int:feedback_id>/pass")
@requires(Permission.SIGNED_IN)
def pass_on(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Let the next colleague be asked."""
    feedbacks.pass_on(_own(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("That is fine. Another colleague is asked."))
    return redirect(url_for("circles.show", circle_id=circle_id), code=303)


@bp.post("/<int:feedback_id>/take-back")
@requires(Permission.SIGNED_IN)
def take_back(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Make it a draft again."""
    feedback = feedbacks.take_back(_own(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("It is a draft again. Only you see it."))
    return lead_to("write", feedback)


@bp.post("/<int:feedback_id>/read")
@requires(Permission.SIGNED_IN)
def read(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Say that I read it."""
    feedback = replies.read(found(circle_id, feedback_id), by=g.visit.person, shown="shown" in request.form)
    db.session.commit()
    return _where_it_stands(feedback)


@bp.post("/<int:feedback_id>/replies")
@requires(Permission.SIGNED_IN)
def answer(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """Thanks, a question, what I will try, or a further word."""
    feedback, form = found(circle_id, feedback_id), AnswerForm()
    if not form.accepted():  # its box stands on several pages: a page of its own gives the words back
        raise RefusedError("words_too_long" if form.text.errors else "not_understood")
    kind, text = form.kind.data, form.text.data or ""
    if kind == replies.WORD:
        replies.add_word(feedback, text=text, by=g.visit.person, within=g.visit.reach)
    else:
        replies.answer(feedback, kind=kind, text=text, by=g.visit.person)
    db.session.commit()
    flash(_("Your words are there."))
    return _where_it_stands(feedback)


@bp.post("/<int:feedback_id>/close")
@requires(Permission.SIGNED_IN)
def close(circle_id: int, feedback_id: int) -> ResponseReturnValue:
    """End the thread."""
    feedback = replies.close(found(circle_id, feedback_id), by=g.visit.person)
    db.session.commit()
    flash(_("Closed. Everything stays here to read."))
    return _where_it_stands(feedback)
