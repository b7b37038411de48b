"""The registry of linkable things: what an author can choose, and where a link leads whom."""

import pytest
import sqlalchemy as sa

from lti_tool import access, db
from lti_tool.models import Activity, Circle, CircleSource, Course, Entry, Inquiry, InquiryAuthor, Meeting, Membership
from lti_tool.services import links, visits
from lti_tool.services.links import Target
from lti_tool.views import link_words
from tests import build

pytestmark = pytest.mark.usefixtures("app")
CONCERN = "stage:ei_t3lfa:concern"


def planned(circle: Circle, key: str = "w1") -> Meeting:
    """A meeting of the programme's plan, as set-up makes it."""
    with db.work() as unit:
        made = Meeting(circle_id=circle.id, key=key, kind="workshop", title="Meet")
        unit.add(made)
        unit.commit()
    return made


def led(circle: Circle, person, resource: str, *, course: Course | None = None) -> Target | None:
    """Where this person comes to through an activity that keeps this key."""
    with db.work(read_only=True):
        course = course or build.course_of(circle)
        through = Activity(course_id=course.id, resource_link_id="x", custom={"resource": resource})
        return links.target(through, within=access.reach_of(person.id))


def entry_of(circle: Circle, person, stage: str = "concern") -> Entry:
    with db.work() as unit:
        inquiry = Inquiry(circle_id=circle.id)
        unit.add(inquiry)
        unit.flush()
        unit.add(InquiryAuthor(inquiry_id=inquiry.id, person_id=person.id))
        made = Entry(inquiry_id=inquiry.id, circle_id=circle.id, stage=stage)
        unit.add(made)
        unit.commit()
    return made


def test_every_kind_has_its_words_and_a_key_of_its_own() -> None:
    assert set(link_words.LINKS) == set(links.KINDS)
    assert all(key == kind.key for key, kind in links.KINDS.items())


def test_what_is_offered_lies_within_reach() -> None:
    course = build.course()
    circle, closed = build.circle(course), build.circle(course)
    facilitator = build.member(circle, "facilitator")
    elsewhere = build.circle()
    build.join(elsewhere, facilitator)
    meeting, other = planned(circle), planned(closed, "w2")
    with db.work(read_only=True):
        found = {one.resource for one in links.offered(course, within=access.reach_of(facilitator.id))}
    assert {"home", f"circle:{circle.public_id}", CONCERN, "meeting:ei_t3lfa:w1"} <= found
    assert not {f"circle:{closed.public_id}", f"circle:{elsewhere.public_id}", "meeting:ei_t3lfa:w2"} & found
    assert meeting.public_id != other.public_id


def test_every_offered_key_leads_somewhere() -> None:
    circle = build.circle()
    teacher = build.member(circle)
    planned(circle)
    planned(circle, "")
    with db.work(read_only=True):
        offered = links.offered(build.course_of(circle), within=access.reach_of(teacher.id))
    assert {one.kind for one in offered} == set(links.KINDS)
    for one in offered:
        assert led(circle, teacher, one.resource) is not None, one


def test_a_stage_leads_to_ones_own_newest_entry() -> None:
    circle = build.circle()
    teacher, colleague = build.member(circle), build.member(circle)
    begins = led(circle, teacher, CONCERN)
    assert begins == Target("inquiries.show", {"circle_id": circle.id, "stage": "concern", "_anchor": "stage-concern"})
    entry_of(circle, colleague)
    assert led(circle, teacher, CONCERN) == begins, "a colleague's entry is hers"
    entry_of(circle, teacher)
    newest = entry_of(circle, teacher)
    there = Target("entries.show", {"circle_id": circle.id, "entry_id": newest.id})
    assert led(circle, teacher, CONCERN) == there


@pytest.mark.parametrize(
    "role", ["union_representative", "link_facilitator", "national_researcher", "programme_manager"]
)
def test_who_reads_no_entry_reaches_none_by_a_link(role: str) -> None:
    circle = build.circle()
    author, other = build.member(circle), build.member(circle, role)
    entry_of(circle, author)
    assert led(circle, other, CONCERN) == Target("circles.show", {"circle_id": circle.id})


