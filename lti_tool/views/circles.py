"""My circle: what happens next, my next step, what colleagues shared. Each role sees its own part."""

from collections.abc import Sequence

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.access import Permission
from lti_tool.models import Circle
from lti_tool.services import (
    audiences,
    circles,
    copies,
    counts,
    credits,
    entries,
    feedbacks,
    inquiries,
    meetings,
    memberships,
    norms,
    offers,
    replies,
    reviews,
)
from lti_tool.views.base import page_asked, requires

bp = Blueprint("circles", __name__, url_prefix="/circles")
NEWEST, PAGE = 5, 20  # pieces of colleagues' work on the circle's page, and on a page of all of it


@bp.get("")
@requires(Permission.SIGNED_IN)
def home() -> ResponseReturnValue:
    """Lead a visitor to her circle, a choice of circles, set-up, or the waiting page."""
    if g.visit.course.copy_is_open:
        return _about_the_copy()
    landing = circles.landing(g.visit.activity, within=g.visit.reach)
    reviewed = request.args.get("review", type=int)
    own = (landing.circle,) if landing.circle is not None else landing.choice
    if reviewed and (here := reviews.circle_of(reviewed, among=own, within=g.visit.reach)) is not None:
        return redirect(url_for("reviews.person", circle_id=here.id, person_id=reviewed), code=303)
    if landing.circle is not None:
        return redirect(url_for("circles.show", circle_id=landing.circle.id), code=303)
    if landing.choice:
        return _choice(landing.choice)
    if landing.set_up:
        return redirect(url_for("set_ups.programme", course_id=g.visit.course.id), code=303)
    return redirect(url_for("circles.forming"), code=303)


@bp.get("/mine")
@requires(Permission.SIGNED_IN)
def mine() -> ResponseReturnValue:
    """Every circle of somebody in more than one, whichever the activity leads to."""
    own = circles.of(g.visit.reach)
    return _choice(own) if len(own) > 1 else redirect(url_for("circles.home"), code=303)


def _choice(own: Sequence[Circle]) -> str:
    labels = {one.id: circles.template(one).labels.my_circle for one in own}
    courses = circles.course_titles(g.visit.reach)
    return render_template("circles/home.html", choice=own, labels=labels, courses=courses)


def _about_the_copy() -> ResponseReturnValue:
    """Who sets up is asked once; until then everybody else waits, whatever circles she has elsewhere."""
    if copies.may_answer(g.visit.course, within=g.visit.reach):
        return redirect(url_for("copies.show", course_id=g.visit.course.id), code=303)
    return redirect(url_for("circles.forming"), code=303)


@bp.get("/forming")
@requires(Permission.SIGNED_IN)
def forming() -> ResponseReturnValue:
    """The kind waiting page of a person who is in no circle yet, with her own work if she has any."""
    copied = g.visit.course.copy_is_open
    return render_template(
        "circles/forming.html",
        kept=inquiries.kept(within=g.visit.reach),
        kept_words=feedbacks.kept(within=g.visit.reach),
        copied=copied,
        elsewhere=circles.of(g.visit.reach) if copied else (),
    )


@bp.get("/<int:circle_id>")
@requires(Permission.BELONG)
def show(circle_id: int) -> ResponseReturnValue:
    """One circle, by role: a colleague's page, or how the circle lives for those who never read a text."""
    reach = g.visit.reach
    circle = circles.get(circle_id, within=reach)
    facts: dict[str, object] = {"template": circles.template(circle), "several": len(reach.places) > 1}
    if reach.may(Permission.SEE_MEETINGS, circle_id):
        facts["meeting"] = meetings.next_of(circle)
    if reach.may(Permission.PLACE_PEOPLE, circle_id):
        facts["waiting"] = len(memberships.waiting(circle))
    if reach.may(Permission.REVIEW_SHARED, circle_id):
        facts["unanswered"] = reviews.unanswered(circle, within=reach)
    if not reach.may(Permission.WRITE_INQUIRY, circle_id):  # nothing else leads to what she wrote before
        facts["kept"] = inquiries.kept(within=reach)
    if not reach.may(Permission.GIVE_FEEDBACK, circle_id):
        facts["kept_words"] = feedbacks.kept(within=reach)
    if reach.may(Permission.READ_SHARED, circle_id):
        return _as_colleague(circle, **facts)
    if reach.may(Permission.SEE_COUNTS, circle_id):
        facts["counts"] = counts.of(circle)
    if reach.may(Permission.SEE_MEETINGS, circle_id):
        facts["norms"] = norms.of(circle)
    return render_template("circles/presence.html", circle=circle, **facts)


def _as_colleague(circle: Circle, **facts: object) -> str:
    """What happens next, my next step, who answered me, what colleagues shared, what is asked of me."""
    reach = g.visit.reach
    shared, earlier = entries.shared(circle, within=reach, limit=NEWEST)
    earns = circle.credit_confirmed and reach.may(Permission.EARN_CREDIT, circle.id)
    return render_template(
        "circles/show.html",
        circle=circle,
        credit_ready=earns and credits.ready(credits.own(circle, within=reach)),
        step=inquiries.next_step(circle, within=reach),
        shared=shared,
        earlier=earlier,
        news=replies.news(circle, within=reach),
        asked=offers.of(circle, within=reach),
        **facts,
    )


@bp.get("/<int:circle_id>/shared")
@requires(Permission.READ_SHARED)
def shared(circle_id: int) -> str:
    """All that colleagues shared with the circle, a page at a time, the newest first."""
    circle = circles.get(circle_id, within=g.visit.reach)
    page = page_asked()
    found, earlier = entries.shared(circle, within=g.visit.reach, limit=PAGE, page=page)
    return render_template("circles/shared.html", circle=circle, shared=found, page=page, earlier=earlier)


@bp.get("/<int:circle_id>/shared/elsewhere")
@requires(Permission.READ_SHARED)
def elsewhere(circle_id: int) -> str:
    """What other circles share with the whole programme, a page at a time, the newest first."""
    circle = circles.get(circle_id, within=g.visit.reach)
    page = page_asked()
    found, earlier = audiences.of_other_circles(within=g.visit.reach, limit=PAGE, page=page)
    return render_template("circles/elsewhere.html", circle=circle, shared=found, page=page, earlier=earlier)
