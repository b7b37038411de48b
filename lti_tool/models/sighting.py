"""What was seen at a platform, without anybody in it: that is enough to say what works and what does not."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, now


class Sighting(Base):
    """The last time that something of one kind was seen; one row for each kind and code, however often it comes."""

    __tablename__ = "sighting"
    __table_args__ = (sa.UniqueConstraint("platform_id", "kind", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.id"))  # None: nobody said which
    kind: Mapped[str]  # see services/sightings.py
    code: Mapped[str] = mapped_column(default="")  # of a refusal, or of a way to keep a login
    at: Mapped[datetime] = mapped_column(default=now)
    times: Mapped[int] = mapped_column(default=1)


class SelfCheck(Base):
    """The last look at a platform that an administrator asked for, and what it found."""

    __tablename__ = "self_check"

    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"), primary_key=True)
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]  # None: it is under way
    findings: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)  # codes and numbers, no content
