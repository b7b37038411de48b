"""Names and Roles, and Assignments and Grades: the library's two services over our state."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lti1p3platform.exceptions import LineItemNotFoundException, LtiServiceException
from lti1p3platform.membership import Context
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

from lti_tool.demo.gradebook import ScoreRefusedError
from lti_tool.demo.library import Asked, Config
from lti_tool.demo.people import Course
from lti_tool.demo.quirks.paging import Page, Refusal
from lti_tool.demo.state import Cell, Column, Tool

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms


@dataclass(frozen=True)
class Call:
    """One request to a service: which tool asks what about which course, and the scopes that allow it."""

    lms: "PracticeLms"
    tool: Tool
    course: Course
    scopes: list[str]
    asked: Asked
    url: str  # without the query
    query: dict[str, str]
    group: str = ""  # only the members of this group (Canvas)

    def page(self, rows: list[Any], limit: int | None, service: str) -> Page:
        """The part of the rows that this request gets, by the profile's rules and the LMS's own page size."""
        size = self.lms.quirks.page_size(service, limit)
        if self.lms.page_size and service != "results":
            size = min(size or self.lms.page_size, self.lms.page_size)
        return Page(self.url, dict(self.query), self.lms.quirks.start(self.query, size), size, len(rows))


class Columns(AssignmentsGradesService):  # type: ignore[misc]
    """Line items, scores and results of one tool in one course."""

    def __init__(self, call: Call) -> None:
        self.call, self.lms, self.tool, self.course = call, call.lms, call.tool, call.course
        self.page: Page | None = None
        self.refusal: Refusal | None = None
        self.cell: Cell | None = None
        lineitem = call.url.removesuffix("/results").removesuffix("/scores")
        super().__init__(
            call.asked, Config(call.lms, call.tool), f"{call.lms.base_url}/lineitems/{call.course.id}", lineitem
        )

    @property
    def allowed_scopes(self) -> list[str]:
        """Only those that fit the request; the library alone would let any AGS scope do anything."""
        return self.call.scopes

    def find_lineitems(
        self,
        page: int = 1,  # noqa: ARG002 (where to begin is the profile's business)
        limit: int | None = None,
        line_item_id: str | None = None,  # noqa: ARG002 (the library's)
        resource_link_id: str | None = None,
        resource_id: str | None = None,
        tag: str | None = None,
    ) -> dict[str, Any]:
        """The columns that fit the filters (§3.2.4)."""
        rows = [
            self.tell(column)
            for column in self.lms.gradebook.of(self.course.id, self.tool.client_id)
            if (not resource_link_id or column.link_id == resource_link_id)
            and (not resource_id or column.resource_id == resource_id)
            and (not tag or column.tag == tag)
        ]
        return self._paged(rows, limit, "line-items")

    def find_lineitem(self, line_item_id: str) -> dict[str, Any]:
        """One column of this tool in this course."""
        return self.tell(self._own(line_item_id))

    def create_lineitem(self, creation_data: dict[str, Any]) -> dict[str, Any]:
        """A new column."""
        refusal, link = self.lms.quirks.unbound_link, creation_data.get("resourceLinkId")
        bound = {one.link_id for one in self.lms.gradebook.of(self.course.id, self.tool.client_id) if one.coupled}
        if refusal and link and link not in bound:
            raise self._service_error(ScoreRefusedError(refusal))
        try:
            column = self.lms.gradebook.add(self.course.id, self.tool.client_id, creation_data)
        except ScoreRefusedError as error:
            raise self._service_error(error) from error
        return self.lms.quirks.created_column(self.tell(column), creation_data)

    def update_lineitem(self, update_data: dict[str, Any]) -> dict[str, Any]:
        """The column replaced."""
        column = self._own(str(update_data["id"]))
        try:
            return self.tell(self.lms.gradebook.change(column.id, update_data))
        except ScoreRefusedError as error:
            raise self._service_error(error) from error

    def delete_lineitem(self, line_item_id: str) -> None:
        """The column gone, where this LMS allows it."""
        column, quirks = self._own(line_item_id), self.lms.quirks
        if refusal := quirks.delete_any or (quirks.delete_coupled if column.coupled else None):
            raise self._service_error(ScoreRefusedError(refusal))
        self.lms.gradebook.delete(column.id)

    def update_score(self, line_item_id: str, score: Any) -> UpdateScoreStatus:
        """A score taken or refused."""
        try:
            self.cell, created = self.lms.gradebook.post(self._own(line_item_id), score)
        except ScoreRefusedError as error:
            raise self._service_error(error) from error
        return UpdateScoreStatus.CREATED if created else UpdateScoreStatus.SUCCESS

    def get_results(
        self,
        line_item_id: str,
        page: int = 1,  # noqa: ARG002 (where to begin is the profile's business)
        limit: int | None = None,
        user_id: str | None = None,
    ) -> dict[str, Any]:
        """The current results of a column (§3.3)."""
        column, quirks = self._own(line_item_id), self.lms.quirks
        address = quirks.line_item_url(self.lms.base_url, column, self.tool)
        rows = []
        for cell in self.lms.store.state.cells.get(column.id, {}).values():
            subject = quirks.subject(self.lms.person_of(cell.user_id))
            if user_id in (None, subject):
                row = quirks.result(_result(address, subject, column, cell), cell.timestamp)
                if user_id and quirks.comment_only_unfiltered:
                    del row["comment"]
                rows.append(row)
        return self._paged(rows, limit, "results")

    def tell(self, column: Column) -> dict[str, Any]:
        """A column as JSON (§3.2.8)."""
        facts = {
            "id": self.lms.quirks.line_item_url(self.lms.base_url, column, self.tool),
            "label": column.label,
            "scoreMaximum": _number(column.maximum),
            **({"resourceId": column.resource_id} if column.resource_id else {}),
            **({"tag": column.tag} if column.tag else {}),
            **({"resourceLinkId": column.link_id} if column.link_id else {}),
            **({"submissionReview": column.review} if column.review else {}),
            **column.more,
        }
        return {**facts, **self.lms.quirks.column_facts(column)}

    def _own(self, column_id: str) -> Column:
        column = self.lms.gradebook.column(column_id)
        if column is None or (column.course, column.client_id) != (self.course.id, self.tool.client_id):
            raise LineItemNotFoundException
        return column

    def _paged(self, rows: list[Any], limit: int | None, service: str) -> dict[str, Any]:
        self.page = self.call.page(rows, limit, service)
        return _slice(rows, self.page)

    def _service_error(self, error: ScoreRefusedError) -> LtiServiceException:
        self.refusal = error.refusal
        return LtiServiceException(error.refusal.reason, error.refusal.status)


class Roster(NamesRoleProvisioningService):  # type: ignore[misc]
    """The people of one course, for one tool."""

    def __init__(self, call: Call) -> None:
        self.call, self.lms, self.tool, self.course = call, call.lms, call.tool, call.course
        self.page: Page | None = None
        super().__init__(call.asked, Config(call.lms, call.tool), f"{call.lms.base_url}/roster/{call.course.id}")

    @property
    def allowed_scopes(self) -> list[str]:
        """The scope of the roster."""
        return self.call.scopes

    def is_resource_link_valid(self, context_id: str, resource_link_id: str) -> bool:
        """Whether the link is this tool's and in this course."""
        link = self.lms.store.state.activities.get(resource_link_id)
        return bool(link and (link.course, link.client_id) == (context_id, self.tool.client_id))

    def get_context_by_id(self) -> Context:
        """The course in the library's words."""
        if group := self.call.group:
            return Context(id=f"group-{group}", label=None, title=dict(self.course.groups)[group])
        return Context(id=self.course.id, label=self.course.label, title=self.course.title)

    def get_member_data_page(
        self,
        page: int = 1,  # noqa: ARG002 (where to begin is the profile's business)
        limit: int | None = None,
        role: str | None = None,
        since: str | None = None,  # noqa: ARG002 (differences are not offered)
        rlid: str | None = None,
    ) -> dict[str, Any]:
        """The members that fit the filters; with `rlid` only those who can see the activity."""
        link = self.lms.store.state.activities.get(rlid or "")
        rows = []
        for person in [] if self.lms.faults.empty_roster else self.lms.members(self.course.id):
            member = self.lms.quirks.roster_member(person, names=self.lms.shares_names(self.tool))
            sees = not (link and link.group and person.takes_part and link.group not in person.groups)
            sees = sees and self.call.group in ("", *person.groups)
            fits = not role or _short(role) in map(_short, member["roles"])
            if sees and fits:
                rows.append(member)
        self.page = self.call.page(rows, limit, "roster")
        return _slice(rows, self.page)


def _short(role: str) -> str:
    return role.rpartition("#")[2]


def _slice(rows: list[Any], page: Page) -> dict[str, Any]:
    end = page.start + page.limit if page.limit else None
    return {"content": rows[page.start : end], "has_next": page.next_start is not None}


def _result(address: str, subject: str, column: Column, cell: Cell) -> dict[str, Any]:
    base, mark, query = address.partition("?")
    return {
        "id": f"{base}/results/{subject}{mark}{query}",
        "userId": subject,
        **({} if cell.given is None else {"resultScore": _number(cell.given)}),
        "resultMaximum": _number(column.maximum),
        "comment": cell.comment,
        "scoreOf": address,
    }


def _number(value: float) -> float | int:
    """10 rather than 10.0."""
    return int(value) if value == int(value) else value
