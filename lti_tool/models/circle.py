"""The circle: a thing of its own, fed by courses, never gone with one."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, new_public_id, now
from lti_tool.models.person import Person
from lti_tool.models.programme import Cohort


class Circle(Base):
    """A small group of teachers who study questions of practice together."""

    __tablename__ = "circle"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(default=new_public_id, unique=True)  # what an LMS keeps of it
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohort.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    # Stages, rubric, protocols: copied from the preset when the circle opened. Large, and read once: circles.template.
    template: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    credit_mode: Mapped[str] = mapped_column(default="none")  # none, completed, milestones, certificate
    credit_confirmed: Mapped[bool] = mapped_column(default=False)  # it leaves once its owner or a facilitator says so
    feedback_after_own: Mapped[bool] = mapped_column(default=True)  # others' feedback only after sending yours
    feedback_at_meeting: Mapped[bool] = mapped_column(default=False)  # words reach their author at the next meeting
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    anew_put_away_at: Mapped[datetime | None]  # when somebody put away the notice of an emptied course
    cohort: Mapped[Cohort] = relationship()
    memberships: Mapped[list["Membership"]] = relationship(back_populates="circle")

    @property
    def is_open(self) -> bool:
        """Whether people still write here."""
        return self.closed_at is None


class CircleSource(Base):
    """A course, or one group of it, whose people may be placed in the circle."""

    __tablename__ = "circle_source"
    __table_args__ = (sa.UniqueConstraint("circle_id", "course_id", "group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"))
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    group: Mapped[str] = mapped_column(default="")  # id of the LMS group; empty: the whole course


class Membership(Base):
    """A person in a circle, from–to, with a circle role that somebody gave by name."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.Index("uq_membership_present", "circle_id", "person_id", unique=True,
                 sqlite_where=sa.text("left_at IS NULL"), postgresql_where=sa.text("left_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[str]  # a role of the programme
    rights: Mapped[str]  # the rights set which that role names, see access.py
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"))  # last launched from: takes credit
    joined_at: Mapped[datetime] = mapped_column(default=now)
    reviews_since: Mapped[datetime | None]  # who became facilitator later: what was said before is not hers to read
    left_at: Mapped[datetime | None]
    circle: Mapped[Circle] = relationship(back_populates="memberships")
    person: Mapped[Person] = relationship()


class KeptPlace(Base):
    """A place proposed from a course's list and given by nobody: no membership, no right, until its person comes."""

    __tablename__ = "kept_place"
    __table_args__ = (sa.UniqueConstraint("circle_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))  # whose list proposed it; a launch there decides
    role: Mapped[str]  # a role of the programme
    kept_at: Mapped[datetime] = mapped_column(default=now)
    kept_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    circle: Mapped[Circle] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class Norm(Base):
    """A rule the circle agreed on."""

    __tablename__ = "norm"

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    text: Mapped[str]
    agreed_on: Mapped[date]
    ended_at: Mapped[datetime | None]


class SetUp(Base):
    """The set-up of a course under way: what was chosen so far, so that an interruption loses nothing."""

    __tablename__ = "set_up"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), primary_key=True)
    programme: Mapped[str] = mapped_column(default="")  # key of the programme
    roles: Mapped[dict[str, str]] = mapped_column(default=dict)  # by name: person number -> role, "" for not placed
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
