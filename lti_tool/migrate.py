"""Bring the database to the shape of this version, and say whether it has it.

For developers, after a change of the models: `python -m lti_tool.migrate "circles keep minutes"` writes the next
numbered file into `lti_tool/migrations/versions/` from the difference between the models and all migrations so far;
read it, shape it, run `ruff format`. A file that anybody may have run stays as it is: installations keep their people's
work through every upgrade.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from lti_tool import db

SCRIPTS = Path(__file__).resolve().parent / "migrations"
LOCK = 7_305_114  # any number, the same in every process: PostgreSQL's advisory lock while migrating


class BrokenReferencesError(RuntimeError):
    """A migration on SQLite left rows that point nowhere; it was undone."""


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database to the given revision, in one transaction; two at once wait for each other."""
    with _transaction(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Take the database back to the given revision ("base": no tables), in one transaction."""
    with _transaction(engine) as config:
        command.downgrade(config, revision)


def at_head(engine: sa.Engine) -> bool:
    """Whether the database has exactly the shape of this version."""
    with engine.execution_options(read_only=True, postgresql_readonly=True).connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == _heads()


def draft(message: str) -> Path:
    """Write the next numbered migration from the difference between the models and the migrations so far."""
    number = f"{len(list((SCRIPTS / 'versions').glob('0*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        engine = db.connect(f"sqlite:///{folder}/draft.db")
        upgrade(engine)
        with _transaction(engine) as config:
            command.revision(config, message=message, rev_id=number, autogenerate=True)
    written = next((SCRIPTS / "versions").glob(f"{number}_*.py"))
    text = re.sub(r"^ *# ###.*\n", "", written.read_text(encoding="utf-8"), flags=re.MULTILINE)
    written.write_text(text, encoding="utf-8")
    return written


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _transaction(engine: sa.Engine) -> Iterator[Config]:
    """One transaction that nobody else migrates beside.

    SQLite rebuilds a table to change it, so its references are checked at the end instead of at each step; that can be
    switched only outside a transaction, hence below SQLAlchemy.
    """
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101 (just opened)
        if sqlite:
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                yield _config(connection)
                if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise BrokenReferencesError
        finally:
            if sqlite:
                raw.cursor().execute("PRAGMA foreign_keys=ON")


if __name__ == "__main__":
    sys.stdout.write(f"{draft(' '.join(sys.argv[1:]))}\n")
