"""How an LMS comes to know the tool: by itself with an invitation, or by what an administrator copies."""

from typing import Any

from lti_tool.db import session
from lti_tool.lti import by_hand, registration, renewal
from lti_tool.models import Invite, Platform
from lti_tool.services import audit, invites
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


def values(product: str) -> dict[str, str]:
    """What an administrator copies into an LMS of this product: text by a short name, lists with one entry a line."""
    return by_hand.values(product)


def canvas_configuration() -> dict[str, Any]:
    """The file that Canvas reads behind our configuration address."""
    return by_hand.canvas_configuration()
