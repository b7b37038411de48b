"""How a ratio is taken, and the installation that it is taken on."""

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import run_wsgi_app

from lti_tool import catalogues, create_app, db, migrate
from lti_tool.models import Circle, Person
from lti_tool.settings import Settings
from tests import build

PUBLIC = "https://circles.example.org"
ROUNDS = 9
BATCH = 30
STEERING = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")

Act = Callable[[], object]
Prepare = Callable[[], Act]


@dataclass(frozen=True)
class Line:
    """One row of the table; `kept` is None where nothing was promised."""

    what: str
    ours: str
    bare: str
    ratio: str
    promised: str
    kept: bool | None


def compare(what: str, ours: Prepare, bare: Prepare, *, at_most: float | None, batch: int = BATCH) -> Line:
    """The CPU time of ours over that of the bare program, in interleaved pairs of batches.

    A preparer does what is not to be measured and hands out what is. The first pair warms both up and is thrown away.
    """
    ratios, mine, theirs = [], [], []
    for number in range(ROUNDS + 1):
        order = (ours, bare) if number % 2 else (bare, ours)
        spent = {prepare: _cpu(prepare, batch) for prepare in order}
        if number:
            ratios.append(spent[ours] / spent[bare])
            mine.append(spent[ours])
            theirs.append(spent[bare])
    median = statistics.median(ratios)
    return Line(
        what,
        _milliseconds(mine),
        _milliseconds(theirs),
        f"{min(ratios):.2f} / {median:.2f} / {max(ratios):.2f}",
        f"at most {at_most:g} ×" if at_most else "",
        median <= at_most if at_most else None,
    )


def _cpu(prepare: Prepare, batch: int) -> float:
    acts = [prepare() for _ in range(batch)]
    gc.collect()
    began = time.process_time()
    for act in acts:
        act()
    return (time.process_time() - began) / batch


def _milliseconds(spent: list[float]) -> str:
    return f"{statistics.median(spent) * 1000:.2f} ms"


@contextmanager
def installation() -> Iterator[Flask]:
    """The application as an administrator runs it, with an empty SQLite file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        catalogues.compile_all()
        app = create_app(
            Settings(
                database_url=f"sqlite:///{folder}/circles.db",
                public_url=PUBLIC,
                secret_key="a secret of the benchmarks, long enough",
                data_dir=Path(folder),
                allow_private_platforms=True,
            )
        )
        migrate.upgrade(db.engine())
        yield app
        db.engine().dispose()


def circle_of(people: int) -> tuple[Circle, list[Person]]:
    """A circle with so many teachers."""
    circle = build.circle()
    return circle, [build.member(circle) for _ in range(people)]


def answer(app: Any, environ: dict[str, Any], *, expect: int) -> tuple[bytes, Any]:
    """The body and headers of one WSGI answer; a wrong status ends the run, for it would measure something else."""
    parts, status, headers = run_wsgi_app(app, environ)
    body = b"".join(parts)
    if not status.startswith(str(expect)):
        raise RuntimeError(f"{status} instead of {expect}: {body[:400]!r}")
    return body, headers


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements sent while the block runs; beginning and ending a transaction is not counted."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(STEERING):
            seen.append(statement)

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)
