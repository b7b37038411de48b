"""The self-check of a platform: an administrator presses a button, the worker asks, the page shows what it heard."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from lti_tool import db
from lti_tool.access import Administration
from lti_tool.db import find_or_add, session, work
from lti_tool.errors import PlatformError
from lti_tool.lti import probes
from lti_tool.models import Course, Deployment, Platform, SelfCheck
from lti_tool.services import deliveries, sightings
from lti_tool.services.connections import PASSING, Finding, Weight

CLOCK_NOTE, CLOCK_FAULT = 10, 60  # seconds; a launch bears a minute (lti/rules.py)
# why keys could not be read, where that alone says which side must change what
TELLING = frozenset({"keys_unusable", "platform_certificate", "redirected", "address_refused"})


def ask_for(platform: Platform, *, within: Administration) -> None:
    """Owe a look at this platform from a deployment within; asked for again before it began, it is owed once."""
    check = find_or_add(SelfCheck, platform_id=platform.id, also={"asked_at": db.now()})
    check.asked_at, check.done_at = db.now(), None
    session.flush()
    payload = {"platform_id": platform.id, "deployment_id": within.deployment_id or 0}
    deliveries.owe("self_check", key=f"self_check:{platform.id}", payload=payload)


def run(payload: dict[str, int]) -> None:
    """Ask the platform everything that a launch, a roster and a score need; the job behind `ask_for`.

    It always ends with findings: what the platform refuses is what this is to find.
    """
    with work(read_only=True) as unit:
        platform = unit.get_one(Platform, payload["platform_id"])
        deployment_id, course = _where(platform, payload.get("deployment_id"))
    findings = [*_keys(platform), *_services(deployment_id, course)]
    with work() as unit:
        check = unit.get(SelfCheck, platform.id)
        if check is not None:
            check.findings, check.done_at = [asdict(one) for one in findings], db.now()
        unit.commit()


def _where(platform: Platform, only: int | None) -> tuple[int | None, Course | None]:
    """An approved deployment (or this one alone) and a course to ask about: the one whose roster was read last."""
    let_in = sa.select(Deployment).where(Deployment.platform_id == platform.id, Deployment.approved_at.is_not(None))
    if only:
        let_in = let_in.where(Deployment.id == only)
    deployment = session.scalar(let_in.order_by(Deployment.id).limit(1))
    course = session.scalar(
        sa.select(Course)
        .where(Course.deployment_id.in_(let_in.with_only_columns(Deployment.id)))
        .order_by(Course.roster_read_at.desc().nulls_last(), Course.id.desc())
        .limit(1)
    )
    return (course.deployment_id if course else deployment.id if deployment else None), course


def _keys(platform: Platform) -> Iterator[Finding]:
    try:
        heard = probes.their_keys(platform)
    except PlatformError as fault:
        code = fault.code if fault.code in TELLING else "keys_unreachable"
        yield Finding(code, Weight.FAULT, {"fault": fault.code})
    else:
        yield Finding("keys_read", facts={"count": heard.keys})
        if heard.ahead is not None:
            yield _clock(heard.ahead)
    try:
        probes.our_keys()
    except PlatformError as fault:
        yield Finding("own_keys_not_seen", Weight.NOTE, {"fault": fault.code})
    else:
        yield Finding("own_keys_seen")


def _clock(ahead: int) -> Finding:
    apart = abs(ahead)
    weight = Weight.FAULT if apart > CLOCK_FAULT else Weight.NOTE if apart > CLOCK_NOTE else Weight.OK
    return Finding("clock_ahead" if ahead > 0 else "clock_behind" if ahead else "clock", weight, {"seconds": apart})


def _services(deployment_id: int | None, course: Course | None) -> Iterator[Finding]:
    if deployment_id is None:
        yield Finding("no_deployment_yet", Weight.NOTE)
        return
    got = yield from _tokens(deployment_id)
    if course is None:
        yield Finding("no_course_yet", Weight.NOTE)
        return
    if "roster" in got:
        yield from _asked(lambda: _roster(course))
    if "columns" in got:
        yield from _asked(lambda: Finding("columns_read", facts={"count": probes.columns(course)}))


def _tokens(deployment_id: int) -> Generator[Finding, None, list[str]]:
    """A token for each service; where the platform refuses who we are, the other services need not be asked."""
    got: list[str] = []
    refused: list[str] = []
    for name, scope in probes.SCOPES.items():
        asked_at = db.now()
        try:
            probes.token(deployment_id, scope)
        except PlatformError as fault:
            if fault.code != "scope_refused":
                yield Finding(_why(fault, asked_at), Weight.FAULT, {"status": fault.status or 0})
                return got
            refused.append(name)
        else:
            got.append(name)
    if got:
        yield Finding("token_received", facts={"count": len(got)})
    yield from (Finding(f"no_scope_{name}", Weight.FAULT if name == "roster" else Weight.NOTE) for name in refused)
    return got


def _why(fault: PlatformError, asked_at: datetime) -> str:
    """A platform that refuses our proof without having asked for our keys cannot reach them, or does not know us."""
    last = _keys_asked_at()
    if fault.code == "client_refused" and (last is None or last < asked_at):
        return "our_keys_not_asked"
    return fault.code


def _keys_asked_at() -> datetime | None:
    with work(read_only=True):
        return sightings.keys_asked_at()


def _roster(course: Course) -> Finding:
    page = probes.first_page(course)
    if not page.people:
        return Finding("roster_empty", Weight.NOTE)
    if not page.named:
        return Finding("names_hidden", Weight.NOTE)
    return Finding("roster_read", facts={"count": page.people})


def _asked(question: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield question()
    except PlatformError as fault:
        weight = Weight.NOTE if fault.code in {"no_roster", "no_column", *PASSING} else Weight.FAULT
        yield Finding(fault.code, weight, {"status": fault.status or 0})
