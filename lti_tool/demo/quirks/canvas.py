"""Canvas, as far as its public documentation and source tell (instructure/canvas-lms, doc/api)."""

import base64
import json
from typing import Any

from lti_tool.demo import claims
from lti_tool.demo.opening import Opening
from lti_tool.demo.people import Part, Person
from lti_tool.demo.quirks.paging import Ask, Page, Refusal
from lti_tool.demo.quirks.plain import Plain
from lti_tool.demo.state import Cell

LARGEST_PAGE = 50  # names_and_roles_controller.rb


class Canvas(Plain):
    """Canvas as a school runs it that gave it an issuer of its own (`lti_iss` in config/security.yml).

    Hosted Canvas says canvas.instructure.com wherever it is, which a machine without that name cannot register as: the
    tool holds an issuer to its own hosts. Blackboard is the profile of an issuer that many share.
    """

    name = "canvas"
    title = "Canvas"
    source = "instructure/canvas-lms doc/api and app/controllers/lti/ims"
    family = "canvas"
    version = "cloud"
    token_life = 3600
    groups_service = False
    reviews = False
    names_by_default = False  # privacy_level is anonymous unless somebody chooses otherwise

    storage_frame = "post_message_forwarding"  # doc/api/lti_window_post_message.md, lti_launch_overview.md
    resizes = True  # lti_window_post_message.md

    throttled = Refusal(403, "403 Forbidden (Rate Limit Exceeded)\n")  # app/middleware/request_throttle.rb
    older_score = Refusal(400, "timestamp is older than the last result")  # scores_controller.rb
    unknown_person = staff_person = Refusal(422, "User not found in course or is not a student")  # the same
    bad_score = Refusal(422, "The score is not valid")  # the same: scoreMaximum missing
    bad_column = Refusal(422, "The line item is not valid")
    unbound_link = Refusal(412, "The resource link has no line item")  # line_items_controller.rb: assignments alone do
    comments_add_up = omitted_comment_stays = True  # scores_controller.rb: add_comment, where one is present
    ignored_progress = frozenset({"NotReady", "Failed", "Pending"})  # scores_controller.rb
    delete_coupled = Refusal(401, "not the original lineitem of a resource link")  # line_items_controller.rb

    def roster_url(self, url: str, course: str) -> str:
        """names_and_roles_controller.rb, by config/routes.rb; a group has its own beside it."""
        return f"{url}/api/lti/courses/{course}/names_and_roles"

    def deployment_id(self, number: int) -> str:
        """A number and a hash, made when the tool is installed, after its registration."""
        return f"{number}:8865aa05b4b79b64a91a86042e43af5ea8ae79eb"

    def launch_roles(self, person: Person) -> list[str]:
        """Institution and system roles stand beside the role in the course (doc/api/lti_launch_overview.md)."""
        everyone = claims.SYSTEM + "User"
        if person.part is Part.ADMIN:
            return [claims.INSTITUTION + "Administrator", everyone]
        if person.part is Part.TEST:
            return [claims.MEMBERSHIP + "Learner", claims.TEST_USER, everyone]
        if person.part is Part.UNION:
            assistant = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
            return [claims.INSTITUTION + "Instructor", claims.MEMBERSHIP + "Instructor", assistant, everyone]
        role = "Learner" if person.takes_part else "Instructor"
        institution = "Student" if person.takes_part else "Instructor"
        return [claims.INSTITUTION + institution, claims.MEMBERSHIP + role, everyone]

    def variables(self, opening: Opening) -> dict[str, str | None]:
        """Groups by its own variable; no history of links (doc/api/tools_variable_substitutions.md)."""
        known = super().variables(opening)
        for unknown in ("ResourceLink.id.history", "CourseGroup.id"):
            known.pop(unknown)
        return {
            **known,
            "Person.address.timezone": "America/Denver",
            "Canvas.group.contextIds": ",".join(f"group-{group}" for group in opening.person.groups),
            "com.instructure.Course.groupIds": ",".join(key for key, _ in opening.course.groups),
            "Canvas.course.id": opening.course.id,
        }

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """`locale` stands at the top too (doc/api/lti_launch_overview.md)."""
        message["locale"] = self.locale(opening.person.locale)
        return message

    def page_size(self, service: str, limit: int | None) -> int | None:  # noqa: ARG002
        """Every answer has pages of at most 50."""
        return min(limit or LARGEST_PAGE, LARGEST_PAGE)

    def start(self, query: dict[str, str], limit: int | None) -> int:  # noqa: ARG002
        """Bookmarks in base64: whoever changes their case loses the place."""
        try:
            bookmark = query.get("page", "").removeprefix("bookmark:")
            place = json.loads(base64.urlsafe_b64decode(bookmark + "=" * (-len(bookmark) % 4)))
            return int(place[0])
        except (ValueError, TypeError, IndexError):
            return 0

    def link(self, page: Page, library_link: str | None, service: str) -> str | None:  # noqa: ARG002
        """current, next and first, quoted (doc/api/file.pagination.md)."""

        def at(start: int) -> str:
            bookmark = base64.urlsafe_b64encode(json.dumps([start, "Übung"]).encode()).decode().rstrip("=")
            return page.address({"limit": page.limit, "page": f"bookmark:{bookmark}"})

        places = [("current", page.start), ("next", page.next_start), ("first", 0)]
        return ",".join(f'<{at(place)}>; rel="{rel}"' for rel, place in places if place is not None)

    def refused(self, refusal: Refusal, ask: Ask) -> Refusal:  # noqa: ARG002
        """{"errors": …} (app/controllers/lti/ims/concerns)."""
        body = refusal.body or {"errors": {"type": "unprocessable_entity", "message": refusal.reason}}
        return Refusal(refusal.status, refusal.reason, body, refusal.content_type)

    def score_answer(self, results_url: str, cell: Cell) -> Any:
        """The address of the result (scores_controller.rb)."""
        return {"resultUrl": f"{results_url}/{cell.user_id}"}
