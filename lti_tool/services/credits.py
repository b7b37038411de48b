"""Credit for taking part, towards the gradebook of the LMS.

Reckoned with every change that may earn it, in the same transaction; stated with a strictly later second each time
(Assignment and Grade Services 2.0 §3.4.9); delivered in the background (`columns.py`); what became of it is in
`credit_lines.py`. Reckoning never takes back what was earned.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import joinedload

from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import find_or_add, now, rows, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Activity, Circle, Course, Credit, Delivery, Enrolment, Membership, Person
from lti_tool.services import audit, circles, comments, deliveries, milestones

BATCH = 50  # people reckoned in one transaction
PERSON_GONE = "person_gone"  # how a platform refuses somebody who is not in its course (lti/scores.py)
COLUMN_GONE = "column_gone"  # and a score for a column that somebody deleted


def reckon(membership: Membership) -> Credit | None:
    """Bring a member's credit up to date and owe it to her course where it grew; None where nothing can be credited.

    Only present members with a teacher's rights, in a circle that gives credit, who opened it from a course.
    """
    circle = membership.circle
    if membership.left_at is not None or membership.activity_id is None or not _gives(circle, membership.rights):
        return None
    _one_at_a_time(membership)
    met, planned, done = _value(membership)
    former = _former(membership, planned)
    credit = find_or_add(Credit, membership_id=membership.id, activity_id=membership.activity_id)
    if credit.adjusted_at is None and former is not None:
        met, done = max(met, former.met), sorted({*done, *former.done})
    if credit.adjusted_at is None:
        credit.earned, credit.earned_done = met, done
        if circle.credit_confirmed:  # only what somebody said yes to, in whichever activity, leaves
            met, done = (former.met, former.done) if former is not None else (0, [])
        if (met, planned) != (credit.met, credit.planned):
            credit.met, credit.planned, credit.done = met, planned, done
            session.flush()
            state(credit, membership)
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


def to_reckon() -> Iterator[Sequence[int]]:
    """The memberships whose credit time alone may change, in batches small enough for a transaction each."""
    query = (
        select(Membership.id)
        .join(Circle)
        .where(Membership.left_at.is_(None), Circle.credit_mode != "none", Circle.closed_at.is_(None))
        .where(Membership.rights.in_(rights_with(Permission.EARN_CREDIT)), Membership.activity_id.is_not(None))
        .order_by(Membership.person_id, Membership.id)  # everybody waits for people in the same order
    )
    found = list(session.scalars(query))
    return (found[at : at + BATCH] for at in range(0, len(found), BATCH))


def reckon_all(membership_ids: Sequence[int]) -> None:
    """Some times a day: what is asked of a person shrinks with time, and nobody else's deed would notice it."""
    query = select(Membership).where(Membership.id.in_(membership_ids)).options(joinedload(Membership.circle))
    for membership in session.scalars(query.order_by(Membership.person_id, Membership.id)):
        reckon(membership)


def _former(membership: Membership, planned: int) -> Credit | None:
    """The most that was ever reckoned for this person in this circle in the same way of giving credit.

    In whichever activity, and in a place of hers that has ended. A certificate is somebody's word alone: that all was
    done, another way of one step, is none.
    """
    hers = Membership.circle_id == membership.circle_id, Membership.person_id == membership.person_id
    query = select(Credit).join(Membership, Membership.id == Credit.membership_id).where(*hers)
    query = query.where(Credit.planned == planned)
    if membership.circle.credit_mode == "certificate":
        query = query.where(Credit.adjusted_at.is_not(None))
    return session.scalar(query.order_by(Credit.met.desc()).limit(1))


def _value(membership: Membership) -> tuple[int, int, list[str]]:
    """How much is done of how much, and the keys of what is."""
    circle = membership.circle
    planned = len(milestones.of(circle))
    if circle.credit_mode == "certificate":
        return 0, 1, []  # only somebody's award fills it
    done = [one.key for one in milestones.met(circle, milestones.deeds_of(membership))]
    return (int(len(done) >= planned), 1, done) if circle.credit_mode == "completed" else (len(done), planned, done)


