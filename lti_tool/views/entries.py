"""An entry: its authors' page to write, and its readers' page of what was shared. One address for both."""

from collections.abc import Callable

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import access, db, settings
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.forms import entries as entry_forms
from lti_tool.forms.base import number_in
from lti_tool.forms.entries import EntryForm, HoldForm
from lti_tool.forms.evidence import ACCEPTED
from lti_tool.models import Audience, Circle, Entry, EntryVersion, Evidence
from lti_tool.services import audiences, circles, entries, evidence, inquiries, kept_places
from lti_tool.views.base import requires
from lti_tool.views.refusal_words import plainly
from lti_tool.views.words import readers, state_of

bp = Blueprint("entries", __name__, url_prefix="/circles/<int:circle_id>/entries/<int:entry_id>")


@bp.url_value_preprocessor
def _read_past_large_files(_endpoint: str | None, _values: object) -> None:
    """A file that is too large to be kept is still read to its end, or the text sent with it would be lost."""
    request.max_content_length = settings.current().longest_request


@bp.get("")
@requires(Permission.SIGNED_IN)
def show(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """An author writes; everybody else reads the newest version she may read, if there is one."""
    try:
        entry = own(circle_id, entry_id)
    except NotFoundError:
        return _read(circle_id, entry_id)
    circle = entries.circle_of(entry)
    form = _form(entry, circle)
    if "unshared" in request.args:
        _say_what_to_mend(entry, form)
    return _write(entry, form, circle)


@bp.get("/versions/<int:number>")
@requires(Permission.SIGNED_IN)
def version(circle_id: int, entry_id: int, number: int) -> ResponseReturnValue:
    """One version as it was shared, with what colleagues said about it."""
    return _read(circle_id, entry_id, number)


@bp.post("")
@requires(Permission.SIGNED_IN)
def save(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Keep the text first, whichever button was pressed; then do what the button says."""
    entry = own(circle_id, entry_id)
    circle = entries.circle_of(entry)
    form = _form(entry, circle)
    if not form.accepted():
        return _write(entry, form, circle)
    try:
        entries.save(entry, **form.text(), by=g.visit.person)
        evidence.answer_all(entry, form.pupil_answers())
        db.session.commit()
    except entries.EditionError:
        return _conflict(circle_id, entry_id, form)
    if "X-Autosave" in request.headers:
        return jsonify(fields={"edition": entry.edition})
    return redirect(_do(entry, form), code=303)


@bp.post("/hold")
@requires(Permission.REVIEW_SHARED)
def hold(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Take an entry from the circle's eyes for a child's safety or privacy."""
    newest = _versions(circle_id, entry_id)[0]
    if not entries.may_hold(newest, within=g.visit.reach):
        raise NotFoundError
    form = HoldForm()
    if not form.accepted():
        return _read(circle_id, entry_id, hold_form=form)
    entries.hold(newest, reason=form.reason.data or "", by=g.visit.person)
    db.session.commit()
    flash(_("It is on hold. Its author reads your reason and can mend it and share it again."))
    return redirect(url_for("circles.show", circle_id=circle_id), code=303)


def own(circle_id: int, entry_id: int) -> Entry:
    """An entry that the visitor writes, in the circle of the address."""
    entry = entries.get_own(entry_id, within=g.visit.reach)
    if entry.circle_id != circle_id:
        raise NotFoundError
    return entry


def _versions(circle_id: int, entry_id: int) -> list[EntryVersion]:
    found = entries.versions(entry_id, within=g.visit.reach)
    if found[0].entry.circle_id != circle_id:
        raise NotFoundError
    return found


def _form(entry: Entry, circle: Circle, *, fresh: bool = False) -> EntryForm:
    template = circles.template(circle)
    return entry_forms.of(entry, template=template, evidence=entries.standing_evidence(entry), fresh=fresh)


def _write(entry: Entry, form: EntryForm, circle: Circle) -> str:
    template = circles.template(circle)
    stage = template.stage(entry.stage)
    authors = inquiries.authors(entry.inquiry_id)
    answered = inquiries.answers_to([entry.id]).get(entry.id, 0)
    return render_template(
        "entries/write.html",
        circle=circle,
        entry=entry,
        form=form,
        stage=stage,
        stages=template.stages,
        evidence=entries.standing_evidence(entry),
        kinds={one.key: one.title for one in template.evidence_types},
        accepted=ACCEPTED,
        largest=settings.current().largest_file,
        too_large=plainly("too_large"),
        authors=authors,
        me=g.visit.person_id,
        before=inquiries.turn_before(entry),
        left=entry_forms.words_left(form, stage),
        changed=entries.has_changed(entry),
        answered=answered,
        answered_version=inquiries.answered_version(entry),
        states=state_of(entry, entry.versions[-1] if entry.versions else None, answered),
        **_who_sees(entry, circle, [one.id for one in authors]),
    )


def _who_sees(entry: Entry, circle: Circle, authors: list[int]) -> dict[str, str]:
    """The sentence for the box, and the one for the button: the working text never follows the audience."""
    members = circles.members(circle)
    wider = entry.audience if entry.audience != Audience.PRIVATE else Audience.CIRCLE
    shared = access.who_sees(wider, members, authors=authors, expected=kept_places.readers(circle))
    return {
        "box_readers": readers(access.who_sees(Audience.PRIVATE, members, authors=authors)),
        "shared_readers": readers(shared, circles.template(circle)),
    }


def _conflict(circle_id: int, entry_id: int, mine: EntryForm) -> ResponseReturnValue:
    """Both texts side by side; nothing of either was changed."""
    db.session.rollback()
    entry = own(circle_id, entry_id)
    if "X-Autosave" in request.headers:
        return jsonify(fields={}), 409
    form = _form(entry, entries.circle_of(entry), fresh=True)
    return render_template("entries/conflict.html", entry=entry, form=form, mine=mine), 409


def _do(entry: Entry, form: EntryForm) -> str:
    """Add a chosen file and do what the pressed button says; the address of the page that follows."""
    address = url_for("entries.show", circle_id=entry.circle_id, entry_id=entry.id)
    wanted = "remove" if "remove" in request.form else request.form.get("do", "keep")
    try:
        if form.file.data or wanted == "add":
            added = _add(entry, form)
            address += f"#{_anchor(added)}" if wanted == "add" else ""
        said = DEEDS[wanted](entry, form) if wanted in DEEDS else ""
        db.session.commit()
    except RefusedError as error:
        db.session.rollback()
        saved = _form(entry, entries.circle_of(entry), fresh=True)
        if _say_what_to_mend(entry, saved) == error.code:  # the page says so beside the box, and begins there
            return url_for(
                "entries.show",
                circle_id=entry.circle_id,
                entry_id=entry.id,
                unshared=1,
                _anchor=saved.problems()[0].target,
            )
        flash(plainly(error.code), "note")
        return address
    if said:
        flash(said)
    return address


def _say_what_to_mend(entry: Entry, form: EntryForm) -> str:
    """Put why it cannot be shared beside the boxes that mend it; the code of what is said, "" where there are none."""
    code = entries.obstacle(entry, by=g.visit.person)
    boxes = form.to_mend(code)
    for box in boxes:
        box.errors = [plainly(code)]
    return code if boxes else ""


def _anchor(piece: Evidence) -> str:
    return f"evidence-{piece.id}"


def _add(entry: Entry, form: EntryForm) -> Evidence:
    if not form.file.data:
        raise RefusedError("file_missing")
    said = {"kind": form.kind.data or "", "title": form.title.data or "", "pupils": form.pupils.data or ""}
    with form.file.data.stream as file:
        added = evidence.add(entry, file=file, **said)
    db.session.commit()
    return added


def _keep(_entry: Entry, _form: EntryForm) -> str:
    return str(_("Your text is kept."))


def _share(entry: Entry, _form: EntryForm) -> str:
    entries.share(entry, by=g.visit.person)
    return str(_("Shared. You can take it back at any time."))


def _take_back(entry: Entry, _form: EntryForm) -> str:
    entries.take_back(entry, by=g.visit.person)
    return str(_("Taken back. Only you can see it now."))


def _conclude(entry: Entry, form: EntryForm) -> str:
    entries.conclude(entry, next_try=form.next_try.data or "", by=g.visit.person)
    return str(_("Concluded. Your next turn will begin with what you want to try."))


def _reopen(entry: Entry, _form: EntryForm) -> str:
    entries.reopen(entry, by=g.visit.person)
    return str(_("Open again."))


def _remove(entry: Entry, _form: EntryForm) -> str:
    piece = evidence.get_own(number_in(request.form.get("remove")), entry=entry)
    evidence.remove(piece)
    db.session.commit()
    evidence.forget(piece)
    return str(_("Removed, from everywhere."))


def _widen(entry: Entry, _form: EntryForm) -> str:
    audiences.widen(entry, by=g.visit.person)
    return str(_("Every circle of your programme can read it now. You can change that at any time."))


def _narrow(entry: Entry, _form: EntryForm) -> str:
    audiences.narrow(entry, by=g.visit.person)
    return str(_("Only your circle can read it now."))


DEEDS: dict[str, Callable[[Entry, EntryForm], str]] = {
    "keep": _keep,
    "share": _share,
    "take_back": _take_back,
    "widen": _widen,
    "narrow": _narrow,
    "conclude": _conclude,
    "reopen": _reopen,
    "remove": _remove,
}


def _read(circle_id: int, entry_id: int, number: int | None = None, *, hold_form: HoldForm | None = None) -> str:
    versions = _versions(circle_id, entry_id)
    chosen = next((one for one in versions if number in {None, one.number}), None)
    if chosen is None:
        raise NotFoundError
    circle = entries.circle_of(chosen.entry)
    template = circles.template(circle)
    authors = inquiries.authors(chosen.entry.inquiry_id)
    if g.visit.person_id not in {one.id for one in authors}:
        g.place = "circles"  # a colleague's work belongs to the circle, one's own to the inquiry
    return render_template(
        "entries/read.html",
        circle=circle,
        entry=chosen.entry,
        version=chosen,
        versions=versions,
        template=template,
        stage=template.stage(chosen.entry.stage),
        kinds={one.key: one.title for one in template.evidence_types},
        evidence=entries.standing_evidence(chosen),
        authors=authors,
        me=g.visit.person_id,
        hold_form=(hold_form or HoldForm(formdata=None)) if entries.may_hold(chosen, within=g.visit.reach) else None,
    )
