"""Fixtures for the rules without pages."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from lti_tool import db


@pytest.fixture
def counted(app: object) -> Iterator[list[str]]:
    """The statements that reach the database while the test runs."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
            statements.append(statement)

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)
