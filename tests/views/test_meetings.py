"""Meetings and what the circle agreed: everybody sees them, the facilitator keeps them."""

from datetime import timedelta

import pytest

from lti_tool import access, db
from lti_tool.access import Permission, Rights
from lti_tool.db import now
from lti_tool.models import Circle, Meeting, Norm, Person
from tests import build
from tests.reader import Reader

MEETING = {
    "day": "2026-03-12",
    "hour": "16:00",
    "time_zone": "Africa/Accra",
    "minutes": "90",
    "place": "Room 4",
    "link": "https://meet.example.org/4",
}


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def facilitator(reader: Reader, circle: Circle) -> Person:
    person = build.member(circle, "facilitator")
    reader.as_(person)
    return person


def plan(circle: Circle, title: str = "First tries", **also: object) -> Meeting:
    return build._add(Meeting(circle_id=circle.id, kind="workshop", title=title, **also))


def kept(meeting: Meeting) -> Meeting:
    with db.work(read_only=True) as unit:
        return unit.get_one(Meeting, meeting.id)


def address(circle: Circle, meeting: Meeting | None = None) -> str:
    return f"/circles/{circle.id}/meetings" + (f"/{meeting.id}" if meeting else "")


@pytest.mark.usefixtures("facilitator")
class TestMeeting:
    def test_gets_a_day_an_hour_and_a_place(self, reader: Reader, circle: Circle) -> None:
        meeting = plan(circle)
        page = reader.open(address(circle, meeting), **MEETING)
        assert "The meeting is kept." in page.text
        assert "Thursday 12 March, 16:00 · Room 4" in page.text or "Thursday 12 March 2026, 16:00 · Room 4" in page.text
        found = kept(meeting)
        assert str(found.starts_at) == "2026-03-12 16:00:00+00:00"
        assert (found.minutes, found.link, found.held) == (90, "https://meet.example.org/4", False)
        assert 'rel="external noopener noreferrer"' in page

    def test_is_shown_again_as_it_was_said(self, reader: Reader, circle: Circle) -> None:
        meeting = plan(circle)
        reader.open(address(circle, meeting), **{**MEETING, "time_zone": "Asia/Seoul"})
        page = reader.open(address(circle, meeting))
        assert 'value="2026-03-12"' in page
        assert 'value="16:00"' in page
        assert '<option selected value="Asia/Seoul">' in page

    def test_the_next_one_is_proposed_on_the_same_clocks(self, reader: Reader, circle: Circle) -> None:
        reader.open(address(circle, plan(circle)), **MEETING)
        page = reader.open(address(circle, plan(circle, "Second tries")))
        assert '<option selected value="Africa/Accra">' in page

    @pytest.mark.parametrize(
        ("locale", "zone"),
        [
            ("en_gh", "Africa/Accra"),
            ("pt-BR", "America/Sao_Paulo"),
            ("fr_SN", "Africa/Dakar"),
            ("fr", "UTC"),
            ("", "UTC"),
        ],
    )
    def test_the_first_one_is_proposed_on_the_clocks_of_the_visitor_s_country(
        self, reader: Reader, circle: Circle, locale: str, zone: str
    ) -> None:
        """The programme's own zone of that country goes first: Brazil has sixteen."""
        person = build.person(build.course_of(circle), locale=locale)
        build.join(circle, person, "facilitator")
        reader.as_(person)
        assert f'<option selected value="{zone}">' in reader.open(address(circle, plan(circle)))

    def test_the_first_one_of_a_circle_is_proposed_on_the_clocks_of_its_cohort(
        self, reader: Reader, circle: Circle
    ) -> None:
        other = build.circle(name="Next door")
        with db.work() as unit:
            unit.get_one(Circle, other.id).cohort_id = circle.cohort_id
            unit.commit()
        plan(other, starts_at=now(), time_zone="Asia/Seoul")
        assert '<option selected value="Asia/Seoul">' in reader.open(address(circle, plan(circle)))

    def test_the_next_one_is_given_a_day_by_a_button(self, reader: Reader, circle: Circle) -> None:
        first = plan(circle)
        plan(circle, "Second tries", position=1)
        reader.open(address(circle))
        assert "Minutes" in reader.follow("Set the day").text
        reader.open(address(circle, first), **MEETING)
        assert "Set the day" not in reader.open(address(circle)).text

    def test_those_without_a_day_are_folded_but_the_next(self, reader: Reader, circle: Circle) -> None:
        for title in ("One", "Two", "Three"):
            plan(circle, title)
        text = reader.open(address(circle)).text
        assert text.count("The day is not set yet.") == 1
        places = [text.index(words) for words in ("One", "2 more have no day yet", "Two", "Three")]
        assert places == sorted(places)
        plan(circle, "Four", starts_at=now())
        assert "3 more have no day yet" in reader.open(address(circle)).text

    def test_asks_what_came_of_it_once_it_has_begun_and_not_before(self, reader: Reader, circle: Circle) -> None:
        meeting, unfolded = plan(circle), '<details class="more" open><summary>Afterwards'
        assert unfolded not in reader.open(address(circle, meeting)), "whoever sets the day is asked nothing else"
        page = reader.open(address(circle, meeting), expect=422, **{**MEETING, "present": "-1"})
        assert unfolded in page, "what is to be mended"
        reader.open(address(circle, meeting), **{**MEETING, "day": "2099-03-12"})
        assert unfolded not in reader.open(address(circle, meeting))
        reader.open(address(circle, meeting), day="2026-03-12")
        assert unfolded in reader.open(address(circle, meeting))

    def test_can_lose_its_day(self, reader: Reader, circle: Circle) -> None:
        meeting = plan(circle, starts_at=now())
        reader.open(address(circle, meeting), day="", hour="")
        assert kept(meeting).starts_at is None

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"hour": ""}, "Please give the day and the time, or neither."),
            ({"day": ""}, "Please give the day and the time, or neither."),
            ({"day": "0001-01-01"}, "Please look at the year once more."),
            ({"day": "9999-12-31"}, "Please look at the year once more."),
            ({"day": "soon"}, "Please write a day, like 2026-03-12."),
            ({"minutes": "0"}, "Number must be between 5 and 1440."),
            ({"time_zone": "Mars/Olympus"}, "Please choose one of these."),
            ({"link": "javascript:alert(1)"}, "Please write a whole web address, beginning with https://"),
            ({"link": "meet.example.org"}, "Please write a whole web address, beginning with https://"),
        ],
    )
    def test_says_what_to_mend(self, reader: Reader, circle: Circle, change: dict[str, str], sentence: str) -> None:
        meeting = plan(circle)
        page = reader.open(address(circle, meeting), expect=422, **{**MEETING, **change})
        assert sentence in page.text
        assert "Room 4" in page
        assert kept(meeting).starts_at is None

    def test_that_was_held_is_counted_and_names_nobody(self, reader: Reader, circle: Circle) -> None:
        meeting = plan(circle, starts_at=now() - timedelta(days=1))
        page = reader.open(address(circle, meeting), held="y", present="9")
        assert "9 people were there" in page.text
        assert page.text.index("Held already") < page.text.index("9 people were there")
        assert kept(meeting).held

    def test_can_be_added(self, reader: Reader, circle: Circle) -> None:
        reader.open(address(circle))
        page = reader.press("Add it", title="One more evening", minutes="45")
        assert "One more evening" in page.text
        with db.work(read_only=True) as unit:
            assert (unit.query(Meeting).one().title, unit.query(Meeting).one().minutes) == ("One more evening", 45)

    def test_without_a_title_is_asked_for_one(self, reader: Reader, circle: Circle) -> None:
        reader.open(address(circle))
        page = reader.press("Add it", expect=422, title=" ")
        assert "Please fill this in." in page.text
        assert page.count("<details") == page.count("<details class") != 0

    def test_of_another_circle_is_out_of_this_address(
        self, reader: Reader, circle: Circle, facilitator: Person
    ) -> None:
        """She runs this circle and only visits the other: its meetings are not hers to move."""
        other = build.circle()
        build.join(other, facilitator, "link_facilitator")
        meeting = plan(other)
        reader.open(f"/circles/{circle.id}/meetings/{meeting.id}", expect=404)
        reader.open(address(circle))
        reader.send(f"/circles/{circle.id}/meetings/{meeting.id}", expect=404, **MEETING)
        assert kept(meeting).starts_at is None

    def test_in_a_circle_that_has_ended_none_is_added(self, reader: Reader) -> None:
        circle = build.circle(closed_at=now())
        reader.as_(build.member(circle, "facilitator")).open(address(circle))
        page = reader.press("Add it", title="More", expect=409)
        assert "This circle has ended" in page.text


