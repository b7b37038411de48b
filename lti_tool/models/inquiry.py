"""A teacher's inquiry: entries with one working text and fixed versions, and the evidence that goes with them."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, now
from lti_tool.models.person import Person


class Audience(StrEnum):
    """Who may read the versions of an entry. Only an author moves it."""

    PRIVATE = "private"
    CIRCLE = "circle"
    PROGRAMME = "programme"
    PUBLIC = "public"


class Inquiry(Base):
    """A template run by one person, a pair, or the whole circle."""

    __tablename__ = "inquiry"

    id: Mapped[int] = mapped_column(primary_key=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    title: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    authors: Mapped[list["InquiryAuthor"]] = relationship(back_populates="inquiry")
    entries: Mapped[list["Entry"]] = relationship(back_populates="inquiry", order_by="Entry.id")


class InquiryAuthor(Base):
    """One of those who write an inquiry; each sees the working text and may share or take back."""

    __tablename__ = "inquiry_author"

    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)
    since: Mapped[datetime | None]  # who was taken along later: what colleagues said before was said to the others
    inquiry: Mapped[Inquiry] = relationship(back_populates="authors")
    person: Mapped[Person] = relationship()


class Entry(Base):
    """One stage of an inquiry, written. `answers` is the working text: its authors' only, whatever the audience."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(sa.ForeignKey("inquiry.id"), index=True)
    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circle.id"), index=True)
    stage: Mapped[str]  # key of a stage in the circle's template
    turn: Mapped[int] = mapped_column(default=1)  # the how-manyeth of a stage that repeats
    answers: Mapped[dict[str, str]] = mapped_column(default=dict)  # prompt key -> text
    ask: Mapped[str] = mapped_column(default="")  # what colleagues should look at
    audience: Mapped[str] = mapped_column(default=Audience.PRIVATE)
    held_at: Mapped[datetime | None]  # put on hold for a child's safety or privacy
    held_reason: Mapped[str] = mapped_column(default="")
    concluded_at: Mapped[datetime | None]
    next_try: Mapped[str] = mapped_column(default="")  # what I will try, written on concluding
    created_at: Mapped[datetime] = mapped_column(default=now)
    saved_at: Mapped[datetime] = mapped_column(default=now)
    edition: Mapped[int] = mapped_column(default=1)  # of the working text: a lost update is shown, never swallowed
    inquiry: Mapped[Inquiry] = relationship(back_populates="entries")
    versions: Mapped[list["EntryVersion"]] = relationship(back_populates="entry", order_by="EntryVersion.number")
    evidence: Mapped[list["Evidence"]] = relationship(back_populates="entry", order_by="Evidence.id")
    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written, shared or concluded yet."""
        return not (any(self.answers.values()) or self.ask or self.versions or self.concluded_at)


class EntryVersion(Base):
    """A text as it was shared. Never changed afterwards; feedback stays beside the version it was written on."""

    __tablename__ = "entry_version"
    __table_args__ = (sa.UniqueConstraint("entry_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"))
    number: Mapped[int]
    answers: Mapped[dict[str, str]]
    ask: Mapped[str] = mapped_column(default="")
    shared_at: Mapped[datetime] = mapped_column(default=now)
    shared_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]  # taken back or held: sharing the mended text must not bring it back
    entry: Mapped[Entry] = relationship(back_populates="versions")
    evidence: Mapped[list["Evidence"]] = relationship(secondary="version_evidence", order_by="Evidence.id")


class Evidence(Base):
    """A cleaned picture or PDF of an entry. It may be shared only once the question about pupils is answered."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    kind: Mapped[str]  # an evidence type of the programme
    title: Mapped[str] = mapped_column(default="")  # in the author's words; the file's own name is not kept
    media_type: Mapped[str]
    size: Mapped[int]  # bytes as kept
    file_key: Mapped[str]  # where the file store has it
    pupils: Mapped[str] = mapped_column(default="")  # none, covered, consent; empty: not answered yet
    added_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]  # taken back: gone from every page and version
    entry: Mapped[Entry] = relationship(back_populates="evidence")


version_evidence = sa.Table(
    "version_evidence",
    Base.metadata,
    sa.Column("version_id", sa.Integer, sa.ForeignKey("entry_version.id"), primary_key=True),
    sa.Column("evidence_id", sa.Integer, sa.ForeignKey("evidence.id"), primary_key=True, index=True),
)
