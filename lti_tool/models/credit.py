"""Credit for taking part: what the gradebook is owed. A rubric level has no way in here (H2)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Credit(Base):
    """One person's credit for one circle, in the activity she last launched it from."""

    __tablename__ = "credit"
    __table_args__ = (sa.UniqueConstraint("membership_id", "activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(sa.ForeignKey("membership.id"))
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    met: Mapped[int] = mapped_column(default=0)  # milestones met, or 1 for completed or awarded
    planned: Mapped[int] = mapped_column(default=1)  # milestones planned, or 1
    done: Mapped[list[str]] = mapped_column(default=list)  # keys of the milestones met
    earned: Mapped[int] = mapped_column(default=0)  # more than `met` while somebody has to confirm it
    earned_done: Mapped[list[str]] = mapped_column(default=list)
    said: Mapped[list[str]] = mapped_column(
        default=list
    )  # every comment ever stated with it: ours, whatever comes back
    adjusted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    adjusted_reason: Mapped[str] = mapped_column(default="")
    adjusted_at: Mapped[datetime | None]
    stated_at: Mapped[datetime | None]  # moment of the last statement, whole seconds, strictly later each time
    theirs: Mapped[bool] = mapped_column(default=False)  # the course's word stands until ours changes
    kept_here: Mapped[bool] = mapped_column(default=False)  # the platform offers no column

    @property
    def waits_for_yes(self) -> bool:
        """Whether something was earned that nobody has confirmed yet; what was given by hand needs no further yes."""
        return self.adjusted_at is None and self.earned > self.met
