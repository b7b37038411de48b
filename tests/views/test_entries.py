"""The pages of an entry, as its author, a colleague and a facilitator open them."""

import re

import pytest

from lti_tool import db
from lti_tool.models import Audience, Circle, Entry, EntryVersion, Evidence, Person, Visit
from lti_tool.services import audiences, entries, evidence
from tests import build, feedback_build
from tests.reader import Reader
from tests.services.writing import begin, picture, write


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def salma(circle: Circle) -> Person:
    return build.member(circle, name="سلمى حداد")


@pytest.fixture
def facilitator(circle: Circle) -> Person:
    return build.member(circle, "facilitator", name="João Araújo")


def begun(circle: Circle, by: Person, text: str = "", *, stage: str = "try", ask: str = "", share: bool = False) -> int:
    """The number of an entry, written and perhaps shared."""
    with db.work() as unit:
        entry = begin(circle, by, text, stage=stage, ask=ask)
        if share:
            entries.share(entry, by=by)
        unit.commit()
        return entry.id


def at(circle: Circle, entry_id: int, rest: str = "") -> str:
    return f"/circles/{circle.id}/entries/{entry_id}{rest}"


def stored(entry_id: int) -> Entry:
    with db.work(read_only=True) as unit:
        entry = unit.get_one(Entry, entry_id)
        assert entry.versions is not None
        assert entry.evidence is not None
        return entry


