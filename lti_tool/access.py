"""Who may see or do what: the only place that decides it. Plain Python and SQLAlchemy, no Flask.

A role names one of eight rights sets; the table below says what each set may do. `Reach` is what one visitor
may touch: services find things only within it. `who_sees` tells, from the same rule, who will read a text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_tool.db import Rows, UTCDateTime, rows
from lti_tool.models import (
    Audience,
    Circle,
    Cohort,
    Deployment,
    Entry,
    EntryVersion,
    Evidence,
    Feedback,
    FeedbackState,
    InquiryAuthor,
    Membership,
    Platform,
    Programme,
)
from lti_tool.models.inquiry import version_evidence


class Rights(StrEnum):
    """The eight rights sets. A programme names them, it never changes them."""

    TEACHER = "teacher"
    FACILITATOR = "facilitator"
    SUPPORTER = "supporter"
    REPRESENTATIVE = "representative"
    OBSERVER_OF_COUNTS = "observer_of_counts"
    RESEARCHER = "researcher"
    MANAGER = "manager"
    GUEST = "guest"


class Permission(StrEnum):
    """What a view may ask for. The first five need no circle, the two of administrators no visit either."""

    ANYONE = "anyone"  # no sign-in: the launch itself, health, static pages
    ADMINISTER = "administer"  # an administrator: of one platform or of all; never a word that somebody wrote
    ADMINISTER_ALL = "administer_all"  # who may run commands here: what reaches beyond one platform
    SIGNED_IN = "signed_in"  # own work, own settings, the waiting page
    SET_UP_COURSE = "set_up_course"  # make the first circles of a course
    BELONG = "belong"  # has any role in the circle
    SEE_COUNTS = "see_counts"  # how many meetings, entries, feedbacks
    SEE_MEETINGS = "see_meetings"  # meetings and norms
    READ_SHARED = "read_shared"  # what colleagues shared with the circle
    WRITE_INQUIRY = "write_inquiry"
    GIVE_FEEDBACK = "give_feedback"
    EARN_CREDIT = "earn_credit"
    RUN_CIRCLE = "run_circle"  # dates, places, norms
    PLACE_PEOPLE = "place_people"
    REVIEW_SHARED = "review_shared"  # the facilitator's list of shared work that waits for a word
    SEE_CREDIT = "see_credit"  # whether credit reached the gradebook, nothing else


P = Permission
GRANTS: dict[Rights, frozenset[Permission]] = {
    Rights.TEACHER: frozenset(
        {P.BELONG, P.SEE_MEETINGS, P.READ_SHARED, P.WRITE_INQUIRY, P.GIVE_FEEDBACK, P.EARN_CREDIT}
    ),
    Rights.FACILITATOR: frozenset(
        {
            P.BELONG,
            P.SEE_COUNTS,
            P.SEE_MEETINGS,
            P.READ_SHARED,
            P.GIVE_FEEDBACK,
            P.RUN_CIRCLE,
            P.PLACE_PEOPLE,
            P.REVIEW_SHARED,
            P.SEE_CREDIT,
        }
    ),
    Rights.SUPPORTER: frozenset({P.BELONG, P.SEE_COUNTS, P.SEE_MEETINGS}),
    Rights.REPRESENTATIVE: frozenset({P.BELONG, P.SEE_COUNTS, P.SEE_MEETINGS}),
    Rights.OBSERVER_OF_COUNTS: frozenset({P.BELONG, P.SEE_COUNTS}),
    Rights.RESEARCHER: frozenset({P.BELONG}),  # texts only by consent, which has its own way
    Rights.MANAGER: frozenset({P.BELONG, P.SEE_COUNTS, P.SEE_MEETINGS, P.PLACE_PEOPLE}),
    Rights.GUEST: frozenset({P.BELONG}),
}
ADMINISTERING = frozenset({P.ADMINISTER, P.ADMINISTER_ALL})
WITHOUT_CIRCLE = frozenset({P.ANYONE, P.SIGNED_IN, P.SET_UP_COURSE}) | ADMINISTERING
OUT = (FeedbackState.SENT, FeedbackState.READ, FeedbackState.ANSWERED, FeedbackState.CLOSED)


@dataclass(frozen=True)
class Administration:
    """What an administrator may look after: one platform, or the whole installation. It gives no reading right.

    Of a registration that institutions share it is her own deployment alone.
    """

    number: int  # of the one-time link that opened it: the log of changes names no person
    platform_id: int | None = None  # None: every platform
    deployment_id: int | None = None  # None: every deployment of it

    @property
    def whole(self) -> bool:
        """Whether it reaches beyond one platform."""
        return self.platform_id is None

    def platforms(self) -> sa.ColumnElement[bool]:
        """Platforms within it."""
        return sa.true() if self.platform_id is None else Platform.id == self.platform_id

    def deployments(self) -> sa.ColumnElement[bool]:
        """Deployments within it, among those of its platforms."""
        return sa.true() if self.deployment_id is None else Deployment.id == self.deployment_id


def arrived() -> sa.ColumnElement[bool]:
    """Feedback that was sent and does not wait for a meeting to reach its author."""
    return sa.and_(Feedback.state.in_(OUT), Feedback.waits.is_(False))


def holds(rights: str, permission: Permission) -> bool:
    """Whether this rights set holds the permission."""
    return permission in GRANTS[Rights(rights)]


def shown_to_facilitators() -> sa.ColumnElement[bool]:
    """Of feedback on hold: whether facilitators see it, as an author asked for or for a child's safety."""
    return sa.or_(Feedback.help_asked_at.is_not(None), Feedback.held_for == "child_safety")


