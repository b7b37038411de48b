"""A roster of 5,000 people, read and stored: how much memory that takes at its highest, and how many statements."""

import tracemalloc

from benchmarks.measure import Line, counted, installation
from lti_tool import db
from lti_tool.models import Course, Enrolment, Person
from lti_tool.services import rosters
from tests.lti import ends

FEW, MANY = 500, 5000  # people: one page, ten pages
STATEMENTS = 20  # for each hundred people
GROWTH = 2.0  # times the memory of one page


def run() -> list[Line]:
    """The first reading, in which everybody is new, and the second, in which nobody is."""
    peaks, counts = {}, {}
    for people in (FEW, MANY):
        with installation(), ends.moodle(people=people) as far:
            course_id = ends.activity_in(far.url).course_id
            rosters.read({"course_id": course_id})  # keys, tokens, mappers: what is there in any worker that runs
            _forget(course_id)
            for reading in ("first", "second"):
                tracemalloc.start()
                with counted() as seen:
                    rosters.read({"course_id": course_id})
                peaks[reading, people] = tracemalloc.get_traced_memory()[1] / 1024**2
                tracemalloc.stop()
                counts[reading, people] = len(seen) / people * 100
    return [line for reading in ("first", "second") for line in _lines(reading, peaks, counts)]


def _lines(reading: str, peaks: dict[tuple[str, int], float], counts: dict[tuple[str, int], float]) -> list[Line]:
    many, few = peaks[reading, MANY], peaks[reading, FEW]
    each = counts[reading, MANY]
    return [
        Line(
            f"roster of {MANY}, {reading} reading: highest memory",
            f"{many:.1f} MiB",
            f"{few:.1f} MiB for {FEW}",
            f"{many / few:.2f}",
            f"at most {GROWTH:g} × one page",
            many / few <= GROWTH,
        ),
        Line(
            f"roster of {MANY}, {reading} reading: statements per 100 people",
            f"{each:.1f}",
            "",
            "",
            f"at most {STATEMENTS}",
            each <= STATEMENTS,
        ),
    ]


def _forget(course_id: int) -> None:
    """Make everybody new again."""
    with db.work() as unit:
        for table in (Enrolment.__table__, Person.__table__):
            unit.execute(table.delete())
        unit.get_one(Course, course_id).roster_read_at = None
        unit.commit()
