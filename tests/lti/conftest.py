"""A database on a file, settings of a laboratory, and an LMS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_tool import db, models, settings
from lti_tool.lti import platform_keys
from tests.lti.issuer import TOOL, Lms, running


@pytest.fixture(autouse=True)
def _house(tmp_path: Path) -> Iterator[None]:
    settings.use(
        settings.Settings(
            public_url=TOOL, secret_key="for tests only, " * 3, secret_key_fallbacks="", allow_private_platforms=True
        )
    )
    engine = db.connect(f"sqlite:///{tmp_path / 'circles.db'}")
    platform_keys._lines.clear()  # the platforms of other tests have the same numbers
    models.Platform.metadata.create_all(engine)
    yield
    engine.dispose()


@pytest.fixture
def lms() -> Iterator[Lms]:
    with running() as started:
        started.register()
        yield started


@pytest.fixture
def installed(database_url: str) -> Iterator[Lms]:
    """The same on SQLite and on PostgreSQL: what happens at once meets in the database."""
    engine = db.connect(database_url)
    models.Platform.metadata.create_all(engine)
    with running() as started:
        started.register()
        yield started
    engine.dispose()
