"""The facts behind one launch: who opens what, where, and with which tool."""

from dataclasses import dataclass
from enum import StrEnum

from lti_tool.demo.people import Course, Person
from lti_tool.demo.state import Activity, Column, Tool


class Kind(StrEnum):
    """The three messages this LMS can send."""

    ACTIVITY = "activity"
    DEEP_LINKING = "deep_linking"
    REVIEW = "review"

    @property
    def message_type(self) -> str:
        """The name LTI has for it."""
        return {
            Kind.ACTIVITY: "LtiResourceLinkRequest",
            Kind.DEEP_LINKING: "LtiDeepLinkingRequest",
            Kind.REVIEW: "LtiSubmissionReviewRequest",
        }[self]


@dataclass(frozen=True)
class Opening:
    """What somebody opens."""

    lms_url: str
    tool: Tool
    course: Course
    person: Person
    kind: Kind = Kind.ACTIVITY
    activity: Activity | None = None  # None while deep linking
    columns: tuple[Column, ...] = ()  # the columns of the activity
    of: Person | None = None  # whose work a reviewer opens

    @property
    def target_url(self) -> str:
        """The address the message is meant for."""
        if self.kind is Kind.DEEP_LINKING:
            return self.tool.deep_linking_url
        review = self.columns[0].review if self.kind is Kind.REVIEW and self.columns else None
        return str((review or {}).get("url") or (self.activity and self.activity.url) or self.tool.target_url)

    @property
    def custom(self) -> dict[str, str]:
        """The custom parameters before their variables are replaced: the tool's, the activity's, the review's."""
        review = self.columns[0].review if self.kind is Kind.REVIEW and self.columns else None
        activity = self.activity.custom if self.activity else {}
        return {**self.tool.custom, **activity, **(review or {}).get("custom", {})}
