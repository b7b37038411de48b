"""The pages of a feedback, as its writer, the author and everybody else open them."""

import re
from datetime import timedelta

import pytest
import time_machine

from lti_tool import access, db
from lti_tool.db import now
from lti_tool.models import EntryVersion, Feedback, Membership, Person
from lti_tool.services import entries
from tests import build
from tests import feedback_build as fb
from tests.reader import Page, Reader


class Place:
    """A circle where Ama has shared a text and Ben is asked for a word."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.circle = build.circle()
        self.ama = build.member(self.circle, name="Ama Owusu")
        self.ben = build.member(self.circle, name="Ben Adeyemi")
        self.cy = build.member(self.circle, name="Cy Doe")
        self.facilitator = build.member(self.circle, "facilitator", "Fatou Sow")
        with db.work() as unit:
            self.version: EntryVersion = fb.shared(self.circle, self.ama)
            unit.commit()
        self.base = f"/circles/{self.circle.id}"
        self.text = f"{self.base}/entries/{self.version.entry_id}/versions/1"

    def of(self, person: Person) -> Feedback:
        with db.work(read_only=True) as unit:
            return unit.query(Feedback).filter_by(version_id=self.version.id, writer_id=person.id).one()

    def path(self, person: Person, more: str = "") -> str:
        return f"{self.base}/feedbacks/{self.of(person).id}{more}"

    def write(self, person: Person, words: str = fb.WORDS) -> Page:
        """Ben's way through the steps, without a script."""
        self.reader.as_(person)
        page = self.reader.open(self.path(person, "/write"))
        return self.reader.press("Next", **{box(page): words})

    def send(self, person: Person, words: str = fb.WORDS) -> Page:
        self.write(person, words)
        return self.reader.press("Send now")


def box(page: Page) -> str:
    return re.findall(r'name="(words-[a-z_]+)"', page)[0]


@pytest.fixture
def here(reader: Reader) -> Place:
    return Place(reader)


