"""The worker is woken by what is owed, and finds what nobody woke it for."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from lti_tool import db, jobs, migrate, settings
from lti_tool.db import WorkSession, now, session
from lti_tool.models import AccessToken, Delivery, LoginState, Platform
from lti_tool.services import deliveries, leftovers
from lti_tool.settings import Settings
from tests import build


@pytest.fixture(autouse=True)
def installation(as_found: None, tmp_path: Path) -> Iterator[Settings]:
    """An installation with tables and a queue of its own."""
    here = Settings(
        database_url=f"sqlite:///{tmp_path / 'test.db'}",
        public_url="http://localhost:8000",
        secret_key="a secret for tests, thirty-two characters long",
        data_dir=tmp_path / "data",
    )
    settings.use(here)
    migrate.upgrade(db.connect(here.database_url))
    kinds = dict(jobs.HANDLERS)
    yield here
    jobs.HANDLERS.clear()
    jobs.HANDLERS.update(kinds)


@pytest.fixture
def waking() -> Iterator[None]:
    """Committed promises wake the worker."""
    wanted = not event.contains(WorkSession, "after_commit", jobs._owed)
    jobs.wake_after_commit()
    yield
    if wanted:
        event.remove(WorkSession, "after_commit", jobs._owed)


@pytest.fixture
def worker() -> Iterator[None]:
    """A worker that runs beside the test."""
    stop = threading.Event()
    thread = threading.Thread(target=jobs.run_worker, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


def owe(key: str = "score:1", **payload: Any) -> None:
    with db.work():
        deliveries.owe("score", key=key, payload=payload)
        session.commit()


def eventually(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def pending() -> int:
    return int(jobs._queue().pending_count())


def test_a_committed_promise_wakes_the_worker(waking: None, worker: None) -> None:
    sent: list[int] = []
    jobs.HANDLERS["score"] = lambda payload: sent.append(payload["number"])
    eventually(lambda: jobs.last_sweep() is not None)
    time.sleep(0.5)  # the sweep at the start is over
    for number in range(3):
        owe(f"score:{number}", number=number)
    eventually(lambda: sorted(sent) == [0, 1, 2])


@pytest.fixture
def silent() -> Iterator[None]:
    """Committed promises wake nobody."""
    wanted = event.contains(WorkSession, "after_commit", jobs._owed)
    if wanted:
        event.remove(WorkSession, "after_commit", jobs._owed)
    yield
    if wanted:
        jobs.wake_after_commit()


def test_what_was_owed_while_no_worker_ran_is_found_at_its_start(silent: None, request: pytest.FixtureRequest) -> None:
    sent: list[dict[str, Any]] = []
    jobs.HANDLERS["score"] = sent.append
    owe()
    assert pending() == 0
    request.getfixturevalue("worker")
    eventually(lambda: sent)


def test_a_promise_undone_wakes_nobody(waking: None) -> None:
    with db.work():
        deliveries.owe("score", key="score:1", payload={})
        session.rollback()
    assert pending() == 0


def test_the_worker_is_woken_at_the_commit_and_not_at_a_savepoint(waking: None) -> None:
    with db.work():
        with session.begin_nested():
            deliveries.owe("score", key="score:1", payload={})
        assert pending() == 0
        session.commit()
    assert pending() == 1


def test_without_a_worker_the_queue_does_not_grow(waking: None) -> None:
    for number in range(5):
        owe(f"score:{number}")
    assert pending() == 1


def test_an_answer_is_not_spoiled_when_nobody_can_be_woken(waking: None, installation: Settings) -> None:
    installation.data_dir.write_text("no folder here")
    owe()
    with db.work(read_only=True):
        assert deliveries.find("score:1") is not None


def test_the_queue_may_be_lost(waking: None, installation: Settings, request: pytest.FixtureRequest) -> None:
    sent: list[dict[str, Any]] = []
    jobs.HANDLERS["score"] = sent.append
    owe()
    jobs._queue().flush()
    request.getfixturevalue("worker")
    eventually(lambda: sent)


def test_a_worker_told_to_stop_begins_nothing_new() -> None:
    begun: list[int] = []
    stop = threading.Event()

    def slow(_payload: dict[str, Any]) -> None:
        begun.append(1)
        stop.set()
        time.sleep(1.5)

    jobs.HANDLERS["score"] = slow
    for number in range(10):
        owe(f"score:{number}")
    before = time.monotonic()
    jobs.run_worker(stop)
    assert time.monotonic() - before < 14
    assert len(begun) < 4
    with db.work(read_only=True):
        assert len(deliveries.waiting()) == 10 - len(begun)


def test_what_lies_in_the_queue_must_be_ours() -> None:
    jobs._queue().storage.enqueue(b"cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(ValueError, match="not found"):
        jobs._queue().dequeue()


def test_a_heartbeat_signed_with_an_earlier_key_is_none(installation: Settings) -> None:
    jobs._queue().put(jobs.HEARTBEAT, 1.0)
    assert jobs.last_sweep() == 1.0
    changed = {**installation.model_dump(), "secret_key": "another" * 8}
    settings.use(Settings(**changed))
    assert jobs.last_sweep() is None


def test_what_has_had_its_time_is_removed() -> None:
    moment = now()
    past, coming = moment - timedelta(seconds=1), moment + timedelta(hours=1)
    with db.work():
        session.add(Platform(id=1, name="A", issuer="i", client_id="c", auth_url="u", token_url="u", jwks_url="u"))
        session.flush()
        for name, ends in (("old", past), ("new", coming)):
            session.add(LoginState(state=name, nonce="n", platform_id=1, browser_hash="h", expires_at=ends))
            session.add(AccessToken(platform_id=1, scopes=name, token="t", expires_at=ends))
        for name, done in (("old", moment - timedelta(days=31)), ("new", past), ("open", None)):
            session.add(Delivery(kind="score", key=name, done_at=done))
        session.commit()
    with db.work():
        assert leftovers.remove(moment) == 3
        session.commit()
    with db.work(read_only=True):
        assert session.scalars(sa.select(LoginState.state)).all() == ["new"]
        assert session.scalars(sa.select(AccessToken.scopes)).all() == ["new"]
        assert set(session.scalars(sa.select(Delivery.key))) == {"new", "open"}


def test_the_clock_asks_for_rosters_of_courses_in_use() -> None:
    course = build.course(roster_url="https://lms.example.org/roster", launched_at=db.now())
    build.course(roster_url="https://lms.example.org/roster")
    jobs.ask_rosters()
    with db.work(read_only=True) as unit:
        assert [one.payload for one in unit.query(Delivery)] == [{"course_id": course.id}]


def test_where_no_worker_runs_cron_does_what_its_clock_would_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("look_again", "ask_rosters"):
        monkeypatch.setattr(jobs, name, lambda name=name: asked.append(name))
    moment = now()
    hours = {0: 2, 0.1: 0, 0.999: 1, 2: 1, 5.9: 2, 6: 0}  # how many of the two are asked for then
    for hour, expected in hours.items():
        monkeypatch.setattr(db, "now", lambda hour=hour: moment + timedelta(hours=hour))
        asked.clear()
        assert jobs.stand_in(limit=1) == (0, 0)
        assert len(asked) == expected, hour


def test_what_cron_could_not_do_it_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(jobs, "ask_rosters", fail)
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is full"):
            jobs.stand_in(limit=1)
