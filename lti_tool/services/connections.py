"""How far each platform has come, from its registration to the first score, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from lti_tool import db
from lti_tool.access import Administration
from lti_tool.db import session
from lti_tool.errors import NotFoundError
from lti_tool.models import Activity, Course, Delivery, Deployment, Platform, SelfCheck, Sighting, Standing
from lti_tool.services import rosters, sightings

LATE = timedelta(minutes=3)  # a self-check of an LMS that answers takes seconds

# Of one person's browser or sign-in: nothing that an administrator could put right.
OF_ONE_PERSON = frozenset({
    "login_required", "cookie_missing", "browser_changed", "state_unknown", "state_expired", "state_missing",
    "nonce_missing", "nonce_foreign", "token_missing", "token_unreadable", "issued_long_ago",
    "acting_for_another",
})  # fmt: skip

# Of one person or one course, and for nobody who looks after a platform to put right: no news of the whole platform.
PASSING = frozenset({"person_gone", "newer_on_platform", "column_gone", "column_being_made", "roster_gone"})

# Told by where the platform and its deployments stand now, whatever was refused before that changed.
OF_DEPLOYMENTS = frozenset({"deployment_pending", "deployment_blocked"})
OF_STANDING = OF_DEPLOYMENTS | {"platform_pending", "platform_blocked"}


class Weight(StrEnum):
    """How much a finding matters: a fault must be put right, a note is worth knowing."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a code that chooses the words, and numbers or ids of the platform to fill in."""

    code: str
    weight: Weight = Weight.OK
    facts: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step from registration to score; None while it has not happened, a fault's code where it went wrong."""

    name: str
    at: datetime | None = None
    done: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Connection:
    """A platform and what is known of it."""

    platform: Platform
    deployments: tuple[Deployment, ...] = ()  # those within this administration
    seen: tuple[Sighting, ...] = ()
    roster_read_at: datetime | None = None
    roster_fault: str = ""
    has_column: bool = False
    delivered_at: datetime | None = None
    delivery_fault: str = ""
    check: SelfCheck | None = None

    @property
    def launched_at(self) -> datetime | None:
        """When somebody last came in from there."""
        return next((one.at for one in self.seen if one.kind == sightings.LAUNCH), None)

    @property
    def refusals(self) -> list[Sighting]:
        """What was refused lately, the latest first."""
        since = db.now() - sightings.KEPT
        return [one for one in self.seen if one.kind == sightings.REFUSAL and one.at > since]

    @property
    def storages(self) -> list[Sighting]:
        """How browsers kept the login between its two steps, the latest first."""
        return [one for one in self.seen if one.kind == sightings.STORAGE]

    @property
    def waiting(self) -> list[Deployment]:
        """Deployments that wait for approval."""
        return [one for one in self.deployments if one.standing is Standing.WAITING]

    @property
    def check_under_way(self) -> bool:
        """Whether somebody asked for a self-check that has not ended."""
        return self.check is not None and self.check.done_at is None

    @property
    def check_is_late(self) -> bool:
        """Whether it should have ended by now: then most likely no worker runs."""
        return self.check is not None and self.check.done_at is None and db.now() - self.check.asked_at > LATE

    @property
    def found(self) -> list[Finding]:
        """What the last self-check found."""
        told = self.check.findings if self.check is not None else []
        return [Finding(one["code"], Weight(one["weight"]), dict(one["facts"])) for one in told]

    @property
    def headline(self) -> Finding:
        """The one thing to know first."""
        return next(_stops(self), None) or self._going()

    def _going(self) -> Finding:
        if self.waiting:
            return Finding("another_deployment_waits", Weight.NOTE, {"deployment": self.waiting[0].deployment_id})
        if self.delivered_at is not None:
            return Finding("works")
        return Finding("launches")

    @property
    def steps(self) -> list[Step]:
        """Every step in its order."""
        own = self.platform
        let_in = [one.approved_at for one in self.deployments if one.approved_at]
        return [
            Step("registered", own.created_at, done=True),
            Step("approved", own.approved_at, own.approved_at is not None),
            Step("deployment", min(let_in, default=None), bool(let_in)),
            Step("launch", self.launched_at, self.launched_at is not None),
            Step("roster", self.roster_read_at, self.roster_read_at is not None, self.roster_fault),
            Step("column", None, self.has_column),
            Step("score", self.delivered_at, self.delivered_at is not None, self.delivery_fault),
        ]


def _stops(of: Connection) -> Iterator[Finding]:
    """What keeps people out or scores from arriving, the earliest step first."""
    own, launched = of.platform, of.launched_at
    if own.standing is Standing.BLOCKED:
        yield Finding("blocked", Weight.FAULT)
    if own.standing is Standing.WAITING:
        yield Finding("platform_waits", Weight.FAULT)
    if not any(one.approved_at for one in of.deployments):
        if of.waiting:
            yield Finding("deployment_waits", Weight.FAULT, {"deployment": of.waiting[0].deployment_id})
        elif not own.accepts_all_deployments and launched is None and not of.refusals:
            yield Finding("deployment_unknown", Weight.NOTE)
    for one in of.refusals:  # of launches one a minute is noted: a refusal just after the last one may be older news
        told = one.code not in OF_ONE_PERSON and one.code not in OF_STANDING
        if told and (launched is None or one.at > launched + sightings.A_MINUTE):
            yield Finding(one.code, Weight.FAULT)
    yield from (one for one in of.found if one.weight is Weight.FAULT)
    if launched is None:
        yield Finding("never_launched", Weight.NOTE)
    for code in filter(None, (of.roster_fault, of.delivery_fault)):
        yield Finding(code, Weight.FAULT)


