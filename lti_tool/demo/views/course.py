"""The course page and the gradebook, as an LMS shows them."""

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.demo import people
from lti_tool.demo.platform import DEFAULT_COURSE
from lti_tool.demo.views import current_lms
from lti_tool.settings import HERE

bp = Blueprint("course", __name__)


@bp.get("/")
def show() -> ResponseReturnValue:
    """The course with its activities, its people by group, and whom to launch as."""
    lms = current_lms()
    course = lms.course(request.args.get("course", DEFAULT_COURSE))
    activities = lms.activities(course.id)
    chosen = next((one for one in activities if one.id == request.args.get("activity")), None)
    members = lms.members(course.id)
    groups = [(name, [one for one in members if key in one.groups]) for key, name in course.groups]
    circles = [
        (name, [one for one in group if not one.takes_part], [one for one in group if one.takes_part])
        for name, group in groups or [("Everybody", members)]
    ]
    return render_template(
        "demo/course.html",
        course=course,
        activities=activities,
        chosen=chosen or (activities[0] if activities else None),
        circles=circles,
        outsiders=[people.ADMIN, people.TEST_PERSON],
    )


@bp.get("/gradebook")
def gradebook() -> ResponseReturnValue:
    """Every column with its cells, and the log of scores; the page renews itself."""
    lms = current_lms()
    course = lms.course(request.args.get("course", DEFAULT_COURSE))
    columns = [column for column in lms.gradebook.columns if column.course == course.id]
    rows = [
        (person, [lms.gradebook.cell(column.id, person.id) for column in columns])
        for person in lms.members(course.id)
        if person.takes_part
    ]
    posts = lms.gradebook.posts[:-21:-1]
    return render_template("demo/gradebook.html", course=course, columns=columns, rows=rows, posts=posts)


@bp.get("/gradebook.json")
def gradebook_json() -> ResponseReturnValue:
    """The same for programs."""
    return jsonify(current_lms().gradebook.as_dict())


@bp.get("/static/<any('demo.css', 'demo.js'):name>")
def static(name: str) -> ResponseReturnValue:
    """The sheet and the one small script."""
    kind = "text/css" if name.endswith("css") else "text/javascript"
    return Response((HERE / "static" / name).read_text("utf-8"), mimetype=kind)
