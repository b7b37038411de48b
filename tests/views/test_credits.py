"""The credit page: whether it reached the course, and nothing else about anyone."""

import re
from datetime import timedelta

import pytest

from lti_tool import db, presets
from lti_tool.db import now
from lti_tool.models import Circle, Credit, Delivery, Membership
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
        page = here.reader.press("Give full credit", expect=422, reason=nothing)
        assert "Please fill this in." in page.text
    page = here.open()
    path = f"/circles/{here.circle.id}/credit/members/{membership(here, here.ben.id)}/award"
    page = here.reader.send(path, reason="She led the meeting")
    assert "Who can see this: its facilitators" in page.text
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


def test_where_the_circle_wants_a_yes_its_owner_says_it_on_her_page(here: Place) -> None:
    here.open()
    page = here.reader.press("Keep this", confirmed="y")
    assert "Ama Owusu On its way" in page.text  # what was on its way goes on
    with db.work() as unit:
        fb.shared(here.circle, here.ben)
        fb.sent(fb.shared(here.circle, here.ama), here.ben)
        unit.commit()
    assert "Ben Adeyemi Waits for a yes" in here.open().text
    here.reader.as_(here.ben)
    here.reader.open(f"/circles/{here.circle.id}")
    page = here.reader.press("Yes, send it")
    assert "Your credit is on its way" in page.text
    assert "Yes, send it" not in page.text
    here.reader.as_(here.facilitator)
    assert "Ben Adeyemi On its way" in here.open().text


def test_or_the_facilitator_says_it(here: Place) -> None:
    with db.work() as unit:
        unit.get_one(Circle, here.circle.id).credit_confirmed = True
        fb.sent(fb.shared(here.circle, here.ama), here.ben)
        unit.commit()
    here.open()
    page = here.reader.press("Yes, send it")
    assert "Ben Adeyemi On its way" in page.text


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


CONFLICT = {"fault": "newer_on_platform", "given_up_at": now()}


def test_the_facilitator_decides_whose_word_stands(here: Place) -> None:
    for button, then in (
        ("Keep what the course holds", "Ama Owusu What the course holds stands"),
        ("Send ours", "Ama Owusu On its way"),
    ):
        here.delivery(done_at=None, **CONFLICT)
        page = here.open()
        assert "Ama Owusu Did not arrive: the course holds something of its own" in page.text
        assert "Which of the two is to stand?" in page.text
        assert then in here.reader.press(button).text


def test_a_decision_that_came_too_late_is_told_so_kindly(here: Place) -> None:
    here.delivery(**CONFLICT)
    here.open()
    here.delivery(done_at=now(), given_up_at=None, fault="")
    page = here.reader.press("Send ours", expect=409)
    assert "There is nothing to decide any more" in page.text


def test_a_lost_column_is_said_once_and_made_again_by_one_button(here: Place) -> None:
    with db.work() as unit:
        fb.sent(fb.shared(here.circle, here.ama), here.ben)
        unit.query(Delivery).filter_by(kind="score").update({"done_at": now()})
        ama = unit.query(Delivery).filter(Delivery.key.endswith(f":{here.ama.id}")).one()
        ama.fault, ama.given_up_at, ama.done_at = "column_gone", now(), None
        unit.commit()
    page = here.open()
    assert "Ben Adeyemi Was in the column that was taken away" in page.text
    assert "The column in the course was taken away. Nothing is lost here" in page.text
    assert "Try again" not in page.text
    page = here.reader.press("Make the column again")
    assert "everything in it is sent once more" in page.text
    assert "Ama Owusu On its way" in page.text
    assert "taken away" not in page.text


def test_what_was_tried_for_two_weeks_says_so(here: Place) -> None:
    since = now() - timedelta(days=14)
    here.delivery(fault="platform_unreachable", given_up_at=now(), tried_since=since)
    page = here.open()
    assert "could not be reached. We tried for two weeks and stopped. You can try again." in page.text
    assert "It is tried again by itself" not in page.text


def test_a_passing_fault_is_tried_again_by_itself(here: Place) -> None:
    here.delivery(fault="platform_unreachable")
    assert "could not be reached. It is tried again by itself." in here.open().text


