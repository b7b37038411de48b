"""The first circles of a course, in three short steps."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from lti_tool import db, i18n, presets
from lti_tool.access import Permission
from lti_tool.forms import set_ups as forms
from lti_tool.forms.base import number_in
from lti_tool.models import Course, Person
from lti_tool.services import set_ups
from lti_tool.services.circles import left_alone
from lti_tool.views.base import requires

bp = Blueprint("set_ups", __name__, url_prefix="/courses/<int:course_id>/set-up")


@bp.route("/programme", methods=["GET", "POST"])
@requires(Permission.SET_UP_COURSE)
def programme(course_id: int) -> ResponseReturnValue:
    """Step 1: which programme."""
    course = set_ups.course(course_id, within=g.visit.reach)
    form = forms.ProgrammeForm(programme=set_ups.so_far(course).programme)
    form.programme.choices = [
        SelectChoice(key, i18n.programme_words(one.title)[0]) for key, one in presets.all().items()
    ]
    if form.accepted():
        set_ups.choose_programme(course, key=form.programme.data, by=g.visit.person)
        db.session.commit()
        return redirect(url_for("set_ups.people", course_id=course.id), code=303)
    return render_template("set_ups/programme.html", course=course, form=form, left_alone=left_alone(course))


@bp.post("/look-after")
@requires(Permission.SET_UP_COURSE)
def look_after(course_id: int) -> ResponseReturnValue:
    """Go on with a circle whose facilitators have left the course."""
    course = set_ups.course(course_id, within=g.visit.reach)
    circle = set_ups.look_after(course, circle_id=number_in(request.form.get("circle")), by=g.visit.person)
    db.session.commit()
    flash(_("You look after this circle now."))
    return redirect(url_for("people.show", circle_id=circle.id), code=303)


@bp.route("/people", methods=["GET", "POST"])
@requires(Permission.SET_UP_COURSE)
def people(course_id: int) -> ResponseReturnValue:
    """Step 2: who takes part in which role; nobody has one before somebody says so."""
    course = set_ups.course(course_id, within=g.visit.reach)
    preset = presets.get(set_ups.so_far(course).programme)
    found = [one for one in set_ups.candidates(course, by=g.visit.person) if one.person.id != g.visit.person.id]
    roles = [(role.key, i18n.programme_words(role.title)[0]) for role in preset.roles] + [("", _("Not placed yet"))]
    asked = [forms.Choice(one.person.id, _name_of(one.person), one.role, one.by_name) for one in found]
    form = forms.people_form(asked, roles)
    if form.accepted():
        set_ups.choose_roles(course, roles=forms.by_name(form.values()), by=g.visit.person)
        db.session.commit()
        return redirect(url_for("set_ups.circles", course_id=course.id), code=303)
    groups = [(title, [one for one in found if one.role == key]) for key, title in roles]
    return render_template("set_ups/people.html", course=course, form=form, groups=groups)


@bp.route("/circles", methods=["GET", "POST"])
@requires(Permission.SET_UP_COURSE)
def circles(course_id: int) -> ResponseReturnValue:
    """Step 3: the circles; completing it opens them."""
    course = set_ups.course(course_id, within=g.visit.reach)
    if request.method == "GET" and not set_ups.has_begun(course):
        return redirect(url_for("set_ups.programme", course_id=course.id), code=303)
    count = request.args.get("circles", type=int)
    plan = set_ups.proposal(
        course, by=g.visit.person, name=_pattern(course), how_many=_between(count, 1, 60),
        by_groups=request.args.get("by") == "groups", of_set=request.args.get("set", ""),
    )  # fmt: skip
    seats = [(one.person.id, _name_of(one.person), plan.seats.get(one.person.id, -1)) for one in plan.placed]
    form = forms.circles_form(plan.names, seats, plan.fed_by)
    if form.accepted():
        values = form.values()
        opened = set_ups.complete(
            course,
            names=list(forms.numbered(values, forms.NAME).values()),
            seats={person: int(seat) for person, seat in forms.numbered(values, forms.SEAT).items() if seat},
            by=g.visit.person,
            within=g.visit.reach,
            fed_by=list(forms.numbered(values, forms.GROUP).values()),
        )
        db.session.commit()
        flash(_("It is done: everybody with a place can come in now."))
        return redirect(url_for("circles.show", circle_id=opened[0].id), code=303)
    seated = [[one for one in plan.placed if plan.seats.get(one.person.id) == at] for at in range(len(plan.names))]
    unseated = [one for one in plan.placed if one.person.id not in plan.seats]
    return render_template(
        "set_ups/circles.html", course=course, form=form, seated=seated, unseated=unseated,
        by_groups=any(plan.fed_by), known=plan.known, sets=plan.sets, of_set=plan.of_set,
    )  # fmt: skip


def _name_of(person: Person) -> str:
    """Every choice needs a label, also where the LMS hides names."""
    return person.display_name or _("A colleague without a name here")


def _pattern(course: Course) -> str:
    """How proposed circles are called, in the programme's own word: "Learning circle {number}"."""
    labels = presets.get(set_ups.so_far(course).programme).labels
    word = i18n.programme_words(labels.circle)[0].replace("{", "").replace("}", "")
    return _("%(circle)s {number}", circle=word[:1].upper() + word[1:])


def _between(number: int | None, least: int, most: int) -> int | None:
    return None if number is None else max(least, min(number, most))
