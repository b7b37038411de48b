"""What the fence hands to the rest of the house: plain frozen data in our own words, no claim names."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class LaunchKind(StrEnum):
    """What the LMS wants to open."""

    ACTIVITY = "activity"
    DEEP_LINKING = "deep_linking"
    REVIEW = "review"


class Storage(StrEnum):
    """What told this browser from others between login and launch."""

    COOKIE = "cookie"
    PLATFORM = "platform"  # the LMS's own page kept a value for us: our cookie was refused in the frame
    WINDOW = "window"  # a cookie in a window of its own, after it was refused in the frame


@dataclass(frozen=True)
class LinkTerms:
    """What the LMS takes back from an author who chooses what an activity opens (Deep Linking 2.0 §4.4.1)."""

    return_url: str = field(repr=False)  # Moodle puts the key of its session into it
    takes_activities: bool  # our things are activities; an LMS may ask for files or texts only
    takes_several: bool
    takes_columns: bool  # an activity may bring its gradebook column
    windows: tuple[str, ...]  # "iframe", "window": how the LMS lets an activity say that it opens
    title: str  # proposed by the LMS, "" mostly
    text: str
    given: dict[str, Any] = field(repr=False)  # {"data": …} where the LMS sent it, to be returned as it is


@dataclass(frozen=True)
class LinkItem:
    """One activity that the LMS is asked to make."""

    resource: str  # our stable key of what it opens
    title: str
    text: str = ""
    maximum: int | None = None  # of the credit column that it brings
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    done_by: datetime | None = None
    window: str = ""  # "iframe" or "window"; empty: as the LMS likes


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
    group_sets_url: str | None = None
    context_history: tuple[str, ...] = ()  # ids of the courses that this one was copied from, nearest first
    link_history: tuple[str, ...] = ()  # the same of the activity
    notices_url: str | None = None  # where to ask for notices of course copies
    roster_url: str | None = None
    line_items_url: str | None = None
    line_item_url: str | None = None
    grade_scopes: tuple[str, ...] = ()
    review_of: str | None = None  # sub of the person whose shared work the reviewer wants to see
    target_path: str = "/"  # path of ours from the signed target
    platform_addresses: tuple[str, ...] = ()  # whose pages may show ours in a frame
    storage: Storage = Storage.COOKIE
    links: LinkTerms | None = None  # what may be chosen, in a launch that asks for links
    product: str = ""  # kind of LMS, where we know its rules and its registration does not say it


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
    set_name: str = ""


@dataclass(frozen=True)
class GroupListing:
    """The groups of a course that we show, and whether a group that is not in `keys` is not there any more."""

    groups: tuple[LmsGroup, ...]
    keys: frozenset[str]  # of the hidden ones, too
    whole: bool  # nothing was left out


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
    comment: str  # one line, no markup
    stated_at: datetime  # whole seconds, UTC
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    scored_by: str = ""  # sub of whoever gave it by hand
    said_before: tuple[str, ...] = ()  # comments stated earlier; empty: this is the first score for her
