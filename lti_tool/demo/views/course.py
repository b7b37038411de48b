"""The course page and the gradebook, as an LMS shows them."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.demo import people
from lti_tool.demo.platform import DEFAULT_COURSE, LmsError
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


@bp.post("/courses/<course>/<any('copy', 'reset', 'group-activity'):what>")
def change(course: str, what: str) -> ResponseReturnValue:
    """What a teacher of the LMS does with a course: copy it, empty it for a new round, add an activity for a group."""
    lms, origin = current_lms(), request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403)
    if what == "copy":
        return redirect(url_for(".show", course=lms.copy_course(course).id), 303)
    if what == "reset":
        lms.reset_course(course)
    else:
        groups, group = dict(lms.course(course).groups), request.form.get("group", "")
        if group not in groups or not lms.activities(course):
            raise LmsError("There is no such group.")
        lms.add_activity(course, lms.activities(course)[0].client_id, title=groups[group], group=group)
    return redirect(url_for(".show", course=course), 303)


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
