"""The credit column of an activity: found before it is made, changed only where it is ours, never deleted.

Nothing here deletes: a column is the course's, and Moodle 4.5 would even delete an activity's own.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests
from pylti1p3.lineitem import LineItem

from lti_tool.errors import PlatformError
from lti_tool.lti import claims, http, tokens
from lti_tool.lti.gradebook import COLUMN, Gradebook
from lti_tool.models import Activity

RESOURCE_ID = "circle-credit"  # by which we find our column again, also in a copied course (AGS 2.0 §3.2.15)


@dataclass(frozen=True)
class Column:
    """Where to write."""

    address: str
    label: str | None = None  # as it is called; None for a column that is the course's own, which we never change


def find_or_make(activity: Activity, *, label: str, maximum: int) -> Column | None:
    """The activity's credit column, or None where credit is kept here only.

    In this order: the one the launch gave; the one bound to this activity; one of ours, bound to an activity of which
    this is a copy or to none; a new one if we may make it. The caller keeps the address. PlatformError:
    `columns_refused`, `column_refused`, and what `tokens` raises.
    """
    book = Gradebook.of(activity.id)
    if book.column_url:
        return Column(book.column_url)
    if not book.columns_url:
        return None
    found = _find(book) if book.reading else None
    if found is not None:
        return Column(str(found["id"]), _label(found) if _is_marked(found) else None)
    return _make(book, label, maximum) if book.grants(tokens.COLUMNS) else None


def keep_up(activity: Activity, *, label: str, was: str, maximum: int | None) -> None:
    """Give a column of ours its new label, and its new maximum if one is told (None: leave it).

    A PUT replaces the whole column (AGS 2.0 §3.2.6; Moodle 4.5 clears what is left out), so it is read first and goes
    back with everything it had. Whoever renamed it in the gradebook keeps her name. PlatformError: `column_gone`,
    `column_refused`, and what `tokens` raises.
    """
    book = Gradebook.of(activity.id)
    if not book.column_url or not book.grants(tokens.COLUMNS):
        return
    answer = book.get(book.column_url, tokens.COLUMNS, COLUMN)
    if answer.status_code == 404:
        raise PlatformError("column_gone", status=404, final=True)
    column = http.json_of(answer) if 200 <= answer.status_code < 300 else None
    if not isinstance(column, dict):
        raise PlatformError("column_refused", status=answer.status_code, final=True)
    wanted = column | ({"label": label} if column.get("label") == was else {})
    wanted |= {"scoreMaximum": maximum} if maximum is not None else {}
    if wanted == column or not _is_marked(column):
        return
    answer = book.connector.call(
        "PUT", book.column_url, scope=tokens.COLUMNS, accept=COLUMN, body=json.dumps(wanted), content_type=COLUMN
    )
    if not 200 <= answer.status_code < 300:
        raise PlatformError("column_refused", status=answer.status_code, final=True)


def _find(book: Gradebook) -> dict[str, Any] | None:
    """The column to write into, asked for by its link, then by our marks: each a short answer in a full gradebook."""
    for wanted in ({"resource_link_id": book.link}, {"resource_id": RESOURCE_ID}, {"tag": RESOURCE_ID}):
        try:
            columns = list(book.columns(**wanted))
        except PlatformError as error:
            if error.code != "columns_refused" or error.status in (401, 403):
                raise
            return _ours(book, book.columns())  # a platform that stumbles over a filter shows everything
        if (found := _ours(book, columns)) is not None:
            return found
    return None


def _ours(book: Gradebook, columns: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The only column of this activity, else the first with our mark; never another activity's."""
    usable = [column for column in columns if book.is_own(column.get("id"))]
    bound = [column for column in usable if column.get("resourceLinkId") == book.link]
    if len(bound) == 1:
        return bound[0]
    if marked := [column for column in bound if _is_marked(column)]:  # of twins one, or each search would add another
        return marked[0]
    copied = [column for column in usable if _names(column, book.former_links) and _is_marked(column)]
    unbound = [column for column in usable if not column.get("resourceLinkId") and _is_marked(column)]
    left = copied or unbound
    return left[0] if len(left) == 1 else None


def _names(column: dict[str, Any], links: frozenset[str]) -> bool:
    link = column.get("resourceLinkId")
    return isinstance(link, str) and link in links


def _make(book: Gradebook, label: str, maximum: int) -> Column:
    """A new column bound to this activity, or to the course alone where the platform binds none to it."""
    column = LineItem().set_label(label).set_score_maximum(maximum)
    column.set_resource_id(RESOURCE_ID).set_tag(RESOURCE_ID)
    said = json.loads(column.get_value()) | dict(book.connector.quirks.column_extension)
    answer = _posted(book, said | {"resourceLinkId": book.link})
    if answer.status_code in book.connector.quirks.unbinding:
        answer = _posted(book, said)
    if not 200 <= answer.status_code < 300:
        raise PlatformError("column_refused", status=answer.status_code, final=True)
    made = http.json_of(answer)
    if not isinstance(made, dict) or not book.is_own(made.get("id")):  # it would be kept, and never be asked again
        raise PlatformError("column_refused", status=answer.status_code, final=True)
    return Column(str(made["id"]), label)


def _posted(book: Gradebook, column: dict[str, Any]) -> requests.Response:
    return book.connector.call(
        "POST",
        book.columns_url or "",
        scope=tokens.COLUMNS,
        accept=COLUMN,
        body=json.dumps(column),
        content_type=COLUMN,
    )


def _label(column: dict[str, Any]) -> str:
    """What a column is called, as it can be kept: a half of a character is one in JSON, and in no database."""
    told = column.get("label")
    return told if isinstance(told, str) and told.isprintable() else claims.text_of(told)


def _is_marked(column: dict[str, Any]) -> bool:
    return RESOURCE_ID in (column.get("resourceId"), column.get("tag"))
