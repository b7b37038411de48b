"""Sakai, after its own documentation (sakaiproject/sakai, lti/docs)."""

import re

from lti_tool.demo import claims
from lti_tool.demo.opening import Opening
from lti_tool.demo.people import Course, Part, Person
from lti_tool.demo.quirks.plain import Plain
from lti_tool.demo.state import Tool


class Sakai(Plain):
    """Sakai, set up so that each site is a deployment of its own."""

    name = "sakai"
    title = "Sakai"
    source = "sakaiproject/sakai lti/docs: DEPLOYMENT.md, CUSTOM.md, POSTMESSAGE.md and the grade extensions"
    family = "sakai"
    version = "23.0"
    groups_service = False
    reviews = False
    storage_frame = "_parent"  # POSTMESSAGE.md, sakai PR 12252
    resizes = True  # POSTMESSAGE.md
    progress_may_be_missing = True  # a score without activityProgress counts as submitted
    reopened_by = frozenset({"Initialized", "Started", "InProgress"})  # a step back opens the submission again

    def deployment(self, tool: Tool, course: Course) -> str:
        """The site's id, without what is no letter, digit, _ or - (DEPLOYMENT.md); new sites bring new ones."""
        return re.sub(r"[^A-Za-z0-9_-]", "", f"{tool.deployment_id}:site-{course.id}")

    def subject(self, person: Person) -> str:
        """An address."""
        return f"https://sakai.example.invalid/users/{person.id}"

    def launch_roles(self, person: Person) -> list[str]:
        """A teaching assistant's role is written with two marks."""
        if person.part is Part.UNION:
            return [claims.MEMBERSHIP + "Instructor#TeachingAssistant"]
        return super().launch_roles(person)

    def locale(self, tag: str) -> str:
        """en_US."""
        return tag.replace("-", "_")

    def variables(self, opening: Opening) -> dict[str, str | None]:
        """Neither history nor groups (CUSTOM.md)."""
        known = super().variables(opening)
        for unknown in ("Context.id.history", "ResourceLink.id.history", "CourseGroup.id"):
            known.pop(unknown)
        return known
