"""Gatherings of a circle."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, new_public_id


class Meeting(Base):
    """A gathering: planned by the programme, dated by the circle, held or not. Attendance is a count (H1)."""

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(default=new_public_id, unique=True)  # what an LMS keeps of it
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    key: Mapped[str] = mapped_column(default="")  # of the programme's plan, empty where the circle added it
    kind: Mapped[str]
    title: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=60)
    starts_at: Mapped[datetime | None]
    time_zone: Mapped[str] = mapped_column(default="UTC")  # in which the circle said the time
    place: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    held: Mapped[bool] = mapped_column(default=False)
    present: Mapped[int | None]  # how many came
    edition: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012
