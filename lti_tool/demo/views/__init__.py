"""The pages and addresses of the practice LMS."""

from flask import current_app

from lti_tool.demo.platform import PracticeLms


def current_lms() -> PracticeLms:
    """The LMS that answers this request."""
    lms = current_app.extensions["practice_lms"]
    assert isinstance(lms, PracticeLms)  # noqa: S101 (app_for put it there)
    return lms
