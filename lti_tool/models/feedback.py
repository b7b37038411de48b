"""What one colleague says about one version, and the short thread under it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, now
from lti_tool.models.inquiry import EntryVersion
from lti_tool.models.person import Person


class FeedbackState(StrEnum):
    """Where a feedback stands. `held` is a date beside these, not one of them."""

    INVITED = "invited"
    PASSED = "passed"
    WRITING = "writing"
    SENT = "sent"
    READ = "read"
    ANSWERED = "answered"
    CLOSED = "closed"


class Feedback(Base):
    """One colleague's words on one version. Levels are the keys of sentences; no number exists anywhere (H2)."""

    __tablename__ = "feedback"
    __table_args__ = (sa.UniqueConstraint("version_id", "writer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("entry_version.id"))
    writer_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(default=FeedbackState.INVITED)
    protocol: Mapped[str]  # key in the circle's template
    words: Mapped[dict[str, str]] = mapped_column(default=dict)  # protocol step -> text
    levels: Mapped[dict[str, str]] = mapped_column(default=dict)  # criterion -> level key
    after_own: Mapped[bool] = mapped_column(default=True)  # the circle's promise when writing began; never weakened
    at_meeting: Mapped[bool] = mapped_column(default=False)  # likewise: its author reads it at the next meeting
    waits: Mapped[bool] = mapped_column(default=False)  # sent, and the meeting has not begun: nobody else reads it
    invited_at: Mapped[datetime] = mapped_column(default=now)
    begun_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    read_shown: Mapped[bool] = mapped_column(default=False)  # others see that it was read: an author allowed it
    closed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    held_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    held_for: Mapped[str] = mapped_column(default="")  # hurtful, privacy, child_safety
    held_reason: Mapped[str] = mapped_column(default="")
    help_asked_at: Mapped[datetime | None]  # the receiver asked the facilitator to look at a held remark
    removed_at: Mapped[datetime | None]  # taken out after a hold; the writer keeps a copy
    edition: Mapped[int] = mapped_column(default=1)
    version: Mapped[EntryVersion] = relationship()
    writer: Mapped[Person] = relationship(foreign_keys=[writer_id])
    replies: Mapped[list["Reply"]] = relationship(back_populates="feedback", order_by="Reply.id")
    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012


class Reply(Base):
    """An answer under a feedback: thanks, a question, or what the author will try."""

    __tablename__ = "reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str]  # thanks, question, will_try, word
    text: Mapped[str] = mapped_column(default="")
    written_at: Mapped[datetime] = mapped_column(default=now)
    feedback: Mapped[Feedback] = relationship(back_populates="replies")
    person: Mapped[Person] = relationship()
