"""What became of each person's credit, for the facilitator's page, and what she may decide about it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Credit, Delivery, Membership, Person
from lti_tool.services import audit, circles, credits, deliveries

ASKING = {"to_confirm", "conflict", "unknown", "refused", "given_up"}  # nothing more comes of them by itself
CONFLICTS = {"newer_on_platform": "conflict", "not_later_unread": "unknown"}  # the course holds something else, or may


@dataclass(frozen=True)
class Line:
    """One person on the credit page: whether credit reached the course, and why not. Nothing else."""

    membership: Membership
    # nothing_yet, not_opened, to_confirm, here, waiting, sent, theirs, conflict, unknown, refused, given_up, lost
    state: str
    fault: str
    credit: Credit | None

    @property
    def asks(self) -> bool:
        """Whether it waits for a decision about this person; a column that is gone is one decision for all."""
        return self.state in ASKING and self.fault != credits.COLUMN_GONE


def of(circle: Circle) -> list[Line]:
    """The delivery of every teacher's credit in a circle, in three queries."""
    earning = [one for one in circles.members(circle) if one.rights in rights_with(Permission.EARN_CREDIT)]
    query = select(Credit).where(Credit.membership_id.in_([one.id for one in earning]))
    known = {(one.membership_id, one.activity_id): one for one in session.scalars(query)}
    keys = [credits.key(one.activity_id, one.person_id) for one in earning if one.activity_id]
    owed = {one.key: one for one in session.scalars(select(Delivery).where(Delivery.key.in_(keys)))}
    lines = [
        _line(
            one, known.get((one.id, one.activity_id or 0)), owed.get(credits.key(one.activity_id or 0, one.person_id))
        )
        for one in earning
    ]
    gone = {line.membership.activity_id for line in lines if line.fault == credits.COLUMN_GONE}
    return [replace(one, state="lost") if one.state == "sent" and _is_in(one, gone) else one for one in lines]


def _is_in(line: Line, activities: set[int | None]) -> bool:
    return line.membership.activity_id in activities


def _line(membership: Membership, credit: Credit | None, owed: Delivery | None) -> Line:
    if membership.activity_id is None:
        return Line(membership, "not_opened", "", None)
    if membership.circle.credit_confirmed and credit is not None and credit.waits_for_yes:
        return Line(membership, "to_confirm", "", credit)
    if credit is None or credit.stated_at is None or (owed is not None and owed.fault == deliveries.WITHDRAWN):
        return Line(membership, "nothing_yet", "", credit)
    if owed is None or owed.done_at is not None:  # long done ones are removed
        arrived = "here" if credit.kept_here else "sent"
        return Line(membership, "theirs" if credit.theirs else arrived, "", credit)
    if owed.given_up_at is None:
        return Line(membership, "waiting", owed.fault, credit)
    if deliveries.ran_out(owed):
        return Line(membership, "given_up", owed.fault, credit)
    return Line(membership, CONFLICTS.get(owed.fault, "refused"), owed.fault, credit)


def try_again(membership_id: int, *, within: Reach) -> None:
    """Send a refused or waiting credit once more, now, word for word."""
    _membership, owed = _owed(membership_id, within=within)
    deliveries.retry(owed)


def keep_theirs(membership_id: int, *, by: Person, within: Reach) -> None:
    """Let what the course holds stand, until our own value changes (RefusedError no_conflict where there is none)."""
    membership, owed = _owed(membership_id, within=within)
    _refuse_without_conflict(owed)
    for credit in _here(membership):
        credit.theirs = True
    deliveries.end(owed)
    audit.note("credit.theirs_kept", by=by, circle=membership.circle, person=membership.person_id)


def send_ours(membership_id: int, *, by: Person, within: Reach) -> None:
    """State ours with a strictly later moment (RefusedError no_conflict where there is nothing to outdo)."""
    membership, owed = _owed(membership_id, within=within)
    _refuse_without_conflict(owed)
    audit.note("credit.ours_sent", by=by, circle=membership.circle, person=membership.person_id)
    for credit in _here(membership):
        if credit.membership_id == membership.id:
            credits.state(credit, membership, ahead=timedelta(seconds=1))  # theirs may be of this very second


def _refuse_without_conflict(owed: Delivery) -> None:
    if owed.given_up_at is None or owed.fault not in CONFLICTS:
        raise RefusedError("no_conflict")


def _here(membership: Membership) -> list[Credit]:
    """The credits that one statement is made of: this person's in this activity, from whichever circles."""
    query = (
        select(Credit)
        .join(Membership, Membership.id == Credit.membership_id)
        .where(Credit.activity_id == membership.activity_id, Membership.person_id == membership.person_id)
    )
    return list(session.scalars(query))


def _owed(membership_id: int, *, within: Reach) -> tuple[Membership, Delivery]:
    membership = credits.member_of(membership_id, within=within)
    if membership.circle.credit_mode == "none":
        raise RefusedError("no_credit_here")
    owed = deliveries.find(credits.key(membership.activity_id or 0, membership.person_id))
    if owed is None:
        raise NotFoundError
    return membership, owed
