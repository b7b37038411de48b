"""The official certification cases of Names and Roles (LTI Advantage conformance 1.3, section 6.3), by their names."""

import pytest

from lti_tool import settings
from lti_tool.lti import roster, tokens
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)
from tests.lti.issuer import NRPS, Lms

PATH = "/mod/lti/services.php/CourseSection/2/bindings/2/memberships"


@pytest.fixture
def asked() -> ends.Moodle:
    """An LMS whose roster was read once."""
    with ends.moodle(people=3) as far:
        people = [one for page in roster.read(ends.activity_in(far.url).course) for one in page]
    assert [one.sub for one in people] == ["10", "11", "12"]
    return far


class TestNamesAndRoles:
    @pytest.mark.proves("roster", "Valid Instructor Launch")
    def test_launch(self, lms: Lms) -> None:
        """The service's address is taken from the launch."""
        url = "https://lms.example.org/memberships?x=1"
        launch = lms.launch(
            target_link_uri=settings.current().url("/lti/launch"),
            **{NRPS: {"context_memberships_url": url, "service_versions": ["2.0"]}},
        )
        assert launch.roster_url == url

    @pytest.mark.proves("roster", "Received Request")
    def test_request(self, asked: ends.Moodle) -> None:
        assert [(one.method, one.path) for one in asked.asked if one.path == PATH] == [("GET", PATH)]

    @pytest.mark.proves("roster", "Verify JSON Header")
    def test_header(self, asked: ends.Moodle) -> None:
        """Exactly the media type of the membership container."""
        assert asked.asked[-1].headers["Accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

    @pytest.mark.proves("roster", "Verify Bearer Token")
    def test_bearer(self, asked: ends.Moodle) -> None:
        kind, _, token = asked.asked[-1].headers["Authorization"].partition(" ")
        assert kind == "Bearer"
        assert token in asked.valid

    @pytest.mark.proves("roster", "Verify Bearer Scope")
    def test_scope(self, asked: ends.Moodle) -> None:
        """Only what the call needs."""
        [token] = [one for one in asked.asked if one.path.endswith("/token.php")]
        assert token.form["scope"].split() == [tokens.ROSTER]