class TestGiving:
    def test_what_is_asked_is_one_press_away(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(f"{here.base}/feedbacks")
        assert "Ama Owusu · about" in page.text
        circle = here.reader.open(here.base)
        assert "Give Ama Owusu a word" in circle.text
        assert here.path(here.ben, "/write") in circle
        assert here.path(here.ben, "/write") in page

    def test_the_question_the_text_and_who_will_read_it_are_there(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write"))
        assert "Does it last?" in page.text
        assert fb.TEXT in page.text
        assert "only you, until you send it. Then: Ama Owusu, the facilitator" in page.text

    def test_step_by_step_without_a_script(self, here: Place) -> None:
        page = here.write(here.ben, "First words")
        assert "Step 2 of" in page.text
        page = here.reader.press("Back")
        assert "First words" in page
        page = here.reader.press("Next")
        while "Send it" not in page.text:
            page = here.reader.press("Next", **{box(page): "More"})
        assert "Names a topic." in page.text
        page = here.reader.press("Send it", **{"level-concern": "developing"})
        assert "Sent. Your colleague can read it now." in page.text
        assert here.of(here.ben).levels == {"concern": "developing"}
        assert set(here.of(here.ben).words.values()) == {"First words", "More"}

    def test_levels_are_sentences_and_never_a_number(self, here: Place) -> None:
        """H2."""
        here.write(here.ben)
        page = here.reader.open(here.path(here.ben, "/write?step=99"))
        choices = re.findall(r'type="radio" value="([^"]*)"', page) or re.findall(r'value="([a-z]*)"[^>]*radio', page)
        assert choices
        labels = re.findall(r'<div class="choice">.*?<label[^>]*>(.*?)</label>', page, re.DOTALL)
        assert len(labels) == 30
        assert not any(any(sign.isdigit() for sign in text) for text in [*labels, *choices])

    def test_the_first_question_is_asked_for_kindly(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write?step=2"))
        page = here.reader.press("Send now", **{box(page): "Later words"})
        assert "The first question needs a word or two" in page.text
        assert f'id="{box(page)}-error"' in page, "it stands beside the box"
        assert "Step 1 of" in page.text
        assert here.of(here.ben).state == "writing"
        page = here.reader.press("Send now", **{box(page): "Now the first, too"})
        assert "Sent." in page.text, "from here it goes in one press"

    def test_the_enter_key_among_the_sentences_keeps_and_never_sends(self, here: Place) -> None:
        here.write(here.ben)
        page = here.reader.open(here.path(here.ben, "/write?step=99"))
        pressed = re.search(r'<button[^>]*name="go" value="(\w+)"', page)  # Enter presses the first of the form
        assert pressed
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[page.index("data-autosave") :]))
        page = here.reader.send(
            here.path(here.ben, "/write"), **{**fields, "level-concern": "developing", "go": pressed[1]}
        )
        assert "Send it" in page.text
        assert here.of(here.ben).state == "writing"
        assert here.of(here.ben).levels == {"concern": "developing"}

    def test_typing_is_kept_and_the_page_can_go_on(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write"))
        once = re.findall(r'name="once" value="([0-9a-f]+)"', page)[0]
        headers = {"X-Autosave": "1"}
        edition = here.of(here.ben).edition
        for words in ("On", "On the", "On the bus"):
            fields = {box(page): words, "step": "1", "edition": str(edition), "once": once}
            answer = here.reader.send(here.path(here.ben, "/autosave"), headers=headers, **fields)
            edition = answer.answer.json["fields"]["edition"]
        assert list(here.of(here.ben).words.values()) == ["On the bus"]

    def test_two_devices_lose_nothing(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write"))
        name, edition = box(page), str(here.of(here.ben).edition)
        here.reader.send(here.path(here.ben, "/write"), **{name: "On the phone", "step": "1", "edition": edition})
        fields = {name: "On the laptop", "step": "1", "edition": edition}
        page = here.reader.send(here.path(here.ben, "/autosave"), headers={"X-Autosave": "1"}, expect=409, **fields)
        page = here.reader.send(here.path(here.ben, "/write"), expect=409, **fields)
        assert "On the phone" in page.text
        assert "On the laptop" in page
        here.reader.press("Next", expect=200)
        assert list(here.of(here.ben).words.values()) == ["On the laptop"]

    def test_passing_on_asks_nobody_why(self, here: Place) -> None:
        here.reader.as_(here.ben)
        here.reader.open(here.path(here.ben, "/write"))
        page = here.reader.press("Pass it on to a colleague")
        assert "That is fine." in page.text
        assert here.of(here.ben).state == "passed"

    def test_another_protocol_while_nothing_is_written(self, here: Place) -> None:
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write"))
        before = box(page)
        page = here.reader.press("Dilemma talk")
        assert here.of(here.ben).protocol == "dilemma"
        here.reader.press("Next", **{box(page): "Which facts?"})
        page = here.reader.open(here.path(here.ben, "/write"))
        assert "Four rungs" not in page.text
        assert before

    def test_taking_back_within_a_day(self, here: Place) -> None:
        here.send(here.ben)
        page = here.reader.press("Take it back")
        assert "It is a draft again." in page.text
        assert fb.WORDS in page

    def test_a_text_taken_back_is_not_shown_to_the_writer(self, here: Place) -> None:
        here.write(here.ben)
        with db.work() as unit:
            entry = entries.get_own(here.version.entry_id, within=access.reach_of(here.ama.id))
            entries.take_back(entry, by=unit.get_one(Person, here.ama.id))
            unit.commit()
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben, "/write"))
        assert fb.TEXT not in page
        assert "Does it last?" not in page
        assert fb.WORDS in page
        page = here.reader.open(f"{here.base}/feedbacks")
        assert "draft, only you" in page.text


class TestReceiving:
    def test_she_opens_answers_and_closes_beside_her_text(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama)
        page = here.reader.open(here.text)
        assert "There are new words for you." in page.text
        assert fb.WORDS not in page.text
        page = here.reader.press("Read it")
        assert fb.WORDS in page.text
        assert fb.TEXT in page.text
        page = here.reader.press("Send", text="Pairs first", kind="will_try")
        assert "Pairs first" in page.text
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben))
        assert "Pairs first" in page.text
        here.reader.press("Send", text="Tell me how it went")
        page = here.reader.press("We are done here")
        assert "Closed." in page.text
        assert "Add a word" not in page.text

    @pytest.mark.parametrize("allowed", [False, True])
    def test_whether_it_was_read_is_hers_to_show(self, here: Place, allowed: bool) -> None:
        here.send(here.ben)
        here.reader.as_(here.ben)
        assert "today · sent" in here.reader.open(here.path(here.ben)).text
        here.reader.as_(here.ama).open(here.text)
        assert "not read yet" in here.reader.page.text  # type: ignore[union-attr]
        page = here.reader.press("Read it", **({"shown": "y"} if allowed else {}))
        assert "today · read" in page.text
        here.reader.as_(here.ben)
        said = "today · read" if allowed else "today · sent"
        assert said in here.reader.open(here.path(here.ben)).text

    def test_a_thank_you_is_one_press(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama)
        here.reader.open(here.text)
        here.reader.press("Read it")
        assert "says thanks" in here.reader.press("Thanks").text

    def test_an_answer_that_is_too_long_is_not_lost(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama).open(here.text)
        here.reader.press("Read it")
        words = "Since when? " * 2000
        here.reader.send(here.path(here.ben, "/replies"), expect=409, kind="question", text=words)
        assert here.reader.page is not None
        assert "This is too long for one message" in here.reader.page.text
        assert words.strip() in here.reader.page
        assert here.of(here.ben).state == "read"

    def test_a_box_for_an_answer_asks_for_words_before_it_is_sent(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama).open(here.text)
        page = here.reader.press("Read it")
        assert len(re.findall(r'<textarea[^>]*name="text"[^>]* required', page)) == 2

    def test_after_the_thanks_she_says_what_she_will_try_and_changes_her_text(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama).open(here.text)
        here.reader.press("Read it")
        page = here.reader.press("Thanks")
        assert "I’ll try …" in page.text, "thanks do not cost her the second answer"
        page = here.reader.press("Send", text="Pairs first.", kind="will_try")
        assert "Pairs first." in page.text
        assert "I’ll try …" not in page.text
        assert re.search(rf'class="button main" href="{here.base}/entries/{here.version.entry_id}"', page)

    def test_words_on_a_former_version_are_found_from_the_new_one(self, here: Place) -> None:
        here.send(here.ben)
        new = here.text.replace("/versions/1", "/versions/2")
        with db.work() as unit:
            fb.share(here.version.entry, here.ama, practice="Changed.")
            unit.commit()
        to = f"{here.text}#colleagues-said"
        for person, finds in ((here.facilitator, True), (here.ben, True), (here.ama, True), (here.cy, False)):
            page = here.reader.as_(person).open(new)
            assert (to in page and "What colleagues said on version 1" in page.text) is finds
            assert ("Nobody has answered yet." in page.text) is not finds

    def test_who_has_answered_is_not_told_that_nobody_has(self, here: Place) -> None:
        assert "Nobody has answered yet." in here.reader.as_(here.cy).open(here.text).text
        here.send(here.ben)
        page = here.reader.as_(here.ben).open(here.text)
        assert "Your own words sent" in page.text
        assert "Nobody has answered yet." not in page.text

    def test_the_author_is_not_told_that_a_colleague_asks_her_own_question(self, here: Place) -> None:
        here.send(here.ben)
        page = here.reader.as_(here.ama).open(here.path(here.ben))
        assert "Does it last?" in page.text
        assert "What your colleague would like to know" not in page.text

    def test_a_colleague_reads_others_after_sending_her_own(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.cy)
        page = here.reader.open(here.text)
        assert fb.WORDS not in page
        assert "A colleague has answered. You read it once you have sent your own words." in page.text
        here.send(here.cy, "My own view")
        assert fb.WORDS in here.reader.open(here.text).text

    def test_a_colleague_is_writing(self, here: Place) -> None:
        here.write(here.ben)
        for person in (here.ama, here.cy, here.facilitator):
            here.reader.as_(person)
            page = here.reader.open(here.text)
            assert "A colleague is writing." in page.text
            assert "Ben" not in page.text

    def test_the_button_for_a_word_is_for_those_who_give_one(self, here: Place) -> None:
        for person, may in ((here.facilitator, True), (here.cy, True), (here.ama, False)):
            here.reader.as_(person)
            assert ("Give a word" in here.reader.open(here.text).text) is may


