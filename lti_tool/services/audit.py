"""A line for every change that somebody may later ask about: who, what, when, never content."""

from lti_tool.db import session
from lti_tool.models import AuditLine, Circle, Person


def note(verb: str, *, by: Person | None, circle: Circle | None = None, **facts: object) -> None:
    """Write a line; `facts` are numbers and keys, never names or text."""
    session.add(
        AuditLine(
            verb=verb,
            person_id=by.id if by else None,
            circle_id=circle.id if circle else None,
            facts={name: str(value) for name, value in facts.items()},
        )
    )
