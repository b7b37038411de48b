"""The stage of the browser's journeys: one tool, one LMS, one Chromium and one story for the whole run."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from lti_tool import catalogues
from tests.databases import database_in
from tests.journeys.browser import Staff
from tests.journeys.ends import Ends, running
from tests.journeys.story import Story


@pytest.fixture(scope="session")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    """The tool as a process, and an LMS with Moodle's habits; TEST_DATABASE_URL chooses PostgreSQL."""
    catalogues.compile_all()
    folder = tmp_path_factory.mktemp("journeys")
    with database_in(folder) as address, running(folder, address) as both:
        yield both


@pytest.fixture(scope="session")
def staff(ends: Ends, chromium: Browser) -> Iterator[Staff]:
    """Everybody of the LMS, each in a browser of her own."""
    people = Staff(chromium, ends)
    yield people
    people.leave()


@pytest.fixture(scope="session")
def story(staff: Staff, ends: Ends) -> Story:
    """The story that all tests share."""
    return Story(staff, ends)


@pytest.fixture(autouse=True)
def _nobody_complains(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each journey: no complaint in a console, no request to a stranger, no error in the tool's log."""
    yield
    if "staff" in request.fixturenames:
        ends, staff = request.getfixturevalue("ends"), request.getfixturevalue("staff")
        noted = [*staff.heard(), *ends.tool.troubles()]
        assert not noted, "\n".join(noted)
