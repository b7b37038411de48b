"""Reads the claims of a verified token tolerantly: what is optional may be absent, null, "" or an unresolved "$Name".

No whole claim ever leaves this module: return addresses hold session keys of the LMS, and custom parameters may hold
personal data that nobody asked for.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lti_tool.lti.messages import LinkTerms

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = LTI + "message_type"
VERSION = LTI + "version"
DEPLOYMENT_ID = LTI + "deployment_id"
TARGET = LTI + "target_link_uri"
RESOURCE_LINK = LTI + "resource_link"
ROLES = LTI + "roles"
CONTEXT = LTI + "context"
CUSTOM = LTI + "custom"
FOR_USER = LTI + "for_user"
PRESENTATION = LTI + "launch_presentation"
TOOL_PLATFORM = LTI + "tool_platform"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICES = LTI + "platformnotificationservice"
NOTICE = LTI + "notice"
ORIGINS = LTI + "origin_contexts"
COPY_NOTICE = "LtiContextCopyNotice"

# Custom parameters of ours that are kept with the activity; every other one is read at the launch or passed over.
KEPT_CUSTOM = frozenset(("resource", "made_in", "link_history"))
GROUP_CUSTOM = ("moodle_groups", "canvas_groups")
GROUP_NUMBERS = ("canvas_course_groups", "canvas_group")  # Canvas's own numbers, other than the ids of its groups
LONGEST_LIST = 100  # ids in one answer: a copy of a copy of a copy …; Canvas cuts its histories at 1000 characters
LONGEST_NAME = 255
LONGEST_TEXT = 1000

_UNKEEPABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # no database or page takes them all
_UNRESOLVED = re.compile(r"\$[A-Za-z][\w.]*")
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_.@].*)?")
_PORTS = {"http": 80, "https": 443}


class Claims:
    """The claims of one token."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body

    def part(self, claim: str) -> dict[str, Any]:
        """A claim that holds members, or an empty dict."""
        value = self.body.get(claim)
        return value if isinstance(value, dict) else {}

    def text(self, claim: str, member: str | None = None) -> str:
        """A text claim, or a member of a claim; "" when it is absent, null, no text or an unresolved variable."""
        return text_of(self.body.get(claim) if member is None else self.part(claim).get(member))

    @property
    def name(self) -> str:
        """How the LMS calls the person, "" where it hides names; an e-mail address is never taken for one."""
        parts = (self.text("given_name"), self.text("family_name"))
        return " ".join((self.text("name") or " ".join(parts)).split())[:LONGEST_NAME]

    @property
    def locale(self) -> str:
        """The person's language as a tag such as pt-BR, "" when the LMS does not tell."""
        told = (self.text(PRESENTATION, "locale"), self.text("locale"), self.text(CUSTOM, "locale"))
        return next((tag for tag in map(language_tag, told) if tag), "")

    @property
    def product(self) -> str:
        """Which kind of LMS it says that it is, "" where it does not."""
        return self.text(TOOL_PLATFORM, "product_family_code")[:LONGEST_NAME]

    @property
    def link_id(self) -> str:
        """The activity's id, "" where an author is choosing one."""
        return self.part(RESOURCE_LINK).get("id") or ""

    @property
    def context_id(self) -> str:
        """The course's id. An LMS may keep it to itself (Core 5.4.1; Brightspace by a setting): then each activity
        stands alone, and each author who is choosing one, or the people and rosters of all its courses would be mixed.
        """
        alone = f"link:{self.link_id}" if self.link_id else f"author:{self.text('sub')}"
        return self.part(CONTEXT).get("id") or alone

    @property
    def custom(self) -> dict[str, str]:
        """Our own custom parameters that have a value."""
        told = KEPT_CUSTOM & self.part(CUSTOM).keys()
        return {key: text for key in sorted(told) if (text := self.text(CUSTOM, key))}

    @property
    def acts_for_another(self) -> bool:
        """Whether somebody came in this person's name (canvas-lms doc/api/tools_variable_substitutions.md)."""
        return bool(self.text(CUSTOM, "canvas_acting"))

    @property
    def groups(self) -> tuple[str, ...] | None:
        """Ids of the person's groups in the course, each once; None where the LMS does not tell (Moodle, Canvas do)."""
        said = [self.part(CUSTOM).get(key) for key in GROUP_CUSTOM]
        if not any(isinstance(one, str | int) and (one == "" or text_of(one)) for one in said):
            return None
        return ids_of(*said)

    @property
    def group_numbers(self) -> tuple[str, ...]:
        """Canvas's numbers of the groups of the course, and of the person's own where the activity is for groups."""
        return tuple(one for one in self._custom_ids(*GROUP_NUMBERS) if one.isascii() and one.isdigit())

    @property
    def groups_url(self) -> str | None:
        """Where the groups of the course can be asked (Course Groups 1.0)."""
        return _address(self.text(GROUPS, "context_groups_url"))

    @property
    def group_sets_url(self) -> str | None:
        """Where the names of its sets of groups can be asked (the same)."""
        return _address(self.text(GROUPS, "context_group_sets_url"))

    @property
    def context_history(self) -> tuple[str, ...]:
        """Ids of the courses that this one was copied from, nearest first; untrusted: a course's teacher can set it."""
        return self._custom_ids("context_history")

    @property
    def link_history(self) -> tuple[str, ...]:
        """The same for the activity; Moodle 4.5 does not know it and sends the variable's name."""
        return self._custom_ids("link_history")

    @property
    def notices_url(self) -> str | None:
        """Where we may ask to be told of copied courses (Platform Notification Service 1.0)."""
        offered = self.part(NOTICES).get("notice_types_supported")
        if not isinstance(offered, list) or COPY_NOTICE not in offered:
            return None
        return _address(self.text(NOTICES, "platform_notification_service_url"))

    def _custom_ids(self, *keys: str) -> tuple[str, ...]:
        return ids_of(*(self.part(CUSTOM).get(key) for key in keys))

    @cached_property
    def roster_url(self) -> str | None:
        """Where the members of the course can be asked (Names and Roles 2.0)."""
        return _address(self.text(ROSTER, "context_memberships_url"))

    @cached_property
    def line_items_url(self) -> str | None:
        """Where gradebook columns are listed and made (Assignment and Grade Services 2.0), its query kept."""
        return _address(self.text(GRADES, "lineitems"))

    @cached_property
    def line_item_url(self) -> str | None:
        """The one column of this activity, if it has exactly one; its query kept, for Moodle needs it."""
        return _address(self.text(GRADES, "lineitem"))

    @property
    def grade_scopes(self) -> tuple[str, ...]:
        """What the LMS lets us do in its gradebook."""
        scopes = self.part(GRADES).get("scope")
        if not isinstance(scopes, list):
            return ()
        return tuple(scope for scope in scopes if isinstance(scope, str))

    @property
    def services(self) -> tuple[str, ...]:
        """Addresses of the platform's services: where many share an issuer, these alone are on the school's host."""
        return tuple(url for url in (self.roster_url, self.line_items_url, self.line_item_url) if url)

    def links(self, *own: str) -> LinkTerms | None:
        """What an author may choose and where the answer goes, None unless that is on one of the platform's origins.

        These are the origins of `own` (issuer and registered addresses) and of the services in the same signed token:
        on hosted Canvas only the latter are on the school's host.
        `accept_lineitem` may be absent: then nothing can be assumed, and a column that is not wanted is passed over.
        """
        settings = self.part(DEEP_LINKING)
        address = self._at_home(self.text(DEEP_LINKING, "deep_link_return_url"), own)
        if address is None:
            return None
        windows = _texts(settings.get("accept_presentation_document_targets"))
        return LinkTerms(
            return_url=address,
            takes_activities="ltiResourceLink" in _texts(settings.get("accept_types")),
            takes_several=settings.get("accept_multiple") in (True, "true"),
            takes_columns=settings.get("accept_lineitem") not in (False, "false"),
            windows=tuple(window for window in ("iframe", "window") if window in windows),
            title=self.text(DEEP_LINKING, "title")[:LONGEST_NAME],
            text=self.text(DEEP_LINKING, "text")[:LONGEST_TEXT],
            given={"data": settings["data"]} if "data" in settings else {},
        )

    def _at_home(self, text: str, own: tuple[str, ...]) -> str | None:
        address = _address(text)
        known = {origin(home) for home in (*own, *self.services)}
        return address if address and origin(address) in known else None

    def target_path(self, public_url: str) -> str | None:
        """Path and query of the signed target, or None unless it is an address of ours and a plain path."""
        parts = _parts(self.text(TARGET))
        if parts is None or _origin(parts) != origin(public_url):
            return None
        path = parts.path or "/"
        if path.startswith("//"):  # a browser would take it for another host
            return None
        return f"{path}?{parts.query}" if parts.query else path


def origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an http(s) address, None for anything else."""
    parts = _parts(address)
    return _origin(parts) if parts else None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def language_tag(told: str) -> str:
    """A language as a tag: pt_br and pt-BR.UTF-8 become pt-BR, zh_hant_tw becomes zh-Hant-TW; "" for no language."""
    found = _LOCALE.fullmatch(told.strip())
    if not found:
        return ""
    language, script, region = found.groups()
    return "-".join(filter(None, (language.lower(), script and script.title(), region and region.upper())))


def text_of(value: Any) -> str:
    """What a platform says, as text that can be kept; "" for what is no text, or an unresolved variable."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    value = _UNKEEPABLE.sub(" ", value).strip()
    return "" if _UNRESOLVED.fullmatch(value) else value


def ids_of(*lists: Any) -> tuple[str, ...]:
    """The ids in comma-separated texts, each once, in their order; unresolved variables and overlong ids left out."""
    told = [one.strip() for value in lists for one in text_of(value).split(",")]
    good = [one for one in told if 0 < len(one) <= LONGEST_NAME and not _UNRESOLVED.fullmatch(one)]
    return tuple(dict.fromkeys(good))[:LONGEST_LIST]


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _address(text: str) -> str | None:
    return text if _parts(text) else None


def _parts(address: str) -> SplitResult | None:
    if not address.isascii() or not address.isprintable() or "\\" in address or " " in address:
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    plain = parts.scheme in _PORTS and parts.hostname and parts.username is None and parts.password is None
    return parts if plain else None
