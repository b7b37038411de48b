"""The platform's public keys: fetched rarely, kept in the database, asked again when a launch names an unknown one.

Three short units of work of our own (read, count the question, keep the answer) and no transaction during the fetch:
on SQLite an open one would stop every other writer. So a launch asks for the key before it writes anything.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any, cast

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError
from sqlalchemy.exc import IntegrityError

from lti_tool import db
from lti_tool.errors import LaunchRefusedError, PlatformError
from lti_tool.lti import http
from lti_tool.lti.refusals import refuse
from lti_tool.models import Platform, PlatformKeys

FRESH = timedelta(hours=6)  # afterwards withdrawn keys are noticed at the next launch
QUESTIONS = 8  # at once; a flood of unknown ids gets no further than this and one more a REFILL: twelve in a minute
OUTAGE = 60.0  # seconds; nobody whose key is known waits again for an address that has just not answered
REFILL = timedelta(seconds=15)  # so long a key that came in during a flood may have to wait (Brightspace: one an hour)
SMALLEST_KEY = 2048  # bits, Security 6.1
MOST_KEYS = 64

KeySet = dict[str, dict[str, str]]  # public numbers `n` and `e` by key id


@dataclass(frozen=True)
class Kept:
    """A key set as it is kept here."""

    keys: KeySet
    at: datetime


def find(platform: Platform, kid: str, *, kept: Kept | None = None) -> RSAPublicKey:
    """The platform's key of this id, fetched if need be; LaunchRefusedError when there is none to be had.

    A cached key outlives an outage of the platform, and a key that the platform dropped is dropped here. `kept` is what
    is kept of this platform, from one who has just read it.
    """
    began, since = db.now(), time.monotonic()
    kept = kept or _kept(platform.id)
    if kid in kept.keys and (began - kept.at < FRESH or _failed_lately(platform.id, since)):
        return _parsed(**kept.keys[kid])
    try:
        current = _current(platform, kid, began, since)
    except LaunchRefusedError:
        if kid not in kept.keys:
            raise
        current = kept.keys
    if kid not in current:
        raise refuse("key_unknown")
    return _parsed(**current[kid])


_KEPT = sa.select(PlatformKeys.key_set, PlatformKeys.fetched_at).where(
    PlatformKeys.platform_id == sa.bindparam("platform_id")
)


def _kept(platform_id: int) -> Kept:
    with db.work(read_only=True):
        found = db.rows(_KEPT, platform_id=platform_id)
    return Kept(*found[0]) if found else Kept({}, db.now())


@dataclass
class _Line:
    """Where the launches of one platform wait in this process, so that thirty at nine o'clock ask one question."""

    lock: Lock = field(default_factory=Lock)
    failed_at: float | None = None  # of the clock that is never set back
    failure: str = ""


_lines: dict[int, _Line] = {}  # by platform id


def _failed_lately(platform_id: int, since: float) -> bool:
    line = _lines.get(platform_id)
    return line is not None and line.failed_at is not None and since - line.failed_at < OUTAGE


def _current(platform: Platform, kid: str, began: datetime, since: float) -> KeySet:
    """The key set as the platform publishes it now; one launch asks, those that waited for it share the answer."""
    line = _lines.setdefault(platform.id, _Line())
    with line.lock:
        kept = _kept(platform.id)
        if kept.keys and (kept.at >= began or (kid in kept.keys and began - kept.at < FRESH)):
            return kept.keys
        if line.failed_at is not None and line.failed_at >= since:
            raise refuse(line.failure)
        try:
            return _fetch(platform)
        except LaunchRefusedError as refused:
            line.failed_at, line.failure = time.monotonic(), refused.code
            raise


def _fetch(platform: Platform) -> KeySet:
    asked_at = db.now()
    if not _may_ask(platform.id, asked_at):
        raise refuse("keys_asked_often")
    try:
        answer = http.get_json(platform.jwks_url, seconds=5)
    except (PlatformError, RecursionError) as error:  # the latter: brackets nested without end
        raise refuse("keys_unreachable") from error
    usable = usable_keys(answer)
    if not usable:
        raise refuse("keys_unusable")
    with db.work() as session:
        changed = {"key_set": usable, "fetched_at": asked_at}
        session.execute(sa.update(PlatformKeys).filter_by(platform_id=platform.id).values(changed))
        session.commit()
    return usable


def _may_ask(platform_id: int, moment: datetime) -> bool:
    """Count one question to the platform, for all threads and processes, or say that our share is used up."""
    with db.work() as session:
        row = session.get(PlatformKeys, platform_id, with_for_update=True)
        if row is None:
            row = PlatformKeys(platform_id=platform_id, key_set={}, fetched_at=moment, asked_since=moment, asked=0)
            session.add(row)
        grown = max((moment - row.asked_since) // REFILL, 0)
        row.asked, row.asked_since = max(row.asked - grown, 0), row.asked_since + grown * REFILL
        if row.asked >= QUESTIONS:
            session.rollback()  # nothing to keep: the share grows by the clock
            return False
        if row.asked == 0:
            row.asked_since = moment
        row.asked += 1
        try:
            session.commit()
        except IntegrityError:  # the very first launch of a platform came twice at once; both may ask
            session.rollback()
    return True


def usable_keys(answer: Any) -> KeySet:
    """The RSA signing keys of a key set by id, public numbers only; whatever else it holds is passed over."""
    listed = answer.get("keys") if isinstance(answer, dict) else None
    usable: KeySet = {}
    for key in listed[:MOST_KEYS] if isinstance(listed, list) else []:
        if not isinstance(key, dict) or key.get("kty") != "RSA":
            continue
        if key.get("use") not in (None, "sig") or key.get("alg") not in (None, "RS256"):
            continue
        kid, n, e = key.get("kid"), key.get("n"), key.get("e")
        if isinstance(kid, str) and isinstance(n, str) and isinstance(e, str) and kid not in usable and _sound(n, e):
            usable[kid] = {"n": n, "e": e}
    return usable


def _sound(n: str, e: str) -> bool:
    try:
        return _parsed(n, e).key_size >= SMALLEST_KEY
    except (InvalidKeyError, ValueError):
        return False


@lru_cache(maxsize=256)
def _parsed(n: str, e: str) -> RSAPublicKey:
    """The key object, remembered by its numbers, so that nothing here can be out of date."""
    return cast("RSAPublicKey", RSAAlgorithm.from_jwk({"kty": "RSA", "n": n, "e": e}))
