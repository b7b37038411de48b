"""Inquiries that are begun at the same moment, on SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

from lti_tool import access, db, presets, settings
from lti_tool.models import Entry, Inquiry
from lti_tool.services import circles, inquiries
from tests import build


@pytest.fixture
def house(tables: sa.Engine) -> None:
    """Tables and the programmes we ship."""
    presets.use(presets.load(settings.shipped("config") / "programmes"))


def test_a_stage_begun_in_two_windows_is_one(house: None) -> None:
    circle = build.circle()
    ama = build.member(circle)
    both = threading.Barrier(2)

    def begin(_window: int) -> int:
        with db.work() as unit:
            here = circles.get(circle.id, within=access.reach_of(ama.id))
            entry = inquiries.begin(here, stage="concern", by=ama)
            with suppress(threading.BrokenBarrierError):  # one of them has to wait for the other, which is just right
                both.wait(0.5)
            unit.commit()
            return entry.id

    with ThreadPoolExecutor() as windows:
        first, second = windows.map(begin, range(2))
    assert first == second
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count(Inquiry.id))) == 1
        assert unit.scalar(sa.select(sa.func.count(Entry.id))) == 1
