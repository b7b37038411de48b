"""What the fence hands to the rest of the house: plain frozen data in our own words, no claim names."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    groups: tuple[str, ...] = ()  # ids of this person's LMS groups, where the LMS tells
    roster_url: str | None = None
    line_items_url: str | None = None
    line_item_url: str | None = None
    grade_scopes: tuple[str, ...] = ()
    review_of: str | None = None  # sub of the person whose shared work the reviewer wants to see
    return_url: str | None = None  # on the platform's own origin, http(s) only
    target_path: str = "/"  # path of ours from the signed target
    storage: Storage = Storage.COOKIE


@dataclass(frozen=True)
class RosterMember:
    """One person of a roster page."""

    sub: str
    name: str
    roles: tuple[str, ...]  # whole URIs
    active: bool
    may_teach: bool


@dataclass(frozen=True)
class Score:
    """A statement to the gradebook. Posted again only with the same words and the same moment."""

    sub: str
    given: int
    maximum: int
    complete: bool
    comment: str
    stated_at: datetime  # whole seconds, UTC