@pytest.mark.usefixtures("facilitator")
class TestNorm:
    def test_is_written_down_and_ended(self, reader: Reader, circle: Circle) -> None:
        reader.open(address(circle))
        assert "We start on time" in reader.press("Write it down", text="We start on time").text
        assert "We start on time" not in reader.press("No longer").text
        with db.work(read_only=True) as unit:
            assert unit.query(Norm).one().ended_at is not None

    def test_of_another_circle_is_out_of_this_address(
        self, reader: Reader, circle: Circle, facilitator: Person
    ) -> None:
        other = build.circle()
        build.join(other, facilitator, "facilitator")
        norm = build._add(Norm(circle_id=other.id, text="We start on time", agreed_on=now().date()))
        reader.open(address(circle))
        reader.send(f"{address(circle)}/norms/{norm.id}/end", expect=404)
        with db.work(read_only=True) as unit:
            assert unit.get_one(Norm, norm.id).ended_at is None


@pytest.mark.parametrize("role", ["teacher", "union_representative", "link_facilitator", "programme_manager"])
def test_others_look_and_find_nothing_to_press(reader: Reader, circle: Circle, role: str) -> None:
    meeting = plan(circle)
    build._add(Norm(circle_id=circle.id, text="We start on time", agreed_on=now().date()))
    page = reader.as_(build.member(circle, role)).open(address(circle))
    assert "First tries" in page.text
    assert "We start on time" in page.text
    assert "Add it" not in page.text
    assert "No longer" not in page.text
    assert address(circle, meeting) not in page
    reader.send(address(circle), title="Mine", minutes="60", expect=403)


