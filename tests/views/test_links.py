"""A launch of a linked activity goes straight to the linked thing."""

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.models import Entry, Meeting
from tests import build
from tests.conftest import PUBLIC
from tests.reader import Reader


def come(reader: Reader, circle, person, resource: str, *, expect: int = 200):
    """Launch an activity that keeps this key, and see where that leads."""
    activity = build.activity(build.course_of(circle), custom={"resource": resource})
    with reader.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie["visit"] = build.visit(person, activity).id
    return reader.open("/links/follow", expect=expect)


def test_each_kind_has_a_page(reader: Reader) -> None:
    circle = build.circle()
    teacher = build.member(circle)
    with db.work() as unit:
        meeting = Meeting(circle_id=circle.id, key="w1", kind="workshop", title="Meet and agree")
        unit.add(meeting)
        unit.commit()
    page = come(reader, circle, teacher, "stage:ei_t3lfa:plan")
    assert 'id="stage-plan" aria-current="step"' in page
    reader.press("Begin")
    with db.work(read_only=True) as unit:
        entry = unit.scalars(sa.select(Entry)).one()
    assert entry.stage == "plan"
    assert f"/entries/{entry.id}" in come(reader, circle, teacher, "stage:ei_t3lfa:plan")
    assert f'id="meeting-{meeting.id}"' in come(reader, circle, teacher, "meeting:ei_t3lfa:w1")
    for key in ("home", f"circle:{circle.public_id}"):
        page = come(reader, circle, teacher, key)
        assert circle.name in page.text
        assert "not here any more" not in page.text


def test_what_is_gone_leads_home_with_a_sentence(reader: Reader) -> None:
    circle = build.circle()
    page = come(reader, circle, build.member(circle), "stage:ei_t3lfa:gone")
    assert "What this activity leads to is not here any more, or not for you." in page.text
    assert circle.name in page.text


@pytest.mark.parametrize("resource", ["stage:ei_t3lfa:plan", "circle:gone", "home", "nonsense"])
def test_who_has_no_place_yet_waits_as_always(reader: Reader, resource: str) -> None:
    circle = build.circle()
    page = come(reader, circle, build.person(build.course_of(circle)), resource)
    assert "Your circle is being formed" in page.text
    assert "not here any more" not in page.text


def test_a_representative_lands_on_the_circle(reader: Reader) -> None:
    circle = build.circle()
    page = come(reader, circle, build.member(circle, "union_representative"), "stage:ei_t3lfa:plan")
    assert "How the circle lives" in page.text


def test_nobody_is_led_without_a_visit(reader: Reader) -> None:
    reader.open("/links/follow", expect=401)


def test_two_launches_at_once_lead_each_to_its_own_thing(reader: Reader) -> None:
    """The cookie holds the later visit when the first tab is led on."""
    circle = build.circle()
    teacher, other = build.member(circle), build.member(circle)
    of_course = build.course_of(circle)
    first, second, hers = (
        build.activity(of_course, custom={"resource": f"stage:ei_t3lfa:{stage}"})
        for stage in ("plan", "try", "concern")
    )
    build.visit(teacher, first)
    build.visit(other, hers)
    with reader.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie["visit"] = build.visit(teacher, second).id
    assert 'id="stage-plan" aria-current="step"' in reader.open(f"/links/follow?activity={first.id}")
    for named in (second.id, hers.id, "9" * 30, "x"):
        assert 'id="stage-try" aria-current="step"' in reader.open(f"/links/follow?activity={named}")
