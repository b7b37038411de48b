"""What runs in the background: which function keeps which kind of delivery, what is periodic, and who does it.

huey only wakes and executes. What is owed lives in our own database, so its queue may be lost at any moment: a sweep
every minute finds whatever nobody was woken for.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any, cast

from huey import SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from lti_tool import db, log, settings
from lti_tool.db import WorkSession
from lti_tool.services import (
    arrivals,
    columns,
    credits,
    deliveries,
    evidence,
    groups,
    keys,
    leftovers,
    notices,
    pairing,
    registrations,
    replies,
    rosters,
    self_checks,
)

HANDLERS: dict[str, deliveries.Handler] = {  # kind -> the service function that keeps it
    "roster": rosters.read,
    "groups": groups.read,
    "notices": notices.want,
    "score": columns.deliver,
    "self_check": self_checks.run,
    "renewal": registrations.run_renewal,
}

THREADS = 2  # a platform that hangs must not keep the others waiting
LOOK_EVERY = 1.0  # seconds between looks into an empty queue
GRACE = 4.0  # seconds a job under way is given to end when the worker is told to stop
HEARTBEAT = "heartbeat"
QUEUE = "wake-up.db"
LOOK_AGAIN_EVERY = timedelta(hours=5, minutes=50)  # where cron stands in for the clock, and may be minutes early
ASK_EVERY = timedelta(minutes=50)

_stopping = Event()


def wake() -> None:
    """Tell the worker of this machine that something is due; if that does not work, the sweep finds it."""
    try:
        queue = _queue()
        if queue.pending_count() == 0:  # one call wakes for all; without a worker the queue must not grow
            queue.deliver()
    except Exception:  # noqa: BLE001 (the change is committed; nothing about waking may spoil the answer)
        log.get(__name__).exception("worker.not_woken")


def wake_after_commit() -> None:
    """From now on, a committed unit of work that owes something wakes the worker."""
    if not event.contains(WorkSession, "after_commit", _owed):
        event.listen(WorkSession, "after_commit", _owed)


def sweep(*, limit: int | None = None, until: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Remove what has had its time and do what is due; how many were kept and how many will be tried again."""
    with db.work():
        leftovers.remove(db.now())
        arrivals.hand_over()
        keys.keep_up()
        db.session.commit()
    return deliveries.run_due(HANDLERS, limit=limit, until=until)


def look_again() -> None:
    """What only time changes: what is asked of a person shrinks, offers grow old, threads end. Some times a day."""
    for change in (pairing.again_everywhere, replies.sweep):
        with db.work():
            change()
            db.session.commit()
    with db.work(read_only=True):
        batches = credits.to_reckon()
    for batch in batches:  # a commit each: nobody's page waits for the whole country to be reckoned
        with db.work():
            credits.reckon_all(batch)
            db.session.commit()
    with db.work(read_only=True):
        evidence.sweep()


def ask_rosters() -> None:
    """Ask once a day who is in the courses that are in use, spread over the hour. Every hour."""
    with db.work():
        rosters.look_again()
        db.session.commit()


def stand_in(*, limit: int) -> tuple[int, int]:
    """Do once what a worker does all the time, where none runs: what its clock would have asked for, and a sweep.

    Returns what the sweep returns. When each was last done is kept beside the queue: call this as often as you like.
    """
    moment = db.now().timestamp()
    for name, task, pause in (("look-again", look_again, LOOK_AGAIN_EVERY), ("ask-rosters", ask_rosters, ASK_EVERY)):
        if moment - (_noted(name) or 0) > pause.total_seconds():
            task()
            _queue().put(name, moment)
    return sweep(limit=limit)


def last_sweep() -> float | None:
    """When this machine's worker last swept, in seconds since 1970; None if none ran here. Looking makes no file."""
    if not (settings.current().data_dir / QUEUE).is_file():
        return None
    return _noted(HEARTBEAT)


def run_worker(stop: Event) -> None:
    """Keep delivering until `stop` is set; a job under way is given a few seconds, its lease brings it back else."""
    _stopping.clear()
    consumer = _Consumer(_queue(), workers=THREADS, max_delay=LOOK_EVERY, shutdown_timeout=GRACE)
    consumer.start()
    log.get(__name__).info("worker.started", pid=os.getpid())
    while not stop.wait(10):
        consumer.check_worker_health()
    _stopping.set()
    consumer.stop(graceful=True)
    log.get(__name__).info("worker.stopped", pid=os.getpid())


class _Consumer(Consumer):  # type: ignore[misc]
    """huey's consumer without its signal handlers: signals are the command's business."""

    def _set_signal_handlers(self) -> None:
        pass


def _owed(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop("owed", False):
        wake()


def _deliver() -> None:
    deliveries.run_due(HANDLERS, limit=None, until=_stopping.is_set)


def _noted(name: str) -> float | None:
    try:
        return cast("float | None", _queue().get(name, peek=True))
    except ValueError:  # signed with a secret key that was changed since
        return None


def _queue() -> Any:
    here = settings.current()
    return _queue_in(here.data_dir, here.secret_keys[0])


@cache
def _queue_in(folder: Path, secret: str) -> Any:
    """The queue of this machine; what lies in it is signed, because huey unpickles it."""
    folder.mkdir(parents=True, exist_ok=True)
    signed = SignedSerializer(secret=secret, salt="lti-tool wake-up")
    queue = SqliteHuey("lti-tool", filename=str(folder / QUEUE), serializer=signed, results=False, utc=True)

    def swept() -> None:
        queue.put(HEARTBEAT, db.now().timestamp())
        sweep(until=_stopping.is_set)

    queue.deliver = queue.task(name="deliver")(_deliver)
    queue.periodic_task(crontab(minute="*"), name="sweep")(swept)
    queue.periodic_task(crontab(minute="20", hour="*/6"), name="look-again")(look_again)
    queue.periodic_task(crontab(minute="40"), name="ask-rosters")(ask_rosters)
    return queue
