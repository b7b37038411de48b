"""Credit for taking part, towards the gradebook of the LMS.

Reckoned with every change that may earn it, in the same transaction; stated with a strictly later second each time
(Assignment and Grade Services 2.0 §3.4.9); delivered in the background. Reckoning never takes back what was earned.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from lti_tool import db
from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import find_or_add, now, session
from lti_tool.errors import NotFoundError, PlatformError, RefusedError
from lti_tool.lti import scores
from lti_tool.lti.messages import Score
from lti_tool.models import Activity, Circle, Credit, Delivery, Membership, Person
from lti_tool.services import audit, circles, deliveries, milestones

CLAIM = timedelta(minutes=2)


def reckon(membership: Membership) -> Credit | None:
    """Bring a member's credit up to date and owe it to her course where it grew; None where nothing can be credited.

    Only present members with a teacher's rights, in a circle that gives credit, who opened it from a course.
    """
    circle = membership.circle
    if (
        circle.credit_mode == "none"
        or membership.left_at is not None
        or membership.rights not in rights_with(Permission.EARN_CREDIT)
        or membership.activity_id is None
    ):
        return None
    _one_at_a_time(membership)
    met, planned = _value(membership)
    former = _former(membership)
    credit = find_or_add(Credit, membership_id=membership.id, activity_id=membership.activity_id)
    if credit.adjusted_at is None and former is not None:
        met = max(met, former.met)
    if (met, planned) != (credit.met, credit.planned) and credit.adjusted_at is None:
        credit.met, credit.planned = met, planned
        session.flush()
        _state(credit, membership)
    return credit


def _one_at_a_time(membership: Membership) -> None:
    """Wait for whoever reckons for the same person now, and see what she did there; SQLite has one writer anyway."""
    mine = select(Person.id).where(Person.id == membership.person_id)
    session.execute(mine.with_for_update(key_share=True))


def reckon_person(person_id: int, *, circle_id: int) -> None:
    """The same for whoever just did something in a circle."""
    query = select(Membership).where(
        Membership.person_id == person_id, Membership.circle_id == circle_id, Membership.left_at.is_(None)
    )
    if (membership := session.scalar(query.options(joinedload(Membership.circle)))) is not None:
        reckon(membership)


def reckon_all() -> None:
    """Once a day: what is asked of a person shrinks with time, and nobody else's deed would notice it."""
    query = (
        select(Membership)
        .join(Circle)
        .where(Membership.left_at.is_(None), Circle.credit_mode != "none", Circle.closed_at.is_(None))
        .where(Membership.rights.in_(rights_with(Permission.EARN_CREDIT)))
        .options(joinedload(Membership.circle))
        .order_by(Membership.person_id)
    )
    for membership in session.scalars(query):
        reckon(membership)


def _former(membership: Membership) -> Credit | None:
    """The most that was ever reckoned for this membership, in whichever activity."""
    query = select(Credit).where(Credit.membership_id == membership.id).order_by(Credit.met.desc())
    return session.scalar(query.limit(1))


def _value(membership: Membership) -> tuple[int, int]:
    circle = membership.circle
    planned = len(milestones.of(circle))
    if circle.credit_mode == "certificate":
        return 0, 1  # only somebody's award fills it
    met = len(milestones.met(circle, milestones.deeds_of(membership)))
    return (int(met >= planned), 1) if circle.credit_mode == "completed" else (met, planned)


def _state(credit: Credit, membership: Membership) -> None:
    """Owe one statement per person and activity (a sum where circles share a column); nothing met, nothing said."""
    here = list(
        session.scalars(
            select(Credit)
            .join(Membership, Membership.id == Credit.membership_id)
            .where(Credit.activity_id == credit.activity_id, Membership.person_id == membership.person_id)
        )
    )
    stated = [one.stated_at for one in here if one.stated_at is not None]
    given = sum(one.met for one in here)
    if given == 0 and not stated:
        return
    moment = now().replace(microsecond=0)
    if stated and max(stated) >= moment:
        moment = max(stated) + timedelta(seconds=1)
    credit.stated_at = moment
    deliveries.owe(
        "score",
        key=key(credit.activity_id, membership.person_id),
        payload={
            "activity_id": credit.activity_id,
            "person_id": membership.person_id,
            "given": given,
            "maximum": sum(one.planned for one in here),
            "stated_at": moment.isoformat(),
        },
    )
    session.flush()


def key(activity_id: int, person_id: int) -> str:
    """Under which a person's score for an activity is owed."""
    return f"score:{activity_id}:{person_id}"


def deliver(payload: dict[str, Any]) -> None:
    """Put one statement into the gradebook; the job behind every change of credit. Raises PlatformError."""
    with db.work(read_only=True) as unit:
        activity = unit.get_one(Activity, payload["activity_id"])
        person = unit.get_one(Person, payload["person_id"])
    if activity.line_item_url is None:
        activity = _with_column(activity, maximum=payload["maximum"])
    if activity.line_item_url is None:
        _keep_here(payload)
        return
    score = Score(
        sub=person.sub,
        given=payload["given"],
        maximum=payload["maximum"],
        complete=payload["given"] >= payload["maximum"],
        comment="",
        stated_at=datetime.fromisoformat(payload["stated_at"]).astimezone(UTC),
    )
    try:
        scores.post(activity, score)
    except PlatformError as error:
        if error.code != "column_gone":
            raise
        _forget_column(activity)
        raise PlatformError(error.code, status=error.status, retry_after=1) from error


