"""The facilitator's places: work that waits for a word and all that was said: a colleague reading, nobody watching."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.forms.entries import HoldForm
from lti_tool.services import circles, entries, holds, reviews
from lti_tool.views.base import page_asked, page_of, requires

bp = Blueprint("reviews", __name__, url_prefix="/circles/<int:circle_id>/reviews")

PAGE = 20  # pieces that wait


@bp.get("")
@requires(Permission.REVIEW_SHARED)
def show(circle_id: int) -> ResponseReturnValue:
    """Who needs a word from me? The oldest first."""
    circle = circles.get(circle_id, within=g.visit.reach)
    waiting, page, more = page_of(reviews.waiting(circle, within=g.visit.reach), size=PAGE)
    return render_template(
        "reviews/show.html",
        circle=circle,
        waiting=waiting,
        page=page,
        more=more,
        on_hold=holds.on_hold(circle, within=g.visit.reach),
        template=circles.template(circle),
    )


@bp.get("/versions/<int:version_id>")
@requires(Permission.REVIEW_SHARED)
def item(circle_id: int, version_id: int) -> ResponseReturnValue:
    """One piece of shared work with what was said about it, and the way to the next one that waits."""
    circle = circles.get(circle_id, within=g.visit.reach)
    version = entries.version(version_id, within=g.visit.reach)
    if version.entry.circle_id != circle.id:
        raise NotFoundError
    template = circles.template(circle)
    return render_template(
        "reviews/item.html",
        circle=circle,
        version=version,
        template=template,
        stage=template.stage(version.entry.stage),
        authors=reviews.authors(version),
        hold_form=HoldForm(formdata=None) if entries.may_hold(version, within=g.visit.reach) else None,
        next=reviews.next_after(version, circle=circle, within=g.visit.reach),
    )


@bp.get("/people/<int:person_id>")
@requires(Permission.REVIEW_SHARED)
def person(circle_id: int, person_id: int) -> ResponseReturnValue:
    """What one member shared with the circle; never a draft, never what she did."""
    circle = circles.get(circle_id, within=g.visit.reach)
    someone, works = reviews.shared_by(person_id, circle=circle, within=g.visit.reach)
    template = circles.template(circle)
    return render_template("reviews/person.html", circle=circle, person=someone, works=works, template=template)


@bp.get("/words")
@requires(Permission.REVIEW_SHARED)
def words(circle_id: int) -> ResponseReturnValue:
    """All that colleagues said to each other, in one place, a page at a time."""
    circle = circles.get(circle_id, within=g.visit.reach)
    page = page_asked()
    said, earlier = reviews.said(circle, within=g.visit.reach, page=page)
    facts = {"said": said, "page": page, "earlier": earlier, "template": circles.template(circle)}
    return render_template("reviews/words.html", circle=circle, **facts)
