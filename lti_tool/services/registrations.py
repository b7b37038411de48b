"""How an LMS comes to know the tool: by itself with an invitation, or by what an administrator copies."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lti_tool.access import Administration
from lti_tool.db import session, work
from lti_tool.errors import PlatformError, RefusedError
from lti_tool.lti import by_hand, registration, renewal
from lti_tool.models import Invite, Platform
from lti_tool.services import audit, deliveries, invites
from lti_tool.services.audit import Changer


def complete(invite: Invite, *, openid_configuration: str, registration_token: str | None) -> Platform:
    """The platform that registered itself with this invitation, which is used up with it.

    Commit before: the platform is asked twice. Refusals and faults are those of `registration.complete`, and
    RefusedError `invite_used` where somebody was a moment quicker.
    """
    platform = registration.complete(
        invite, openid_configuration=openid_configuration, registration_token=registration_token
    )
    invites.use(invite, platform=platform)
    audit.note("platform.registered", by=None, platform=platform.id, invite=invite.id)
    session.flush()
    return platform


def renew(platform: Platform, *, by: Changer) -> list[str]:
    """The scopes that the LMS grants after it was told what this version of the tool asks for.

    Call it with nothing written: the platform is asked twice. Refusals and faults are those of `renewal.renew`.
    """
    scopes = renewal.renew(platform.id)
    audit.note("platform.renewed", by=by, platform=platform.id)
    session.flush()
    return scopes


class Stage(StrEnum):
    """How far a renewal has come."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class Renewal:
    """The last renewal that an administrator asked for; `fault` is the code of the LMS's last refusal."""

    stage: Stage
    at: datetime
    fault: str = ""


def ask_to_renew(platform: Platform, *, by: Administration) -> None:
    """Owe the renewal to the worker; one that is under way is not begun twice.

    RefusedError `renewal_not_offered` where the LMS gave no address for it, `platform_blocked`.
    """
    if not platform.can_be_renewed:
        raise RefusedError("renewal_not_offered")
    if platform.blocked_at is not None:
        raise RefusedError("platform_blocked")
    under_way = renewal_of(platform)
    if under_way is not None and under_way.stage is Stage.ASKED and not under_way.fault:
        return
    payload = {"platform_id": platform.id, "administrator": by.number}
    deliveries.owe("renewal", key=_key(platform), payload=payload)


def renewal_of(platform: Platform) -> Renewal | None:
    """How the last renewal that an administrator asked for went; None if none was, or long ago."""
    owed = deliveries.find(_key(platform))
    if owed is None:
        return None
    if owed.done_at is not None:
        return Renewal(Stage.DONE, owed.done_at)
    if owed.given_up_at is not None:
        return Renewal(Stage.REFUSED, owed.given_up_at, owed.fault)
    return Renewal(Stage.ASKED, owed.owed_at, owed.fault)


def run_renewal(payload: dict[str, int]) -> None:
    """Ask the LMS and note the change; the job behind `ask_to_renew`. PlatformError as of `renewal.renew`."""
    try:
        renewal.renew(payload["platform_id"])
    except RefusedError as refused:  # it stands otherwise since it was asked for: trying again is pointless
        raise PlatformError(refused.code, final=True) from None
    with work() as unit:
        audit.note("platform.renewed", by=Administration(payload["administrator"]), platform=payload["platform_id"])
        unit.commit()


def _key(platform: Platform) -> str:
    return f"renewal:{platform.id}"


def values(product: str) -> dict[str, str]:
    """What an administrator copies into an LMS of this product: text by a short name, lists with one entry a line."""
    return by_hand.values(product)


def canvas_configuration() -> dict[str, Any]:
    """The file that Canvas reads behind our configuration address."""
    return by_hand.canvas_configuration()
