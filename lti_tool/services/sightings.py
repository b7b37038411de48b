"""What was last seen at each platform: kinds, codes and moments, never a person (H1, H4).

However much comes in, a platform has one row for each kind and code, and it is written at most once in a pause.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from lti_tool import db
from lti_tool.db import ClashError, rows, session
from lti_tool.models import Sighting

LAUNCH = "launch"
STORAGE = "storage"  # how browsers kept the login: cookie, platform, window
REFUSAL = "refusal"  # a login or launch that was not let in
KEYS = "keys"  # our public keys were asked for

A_MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=1)
KEPT = timedelta(days=30)  # of a refusal


def note(kind: str, *, platform_id: int | None, code: str = "", pause: timedelta = A_MINUTE) -> None:
    """Remember in the open unit of work that this was seen now, unless it was noted within the pause."""
    seen = session.scalar(_of(kind, platform_id, code))
    moment = db.now()
    if seen is None:
        try:
            with session.begin_nested():
                session.add(Sighting(platform_id=platform_id, kind=kind, code=code, at=moment))
        except ClashError:
            return  # somebody beside us was quicker
    elif moment - seen.at >= pause:
        seen.at, seen.times = moment, seen.times + 1
        session.flush()


def came_in(platform_id: int, *, storage: str) -> None:
    """Remember a launch, and how the browser kept its login; each of them is written once a minute."""
    moment = db.now()
    seen = {(kind, code): at for kind, code, at in rows(_SEEN, platform_id=platform_id)}
    for kind, code in ((LAUNCH, ""), (STORAGE, storage)):
        at = seen.get((kind, code))
        if at is None or moment - at >= A_MINUTE:
            note(kind, platform_id=platform_id, code=code)


JUST_NOTED = (  # whether `came_in` has nothing to write; a launch asks it with all that it must know
    sa.select(sa.func.count() == 2)
    .where(Sighting.platform_id == sa.bindparam("platform_id"), Sighting.at > sa.bindparam("a_minute_ago"))
    .where(
        sa.or_(
            sa.and_(Sighting.kind == LAUNCH, Sighting.code == ""),
            sa.and_(Sighting.kind == STORAGE, Sighting.code == sa.bindparam("storage")),
        )
    )
    .scalar_subquery()
)
_SEEN = sa.select(Sighting.kind, Sighting.code, Sighting.at).where(
    Sighting.platform_id == sa.bindparam("platform_id"), Sighting.kind.in_((LAUNCH, STORAGE))
)


def refused(code: str, *, platform_id: int) -> None:
    """Remember in a unit of work of its own that a login or launch was refused: the refused request keeps nothing.

    A flood costs one look a request, one writing a second, and never a second row.
    """
    with db.work(read_only=True):
        seen = session.scalar(_of(REFUSAL, platform_id, code))
    if seen is not None and db.now() - seen.at < A_MOMENT:
        return
    with db.work() as unit:
        note(REFUSAL, platform_id=platform_id, code=code, pause=A_MOMENT)
        unit.commit()


def of(platform_ids: list[int]) -> list[Sighting]:
    """What was seen at these platforms, the latest first."""
    query = sa.select(Sighting).where(Sighting.platform_id.in_(platform_ids))
    return list(session.scalars(query.order_by(Sighting.at.desc(), Sighting.id)))


def keys_asked_at() -> datetime | None:
    """When somebody last asked for our public keys; None if nobody ever did."""
    return session.scalar(sa.select(sa.func.max(Sighting.at)).where(Sighting.kind == KEYS))


def _of(kind: str, platform_id: int | None, code: str) -> sa.Select[Sighting]:
    query = sa.select(Sighting).filter_by(kind=kind, platform_id=platform_id, code=code)
    return query.order_by(Sighting.id).limit(1)
