"""The log of changes for administrators: what changed in platforms, deployments, keys and settings, by whom, when."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lti_tool.access import Permission
from lti_tool.models import AuditLine
from lti_tool.services import audit
from lti_tool.views.base import page_asked, requires

bp = Blueprint("audit", __name__, url_prefix="/audit")

VERBS = {
    "platform.added": _l("Platform registered by hand"),
    "platform.registered": _l("Platform registered itself"),
    "platform.renewed": _l("Registration renewed"),
    "platform.approved": _l("Platform approved"),
    "platform.blocked": _l("Platform blocked"),
    "platform.unblocked": _l("Block of the platform ended"),
    "platform.accepts_all_deployments": _l("Every deployment is accepted"),
    "platform.accepts_named_deployments": _l("New deployments wait for approval"),
    "platform.moved": _l("Addresses of the platform changed"),
    "platform.changed": _l("Name, frames or audiences of the platform changed"),
    "deployment.approved": _l("Deployment approved"),
    "deployment.blocked": _l("Deployment blocked"),
    "deployment.unblocked": _l("Block of the deployment ended"),
    "invite.made": _l("Invitation made"),
    "invite.withdrawn": _l("Invitation withdrawn"),
    "key.published": _l("New signing key published"),
    "key.retired": _l("Signing key retired"),
    "key.deleted": _l("Signing key deleted"),
    "secret.changed": _l("Everything encrypted under the new secret key"),
    "settings.changed": _l("Settings changed"),
    "administrator.entered": _l("Administration opened"),
}

# Who it was where no administrator's number stands.
BY_COMMAND, BY_CALENDAR = _l("by command"), _l("by the calendar, or by command")
BY_NOBODY = {
    "settings.changed": _l("at start"),
    "platform.registered": _l("by the LMS itself"),
    "key.published": BY_CALENDAR,
    "key.retired": BY_CALENDAR,
    "key.deleted": BY_CALENDAR,
}


def verb_words(verb: str) -> str:
    """What happened, in words; the bare verb where there are none."""
    return str(VERBS.get(verb, verb))


def by_words(line: AuditLine) -> str:
    """Who it was: a link, an LMS administrator or the command; never a person."""
    if line.administrator is None:
        return str(BY_NOBODY.get(line.verb, BY_COMMAND))
    if line.administrator.platform_id is None:
        return _("with administrator’s link %(number)s", number=line.administrator.id)
    return _("by an LMS administrator (door %(number)s)", number=line.administrator.id)


@bp.get("")
@requires(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """The changes, newest first, a page at a time."""
    page = page_asked()
    found, more = audit.lines(within=g.administrator, page=page)
    return render_template(
        "audit/index.html", lines=found, page=page, more=more, verb_words=verb_words, by_words=by_words
    )