def rights_with(permission: Permission) -> list[str]:
    """The rights sets that hold this permission."""
    return [rights.value for rights, granted in GRANTS.items() if permission in granted]


@dataclass(frozen=True)
class Place:
    """One present membership of the visitor."""

    membership_id: int
    circle_id: int
    programme: str  # key of the circle's programme
    role: str
    rights: Rights
    joined_at: datetime
    reviews_since: datetime  # as a facilitator she reads what was said since then, as a colleague since she joined

    def grants(self, permission: Permission) -> bool:
        """Whether this membership allows it."""
        return permission in GRANTS[self.rights]


@dataclass(frozen=True)
class Reach:
    """What one person may touch: own work anywhere, and what each present membership grants."""

    person_id: int
    places: tuple[Place, ...] = ()

    def place(self, circle_id: int) -> Place | None:
        """The visitor's membership of this circle, if any."""
        return next((place for place in self.places if place.circle_id == circle_id), None)

    def may(self, permission: Permission, circle_id: int) -> bool:
        """Whether the visitor may do this in this circle."""
        place = self.place(circle_id)
        return place is not None and place.grants(permission)

    @cached_property
    def shape(self) -> tuple[Rights, ...]:
        """What decides about the form of a question: the rights sets that the visitor holds, place by place."""
        return tuple(place.rights for place in self.places)

    @cached_property
    def values(self) -> dict[str, object]:
        """The values of a `prepared` question."""
        given: dict[str, object] = {"visitor": self.person_id}
        for number, place in enumerate(self.places):
            given[f"circle_{number}"] = place.circle_id
            given[f"programme_{number}"] = place.programme
            given[f"joined_{number}"] = place.joined_at
            given[f"reviews_{number}"] = place.reviews_since
        return given

    def _where(self, permission: Permission) -> list[Place]:
        return [place for place in self.places if place.grants(permission)]

    def circles(self, permission: Permission = P.BELONG) -> sa.ColumnElement[bool]:
        """Circles in which the visitor holds the permission."""
        return Circle.id.in_([place.circle_id for place in self._where(permission)])

    def own_inquiries(self) -> sa.Select[int]:
        """Numbers of the inquiries that the visitor writes, alone or with others."""
        return sa.select(InquiryAuthor.inquiry_id).where(InquiryAuthor.person_id == self.person_id)

    def own_entries(self) -> sa.ColumnElement[bool]:
        """Entries whose working text the visitor may see and change: her own, wherever they are."""
        return Entry.inquiry_id.in_(self.own_inquiries())

    def versions(self) -> sa.ColumnElement[bool]:
        """Shared versions that the visitor may read; the query must join EntryVersion.entry.

        Authors read their own. Colleagues read what was shared since they joined (nobody's text becomes visible to more
        people without its writer) unless it is on hold or was taken back; sharing again does not bring it back.
        """
        shared = [self._shared_with(place) for place in self._where(P.READ_SHARED)]
        if shared:
            shared.append(Entry.audience == Audience.PUBLIC)
        standing = sa.and_(Entry.held_at.is_(None), EntryVersion.withdrawn_at.is_(None))
        return sa.or_(self.own_entries(), sa.and_(standing, sa.or_(sa.false(), *shared)))

    def _shared_with(self, place: Place) -> sa.ColumnElement[bool]:
        in_programme = (
            sa.select(Circle.id)
            .join(Cohort, Cohort.id == Circle.cohort_id)
            .join(Programme, Programme.id == Cohort.programme_id)
            .where(Programme.key == place.programme)
        )
        return sa.or_(
            sa.and_(
                Entry.circle_id == place.circle_id,
                Entry.audience != Audience.PRIVATE,
                EntryVersion.shared_at >= place.joined_at,
            ),
            sa.and_(Entry.audience == Audience.PROGRAMME, Entry.circle_id.in_(in_programme)),
        )

    def evidence(self) -> sa.ColumnElement[bool]:
        """Evidence that the visitor may open: of her own entries, or part of a version she may read."""
        readable = (
            sa.select(version_evidence.c.evidence_id)
            .join(EntryVersion, EntryVersion.id == version_evidence.c.version_id)
            .join(Entry, Entry.id == EntryVersion.entry_id)
            .where(version_evidence.c.evidence_id == Evidence.id, self.versions())
        )
        own = sa.select(Entry.id).where(self.own_entries())
        seen = readable.correlate(Evidence).exists()
        return sa.and_(Evidence.removed_at.is_(None), sa.or_(Evidence.entry_id.in_(own), seen))

    def feedback(self) -> sa.ColumnElement[bool]:
        """Feedback that the visitor may read.

        Its writer always. The authors whom it was said to. Facilitators of the circle, and colleagues who sent their
        own on the same version, when it was sent since they are that and nobody put it on hold. On hold: writer and
        author only; the facilitator when the author asks, or at once for a child's safety.
        """
        out = sa.and_(arrived(), Feedback.removed_at.is_(None))
        ways = [Feedback.writer_id == self.person_id, sa.and_(out, self.said_to_author())]
        for place in self._where(P.GIVE_FEEDBACK):
            here = sa.and_(out, Feedback.circle_id == place.circle_id, self._version_readable())
            free = Feedback.held_at.is_(None)
            ways.append(sa.and_(here, Feedback.sent_at >= place.joined_at, free, self._gave_own()))
            if place.grants(P.REVIEW_SHARED):
                shown = sa.or_(free, shown_to_facilitators())
                ways.append(sa.and_(here, Feedback.sent_at >= place.reviews_since, shown))
        return sa.or_(*ways)

    def said_to_author(self) -> sa.ColumnElement[bool]:
        """Feedback on work of the visitor's own, sent since she writes it: its writer knew of her as an author."""
        mine = (
            sa.select(InquiryAuthor.person_id)
            .join(Entry, Entry.inquiry_id == InquiryAuthor.inquiry_id)
            .join(EntryVersion, EntryVersion.entry_id == Entry.id)
            .where(EntryVersion.id == Feedback.version_id, InquiryAuthor.person_id == self.person_id)
            .where(sa.or_(InquiryAuthor.since.is_(None), Feedback.sent_at >= InquiryAuthor.since))
        )
        return mine.correlate(Feedback).exists()

    def _version_readable(self) -> sa.ColumnElement[bool]:
        """Asked of each feedback that is left: a list of all readable versions would be read from end to end first."""
        version = (
            sa.select(EntryVersion.id)
            .join(Entry, Entry.id == EntryVersion.entry_id)
            .where(EntryVersion.id == Feedback.version_id, self.versions())
        )
        return version.correlate(Feedback).exists()

    def _gave_own(self) -> sa.ColumnElement[bool]:
        own = aliased(Feedback)
        gave = (
            sa.select(own.id)
            .where(own.version_id == Feedback.version_id, own.writer_id == self.person_id, own.state.in_(OUT))
            .exists()
        )
        return sa.or_(sa.not_(Feedback.after_own), gave)


