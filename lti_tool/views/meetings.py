"""Meetings and norms of a circle."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db, i18n
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.forms.base import Form
from lti_tool.forms.meetings import ZONES, FeedbackRulesForm, MeetingForm, NewMeetingForm, NormForm
from lti_tool.models import Circle, Meeting
from lti_tool.services import circles, meetings, norms
from lti_tool.views.base import requires
from lti_tool.views.privacy import holders

bp = Blueprint("meetings", __name__, url_prefix="/circles/<int:circle_id>/meetings")


@bp.get("")
@requires(Permission.SEE_MEETINGS)
def show(circle_id: int) -> ResponseReturnValue:
    """All meetings of the circle, and what it agreed on."""
    return _page(circles.get(circle_id, within=g.visit.reach))


def _page(circle: Circle, *, new_form: Form | None = None, norm_form: Form | None = None) -> ResponseReturnValue:
    return render_template(
        "meetings/show.html",
        circle=circle,
        meetings=meetings.of(circle),
        norms=norms.of(circle),
        new_form=new_form or NewMeetingForm(formdata=None),
        norm_form=norm_form or NormForm(formdata=None),
        rules_form=FeedbackRulesForm(
            formdata=None, data={"after_own": circle.feedback_after_own, "at_meeting": circle.feedback_at_meeting}
        ),
        readers=holders(Permission.SEE_MEETINGS),
    )


@bp.post("")
@requires(Permission.RUN_CIRCLE)
def new(circle_id: int) -> ResponseReturnValue:
    """Add a meeting to the plan."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = NewMeetingForm()
    if form.accepted():
        meeting = meetings.add(circle, **form.values())
        db.session.commit()
        return redirect(url_for("meetings.edit", circle_id=circle_id, meeting_id=meeting.id), code=303)
    return _page(circle, new_form=form)


@bp.route("/<int:meeting_id>", methods=["GET", "POST"])
@requires(Permission.RUN_CIRCLE)
def edit(circle_id: int, meeting_id: int) -> ResponseReturnValue:
    """Date, place, and whether it took place."""
    meeting = meetings.get(meeting_id, within=g.visit.reach)
    if meeting.circle_id != circle_id:
        raise NotFoundError  # the right to run is held in the circle of the address
    form = MeetingForm(data=_as_said(meeting))
    if form.accepted():
        said = form.values()
        starts_at = meetings.moment(said["day"], said["hour"], said["time_zone"]) if said["day"] else None
        where = {name: said[name] for name in ("time_zone", "place", "link", "minutes")}
        meetings.arrange(meeting, starts_at=starts_at, **where)
        meetings.record(meeting, held=said["held"], present=said["present"])
        db.session.commit()
        flash(_("The meeting is kept."))
        return redirect(url_for("meetings.show", circle_id=circle_id), code=303)
    begun = meeting.held or (meeting.starts_at is not None and meeting.starts_at <= db.now())
    readers = holders(Permission.SEE_MEETINGS)
    return render_template(
        "meetings/edit.html", meeting=meeting, form=form, circle_id=circle_id, begun=begun, readers=readers
    )


def _as_said(meeting: Meeting) -> dict[str, object]:
    local = meetings.local(meeting)
    kept = {name: getattr(meeting, name) for name in ("minutes", "place", "link", "held", "present")}
    when = {"day": local.date() if local else None, "hour": local.time() if local else None}
    country = i18n.territory(g.visit.person.locale)
    zone = meetings.usual_zone(meeting, country=country, otherwise=i18n.zone_of(country))
    return kept | when | {"time_zone": zone if zone in ZONES else meeting.time_zone}


@bp.post("/norms")
@requires(Permission.RUN_CIRCLE)
def agree(circle_id: int) -> ResponseReturnValue:
    """Write down what the circle agreed on."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = NormForm()
    if form.accepted():
        norms.agree(circle, text=form.text.data or "", on=db.now().date())
        db.session.commit()
        return redirect(url_for("meetings.show", circle_id=circle_id), code=303)
    return _page(circle, norm_form=form)


@bp.post("/feedback")
@requires(Permission.RUN_CIRCLE)
def agree_on_feedback(circle_id: int) -> ResponseReturnValue:
    """Keep how the circle gives feedback from now on."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = FeedbackRulesForm()
    if form.accepted():
        norms.agree_on_feedback(circle, **form.values(), by=g.visit.person)
        db.session.commit()
        flash(_("This holds for words that are begun from now on."))
    return redirect(url_for("meetings.show", circle_id=circle_id), code=303)


@bp.post("/norms/<int:norm_id>/end")
@requires(Permission.RUN_CIRCLE)
def end_norm(circle_id: int, norm_id: int) -> ResponseReturnValue:
    """The circle no longer holds to this."""
    norm = norms.get(norm_id, within=g.visit.reach)
    if norm.circle_id != circle_id:
        raise NotFoundError
    norms.end(norm)
    db.session.commit()
    return redirect(url_for("meetings.show", circle_id=circle_id), code=303)
