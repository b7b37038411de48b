"""The pictures and documents of an entry, for those who may read it."""

from flask import Blueprint, g, send_file
from flask.typing import ResponseReturnValue

from lti_tool.access import Permission
from lti_tool.errors import NotFoundError
from lti_tool.services import evidence
from lti_tool.views.base import requires

bp = Blueprint("evidence", __name__, url_prefix="/circles/<int:circle_id>/evidence")


@bp.get("/<int:evidence_id>")
@requires(Permission.SIGNED_IN)
def show(circle_id: int, evidence_id: int) -> ResponseReturnValue:
    """A picture to be shown (we made it anew from its pixels), or a PDF to be saved; it can run nothing here."""
    piece = evidence.get(evidence_id, within=g.visit.reach)
    if piece.entry.circle_id != circle_id:
        raise NotFoundError
    is_picture = piece.media_type.startswith("image/")
    ending = piece.media_type.partition("/")[2]
    answer = send_file(
        evidence.data(piece),
        mimetype=piece.media_type,
        as_attachment=not is_picture,
        download_name=f"evidence-{piece.id}.{ending}",
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
