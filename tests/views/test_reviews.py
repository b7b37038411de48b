"""The facilitator's places: what waits, one piece of work, a member's shared work, all words."""

import re

import pytest

from lti_tool import db
from lti_tool.models import Circle, EntryVersion
from lti_tool.services import holds
from tests import build
from tests import feedback_build as fb
from tests.reader import Reader


class Place:
    """A circle with two pieces of shared work and a draft."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.circle: Circle = build.circle()
        self.ama = build.member(self.circle, name="Ama Owusu")
        self.ben = build.member(self.circle, name="Ben Adeyemi")
        self.facilitator = build.member(self.circle, "facilitator", "Fatou Sow")
        with db.work() as unit:
            self.first: EntryVersion = fb.shared(self.circle, self.ama, text="The first text")
            self.second: EntryVersion = fb.shared(self.circle, self.ben, text="The second text")
            fb.entry(self.circle, self.ama, text="A secret draft")
            unit.commit()
        self.base = f"/circles/{self.circle.id}/reviews"


@pytest.fixture
def here(reader: Reader) -> Place:
    made = Place(reader)
    reader.as_(made.facilitator)
    return made


def test_what_waits_in_facts_only(here: Place) -> None:
    page = here.reader.open(here.base)
    assert page.text.count("shared today · no response yet") == 2
    assert page.index("Ama Owusu") < page.index("Ben Adeyemi")
    assert "secret" not in page


def test_what_waits_is_a_page_at_a_time_however_much_it_is(here: Place) -> None:
    with db.work() as unit:
        for _ in range(20):
            fb.shared(here.circle, here.ama, text="One more text")
        unit.commit()
    assert here.reader.open(here.base).text.count("no response yet") == 20
    assert here.reader.follow("Newer").text.count("no response yet") == 2
    assert here.reader.follow("Earlier").text.count("no response yet") == 20


def test_the_circle_s_page_leads_to_what_nobody_has_answered(here: Place) -> None:
    circle = f"/circles/{here.circle.id}"
    page = here.reader.open(circle)
    assert "2 pieces of shared work have no response yet." in page.text
    assert "Set the day" not in page.text
    assert "Waiting for a word" in here.reader.follow("Give a word").text
    with db.work() as unit:
        fb.sent(here.first, here.ben)
        fb.sent(here.second, here.facilitator)
        unit.commit()
    assert "no response yet" not in here.reader.open(circle).text
    assert "no response yet" not in here.reader.as_(here.ama).open(circle).text


def test_words_on_hold_come_before_work_that_waits(here: Place) -> None:
    assert "Shared work" not in here.reader.open(here.base).text
    with db.work() as unit:
        holds.hold(fb.sent(here.first, here.ben), kind="child_safety", reason="A name", by=here.ama)
        unit.commit()
    page = here.reader.open(here.base)
    assert page.index("Words on hold, for a child’s safety") < page.index("Shared work") < page.index("Ben Adeyemi")


def test_one_at_a_time_with_the_next(here: Place) -> None:
    page = here.reader.open(f"{here.base}/versions/{here.first.id}")
    assert "The first text" in page.text
    assert f"{here.base}/versions/{here.second.id}" in page
    page = here.reader.press("Give a word")
    assert "A word for Ama Owusu" in page.text


def test_a_child_s_safety_is_looked_after_where_she_reads(here: Place) -> None:
    here.reader.open(f"{here.base}/versions/{here.first.id}")
    page = here.reader.press("Put on hold", reason="A name can be read on the photo.")
    assert "It is on hold." in page.text
    assert "The first text" not in here.reader.as_(here.ben).open(f"/circles/{here.circle.id}").text


def test_after_her_word_the_next_is_one_press_away(here: Place) -> None:
    here.reader.open(f"{here.base}/versions/{here.first.id}")
    page = here.reader.press("Give a word")
    box = re.findall(r'name="(words-[a-z_]+)"', page)[0]
    here.reader.press("Next", **{box: "How do you notice?"})
    page = here.reader.press("Send now")
    assert f"{here.base}/versions/{here.second.id}" in page
    assert "The next that waits" in page.text


def test_a_colleague_is_not_led_through_what_waits(here: Place) -> None:
    with db.work() as unit:
        words = fb.sent(here.first, here.ben)
        unit.commit()
    page = here.reader.as_(here.ben).open(f"/circles/{here.circle.id}/feedbacks/{words.id}")
    assert "The next that waits" not in page.text


def test_a_members_shared_work_straight_and_no_draft(here: Place) -> None:
    page = here.reader.open(f"{here.base}/people/{here.ama.id}")
    assert "The first text" in page.text
    assert "secret" not in page
    assert "The second text" not in page
    here.reader.open(f"{here.base}/people/{build.member(build.circle()).id}", expect=404)


def test_the_launch_of_a_review_leads_to_the_persons_shared_work(here: Place) -> None:
    page = here.reader.open(f"/circles?review={here.ama.id}")
    assert "Shared by Ama Owusu" in page.text


def test_a_review_finds_the_circle_of_whoever_looks_after_several(here: Place) -> None:
    second = build.circle(build.course_of(here.circle), name="A first by name")
    build.join(second, here.facilitator, "facilitator")
    new = build.member(second, name="Nia Roe")
    assert "Where do you want to go?" in here.reader.as_(here.facilitator).open("/circles").text
    assert "Shared by Ama Owusu" in here.reader.open(f"/circles?review={here.ama.id}").text
    assert "Shared by Nia Roe" in here.reader.open(f"/circles?review={new.id}").text
    build.join(second, here.ama)
    assert "The first text" in here.reader.open(f"/circles?review={here.ama.id}").text, "where something was shared"
    assert "Where do you want to go?" in here.reader.open(f"/circles?review={build.member(build.circle()).id}").text


def test_all_words_and_one_of_her_own(here: Place) -> None:
    with db.work() as unit:
        fb.sent(here.first, here.ben)
        unit.commit()
    page = here.reader.open(f"{here.base}/words")
    assert fb.WORDS in page.text
    page = here.reader.press("Send", text="Both of you could visit each other")
    assert "Both of you could visit each other" in page.text


def test_only_for_facilitators(here: Place) -> None:
    for role, status in (("teacher", 403), ("union_representative", 403), ("national_researcher", 403)):
        here.reader.as_(build.member(here.circle, role, "Ursula Roe"))
        for path in ("", "/words", f"/people/{here.ama.id}", f"/versions/{here.first.id}"):
            here.reader.open(here.base + path, expect=status)
    elsewhere = build.circle()
    here.reader.as_(build.member(elsewhere, "facilitator", "Otto Roe"))
    here.reader.open(here.base, expect=404)
    here.reader.open(f"/circles/{elsewhere.id}/reviews/versions/{here.first.id}", expect=404)
