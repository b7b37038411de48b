"""A copied course: whoever sets it up is asked once what becomes of the circles."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db, presets
from lti_tool.access import Permission
from lti_tool.services import copies, set_ups
from lti_tool.views.base import requires

bp = Blueprint("copies", __name__, url_prefix="/courses/<int:course_id>/copy")


@bp.get("")
@requires(Permission.SET_UP_COURSE)
def show(course_id: int) -> ResponseReturnValue:
    """The two answers, with what each of them means."""
    course = set_ups.course(course_id, within=g.visit.reach)
    if not course.copy_is_open:
        return redirect(url_for("set_ups.programme", course_id=course.id), code=303)
    asked = copies.question(course, within=g.visit.reach)
    programme = presets.get(asked.programme).title if asked.programme else None
    return render_template("copies/show.html", course=course, asked=asked, programme=programme)


@bp.post("/fresh")
@requires(Permission.SET_UP_COURSE)
def fresh(course_id: int) -> ResponseReturnValue:
    """New circles: on to set-up, which proposes the former programme."""
    course = set_ups.course(course_id, within=g.visit.reach)
    copies.begin_fresh(course, by=g.visit.person)
    db.session.commit()
    return redirect(url_for("set_ups.programme", course_id=course.id), code=303)


@bp.post("/carry-on")
@requires(Permission.SET_UP_COURSE)
def carry_on(course_id: int) -> ResponseReturnValue:
    """The former circles: the people of the copy wait for a place there."""
    course = set_ups.course(course_id, within=g.visit.reach)
    carried = copies.carry_on(course, by=g.visit.person, within=g.visit.reach)
    db.session.commit()
    flash(_("Your circles carry on in this course, too. Who is new waits for a place here."))
    return redirect(url_for("people.show", circle_id=carried[0].id), code=303)