class TestWriting:
    def test_three_prompts_are_shown_and_the_others_folded(self, reader: Reader, circle: Circle, ama: Person) -> None:
        page = reader.as_(ama).open(at(circle, begun(circle, ama)))
        folded = page[page.index("More to think about") :]
        assert "What surprised me?" in page[: page.index("More to think about")]
        assert "What will I change next time?" in folded
        assert "Stage 5 of 8" in page.text
        assert "required" not in page

    def test_the_main_button_stands_before_what_is_rare(self, reader: Reader, circle: Circle, ama: Person) -> None:
        page = reader.as_(ama).open(at(circle, begun(circle, ama)))
        wanted = ["If you share it, who can see it:", "Share with my circle", "Keep as draft", "Conclude this turn"]
        places = [page.text.rindex(words) for words in wanted]
        assert places == sorted(places)

    def test_says_who_can_see_it_beside_the_box(self, reader: Reader, circle: Circle, ama: Person) -> None:
        build.member(circle)
        build.member(circle, "union_representative")
        page = reader.as_(ama).open(at(circle, begun(circle, ama)))
        assert "Who can see this: only you, until you share it" in page.text
        assert "you and one colleague in your circle. Never: Union representative" in page.text

    def test_keeps_a_draft(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Keep as draft", answer_pupils="Three asked a question", ask="Was it too fast?")
        assert "Your text is kept." in page.text
        assert "Draft, only you" in page.text
        assert stored(entry_id).answers == {"pupils": "Three asked a question"}

    def test_shares(self, reader: Reader, circle: Circle, ama: Person, salma: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Share with my circle", answer_did="Exit tickets", ask="Was it too fast?")
        assert "Shared with your circle on" in page.text
        page = reader.as_(salma).open(at(circle, entry_id))
        assert page.text.index("Was it too fast?") < page.text.index("Exit tickets")
        assert "Ama Owusu" in page.text

    def test_sharing_without_the_first_answer_keeps_the_text_and_says_why(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Share with my circle", answer_pupils="Three asked a question")
        assert "please write something under the first question" in page.text
        assert "Three asked a question" in page
        assert stored(entry_id).audience == Audience.PRIVATE

    def test_who_shares_without_it_is_led_to_the_box_until_it_is_filled(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        entry_id = begun(circle, ama)
        page = reader.as_(ama).open(at(circle, entry_id))
        hidden = dict(re.findall(r'type="hidden" name="(visit|once|edition)" value="([^"]*)"', page))
        answer = reader.client.post(at(circle, entry_id), data={**hidden, "do": "share"})
        assert answer.location == f"{at(circle, entry_id, '?unshared=1')}#answer_did"
        page = reader.open(at(circle, entry_id, "?unshared=1"))
        assert re.search(r'<textarea[^>]*aria-describedby="answer_did-error"[^>]*id="answer_did"', page)
        reader.press("Keep as draft", answer_did="Exit tickets")
        assert "under the first question" not in reader.open(at(circle, entry_id, "?unshared=1")).text

    def test_what_she_will_try_is_kept_by_every_button(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets")
        reader.as_(ama).open(at(circle, entry_id))
        reader.press("Keep as draft", next_try="Shorter ones")
        reader.press("Share with my circle")
        assert stored(entry_id).next_try == "Shorter ones"
        page = reader.send(at(circle, entry_id), headers={"X-Autosave": "1"}, answer_did="Exit tickets", next_try="Two")
        assert page.answer.json is not None
        assert stored(entry_id).next_try == "Two"
        assert stored(entry_id).concluded_at is None
        assert "Shorter ones" not in reader.as_(build.member(circle)).open(at(circle, entry_id))

    def test_a_double_press_shares_one_version(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        page = reader.as_(ama).open(at(circle, entry_id))
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        for text in ("Exit tickets", "Exit tickets, pressed twice"):
            again = {"once": hidden["once"], "edition": hidden["edition"]}
            reader.send(at(circle, entry_id), answer_did=text, do="share", **again)
        assert [one.answers for one in stored(entry_id).versions] == [{"did": "Exit tickets"}]

    def test_shows_the_measure_and_never_refuses_more(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, stage="plan")
        page = reader.as_(ama).open(at(circle, entry_id))
        assert "Words left for this stage: 300" in page.text
        assert page.count('data-hint="stage-words"') >= 1
        page = reader.press("Share with my circle", answer_steps="word " * 310)
        assert "Longer than this stage plans; all of it is kept. Words more: 10" in page.text
        assert stored(entry_id).audience == Audience.CIRCLE

    def test_begins_a_turn_with_what_the_last_one_will_try(self, reader: Reader, circle: Circle, ama: Person) -> None:
        first = begun(circle, ama, "Exit tickets")
        reader.as_(ama).open(at(circle, first))
        reader.press("Conclude this turn", next_try="Only two questions")
        page = reader.open(at(circle, begun(circle, ama)))
        assert "Last time you wanted to try" in page.text
        assert "Only two questions" in page.text
        page = reader.open(at(circle, first))
        assert "Concluded on" in page.text
        page = reader.press("Open it again")
        assert "Exit tickets" in page
        assert stored(first).answers == {"did": "Exit tickets"}
        assert stored(first).next_try == "Only two questions"

    def test_takes_back(self, reader: Reader, circle: Circle, ama: Person, salma: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Take it back", answer_did="Exit tickets, and a thought")
        assert "Taken back, only you" in page.text
        assert stored(entry_id).answers == {"did": "Exit tickets, and a thought"}
        reader.as_(salma).open(at(circle, entry_id), expect=404)

    def test_tells_that_changes_are_not_shared_yet(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Keep, and share later", answer_did="More")
        assert "changes that are not shared" in page.text
        assert "To your circle" not in page.text, "she is not done here"
        assert "changes that are not shared" not in reader.press("Share this version").text

    def test_who_shared_is_led_on_and_not_told_that_it_becomes_a_draft(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        reader.as_(ama).open(at(circle, begun(circle, ama, "Exit tickets")))
        assert "To your circle" not in reader.open(at(circle, begun(circle, ama, "Another"))).text
        page = reader.press("Share with my circle")
        assert "To your circle" in page.text
        assert "Keep as draft" not in page.text

    def test_a_version_says_the_day_and_no_clock_of_another_country(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        page = reader.as_(ama).open(at(circle, begun(circle, ama, "Exit tickets", share=True)))
        shared = page.text.partition("What was shared")[2].partition("You are")[0]
        assert "Version 1" in shared
        assert ":" not in shared

    def test_a_long_text_is_refused_with_every_word(self, reader: Reader, circle: Circle, ama: Person) -> None:
        reader.as_(ama).open(at(circle, begun(circle, ama)))
        page = reader.press("Keep as draft", expect=422, answer_did="x" * 20_001, ask="A question")
        assert "x" * 20_001 in page
        assert "A question" in page


class TestAutosave:
    def save(self, reader: Reader, circle: Circle, entry_id: int, *, expect: int = 200, **form: object) -> object:
        return reader.send(at(circle, entry_id), expect=expect, headers={"X-Autosave": "1"}, **form).answer.get_json()

    def test_moves_the_edition_of_the_page_and_spends_no_key(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        first = self.save(reader, circle, entry_id, answer_did="Exit")
        assert first == {"fields": {"edition": stored(entry_id).edition}}
        edition = first["fields"]["edition"]  # type: ignore[index]
        self.save(reader, circle, entry_id, answer_did="Exit tickets", edition=edition)
        page = reader.send(at(circle, entry_id), answer_did="Exit tickets!", edition=edition + 1, do="keep")
        assert "Exit tickets!" in page
        assert stored(entry_id).answers == {"did": "Exit tickets!"}

    def test_never_shares(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        self.save(reader, circle, entry_id, answer_did="Exit", do="share")
        assert stored(entry_id).audience == Audience.PRIVATE

    def test_stops_where_another_text_was_saved(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        begun(circle, ama, "From the phone")
        self.save(reader, circle, entry_id, expect=409, answer_did="From the laptop")
        assert stored(entry_id).answers == {"did": "From the phone"}


def test_what_two_pages_will_try_is_both_shown(reader: Reader, circle: Circle, ama: Person) -> None:
    entry_id = begun(circle, ama, "Exit tickets")
    page = reader.as_(ama).open(at(circle, entry_id))
    seen = dict(re.findall(r'name="(edition)" value="([^"]*)"', page))
    same = {"answer_did": "Exit tickets", **seen}
    reader.send(at(circle, entry_id), next_try="Shorter ones", **same)
    page = reader.send(at(circle, entry_id), expect=409, next_try="Fewer", **same)
    assert "Shorter ones" in page.text
    assert "Fewer" in page
    reader.press("Keep it like this", next_try="Fewer, and shorter")
    assert stored(entry_id).next_try == "Fewer, and shorter"


def test_two_texts_that_meet_are_both_shown_and_merged(reader: Reader, circle: Circle, ama: Person) -> None:
    """H5: a conflict keeps both."""
    entry_id = begun(circle, ama, ask="Old question")
    reader.as_(ama).open(at(circle, entry_id))
    with db.work() as unit:
        write(unit.get_one(Entry, entry_id), ama, "From the *phone*")
        unit.commit()
    page = reader.press("Keep as draft", expect=409, answer_did="From the laptop", answer_pupils="They laughed")
    assert "From the <em>phone</em>" in page
    assert "From the laptop" in page
    assert stored(entry_id).answers == {"did": "From the *phone*"}
    reader.press("Keep it like this", answer_did="From the phone and the laptop")
    assert stored(entry_id).answers == {"did": "From the phone and the laptop", "pupils": "They laughed"}


class TestReading:
    def test_shows_the_newest_and_leads_to_the_others(
        self, reader: Reader, circle: Circle, ama: Person, salma: Person
    ) -> None:
        entry_id = begun(circle, ama, "First **try**", share=True)
        with db.work() as unit:
            entry = unit.get_one(Entry, entry_id)
            entries.share(write(entry, ama, "Second try"), by=ama)
            write(entry, ama, "Secret doubts")
            unit.commit()
        page = reader.as_(salma).open(at(circle, entry_id))
        assert "Second try" in page.text
        assert "Secret doubts" not in page
        older = reader.open(at(circle, entry_id, "/versions/1"))
        assert "First <strong>try</strong>" in older
        assert "There is a newer version." in older.text
        reader.open(at(circle, entry_id, "/versions/3"), expect=404)

    def test_a_private_text_has_no_page_for_anybody_else(
        self, reader: Reader, circle: Circle, ama: Person, salma: Person, facilitator: Person
    ) -> None:
        entry_id = begun(circle, ama, "Mine alone")
        for person in (salma, facilitator, build.member(circle, "programme_manager"), build.member(build.circle())):
            reader.as_(person).open(at(circle, entry_id), expect=404)
            reader.open(at(circle, entry_id, "/versions/1"), expect=404)

    def test_an_entry_is_found_under_its_own_circle_only(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        other = build.circle()
        build.join(other, ama)
        reader.as_(ama).open(at(other, entry_id), expect=404)
        reader.open(at(other, entry_id, "/versions/1"), expect=404)

    def test_who_left_still_opens_her_own_and_takes_it_back(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        with db.work() as unit:
            for place in unit.get_one(Circle, circle.id).memberships:
                place.left_at = db.now()
            unit.commit()
        assert "Exit tickets" in reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Take it back")
        assert stored(entry_id).audience == Audience.PRIVATE
        assert "Share with my circle" not in page.text
        assert "Only you see them" in reader.fill(do="share").text, "from a page that was opened before"

    def test_what_people_write_runs_nothing(self, reader: Reader, circle: Circle, ama: Person, salma: Person) -> None:
        entry_id = begun(circle, ama, "<script>alert(1)</script>", ask='"><img src=x onerror=alert(1)>', share=True)
        for person in (ama, salma):
            page = reader.as_(person).open(at(circle, entry_id))
            assert "<script>alert" not in page
            assert "<img src=x" not in page


class TestHolding:
    def test_a_facilitator_holds_and_the_author_mends(
        self, reader: Reader, circle: Circle, ama: Person, salma: Person, facilitator: Person
    ) -> None:
        entry_id = begun(circle, ama, "Kwame said", share=True)
        reader.as_(facilitator).open(at(circle, entry_id))
        reader.send(at(circle, entry_id, "/hold"), expect=200, reason="A child’s name is in it.")
        reader.open(at(circle, entry_id), expect=404)
        reader.as_(salma).open(at(circle, entry_id), expect=404)
        page = reader.as_(ama).open(at(circle, entry_id))
        assert "A child’s name is in it." in page.text
        assert "On hold: please read why" in page.text
        reader.press("Share with my circle", answer_did="A pupil said")
        assert "A pupil said" in reader.as_(salma).open(at(circle, entry_id))
        reader.open(at(circle, entry_id, "/versions/1"), expect=404)

    def test_needs_a_reason(self, reader: Reader, circle: Circle, ama: Person, facilitator: Person) -> None:
        entry_id = begun(circle, ama, "Kwame said", share=True)
        reader.as_(facilitator).open(at(circle, entry_id))
        page = reader.press("Put on hold", expect=422, reason=" ")
        assert "Please fill this in." in page.text
        assert stored(entry_id).held_at is None

    def test_of_a_colleague_belongs_to_the_circle_in_the_navigation_and_an_own_one_to_the_inquiry(
        self, reader: Reader, circle: Circle, ama: Person, salma: Person
    ) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        for person, address, place in (
            (salma, "", "My learning circle"),
            (ama, "", "My inquiry"),
            (ama, "/versions/1", "My inquiry"),
        ):
            page = reader.as_(person).open(at(circle, entry_id, address))
            assert f'aria-current="page">{place}</a>' in page

    def test_is_not_for_colleagues(self, reader: Reader, circle: Circle, ama: Person, salma: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        assert "Put on hold" not in reader.as_(salma).open(at(circle, entry_id))
        reader.send(at(circle, entry_id, "/hold"), expect=403, reason="I do not like it")
        assert stored(entry_id).held_at is None


def test_looking_writes_nothing(reader: Reader, circle: Circle, ama: Person, salma: Person) -> None:
    entry_id = begun(circle, ama, "Exit tickets", share=True)
    before = stored(entry_id).edition
    for person in (ama, salma):
        reader.as_(person).open(at(circle, entry_id))
        reader.open(at(circle, entry_id, "/versions/1"))
    assert stored(entry_id).edition == before
    with db.work(read_only=True) as unit:
        assert unit.query(EntryVersion).count() == 1
        assert unit.query(Evidence).count() == 0


def test_a_text_sent_after_the_visit_ended_is_on_the_page_that_says_so(
    reader: Reader, circle: Circle, ama: Person
) -> None:
    """H5: an expired-session post returns a page with the text."""
    entry_id = begun(circle, ama)
    reader.as_(ama).open(at(circle, entry_id))
    build.sign_out(ama)
    kept = reader.send(at(circle, entry_id), expect=401, answer_did="Written for an hour", do="keep")
    assert "Written for an hour" in kept


def test_evidence_is_kept_out_of_sight_until_it_is_answered(
    reader: Reader, circle: Circle, ama: Person, salma: Person
) -> None:
    entry_id = begun(circle, ama, "Exit tickets")
    with db.work() as unit:
        evidence.add(unit.get_one(Entry, entry_id), file=picture(), kind="classroom_photo", title="The board")
        unit.commit()
    reader.as_(ama).open(at(circle, entry_id))
    page = reader.press("Share with my circle", answer_did="Exit tickets, second")
    assert "whether pupils can be recognised" in page.text
    assert stored(entry_id).answers == {"did": "Exit tickets, second"}
    piece = stored(entry_id).evidence[0].id
    page = reader.press("Share with my circle", **{f"pupils_{piece}": "covered"})
    assert "Shared with your circle" in page.text
    assert f"/circles/{circle.id}/evidence/{piece}" in reader.as_(salma).open(at(circle, entry_id))


class TestSentAfterTheVisitEnded:
    """H5: text comes back, and that a file was chosen with it is said: a page cannot keep that."""

    def test_one_word_and_a_file(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        page = reader.press("Keep as draft", file=(picture(), "IMG_2041.jpg"), answer_did="Quizzes", expect=401)
        assert "Your text is safe here" in page.text
        assert ">\nQuizzes</textarea>" in page
        assert "The file that you chose could not be kept here." in page.text
        assert "IMG_2041" not in page

    def test_without_a_file_nothing_is_said_of_one(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama)
        reader.as_(ama).open(at(circle, entry_id))
        with db.work() as unit:
            unit.query(Visit).delete()
            unit.commit()
        page = reader.press("Keep as draft", answer_did="Quizzes", expect=401)
        assert "The file that you chose" not in page.text


class TestForTheWholeProgramme:
    """Chosen work is shown to every circle: its author says so, and says otherwise whenever she likes."""

    def test_another_circle_finds_and_reads_it_without_what_was_said(
        self, reader: Reader, circle: Circle, ama: Person, salma: Person
    ) -> None:
        elsewhere = build.circle()
        jurg = build.member(elsewhere, name="Jürg Müller")
        entry_id = begun(circle, ama, "Exit tickets for everybody", share=True)
        with db.work() as unit:
            feedback_build.sent(unit.query(EntryVersion).one(), salma, "A remark of the circle")
            unit.commit()
        listed = f"/circles/{elsewhere.id}/shared/elsewhere"
        assert "Exit tickets" not in reader.as_(jurg).open(listed).text
        page = reader.as_(ama).open(at(circle, entry_id))
        page = reader.press("Share it with every circle of the programme")
        assert "Every circle of your programme can read it now." in page.text
        assert "teachers and facilitators of every circle in your programme" in page.text
        assert "Shared with your programme" in page.text
        reader.as_(jurg).open(listed)
        page = reader.follow("Exit tickets for everybody")
        assert "Ama Owusu" in page.text
        for word in ("A remark of the circle", "سلمى حداد", "Give a word"):
            assert word not in page.text
        reader.as_(ama).open(at(circle, entry_id))
        assert "Only your circle can read it now." in reader.press("Only my circle again").text
        assert "Exit tickets" not in reader.as_(jurg).open(listed).text
        reader.open(at(circle, entry_id), expect=404)

    @pytest.mark.parametrize("role", ["union_representative", "link_facilitator", "programme_manager"])
    def test_nobody_finds_it_there_who_reads_no_text(
        self, reader: Reader, circle: Circle, ama: Person, role: str
    ) -> None:
        entry_id, elsewhere = begun(circle, ama, "Exit tickets", share=True), build.circle()
        with db.work() as unit:
            audiences.widen(unit.get_one(Entry, entry_id), by=ama)
            unit.commit()
        reader.as_(build.member(elsewhere, role)).open(f"/circles/{elsewhere.id}/shared/elsewhere", expect=403)
        reader.open(at(circle, entry_id), expect=404)

    def test_a_concluded_piece_goes_there_too(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = begun(circle, ama, "Exit tickets", share=True)
        with db.work() as unit:
            entries.conclude(unit.get_one(Entry, entry_id), next_try="", by=ama)
            unit.commit()
        reader.as_(ama).open(at(circle, entry_id))
        reader.press("Share it with every circle of the programme")
        assert stored(entry_id).audience == "programme"
        assert stored(entry_id).concluded_at is not None
