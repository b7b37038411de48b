"""Who looks after the installation: a one-time link and the browser opened with it; no person is named (H4)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, now


class Administrator(Base):
    """One door: made by the command for the whole installation, or opened from a launch for one platform."""

    __tablename__ = "administrator"

    id: Mapped[int] = mapped_column(primary_key=True)  # the number that the log of changes names
    platform_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.id"))  # None: the whole installation
    deployment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("deployment.id")
    )  # alone, where institutions share one
    token_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of what the link carries
    made_at: Mapped[datetime] = mapped_column(default=now)
    link_ends_at: Mapped[datetime]
    session_hash: Mapped[str | None] = mapped_column(unique=True)  # SHA-256 of this browser's cookie
    ends_at: Mapped[datetime | None]