Question = sa.Select[*tuple[Any, ...]]


def prepared(build: Callable[[Reach], Question]) -> Callable[..., Rows]:
    """A question within a reach that is built once for each combination of rights sets, not for each request.

    Only its form is kept. Whom and which circles it is about are parameters without a value: to forget one is an error
    and never another person's answer.
    """

    @lru_cache(maxsize=256)
    def form(shape: tuple[Rights, ...]) -> Question:
        return build(_anybody(shape))

    def ask(within: Reach, **values: object) -> Rows:
        return rows(form(within.shape), **within.values, **values)

    return ask


def _anybody(shape: tuple[Rights, ...]) -> Reach:
    """A reach whose facts are the parameters named by `Reach.values`; the rules above are written into SQL as ever."""

    def given(name: str, kind: Any) -> Any:
        return sa.bindparam(name, type_=kind)

    return Reach(
        given("visitor", sa.Integer),
        tuple(
            Place(
                membership_id=0,
                circle_id=given(f"circle_{number}", sa.Integer),
                programme=given(f"programme_{number}", sa.Text),
                role="",
                rights=rights,
                joined_at=given(f"joined_{number}", UTCDateTime),
                reviews_since=given(f"reviews_{number}", UTCDateTime),
            )
            for number, rights in enumerate(shape)
        ),
    )


