"""An author chooses what activities of the course open, in two short pages, and takes the answer back to the LMS."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db, i18n
from lti_tool.access import Permission
from lti_tool.forms import pickings as forms
from lti_tool.forms.base import Form
from lti_tool.lti.messages import LinkItem
from lti_tool.models import Picking
from lti_tool.services import links, pickings
from lti_tool.services.links import Linkable
from lti_tool.views import frames, link_words
from lti_tool.views.base import requires

bp = Blueprint("pickings", __name__, url_prefix="/pickings/<int:picking_id>")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def show(picking_id: int) -> ResponseReturnValue:
    """What should the activity open?"""
    picking = pickings.get(picking_id, within=g.visit.reach)
    pickings.refuse_answered(picking)
    if request.form.get("do") == "cancel":
        return _cancelled(picking)
    if not picking.terms["takes_activities"]:
        return render_template("pickings/nothing.html", picking=picking)
    things = _offered(picking)
    several = picking.terms["takes_several"] and len(things) > 1
    choices = [(one.resource, link_words.label(one)) for one in things]
    form = forms.choice_form(choices, several=several, default="" if several else things[0].resource)
    if form.accepted():
        chosen = form.data["open"]
        return redirect(url_for("pickings.words", picking_id=picking.id, open=chosen), code=303)
    kinds = {one.resource: "circle" if one.kind == "home" else one.kind for one in things}
    groups = [(link_words.LINKS[key], [one for one in form["open"] if kinds[one.data] == key]) for key in links.KINDS]
    return render_template("pickings/show.html", form=form, groups=groups, home=link_words.LINKS["home"], things=things)


@bp.route("/words", methods=["GET", "POST"], endpoint="words")
@requires(Permission.SIGNED_IN)
def name(picking_id: int) -> ResponseReturnValue:
    """How is it called in the course? Sending it signs the answer."""
    picking = pickings.get(picking_id, within=g.visit.reach)
    pickings.refuse_answered(picking)
    if request.form.get("do") == "cancel":
        return _cancelled(picking)
    asked = request.values.getlist("open")
    things = [one for one in _offered(picking) if one.resource in asked][
        : None if picking.terms["takes_several"] else 1
    ]
    if not things:
        return redirect(url_for("pickings.show", picking_id=picking.id), code=303)
    form = forms.words_form(
        [_proposal(picking, one, alone=len(things) == 1) for one in things],
        windows=picking.terms["windows"],
        zone="UTC",
    )
    if form.accepted():
        return _answered(picking, [_item(form, number, one) for number, one in enumerate(things)])
    return render_template("pickings/words.html", picking=picking, form=form, things=things, label_of=link_words.label)


@bp.get("/answer")
@requires(Permission.SIGNED_IN)
def answer(picking_id: int) -> ResponseReturnValue:
    """The one page of ours whose form leads elsewhere: to the address in the LMS's signed request."""
    picking = pickings.get(picking_id, within=g.visit.reach)
    given = pickings.answer_of(picking)
    if given is None:
        return redirect(url_for("pickings.show", picking_id=picking.id), code=303)
    g.form_action = " ".join(frames.origins_of([given.return_url]))
    return render_template("pickings/answer.html", answer=given, visitor_name=None)  # no second form on this page


def _offered(picking: Picking) -> list[Linkable]:
    return links.offered(pickings.course_of(picking), within=g.visit.reach)


def _proposal(picking: Picking, one: Linkable, *, alone: bool) -> forms.Proposal:
    """Our words; those that the LMS brings along stand for the whole tool, so they fit everybody's circle alone."""
    theirs = picking.terms if alone and one.kind == "home" else {"title": "", "text": ""}
    return forms.Proposal(
        title=(theirs["title"] or link_words.title(one))[: forms.LONGEST_TITLE],
        text=(theirs["text"] or i18n.programme_words(one.text)[0])[: forms.LONGEST_TEXT],
        credit=one.maximum is not None and picking.terms["takes_columns"],
    )


def _item(form: Form, number: int, one: Linkable) -> LinkItem:
    said, zone = form.values(), ZoneInfo(form.data["time_zone"])

    def moment(prefix: str, hour: time) -> datetime | None:
        day: date | None = said[f"{prefix}{number}"]
        return datetime.combine(day, hour, tzinfo=zone) if day else None

    last = time(23, 59, 59)
    return LinkItem(
        resource=one.resource,
        title=said[f"{forms.TITLE}{number}"],
        text=said[f"{forms.TEXT}{number}"],
        maximum=one.maximum if said.get(f"{forms.CREDIT}{number}") else None,
        opens_at=moment(forms.OPENS, time()),
        closes_at=moment(forms.CLOSES, last),
        done_by=moment(forms.DONE, last),
        window=said.get("window", ""),
    )


def _cancelled(picking: Picking) -> ResponseReturnValue:
    if picking.terms["takes_activities"]:
        return _answered(picking, [], msg=_("Nothing was chosen."), log="cancelled by the author")
    sorry = _("Learning Circles has activities only, and other content was asked for.")
    return _answered(picking, [], errormsg=sorry, errorlog="accept_types has no ltiResourceLink")


def _answered(picking: Picking, items: list[LinkItem], **says: str) -> ResponseReturnValue:
    pickings.answer(picking, items, says=says)
    db.session.commit()
    return redirect(url_for("pickings.answer", picking_id=picking.id), code=303)
