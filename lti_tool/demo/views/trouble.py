"""Faults strike here, before a service looks at the request."""

import time

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from lti_tool.demo.views import current_lms


def strike() -> ResponseReturnValue | None:
    """An answer in place of the real one, or None when all is well."""
    faults = current_lms().faults
    if faults.slow:
        time.sleep(faults.slow)
    if faults.down:
        return {"error": "The LMS is being maintained"}, 503
    if faults.use("rate_limited"):
        busy = current_lms().quirks.throttled
        return busy.reason, busy.status, {"Retry-After": str(faults.retry_after)} if busy.status == 429 else {}
    if faults.garbled and request.method == "GET":
        return "<html><p>Please log in", 200
    return None


def lose(answer: Response) -> Response:
    """The answer to a score that was kept, unless answers get lost."""
    if answer.status_code < 300 and current_lms().faults.use("lost_answers"):
        return Response("Bad gateway", 502)
    return answer
