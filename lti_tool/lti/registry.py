"""Which platforms and deployments are known (to be replaced)."""

from collections.abc import Sequence

import sqlalchemy as sa

from lti_tool.db import now, session
from lti_tool.errors import RefusedError
from lti_tool.models import Deployment, Platform


def all() -> Sequence[Platform]:  # noqa: A001 (reads as registry.all())
    """Every platform."""
    return session.scalars(sa.select(Platform).order_by(Platform.id)).all()


def add(
    *, name: str, issuer: str, client_id: str, auth_url: str, token_url: str, jwks_url: str,
    audience: str | None = None, deployment: str | None = None,
) -> Platform:  # fmt: skip
    """Register a platform, approved."""
    platform = Platform(
        name=name, issuer=issuer, client_id=client_id, auth_url=auth_url, token_url=token_url, jwks_url=jwks_url,
        audience=audience, approved_at=now(),
    )  # fmt: skip
    if deployment:
        platform.deployments.append(Deployment(deployment_id=deployment, approved_at=now()))
    session.add(platform)
    session.flush()
    return platform


def approve(*, issuer: str, client_id: str, deployment: str) -> Deployment:
    """Approve a deployment; raises RefusedError("unknown_platform")."""
    query = sa.select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id)
    platform = session.scalar(query)
    if platform is None:
        raise RefusedError("unknown_platform")
    platform.approved_at = platform.approved_at or now()
    for known in platform.deployments:
        if known.deployment_id == deployment:
            known.approved_at = now()
            session.flush()
            return known
    known = Deployment(deployment_id=deployment, approved_at=now(), platform=platform)
    session.flush()
    return known