def all(within: Administration) -> list[Connection]:  # noqa: A001 (read as connections.all())
    """Every platform within, by name, in as many statements for many as for one."""
    query = sa.select(Platform).where(within.platforms()).options(selectinload(Platform.deployments))
    return _of(list(session.scalars(query.order_by(Platform.name, Platform.id))), within)


def get(platform_id: int, *, within: Administration) -> Connection:
    """One platform; NotFoundError where it is not within."""
    query = sa.select(Platform).where(within.platforms(), Platform.id == platform_id)
    found = session.scalar(query.options(selectinload(Platform.deployments)))
    if found is None:
        raise NotFoundError
    return _of([found], within)[0]


def deployment(deployment_id: int, *, of: Platform, within: Administration) -> Deployment:
    """One deployment of a platform; NotFoundError where it is another one's, or not within.

    Who administers the LMS alone finds those that wait: ending a block is the installation's affair.
    """
    found = next((one for one in _deployments(of, within) if one.id == deployment_id), None)
    if found is None or not (within.whole or (within.platform_id == of.id and found.standing is not Standing.BLOCKED)):
        raise NotFoundError
    return found


def _deployments(of: Platform, within: Administration) -> tuple[Deployment, ...]:
    return tuple(one for one in of.deployments if within.deployment_id in (None, one.id))


def _of(platforms: list[Platform], within: Administration) -> list[Connection]:
    numbers = [one.id for one in platforms]
    seen = sightings.of(numbers)
    if within.deployment_id is not None:  # that others wait is theirs to know
        seen = [one for one in seen if one.kind != sightings.REFUSAL or one.code not in OF_DEPLOYMENTS]
    here = sa.and_(Deployment.platform_id.in_(numbers), within.deployments())
    read = _rosters(here)
    columns, scores, faults = _columns(here), _delivered(here), _undelivered(here)
    asked = session.scalars(sa.select(SelfCheck).where(SelfCheck.platform_id.in_(numbers)))
    checks = {one.platform_id: one for one in asked}
    return [
        Connection(
            platform=one,
            deployments=_deployments(one, within),
            seen=tuple(sighting for sighting in seen if sighting.platform_id == one.id),
            roster_read_at=read.get(one.id, (None, ""))[0],
            roster_fault=read.get(one.id, (None, ""))[1],
            has_column=one.id in columns,
            delivered_at=scores.get(one.id),
            delivery_fault=faults.get(one.id, ""),
            check=checks.get(one.id),
        )
        for one in platforms
    ]


def _rosters(here: sa.ColumnElement[bool]) -> dict[int, tuple[datetime | None, str]]:
    """When a roster was last read, and one fault that lasts, of a course that somebody opened lately."""
    lately = Course.launched_at > db.now() - rosters.LATELY
    fault = sa.case((sa.and_(lately, Course.roster_fault.not_in(PASSING)), Course.roster_fault))
    query = (
        sa.select(Deployment.platform_id, sa.func.max(Course.roster_read_at), sa.func.max(fault))
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(here)
        .group_by(Deployment.platform_id)
    )
    return {number: (at, fault or "") for number, at, fault in session.execute(query)}


def _columns(here: sa.ColumnElement[bool]) -> set[int]:
    query = _activities(sa.select(Deployment.platform_id).distinct(), here)
    return set(session.scalars(query.where(Activity.line_item_url.is_not(None))))


def _activities(query: sa.Select[Any], here: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        query.select_from(Activity)
        .join(Course, Course.id == Activity.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(here)
    )


def _scores(column: sa.ColumnElement[Any], here: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Of the scores owed to these platforms; what is done is kept for some weeks."""
    owed = Delivery.payload["activity_id"].as_integer()
    query = _activities(sa.select(Deployment.platform_id, column), here)
    return query.join(Delivery, owed == Activity.id).where(Delivery.kind == "score").group_by(Deployment.platform_id)


def _delivered(here: sa.ColumnElement[bool]) -> dict[int, datetime]:
    rows = session.execute(_scores(sa.func.max(Delivery.done_at), here))
    return {number: at for number, at in rows if at is not None}


def _undelivered(here: sa.ColumnElement[bool]) -> dict[int, str]:
    """One fault that keeps scores from arriving; what was refused long ago is its facilitator's affair alone."""
    told = Delivery.done_at.is_(None), Delivery.fault.not_in({"", *PASSING})
    open_ones = _scores(sa.func.max(Delivery.fault), here).where(*told, Delivery.owed_at > db.now() - sightings.KEPT)
    return dict(list(session.execute(open_ones)))
