"""LTI roles (Core 1.3, appendix A.2): compared as whole URIs, never by a part of their text."""

import re
from collections.abc import Iterable
from typing import Any

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
CONTEXT = VOCABULARY + "membership"  # "#Instructor", or "/Instructor#TeachingAssistant" for a sub-role
INSTITUTION = VOCABULARY + "institution/person#"
SYSTEM = VOCABULARY + "system/person#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

PRINCIPAL = frozenset(
    ("Administrator", "ContentDeveloper", "Instructor", "Learner", "Mentor", "Manager", "Member", "Officer")
)
TEACHING = frozenset(
    (
        *(f"{CONTEXT}#{role}" for role in ("Administrator", "Instructor")),
        f"{CONTEXT}/Administrator#Administrator",
        *(
            f"{CONTEXT}/Instructor#{role}"
            for role in (
                "ExternalInstructor",
                "GuestInstructor",
                "Lecturer",
                "PrimaryInstructor",
                "SecondaryInstructor",
                "TeachingAssistant",
                "TeachingAssistantGroup",
                "TeachingAssistantOffering",
                "TeachingAssistantSection",
                "TeachingAssistantSectionAssociation",
                "TeachingAssistantTemplate",
            )
        ),
    )
)
ADMINISTERING = frozenset((INSTITUTION + "Administrator", SYSTEM + "Administrator", SYSTEM + "SysAdmin"))

# Sakai names its teaching assistants so (lti/docs in sakaiproject/sakai)
_TWO_MARKS = re.compile(re.escape(CONTEXT) + r"#(\w+)#(\w+)")
# A.2.3: the old simple names of context roles; rosters of Moodle 4.5 use them
_SIMPLE = re.compile(r"(?:urn:lti:role:ims/lis/)?(\w+)(?:/(\w+))?")


def normalise(roles: Iterable[Any]) -> tuple[str, ...]:
    """Every role as a whole URI, each once, in the order given; what is no text is left out."""
    readable = (role.strip() for role in roles if isinstance(role, str) and role.isprintable())
    whole = (_whole(role) for role in readable if role)
    return tuple(dict.fromkeys(whole))


def may_teach(roles: Iterable[str]) -> bool:
    """Whether one of these (whole URIs) is a teacher's or administrator's role in the course itself."""
    return not TEACHING.isdisjoint(roles)


def administers(roles: Iterable[str]) -> bool:
    """Whether one of these (whole URIs) is an administrator's role in the institution or the LMS."""
    return not ADMINISTERING.isdisjoint(roles)


def is_test_user(roles: Iterable[str]) -> bool:
    """Whether this is the LMS's made-up person for a look through a learner's eyes (A.2.4)."""
    return TEST_USER in roles


def _whole(role: str) -> str:
    if found := _TWO_MARKS.fullmatch(role):
        return f"{CONTEXT}/{found[1]}#{found[2]}"
    if (found := _SIMPLE.fullmatch(role)) and found[1] in PRINCIPAL:
        return f"{CONTEXT}/{found[1]}#{found[2]}" if found[2] else f"{CONTEXT}#{found[1]}"
    return role
