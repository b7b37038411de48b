"""How the database finds things: nothing that a page, a launch or the worker asks may read through a table that grows.

SQLite says so itself (EXPLAIN QUERY PLAN), among 51,000 people in 1,700 circles and one circle of 300 people who shared
eight entries each.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from benchmarks import crowd
from benchmarks.launch import launcher
from benchmarks.measure import STEERING, Line, answer, installation
from benchmarks.page import pages
from benchmarks.scenes import Scene, circle_at_work, page
from lti_tool import db
from lti_tool.db import Base
from lti_tool.services import deliveries, leftovers, memberships
from tests.lti import issuer

SMALL = {
    "platform",
    "programme",
    "cohort",
    "unit",
    "tool_key",
    "platform_keys",
    "invite",
    "set_up",
    "access_token",
    "sighting",
}
READS_THROUGH = re.compile(r"SCAN (\w+?)(?:_\d+)?(?: |$)")
Deeds = dict[str, Callable[[], object]]
Asked = list[tuple[str, Any]]


def run() -> list[Line]:
    """One line for each thing done."""
    with installation() as app, issuer.running() as lms:
        lms.register()
        scene = circle_at_work(300, entries_each=crowd.ENTRIES)
        with db.work() as unit:
            deliveries.owe("score", key="first", payload={}, due_at=db.now() + timedelta(days=1))
            unit.info.pop("owed")
            unit.commit()
        deeds = _deeds(app, scene) | {"launch": launcher(lms, app, "/lti/login", "/lti/launch")()}
        crowd.fill()
        return [_line(what, deed) for what, deed in deeds.items()]


def _deeds(app: Flask, scene: Scene) -> Deeds:
    def opening(path: str, person: Any) -> Callable[[], object]:
        asked = page(app, path, person)
        return lambda: answer(app, asked, expect=200)

    def in_work(call: Callable[[], object]) -> Callable[[], object]:
        def act() -> None:
            with db.work() as unit:
                call()
                unit.commit()

        return act

    return {what: opening(path, person) for what, (path, person) in pages(scene).items()} | {
        "claim of a delivery": in_work(lambda: deliveries.claim_next(db.now())),
        "what is owed": in_work(deliveries.waiting),
        "oldest due": in_work(lambda: deliveries.oldest_due(db.now())),
        "people who wait for a place": in_work(lambda: memberships.waiting(scene.circle)),
        "leftovers": in_work(lambda: leftovers.remove(db.now())),
    }


def _line(what: str, deed: Callable[[], object]) -> Line:
    asked: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith(STEERING):
            asked.append((statement, parameters))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        deed()
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)
    bad = sorted({table for statement, parameters in asked for table in _read_through(statement, parameters)})
    found = f"{len(asked)} statements, " + (f"reads through {', '.join(bad)}" if bad else "all by index")
    return Line(f"plans: {what}", found, "", "", "all by index", not bad)


def _read_through(statement: str, parameters: Any) -> set[str]:
    """The growing tables that this statement reads from one end to the other."""
    with db.engine().connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    told = {match[1] for row in plan if (match := READS_THROUGH.match(row[3]))}
    return told & (set(Base.metadata.tables) - SMALL)
