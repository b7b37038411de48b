"""Roles as whole URIs: nothing that merely looks like a teacher's role gives a teacher's rights."""

import pytest

from lti_tool.lti import roles

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
MEMBER, INSTITUTION, SYSTEM = LIS + "membership", LIS + "institution/person", LIS + "system/person"
NOTHING, TEACHES, ADMINISTERS, BOTH = (False, False), (True, False), (False, True), (True, True)

MATRIX: dict[str, tuple[list[str], tuple[bool, bool]]] = {
    "nobody": ([], NOTHING),
    "instructor": ([f"{MEMBER}#Instructor"], TEACHES),
    "instructor, short": (["Instructor"], TEACHES),
    "instructor, old name": (["urn:lti:role:ims/lis/Instructor"], TEACHES),
    "learner": ([f"{MEMBER}#Learner"], NOTHING),
    "learner, short": (["Learner"], NOTHING),
    "teaching assistant": ([f"{MEMBER}/Instructor#TeachingAssistant"], TEACHES),
    "teaching assistant of Sakai": ([f"{MEMBER}#Instructor#TeachingAssistant"], TEACHES),
    "teaching assistant, short": (["Instructor/TeachingAssistant"], TEACHES),
    "learner who instructs": ([f"{MEMBER}/Learner#Instructor"], NOTHING),
    "grader": ([f"{MEMBER}/Instructor#Grader"], NOTHING),
    "course administrator": ([f"{MEMBER}#Administrator"], TEACHES),
    "content developer": ([f"{MEMBER}#ContentDeveloper"], NOTHING),
    "mentor": ([f"{MEMBER}#Mentor"], NOTHING),
    "member and officer": ([f"{MEMBER}#Member", f"{MEMBER}#Officer"], NOTHING),
    "instructor of the institution only": ([f"{INSTITUTION}#Instructor"], NOTHING),
    "faculty, learner here": ([f"{INSTITUTION}#Faculty", f"{MEMBER}#Learner"], NOTHING),
    "administrator of the institution": ([f"{INSTITUTION}#Administrator"], ADMINISTERS),
    "administrator of the system": ([f"{SYSTEM}#Administrator"], ADMINISTERS),
    "system administrator": ([f"{SYSTEM}#SysAdmin"], ADMINISTERS),
    "administrator, deprecated and ambiguous": ([f"{LIS}person#Administrator"], NOTHING),
    "Moodle's site administrator": (
        [f"{MEMBER}#Instructor", f"{INSTITUTION}#Administrator", f"{SYSTEM}#Administrator"],
        BOTH,
    ),
    "Open edX's learner": ([f"{MEMBER}#Learner", f"{INSTITUTION}#None", f"{SYSTEM}#None"], NOTHING),
    "user of the system": ([f"{SYSTEM}#User"], NOTHING),
    "longer than the role": ([f"{MEMBER}#InstructorX"], NOTHING),
    "the role within another address": ([f"https://evil.example/?{MEMBER}#Instructor"], NOTHING),
    "https instead of http": ([f"{MEMBER}#Instructor".replace("http:", "https:")], NOTHING),
    "another case": ([f"{MEMBER}#instructor", "instructor", "INSTRUCTOR"], NOTHING),
    "with a line break": ([f"{MEMBER}#Instructor\n"], NOTHING),
    "made up": (["Instructor of everything", "http://example.org#Instructor"], NOTHING),
    "test user who is a learner": ([f"{MEMBER}#Learner", roles.TEST_USER], NOTHING),
}


@pytest.mark.proves("security", 16)
@pytest.mark.parametrize(("told", "rights"), MATRIX.values(), ids=MATRIX.keys())
def test_what_a_role_gives(told: list[str], rights: tuple[bool, bool]) -> None:
    whole = roles.normalise(told)
    assert (roles.may_teach(whole), roles.administers(whole)) == rights


def test_the_test_user_is_known_by_the_whole_role_only() -> None:
    assert roles.is_test_user(roles.normalise([roles.TEST_USER]))
    assert not roles.is_test_user(roles.normalise(["TestUser", f"{SYSTEM}#TestUser", roles.TEST_USER + "s"]))


def test_every_role_is_kept_once_as_a_whole_address() -> None:
    told = ["Learner", f"{MEMBER}#Learner", " Mentor ", "", None, 5, "http://example.org/roles#Own"]
    assert roles.normalise(told) == (f"{MEMBER}#Learner", f"{MEMBER}#Mentor", "http://example.org/roles#Own")
