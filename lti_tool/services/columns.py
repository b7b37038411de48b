"""The column in the gradebook: writing a credit into it in the background, and making it again when it was deleted."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, bindparam, cast, exists, literal, select, update
from sqlalchemy.orm import aliased

from lti_tool import db, log
from lti_tool.db import now, session
from lti_tool.errors import PlatformError
from lti_tool.lti import columns, scores, watches
from lti_tool.lti.messages import Score
from lti_tool.models import Activity, Circle, Course, Credit, Delivery, Membership, Person
from lti_tool.services import audit, credits

CLAIM = timedelta(minutes=3)
ENOUGH = timedelta(minutes=2)  # to find or make a column; less than the claim, or two workers would make one each
LABEL = "Learning circle"  # where the activity has no title


def deliver(payload: dict[str, Any]) -> None:
    """Put one statement into the gradebook; the job behind every change of credit. Raises PlatformError.

    A column that somebody deleted is not made again here: that is the facilitator's to say (`make_again`).
    """
    with db.work(read_only=True) as unit:
        numbers = {"activity_id": payload["activity_id"], "person_id": payload["person_id"], "by": payload.get("by")}
        activity, person, giver = unit.execute(_CONCERNED, numbers).one()
        score = _score(payload, person, giver)
        whose = {"of_activity": activity.id, "of_person": person.id}
        kept_here = {one.kept_here for one in db.rows(_KEPT, **whose)}
    if activity.line_item_url is None:
        activity = _with_column(activity, maximum=payload["maximum"])
    stays = activity.line_item_url is None
    if not stays:
        _keep_up(activity, maximum=payload["maximum"])
        scores.post(activity, score)
    if kept_here - {stays}:  # nearly always it is as it was
        with db.work() as unit:
            db.rows(_KEEP, **whose, here=stays)
            unit.commit()


_giver = aliased(Person)
_CONCERNED = (  # who gave it by hand, where somebody did
    select(Activity, Person, _giver)
    .select_from(Activity)
    .join(Person, Person.id == bindparam("person_id"))
    .outerjoin(_giver, _giver.id == bindparam("by", type_=Integer))
    .where(Activity.id == bindparam("activity_id"))
)


def _score(payload: dict[str, Any], person: Person, giver: Person | None) -> Score:
    """The statement in the platform's terms."""
    stated_at = datetime.fromisoformat(payload["stated_at"])
    started_at = datetime.fromisoformat(payload["started_at"]) if payload.get("started_at") else None
    complete = payload["given"] >= payload["maximum"]
    return Score(
        sub=person.sub,
        given=payload["given"],
        maximum=payload["maximum"],
        complete=complete,
        comment=payload.get("comment", ""),
        stated_at=stated_at,
        started_at=started_at,
        submitted_at=stated_at if complete else None,
        scored_by=giver.sub if giver is not None and giver.platform_id == person.platform_id else "",
        said_before=tuple(payload.get("said_before", ())),
    )


def _with_column(activity: Activity, *, maximum: int) -> Activity:
    """Find or make the column; one worker at a time in a course, or it would get two of them."""
    if not _claimed(activity):
        raise PlatformError("column_being_made", retry_after=2)
    column = None
    try:
        with watches.within(ENOUGH.total_seconds()):
            column = columns.find_or_make(activity, label=activity.title or LABEL, maximum=maximum)
    finally:
        with db.work() as unit:  # one commit: let go of before it is noted, it would be looked for once more
            found = unit.get_one(Activity, activity.id)
            found.column_claimed_until = None
            if column is not None:
                found.line_item_url, found.column_label = column.address, column.label
                found.column_maximum = maximum if column.label is not None else None
            unit.commit()
    return found


