"""A launch becomes a visit: who comes, from which course, and what she may reach."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.orm import joinedload

from lti_tool import access, settings
from lti_tool.db import find_or_add, now, rows, session
from lti_tool.lti.messages import Launch
from lti_tool.models import Activity, CircleSource, Course, Deployment, Enrolment, Membership, Person, Platform, Visit
from lti_tool.services import credits, kept_places, links, rosters, sightings


@dataclass(frozen=True)
class SignedIn:
    """One visitor during one request: what every page needs of her, and the rows themselves for who asks for them."""

    visit_id: str
    person_id: int
    name: str  # what colleagues read, "" where the platform hides names and none was chosen
    locale: str
    activity_id: int
    administers: bool  # looks after the LMS, as her launch said; it gives no reading right
    platform_addresses: tuple[str, ...]  # of the platform that she came from, see `platforms.addresses`
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


def arrive(launch: Launch) -> Visit:
    """Remember what the platform said (course, activity, person, roles), sign the person in, and ask for the roster."""
    course = _course(launch)
    activity = find_or_add(Activity, course_id=course.id, resource_link_id=launch.resource_link_id)
    activity.title = launch.resource_title or activity.title
    activity.custom = launch.custom
    if links.is_link(launch.custom):
        activity.circle_id = links.circle_of(launch.custom)
    activity.line_item_url = launch.line_item_url or activity.line_item_url
    person = find_or_add(Person, platform_id=launch.platform_id, sub=launch.sub)
    person.name = launch.name or person.name
    if launch.locale and not person.locale_chosen:
        person.locale = launch.locale
    enrolment = _enrol(person, activity, launch)
    visit = Visit(
        id=secrets.token_urlsafe(24),
        person_id=person.id,
        activity_id=activity.id,
        test_user=launch.test_user,
        administers=launch.administers and not launch.test_user,
        expires_at=now() + timedelta(hours=settings.current().session_hours),
    )
    session.add(visit)
    session.flush()
    if not launch.test_user:
        kept_places.decide(person, enrolment=enrolment)
        _remember_activity(person, activity)
    rosters.ask_for(course)
    for kind, code in ((sightings.LAUNCH, ""), (sightings.STORAGE, launch.storage)):
        sightings.note(kind, platform_id=launch.platform_id, code=code)
    return visit


def _course(launch: Launch) -> Course:
    course = find_or_add(Course, deployment_id=launch.deployment_id, context_id=launch.context_id)
    course.title = launch.context_title or course.title
    course.roster_url = launch.roster_url or course.roster_url
    course.line_items_url = launch.line_items_url or course.line_items_url
    if launch.grade_scopes:
        course.grade_scopes = sorted(launch.grade_scopes)
    return course


def _enrol(person: Person, activity: Activity, launch: Launch) -> Enrolment:
    """Every role ever launched with is kept: one launch as a teacher is enough not to be a plain proposed teacher."""
    enrolment = find_or_add(Enrolment, course_id=activity.course_id, person_id=person.id)
    roles = sorted({*(enrolment.launch_roles or []), *launch.roles})
    if roles != enrolment.launch_roles:
        enrolment.launch_roles = roles
    enrolment.may_teach = enrolment.may_teach or launch.may_teach
    enrolment.test_user = launch.test_user
    if links.takes_credit(activity) or (enrolment.activity_id is None and activity.resource_link_id):
        enrolment.activity_id = activity.id
    enrolment.left_at = None
    if launch.groups:
        enrolment.groups = list(launch.groups)
    return enrolment


def _remember_activity(person: Person, activity: Activity) -> None:
    """Credit goes to the activity from which the person last launched the circle; through one stage only if need be."""
    if not activity.resource_link_id:
        return
    fed_here = select(CircleSource.circle_id).where(CircleSource.course_id == activity.course_id)
    if activity.circle_id is not None:
        fed_here = fed_here.where(CircleSource.circle_id == activity.circle_id)
    nowhere = Membership.activity_id.is_(None)
    elsewhere = or_(nowhere, Membership.activity_id != activity.id) if links.takes_credit(activity) else nowhere
    query = select(Membership).where(
        Membership.person_id == person.id, Membership.left_at.is_(None), Membership.circle_id.in_(fed_here), elsewhere
    )
    for membership in session.scalars(query.options(joinedload(Membership.circle))):
        membership.activity_id = activity.id
        credits.reckon(membership)


def reviewed(launch: Launch) -> Person | None:
    """The person whose shared work a submission-review launch asks for, if the platform's word is known here."""
    if launch.review_of is None:
        return None
    return session.scalar(select(Person).filter_by(platform_id=launch.platform_id, sub=launch.review_of))


_LOAD = (
    select(
        Visit.person_id, Person.display_name, Person.locale, Visit.activity_id, Visit.administers,
        Platform.issuer, Platform.auth_url, Platform.frame_origins,
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
    person_id, name, locale, activity_id, administers, issuer, auth_url, more = found[0]
    addresses, reach = (issuer, auth_url, *more), access.reach_of(person_id)
    return SignedIn(visit_id, person_id, name, locale, activity_id, bool(administers), addresses, reach)


def end_all(person_id: int) -> None:
    """Sign a person out everywhere: she was suspended or removed in the LMS."""
    session.execute(delete(Visit).where(Visit.person_id == person_id))
