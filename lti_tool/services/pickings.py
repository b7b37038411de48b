"""An author of a course chooses what activities open; the LMS asked for it and gets one signed answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from lti_tool.access import Reach
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti import deep_links
from lti_tool.lti.messages import LinkItem, LinkTerms
from lti_tool.lti.sealing import SealError, seal, unseal
from lti_tool.models import Activity, Course, Picking, Visit
from lti_tool.services import copies

LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Answer:
    """What the author's browser carries to the LMS."""

    return_url: str
    token: str


def begin(visit_id: str, terms: LinkTerms) -> Picking:
    """Keep what the LMS asked for, bound to the visit of whoever came with it."""
    secret = {"return_url": terms.return_url, "given": terms.given}
    picking = Picking(
        visit_id=visit_id,
        terms={
            "takes_activities": terms.takes_activities,
            "takes_several": terms.takes_several,
            "takes_columns": terms.takes_columns,
            "windows": list(terms.windows),
            "title": terms.title,
            "text": terms.text,
        },
        sealed=seal(json.dumps(secret)),
        expires_at=now() + LIFE,
    )
    session.add(picking)
    session.flush()
    return picking


def get(picking_id: int, *, within: Reach) -> Picking:
    """A choice that this person was asked for, in whichever of her visits; NotFoundError, RefusedError picking_over."""
    query = select(Picking).join(Visit, Visit.id == Picking.visit_id)
    query = query.where(Picking.id == picking_id, Visit.person_id == within.person_id, Visit.expires_at > now())
    if (picking := session.scalar(query)) is None:
        raise NotFoundError
    if picking.expires_at <= now():
        raise RefusedError("picking_over")
    return picking


def course_of(picking: Picking) -> Course:
    """The course from which the author came."""
    query = (
        select(Course)
        .join(Activity, Activity.course_id == Course.id)
        .join(Visit, Visit.activity_id == Activity.id)
        .where(Visit.id == picking.visit_id)
    )
    return session.scalars(query).one()


def refuse_answered(picking: Picking) -> None:
    """Raise RefusedError `picking_answered` once the answer was given: the LMS takes one."""
    if picking.answer is not None:
        raise RefusedError("picking_answered")


def answer(picking: Picking, items: Sequence[LinkItem], *, says: Mapping[str, str] | None = None) -> None:
    """Sign what was chosen; nothing is a choice, too. RefusedError: `picking_answered`, `one_only`."""
    session.refresh(picking, with_for_update=True)  # of two sendings at once one is signed
    refuse_answered(picking)
    if items and not picking.terms["takes_activities"]:
        raise RefusedError("links_not_offered")
    if len(items) > 1 and not picking.terms["takes_several"]:
        raise RefusedError("one_only")
    course, given = course_of(picking), _secret(picking)["given"]
    key = copies.stable_key(course)
    signed = deep_links.sign(items, to=course.deployment, given=given, says=says, keys_of_course=key)
    picking.answer = seal(signed)
    session.flush()


def answer_of(picking: Picking) -> Answer | None:
    """The answer and the address that the signed request named for it; None before one was given."""
    if picking.answer is None:
        return None
    return Answer(_secret(picking)["return_url"], _unsealed(picking.answer))


def _secret(picking: Picking) -> dict[str, Any]:
    secret: dict[str, Any] = json.loads(_unsealed(picking.sealed))
    return secret


def _unsealed(text: str) -> str:
    try:
        return unseal(text)
    except SealError:  # the installation's secret key changed within the hour
        raise RefusedError("picking_over") from None
