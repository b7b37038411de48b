"""What we owe to another system: written with the change that owes it, handed over afterwards, lost never.

A row may be handed over twice (a worker can die between the sending and the note of it), so what is sent must be a
statement that does no harm when it is heard again.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.util import identity_key

from lti_tool import db, log
from lti_tool.db import UTCDateTime, session
from lti_tool.errors import PlatformError
from lti_tool.lti import watches
from lti_tool.models import Delivery

Handler = Callable[[dict[str, Any]], None]
Handlers = Mapping[str, Handler]

LEASE = timedelta(minutes=5)  # a killed worker's rows come back after it
SHARE = 0.8  # of it, in which a handler may talk to a platform: then somebody else may begin with the same
FIRST_PAUSE = 10.0  # seconds
LONGEST_PAUSE = 3600.0
PATIENCE = timedelta(days=14)  # of trying; then somebody has to see it and say whether to go on
LONGEST_WISH = 86_400.0  # a platform that asks us to come back later is believed up to a day
INTERNAL = "internal"  # the fault is ours, see the log
UNKNOWN_KIND = "unknown_kind"  # owed by a newer version, or by a kind that is gone
WITHDRAWN = "withdrawn"  # nobody wants it sent any more


class Outcome(StrEnum):
    """How one attempt ended."""

    KEPT = "kept"
    DEFERRED = "deferred"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Claim:
    """A delivery as it stood when this worker took it."""

    id: int
    kind: str
    payload: dict[str, Any]
    edition: int
    attempts: int
    tried_since: datetime
    leased_until: datetime


def owe(kind: str, *, key: str, payload: dict[str, Any], due_at: datetime | None = None) -> None:
    """Note in the present transaction that something is owed; what was owed under this key before is replaced.

    Only the latest statement is ever due. While the former one is under way the new one waits for it to end, so that
    the older never arrives last.
    """
    moment = db.now()  # not at flush, or the row would lie after the `now` of the very query that looks for it
    fresh = {
        "kind": kind, "payload": payload, "owed_at": moment, "due_at": due_at or moment,
        "attempts": 0, "tried_since": None, "fault": "", "done_at": None, "given_up_at": None,
    }  # fmt: skip
    (written,) = db.rows(_owing(session.get_bind().dialect.name, *fresh), key=key, edition=1, **fresh)
    if (loaded := session.identity_map.get(identity_key(Delivery, written.id))) is not None:
        session.expire(loaded)
    session.info["owed"] = True


@cache
def _owing(dialect: str, *replaced: str) -> sa.Executable:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(Delivery)
    changes: dict[str, Any] = {name: insert.excluded[name] for name in replaced}
    changes["edition"] = Delivery.edition + 1
    statement: sa.Executable = insert.on_conflict_do_update(index_elements=["key"], set_=changes).returning(Delivery.id)
    return statement


def claim_next(now: datetime, *, lease: timedelta = LEASE) -> Claim | None:
    """Take the one delivery that waits longest, or None; nobody else gets it until the lease ends.

    One at a time: after a batch claim the first commit frees the locks of the whole batch, and others send it again.
    """
    found = db.rows(_claiming(), moment=now, until=now + lease)
    if not found:
        return None
    (row,) = found
    return Claim(row.id, row.kind, row.payload, row.edition, row.attempts, row.tried_since or now, now + lease)


@cache
def _claiming() -> sa.Executable:
    now = sa.bindparam("moment", type_=UTCDateTime)
    next_one = (
        sa.select(Delivery.id)
        .where(_open(), Delivery.due_at <= now, sa.or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite, which has one writer at a time, leaves this out
    )
    statement: sa.Executable = (
        sa.update(Delivery)
        .where(Delivery.id == next_one.scalar_subquery())
        .values(
            leased_until=sa.bindparam("until", type_=UTCDateTime),
            attempts=Delivery.attempts + 1,
            tried_since=sa.func.coalesce(Delivery.tried_since, now),
        )
        .returning(
            Delivery.id, Delivery.kind, Delivery.payload, Delivery.edition, Delivery.attempts, Delivery.tried_since
        )
    )
    return statement


def run_due(
    handlers: Handlers, *, limit: int | None = 100, until: Callable[[], bool] = lambda: False
) -> tuple[int, int]:
    """Hand over what is due, at most `limit` of it; how many were kept and how many will be tried again.

    `until` is asked before each one; once it says yes, the rest waits for the next run.
    """
    outcomes: list[Outcome] = []
    while (limit is None or len(outcomes) < limit) and not until() and (outcome := run_next(handlers)):
        outcomes.append(outcome)
    return outcomes.count(Outcome.KEPT), outcomes.count(Outcome.DEFERRED)


def run_next(handlers: Handlers, *, lease: timedelta = LEASE) -> Outcome | None:
    """Hand over the one delivery that waits longest, or None; opens its own units of work.

    No transaction is open while the handler runs: it talks to other systems, which may take their time.
    """
    with db.work():
        claim = claim_next(db.now(), lease=lease)
        session.commit()
    if claim is None:
        return None
    log.begin(delivery=claim.id, kind=claim.kind)
    outcome, changes = _attempt(claim, handlers)
    with db.work():
        _settle(claim, changes)
        session.commit()
    return outcome


def waiting(kind: str | None = None, *, limit: int = 100) -> list[Delivery]:
    """What is still owed, the oldest first; those given up on are among it, because somebody has to see them."""
    query = sa.select(Delivery).where(Delivery.done_at.is_(None)).order_by(Delivery.owed_at, Delivery.id).limit(limit)
    if kind is not None:
        query = query.where(Delivery.kind == kind)
    return list(session.scalars(query))


def oldest_due(now: datetime) -> datetime | None:
    """Since when the longest-waiting delivery is due; None when all is well. Its age tells that no worker runs."""
    return session.scalar(sa.select(sa.func.min(Delivery.due_at)).where(_open(), Delivery.due_at <= now))


def find(key: str) -> Delivery | None:
    """What was owed under this key, done or not; None if nothing ever was, or it was done long ago."""
    return session.scalar(sa.select(Delivery).where(Delivery.key == key))


def retry(delivery: Delivery) -> None:
    """Make an open delivery due now, also one that was given up on."""
    if delivery.done_at is not None:
        return
    delivery.given_up_at = None
    delivery.due_at = db.now()
    delivery.attempts = 0
    delivery.tried_since = None
    session.flush()
    session.info["owed"] = True


def end(delivery: Delivery, *, because: str = "") -> None:
    """Owe it no longer, sent or not; what a worker is just sending arrives all the same."""
    delivery.given_up_at = None
    delivery.done_at = db.now()
    delivery.fault = because
    delivery.edition += 1  # so that the worker's word about it comes too late
    session.flush()


def ran_out(delivery: Delivery) -> bool:
    """Whether it was given up because it was tried for so long, not because it was refused for good."""
    if delivery.given_up_at is None or delivery.tried_since is None:
        return False
    return delivery.given_up_at - delivery.tried_since >= PATIENCE


def untouched() -> sa.ColumnElement[bool]:
    """Of a delivery, in a statement with a `moment`: due by then, and nobody began with it. Owing it again is idle."""
    due = Delivery.due_at <= sa.bindparam("moment", type_=UTCDateTime)
    return sa.and_(_open(), due, Delivery.attempts == 0, Delivery.leased_until.is_(None))


def _open() -> sa.ColumnElement[bool]:
    return sa.and_(Delivery.done_at.is_(None), Delivery.given_up_at.is_(None))


def _attempt(claim: Claim, handlers: Handlers) -> tuple[Outcome, dict[str, Any]]:
    """Call the handler; how it ended, and what to write into the row."""
    rest = claim.leased_until - db.now()
    try:
        with watches.within(rest.total_seconds() * SHARE):
            handlers.get(claim.kind, _unknown)(claim.payload)
    except PlatformError as error:
        log.get(__name__).warning(
            "delivery.refused", fault=error.code, status=error.status, final=error.final, attempts=claim.attempts
        )
        if error.final:
            return Outcome.GIVEN_UP, {"fault": error.code, "given_up_at": db.now()}
        return _later(claim, error.code, error.retry_after)
    except Exception:  # noqa: BLE001 (whatever it was, the row stays and the next one gets its turn)
        log.get(__name__).exception("delivery.broke", fault=INTERNAL, attempts=claim.attempts)
        return _later(claim, INTERNAL)
    return Outcome.KEPT, {"fault": "", "done_at": db.now()}


def _later(claim: Claim, fault: str, wish: float | None = None) -> tuple[Outcome, dict[str, Any]]:
    """Another time, unless it was tried for two weeks: then it is given up and can be tried again by hand."""
    moment = db.now()
    if moment - claim.tried_since >= PATIENCE:
        return Outcome.GIVEN_UP, {"fault": fault, "given_up_at": moment}
    return Outcome.DEFERRED, {"fault": fault, "due_at": moment + _pause(claim.attempts, wish)}


def _unknown(_payload: dict[str, Any]) -> None:
    raise PlatformError(UNKNOWN_KIND)


def _settle(claim: Claim, changes: dict[str, Any]) -> None:
    """Write how it ended, unless something newer is owed by now; then only let go of the row."""
    heard = "done_at" in changes  # then it counts, even if it took longer than the lease
    mine = {"number": claim.id, "lease": claim.leased_until}
    same = {"of_edition": claim.edition, **{f"new_{name}": value for name, value in changes.items()}}
    if not db.rows(_settling(*changes, leased=not heard, same=True), **mine, **same):
        db.rows(_settling(leased=True, same=False), **mine)


@cache
def _settling(*changed: str, leased: bool, same: bool) -> sa.Executable:
    """Let go of a delivery and write these facts, if it is still in this worker's lease and of the same edition."""
    statement = sa.update(Delivery).where(Delivery.id == sa.bindparam("number"))
    if leased:
        statement = statement.where(Delivery.leased_until == sa.bindparam("lease"))
    if same:
        statement = statement.where(Delivery.edition == sa.bindparam("of_edition"))
    columns = Delivery.__table__.c
    facts = {name: sa.bindparam(f"new_{name}", type_=columns[name].type) for name in changed}
    returning: sa.Executable = statement.values(leased_until=None, **facts).returning(Delivery.id)
    return returning


def _pause(attempts: int, wish: float | None = None) -> timedelta:
    """Twice as long after every attempt, at most an hour, and never all at the same moment."""
    longest = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    jitter = 0.5 + secrets.randbelow(1000) / 2000
    return timedelta(seconds=max(longest * jitter, min(wish or 0.0, LONGEST_WISH)))
