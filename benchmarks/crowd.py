"""A country in one database: 51,000 people in 1,700 circles, eight entries each. Copies of one row of each table."""

from typing import Any

import sqlalchemy as sa

from lti_tool import db
from lti_tool.db import Base

CIRCLES, PEOPLE, ENTRIES = 1_700, 51_000, 8
FIRST = 1_000_000  # numbers before it are those of the row that is copied and of its neighbours
CIRCLE_OF_PERSON = f"{FIRST} + (i - 1) / {PEOPLE // CIRCLES}"
PERSON_OF_ENTRY = f"{FIRST} + (i - 1) / {ENTRIES}"
NUMBER = f"{FIRST} - 1 + i"


def fill() -> None:
    """Make it; there must be at least one row of each of these tables."""
    person = {"person_id": NUMBER}
    entry = {"inquiry_id": PERSON_OF_ENTRY, "circle_id": f"{FIRST} + (i - 1) / {PEOPLE // CIRCLES * ENTRIES}"}
    with db.work() as unit:
        _copy("course", CIRCLES, id=NUMBER, public_id="'c' || i", context_id="'c' || i")
        _copy("activity", CIRCLES, id=NUMBER, course_id=NUMBER)
        _copy("circle", CIRCLES, id=NUMBER, public_id="'c' || i")
        _copy("circle_source", CIRCLES, id=NUMBER, circle_id=NUMBER, course_id=NUMBER)
        _copy("meeting", CIRCLES * ENTRIES, id=NUMBER, public_id="'m' || i", circle_id=PERSON_OF_ENTRY)
        _copy("person", PEOPLE, id=NUMBER, sub="'s' || i")
        _copy("enrolment", PEOPLE, id=NUMBER, course_id=CIRCLE_OF_PERSON, **person)
        _copy("membership", PEOPLE, id=NUMBER, circle_id=CIRCLE_OF_PERSON, **person)
        _copy("visit", PEOPLE, id="'v' || i", **person)
        _copy("inquiry", PEOPLE, id=NUMBER, circle_id=CIRCLE_OF_PERSON)
        _copy("inquiry_author", PEOPLE, inquiry_id=NUMBER, **person)
        _copy("entry", PEOPLE * ENTRIES, id=NUMBER, answers="'{}'", **entry)
        _copy("entry_version", PEOPLE * ENTRIES, id=NUMBER, entry_id=NUMBER, answers="'{}'")
        _copy("feedback", PEOPLE, id=NUMBER, version_id=NUMBER, writer_id=NUMBER, circle_id=CIRCLE_OF_PERSON)
        _copy("delivery", PEOPLE, id=NUMBER, key="'k' || i", done_at="CASE WHEN i % 50 THEN owed_at END")
        unit.commit()


def _copy(table: str, count: int, **changes: str) -> None:
    """So many copies of the table's first row, with SQL expressions of `i` for what differs."""
    names = [column.name for column in Base.metadata.tables[table].columns]
    values: list[Any] = [changes.get(name, f'one."{name}"') for name in names]
    listed = ", ".join(f'"{name}"' for name in names)
    db.session.execute(
        sa.text(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
            f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} FROM n, (SELECT * FROM {table} LIMIT 1) AS one"
        )
    )
