"""Who reads what, what is kept, and where: said from the same grants that guard it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from lti_tool import access, i18n, settings
from lti_tool.access import Permission, Rights
from lti_tool.views.base import requires

bp = Blueprint("privacy", __name__)

WORDS = {
    Rights.TEACHER: _l("teachers of the circle"),
    Rights.FACILITATOR: _l("its facilitators"),
    Rights.SUPPORTER: _l("those who support the circle from outside"),
    Rights.REPRESENTATIVE: _l("representatives of the union and heads of school"),
    Rights.OBSERVER_OF_COUNTS: _l("offices that see sums only"),
    Rights.RESEARCHER: _l("researchers"),
    Rights.MANAGER: _l("who manages the programme"),
    Rights.GUEST: _l("guests"),
}
READ = (
    (_l("What you shared with your circle, from the day each of them joined"), Permission.READ_SHARED),
    (_l("Meetings, and what the circle agreed"), Permission.SEE_MEETINGS),
    (_l("How many meetings, shared texts and words there were, without names"), Permission.SEE_COUNTS),
    (_l("Whether your credit reached the course, never what anybody thinks of your work"), Permission.SEE_CREDIT),
)


def holders(permission: Permission) -> str:
    """Who holds a permission in a circle, in words that follow "Who can see this:"."""
    return i18n.listed(str(WORDS[Rights(name)]) for name in access.rights_with(permission))


@bp.get("/privacy")
@requires(Permission.ANYONE)
def show() -> ResponseReturnValue:
    """What a teacher may want to know before she writes."""
    readers = [(what, [WORDS[Rights(name)] for name in access.rights_with(permission)]) for what, permission in READ]
    return render_template("privacy/show.html", readers=readers, hosted_at=settings.current().hosted_at)
