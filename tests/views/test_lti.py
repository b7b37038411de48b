"""The door through which the LMS sends people."""

import pytest

from tests import build
from tests.reader import Reader


@pytest.mark.parametrize("again", [False, True], ids=["first launch", "signed in already"])
def test_a_launch_that_cannot_be_read_is_refused_kindly(reader: Reader, app: object, again: bool) -> None:
    if again:
        reader.as_(build.member(build.circle()))
    page = reader.send("/lti/launch", expect=403, state="nothing of ours", id_token="nothing")
    assert "We could not open this from your course" in page.text
