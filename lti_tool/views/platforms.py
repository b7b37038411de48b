"""The platforms as their administrators see them: what works, what does not, and which side must change what."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db, settings
from lti_tool.access import Permission
from lti_tool.forms.platforms import PlatformForm, lines
from lti_tool.models import Platform
from lti_tool.services import connections, platform_facts, platforms, registrations, self_checks
from lti_tool.services.connections import Connection
from lti_tool.views import findings
from lti_tool.views.base import requires

bp = Blueprint("platforms", __name__, url_prefix="/platforms")


@bp.app_context_processor
def _words() -> dict[str, object]:
    """What the pages of administrators need, and no other page."""
    if g.get("administrator") is None:
        return {}
    return {
        "administrator": g.administrator,
        "laboratory": settings.current().allow_private_platforms,
        "remedy": findings.remedy,
        "finding_words": lambda found: findings.sentence(found.code, **found.facts),
        "step_words": findings.step,
        "storage_words": findings.storage,
    }


@bp.get("")
@requires(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """Every platform within this administration, one sentence each."""
    return render_template("platforms/index.html", connections=connections.all(g.administrator))


@bp.get("/<int:platform_id>")
@requires(Permission.ADMINISTER)
def show(platform_id: int) -> ResponseReturnValue:
    """One platform: the sentence, what to do, and everything else folded."""
    return _page(_found(platform_id))


def _found(platform_id: int) -> Connection:
    return connections.get(platform_id, within=g.administrator)


def _page(found: Connection, *, form: PlatformForm | None = None) -> ResponseReturnValue:
    own = found.platform
    said = PlatformForm(
        formdata=None,
        name=own.name,
        frame_origins="\n".join(own.frame_origins),
        trusted_audiences="\n".join(own.trusted_audiences),
    )
    return render_template(
        "platforms/show.html",
        connection=found,
        platform=own,
        renewal=registrations.renewal_of(own) if g.administrator.whole else None,
        form=form or said,
        editing=form is not None,
    )


def _done(platform: Platform, sentence: str) -> ResponseReturnValue:
    db.session.commit()
    flash(sentence)
    return redirect(url_for("platforms.show", platform_id=platform.id), code=303)


@bp.post("/<int:platform_id>")
@requires(Permission.ADMINISTER_ALL)
def change(platform_id: int) -> ResponseReturnValue:
    """Give it another name, let further pages frame the tool, trust further audiences."""
    found, form = _found(platform_id), PlatformForm()
    if not form.accepted():
        return _page(found, form=form)
    platform_facts.change(
        found.platform,
        name=form.name.data or "",
        frame_origins=lines(form.frame_origins.data),
        trusted_audiences=lines(form.trusted_audiences.data),
        by=g.administrator,
    )
    return _done(found.platform, _("Kept."))


@bp.post("/<int:platform_id>/approve")
@requires(Permission.ADMINISTER_ALL)
def approve(platform_id: int) -> ResponseReturnValue:
    """Let people in from this platform; a block ends with it."""
    platform = _found(platform_id).platform
    platforms.approve(platform, by=g.administrator)
    return _done(platform, _("Approved. People can come in from its approved deployments."))


@bp.post("/<int:platform_id>/block")
@requires(Permission.ADMINISTER_ALL)
def block(platform_id: int) -> ResponseReturnValue:
    """Let nobody in from this platform any more."""
    platform = _found(platform_id).platform
    platforms.block(platform, by=g.administrator)
    return _done(platform, _("Blocked. Nobody comes in from there; everything written is kept."))


@bp.post("/<int:platform_id>/accept-all")
@requires(Permission.ADMINISTER_ALL)
def accept_all(platform_id: int) -> ResponseReturnValue:
    """Let people in from every deployment, those to come included."""
    platform = _found(platform_id).platform
    platforms.accept_all(platform, by=g.administrator)
    return _done(platform, _("Every deployment of this platform is accepted from now on."))


@bp.post("/<int:platform_id>/accept-named")
@requires(Permission.ADMINISTER_ALL)
def accept_named(platform_id: int) -> ResponseReturnValue:
    """Ask again for each new deployment."""
    platform = _found(platform_id).platform
    platforms.accept_all(platform, by=g.administrator, accept=False)
    return _done(platform, _("New deployments wait for approval from now on."))


@bp.post("/<int:platform_id>/deployments/<int:deployment_id>/approve")
@requires(Permission.ADMINISTER)
def approve_deployment(platform_id: int, deployment_id: int) -> ResponseReturnValue:
    """Let people in from this deployment; who looks after the LMS alone may do that for a waiting one only."""
    platform = _found(platform_id).platform
    wanted = connections.deployment(deployment_id, of=platform, within=g.administrator)
    platforms.approve_deployment(platform, wanted.deployment_id, by=g.administrator)
    return _done(platform, _("Approved. People can come in from there now."))


@bp.post("/<int:platform_id>/deployments/<int:deployment_id>/block")
@requires(Permission.ADMINISTER_ALL)
def block_deployment(platform_id: int, deployment_id: int) -> ResponseReturnValue:
    """Let nobody in from this deployment any more."""
    platform = _found(platform_id).platform
    platforms.block_deployment(
        connections.deployment(deployment_id, of=platform, within=g.administrator), by=g.administrator
    )
    return _done(platform, _("Blocked. Nobody comes in from there; everything written is kept."))


@bp.post("/<int:platform_id>/check")
@requires(Permission.ADMINISTER)
def check(platform_id: int) -> ResponseReturnValue:
    """Let the worker ask the platform everything; the page shows what it heard when it is done."""
    platform = _found(platform_id).platform
    self_checks.ask_for(platform, within=g.administrator)
    return _done(platform, _("The check is under way. Look here again in half a minute."))


@bp.post("/<int:platform_id>/renew")
@requires(Permission.ADMINISTER_ALL)
def renew(platform_id: int) -> ResponseReturnValue:
    """Let the worker tell the platform what this version asks for; the page shows what came of it."""
    platform = _found(platform_id).platform
    registrations.ask_to_renew(platform, by=g.administrator)
    return _done(platform, _("The LMS is asked. Look here again in half a minute."))
