"""People: what they choose for themselves."""

import re
from typing import NamedTuple

from lti_tool.db import session
from lti_tool.errors import RefusedError
from lti_tool.models import Person
from lti_tool.text import clean

NAME_LENGTH = 80
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Named(NamedTuple):
    """A person as a list shows her."""

    id: int
    display_name: str


def choose_language(person: Person, *, locale: str) -> None:
    """The person reads in this language from now on, whatever a launch says."""
    person.locale = locale
    person.locale_chosen = True
    session.flush()


def choose_name(person: Person, *, name: str) -> None:
    """Colleagues read this name from now on, in one line; empty: the one that the LMS gives, if it gives any.

    Control characters are left out, and marks that turn the direction of what follows: they would reach other names.
    Raises RefusedError name_too_long (more than NAME_LENGTH characters) and name_without_letter.
    """
    line = " ".join(TURNING.sub("", clean(name)).split())
    if len(line) > NAME_LENGTH:
        raise RefusedError("name_too_long")
    if line and not any(c.isalpha() for c in line):
        raise RefusedError("name_without_letter")
    person.chosen_name = line
    session.flush()