class TestNews:
    """Whoever was answered is told where she lands; before that a question could wait for ever."""

    def heading(self, here: Place, person: Person) -> str:
        text = here.reader.as_(person).open(here.base).text
        return text.partition("New for you ")[2].partition(" Colleagues shared")[0]

    def asked(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama).open(here.text)
        here.reader.press("Read it")
        here.reader.press("Send", text="Which one?")  # the first box asks

    def test_thanks_reach_the_writer(self, here: Place) -> None:
        here.send(here.ben)
        assert self.heading(here, here.ben) == ""
        here.reader.as_(here.ama).open(here.text)
        here.reader.press("Read it")
        here.reader.press("Thanks")
        assert "Ama Owusu thanks you" in self.heading(here, here.ben)
        assert here.path(here.ben) in here.reader.open(here.base)
        assert self.heading(here, here.ama) == ""
        assert self.heading(here, here.cy) == ""

    def test_a_question_waits_until_it_is_answered(self, here: Place) -> None:
        self.asked(here)
        with time_machine.travel(now() + timedelta(days=20)):
            assert "Ama Owusu asks you something" in self.heading(here, here.ben)
            here.reader.open(here.path(here.ben))
            here.reader.press("Send", text="The second.")
            assert self.heading(here, here.ben) == ""
            assert "Ben Adeyemi adds a word" in self.heading(here, here.ama)
        with time_machine.travel(now() + timedelta(days=28)):
            assert self.heading(here, here.ama) == "", "an answer is news for a week"

    def test_the_writer_is_told_that_her_words_are_on_hold(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama).open(here.path(here.ben, "/hold"))
        here.reader.press("Put on hold", kind="hurtful", reason="It hurts.")
        assert "Words on hold" in self.heading(here, here.ben)
        assert self.heading(here, here.ama) == self.heading(here, here.facilitator) == self.heading(here, here.cy) == ""
        here.reader.as_(here.ben).open(here.path(here.ben))
        here.reader.press("Say it another way")
        assert self.heading(here, here.ben) == ""

    @pytest.mark.parametrize("kind", ["child_safety", "privacy"])
    def test_the_facilitator_lands_on_what_she_is_asked_to_look_at(self, here: Place, kind: str) -> None:
        here.send(here.ben)
        here.send(here.cy)
        here.reader.as_(here.ama).open(here.path(here.ben, "/hold"))
        here.reader.press("Put on hold", kind=kind, reason="Please look.")
        if kind != "child_safety":
            here.reader.press("Ask the facilitator to look")
        assert "You are asked to look at this" in self.heading(here, here.facilitator)
        assert here.path(here.ben) in here.reader.open(here.base)
        assert "Words on hold" in self.heading(here, here.ben)
        for person in (here.ama, here.cy):
            assert self.heading(here, person) == ""


