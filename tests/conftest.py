"""Fixtures for every test: one application, one database that is emptied after each test, a reader who audits pages."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lti_tool import create_app, db, migrate
from lti_tool.db import Base
from lti_tool.settings import Settings
from tests.reader import Reader

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a small installation; TEST_DATABASE_URL chooses the database, SQLite unless told."""
    folder = tmp_path_factory.mktemp("var")
    return Settings(
        database_url=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{folder / 'circles.db'}"),
        public_url="http://localhost:8000",
        secret_key="a secret of the tests, long enough for all",
        data_dir=Path(folder),
        allow_private_platforms=True,
        rate_limits=False,
    )


@pytest.fixture(scope="session")
def installed(settings: Settings) -> Flask:
    """The application with its tables made by the migrations."""
    app = create_app(settings)
    app.testing = True
    migrate.upgrade(db.engine())
    return app


@pytest.fixture
def app(installed: Flask) -> Iterator[Flask]:
    """The application; what a test left in the database is gone afterwards."""
    yield installed
    empty()


@pytest.fixture
def work(app: Flask) -> Iterator[None]:
    """An open unit of work around the test, committed before the reader opens a page (see Reader.open)."""
    with db.work() as unit:
        yield
        unit.rollback()


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Somebody who opens pages and refuses bad ones."""
    return Reader(app)


def empty() -> None:
    """Delete every row of every table, children first."""
    with db.work() as unit:
        for table in reversed(Base.metadata.sorted_tables):
            unit.execute(table.update().values({c.name: None for c in table.columns if c.foreign_keys and c.nullable}))
        for table in reversed(Base.metadata.sorted_tables):
            unit.execute(table.delete())
        unit.commit()