def _claimed(activity: Activity) -> bool:
    """Whether this worker alone looks for a column in the course for now.

    Of the whole course: where an LMS binds none to an activity (Canvas), its activities share the one that is there.
    """
    moment, beside = now(), aliased(Activity)
    under_way = exists().where(beside.course_id == activity.course_id, beside.column_claimed_until >= moment)
    with db.work() as unit:
        course = select(Course.id).where(Course.id == activity.course_id)
        unit.execute(course.with_for_update(key_share=True))  # whoever claims in this course at the same moment waits
        claimed = unit.execute(
            update(Activity)
            .where(Activity.id == activity.id, Activity.line_item_url.is_(None), ~under_way)
            .values(column_claimed_until=moment + CLAIM)
        )
        unit.commit()
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def _keep_up(activity: Activity, *, maximum: int) -> None:
    """A column of ours follows the activity's title, and its maximum as long as nothing arrived in it.

    Once something did, a new maximum would change what it means; scores carry their own, which platforms rescale.
    """
    label = activity.title or LABEL
    if activity.column_label is None or (label, maximum) == (activity.column_label, activity.column_maximum):
        return
    with db.work(read_only=True):
        fresh = None if _arrived(activity.id) else maximum
    try:
        columns.keep_up(activity, label=label, was=activity.column_label, maximum=fresh)
    except PlatformError as error:
        if error.code == credits.COLUMN_GONE or not error.final:
            raise
        log.get(__name__).warning("column.not_renamed", fault=error.code, status=error.status)
    with db.work() as unit:
        values = {"column_label": label, "column_maximum": maximum}
        unit.execute(update(Activity).where(Activity.id == activity.id).values(**values))
        unit.commit()


def _arrived(activity_id: int) -> bool:
    """Whether anybody's credit is in the column of this activity."""
    query = select(Delivery.id).where(_of(activity_id), Delivery.done_at.is_not(None), Delivery.fault == "")
    return session.scalar(query.limit(1)) is not None


def _of(activity_id: int) -> ColumnElement[bool]:
    """An activity's deliveries, by the keys of all who have credit in it: a key's beginning finds no index."""
    beginning = credits.key(activity_id, 0).removesuffix("0")
    keys = select(literal(beginning) + cast(Membership.person_id, Text)).join(
        Credit, Credit.membership_id == Membership.id
    )
    return Delivery.key.in_(keys.where(Credit.activity_id == activity_id))


def take(activity: Activity, *, address: str) -> None:
    """The column that a launch names is the course's own; what was in a deleted one before is owed to it."""
    activity.line_item_url, activity.column_label, activity.column_maximum = address, None, None
    session.flush()
    gone = select(Delivery.id).where(
        _of(activity.id), Delivery.fault == credits.COLUMN_GONE, Delivery.given_up_at.is_not(None)
    )
    if session.scalar(gone.limit(1)) is not None:
        credits.state_again(activity.id)


_MINE = (
    Credit.activity_id == bindparam("of_activity"),
    Credit.membership_id.in_(select(Membership.id).where(Membership.person_id == bindparam("of_person"))),
)
_KEPT = select(Credit.kept_here).where(*_MINE)
_KEEP = update(Credit).where(*_MINE).values(kept_here=bindparam("here"))


def lost(circle: Circle) -> list[int]:
    """The activities of a circle whose column the platform says is gone."""
    query = select(Membership.activity_id, Membership.person_id).where(
        Membership.circle_id == circle.id, Membership.activity_id.is_not(None)
    )
    of_key = {
        credits.key(activity_id or 0, person_id): activity_id for activity_id, person_id in session.execute(query)
    }
    gone = select(Delivery.key).where(
        Delivery.key.in_(of_key), Delivery.fault == credits.COLUMN_GONE, Delivery.given_up_at.is_not(None)
    )
    return sorted({activity_id for one in session.scalars(gone) if (activity_id := of_key[one])})


def make_again(circle: Circle, *, by: Person) -> int:
    """Look for the deleted columns of a circle, or make them, and send what was in them; how many there are."""
    gone = lost(circle)
    for activity_id in gone:
        forget = update(Activity).where(Activity.id == activity_id)
        session.execute(forget.values(line_item_url=None, column_label=None, column_maximum=None))
        credits.state_again(activity_id)
    if gone:
        audit.note("credit.column_again", by=by, circle=circle)
    session.flush()
    return len(gone)
