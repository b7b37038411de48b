"""What is owed is handed over: once in the good case, twice in the worst, never not at all."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.db import session
from lti_tool.errors import PlatformError
from lti_tool.models import Delivery
from lti_tool.services import deliveries
from lti_tool.services.deliveries import Outcome

pytestmark = pytest.mark.usefixtures("tables")


def owe(key: str = "score:1", kind: str = "score", **payload: Any) -> None:
    with db.work():
        deliveries.owe(kind, key=key, payload=payload)
        session.commit()


def row(key: str = "score:1") -> Delivery:
    with db.work(read_only=True):
        found = deliveries.find(key)
    assert found is not None
    return found


def make_due(key: str = "score:1") -> None:
    with db.work():
        session.execute(sa.update(Delivery).where(Delivery.key == key).values(due_at=db.now()))
        session.commit()


def nothing(_payload: dict[str, Any]) -> None:
    return


def refuse(*, final: bool = False, retry_after: float | None = None) -> deliveries.Handler:
    def handler(_payload: dict[str, Any]) -> None:
        raise PlatformError("http_503", status=503, final=final, retry_after=retry_after)

    return handler


class Heard:
    """A handler that remembers what it was told."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []

    def __call__(self, payload: dict[str, Any]) -> None:
        self.payloads.append(payload)


def test_what_is_owed_is_handed_over_once() -> None:
    owe(met=3)
    heard = Heard()
    assert deliveries.run_due({"score": heard}) == (1, 0)
    assert deliveries.run_due({"score": heard}) == (0, 0)
    assert heard.payloads == [{"met": 3}]
    assert row().done_at is not None
    assert row().leased_until is None


def test_what_is_undone_is_not_owed() -> None:
    with db.work():
        deliveries.owe("score", key="score:1", payload={})
        session.rollback()
    assert deliveries.run_due({"score": nothing}) == (0, 0)


def test_a_promise_nobody_commits_is_an_error() -> None:
    with pytest.raises(db.UncommittedError), db.work():
        deliveries.owe("score", key="score:1", payload={})


def test_a_promise_is_visible_in_the_transaction_that_makes_it() -> None:
    with db.work():
        moment = db.now()
        deliveries.owe("score", key="score:1", payload={})
        made = deliveries.find("score:1")
        assert made is not None
        assert moment <= made.due_at <= db.now()
        assert deliveries.claim_next(db.now()) is not None
        session.rollback()


def test_only_the_latest_statement_is_owed() -> None:
    owe(met=1)
    owe(met=2)
    heard = Heard()
    assert deliveries.run_due({"score": heard}) == (1, 0)
    assert heard.payloads == [{"met": 2}]


def test_a_row_that_is_already_loaded_shows_the_new_statement() -> None:
    owe(met=1)
    with db.work():
        loaded = deliveries.find("score:1")
        deliveries.owe("score", key="score:1", payload={"met": 2})
        assert loaded is not None
        assert (loaded.payload, loaded.edition) == ({"met": 2}, 2)
        session.commit()


def test_what_was_done_is_owed_again_when_it_changes() -> None:
    owe(met=1)
    deliveries.run_due({"score": nothing})
    owe(met=2)
    assert row().done_at is None
    heard = Heard()
    assert deliveries.run_due({"score": heard}) == (1, 0)
    assert heard.payloads == [{"met": 2}]


def test_what_was_given_up_is_owed_again_when_it_changes() -> None:
    owe(met=1)
    deliveries.run_due({"score": refuse(final=True)})
    owe(met=2)
    assert deliveries.run_due({"score": nothing}) == (1, 0)
    assert row().given_up_at is None


def test_a_later_date_is_respected() -> None:
    with db.work():
        deliveries.owe("score", key="score:1", payload={}, due_at=db.now() + timedelta(hours=1))
        session.commit()
    assert deliveries.run_due({"score": nothing}) == (0, 0)


def test_the_one_that_waits_longest_comes_first() -> None:
    for number in (3, 1, 2):
        with db.work():
            due = db.now() - timedelta(minutes=number)
            deliveries.owe("score", key=f"score:{number}", payload={"number": number}, due_at=due)
            session.commit()
    heard = Heard()
    assert deliveries.run_due({"score": heard}, limit=2) == (2, 0)
    assert [payload["number"] for payload in heard.payloads] == [3, 2]


def test_no_transaction_is_open_while_the_handler_runs() -> None:
    def handler(payload: dict[str, Any]) -> None:
        with pytest.raises(RuntimeError, match="no unit of work"):
            db.current()
        done = threading.Event()

        def other() -> None:  # on SQLite a writer would wait for ours if one were open
            owe("score:2")
            done.set()

        threading.Thread(target=other).start()
        assert done.wait(30)

    owe()
    assert deliveries.run_due({"score": handler}, limit=1) == (1, 0)


