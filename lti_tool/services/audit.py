"""A line for every change that somebody may later ask about: who, what, when, never content."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from lti_tool.access import Administration
from lti_tool.db import session
from lti_tool.models import Administrator, AuditLine, Circle, Person

PAGE = 50
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


def lines(*, within: Administration, page: int = 1) -> tuple[list[AuditLine], bool]:
    """Changes of platforms, deployments, keys and settings, newest first, and whether older ones follow.

    Nothing of a circle is among them: those lines are its own people's affair.
    """
    query = sa.select(AuditLine).where(AuditLine.circle_id.is_(None), AuditLine.person_id.is_(None))
    if not within.whole:
        query = query.where(AuditLine.platform_id == within.platform_id)
    if within.deployment_id is not None:  # of a shared registration: nothing that other institutions did or had done
        named = AuditLine.facts["deployment"].as_string()
        theirs = AuditLine.administrator.has(Administrator.deployment_id != within.deployment_id)
        query = query.where(sa.or_(named.is_(None), named == str(within.deployment_id)), ~theirs)
    query = query.options(joinedload(AuditLine.administrator), joinedload(AuditLine.platform))
    query = query.order_by(AuditLine.id.desc()).limit(PAGE + 1).offset((page - 1) * PAGE)
    found = list(session.scalars(query))
    return found[:PAGE], len(found) > PAGE
