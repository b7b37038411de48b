"""Your name here: how colleagues read the visitor, whatever the LMS says or hides."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.forms.people import NameForm
from lti_tool.services import people
from lti_tool.views.base import requires

bp = Blueprint("names", __name__, url_prefix="/name")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def edit() -> ResponseReturnValue:
    """Say how one wants to be called; left empty it is the name that the LMS gives."""
    person = g.visit.person
    form = NameForm(name=person.chosen_name)
    if form.accepted():
        people.choose_name(person, name=form.name.data or "")
        db.session.commit()
        flash(_("Colleagues read you as %(name)s now.", name=person.display_name or _("A colleague")))
        return redirect(url_for("circles.home"), code=303)
    return render_template("names/edit.html", form=form, person=person)