def test_a_statement_that_changes_under_way_is_sent_after_the_older_one() -> None:
    owe(met=1)
    heard = Heard()

    def handler(payload: dict[str, Any]) -> None:
        heard(payload)
        if payload["met"] == 1:
            owe(met=2)
            assert deliveries.run_next({"score": heard}) is None  # the lease still holds: no overtaking

    assert deliveries.run_due({"score": handler}) == (2, 0)
    assert heard.payloads == [{"met": 1}, {"met": 2}]
    assert row().done_at is not None


@pytest.mark.parametrize("final", [True, False])
def test_a_refusal_of_the_older_statement_says_nothing_about_the_newer(*, final: bool) -> None:
    owe(met=1)

    def handler(payload: dict[str, Any]) -> None:
        if payload["met"] == 1:
            owe(met=2)
            raise PlatformError("http_422", final=final)

    assert deliveries.run_due({"score": handler})[0] == 1
    assert row().payload == {"met": 2}
    assert row().fault == ""
    assert row().done_at is not None


def test_a_final_refusal_is_kept_for_somebody_to_see() -> None:
    owe()
    assert deliveries.run_due({"score": refuse(final=True)}) == (0, 0)
    assert (row().fault, row().given_up_at is not None, row().done_at) == ("http_503", True, None)
    make_due()
    assert deliveries.run_due({"score": nothing}) == (0, 0)
    with db.work():
        [waiting] = deliveries.waiting("score")
        assert deliveries.waiting("roster") == []
        deliveries.retry(waiting)
        session.commit()
    assert deliveries.run_due({"score": nothing}) == (1, 0)
    with db.work(read_only=True):
        assert deliveries.waiting() == []


def test_a_passing_refusal_is_tried_again_later_and_later() -> None:
    owe()
    pauses = []
    for _ in range(12):
        make_due()
        before = db.now()
        assert deliveries.run_due({"score": refuse()}) == (0, 1)
        pauses.append((row().due_at - before).total_seconds())
    assert row().attempts == 12
    assert 4 < pauses[0] < 11
    assert 19 < pauses[2] < 41
    assert all(1799 < pause < 3601 for pause in pauses[10:])
    make_due()
    assert deliveries.run_due({"score": nothing}) == (1, 0)
    assert row().fault == ""


def ago(**past: Any) -> None:
    """It is as if the first attempt had been that long ago."""
    with db.work():
        session.execute(sa.update(Delivery).values(tried_since=db.now() - timedelta(**past), due_at=db.now()))
        session.commit()


@pytest.mark.parametrize("ours", [False, True])
def test_trying_ends_after_two_weeks_and_begins_anew_when_somebody_says_so(*, ours: bool) -> None:
    def broken(_payload: dict[str, Any]) -> None:
        raise RuntimeError

    handlers = {"score": broken if ours else refuse()}
    owe()
    ago(days=13, hours=23)
    assert deliveries.run_due(handlers) == (0, 1)
    ago(days=14)
    assert deliveries.run_due(handlers) == (0, 0)
    assert row().given_up_at is not None
    assert row().fault == ("internal" if ours else "http_503")
    assert deliveries.ran_out(row())
    make_due()
    assert deliveries.run_due({"score": nothing}) == (0, 0)
    with db.work():
        found = deliveries.find(row().key)
        assert found is not None
        deliveries.retry(found)
        session.commit()
    assert not deliveries.ran_out(row())
    assert deliveries.run_due(handlers) == (0, 1), "two more weeks"
    assert row().given_up_at is None


def test_a_refusal_for_good_has_not_run_out() -> None:
    owe()
    deliveries.run_due({"score": refuse(final=True)})
    assert not deliveries.ran_out(row())


def test_what_is_new_has_two_weeks_of_its_own() -> None:
    owe(met=1)
    deliveries.run_due({"score": refuse()})
    ago(days=20)
    owe(met=2)
    make_due()
    assert deliveries.run_due({"score": refuse()}) == (0, 1)
    assert row().given_up_at is None


def test_a_worker_that_was_off_for_weeks_still_tries() -> None:
    owe()
    with db.work():
        session.execute(sa.update(Delivery).values(owed_at=db.now() - timedelta(days=60)))
        session.commit()
    assert deliveries.run_due({"score": refuse()}) == (0, 1)


def test_what_is_ended_is_not_sent_and_a_worker_on_the_way_does_not_bring_it_back() -> None:
    owe()

    def handler(_payload: dict[str, Any]) -> None:
        with db.work():
            found = deliveries.find("score:1")
            assert found is not None
            deliveries.end(found, because=deliveries.WITHDRAWN)
            session.commit()
        raise PlatformError("http_503")

    deliveries.run_due({"score": handler})
    assert (row().fault, row().done_at is not None, row().leased_until) == ("withdrawn", True, None)
    assert deliveries.run_due({"score": nothing}) == (0, 0)


def test_pauses_differ_so_that_not_all_come_back_at_once() -> None:
    assert len({deliveries._pause(5) for _ in range(20)}) > 10


@pytest.mark.parametrize(("wish", "least", "most"), [(7200, 7199, 7202), (1e9, 86_399, 86_402), (0.1, 4, 11)])
def test_a_platform_that_asks_to_wait_is_heard_within_reason(wish: float, least: float, most: float) -> None:
    owe()
    before = db.now()
    deliveries.run_due({"score": refuse(retry_after=wish)})
    assert least < (row().due_at - before).total_seconds() < most


