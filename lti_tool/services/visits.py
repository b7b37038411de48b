"""A launch becomes a visit: who comes, from which course, and what she may reach."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Boolean, Integer, and_, bindparam, exists, insert, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

from lti_tool import access, settings
from lti_tool.db import Base, find_or_add, now, rows, session
from lti_tool.lti.messages import Launch
from lti_tool.models import (
    Activity,
    CircleSource,
    Course,
    Credit,
    Deployment,
    Enrolment,
    KeptPlace,
    Membership,
    Person,
    Platform,
    Visit,
)
from lti_tool.services import (
    columns,
    copies,
    credits,
    groups,
    kept_places,
    links,
    notices,
    platforms,
    rosters,
    sightings,
)

SELDOM = timedelta(hours=1)  # between two notes that a course is in use: many people come at nine o'clock


@dataclass(frozen=True)
class SignedIn:
    """One visitor during one request: what every page needs of her, and the rows themselves for who asks for them."""

    visit_id: str
    person_id: int
    name: str  # what colleagues read, "" where the platform hides names and none was chosen
    locale: str
    activity_id: int
    administers: bool  # looks after the LMS, as her launch said; it gives no reading right
    platform_addresses: tuple[str, ...]  # of the platform that she came from, see `platforms.framers`
    reach: access.Reach

    @cached_property
    def person(self) -> Person:
        """The visitor herself."""
        return session.get_one(Person, self.person_id)

    @cached_property
    def activity(self) -> Activity:
        """Where she launched from."""
        return session.get_one(Activity, self.activity_id, options=[joinedload(Activity.course)])

    @property
    def course(self) -> Course:
        """The course of that activity."""
        return self.activity.course


class Begun(NamedTuple):
    """A visit that a launch has just begun."""

    id: str
    person_id: int
    activity_id: int
    test_user: bool
    administers: bool
    expires_at: datetime


def arrive(launch: Launch) -> Begun:
    """Remember what the platform said (course, activity, person, roles), sign the person in, and ask for the roster."""
    known = _known(launch)
    course = _course(launch, known.course)
    activity = known.activity or find_or_add(Activity, course_id=course.id, resource_link_id=launch.resource_link_id)
    _say(
        activity,
        title=launch.resource_title or activity.title,
        custom=launch.custom,
        circle_id=links.circle_of(launch.custom) if links.is_link(launch.custom) else activity.circle_id,
    )
    if launch.line_item_url and launch.line_item_url != activity.line_item_url:
        columns.take(activity, address=launch.line_item_url)
    person = known.person or find_or_add(Person, platform_id=launch.platform_id, sub=launch.sub)
    heard = launch.locale if launch.locale and not person.locale_chosen else person.locale
    _say(person, name=launch.name or person.name, locale=heard)
    enrolment = known.enrolment or find_or_add(Enrolment, course_id=course.id, person_id=person.id)
    _enrol(enrolment, activity, launch)
    copies.recognise(course, launch)
    ends = now() + timedelta(hours=settings.current().session_hours)
    test, administers = launch.test_user, launch.administers and not launch.test_user
    visit = Begun(secrets.token_urlsafe(24), person.id, activity.id, test, administers, ends)
    rows(_BEGIN, **visit._asdict())
    if not launch.test_user:
        if known.place_kept:
            kept_places.decide(person, enrolment=enrolment)
        if known.takes_part:
            _remember_activity(person, activity)
        if known.credited:
            credits.owe_again(course, [person.id])
    if launch.product:
        platforms.learn_product(launch.platform_id, launch.product)
    if not (known.roster_owed or rosters.ask_for(course)):
        groups.ask_about(activity, course)
    notices.ask_for(course, launch)
    if not known.noted:
        sightings.came_in(launch.platform_id, storage=launch.storage)
    return visit


_BEGIN = insert(Visit)


class _Known(NamedTuple):
    """Who and where a launch is, as far as it was here before."""

    course: Course | None
    activity: Activity | None
    person: Person | None
    enrolment: Enrolment | None
    place_kept: bool  # for her, from this course's list
    takes_part: bool  # in a circle of this course, while her credit would go elsewhere than to this activity
    credited: bool  # in this course, in a way that was stated
    roster_owed: bool  # that of this course, and nobody began to read it
    noted: bool  # at her platform, this minute, that somebody came in so


_hers, _of_course = aliased(Membership), aliased(Activity)
_once = select(literal(1)).subquery()  # the person may be known where the course is not, and the other way round
_KNOWN = (
    select(
        Course,
        Activity,
        Person,
        Enrolment,
        exists().where(KeptPlace.person_id == Person.id, KeptPlace.course_id == Course.id),
        exists()
        .where(Membership.person_id == Person.id, Membership.left_at.is_(None))
        .where(CircleSource.circle_id == Membership.circle_id, CircleSource.course_id == Course.id)
        .where(or_(Activity.id.is_(None), Membership.activity_id.is_distinct_from(Activity.id))),
        exists()
        .where(Credit.membership_id == _hers.id, _hers.person_id == Person.id, Credit.stated_at.is_not(None))
        .where(_of_course.id == Credit.activity_id, _of_course.course_id == Course.id),
        rosters.lies_ready(),
        sightings.JUST_NOTED,
    )
    .select_from(_once)
    .outerjoin(
        Course,
        and_(Course.deployment_id == bindparam("deployment_id"), Course.context_id == bindparam("context_id")),
    )
    .outerjoin(
        Activity, and_(Activity.course_id == Course.id, Activity.resource_link_id == bindparam("resource_link_id"))
    )
    .outerjoin(Person, and_(Person.platform_id == bindparam("platform_id"), Person.sub == bindparam("sub")))
    .outerjoin(Enrolment, and_(Enrolment.course_id == Course.id, Enrolment.person_id == Person.id))
)  # nearly nobody needs what the last five would lead to; one look here spares a statement each


def _known(launch: Launch) -> _Known:
    """In one statement; most launches come from people and places that were here before."""
    names = ("deployment_id", "context_id", "resource_link_id", "platform_id", "sub")
    moment = now()
    lately = {"storage": launch.storage, "moment": moment, "a_minute_ago": moment - sightings.A_MINUTE}
    return _Known(*session.execute(_KNOWN, {name: getattr(launch, name) for name in names} | lately).one())


def _course(launch: Launch, known: Course | None) -> Course:
    course = known or find_or_add(Course, deployment_id=launch.deployment_id, context_id=launch.context_id)
    _say(
        course,
        title=launch.context_title or course.title,
        roster_url=launch.roster_url or course.roster_url,
        line_items_url=launch.line_items_url or course.line_items_url,
        groups_url=launch.groups_url or course.groups_url,
        group_sets_url=launch.group_sets_url or course.group_sets_url,
        group_numbers=list(launch.group_numbers) or course.group_numbers,
        grade_scopes=sorted(launch.grade_scopes) or course.grade_scopes,
    )
    if course.launched_at is None or now() - course.launched_at > SELDOM:
        course.launched_at = now()
    return course


def _enrol(enrolment: Enrolment, activity: Activity, launch: Launch) -> None:
    """Every role ever launched with is kept: one launch as a teacher is enough not to be a plain proposed teacher."""
    if not set(launch.roles).issubset(enrolment.launch_roles or ()):
        session.refresh(enrolment, with_for_update=True)  # another launch may be adding its own at this moment
    takes_credit = links.takes_credit(activity) or (enrolment.activity_id is None and activity.resource_link_id)
    _say(
        enrolment,
        launch_roles=sorted({*(enrolment.launch_roles or []), *launch.roles}),
        may_teach=enrolment.may_teach or launch.may_teach,
        test_user=launch.test_user,
        activity_id=activity.id if takes_credit else enrolment.activity_id,
        left_at=None,
    )
    groups.note(enrolment, activity, launch)


def _say(row: Base, **facts: object) -> None:
    """Change what differs: to say the same again would make the row look changed, and be looked through at the end."""
    for name, fact in facts.items():
        if getattr(row, name) != fact:
            setattr(row, name, fact)


_only_circle = bindparam("only_circle", type_=Integer)
_ELSEWHERE = select(Membership.id).where(  # memberships of a course's circles whose credit would go elsewhere
    Membership.person_id == bindparam("person_id"),
    Membership.left_at.is_(None),
    Membership.circle_id.in_(
        select(CircleSource.circle_id).where(
            CircleSource.course_id == bindparam("course_id"),
            or_(_only_circle.is_(None), CircleSource.circle_id == _only_circle),
        )
    ),
    or_(
        Membership.activity_id.is_(None),
        and_(bindparam("takes_credit", type_=Boolean), Membership.activity_id != bindparam("activity_id")),
    ),
)


def _remember_activity(person: Person, activity: Activity) -> None:
    """Credit goes to the activity from which the person last launched the circle; through one stage only if need be."""
    if not activity.resource_link_id:
        return
    here = {"course_id": activity.course_id, "only_circle": activity.circle_id}
    here["takes_credit"] = links.takes_credit(activity)
    elsewhere = rows(_ELSEWHERE, person_id=person.id, activity_id=activity.id, **here)
    if not elsewhere:
        return
    query = select(Membership).where(Membership.id.in_([row.id for row in elsewhere])).order_by(Membership.id)
    for membership in session.scalars(query.options(joinedload(Membership.circle))):
        membership.activity_id = activity.id
        credits.reckon(membership)


def course_of(visit: Begun) -> Course:
    """The course that a visit came from."""
    return session.get_one(Course, session.get_one(Activity, visit.activity_id).course_id)


def activity_of(visitor: SignedIn, *, named: str) -> Activity:
    """The activity of this number if a visit of hers came from it, else the one that she launched last.

    Of two launches at once in one browser the cookie holds one visit; so the address that each leads to names its own.
    """
    mine = select(Activity).join(Visit, Visit.activity_id == Activity.id)
    here = mine.where(Visit.person_id == visitor.person_id, Visit.expires_at > now())
    others = session.scalars(here) if named != str(visitor.activity_id) else ()
    return next((one for one in others if str(one.id) == named), visitor.activity)


def reviewed(launch: Launch) -> Person | None:
    """The person whose shared work a submission-review launch asks for, if the platform's word is known here."""
    if launch.review_of is None:
        return None
    return session.scalar(select(Person).filter_by(platform_id=launch.platform_id, sub=launch.review_of))


_LOAD = (
    select(
        Visit.person_id, Person.display_name, Person.locale, Visit.activity_id, Visit.administers,
        Platform.issuer, Platform.auth_url, Platform.frame_origins, Course.roster_url, Course.line_items_url,
    )
    .join(Person, Person.id == Visit.person_id)
    .join(Activity, Activity.id == Visit.activity_id)
    .join(Course, Course.id == Activity.course_id)
    .join(Deployment, Deployment.id == Course.deployment_id)
    .join(Platform, Platform.id == Deployment.platform_id)
    .where(Visit.id == bindparam("visit_id"), Visit.expires_at > bindparam("moment"))
)  # fmt: skip


def load(visit_id: str) -> SignedIn | None:
    """The visitor behind a session cookie, or None when the visit is over."""
    found = rows(_LOAD, visit_id=visit_id, moment=now())
    if not found:
        return None
    person_id, name, locale, activity_id, administers, *homes = found[0]
    addresses, reach = platforms.framers(*homes), access.reach_of(person_id)
    return SignedIn(visit_id, person_id, name, locale, activity_id, bool(administers), addresses, reach)