def test_a_stage_opens_the_circle_of_whoever_comes() -> None:
    course = build.course()
    first, second = build.circle(course), build.circle(course)
    for circle in (first, second):
        target = led(circle, build.member(circle), CONCERN, course=course)
        assert target is not None
        assert target.values["circle_id"] == circle.id
    both = build.member(first)
    build.join(second, both)
    assert led(first, both, CONCERN, course=course) == Target("circles.home"), "she chooses"


def test_a_key_still_fits_in_a_copy_of_the_course() -> None:
    """Only `custom` survives a copy; the people, the circles and every number of the LMS are new."""
    old = build.circle()
    copy = build.course()
    new = build.circle(copy)
    planned(old)
    meeting = planned(new)
    newcomer = build.member(new)
    begins = led(new, newcomer, CONCERN)
    assert begins is not None
    assert begins.values["circle_id"] == new.id
    there = Target("meetings.show", {"circle_id": new.id, "_anchor": f"meeting-{meeting.id}"})
    assert led(new, newcomer, "meeting:ei_t3lfa:w1") == there
    assert led(new, newcomer, "home") == Target("circles.home")
    assert led(new, newcomer, f"circle:{old.public_id}") is None


def test_a_meeting_is_for_who_sees_meetings() -> None:
    circle = build.circle()
    meeting, added = planned(circle), planned(circle, "")
    for role, sees in (("teacher", True), ("union_representative", True), ("national_researcher", False)):
        person = build.member(circle, role)
        for one, key in ((meeting, "meeting:ei_t3lfa:w1"), (added, f"meeting:{added.public_id}")):
            wanted = Target("meetings.show", {"circle_id": circle.id, "_anchor": f"meeting-{one.id}"})
            assert led(circle, person, key) == (wanted if sees else Target("circles.show", {"circle_id": circle.id}))


@pytest.mark.parametrize(
    "resource",
    ["stage:ei_t3lfa:gone", "stage:other:concern", "meeting:ei_t3lfa:gone", "meeting:gone", "circle:1", "circle:",
     "stage:", "stage", "meeting::", "card:7", "res-1", ":", "home2"],
)  # fmt: skip
def test_what_is_gone_or_never_was_leads_nowhere(resource: str) -> None:
    circle = build.circle()
    assert led(circle, build.member(circle), resource) is None


def test_a_name_from_elsewhere_opens_nothing() -> None:
    """Another LMS on the same installation, and a person who is in no circle, get nothing by knowing a key."""
    circle = build.circle()
    added = planned(circle, "")
    stranger = build.person(build.course())
    for key in (f"circle:{circle.public_id}", f"meeting:{added.public_id}", CONCERN, "meeting:ei_t3lfa:w1"):
        assert led(circle, stranger, key) is None


# What a launch remembers ----------------------------------------------------------------------------------------------


def arrive(course: Course, link: str, resource: str, sub: str) -> Activity:
    with db.work() as unit:
        visit = visits.arrive(build.launch(course, sub, resource_link_id=link, custom={"resource": resource}))
        unit.commit()
        return unit.get_one(Activity, visit.activity_id)


def activity_of(person, circle: Circle) -> int | None:
    with db.work(read_only=True) as unit:
        query = sa.select(Membership.activity_id).where(
            Membership.person_id == person.id, Membership.circle_id == circle.id
        )
        return unit.scalar(query)


def test_credit_stays_with_the_circles_activity() -> None:
    """One stage of many has no column: launching it never takes the credit along (else each would get a column)."""
    circle = build.circle()
    course = build.course_of(circle)
    teacher = build.member(circle, activity_id=None)
    stage = arrive(course, "stage", CONCERN, teacher.sub)
    assert activity_of(teacher, circle) == stage.id, "better one than none"
    home = arrive(course, "home", "home", teacher.sub)
    assert activity_of(teacher, circle) == home.id
    arrive(course, "stage", CONCERN, teacher.sub)
    assert activity_of(teacher, circle) == home.id


def test_a_circles_own_activity_opens_that_circle_and_forgets_it_when_chosen_anew() -> None:
    circle = build.circle()
    course = build.course_of(circle)
    other = build.circle(course)
    teacher = build.member(circle)
    build.join(other, teacher)
    through = arrive(course, "one", f"circle:{other.public_id}", teacher.sub)
    assert through.circle_id == other.id
    assert activity_of(teacher, other) == through.id
    assert activity_of(teacher, circle) != through.id
    assert arrive(course, "one", "home", teacher.sub).circle_id is None
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count()).select_from(CircleSource)) == 2