class TestHolds:
    def test_it_is_out_of_sight_and_said_anew(self, here: Place) -> None:
        here.send(here.ben, "You are lazy")
        here.reader.as_(here.ama)
        here.reader.open(here.text)
        here.reader.press("Read it")
        here.reader.open(here.path(here.ben, "/hold"))
        page = here.reader.press("Put on hold", kind="hurtful", reason="This is about me, not my work")
        assert "It is on hold." in page.text
        here.reader.as_(here.facilitator)
        here.reader.open(here.path(here.ben), expect=404)
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben))
        assert "This is about me, not my work" in page.text
        page = here.reader.press("Say it another way")
        here.reader.press("Next", **{box(page): "Pupils waited long"})
        here.reader.press("Send now")
        here.reader.as_(here.facilitator)
        assert "Pupils waited long" in here.reader.open(here.path(here.ben)).text

    def test_a_reason_is_asked_for(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama)
        here.reader.open(here.path(here.ben, "/hold"))
        page = here.reader.press("Put on hold", expect=422, reason="It hurts")
        assert "What is it about? – Please choose one of these." in page.text
        for nothing in ("", "  \n"):
            page = here.reader.press("Put on hold", expect=422, kind="privacy", reason=nothing)
            assert "Please fill this in." in page.text
        assert here.of(here.ben).held_at is None

    def test_the_facilitator_helps_when_asked(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama)
        here.reader.open(here.path(here.ben, "/hold"))
        here.reader.press("Put on hold", kind="privacy", reason="My head teacher is named")
        here.reader.press("Ask the facilitator to look")
        here.reader.as_(here.facilitator)
        page = here.reader.open(f"{here.base}/reviews")
        assert "You are asked to look at this" in page.text
        here.reader.open(here.path(here.ben))
        page = here.reader.press("Let it stand")
        assert "It stands again as it was." in page.text

    def test_taken_out_the_writer_keeps_a_copy(self, here: Place) -> None:
        here.send(here.ben)
        here.reader.as_(here.ama)
        here.reader.open(here.path(here.ben, "/hold"))
        here.reader.press("Put on hold", kind="privacy", reason="A name")
        here.reader.press("Take it out for good")
        here.reader.open(here.path(here.ben), expect=404)
        here.reader.as_(here.ben)
        page = here.reader.open(here.path(here.ben))
        assert "You keep this copy" in page.text
        assert fb.WORDS in page.text


