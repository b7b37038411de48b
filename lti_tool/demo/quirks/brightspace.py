"""Brightspace, as far as its public documentation and a tool that lives in it tell."""

from lti_tool.demo.opening import Opening
from lti_tool.demo.quirks.paging import Refusal
from lti_tool.demo.quirks.plain import Plain


class Brightspace(Plain):
    """Brightspace."""

    name = "brightspace"
    title = "Brightspace"
    source = "community.d2l.com kb 4261, 23662, 23752, 26215; hypothesis/lms, d2l plugin; pylti1.3 #90"
    family = "desire2learn"
    version = ""
    groups_service = False
    reviews = False
    storage_frame = "_parent"  # platform storage since July 2022 (kb 27427)
    key_life = 3600  # keys change about hourly, and the old one is gone at once (pylti1.3 #90)
    one_per_domain = True  # one enabled registration for each domain of a tool (kb 23662)

    unknown_person = Refusal(404, "The user does not exist")  # hypothesis/lms, d2l plugin
    left_person = Refusal(403, "User in requested grade is not enrolled in the org unit")  # the same
    staff_person = Refusal(403, "The role of this user cannot be graded")  # kb 23752

    def token_audience(self, url: str, client_id: str) -> str:  # noqa: ARG002
        """One for all customers, the field "OAuth 2 Audience" of its registration page."""
        return "https://api.brightspace.com/auth/token"

    def variables(self, opening: Opening) -> dict[str, str | None]:
        """The history of links and courses (kb 4261), and nothing of groups."""
        known = super().variables(opening)
        known.pop("CourseGroup.id")
        return known
