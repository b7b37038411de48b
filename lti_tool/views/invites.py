"""Invitations with which an LMS registers the tool by itself."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.forms.platforms import InviteForm
from lti_tool.services import invites
from lti_tool.views.base import requires

bp = Blueprint("invites", __name__, url_prefix="/invites")


@bp.get("")
@requires(Permission.ADMINISTER_ALL)
def index() -> ResponseReturnValue:
    """Those that can still be used; their addresses cannot be shown again."""
    return render_template("invites/index.html", invites=invites.unused(), form=InviteForm(formdata=None))


@bp.post("")
@requires(Permission.ADMINISTER_ALL)
def new() -> ResponseReturnValue:
    """Make one. Its address is shown once and cannot be read again from what is kept."""
    form = InviteForm()
    if not form.accepted():
        return render_template("invites/index.html", invites=invites.unused(), form=form)
    invite, address = invites.make(form.name.data or "", by=g.administrator)
    db.session.commit()
    flash(
        _(
            "Give the address below to the administrator of %(name)s. It works once, within seven days.",
            name=invite.name,
        )
    )
    flash(address, "address")
    return redirect(url_for("invites.index"), code=303)


@bp.post("/<int:invite_id>/withdraw")
@requires(Permission.ADMINISTER_ALL)
def withdraw(invite_id: int) -> ResponseReturnValue:
    """End one that was not used."""
    invites.withdraw(invite_id, by=g.administrator)
    db.session.commit()
    flash(_("Withdrawn. Nobody can register with it any more."))
    return redirect(url_for("invites.index"), code=303)
