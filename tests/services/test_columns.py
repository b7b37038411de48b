"""The column in the gradebook where an LMS binds none to an activity (Canvas): the activities of a course share one."""

import json
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.wrappers import Request, Response

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.models import Activity, Course, Person
from lti_tool.services import columns
from tests.lti import ends

pytestmark = pytest.mark.usefixtures("app")
COLUMNS = "/mod/lti/services.php/2/lineitems"


def two_activities(far: ends.Moodle) -> list[dict[str, Any]]:
    """The first credit of one person in each of two activities of one course."""
    first = ends.activity_in(far.url, product="canvas")
    with db.work() as unit:
        course = unit.get_one(Course, first.course_id)
        second = Activity(course_id=course.id, resource_link_id="3")
        people = [Person(platform_id=course.deployment.platform_id, sub=sub) for sub in sorted(far.gradable)]
        unit.add_all([second, *people])
        unit.commit()
    said = {"given": 1, "maximum": 3, "stated_at": "2026-11-02T09:00:00+00:00"}
    activities = first, second
    return [{"activity_id": one.id, "person_id": of.id, **said} for one, of in zip(activities, people, strict=True)]


def unbound(far: ends.Moodle, request: Request) -> Response:
    """Canvas, line_items_controller.rb: no column for a place in a course's menu or an item of a module."""
    bound = request.method == "POST" and "resourceLinkId" in json.loads(request.data)
    return Response(status=412) if bound else far.otherwise(request)


def test_while_one_activity_gets_the_column_the_others_wait_and_take_it_then() -> None:
    with ends.moodle() as far:
        first, second = two_activities(far)
        waited: list[str] = []

        def canvas(request: Request) -> Response:
            if request.method == "POST" and not waited:
                waited.append("")
                try:
                    columns.deliver(second)
                except PlatformError as fault:
                    waited[0] = fault.code
            return unbound(far, request)

        far.on(COLUMNS, canvas)
        columns.deliver(first)
        assert waited == ["column_being_made"]
        columns.deliver(second)
        assert len(far.columns) == 1
        assert len(far.results) == 2


def test_of_two_that_begin_at_the_same_moment_one_waits() -> None:
    with ends.moodle() as far:
        owed = two_activities(far)
        both, refused = threading.Barrier(len(owed)), threading.Event()

        def in_no_hurry(request: Request) -> Response:
            refused.wait(9)  # so that the second begins before the first has ended, however busy this machine is
            return unbound(far, request)

        far.on(COLUMNS, in_no_hurry)
        faults: list[str] = []

        def meet(_session: object) -> None:
            try:
                both.wait(0.5)
            except threading.BrokenBarrierError:
                return  # one of them has to wait for the other, which is just right

        def deliver(payload: dict[str, Any]) -> None:
            try:
                columns.deliver(payload)
            except PlatformError as fault:
                faults.append(fault.code)
                refused.set()

        threads = [threading.Thread(target=deliver, args=(one,)) for one in owed]
        sa.event.listen(db.WorkSession, "before_commit", meet)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sa.event.remove(db.WorkSession, "before_commit", meet)
        assert faults == ["column_being_made"]
        assert len(far.columns) == 1