def _with_column(activity: Activity, *, maximum: int) -> Activity:
    """Find or make the column; one worker at a time, or a course would get two of them."""
    with db.work() as unit:
        claimed = unit.execute(
            update(Activity)
            .where(Activity.id == activity.id, Activity.line_item_url.is_(None))
            .where(or_(Activity.column_claimed_until.is_(None), Activity.column_claimed_until < now()))
            .values(column_claimed_until=now() + CLAIM)
        ).rowcount  # type: ignore[attr-defined]
        unit.commit()
    if not claimed:
        raise PlatformError("column_being_made", retry_after=2)
    try:
        address = scores.find_or_make_column(activity, label=activity.title or "Learning circle", maximum=maximum)
    finally:
        with db.work() as unit:
            unit.execute(update(Activity).where(Activity.id == activity.id).values(column_claimed_until=None))
            unit.commit()
    with db.work() as unit:
        found = unit.get_one(Activity, activity.id)
        found.line_item_url = address
        unit.commit()
    return found


def _forget_column(activity: Activity) -> None:
    """The column is gone with all that was in it: what had arrived there is owed again, once, whoever notices first."""
    with db.work() as unit:
        mine = update(Activity).where(Activity.id == activity.id, Activity.line_item_url == activity.line_item_url)
        if unit.execute(mine.values(line_item_url=None)).rowcount:  # type: ignore[attr-defined]
            _state_again(activity.id)
        unit.commit()


def _state_again(activity_id: int) -> None:
    stated = (
        select(Credit, Membership)
        .join(Membership, Membership.id == Credit.membership_id)
        .where(Credit.activity_id == activity_id, Credit.stated_at.is_not(None))
        .order_by(Membership.person_id, Credit.id)
    )
    for credit, membership in session.execute(stated).all():
        _one_at_a_time(membership)
        owed = deliveries.find(key(activity_id, membership.person_id))
        if owed is None or owed.done_at is not None:
            _state(credit, membership)


def _keep_here(payload: dict[str, Any]) -> None:
    with db.work() as unit:
        of_person = select(Membership.id).where(Membership.person_id == payload["person_id"])
        unit.execute(
            update(Credit)
            .where(Credit.activity_id == payload["activity_id"], Credit.membership_id.in_(of_person))
            .values(kept_here=True)
        )
        unit.commit()


@dataclass(frozen=True)
class Line:
    """One person on the facilitator's credit page: whether credit reached the course, and why not. Nothing else."""

    membership: Membership
    state: str  # nothing_yet, not_opened, here, waiting, sent, refused
    fault: str
    credit: Credit | None


def lines(circle: Circle) -> list[Line]:
    """The delivery of every teacher's credit in a circle, in three queries."""
    earning = [one for one in circles.members(circle) if one.rights in rights_with(Permission.EARN_CREDIT)]
    query = select(Credit).where(Credit.membership_id.in_([one.id for one in earning]))
    known = {(one.membership_id, one.activity_id): one for one in session.scalars(query)}
    keys = [key(one.activity_id, one.person_id) for one in earning if one.activity_id]
    owed = {one.key: one for one in session.scalars(select(Delivery).where(Delivery.key.in_(keys)))}
    return [
        _line(one, known.get((one.id, one.activity_id or 0)), owed.get(key(one.activity_id or 0, one.person_id)))
        for one in earning
    ]


def _line(membership: Membership, credit: Credit | None, owed: Delivery | None) -> Line:
    if membership.activity_id is None:
        return Line(membership, "not_opened", "", None)
    if credit is None or credit.stated_at is None or owed is None:
        return Line(membership, "nothing_yet", "", credit)
    if owed.given_up_at is not None:
        return Line(membership, "refused", owed.fault, credit)
    if owed.done_at is None:
        return Line(membership, "waiting", owed.fault, credit)
    return Line(membership, "here" if credit.kept_here else "sent", "", credit)


def try_again(membership_id: int, *, within: Reach) -> None:
    """Send a refused or waiting credit once more, now."""
    membership = _of_circle(membership_id, within=within)
    owed = deliveries.find(key(membership.activity_id or 0, membership.person_id))
    if owed is None:
        raise NotFoundError
    deliveries.retry(owed)


def _of_circle(membership_id: int, *, within: Reach) -> Membership:
    query = (
        select(Membership)
        .join(Circle)
        .where(Membership.id == membership_id, within.circles(Permission.SEE_CREDIT))
        .options(joinedload(Membership.circle))
    )
    if (membership := session.scalar(query)) is None:
        raise NotFoundError
    return membership


def award(membership_id: int, *, reason: str, by: Person, within: Reach) -> Credit:
    """Give a member the full credit by hand; who and why is kept. A reason is needed; nothing lowers credit."""
    membership = _of_circle(membership_id, within=within)
    if not reason.strip():
        raise RefusedError("reason_needed")
    if membership.activity_id is None or membership.circle.credit_mode == "none":
        raise RefusedError("no_credit_here")
    _one_at_a_time(membership)
    _met, planned = _value(membership)
    credit = find_or_add(Credit, membership_id=membership.id, activity_id=membership.activity_id)
    credit.met = credit.planned = planned
    credit.adjusted_by, credit.adjusted_reason, credit.adjusted_at = by.id, reason.strip(), now()
    audit.note("credit.awarded", by=by, circle=membership.circle, person=membership.person_id)
    session.flush()
    _state(credit, membership)
    return credit


def choose_mode(circle: Circle, *, mode: str, by: Person) -> None:
    """Choose how credit is given: what the programme says or something more reserved (RefusedError otherwise)."""
    if mode not in circles.template(circle).credit.modes:
        raise RefusedError("credit_mode")
    audit.note("circle.credit_mode", by=by, circle=circle, was=circle.credit_mode, now=mode)
    circle.credit_mode = mode
    session.flush()
