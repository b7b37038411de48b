"""A line for every change that somebody may later ask about: who, what, when, never content."""

from lti_tool.access import Administration
from lti_tool.db import session
from lti_tool.models import AuditLine, Circle, Person

Changer = Person | Administration | None  # None: the command


def note(verb: str, *, by: Changer, circle: Circle | None = None, platform: int | None = None, **facts: object) -> None:
    """Write a line; `platform` is a row's number, `facts` are numbers and keys, never names or text."""
    session.add(
        AuditLine(
            verb=verb,
            person_id=by.id if isinstance(by, Person) else None,
            administrator_id=by.number if isinstance(by, Administration) else None,
            circle_id=circle.id if circle else None,
            platform_id=platform,
            facts={name: str(value) for name, value in facts.items()},
        )
    )