class TestWhoGetsIn:
    @pytest.mark.parametrize("role", ["union_representative", "link_facilitator", "national_researcher"])
    def test_other_roles_have_no_way(self, here: Place, role: str) -> None:
        """H3."""
        here.send(here.ben)
        path = here.path(here.ben)
        here.reader.as_(build.member(here.circle, role, "Ursula Roe"))
        here.reader.open(f"{here.base}/feedbacks", expect=403)
        for more in ("", "/write", "/hold"):
            here.reader.open(path + more, expect=404)
        here.reader.open(f"{here.base}/feedbacks/on/{here.version.id}", expect=405)

    def test_another_circle_finds_nothing(self, here: Place) -> None:
        here.send(here.ben)
        other = build.circle()
        here.reader.as_(build.member(other, "facilitator", "Otto Roe"))
        here.reader.open(here.path(here.ben), expect=404)
        here.reader.open(f"/circles/{other.id}/feedbacks/{here.of(here.ben).id}", expect=404)
        here.reader.as_(here.ben)
        here.reader.open(f"/circles/{other.id}/feedbacks/{here.of(here.ben).id}", expect=404)
        here.reader.open(f"/circles/{other.id}/feedbacks/{here.of(here.ben).id}/write", expect=404)

    def test_who_left_still_finds_her_own_words(self, here: Place) -> None:
        here.send(here.ben)
        with db.work() as unit:
            unit.query(Membership).filter_by(person_id=here.ben.id).one().left_at = db.now()
            unit.commit()
        here.reader.as_(here.ben)
        assert fb.WORDS in here.reader.open(here.path(here.ben)).text
        here.reader.open(f"{here.base}/feedbacks", expect=404)
