"""Open edX, after its own code: lti-consumer-xblock 11.4.4 (openedx/xblock-lti-consumer)."""

import uuid
from typing import Any

from lti_tool.demo import claims
from lti_tool.demo.opening import Opening
from lti_tool.demo.people import Part, Person
from lti_tool.demo.quirks.paging import Ask, Page, Refusal
from lti_tool.demo.quirks.plain import Plain


class OpenEdx(Plain):
    """Open edX."""

    name = "open-edx"
    title = "Open edX"
    source = "lti-consumer-xblock 11.4.4, lti_consumer/lti_1p3 and lti_consumer/plugin/views.py"
    family = "open-edx"
    version = ""
    token_life = 3600  # lti_1p3/consumer.py
    groups_service = False
    notices = False
    registers = False  # no such service in the package
    reviews = False
    names_by_default = False  # personal data are shared only where an administrator switches it on

    older_score = Refusal(400, "The score is older than the last one")  # lti_1p3/extensions/rest_framework/serializers
    unknown_person = Refusal(404, "No such learner")
    staff_person = None  # signals.py publishes a grade for whoever has an external id
    caps = True  # signals.py
    omitted_comment_stays = True  # plugin/views.py: a serializer changes what is said only
    delete_any = Refusal(403, "Line items may not be deleted")  # permissions.py

    def deployment_id(self, number: int) -> str:  # noqa: ARG002
        """Always "1" (models.py)."""
        return "1"

    def token_url(self, url: str, client_id: str) -> str:
        """Every client has its own (urls.py)."""
        return f"{url}/token/{client_id}"

    def key_set_url(self, url: str, client_id: str) -> str:
        """Every client has its own (urls.py)."""
        return f"{url}/jwks/{client_id}"

    def launch_roles(self, person: Person) -> list[str]:
        """Two "None" entries beside the real one (lti_1p3/constants.py)."""
        none = [claims.SYSTEM + "None", claims.INSTITUTION + "None"]
        if person.part is Part.ADMIN:
            return [claims.SYSTEM + "Administrator", claims.INSTITUTION + "Administrator"]
        return [*none, claims.MEMBERSHIP + ("Instructor" if self._staff(person) else "Learner")]

    def roster_member(self, person: Person, *, names: bool) -> dict[str, Any]:
        """Names only where an administrator shares them (plugin/views.py)."""
        shared = {"name": person.name, "email": person.email} if names else {}
        return {"user_id": self.subject(person), "roles": self.roster_roles(person), "status": "Active", **shared}

    def subject(self, person: Person) -> str:
        """External ids are UUIDs (openedx external_user_ids)."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"practice-lms:{person.id}"))

    def variables(self, opening: Opening) -> dict[str, str | None]:  # noqa: ARG002
        """None of those a tool could use here."""
        return {}

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:  # noqa: ARG002
        """No locale, and nothing about the platform (lti_1p3/consumer.py)."""
        message.pop(claims.LTI + "tool_platform", None)
        message[claims.LTI + "launch_presentation"].pop("locale", None)
        return message

    def page_size(self, service: str, limit: int | None) -> int | None:
        """Pages of the roster only where a limit is asked for; the columns come whole."""
        return limit if service == "roster" else None

    def link(self, page: Page, library_link: str | None, service: str) -> str | None:  # noqa: ARG002
        """`page=2`, quoted (plugin/views.py)."""
        if page.next_start is None or not page.limit:
            return None
        return f'<{page.address({"limit": page.limit, "page": page.next_start // page.limit + 1})}>; rel="next"'

    def refused(self, refusal: Refusal, ask: Ask) -> Refusal:  # noqa: ARG002
        """{"detail": …}, as Django REST framework says it."""
        body = refusal.body or {"detail": refusal.reason}
        return Refusal(refusal.status, refusal.reason, body, refusal.content_type)

    def _staff(self, person: Person) -> bool:
        return person.part in (Part.FACILITATOR, Part.UNION)
