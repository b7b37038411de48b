"""By the book: what the specifications say and nothing more. The other profiles depart from this one."""

from typing import Any

from lti_tool.demo import claims
from lti_tool.demo.opening import Kind, Opening
from lti_tool.demo.people import Course, Part, Person
from lti_tool.demo.quirks.paging import Ask, Page, Refusal
from lti_tool.demo.state import Column, Tool

BOOK = "LTI 1.3, Deep Linking 2.0, Names and Roles 2.0, Assignment and Grade Services 2.0"


class Plain:
    """A platform by the book."""

    name = "plain"
    title = "By the book"
    source = BOOK
    family = "practice-lms"
    version = "1"
    login_method = "GET"
    token_life = 300  # seconds an id_token lives
    hints_once = False  # a message hint is good for one launch
    groups_service = True
    notices = True  # tells tools of copied courses
    registers = True  # offers dynamic registration
    registration_status = 201  # RFC 7591
    registered_active = True
    token_content_type = "application/json"  # noqa: S105 (a media type)
    checks_audience = True
    reviews = True  # submission review
    key_life: int | None = None  # seconds after which it signs with another key, the old one gone
    one_per_domain = False  # one registration for each domain of a tool
    names_by_default = True  # names and e-mail travel unless an administrator says no

    # What the page around a tool does for it (1EdTech Client Side postMessages 0.1, Platform Storage 0.1).
    storage_frame = ""  # who keeps values for tools: nobody, the page itself ("_parent"), or a frame in it by its name
    announces_storage = True  # login and launch say so (lti_storage_target); else only the answer to lti.capabilities
    resizes = False  # the frame follows the height that the tool tells

    throttled = Refusal(429, "Too many requests")  # how a busy LMS says so, with Retry-After beside it

    # Scores.
    older_score = Refusal(409, "The score is not later than the last one")
    unknown_person = Refusal(404, "No such person in this course")
    left_person: Refusal | None = None  # was in the course once; None: as for an unknown person
    staff_person: Refusal | None = Refusal(403, "This person has no row in the gradebook")
    bad_score = Refusal(400, "Not a score")
    whole_seconds = False  # timestamps are compared by the second
    caps = False  # more than the maximum becomes the maximum
    ignored_progress = frozenset({"NotReady", "Failed", "Pending", "PendingManual"})  # the score waits for FullyGraded
    ungraded_clears = False  # an ungraded score wipes the result that was there
    reopened_by: frozenset[str] = frozenset()  # activity progress that opens a submission again
    progress_may_be_missing = False
    comments_add_up = False  # a comment is written below those that are there, people's and tools' alike
    omitted_comment_stays = False  # a score without a comment leaves the former one
    comment_only_unfiltered = False  # results of one person come without their comment
    bad_column = Refusal(400, "Not a line item")
    unbound_link: Refusal | None = None  # a column for a link that has none yet; None: it is bound to it
    delete_coupled: Refusal | None = None
    delete_any: Refusal | None = None

    # Addresses.
    def issuer(self, url: str) -> str:
        """The `iss` of this LMS."""
        return url

    def deployment_id(self, number: int) -> str:
        """The deployment of the tool that was registered as the n-th."""
        return str(number)

    def token_url(self, url: str, client_id: str) -> str:  # noqa: ARG002 (a hook)
        """Where this tool gets its tokens."""
        return f"{url}/token"

    def token_audience(self, url: str, client_id: str) -> str:
        """The `aud` that a tool's assertion must have."""
        return self.token_url(url, client_id)

    def deployment(self, tool: Tool, course: Course) -> str:  # noqa: ARG002 (a hook)
        """The deployment that launches of this course name."""
        return tool.deployment_id

    def key_set_url(self, url: str, client_id: str) -> str:  # noqa: ARG002 (a hook)
        """Where this tool finds the LMS's keys."""
        return f"{url}/jwks"

    def roster_url(self, url: str, course: str) -> str:
        """The people of a course."""
        return f"{url}/roster/{course}"

    def line_items_url(self, url: str, course: str, tool: Tool) -> str:  # noqa: ARG002 (a hook)
        """The tool's columns in a course."""
        return f"{url}/lineitems/{course}"

    def line_item_url(self, url: str, column: Column, tool: Tool) -> str:  # noqa: ARG002 (a hook)
        """One column."""
        return f"{url}/lineitems/{column.course}/{column.id}"

    # People.
    def subject(self, person: Person) -> str:
        """The `sub` of a person."""
        return person.id

    def launch_roles(self, person: Person) -> list[str]:
        """The roles in a launch."""
        if person.part is Part.ADMIN:
            return [claims.INSTITUTION + "Administrator", claims.SYSTEM + "Administrator"]
        if person.part is Part.TEST:
            return [claims.MEMBERSHIP + "Learner", claims.TEST_USER]
        return [claims.MEMBERSHIP + ("Learner" if person.takes_part else "Instructor")]

    def roster_roles(self, person: Person) -> list[str]:
        """The roles in the roster."""
        return self.launch_roles(person)

    def roster_member(self, person: Person, *, names: bool) -> dict[str, Any]:
        """One line of the roster."""
        shared = {"name": person.name, "given_name": person.given, "family_name": person.family, "email": person.email}
        groups = [{"group_id": group} for group in person.groups]
        return {
            "status": "Active",
            "user_id": self.subject(person),
            "roles": self.roster_roles(person),
            **(shared if names else {}),
            **({"group_enrollments": groups} if groups and self.groups_service else {}),
        }

    def locale(self, tag: str) -> str:
        """A language tag as this LMS writes it."""
        return tag

    # Launches.
    def variables(self, opening: Opening) -> dict[str, str | None]:
        """The custom variables this LMS knows; it leaves any other as it was written."""
        course, activity, person = opening.course, opening.activity, opening.person
        return {
            "Context.id": course.id,
            "Context.title": course.title,
            "Context.label": course.label,
            "Context.id.history": ",".join(course.history),
            "CourseSection.title": course.title,
            "CourseSection.timeFrame.begin": course.begins,
            "CourseSection.timeFrame.end": course.ends,
            "CourseGroup.id": ",".join(person.groups),
            "ResourceLink.id": activity.id if activity else "",
            "ResourceLink.title": activity.title if activity else "",
            "ResourceLink.description": activity.text if activity else "",
            "ResourceLink.id.history": ",".join(activity.copied_from) if activity else "",
            "ResourceLink.available.startDateTime": activity.opens if activity else "",
            "ResourceLink.available.endDateTime": activity.closes if activity else "",
            "ResourceLink.submission.endDateTime": activity.done_by if activity else "",
            "User.id": person.id,
            "Person.name.full": person.name,
            "Message.locale": self.locale(person.locale),
        }

    def custom(self, opening: Opening) -> dict[str, str | None]:
        """The custom claim: known variables replaced, unknown ones literal."""
        known = self.variables(opening)
        return {
            key: known.get(value[1:], value) if value.startswith("$") else value
            for key, value in opening.custom.items()
        }

    def hint(self, opening: Opening, launch: str) -> str:  # noqa: ARG002 (a hook)
        """The `lti_message_hint` that brings the launch back."""
        return launch

    def deep_linking_settings(self, settings: dict[str, Any], opening: Opening) -> dict[str, Any]:  # noqa: ARG002
        """The settings claim of a deep linking launch; the library made the first draft."""
        return {
            **settings,
            "accept_types": ["ltiResourceLink", "link"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "auto_create": False,
            "accept_lineitem": True,
        }

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """The whole launch message as this LMS words it."""
        if self.groups_service and claims.GROUPS_READ in opening.tool.scopes and opening.kind is not Kind.DEEP_LINKING:
            message[claims.GROUPS] = {
                "scope": [claims.GROUPS_READ],
                "context_groups_url": f"{opening.lms_url}/groups/{opening.course.id}",
                "context_group_sets_url": f"{opening.lms_url}/groups/{opening.course.id}/sets",
                "service_versions": ["1.0"],
            }
        return message

    # Services.
    def refusal(self, ask: Ask) -> Refusal | None:
        """What this LMS dislikes in a request, before it looks at the content."""
        if ask.method in ("POST", "PUT") and ask.content_type.split(";")[0].strip() != ask.media_type:
            return Refusal(415, f"Content-Type must be {ask.media_type}")
        return None

    def page_size(self, service: str, limit: int | None) -> int | None:  # noqa: ARG002 (a hook)
        """How many rows one page has; None means all."""
        return limit

    def start(self, query: dict[str, str], limit: int | None) -> int:
        """Where the page begins that was asked for."""
        page = query.get("page", "1")
        return (int(page) - 1) * (limit or 0) if page.isdigit() and page != "0" else 0

    def link(self, page: Page, library_link: str | None, service: str) -> str | None:  # noqa: ARG002 (a hook)
        """The Link header of this page, as the library writes it: rel=next without quotation marks."""
        if library_link or page.next_start is None or not page.limit:
            return library_link
        return f"<{page.address({'page': page.next_start // page.limit + 1})}>; rel=next"

    def refused(self, refusal: Refusal, ask: Ask) -> Refusal:  # noqa: ARG002 (a hook)
        """How an error of a service looks."""
        return Refusal(refusal.status, refusal.reason, refusal.body or {"error": refusal.reason}, refusal.content_type)

    def created_column(self, column: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The answer to a new column."""
        return column

    def column_facts(self, column: Column) -> dict[str, Any]:  # noqa: ARG002 (a hook)
        """What this LMS adds to a column."""
        return {}

    def kept_comment(self, comment: str) -> str:
        """A comment as the gradebook keeps it."""
        return comment

    def score_answer(self, results_url: str, cell: Any) -> Any:  # noqa: ARG002 (a hook)
        """The body after an accepted score."""
        return None

    def result(self, result: dict[str, Any], timestamp: str) -> dict[str, Any]:  # noqa: ARG002 (a hook)
        """One result as this LMS tells it."""
        return result
