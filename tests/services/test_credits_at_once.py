"""Credit when things happen at the same moment, on SQLite and on PostgreSQL."""

import threading

import pytest
import sqlalchemy as sa

from lti_tool import access, db, presets, settings
from lti_tool.models import Credit, Delivery
from lti_tool.services import entries, feedbacks
from tests import build, feedback_build


@pytest.fixture
def house(tables: sa.Engine) -> None:
    """Tables and the programmes we ship."""
    presets.use(presets.load(settings.shipped("config") / "programmes"))


def test_two_deeds_at_once_both_count(house: None) -> None:
    """A teacher shares on her phone while the word she wrote on her laptop is on its way."""
    circle = build.circle()
    ama, salma = build.member(circle), build.member(circle)
    with db.work() as unit:
        entry = feedback_build.entry(circle, ama, stage="concern")
        first, second = (feedback_build.shared(circle, salma) for _ in range(2))
        feedback_build.sent(first, ama)
        waiting = feedback_build.draft(second, ama)
        unit.commit()
    both = threading.Barrier(2)
    broken: list[Exception] = []

    def meet() -> None:
        try:
            both.wait(0.5)
        except threading.BrokenBarrierError:
            return  # one of them has to wait for the other, which is just right

    def share() -> None:
        with db.work() as unit:
            entries.share(entries.get_own(entry.id, within=access.reach_of(ama.id)), by=ama)
            meet()
            unit.commit()

    def send() -> None:
        with db.work() as unit:
            reach = access.reach_of(ama.id)
            feedbacks.send(feedbacks.get_own(waiting.id, within=reach), by=ama, within=reach)
            meet()
            unit.commit()

    def alone(deed: object) -> None:
        try:
            deed()  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 (told below, in the thread that counts)
            broken.append(error)

    threads = [threading.Thread(target=alone, args=(deed,)) for deed in (share, send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    with db.work(read_only=True) as unit:
        assert list(unit.scalars(sa.select(Credit.met).where(Credit.met > 0))) == [2]
        assert [one.payload["given"] for one in unit.scalars(sa.select(Delivery))] == [2]
