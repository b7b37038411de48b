"""Forms that were accepted: the same form sent twice makes one thing."""

from sqlalchemy import update

from lti_tool.db import before_commit, session
from lti_tool.models import UsedForm


def location_of(key: str) -> str | None:
    """Where the first sending of this form led ("" if that is not known), or None if it was never accepted."""
    used = session.get(UsedForm, key)
    return None if used is None else used.location


def note(key: str) -> None:
    """Remember the form together with whatever this unit of work commits; undone with it, too."""
    before_commit(lambda: session.add(UsedForm(key=key)))


def lead_to(key: str, location: str) -> None:
    """Say where a second sending leads."""
    session.execute(update(UsedForm).where(UsedForm.key == key).values(location=location))
