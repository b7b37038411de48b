"""What the fence hands to the rest of the house: plain frozen data in our own words, no claim names."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LaunchKind(StrEnum):
    """What the LMS wants to open."""

    ACTIVITY = "activity"
    DEEP_LINKING = "deep_linking"
    REVIEW = "review"


@dataclass(frozen=True)
class Launch:
    """A validated launch: who comes, from where, with what addresses for roster and credit."""

    kind: LaunchKind
    platform_id: int
    deployment_id: int  # our row, approved
    sub: str
    name: str  # "" where the platform hides names
    locale: str  # normalised tag such as "pt-BR", "" when absent
    roles: tuple[str, ...]  # every role as a whole URI
    may_teach: bool  # a context role of a teacher or administrator of this course
    administers: bool  # administrator of the LMS (institution or system role)
    test_user: bool  # the LMS's "student view"
    context_id: str
    context_title: str
    resource_link_id: str
    resource_title: str
    custom: dict[str, str] = field(default_factory=dict)  # unresolved "$…" and null left out
    groups: tuple[str, ...] | None = None  # ids of this person's LMS groups; None where the LMS does not tell
    group_numbers: tuple[str, ...] = ()  # of all groups of the course whose rosters can be asked (Canvas)
    groups_url: str | None = None  # Course Groups service
    context_history: tuple[str, ...] = ()  # ids of the courses that this one was copied from, nearest first
    link_history: tuple[str, ...] = ()  # the same of the activity
    notices_url: str | None = None  # where to ask for notices of course copies
    roster_url: str | None = None
    line_items_url: str | None = None
    line_item_url: str | None = None
    grade_scopes: tuple[str, ...] = ()
    review_of: str | None = None  # sub of the person whose shared work the reviewer wants to see
    return_url: str | None = None  # on the platform's own origin, http(s) only
    target_path: str = "/"  # path of ours from the signed target


@dataclass(frozen=True)
class RosterMember:
    """One person of a roster page."""

    sub: str
    name: str
    roles: tuple[str, ...]  # whole URIs
    active: bool
    may_teach: bool
    groups: tuple[str, ...] | None = None  # ids of LMS groups; None where the roster does not tell


@dataclass(frozen=True)
class LmsGroup:
    """One group of a course as the LMS tells of it."""

    key: str
    name: str
    set_key: str = ""


@dataclass(frozen=True)
class CopyNotice:
    """The platform says that a course was made out of others."""

    deployment_id: int  # our row, approved
    context_id: str
    context_title: str
    origins: tuple[str, ...]  # ids of the courses it was copied from


@dataclass(frozen=True)
class Score:
    """A statement to the gradebook. Posted again only with the same words and the same moment."""

    sub: str
    given: int
    maximum: int
    complete: bool
    comment: str
    stated_at: datetime  # whole seconds, UTC
