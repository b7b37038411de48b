"""The settings as they were at the last start, so that a change of one can be told."""

from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Setting(Base):
    """One setting that is no secret: its name and a digest of its value, never the value."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
