"""What the LMS tells us of itself, and what a launch needs. LTI words stay here."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base, new_public_id, now


class Standing(StrEnum):
    """Where a platform or deployment stands: nobody comes in from one that is not approved."""

    WAITING = "waiting"
    APPROVED = "approved"
    BLOCKED = "blocked"


def _standing(approved_at: datetime | None, blocked_at: datetime | None) -> Standing:
    if blocked_at is not None:
        return Standing.BLOCKED
    return Standing.APPROVED if approved_at is not None else Standing.WAITING


class Platform(Base):
    """One registration of this tool in one LMS: an issuer and our client id there."""

    __tablename__ = "platform"
    __table_args__ = (sa.UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    product: Mapped[str] = mapped_column(default="")  # product family code as the LMS gives it: moodle, canvas, …
    issuer: Mapped[str]
    client_id: Mapped[str]
    auth_url: Mapped[str]
    token_url: Mapped[str]
    jwks_url: Mapped[str]
    audience: Mapped[str | None]  # of our token requests, where it is not the token address (Brightspace)
    trusted_audiences: Mapped[list[str]] = mapped_column(default=list)  # other `aud` values accepted beside ours
    scopes: Mapped[list[str]] = mapped_column(default=list)  # granted at registration; empty when unknown
    frame_origins: Mapped[list[str]] = mapped_column(default=list)  # further origins whose pages show ours in a frame
    accepts_all_deployments: Mapped[bool] = mapped_column(default=False)
    registration_url: Mapped[str | None]  # where our registration can be read and renewed, if the LMS offers it
    registration_token: Mapped[str | None]  # for that address; encrypted with the secret key
    approved_at: Mapped[datetime | None]  # whoever asks this alone is right: what is blocked has no approval
    blocked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deployments: Mapped[list["Deployment"]] = relationship(back_populates="platform", order_by="Deployment.id")

    @property
    def standing(self) -> Standing:
        """Where the registration stands with the administrator."""
        return _standing(self.approved_at, self.blocked_at)

    @property
    def can_be_renewed(self) -> bool:
        """Whether the LMS gave an address where our registration is read and written (RFC 7592)."""
        return bool(self.registration_url and self.registration_token)


class Deployment(Base):
    """One place inside a platform where an administrator put the tool; unknown ones wait for approval."""

    __tablename__ = "deployment"
    __table_args__ = (sa.UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"))
    deployment_id: Mapped[str]
    first_seen_at: Mapped[datetime] = mapped_column(default=now)
    approved_at: Mapped[datetime | None]
    notices_url: Mapped[
        str | None
    ]  # where we say that we want to hear of course copies (Platform Notification Service)
    notices_wanted_at: Mapped[datetime | None]  # since when the platform knows our address for them
    blocked_at: Mapped[datetime | None]
    platform: Mapped[Platform] = relationship(back_populates="deployments")

    @property
    def standing(self) -> Standing:
        """Where the deployment stands with the administrator."""
        return _standing(self.approved_at, self.blocked_at)


class Course(Base):
    """A course of the LMS (LTI context). It brings people and takes credit; it is no boundary of access."""

    __tablename__ = "course"
    __table_args__ = (sa.UniqueConstraint("deployment_id", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(sa.ForeignKey("deployment.id"))
    public_id: Mapped[str] = mapped_column(default=new_public_id, unique=True)  # deep links carry it through a copy
    context_id: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    roster_url: Mapped[str | None]  # Names and Roles address of the last launch
    roster_read_at: Mapped[datetime | None]
    roster_fault: Mapped[str | None]  # code of the last refusal, None after a success
    roster_shrunk_at: Mapped[datetime | None]  # when half the people were missing, until a second reading says so too
    groups_url: Mapped[str | None]  # Course Groups service
    group_sets_url: Mapped[str | None]  # of the same service, where it tells what sets of groups are called
    groups_read_at: Mapped[datetime | None]
    group_numbers: Mapped[list[str]] = mapped_column(default=list)  # whose own rosters can be asked (Canvas)
    launched_at: Mapped[datetime | None]  # by anybody; a course that nobody opens any more is left in peace
    copied_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id"))  # as the LMS told
    copy_answer: Mapped[str] = mapped_column(default="")  # fresh or carry_on, once somebody said so
    line_items_url: Mapped[str | None]  # Assignment and Grade Services container
    grade_scopes: Mapped[list[str]] = mapped_column(default=list)
    deployment: Mapped[Deployment] = relationship()
    activities: Mapped[list["Activity"]] = relationship(back_populates="course")

    @property
    def copy_is_open(self) -> bool:
        """Whether this is a copy of a course we know, and nobody said yet what that means for the circles."""
        return self.copied_from_id is not None and not self.copy_answer


class Activity(Base):
    """The thing in the course that opens the tool (LTI resource link)."""

    __tablename__ = "activity"
    __table_args__ = (sa.UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    resource_link_id: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    custom: Mapped[dict[str, str]] = mapped_column(default=dict)  # only keys of ours, never personal data
    line_item_url: Mapped[str | None]  # the credit column, given by the launch or found or made by us
    column_label: Mapped[str | None]  # what we called it last; None where the column is the course's own
    column_maximum: Mapped[int | None]  # what we gave it last
    for_some: Mapped[bool] = mapped_column(default=False)  # not everybody in the course can see it (a group's activity)
    people_read_at: Mapped[datetime | None]  # when it was asked who can see it
    column_claimed_until: Mapped[datetime | None]  # one worker at a time looks for or makes the column
    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circle.id"))  # what this activity opens, if told
    course: Mapped[Course] = relationship(back_populates="activities")


class CourseGroup(Base):
    """A group of a course in the LMS, as far as the LMS tells of it. It proposes a circle and gives nobody a role."""

    __tablename__ = "course_group"
    __table_args__ = (sa.UniqueConstraint("course_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    key: Mapped[str]  # the LMS's id, or "activity:…" for the people who can see an activity that is not for all
    name: Mapped[str] = mapped_column(default="")  # empty where the LMS tells ids only (Moodle)
    set_key: Mapped[str] = mapped_column(default="")  # groups of one set share out the same people
    set_name: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")  # with which its own roster is asked (Canvas)
    gone_at: Mapped[datetime | None]  # the LMS does not list it any more; a circle that it fed stays


class SeenNotice(Base):
    """A platform's notice that was taken once, until its time is over: a second one of the same words does nothing."""

    __tablename__ = "seen_notice"

    digest: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the platform's number and the nonce
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Picking(Base):
    """An author's choice of what activities open (deep linking): asked for by one launch, answered once."""

    __tablename__ = "picking"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(sa.ForeignKey("visit.id", ondelete="CASCADE"), index=True)
    terms: Mapped[dict[str, Any]]  # what the LMS takes back, without addresses
    sealed: Mapped[str]  # where the answer goes and the LMS's `data`: they may hold the key of a person's session
    answer: Mapped[str | None]  # the signed answer, sealed; a page shown again carries the very same one
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Invite(Base):
    """A one-time address with which an LMS administrator registers the tool (dynamic registration)."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256; the token itself is shown once
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    approves: Mapped[bool] = mapped_column(default=True)  # whether what registers with it may begin at once
    platform_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.id"))


class LoginState(Base):
    """A login under way: issued by us, bound to one browser, used once."""

    __tablename__ = "login_state"

    state: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str]
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"))
    browser_hash: Mapped[str]  # SHA-256 of a value that this browser alone holds
    storage: Mapped[str] = mapped_column(default="cookie")  # what holds it: see `lti.messages.Storage`
    asked: Mapped[dict[str, str]] = mapped_column(default=dict)  # what began the login, to begin it again in a window
    expires_at: Mapped[datetime] = mapped_column(index=True)
    platform: Mapped[Platform] = relationship()


class ToolKey(Base):
    """A signing key of ours. Published before use and after retirement, then deleted."""

    __tablename__ = "tool_key"

    kid: Mapped[str] = mapped_column(primary_key=True)  # RFC 7638 thumbprint
    private_pem: Mapped[str]  # encrypted with the secret key
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    signs_since: Mapped[datetime | None]  # None: it waits for its turn
    retired_at: Mapped[datetime | None]


class PlatformKeys(Base):
    """The platform's public keys as last fetched, and how often we asked lately."""

    __tablename__ = "platform_keys"

    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"), primary_key=True)
    key_set: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]
    asked_since: Mapped[datetime]  # from here on our share of questions grows again, one by one
    asked: Mapped[int] = mapped_column(default=0)


class AccessToken(Base):
    """A token for a platform's services, kept until shortly before it ends; never shared between registrations."""

    __tablename__ = "access_token"
    __table_args__ = (sa.UniqueConstraint("platform_id", "deployment", "scopes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.id"))
    deployment: Mapped[str] = mapped_column(default="")  # as the LMS calls it: our request for the token names it
    scopes: Mapped[str]  # sorted, separated by spaces
    token: Mapped[str]  # encrypted with the secret key
    expires_at: Mapped[datetime]