def state(credit: Credit, membership: Membership, *, ahead: timedelta = timedelta()) -> None:
    """Owe one statement per person and activity, strictly later than every former one; nothing met, nothing said.

    Where circles share a column it is their sum, without those that give no credit (any more), or none to her role, and
    without those that she was taken out of, as long as she is in another one.
    Whatever somebody decided about a former statement ends with this one. Its comment is fixed here, in the language
    that she has now: whatever is sent again says the same. The LMS's test person is never credited.
    """
    rows = session.execute(
        select(Credit, Circle, Membership.rights, Membership.left_at)
        .join(Membership, Membership.id == Credit.membership_id)
        .join(Circle, Circle.id == Membership.circle_id)
        .where(Credit.activity_id == credit.activity_id, Membership.person_id == membership.person_id)
        .order_by(Credit.id)
    ).all()
    places = [row for row in rows if row.left_at is None] or {row.Circle.id: row for row in rows}.values()
    counted = [(one, circle) for one, circle, rights, _left_at in places if _gives(circle, rights)]
    given = sum(one.met for one, _circle in counted)
    if given == 0 or is_test_person(membership.person_id, credit.activity_id):
        return
    stated = [one.stated_at + timedelta(seconds=1) for one, *_where in rows if one.stated_at is not None]
    moment = max([now().replace(microsecond=0) + ahead, *stated])
    said_before = sorted({sentence for one, *_where in rows for sentence in one.said})
    comment = comments.of(counted, to=session.get_one(Person, membership.person_id))
    credit.stated_at, credit.said = moment, sorted({*credit.said, comment})
    for one, _circle in counted:
        one.theirs = False
    deliveries.owe(
        "score",
        key=key(credit.activity_id, membership.person_id),
        payload={
            "activity_id": credit.activity_id,
            "person_id": membership.person_id,
            "given": given,
            "maximum": sum(one.planned for one, _circle in counted),
            "stated_at": moment.isoformat(),
            "started_at": membership.joined_at.isoformat(),
            "by": credit.adjusted_by,
            "comment": comment,
            "said_before": said_before,
        },
    )
    session.flush()


def is_test_person(person_id: int, activity_id: int) -> bool:
    """Whether the LMS calls her its test person ("student view") in the course of this activity."""
    query = (
        select(Enrolment.id)
        .join(Activity, Activity.course_id == Enrolment.course_id)
        .where(Enrolment.person_id == person_id, Activity.id == activity_id, Enrolment.test_user)
    )
    return session.scalar(query) is not None


def key(activity_id: int, person_id: int) -> str:
    """Under which a person's score for an activity is owed."""
    return f"score:{activity_id}:{person_id}"


def state_again(activity_id: int) -> None:
    """Owe anew what had arrived in a column that is gone; what the course's own word stands for stays so."""
    stated = (
        select(Credit, Membership)
        .join(Membership, Membership.id == Credit.membership_id)
        .where(Credit.activity_id == activity_id, Credit.stated_at.is_not(None), Credit.theirs.is_(False))
        .where(Membership.rights.in_(rights_with(Permission.EARN_CREDIT)))
        .order_by(Membership.person_id, Credit.id)
    )
    for credit, membership in session.execute(stated).all():
        _one_at_a_time(membership)
        owed = deliveries.find(key(activity_id, membership.person_id))
        if owed is None or owed.fault == COLUMN_GONE or (owed.done_at is not None and not owed.fault):
            state(credit, membership)


_STATED = (
    select(Credit.activity_id, Membership.person_id)
    .join(Membership, Membership.id == Credit.membership_id)
    .join(Activity, Activity.id == Credit.activity_id)
    .where(Membership.person_id.in_(bindparam("person_ids", expanding=True)))
    .where(Activity.course_id == bindparam("course_id"), Credit.stated_at.is_not(None))
)


def owe_again(course: Course, person_ids: Collection[int]) -> None:
    """These people are in the course (again): what the platform refused because they were not is owed once more."""
    stated = rows(_STATED, course_id=course.id, person_ids=list(person_ids))
    if keys := {key(activity_id, person_id) for activity_id, person_id in stated}:
        refused = select(Delivery).where(
            Delivery.key.in_(keys), Delivery.fault == PERSON_GONE, Delivery.done_at.is_(None)
        )
        for owed in session.scalars(refused):
            deliveries.retry(owed)


def member_of(membership_id: int, *, within: Reach) -> Membership:
    """A present member who earns credit, which this visitor may see; NotFoundError otherwise."""
    query = (
        select(Membership)
        .join(Circle)
        .where(Membership.id == membership_id, within.circles(Permission.SEE_CREDIT))
        .where(Membership.left_at.is_(None), Membership.rights.in_(rights_with(Permission.EARN_CREDIT)))
        .options(joinedload(Membership.circle))
    )
    if (membership := session.scalar(query)) is None:
        raise NotFoundError
    return membership


