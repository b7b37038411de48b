"""Fixtures for every test: one application, one database that is emptied after each test, a reader who audits pages."""

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool import catalogues, create_app, db, log, migrate
from lti_tool.db import Base
from lti_tool.models import Person
from lti_tool.settings import Settings, use
from tests import build
from tests.reader import Reader

pytest_plugins = ["tests.chromium", "tests.databases"]


PUBLIC = "https://circles.example.org"
FULL = os.environ.get("LTI_TOOL_TEST_ALL") == "1"  # the full run, which has more time


@pytest.fixture(scope="session")
def settings(common_database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a small installation."""
    return Settings(
        database_url=common_database,
        public_url=PUBLIC,
        secret_key="a secret of the tests, long enough for all",
        data_dir=tmp_path_factory.mktemp("var"),
        allow_private_platforms=True,
        rate_limits=False,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In the full run nothing may be skipped: what is missing there is a fault of the run."""
    report = yield
    if report.skipped and FULL and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in the full run, where nothing may be: {report.longrepr}"
    return report


class Client(FlaskClient):
    """A browser at the public address, where our cookies live."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Open a path below the public address."""
        kwargs.setdefault("base_url", PUBLIC)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def installed(settings: Settings) -> Iterator[Flask]:
    """The application with its tables made by the migrations."""
    catalogues.compile_all()
    app = create_app(settings)
    log.configure("INFO", strict=True)
    app.testing = True
    app.test_client_class = Client
    migrate.upgrade(db.engine())
    app.extensions["engine"] = db.engine()
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def app(installed: Flask, settings: Settings) -> Iterator[Flask]:
    """The application; what a test left in the database is gone afterwards."""
    use(settings)
    db._engine = installed.extensions["engine"]  # other tests connect to databases of their own
    yield installed
    empty()


@pytest.fixture
def work(app: Flask) -> Iterator[None]:
    """An open unit of work around the test, undone after it."""
    with db.work() as unit:
        yield
        unit.rollback()


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Somebody who opens pages and refuses bad ones; `reader.as_(person)` signs a person in."""
    return Reader(app, sign_in=sign_in)


def sign_in(client: Client, person: Person) -> None:
    """Give this browser the cookie of a visit, as a launch does."""
    visit = build.visit(person)
    with client.session_transaction(base_url=PUBLIC) as cookie:
        cookie["visit"] = visit.id


def empty() -> None:
    """Delete every row of every table, children first; numbers begin at 1 again."""
    tables = Base.metadata.sorted_tables
    with db.work() as unit:
        if db.engine().dialect.name == "postgresql":
            names = ", ".join(f'"{table.name}"' for table in tables)
            unit.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
            unit.commit()
            return
        for table in reversed(tables):
            loose = {column.name: None for column in table.columns if column.foreign_keys and column.nullable}
            if loose:
                unit.execute(table.update().values(loose))
        for table in reversed(tables):
            unit.execute(table.delete())
        unit.commit()
