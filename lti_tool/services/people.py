"""People: what they choose for themselves."""

from typing import NamedTuple

from lti_tool.db import session
from lti_tool.models import Person


class Named(NamedTuple):
    """A person as a list shows her."""

    id: int
    display_name: str


def choose_language(person: Person, *, locale: str) -> None:
    """The person reads in this language from now on, whatever a launch says."""
    person.locale = locale
    person.locale_chosen = True
    session.flush()
