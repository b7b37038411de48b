"""The credit page: whether it reached the course, and nothing else about anyone."""

import pytest

from lti_tool import db, presets
from lti_tool.db import now
from lti_tool.models import Circle, Delivery, Membership
from tests import build
from tests import feedback_build as fb
from tests.reader import Page, Reader


class Place:
    """A circle where credit is whether a person shared and answered."""

    def __init__(self, reader: Reader, mode: str = "completed") -> None:
        self.reader = reader
        template = presets.get("ei_t3lfa").template()
        template["credit"] = {"mode": mode}
        self.circle: Circle = build.circle(template=template, credit_mode=mode)
        self.ama = build.member(self.circle, name="Ama Owusu")
        self.ben = build.member(self.circle, name="Ben Adeyemi")
        build.member(self.circle, name="Cy Doe", activity_id=None)
        self.facilitator = build.member(self.circle, "facilitator", "Fatou Sow")
        with db.work() as unit:
            fb.shared(self.circle, self.ama)
            fb.sent(fb.shared(self.circle, self.ben), self.ama)
            unit.commit()
        reader.as_(self.facilitator)

    def open(self) -> Page:
        return self.reader.open(f"/circles/{self.circle.id}/credit")

    def delivery(self, **change: object) -> None:
        with db.work() as unit:
            for name, value in change.items():
                setattr(unit.query(Delivery).filter_by(kind="score").one(), name, value)
            unit.commit()


@pytest.fixture
def here(reader: Reader) -> Place:
    return Place(reader)


def test_where_each_persons_credit_is(here: Place) -> None:
    page = here.open()
    assert "Ama Owusu On its way" in page.text
    assert "Ben Adeyemi Nothing to send so far" in page.text
    assert "Cy Doe Has not opened the circle from the course yet" in page.text
    assert "Fatou Sow Nothing" not in page.text
    here.delivery(done_at=now())
    assert "Ama Owusu Arrived in the course" in here.open().text


@pytest.mark.parametrize("code", ["scope_refused", "platform_unreachable", "something_new"])
def test_a_refusal_says_why_in_words_and_can_be_tried_again(here: Place, code: str) -> None:
    here.delivery(given_up_at=now(), fault=code)
    page = here.open()
    assert "Did not arrive" in page.text
    assert "The course’s system" in page.text
    assert code not in page
    page = here.reader.press("Try again")
    assert "It is on its way again." in page.text
    assert "Ama Owusu On its way" in page.text


def test_credit_by_hand_needs_a_reason_that_is_kept(here: Place) -> None:
    here.open()
    for nothing in ("", "  "):
        page = here.reader.press("Give full credit", reason=nothing)
        assert "Please fill this in." in page.text
    page = here.open()
    path = f"/circles/{here.circle.id}/credit/members/{membership(here, here.ben.id)}/award"
    page = here.reader.send(path, reason="She led the meeting")
    assert "Given by hand: She led the meeting" in page.text
    assert "Ben Adeyemi On its way" in page.text


def membership(here: Place, person_id: int) -> int:
    with db.work(read_only=True) as unit:
        return unit.query(Membership).filter_by(person_id=person_id, circle_id=here.circle.id).one().id


def test_more_reserved_means_that_nothing_is_shown(here: Place) -> None:
    here.open()
    page = here.reader.press("Keep this", mode="none")
    assert "This circle gives no credit." in page.text
    assert "Ama" not in page.text
    assert "That a person took part" in page.text


def test_a_circle_without_credit_has_no_choice(reader: Reader) -> None:
    here = Place(reader, mode="none")
    page = here.open()
    assert "This circle gives no credit." in page.text
    assert "What reaches the course" not in page.text
    assert "Credit" not in here.reader.open(f"/circles/{here.circle.id}/reviews").text


def test_nothing_about_activity(here: Place) -> None:
    """H1: no count, no date, nothing that somebody did."""
    page = here.open()
    assert not any(sign.isdigit() for sign in page.text)


def test_only_for_the_facilitator(here: Place) -> None:
    for role in ("teacher", "union_representative", "link_facilitator", "programme_manager"):
        here.reader.as_(build.member(here.circle, role, "Ursula Roe"))
        here.reader.open(f"/circles/{here.circle.id}/credit", expect=403)