@pytest.mark.proves("security", 26)
def test_no_score_is_made_from_what_a_request_says(here: Place) -> None:
    """A teacher who posts another's number, a value or an address: refused, and nothing new is owed (lti.md D26)."""
    before = owed()
    ama, ben = membership(here, here.ama.id), membership(here, here.ben.id)
    forged = {
        "reason": "For all", "user_id": "1", "userId": "1", "person_id": str(here.ben.id), "scoreGiven": "100",
        "given": "100", "line_item": "https://evil.example.org/1", "lineitem": "https://evil.example.org/1",
    }  # fmt: skip
    here.reader.as_(here.ben).open(f"/circles/{here.circle.id}")
    base = f"/circles/{here.circle.id}/credit"
    for deed in ("award", "try-again", "keep-theirs", "send-ours"):
        for number in (ama, ben):
            here.reader.send(f"{base}/members/{number}/{deed}", expect=403, **forged)
    for deed in ("column", "mode"):
        here.reader.send(f"{base}/{deed}", expect=403, **forged)
    assert owed() == before


@pytest.mark.proves("security", 26)
def test_what_a_teacher_adds_to_her_own_form_is_passed_over(here: Place) -> None:
    reader = here.reader.as_(here.ben)
    with db.work() as unit:
        entry = fb.entry(here.circle, here.ben, stage="concern")
        unit.commit()
    reader.open(f"/circles/{here.circle.id}/entries/{entry.id}")
    reader.send(
        f"/circles/{here.circle.id}/entries/{entry.id}", do="share", answer_concern="Mine", userId="1",
        person_id=str(here.ama.id), scoreGiven="9", lineitem="https://evil.example.org/1",
    )  # fmt: skip
    for payload in owed():
        assert "evil" not in str(payload)
        assert payload["given"] <= payload["maximum"]
        assert payload["person_id"] == here.ama.id, "hers is not complete, whatever she sends"


def owed() -> list[dict[str, object]]:
    with db.work(read_only=True) as unit:
        return [dict(one.payload) for one in unit.query(Delivery).filter_by(kind="score").order_by(Delivery.id)]


class TestWhereManyAre:
    """More than five: what is to be decided first, the rest folded by where it stands."""

    def test_what_asks_for_a_decision_comes_first(self, here: Place) -> None:
        for number in range(4):
            build.member(here.circle, name=f"Di {number}")
        page = here.open()
        assert "Please decide" not in page.text
        assert "On its way Ama Owusu" in page.text.replace(" AO", "")  # the fold says where it stands, once
        assert page.text.count("Nothing to send so far") == 1
        here.delivery(given_up_at=now(), fault="scope_refused")
        page = here.open()
        wanted = ["Please decide", "Ama Owusu Did not arrive", "Try again", "All the others", "Ben Adeyemi", "Cy Doe"]
        places = [page.text.index(words) for words in wanted]
        assert places == sorted(places)
        assert "On its way" in here.reader.press("Try again").text

    def test_a_reason_that_is_missing_unfolds_its_person(self, here: Place) -> None:
        for number in range(4):
            build.member(here.circle, name=f"Di {number}")
        here.open()
        path = f"/circles/{here.circle.id}/credit/members/{membership(here, here.ben.id)}/award"
        page = here.reader.send(path, expect=422, reason="")
        opened = re.findall(r"<details[^>]* open><summary>([^<]*)", page)
        assert opened == ["Nothing to send so far", "Give it by hand"]

    def test_ten_decisions_are_a_page(self, here: Place) -> None:
        with db.work() as unit:
            unit.get_one(Circle, here.circle.id).credit_confirmed = True
            unit.commit()
        people = [build.member(here.circle, name=f"Person {number:02}") for number in range(12)]
        with db.work() as unit:
            for one in people:
                activity_id = unit.query(Membership).filter_by(person_id=one.id).one().activity_id
                number = unit.query(Membership).filter_by(person_id=one.id).one().id
                unit.add(Credit(membership_id=number, activity_id=activity_id, earned=1))
            unit.commit()
        assert here.open().text.count("Waits for a yes") == 10
        page = here.reader.follow("More people")
        assert page.text.count("Waits for a yes") == 2
        assert "Person 11" in page.text
