"""What we owe to another system, written with the change that owes it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, now


class Delivery(Base):
    """One thing owed. Claimed with a lease: a killed worker loses nothing, two workers never both hold it."""

    __tablename__ = "delivery"
    __table_args__ = (sa.Index("ix_delivery_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # names the function in jobs.py
    key: Mapped[str] = mapped_column(unique=True)  # one open row per thing owed
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owed_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    tried_since: Mapped[datetime | None]  # first attempt of this edition, or since somebody said: try again
    fault: Mapped[str] = mapped_column(default="")  # code of the last refusal
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]  # asking again is pointless until somebody changes something
    edition: Mapped[int] = mapped_column(default=1)  # raised when what is owed changes while it is under way
