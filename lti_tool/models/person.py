"""People as their platform names them, where they are enrolled, and who is signed in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, now
from lti_tool.models.platform import Activity, Course


class Person(Base):
    """Somebody of one platform. No last login, no counts of clicks: nobody is watched (H1)."""

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("platform_id", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"))
    sub: Mapped[str]  # the platform's id of the person, unique there only
    name: Mapped[str] = mapped_column(default="")  # as the platform gives it, may be empty
    chosen_name: Mapped[str] = mapped_column(default="")  # as the person wants to be called here
    locale: Mapped[str] = mapped_column(default="")  # chosen by the person, else by the last launch
    locale_chosen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @hybrid_property
    def display_name(self) -> str:
        """What colleagues read; empty where the platform hides names and none was chosen."""
        return self.chosen_name or self.name

    @display_name.inplace.expression
    @classmethod
    def _display_name(cls) -> sa.ColumnElement[str]:
        return sa.case((cls.chosen_name != "", cls.chosen_name), else_=cls.name)


class Enrolment(Base):
    """A person in a course, with the LTI roles seen so far; they only pre-fill set-up and give no circle role."""

    __tablename__ = "enrolment"
    __table_args__ = (sa.UniqueConstraint("course_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    launch_roles: Mapped[list[str]] = mapped_column(default=list)  # every context role ever launched with
    roster_roles: Mapped[list[str]] = mapped_column(default=list)  # as the roster last said
    may_teach: Mapped[bool] = mapped_column(default=False)  # ever launched with a teaching role of this course
    test_user: Mapped[bool] = mapped_column(default=False)  # the LMS's "student view"
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"))  # of the last launch here
    groups: Mapped[list[str]] = mapped_column(default=list)  # keys of the LMS groups (CourseGroup), where it tells
    groups_known: Mapped[bool] = mapped_column(default=False)  # the LMS told them, even if there are none
    left_at: Mapped[datetime | None]  # vanished from or suspended in the roster; nothing is deleted
    course: Mapped[Course] = relationship()
    person: Mapped[Person] = relationship()


class Visit(Base):
    """One signed-in browser of one person, from a launch until it expires or the person leaves the course."""

    __tablename__ = "visit"

    id: Mapped[str] = mapped_column(primary_key=True)  # random; the cookie carries it, signed
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    test_user: Mapped[bool] = mapped_column(default=False)  # the LMS's "student view": never counted, never credited
    administers: Mapped[bool] = mapped_column(default=False)  # looks after the LMS, as this launch said
    started_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    person: Mapped[Person] = relationship()
    activity: Mapped[Activity] = relationship()


class OutsideLink(Base):
    """A one-time link out of the LMS's frame: the same visit goes on in another window, at one path of ours."""

    __tablename__ = "outside_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256; the token itself is in the address alone
    visit_id: Mapped[str] = mapped_column(sa.ForeignKey("visit.id", ondelete="CASCADE"), index=True)
    path: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    visit: Mapped[Visit] = relationship()


class UsedForm(Base):
    """A form that was accepted once; sent again it only leads to the same place."""

    __tablename__ = "used_form"

    key: Mapped[str] = mapped_column(primary_key=True)  # made when the form was shown
    location: Mapped[str] = mapped_column(default="")  # where the first sending led to
    used_at: Mapped[datetime] = mapped_column(default=now, index=True)
