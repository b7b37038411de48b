"""A programme at one version, the organisation above circles, and one run of it."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, now


class Programme(Base):
    """A preset as it stood when circles began with it; a later edit of the file never reaches them."""

    __tablename__ = "programme"
    __table_args__ = (sa.UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    version: Mapped[str]  # fingerprint of the preset's content
    preset: Mapped[dict[str, Any]]  # the whole preset, texts included
    created_at: Mapped[datetime] = mapped_column(default=now)


class Unit(Base):
    """A level above circles (country, district, block …) in a tree. Closed, never deleted (H24)."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    level: Mapped[str]  # one of the preset's levels
    name: Mapped[str]
    closed_at: Mapped[datetime | None]


class Cohort(Base):
    """One run of a programme in one period."""

    __tablename__ = "cohort"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    name: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    programme: Mapped[Programme] = relationship()
