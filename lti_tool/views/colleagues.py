"""With whom: a colleague who writes with the author, or one whom she asks for a word."""

from collections.abc import Iterable

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.forms.base import Form
from lti_tool.forms.colleagues import AskForm, ColleagueForm, fill
from lti_tool.models import Entry, Person
from lti_tool.services import circles, colleagues, entries, inquiries
from lti_tool.views.base import requires
from lti_tool.views.entries import own

bp = Blueprint("colleagues", __name__, url_prefix="/circles/<int:circle_id>/entries/<int:entry_id>/colleagues")


def _named(people: Iterable[Person]) -> list[tuple[int, str]]:
    return [(one.id, one.display_name or _("A colleague without a name here")) for one in people]


def _done(entry: Entry, sentence: str) -> ResponseReturnValue:
    db.session.commit()
    flash(sentence)
    return redirect(url_for("entries.show", circle_id=entry.circle_id, entry_id=entry.id), code=303)


@bp.get("")
@requires(Permission.WRITE_INQUIRY)
def show(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Who writes it, who could, and who could be asked for a word."""
    return _page(own(circle_id, entry_id))


def _page(entry: Entry, *, joining: Form | None = None, asking: Form | None = None) -> str:
    return render_template(
        "colleagues/show.html",
        entry=entry,
        stage=circles.template(entries.circle_of(entry)).stage(entry.stage),
        authors=inquiries.authors(entry.inquiry_id),
        me=g.visit.person,
        joining=joining or fill(ColleagueForm(formdata=None), _named(colleagues.may_join(entry))),
        asking=asking or fill(AskForm(formdata=None), _named(colleagues.may_be_asked(entry))),
    )


@bp.post("/authors")
@requires(Permission.WRITE_INQUIRY)
def join(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Write it with a colleague from now on."""
    entry = own(circle_id, entry_id)
    form = fill(ColleagueForm(), _named(colleagues.may_join(entry)))
    if not form.accepted():
        return _page(entry, joining=form)
    colleagues.write_with(entry, person_id=int(form.person.data), by=g.visit.person)
    return _done(entry, _("You write this together now. Your colleague finds it under “My inquiry”."))


@bp.post("/asked")
@requires(Permission.WRITE_INQUIRY)
def ask(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Ask one colleague for a word."""
    entry = own(circle_id, entry_id)
    form = fill(AskForm(), _named(colleagues.may_be_asked(entry)))
    if not form.accepted():
        return _page(entry, asking=form)
    colleagues.ask(entry, person_id=int(form.person.data), by=g.visit.person)
    return _done(entry, _("Your colleague is asked, and may pass."))


@bp.post("/leave")
@requires(Permission.WRITE_INQUIRY)
def leave(circle_id: int, entry_id: int) -> ResponseReturnValue:
    """Write it no longer; the others go on."""
    colleagues.leave(own(circle_id, entry_id), by=g.visit.person)
    db.session.commit()
    flash(_("The others go on with it."))
    return redirect(url_for("inquiries.show", circle_id=circle_id), code=303)