def award(membership_id: int, *, reason: str, by: Person, within: Reach) -> Credit:
    """Give a member the full credit by hand; who and why is kept. A reason is needed; nothing lowers credit."""
    membership = member_of(membership_id, within=within)
    if not reason.strip():
        raise RefusedError("reason_missing")
    if membership.activity_id is None or membership.circle.credit_mode == "none":
        raise RefusedError("no_credit_here")
    if is_test_person(membership.person_id, membership.activity_id):
        raise RefusedError("no_credit_here")
    _one_at_a_time(membership)
    _met, planned, _done = _value(membership)
    credit = find_or_add(Credit, membership_id=membership.id, activity_id=membership.activity_id)
    credit.met = credit.planned = planned
    credit.adjusted_by, credit.adjusted_reason, credit.adjusted_at = by.id, reason.strip(), now()
    audit.note("credit.awarded", by=by, circle=membership.circle, person=membership.person_id)
    session.flush()
    state(credit, membership)
    return credit


def confirm(membership: Membership, *, by: Person) -> None:
    """Let what was earned leave for the course: said by its owner or a facilitator, who was found within a reach.

    Said twice, or where nothing waits, it changes nothing.
    """
    _one_at_a_time(membership)
    credit = ready(membership)
    if credit is None:
        return
    credit.met, credit.done = credit.earned, credit.earned_done
    audit.note("credit.confirmed", by=by, circle=membership.circle, person=membership.person_id)
    session.flush()
    state(credit, membership)


def ready(membership: Membership) -> Credit | None:
    """The credit of a member that waits for her own yes or a facilitator's; None where none does."""
    if not (membership.circle.credit_confirmed and _gives(membership.circle, membership.rights)):
        return None
    query = select(Credit).filter_by(membership_id=membership.id, activity_id=membership.activity_id)
    credit = session.scalar(query.execution_options(populate_existing=True))
    return credit if credit is not None and credit.waits_for_yes else None


def own(circle: Circle, *, within: Reach) -> Membership:
    """The visitor's own membership of a circle in which she earns credit, or NotFoundError."""
    place = within.place(circle.id)
    if place is None or not place.grants(Permission.EARN_CREDIT):
        raise NotFoundError
    return session.get_one(Membership, place.membership_id)


def choose_mode(circle: Circle, *, mode: str, by: Person, confirmed: bool | None = None) -> None:
    """Choose how credit is given: what the programme says or something more reserved (RefusedError otherwise).

    `confirmed`: whether a person or a facilitator says yes before it leaves. What has not left yet in the former way
    never leaves; what arrived stays in the course.
    """
    if mode not in circles.template(circle).credit.modes:
        raise RefusedError("credit_mode")
    audit.note("circle.credit_mode", by=by, circle=circle, was=circle.credit_mode, now=mode)
    if confirmed is not None and confirmed != circle.credit_confirmed:
        circle.credit_confirmed = confirmed
        audit.note("circle.credit_confirmed", by=by, circle=circle, now=confirmed)
        session.flush()
        for membership in circles.members(circle) if mode == circle.credit_mode else ():
            reckon(membership)
    if mode == circle.credit_mode:
        return
    circle.credit_mode = mode
    session.flush()
    _withdraw(Membership.circle_id == circle.id)
    for membership in circles.members(circle):
        resume(membership)


def resume(membership: Membership) -> None:
    """Reckon for a member who earns credit (again), and owe what was taken back before it left."""
    credit = reckon(membership)
    if credit is None or credit.met == 0:
        return
    owed = deliveries.find(key(credit.activity_id, membership.person_id))
    if owed is None or owed.fault == deliveries.WITHDRAWN:
        state(credit, membership)


def withdraw(membership: Membership) -> None:
    """A member whose role earns no credit any more: what has not left yet never leaves."""
    _withdraw(Membership.id == membership.id)


def _withdraw(whose: ColumnElement[bool]) -> None:
    """Take back what is not sent yet; what other circles have to say in the same column is said without this one."""
    stated = (
        select(Credit, Membership)
        .join(Membership, Membership.id == Credit.membership_id)
        .where(whose, Credit.stated_at.is_not(None))
        .order_by(Membership.person_id, Credit.id)
        .options(joinedload(Membership.circle))
    )
    for credit, membership in session.execute(stated).all():
        _one_at_a_time(membership)
        owed = deliveries.find(key(credit.activity_id, membership.person_id))
        if owed is not None and owed.done_at is None:
            deliveries.end(owed, because=deliveries.WITHDRAWN)
            if not _gives(membership.circle, membership.rights):
                state(credit, membership)


def _gives(circle: Circle, rights: str) -> bool:
    """Whether a role in this circle has credit to say anything about."""
    return circle.credit_mode != "none" and rights in rights_with(Permission.EARN_CREDIT)
