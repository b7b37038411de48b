"""From the course page into the tool, and back from deep linking."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.demo import deep_links
from lti_tool.demo.opening import Kind
from lti_tool.demo.platform import LmsError
from lti_tool.demo.views import current_lms

bp = Blueprint("launch", __name__)


@bp.get("/launch/<course>/<person>")
def activity(course: str, person: str) -> ResponseReturnValue:
    """The activity's page with the tool in a frame."""
    return _framed(Kind.ACTIVITY, course, person)


@bp.get("/deep-link/<course>/<person>")
def deep_link(course: str, person: str) -> ResponseReturnValue:
    """Choosing content in the tool."""
    return _framed(Kind.DEEP_LINKING, course, person)


@bp.get("/review/<course>/<person>/<of>")
def review(course: str, person: str, of: str) -> ResponseReturnValue:
    """Opening somebody's work from the gradebook (submission review)."""
    if not current_lms().quirks.reviews:
        raise LmsError("This LMS has no submission review.")
    return _framed(Kind.REVIEW, course, person, of)


@bp.get("/start/<kind>/<course>/<person>")
def start(kind: str, course: str, person: str) -> ResponseReturnValue:
    """Inside the frame: the login initiation, by GET or POST as this LMS does it."""
    lms = current_lms()
    if kind not in list(Kind):
        raise LmsError("There is no such message.")
    opening = lms.opening(
        person=person,
        course=course,
        kind=kind,
        client_id=request.args.get("tool"),
        activity=request.args.get("activity"),
        of=request.args.get("of"),
    )
    url, fields = lms.login(opening)
    if lms.quirks.login_method == "POST":
        return render_template("demo/post.html", url=url, fields=fields, words="Opening the tool …")
    return redirect(f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(fields)}")


@bp.get("/keeper")
def keeper() -> ResponseReturnValue:
    """The frame that keeps values for tools, where this LMS has one beside the tool's."""
    return render_template("demo/keeper.html")


@bp.post("/deep-link/return/<course>")
def deep_link_return(course: str) -> ResponseReturnValue:
    """What was chosen becomes activities of the course."""
    made, words = deep_links.take(current_lms(), course, request.form.get("JWT", ""))
    return render_template("demo/chosen.html", course=course, made=made, words=words)


@bp.get("/return")
def back() -> ResponseReturnValue:
    """Where a tool sends people back to; only Moodle has an address of its own for it."""
    return redirect(url_for("course.show", course=request.args.get("course")))


def _framed(kind: Kind, course: str, person: str, of: str | None = None) -> ResponseReturnValue:
    lms = current_lms()
    chosen, tool = request.args.get("activity"), request.args.get("tool")
    opening = lms.opening(person=person, course=course, kind=kind, activity=chosen, client_id=tool, of=of)
    query = urlencode({key: value for key, value in (("activity", chosen), ("tool", tool), ("of", of)) if value})
    frame = f"{url_for('.start', kind=kind.value, course=course, person=person)}?{query}"
    return render_template("demo/launch.html", opening=opening, frame=frame)
