"""The people of a circle: colleagues, and for those who may place people, who waits for a place."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import SelectChoice

from lti_tool import db, i18n
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.forms.people import PlacesForm, RoleForm
from lti_tool.models import Circle, Membership
from lti_tool.services import circles, copies, group_circles, kept_places, memberships
from lti_tool.views.base import page_asked, page_of, requires

bp = Blueprint("people", __name__, url_prefix="/circles/<int:circle_id>/people")

FEW, PAGE = 5, 10  # of those who wait: with a button each up to here, else ticked, so many on a page
MANY = 20  # members, from which on their list is folded


def _roles(circle: Circle) -> list[SelectChoice]:
    return [SelectChoice(role.key, i18n.programme_words(role.title)[0]) for role in circles.template(circle).roles]


def _role_form(circle: Circle) -> RoleForm:
    form = RoleForm()
    form.role.choices = _roles(circle)
    return form


def _places_form(circle: Circle) -> PlacesForm:
    form = PlacesForm()
    form.role.choices = _roles(circle)
    return form


def _membership(circle_id: int, membership_id: int) -> Membership:
    membership = memberships.get(membership_id, within=g.visit.reach)
    if membership.circle_id != circle_id:
        raise NotFoundError
    return membership


@bp.get("")
@requires(Permission.PLACE_PEOPLE)
def show(circle_id: int) -> ResponseReturnValue:
    """Who is here, and who waits for a place."""
    circle = circles.get(circle_id, within=g.visit.reach)
    return _page(circle, _places_form(circle))


def _page(circle: Circle, form: PlacesForm) -> ResponseReturnValue:
    waiting = memberships.waiting(circle)
    sources = group_circles.sources(circle)
    fed = group_circles.feeding(sources, waiting)
    asked_about = {one.person_id for one in waiting if kept_places.is_more_than_learner(one)}
    waiting.sort(key=lambda one: (one.person_id not in asked_about, one.id not in fed))  # the rest by name
    shown, page, more_waiting = page_of(waiting, size=PAGE)
    members = circles.members(circle)
    return render_template(
        "people/show.html",
        circle=circle,
        template=circles.template(circle),
        members=members,
        members_open=len(members) <= (FEW if waiting else MANY),
        gone=memberships.gone_from_course(circle),
        off_target=circles.off_target(circle),
        waiting=shown,
        page=page,
        more_waiting=more_waiting,
        tick=len(waiting) - len(asked_about) > FEW,
        fed=fed,
        sources=sources,
        began_anew=copies.began_anew(circle, waiting=len(waiting)),
        more_than_learners=asked_about,
        kept=kept_places.of(circle),
        usual=circles.usual_role(circle),
        set_up_course=g.visit.course if circles.may_set_up(g.visit.course, within=g.visit.reach) else None,
        form=form,
        ticked=form.people.data or (),
    )


@bp.post("/begun-anew/put-away")
@requires(Permission.PLACE_PEOPLE)
def put_away(circle_id: int) -> ResponseReturnValue:
    """Read and put away that the course seems to have begun anew."""
    copies.put_away(circles.get(circle_id, within=g.visit.reach))
    db.session.commit()
    flash(_("Put away. If the course is emptied again, you read it here again."))
    return redirect(url_for("people.show", circle_id=circle_id), code=303)


@bp.post("/place")
@requires(Permission.PLACE_PEOPLE)
def place_several(circle_id: int) -> ResponseReturnValue:
    """Give those who are ticked a place in one role."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = _places_form(circle)
    if not form.accepted():
        return _page(circle, form)
    placed = memberships.place_waiting(form.people.data or (), circle=circle, role=form.role.data, by=g.visit.person)
    db.session.commit()
    flash(ngettext("One person has a place now.", "%(num)s people have a place now.", placed))
    return redirect(url_for("people.show", circle_id=circle_id, page=page_asked()), code=303)


@bp.post("/<int:person_id>/place")
@requires(Permission.PLACE_PEOPLE)
def place(circle_id: int, person_id: int) -> ResponseReturnValue:
    """Give somebody who waits a place and a role."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = _role_form(circle)
    if form.accepted():
        person = memberships.waiting_person(person_id, circle=circle)
        memberships.place(person, circle=circle, role=form.role.data, by=g.visit.person)
        db.session.commit()
        flash(_("%(name)s has a place now.", name=person.display_name or _("Your colleague")))
    return redirect(url_for("people.show", circle_id=circle_id), code=303)


@bp.post("/kept-places/<int:person_id>/give")
@requires(Permission.PLACE_PEOPLE)
def give(circle_id: int, person_id: int) -> ResponseReturnValue:
    """Give a kept place by name, in the proposed role or another one."""
    circle = circles.get(circle_id, within=g.visit.reach)
    form = _role_form(circle)
    if form.accepted():
        kept = kept_places.get(person_id, circle=circle)
        kept_places.give(kept, role=form.role.data, by=g.visit.person)
        db.session.commit()
        flash(_("%(name)s has a place now.", name=kept.person.display_name or _("Your colleague")))
    return redirect(url_for("people.show", circle_id=circle_id), code=303)


@bp.post("/kept-places/<int:person_id>/give-up")
@requires(Permission.PLACE_PEOPLE)
def give_up(circle_id: int, person_id: int) -> ResponseReturnValue:
    """Keep a place no longer."""
    circle = circles.get(circle_id, within=g.visit.reach)
    kept_places.give_up(kept_places.get(person_id, circle=circle), by=g.visit.person)
    db.session.commit()
    flash(_("This place is kept no longer. The person waits for one again."))
    return redirect(url_for("people.show", circle_id=circle_id), code=303)


@bp.post("/members/<int:membership_id>/role")
@requires(Permission.PLACE_PEOPLE)
def change(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """Give a member another role."""
    membership = _membership(circle_id, membership_id)
    form = _role_form(membership.circle)
    if form.accepted():
        memberships.change_role(membership, role=form.role.data, by=g.visit.person)
        db.session.commit()
        flash(_("The role is changed."))
    return _on_from(membership)


@bp.post("/members/<int:membership_id>/end")
@requires(Permission.PLACE_PEOPLE)
def end(circle_id: int, membership_id: int) -> ResponseReturnValue:
    """Take a member out of the circle; her work stays hers."""
    membership = _membership(circle_id, membership_id)
    memberships.end(membership, by=g.visit.person)
    db.session.commit()
    flash(_("Done. What this person wrote stays theirs, and stays where they shared it."))
    return _on_from(membership)


def _on_from(membership: Membership) -> ResponseReturnValue:
    """Back to the people of the circle; who changed her own place may not see them any more."""
    if membership.person_id == g.visit.person.id:
        return redirect(url_for("circles.home"), code=303)
    return redirect(url_for("people.show", circle_id=membership.circle_id), code=303)
