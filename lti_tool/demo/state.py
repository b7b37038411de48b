"""What the practice LMS remembers, all of it in one JSON file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from pydantic import BaseModel, Field

from lti_tool.demo import claims

# What a tool asks for when somebody registers it by hand: the variables worth asking an LMS for.
CUSTOM = {
    "context_history": "$Context.id.history",
    "link_history": "$ResourceLink.id.history",
    "available_from": "$ResourceLink.available.startDateTime",
    "available_until": "$ResourceLink.available.endDateTime",
    "due": "$ResourceLink.submission.endDateTime",
    "course_start": "$CourseSection.timeFrame.begin",
    "course_end": "$CourseSection.timeFrame.end",
    "timezone": "$Person.address.timezone",
    "locale": "$Message.locale",
    "moodle_groups": "$Moodle.Person.userGroupIds",
    "canvas_groups": "$Canvas.group.contextIds",
    "canvas_group": "$com.instructure.Group.id",
    "canvas_course_groups": "$com.instructure.Course.groupIds",
    "canvas_acting": "$Canvas.masqueradingUser.userId",
    "course_groups": "$CourseGroup.id",
}


class Tool(BaseModel):
    """A tool that was registered here: one client id."""

    client_id: str
    deployment_id: str
    name: str
    login_url: str
    redirect_urls: list[str]
    target_url: str
    deep_linking_url: str
    key_set_url: str
    key_set: dict[str, Any] | None = None  # a fixed set instead of an address, for a tool that is not served
    scopes: list[str] = Field(
        default_factory=lambda: [*claims.AGS_SCOPES, claims.ROSTER_READ, claims.GROUPS_READ, claims.NOTICE_HANDLERS]
    )
    custom: dict[str, str] = Field(default_factory=lambda: dict(CUSTOM))
    claims: list[str] = Field(default_factory=lambda: ["sub", "iss", "name", "given_name", "family_name", "email"])
    shares_names: bool | None = None  # None: as the LMS does by default
    offers_deep_linking: bool = True
    active: bool = True
    notice_handlers: dict[str, str] = Field(default_factory=dict)  # address by type of notice
    request: dict[str, Any] = Field(default_factory=dict)  # what it asked for in a dynamic registration


class Activity(BaseModel):
    """A thing on the course page that opens a tool (LTI resource link)."""

    id: str
    course: str
    client_id: str
    title: str
    text: str = ""
    url: str | None = None
    custom: dict[str, str] = Field(default_factory=dict)
    group: str | None = None  # only this LMS group sees it
    opens: str = ""  # moments as a deep link said them
    closes: str = ""
    done_by: str = ""
    own_window: bool = False
    copied_from: list[str] = Field(default_factory=list)  # ids, nearest first


class Column(BaseModel):
    """A column of the gradebook (LTI line item)."""

    id: str
    course: str
    client_id: str
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link_id: str | None = None
    coupled: bool = False  # came with its activity
    review: dict[str, Any] | None = None  # submissionReview of the deep link
    more: dict[str, Any] = Field(default_factory=dict)  # whatever else the tool said of it


class Cell(BaseModel):
    """What the gradebook holds for one person in one column."""

    user_id: str
    given: float | None = None  # in units of the column's maximum
    comment: str = ""  # as results tell it
    thread: list[str] = Field(default_factory=list)  # Canvas: all comments, people's and tools'
    timestamp: str  # of the last score that counted
    activity_progress: str = ""
    grading_progress: str = ""
    attempts: int = 0  # Canvas: every score opens a new attempt
    reopened: bool = False  # Sakai: a step back in activity progress opened the submission again
    by_hand: bool = False  # a person changed it in the gradebook


class Post(BaseModel):
    """One answer to a tool's score, for the log on the gradebook page."""

    at: str
    column: str
    user_id: str
    said: str
    status: int
    reason: str


class State(BaseModel):
    """Everything that outlives a restart."""

    keys: list[str] = Field(default_factory=list)  # PEM, the one that signs last
    tools: dict[str, Tool] = Field(default_factory=dict)
    activities: dict[str, Activity] = Field(default_factory=dict)
    columns: dict[str, Column] = Field(default_factory=dict)
    cells: dict[str, dict[str, Cell]] = Field(default_factory=dict)  # by column, then person id
    posts: list[Post] = Field(default_factory=list)
    gone: list[tuple[str, str]] = Field(default_factory=list)  # (course, person id) who left the roster
    removed_groups: list[tuple[str, str]] = Field(default_factory=list)  # (course, group id)
    anew: list[str] = Field(default_factory=list)  # ids of courses that were reset: other people take part now
    copies: dict[str, str] = Field(default_factory=dict)  # course id -> the course it was copied from
    spent: list[str] = Field(default_factory=list)  # registration tokens that were used
    last_id: int = 2

    def new_id(self) -> str:
        """A number that no other thing here has."""
        self.last_id += 1
        return str(self.last_id)


class Store:
    """The state behind one lock; with a file, every change is on disk before the lock opens again."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.lock = RLock()
        self.depth = 0
        self.state = State.model_validate_json(file.read_text("utf-8")) if file and file.exists() else State()

    @contextmanager
    def change(self) -> Iterator[State]:
        """Change the state alone, and keep it. Changes may be nested: the outermost one writes."""
        with self.lock:
            self.depth += 1
            try:
                yield self.state
            finally:
                self.depth -= 1
            if self.file and not self.depth:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                waiting = self.file.with_suffix(".part")
                waiting.touch(mode=0o600)  # the signing keys are in it
                waiting.write_text(self.state.model_dump_json(indent=1), "utf-8")
                waiting.replace(self.file)
