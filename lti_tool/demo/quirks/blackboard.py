"""Blackboard Learn, as far as its public documentation and a tool that lives in it tell (docs.anthology.com)."""

import hashlib
import uuid
from typing import Any

from lti_tool.demo import claims
from lti_tool.demo.opening import Opening
from lti_tool.demo.people import Person
from lti_tool.demo.quirks.paging import Refusal
from lti_tool.demo.quirks.plain import Plain


class Blackboard(Plain):
    """Blackboard Learn: one issuer and one client id for all customers."""

    name = "blackboard"
    title = "Blackboard Learn"
    source = "docs.anthology.com/docs/lti (sample JWT, parameters); hypothesis/lms, blackboard plugin"
    family = "BlackboardLearn"  # sample JWT
    version = "3900.93.0"  # the same
    groups_service = False
    reviews = False
    storage_frame = "lti_storage_frame"  # docs.anthology.com/docs/lti/core/poidc-login-lti_storage_target
    announces_storage = False  # the same: only lti.capabilities tells
    registers = False  # a tool registers once, at developer.blackboard.com; schools deploy it by its id (pylti1.3 #70)
    comment_only_unfiltered = True  # results?user_id leaves the comment out (hypothesis/lms, blackboard plugin)

    unknown_person = staff_person = Refusal(400, "User could not be found: ")  # the same

    def issuer(self, url: str) -> str:  # noqa: ARG002
        """All customers; they are told apart by `tool_platform.guid` and the deployment."""
        return "https://blackboard.com"

    def deployment_id(self, number: int) -> str:
        """A UUID for each place (sample JWT)."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"practice-lms:deployment:{number}"))

    def subject(self, person: Person) -> str:
        """32 hexadecimal digits (sample JWT)."""
        return hashlib.md5(f"practice-lms:{person.id}".encode(), usedforsecurity=False).hexdigest()

    def kept_comment(self, comment: str) -> str:
        """HTML: ends of lines are none (hypothesis/lms, blackboard plugin)."""
        return " ".join(comment.split())

    def variables(self, opening: Opening) -> dict[str, str | None]:
        """The history of links (hypothesis/lms); what it does not know stays text (docs.anthology.com)."""
        known = super().variables(opening)
        known.pop("CourseGroup.id")
        return known

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """`locale` stands at the top too (sample JWT)."""
        message["locale"] = self.locale(opening.person.locale)
        message[claims.LTI + "tool_platform"] |= {"name": "Blackboard, Inc.", "description": "Blackboard, Inc."}
        return message
