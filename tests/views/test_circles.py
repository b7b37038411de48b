"""My circle: where a launch leads, and what each role finds there."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from lti_tool import db
from lti_tool.db import now
from lti_tool.models import Activity, Circle, Course, Feedback, Meeting, Membership, Norm, Person
from lti_tool.services import entries, memberships
from tests import build
from tests import feedback_build as fb
from tests.conftest import PUBLIC, sign_in
from tests.reader import Reader
from tests.services.conftest import counted  # noqa: F401 (a fixture)
from tests.services.writing import begin, reach

SECRET = "what only colleagues may read"


@pytest.fixture
def course(app: Flask) -> Course:
    return build.course()


@pytest.fixture
def circle(course: Course) -> Circle:
    return build.circle(course, name="Accra North")


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


def share(circle: Circle, author: Person, text: str, **also: str) -> int:
    with db.work() as unit:
        entry = begin(circle, author, text, **also)
        entries.share(entry, by=author)
        unit.commit()
    return entry.id


def plan(circle: Circle, title: str, **also: object) -> Meeting:
    return build._add(Meeting(circle_id=circle.id, kind="workshop", title=title, **also))


class TestLanding:
    def test_leads_to_the_only_circle(self, reader: Reader, ama: Person) -> None:
        assert "Accra North" in reader.as_(ama).open("/circles").text

    def test_the_front_door_leads_on_who_is_signed_in(self, reader: Reader, ama: Person) -> None:
        assert "Accra North" in reader.as_(ama).open("/").text

    def test_offers_a_choice_of_several(self, reader: Reader, course: Course, circle: Circle, ama: Person) -> None:
        build.join(build.circle(course, key="iec_qli", name="Kumasi"), ama)
        page = reader.as_(ama).open("/circles")
        assert "Where do you want to go?" in page.text
        assert page.text.index("Accra North My learning circle") < page.text.index("Kumasi My collective")
        assert f'href="/circles/{circle.id}"' in page

    def test_circles_of_one_name_are_told_apart_by_their_courses(self, reader: Reader, ama: Person) -> None:
        elsewhere = build.course(title="Reading aloud")
        build.join(build.circle(elsewhere, name="Accra North"), ama)
        said = reader.as_(ama).open("/circles/mine").text
        assert "My learning circle · Formative assessment Accra North My learning circle · Reading aloud" in said

    def test_another_circle_is_one_link_away_also_where_the_activity_has_its_own(
        self, reader: Reader, course: Course, circle: Circle, ama: Person
    ) -> None:
        assert "Your circles" not in reader.as_(ama).open(f"/circles/{circle.id}").text
        build.join(build.circle(course, name="Kumasi"), ama, "union_representative")
        with db.work() as unit:
            unit.query(Activity).one().circle_id = circle.id
            unit.commit()
        reader.as_(ama).open("/circles")
        choice = reader.follow("Your circles").text
        assert "Accra North Kumasi" in choice.replace(" My learning circle · Formative assessment", "")
        reader.follow("Kumasi")
        assert "Where do you want to go?" in reader.follow("Your circles").text

    def test_who_is_in_one_circle_has_no_list_of_them(self, reader: Reader, ama: Person) -> None:
        assert "Next meeting" in reader.as_(ama).open("/circles/mine").text

    def test_leads_who_may_teach_to_the_set_up(self, reader: Reader, course: Course) -> None:
        page = reader.as_(build.person(course, may_teach=True)).open("/circles")
        assert "Which programme do your circles follow?" in page.text

    @pytest.mark.usefixtures("circle")
    @pytest.mark.parametrize("teaches", [True, False])
    def test_leads_who_has_no_place_to_the_waiting_page(self, reader: Reader, course: Course, teaches: bool) -> None:
        page = reader.as_(build.person(course, may_teach=teaches)).open("/circles")
        assert "Your circle is being formed" in page.text
        assert "Accra North" not in page

    def test_a_review_opens_what_that_person_shared_for_who_may_review(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        share(circle, ama, SECRET)
        reader.as_(build.member(circle, "facilitator"))
        assert SECRET in reader.open(f"/circles?review={ama.id}")
        reader.as_(build.member(circle, "union_representative"))
        assert SECRET not in reader.open(f"/circles?review={ama.id}")


class TestWaitingPage:
    def test_shows_own_work_from_a_circle_one_has_left(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = share(circle, ama, SECRET)
        with db.work() as unit:
            draft_id = fb.draft(fb.shared(circle, build.member(circle)), unit.get_one(Person, ama.id), "Unsent.").id
            unit.query(Membership).filter_by(person_id=ama.id).update({"left_at": now()})
            unit.commit()
        page = reader.as_(ama).open("/circles")
        assert "Your circle is being formed" in page.text
        address = f"/circles/{circle.id}/entries/{entry_id}"
        assert f'href="{address}"' in page
        assert SECRET in reader.open(address)
        assert f'href="/circles/{circle.id}/feedbacks/{draft_id}"' in page
        assert "Unsent." in reader.open(f"/circles/{circle.id}/feedbacks/{draft_id}")

    def test_shows_no_work_of_anybody_else(self, reader: Reader, course: Course, circle: Circle, ama: Person) -> None:
        share(circle, ama, SECRET)
        page = reader.as_(build.person(course)).open("/circles/forming")
        assert "stays yours" not in page.text
        assert "/entries/" not in page


class TestAnotherRole:
    """Who does not write in her circle any more finds there what she wrote, whatever she became."""

    @pytest.mark.parametrize("role", ["facilitator", "union_representative", "national_researcher"])
    def test_leads_to_what_she_wrote_as_a_teacher(self, reader: Reader, circle: Circle, ama: Person, role: str) -> None:
        path = f"/circles/{circle.id}"
        entry_id = share(circle, ama, SECRET)
        with db.work() as unit:
            words = fb.sent(fb.shared(circle, build.member(circle)), unit.get_one(Person, ama.id), "A word of mine.")
            word_id = words.id
            place = unit.query(Membership).filter_by(person_id=ama.id).one()
            place.role = role
            place.rights = next(one["rights"] for one in circle.template["roles"] if one["key"] == role)
            unit.commit()
        page = reader.as_(ama).open(path)
        assert "What you wrote stays yours" in page.text
        assert f'href="{path}/entries/{entry_id}"' in page
        gives = role == "facilitator"  # whose words stand with all that she says to colleagues
        assert (f'href="{path}/feedbacks/{word_id}"' in page) is not gives
        assert "A word of mine." in reader.open(f"{path}/feedbacks/{word_id}").text
        page = reader.open(f"{path}/entries/{entry_id}")
        assert SECRET in page
        assert "Share this version" not in page.text
        assert f'href="{path}"' in page
        assert f'href="{path}/inquiry"' not in page  # which is not for her role
        reader.press("Take it back")
        assert "Share with my circle" not in reader.page.text

    def test_is_not_told_of_where_she_writes(self, reader: Reader, circle: Circle, ama: Person) -> None:
        share(circle, ama, SECRET)
        assert "stays yours" not in reader.as_(ama).open(f"/circles/{circle.id}").text

    def test_finds_her_words_from_another_circle_with_her_words(
        self, reader: Reader, circle: Circle, ama: Person
    ) -> None:
        other = build.circle(build.course_of(circle))
        build.join(other, ama)
        with db.work() as unit:
            words = fb.sent(fb.shared(circle, build.member(circle)), unit.get_one(Person, ama.id), "A word of mine.")
            word_id = words.id
            unit.query(Membership).filter_by(person_id=ama.id, circle_id=circle.id).update({"left_at": now()})
            unit.commit()
        page = reader.as_(ama).open(f"/circles/{other.id}/feedbacks")
        assert f'href="/circles/{circle.id}/feedbacks/{word_id}"' in page


class TestColleague:
    def test_finds_what_happens_next_before_what_was_shared(self, reader: Reader, circle: Circle, ama: Person) -> None:
        plan(circle, "First tries", starts_at=now() + timedelta(days=3), time_zone="Africa/Accra", place="Room 4")
        share(circle, build.member(circle, name="Salma Haddad"), "Exit tickets in a class of seventy")
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        wanted = ["Accra North", "Next meeting", "First tries", "Room 4", "Your next small step", "Colleagues shared"]
        wanted += ["Exit tickets in a class of seventy", "Salma Haddad", "Asked of you"]
        places = [page.text.index(words) for words in wanted]
        assert places == sorted(places)

    def test_begins_with_the_first_stage_and_one_main_button(self, reader: Reader, circle: Circle, ama: Person) -> None:
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        assert page.count('class="main"') + page.count('class="button main"') == 1
        assert "People speak freely when they know why the others came" in page.text
        assert "Stage 1 of 8" in reader.press("Begin").text

    def test_goes_on_with_a_draft(self, reader: Reader, circle: Circle, ama: Person) -> None:
        with db.work() as unit:
            entry = begin(circle, ama, "In large classes")
            unit.commit()
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        assert "Draft, only you." in page.text
        assert f'class="button main" href="/circles/{circle.id}/entries/{entry.id}"' in page

    def test_mends_what_is_on_hold_first(self, reader: Reader, circle: Circle, ama: Person) -> None:
        entry_id = share(circle, ama, "A child’s name")
        facilitator = build.member(circle, "facilitator")
        with db.work() as unit:
            begin(circle, ama, "A draft", stage="plan")
            version = entries.versions(entry_id, within=reach(ama))[0]
            entries.hold(version, reason="A child’s name", by=facilitator)
            unit.commit()
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        assert "It is on hold." in page.text
        assert f'class="button main" href="/circles/{circle.id}/entries/{entry_id}"' in page

    def test_is_told_what_will_be_here(self, reader: Reader, circle: Circle, ama: Person) -> None:
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        assert "What colleagues share with the circle will be here" in page.text
        assert "No meeting is planned." in page.text
        assert "Asked of you" not in page.text

    def test_does_not_find_drafts_nor_what_came_before_her(self, reader: Reader, circle: Circle, ama: Person) -> None:
        salma = build.member(circle, name="Salma Haddad")
        share(circle, salma, "Shared before she came")
        with db.work() as unit:
            begin(circle, salma, "Salma’s draft", stage="plan")
            unit.commit()
        newcomer = build.member(circle, joined_at=now() + timedelta(seconds=1))
        page = reader.as_(newcomer).open(f"/circles/{circle.id}")
        assert "Shared before she came" not in page
        assert "Salma’s draft" not in reader.as_(ama).open(f"/circles/{circle.id}")

    def test_sees_how_many_words_a_work_received(self, reader: Reader, circle: Circle, ama: Person) -> None:
        salma = build.member(circle, name="Salma Haddad")
        share(circle, salma, "Exit tickets")
        with db.work() as unit:
            for row in unit.query(Feedback):
                unit.delete(row)
            (only,), _earlier = entries.shared(circle, within=reach(ama), limit=1)
            for position in range(2):
                writer = Person(platform_id=ama.platform_id, sub=f"writer-{position}")
                unit.add(writer)
                unit.flush()
                unit.add(Feedback(version_id=only.version_id, circle_id=circle.id, writer_id=writer.id,
                                  protocol="ladder", state="sent", sent_at=now()))  # fmt: skip
            unit.commit()
        assert "Values and concern · 2 words" in reader.as_(ama).open(f"/circles/{circle.id}").text

    def test_finds_the_five_newest_and_a_way_to_all(self, reader: Reader, circle: Circle, ama: Person) -> None:
        share(circle, ama, "My own work")
        for number in range(1, 27):
            share(circle, build.member(circle, name=f"Colleague {number}"), f"Work {number}.")
        page = reader.as_(ama).open(f"/circles/{circle.id}")
        assert [number for number in range(1, 27) if f"Work {number}." in page] == [22, 23, 24, 25, 26]
        newest = reader.follow("All that colleagues shared")
        assert [number for number in range(1, 27) if f"Work {number}." in newest] == list(range(7, 27))
        assert newest.text.index("Work 26.") < newest.text.index("Work 7.")
        last = reader.follow("Earlier")
        assert [number for number in range(1, 27) if f"Work {number}." in last] == list(range(1, 7))
        assert "My own work" not in last
        assert "Work 26." in reader.follow("Newer")

    @pytest.mark.parametrize("page", ["0", "-1", "none", "99999999999999999999"])
    def test_an_address_with_a_page_that_is_not_there_is_a_page(
        self, reader: Reader, circle: Circle, ama: Person, page: str
    ) -> None:
        assert reader.as_(ama).open(f"/circles/{circle.id}/shared?page={page}").status == 200

    def test_reads_the_programme_s_own_word_for_the_circle(self, reader: Reader, course: Course) -> None:
        person = build.member(build.circle(course, key="fasmed_learning_group"), "member")
        page = reader.as_(person).open("/circles")
        assert "My learning group" in page.text
        assert "My learning circle" not in page.text


class TestFacilitator:
    def test_is_told_who_waits(self, reader: Reader, course: Course, circle: Circle) -> None:
        facilitator = build.member(circle, "facilitator")
        reader.as_(facilitator)
        assert "Waiting for a place" not in reader.open(f"/circles/{circle.id}").text
        build.learners(course, 3)
        assert "3 people of your course are in no circle yet." in reader.open(f"/circles/{circle.id}").text

    def test_has_no_step_of_her_own(self, reader: Reader, circle: Circle) -> None:
        page = reader.as_(build.member(circle, "facilitator")).open(f"/circles/{circle.id}")
        assert "Your next small step" not in page.text

    def test_sets_the_day_of_the_next_meeting_once_everybody_has_a_place(
        self, reader: Reader, course: Course, circle: Circle, ama: Person
    ) -> None:
        meeting = plan(circle, "Exit tickets")
        button = f'class="button main" href="/circles/{circle.id}/meetings/{meeting.id}"'
        facilitator = build.member(circle, "facilitator")
        assert button in reader.as_(facilitator).open(f"/circles/{circle.id}")
        assert button not in reader.as_(ama).open(f"/circles/{circle.id}")
        build.learners(course, 1)
        assert button not in reader.as_(facilitator).open(f"/circles/{circle.id}"), "who waits is first"

    def test_is_not_asked_for_a_day_that_is_set_nor_in_a_circle_that_ended(
        self, reader: Reader, circle: Circle
    ) -> None:
        plan(circle, "Exit tickets")
        reader.as_(build.member(circle, "facilitator"))
        with db.work() as unit:
            unit.query(Meeting).one().starts_at = now() + timedelta(days=3)
            unit.commit()
        assert "Set the day" not in reader.open(f"/circles/{circle.id}").text
        with db.work() as unit:
            unit.query(Meeting).one().starts_at = None
            unit.get_one(Circle, circle.id).closed_at = now()
            unit.commit()
        assert "Set the day" not in reader.open(f"/circles/{circle.id}").text


READERS = {"teacher", "facilitator"}
COUNTERS = {"union_representative", "link_facilitator", "programme_manager"}


class TestPresence:
    """Roles that never read a text see how the circle lives and nothing that anybody wrote (H1, H3)."""

    @pytest.mark.parametrize("role", [*sorted(COUNTERS), "national_researcher", "international_researcher"])
    def test_has_sums_and_never_a_text(self, reader: Reader, circle: Circle, ama: Person, role: str) -> None:
        entry_id = share(circle, ama, SECRET)
        build._add(Norm(circle_id=circle.id, text="We start on time", agreed_on=now().date()))
        plan(circle, "First tries", held=True)
        page = reader.as_(build.member(circle, role, "Efua Sarpong")).open(f"/circles/{circle.id}")
        assert SECRET not in page
        assert "Ama Owusu" not in page
        assert "Your role does not see it." in page.text
        assert ("1 of 1 meetings held" in page.text) is (role in COUNTERS)
        assert ("1 piece of work shared" in page.text) is (role in COUNTERS)
        assert ("We start on time" in page.text) is (role in COUNTERS)
        reader.open(f"/circles/{circle.id}/entries/{entry_id}", expect=404)

    def test_a_union_representative_stays_one_whatever_the_lms_says(
        self, reader: Reader, course: Course, circle: Circle, ama: Person
    ) -> None:
        """Instructor at launch, Learner in the roster: the presence page, no text, no words, no credit."""
        entry_id = share(circle, ama, SECRET)
        person = build.member(circle, "union_representative")
        build.enrolment(course, person, launch_roles=[build.INSTRUCTOR], roster_roles=[build.LEARNER], may_teach=True)
        reader.as_(person)
        assert "How the circle lives" in reader.open("/circles").text
        with db.work(read_only=True) as unit:
            version = unit.query(Feedback.version_id).first()
        for path in (f"entries/{entry_id}", f"entries/{entry_id}/versions/1", "feedbacks/1"):
            reader.open(f"/circles/{circle.id}/{path}", expect=404)
        for path in ("inquiry", "reviews", "reviews/words", "feedbacks", "people", "credit"):
            reader.open(f"/circles/{circle.id}/{path}", expect=403)
        reader.open(f"/courses/{course.id}/set-up/programme", expect=404)
        assert version is None or version[0]
        with db.work(read_only=True) as unit:
            assert unit.query(Feedback).filter_by(writer_id=person.id).count() == 0

    def test_a_manager_finds_the_people_she_places(self, reader: Reader, course: Course, circle: Circle) -> None:
        build.learners(course, 1)
        page = reader.as_(build.member(circle, "programme_manager")).open(f"/circles/{circle.id}")
        assert "1 person of your course is in no circle yet." in page.text
        assert f'href="/circles/{circle.id}/people"' in page

    def test_who_becomes_a_teacher_starts_today(self, reader: Reader, circle: Circle, ama: Person) -> None:
        facilitator = build.member(circle, "facilitator")
        person = build.member(circle, "union_representative")
        share(circle, ama, SECRET)
        with db.work() as unit:
            membership = unit.query(Membership).filter_by(person_id=person.id).one()
            memberships.change_role(membership, role="teacher", by=facilitator)
            unit.commit()
        assert SECRET not in reader.as_(person).open(f"/circles/{circle.id}")
        share(circle, build.member(circle), "Shared from then on", stage="plan")
        assert "Shared from then on" in reader.open(f"/circles/{circle.id}")


def crowd(course: Course, people: int) -> tuple[Circle, Person, Person]:
    """A circle of so many people with something in every block of its page."""
    circle = build.circle(course)
    reads, facilitator = build.member(circle), build.member(circle, "facilitator")
    authors = [build.member(circle) for _ in range(6)]
    rest = build.learners(course, people - 8)
    with db.work() as unit:
        for person in rest:
            unit.add(
                Membership(
                    circle_id=circle.id,
                    person_id=person.id,
                    role="teacher",
                    rights="teacher",
                    joined_at=now() - timedelta(hours=1),
                )
            )
        unit.flush()
        begin(circle, reads, "A draft of her own", stage="plan")
        for author in authors:
            entries.share(begin(circle, author, "Exit tickets"), by=author)
        version_id = entries.shared(circle, within=reach(reads), limit=1)[0][0].version_id
        for person in (reads, facilitator):
            db.find_or_add(
                Feedback,
                version_id=version_id,
                writer_id=person.id,
                also={"circle_id": circle.id, "protocol": "ladder", "state": "invited"},
            )
        unit.commit()
    plan(circle, "First tries", starts_at=now() + timedelta(days=3))
    return circle, reads, facilitator


@pytest.mark.parametrize("which", ["a teacher", "a facilitator"])
def test_the_circle_page_takes_the_same_few_statements_for_13_60_and_300_people(
    course: Course,
    reader: Reader,
    counted: list[str],  # noqa: F811 (the fixture above)
    which: str,
) -> None:
    needed = {}
    for people in (13, 60, 300):
        circle, teacher, facilitator = crowd(build.course(), people)
        reader.as_(teacher if which == "a teacher" else facilitator)
        counted.clear()
        page = reader.client.get(f"/circles/{circle.id}")
        needed[people] = len(counted)
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert "Exit tickets" in text
        assert "Asked of you" in text
        assert ("A draft" in text) is False  # a draft is announced, never quoted
        assert len(counted) <= 12, "\n\n".join(counted)
    assert len(set(needed.values())) == 1, needed


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A small frame in a real browser that reads our pages without a network."""
    page = chromium.new_page(viewport={"width": 374, "height": 595})
    yield page
    page.close()


@pytest.mark.browser
def test_the_next_step_and_its_button_are_on_the_first_screen(app: Flask, course: Course, phone: Page) -> None:
    circle, teacher, _facilitator = crowd(course, 13)
    with db.work() as unit:
        meeting = unit.query(Meeting).one()
        meeting.title = "Formative assessment: choose a practice, write an action plan"
        meeting.place, meeting.link = "Wesley Girls’ School, Room 4", "https://meet.example.org/4"
        unit.commit()
    build.join(build.circle(course), teacher)  # and in a second one
    client = app.test_client()
    sign_in(client, teacher)

    def answer(route: Route) -> None:
        with client.get(urlsplit(route.request.url).path) as found:
            route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.get_data())

    phone.route("**/*", answer)
    for language in ("en", "fr", "ar"):
        with db.work() as unit:
            unit.get_one(Person, teacher.id).locale = language
            unit.commit()
        phone.goto(f"{PUBLIC}/circles/{circle.id}")
        assert phone.locator("html").get_attribute("lang") == language
        button = phone.locator(".main").first.bounding_box()
        assert button
        assert button["y"] + button["height"] <= 595, language
        assert phone.evaluate("document.documentElement.scrollWidth") <= 374