def test_an_empty_page_says_what_will_be_here(reader: Reader, circle: Circle) -> None:
    page = reader.as_(build.member(circle)).open(address(circle))
    assert "The meetings of the circle will be here." in page.text
    assert "What you agree on about working together will be here." in page.text


@pytest.mark.usefixtures("facilitator")
def test_who_can_see_it_stands_beside_every_box(
    reader: Reader, circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence comes from the grants that guard the page."""
    said = "Who can see this: teachers of the circle, its facilitators, those who support the circle from outside"
    meeting = plan(circle)
    for path, forms in ((address(circle), 2), (address(circle, meeting), 1)):
        assert reader.open(path).text.count(said) == forms
    fewer = access.GRANTS[Rights.SUPPORTER] - {Permission.SEE_MEETINGS}
    monkeypatch.setitem(access.GRANTS, Rights.SUPPORTER, fewer)
    assert said not in reader.open(address(circle)).text


class TestHowFeedbackIsGiven:
    """The circle's two choices, which its facilitator keeps and every member reads."""

    @pytest.mark.usefixtures("facilitator")
    def test_is_chosen_by_who_runs_the_circle(self, reader: Reader, circle: Circle) -> None:
        page = reader.open(address(circle))
        assert "Words reach the author of the work at once." in page.text
        page = reader.fill(at_meeting="y")
        assert "This holds for words that are begun from now on." in page.text
        assert "Words reach the author of the work at the next meeting" in page.text
        assert "once they have sent their own" in page.text
        with db.work(read_only=True) as unit:
            found = unit.get_one(Circle, circle.id)
            assert (found.feedback_after_own, found.feedback_at_meeting) == (True, True)

    def test_is_read_and_not_changed_by_a_teacher(self, reader: Reader, circle: Circle) -> None:
        reader.as_(build.member(circle))
        page = reader.open(address(circle))
        assert "once they have sent their own" in page.text
        assert "Agree on something else" not in page.text
