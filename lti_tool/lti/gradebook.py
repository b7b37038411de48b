"""An activity's place in the gradebook of its platform (Assignment and Grade Services 2.0): addresses, rights, calls.

`columns.py` finds, makes and keeps the column; `scores.py` writes into it and reads it back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, paging, tokens
from lti_tool.models import Activity, Course, Deployment, Platform

COLUMN = "application/vnd.ims.lis.v2.lineitem+json"  # each type alone: Moodle 4.5 refuses application/json and lists
COLUMN_LIST = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@dataclass(frozen=True)
class Gradebook:
    """Plain data, read before any call."""

    connector: tokens.Connector
    column_url: str | None
    columns_url: str | None
    scopes: frozenset[str]
    link: str
    former_links: frozenset[str]  # of which this activity is a copy, in other courses
    origins: frozenset[object]  # where our token may go when an answer, not a signed launch, names the address

    @classmethod
    def of(cls, activity_id: int) -> "Gradebook":
        """The place of this activity (our row's number)."""
        with db.work(read_only=True):
            (found,) = db.rows(_PLACE, activity_id=activity_id)
            account = tokens.Account.read(found.deployment_id)
            former = frozenset(_history(found.custom))
            if former:  # nearly no activity is a copy
                former -= {link for (link,) in db.rows(_LINKS, course_id=found.course_id)}
        said = (found.issuer, found.auth_url, found.token_url, found.jwks_url, found.line_items_url or "")
        return cls(
            connector=tokens.Connector(account),
            column_url=found.line_item_url,
            columns_url=found.line_items_url,
            scopes=frozenset(found.grade_scopes),
            link=found.resource_link_id,
            former_links=former,
            origins=frozenset(claims.origin(address) for address in said) - {None},
        )

    def grants(self, *any_of: str) -> bool:
        """Whether the platform granted one of these scopes to us in this course."""
        return not self.scopes.isdisjoint(any_of)

    @property
    def reading(self) -> str | None:
        """The scope with which columns may be read, the smaller one first; None where they may not."""
        return next((scope for scope in (tokens.COLUMNS_READ, tokens.COLUMNS) if self.grants(scope)), None)

    def is_own(self, address: object) -> bool:
        """Whether our token may go to an address that an answer named: only to the platform's own origins.

        What a launch names is signed by the platform and needs no such check (docs/decisions/0007).
        """
        return isinstance(address, str) and claims.origin(address) in self.origins

    def columns(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """Every column the platform shows us that fits, all pages, without `limit`: Moodle 4.5 writes an unreadable
        next link then. PlatformError: `columns_refused`, `answer_not_json`, and those of the way.
        """
        scope = self.reading or tokens.COLUMNS
        url = paging.asking(self.columns_url or "", wanted)  # AGS 2.0 §3.2.4
        for page in paging.pages(url, lambda address: self.get(address, scope, COLUMN_LIST)):
            if not 200 <= page.status_code < 300:
                raise PlatformError("columns_refused", status=page.status_code, final=True)
            yield from dicts(http.json_of(page))

    def get(self, url: str, scope: str, accept: str) -> requests.Response:
        """The answer to a GET, refusals included."""
        return self.connector.call("GET", url, scope=scope, accept=accept)

    def column_answers(self) -> bool | None:
        """Whether the column itself still answers us; None where we may not look."""
        if self.reading is None or not self.column_url:
            return None
        return 200 <= self.get(self.column_url, self.reading, COLUMN).status_code < 300


_PLACE = (
    sa.select(
        Activity.line_item_url, Activity.resource_link_id, Activity.custom, Activity.course_id,
        Course.line_items_url, Course.grade_scopes, Course.deployment_id,
        Platform.issuer, Platform.auth_url, Platform.token_url, Platform.jwks_url,
    )
    .join(Course, Activity.course_id == Course.id)
    .join(Deployment, Course.deployment_id == Deployment.id)
    .join(Platform, Deployment.platform_id == Platform.id)
    .where(Activity.id == sa.bindparam("activity_id"))
)  # fmt: skip
_LINKS = sa.select(Activity.resource_link_id).where(Activity.course_id == sa.bindparam("course_id"))


def below(url: str, name: str, **query: str) -> str:
    """`…/lineitem?type_id=2` with `scores` is `…/lineitem/scores?type_id=2`: Moodle needs its query kept."""
    parts = urlsplit(url)
    joined = "&".join(filter(None, (parts.query, urlencode(query))))
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=joined, fragment="").geturl()


def dicts(body: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list; PlatformError `answer_not_json` for anything else."""
    if not isinstance(body, list):
        raise PlatformError("answer_not_json")
    return (entry for entry in body if isinstance(entry, dict))


def _history(custom: dict[str, str]) -> list[str]:
    """The links of which this one is a copy, where the platform tells (`$ResourceLink.id.history`)."""
    return [link.strip() for link in custom.get("link_history", "").split(",") if link.strip()]
