"""Who changed what and when, for administrators and circles; never content."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, now
from lti_tool.models.administrator import Administrator
from lti_tool.models.platform import Platform


class AuditLine(Base):
    """One change: a verb and plain facts (numbers and keys), no names and no text."""

    __tablename__ = "audit_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))  # without any of the two: the command
    administrator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("administrator.id"), index=True)
    platform_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.id"), index=True)
    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    verb: Mapped[str]  # such as platform.approved, membership.placed
    facts: Mapped[dict[str, str]] = mapped_column(default=dict)
    administrator: Mapped[Administrator | None] = relationship()
    platform: Mapped[Platform | None] = relationship()