def test_a_fault_of_ours_is_deferred_and_does_not_stop_the_next() -> None:
    owe("score:1", kind="broken")
    owe("score:2")

    def broken(_payload: dict[str, Any]) -> None:
        with db.work():
            session.execute(sa.text("SELECT * FROM no_such_table"))

    assert deliveries.run_due({"broken": broken, "score": nothing}) == (1, 1)
    assert row("score:1").fault == "internal"
    assert row("score:1").due_at > db.now()


def test_a_handler_that_forgets_to_commit_is_not_believed() -> None:
    owe()

    def forgetful(_payload: dict[str, Any]) -> None:
        with db.work():
            deliveries.owe("mail", key="mail:1", payload={})

    assert deliveries.run_due({"score": forgetful}) == (0, 1)


def test_a_kind_nobody_knows_waits_and_says_so() -> None:
    owe(kind="from_a_newer_version")
    assert deliveries.run_due({"score": nothing}) == (0, 1)
    assert row().fault == "unknown_kind"


def test_a_claim_is_taken_by_one_until_its_lease_ends() -> None:
    owe()
    moment = db.now()
    with db.work():
        first = deliveries.claim_next(moment, lease=timedelta(minutes=5))
        session.commit()
    assert first is not None
    assert first.attempts == 1
    for later, free in ((timedelta(minutes=4), False), (timedelta(minutes=6), True)):
        with db.work():
            assert (deliveries.claim_next(moment + later) is not None) is free
            session.commit()


def test_a_worker_that_lost_its_lease_does_not_disturb_the_one_that_has_it() -> None:
    owe()

    def slow(_payload: dict[str, Any]) -> None:
        time.sleep(0.2)
        with db.work():
            assert deliveries.claim_next(db.now()) is not None
            session.commit()
        raise PlatformError("late")

    deliveries.run_next({"score": slow}, lease=timedelta(milliseconds=100))
    assert row().leased_until is not None
    assert row().fault == ""


def test_a_stopped_run_leaves_the_rest_for_the_next() -> None:
    for number in range(5):
        owe(f"score:{number}")
    heard = Heard()
    assert deliveries.run_due({"score": heard}, until=lambda: len(heard.payloads) == 2) == (2, 0)


def test_the_age_of_the_oldest_tells_that_no_worker_runs() -> None:
    with db.work(read_only=True):
        assert deliveries.oldest_due(db.now()) is None
    owe()
    with db.work(read_only=True):
        assert deliveries.oldest_due(db.now()) == row().due_at
    deliveries.run_due({"score": refuse(final=True)})
    with db.work(read_only=True):
        assert deliveries.oldest_due(db.now()) is None


def test_two_workers_hand_over_twenty_promises_twenty_times() -> None:
    for number in range(20):
        owe(f"score:{number}", number=number)
    sent: list[int] = []
    start = threading.Barrier(3)

    def handler(payload: dict[str, Any]) -> None:
        time.sleep(0.01)
        sent.append(payload["number"])

    def worker() -> None:
        start.wait()
        while deliveries.run_next({"score": handler}) is Outcome.KEPT:
            pass

    workers = [threading.Thread(target=worker) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert Counter(sent) == Counter(range(20))


def test_two_who_owe_the_same_at_once_leave_one_row() -> None:
    start = threading.Barrier(4)

    def change(number: int) -> None:
        start.wait()
        owe(number=number)

    changes = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for each in changes:
        each.start()
    for each in changes:
        each.join()
    assert row().edition == 4


WORKER = """
import sys, time
from lti_tool import db
from lti_tool.services import deliveries

url, mode, log = sys.argv[1:]
db.connect(url)

def handler(payload):
    with open(log, "a") as file:
        file.write(f"{mode} {payload['number']}\\n")
    if mode == "hang":
        time.sleep(60)

while deliveries.run_next({"score": handler}):
    pass
"""


def test_a_worker_killed_in_the_middle_loses_nothing(database_url: str, tmp_path: Path) -> None:
    for number in range(3):
        owe(f"score:{number}", number=number)
    log = tmp_path / "sent"
    command = [sys.executable, "-c", WORKER, database_url]
    with subprocess.Popen([*command, "hang", str(log)]) as killed:
        while not (log.exists() and log.read_text()):
            assert killed.poll() is None
            time.sleep(0.05)
        os.kill(killed.pid, signal.SIGKILL)
    subprocess.run([*command, "work", str(log)], check=True, timeout=120)
    assert sorted(log.read_text().split("\n")) == ["", "hang 0", "work 1", "work 2"]
    with db.work():
        session.execute(sa.update(Delivery).where(Delivery.done_at.is_(None)).values(leased_until=db.now()))
        session.commit()
    subprocess.run([*command, "work", str(log)], check=True, timeout=120)
    assert "work 0" in log.read_text()
    with db.work(read_only=True):
        assert deliveries.waiting() == []
