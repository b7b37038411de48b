"""Platforms and their deployments: which LMS may open the tool, and from which of its places people are let in.

Every change is noted with who made it: a person, or None for the administrator's command.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from lti_tool.db import now, rows, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti import claims, registry
from lti_tool.models import (
    AccessToken,
    Activity,
    Course,
    Deployment,
    Enrolment,
    LoginState,
    Person,
    Platform,
    PlatformKeys,
    Visit,
)
from lti_tool.services import audit
from lti_tool.services.audit import Changer

ADDRESSES = ("auth_url", "token_url", "jwks_url")

_HOMES = (
    select(
        Platform.issuer, Platform.auth_url, Platform.frame_origins, Course.roster_url, Course.line_items_url
    )
    .select_from(Person)
    .join(Platform, Platform.id == Person.platform_id)
    .outerjoin(Enrolment, Enrolment.person_id == Person.id)
    .outerjoin(Course, Course.id == Enrolment.course_id)
    .where(Person.id == bindparam("person_id"), Platform.approved_at.is_not(None))
)  # fmt: skip


def framers(
    issuer: str, auth_url: str, more: Sequence[str], roster_url: str | None, line_items_url: str | None
) -> tuple[str, ...]:
    """Addresses of a platform whose pages may frame ours: its own, those that an administrator added, and a course's.

    Where many share an issuer (hosted Canvas, Blackboard) the page around us is on the school's own host, which only
    the services in its signed launches name.
    """
    return (issuer, auth_url, *more, *(url for url in (roster_url, line_items_url) if url))


def addresses_for(person_id: int) -> list[str]:
    """The same for all courses of a person; none where her platform is not approved."""
    return [address for homes in rows(_HOMES, person_id=person_id) for address in framers(*homes)]


NOBODYS = "\0"  # a client id that no registration can have


def client_id_of(platform_id: int, *, issuer: str, said: str = "") -> str:
    """Our client id for a login that reaches this registration's own address; `said` is what the login names, if any.

    NOBODYS, which the login refuses as that of an unknown platform, where the number is not one of this issuer's or
    the login names another one: nobody learns from the answer which numbers there are.
    """
    query = select(Platform.client_id).where(Platform.id == platform_id, Platform.issuer == issuer)
    found = session.scalar(query) if issuer.isprintable() else None
    return found if found is not None and said in ("", found) else NOBODYS


def knows(origin: str) -> bool:
    """Whether this origin is one of an approved platform."""
    query = select(Platform.issuer, Platform.auth_url, Platform.frame_origins).where(Platform.approved_at.is_not(None))
    found = session.execute(query)
    known = {claims.origin(address) for issuer, auth_url, more in found for address in (issuer, auth_url, *more)}
    return claims.origin(origin) in known - {None}  # what a browser says may be no address at all


def all() -> list[Platform]:  # noqa: A001 (read as platforms.all())
    """Every platform by name, waiting and blocked ones included, each with its deployments."""
    query = select(Platform).options(selectinload(Platform.deployments)).order_by(Platform.name, Platform.id)
    return list(session.scalars(query))


def find(issuer: str, client_id: str) -> Platform:
    """The platform registered so, or NotFoundError."""
    return registry.find(issuer, client_id)


def deployment(platform: Platform, deployment_id: str) -> Deployment:
    """The deployment that the platform calls so and that was seen before, or NotFoundError."""
    found = session.scalar(select(Deployment).filter_by(platform_id=platform.id, deployment_id=deployment_id))
    if found is None:
        raise NotFoundError
    return found


def add(*, by: Changer, all_deployments: bool = False, **facts: str | None) -> Platform:
    """Register a platform by hand, approved: `facts` and refusals are those of `registry.add`."""
    platform = registry.add(**facts)  # type: ignore[arg-type]
    platform.accepts_all_deployments = all_deployments
    audit.note("platform.added", by=by, platform=platform.id)
    session.flush()
    return platform


def learn_product(platform_id: int, product: str) -> None:
    """Note which kind of LMS it is, by its signed launch, where nobody said so: its rules hang on that."""
    unsaid = sa.update(Platform).where(Platform.id == platform_id, Platform.product == "")
    session.execute(unsaid.values(product=product))


def approve(platform: Platform, *, by: Changer) -> None:
    """Let people in from the approved deployments of this platform; a block ends with it."""
    if platform.approved_at is None:
        audit.note("platform.unblocked" if platform.blocked_at else "platform.approved", by=by, platform=platform.id)
    platform.approved_at, platform.blocked_at = platform.approved_at or now(), None
    session.flush()


def approve_deployment(platform: Platform, deployment_id: str, *, by: Changer) -> Deployment:
    """Let people in from this deployment, seen before or not, and from its platform; its block ends with it.

    RefusedError `platform_blocked` while the whole platform is blocked.
    """
    before = session.scalar(select(Deployment).filter_by(platform_id=platform.id, deployment_id=deployment_id))
    was_blocked, was_approved = (before.blocked_at, before.approved_at) if before else (None, None)
    if platform.approved_at is None and platform.blocked_at is None:
        audit.note("platform.approved", by=by, platform=platform.id)
    row = registry.approve(platform.issuer, platform.client_id, deployment_id)
    if was_approved is None:
        verb = "deployment.unblocked" if was_blocked else "deployment.approved"
        audit.note(verb, by=by, platform=platform.id, deployment=row.id)
    session.flush()
    return row


def accept_all(platform: Platform, *, by: Changer, accept: bool = True) -> None:
    """Let people in from every deployment of this platform, those to come included; blocked ones stay blocked.

    For an LMS of one organisation (Moodle, Open edX). In a shared one somebody else may make a deployment, too. With
    `accept=False` new ones wait for approval again and those that were let in stay.
    """
    platform.accepts_all_deployments = accept
    if accept:
        for waiting in platform.deployments:
            if waiting.blocked_at is None:
                waiting.approved_at = waiting.approved_at or now()
    verb = "platform.accepts_all_deployments" if accept else "platform.accepts_named_deployments"
    audit.note(verb, by=by, platform=platform.id)
    session.flush()


def block(platform: Platform, *, by: Changer) -> None:
    """Let nobody in from this platform any more, and end the visits that are open; everything written is kept."""
    if platform.blocked_at is None:
        audit.note("platform.blocked", by=by, platform=platform.id)
    platform.approved_at, platform.blocked_at = None, platform.blocked_at or now()
    session.execute(sa.delete(LoginState).where(LoginState.platform_id == platform.id))
    session.execute(sa.delete(AccessToken).where(AccessToken.platform_id == platform.id))
    theirs = select(Person.id).where(Person.platform_id == platform.id)
    session.execute(sa.delete(Visit).where(Visit.person_id.in_(theirs)))
    session.flush()


def block_deployment(deployment: Deployment, *, by: Changer) -> None:
    """Let nobody in from this deployment any more, and end the visits that began there; everything written is kept."""
    if deployment.blocked_at is None:
        audit.note("deployment.blocked", by=by, platform=deployment.platform_id, deployment=deployment.id)
    deployment.approved_at, deployment.blocked_at = None, deployment.blocked_at or now()
    there = select(Activity.id).join(Course).where(Course.deployment_id == deployment.id)
    session.execute(sa.delete(Visit).where(Visit.activity_id.in_(there)))
    session.flush()


def change_addresses(platform: Platform, *, by: Changer, **addresses: str) -> None:
    """Move a platform to other addresses, which nobody but an administrator may do; its issuer and client id stay.

    `addresses` are some of `auth_url`, `token_url` and `jwks_url`. RefusedError `address_refused` with the `field`.
    What was fetched from the earlier addresses is forgotten.
    """
    changed = {name: url for name, url in addresses.items() if getattr(platform, name) != url}
    if not set(changed) <= set(ADDRESSES):
        raise RefusedError("address_refused", field=", ".join(sorted(set(changed) - set(ADDRESSES))))
    registry.check_addresses(changed)
    for name, url in changed.items():
        setattr(platform, name, url)
    if "jwks_url" in changed:
        session.execute(sa.delete(PlatformKeys).where(PlatformKeys.platform_id == platform.id))
    session.execute(sa.delete(AccessToken).where(AccessToken.platform_id == platform.id))
    if changed:
        audit.note("platform.moved", by=by, platform=platform.id, changed=" ".join(sorted(changed)))
    session.flush()