_PLACES = (  # built once: every request asks for it
    sa.select(
        Membership.id, Membership.circle_id, Programme.key, Membership.role, Membership.rights, Membership.joined_at,
        sa.func.coalesce(Membership.reviews_since, Membership.joined_at),
    )
    .join(Circle, Circle.id == Membership.circle_id)
    .join(Cohort, Cohort.id == Circle.cohort_id)
    .join(Programme, Programme.id == Cohort.programme_id)
    .where(Membership.person_id == sa.bindparam("person_id"), Membership.left_at.is_(None))
    .order_by(Membership.id)
)  # fmt: skip


def reach_of(person_id: int) -> Reach:
    """What this person may touch now, read from her present memberships in one query."""
    return Reach(
        person_id,
        tuple(
            Place(number, circle_id, programme, role, Rights(rights), joined_at, reviews_since)
            for number, circle_id, programme, role, rights, joined_at, reviews_since in rows(
                _PLACES, person_id=person_id
            )
        ),
    )


@dataclass(frozen=True)
class Readers:
    """Who can read a text, for the sentence beside its box: the audience and how many colleagues that is."""

    audience: Audience
    colleagues: int  # present members who may read, the author not counted
    authors: int  # those who write it together, 1 for a text of one's own
    hidden_from: tuple[str, ...] = ()  # roles of the circle that never see it, as the programme names them
    expected: int = 0  # colleagues for whom a place is kept: they read it once they have taken it, not before


def who_sees(audience: str, members: Iterable[Membership], *, authors: Iterable[int], expected: int = 0) -> Readers:
    """Who reads a text of these authors with this audience, by the same grants that guard it; how many are expected."""
    readers = rights_with(P.READ_SHARED)
    writers = set(authors)
    present = [one for one in members if one.left_at is None]
    if audience == Audience.PRIVATE:
        return Readers(Audience.PRIVATE, 0, len(writers))
    return Readers(
        Audience(audience),
        len({one.person_id for one in present if one.rights in readers} - writers),
        len(writers),
        tuple(sorted({one.role for one in present if one.rights not in readers})),
        expected,
    )
