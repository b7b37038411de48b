"""Databases for tests: a SQLite file each, or a database in a PostgreSQL cluster that lives as long as the run."""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from lti_tool import db, migrate, presets, settings
from tests.postgres import NoPostgresError, cluster

BOTH = [pytest.param("sqlite", id="sqlite"), pytest.param("postgres", id="postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: TEST_DATABASE_URL, else a throwaway cluster on a socket of its own."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given.startswith("postgresql"):
        yield given
        return
    try:
        with cluster() as address:
            yield address
    except NoPostgresError as error:
        if os.environ.get("LTI_TOOL_TEST_ALL") == "1":
            raise
        pytest.skip(f"{error}")


@pytest.fixture(scope="session")
def common_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database that the tests of this process share: SQLite, or on the server that TEST_DATABASE_URL names."""
    with database_in(tmp_path_factory.mktemp("database")) as address:
        yield address


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address


@contextmanager
def database_in(folder: Path) -> Iterator[str]:
    """The address of an empty database: a file in this folder, or one on the server that TEST_DATABASE_URL names."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server.startswith("postgresql"):
        yield server or f"sqlite:///{folder / 'circles.db'}"
        return
    with fresh_database(server) as address:
        yield address


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The address of an empty database on a PostgreSQL server, gone afterwards."""
    server = sa.make_url(server_url)
    name = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def as_found() -> Iterator[None]:
    """Whatever the test makes the database, settings, programmes and log of this process, others find theirs again."""
    places = [(db, "_engine"), (settings, "_current"), (presets, "_presets")]
    before = [getattr(module, name) for module, name in places]
    root, logs = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    db._engine = None
    yield
    if db._engine is not None:
        db._engine.dispose()
    for (module, name), value in zip(places, before, strict=True):
        setattr(module, name, value)
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**logs)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def engine(as_found: None, database_url: str) -> sa.Engine:
    """The engine of this process, on an empty database."""
    return db.connect(database_url)


@pytest.fixture
def tables(engine: sa.Engine) -> sa.Engine:
    """The same with all tables."""
    migrate.upgrade(engine)
    return engine
