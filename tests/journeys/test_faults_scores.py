"""What becomes of a credit when the LMS is in trouble, and what its facilitator reads meanwhile.

However it went, the gradebook ends with exactly one right value for each person: never an older one, never a second
column, never (on Canvas) a second attempt.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db, jobs
from lti_tool.demo import claims
from lti_tool.lti import http
from lti_tool.models import Activity, Course, Credit, Delivery, Enrolment, Membership, Person
from lti_tool.services import columns, rosters
from tests import school
from tests.conftest import PUBLIC
from tests.school import TEACHERS, School

HOUR = 3600
ON_ITS_WAY, ARRIVED, REFUSED = "On its way", "Arrived in the course", "Did not arrive"
NOT_REACHED = "could not be reached. It is tried again by itself."


RARE = [pytest.param(name, marks=pytest.mark.slow) for name in ("moodle-4.5", "open-edx")]


@pytest.fixture(params=["plain", "canvas", *RARE])
def lms(request: pytest.FixtureRequest, app: Flask) -> Iterator[School]:
    """A circle in each kind of LMS."""
    with school.joined(app, request.param, public_url=PUBLIC) as made:
        made.set_up()
        yield made


@pytest.fixture
def plain(app: Flask) -> Iterator[School]:
    """A circle in an LMS by the book."""
    with school.joined(app, public_url=PUBLIC) as made:
        made.set_up()
        yield made


def payload(of: School) -> dict[str, object]:
    """The one score that is owed or was sent."""
    with db.work(read_only=True) as unit:
        return dict(unit.scalars(sa.select(Delivery.payload).where(Delivery.kind == "score")).one())


def right(of: School, **given: float) -> None:
    """The gradebook holds this and nothing else, in one column; on Canvas without any attempt."""
    cells = {person: of.cell(person) for person in TEACHERS}
    assert {person: cell.given for person, cell in cells.items() if cell} == given
    if of.lms.quirks.name == "canvas":
        assert {cell.attempts for cell in cells.values() if cell} == {0}
    assert of.owed() == []


def kept(of: School) -> list[str]:
    """Whose scores the LMS kept, in order."""
    return [post.user_id for post in of.lms.gradebook.posts if post.status < 300]


def test_an_lms_that_is_down_gets_it_when_it_is_back(lms: School) -> None:
    lms.lms.faults.set(down=True)
    lms.share("teacher01")
    assert lms.work() == (0, 1)
    assert lms.columns == []
    page = lms.credit_page()
    assert ON_ITS_WAY in page
    assert NOT_REACHED in page
    lms.lms.faults.clear()
    assert lms.wait(HOUR) == (1, 0)
    right(lms, teacher01=1)
    assert ARRIVED in lms.credit_page()


def test_an_lms_that_is_slow_may_have_heard_it_and_is_told_once(plain: School, monkeypatch: pytest.MonkeyPatch) -> None:
    plain.share("teacher01")
    plain.work()
    plain.share("teacher02")  # the column is there, and nothing of hers is asked for first
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    plain.lms.faults.set(slow=0.8)
    assert plain.work() == (0, 1)
    assert NOT_REACHED in plain.credit_page()
    plain.lms.faults.clear()
    time.sleep(1)  # it goes on with what it was asked
    assert plain.cell("teacher02").given == 1, "the LMS heard us and we do not know it"  # type: ignore[union-attr]
    assert plain.wait(HOUR) == (1, 0)
    right(plain, teacher01=1, teacher02=1)
    assert len(kept(plain)) == 2


def test_an_lms_that_asks_us_to_wait_is_left_in_peace_so_long(plain: School) -> None:
    plain.share("teacher01")
    plain.lms.faults.set(rate_limited=1, retry_after=1800)
    assert plain.work() == (0, 1)
    assert NOT_REACHED in plain.credit_page()
    assert plain.wait(1500) == (0, 0)
    assert plain.lms.gradebook.posts == []
    assert plain.wait(400) == (1, 0)
    right(plain, teacher01=1)


def test_what_a_busy_lms_did_not_take_arrives_later(lms: School) -> None:
    lms.share("teacher01")
    lms.work()
    lms.share("teacher02")
    lms.lms.faults.set(rate_limited=1)
    assert lms.work() == (0, 1)
    assert NOT_REACHED in lms.credit_page()
    assert lms.wait(HOUR) == (1, 0)
    right(lms, teacher01=1, teacher02=1)


def test_keys_and_tokens_that_the_lms_changes_are_no_obstacle(lms: School) -> None:
    lms.share("teacher01")
    lms.work()
    lms.lms.rotate_keys()
    lms.share("teacher02")
    lms.lms.forget_tokens()
    assert lms.work() == (1, 0), "its signature and its tokens are new, and nobody had to wait"
    right(lms, teacher01=1, teacher02=1)


def test_an_answer_that_was_lost_leads_to_the_same_words_again(lms: School) -> None:
    lms.share("teacher01")
    lms.lms.faults.set(lost_answers=1)
    assert lms.work() == (0, 1)
    said = payload(lms)
    assert ON_ITS_WAY in lms.credit_page()
    assert lms.wait(HOUR) == (1, 0)
    assert payload(lms) == said
    assert [post.status < 300 for post in lms.lms.gradebook.posts] == [True, False]
    right(lms, teacher01=1)
    assert ARRIVED in lms.credit_page()


def test_a_worker_that_died_before_it_noted_the_sending_does_no_harm(lms: School) -> None:
    lms.share("teacher01")
    lms.work()
    with db.work() as unit:
        unit.execute(sa.update(Delivery).where(Delivery.kind == "score").values(done_at=None))
        unit.commit()
    assert lms.work() == (1, 0)
    right(lms, teacher01=1)
    assert len(kept(lms)) == 1


def test_of_two_changes_the_later_one_stands_whatever_is_lost_between(lms: School) -> None:
    lms.share("teacher01")
    lms.lms.faults.set(lost_answers=1)
    lms.work()
    lms.share("teacher01", stage="Action plan", prompt="steps")
    assert lms.work() == (1, 0), "what is newer need not wait"
    assert lms.wait(HOUR) == (0, 0), "the older one is forgotten"
    right(lms, teacher01=2)


def test_changes_within_a_second_are_stated_a_second_apart(plain: School) -> None:
    moments = []
    for stage, prompt in (("Values and concern", "concern"), ("Action plan", "steps"), ("Vignette", "trouble")):
        plain.share("teacher01", stage=stage, prompt=prompt)
        moments.append(datetime.fromisoformat(str(payload(plain)["stated_at"])))
        plain.work()
    assert all(later > earlier for earlier, later in itertools.pairwise(moments))
    assert {moment.microsecond for moment in moments} == {0}
    right(plain, teacher01=3)
    assert len(kept(plain)) == 3


def test_who_has_left_the_course_is_named_and_the_others_are_not_held_up(lms: School) -> None:
    lms.share("teacher01")
    lms.share("teacher02")
    lms.lms.remove_person("teacher01", school.COURSE)
    assert lms.work()[0] == 1
    page = lms.credit_page()
    assert REFUSED in page
    assert "does not know this person there. It goes out by itself once the person is back." in page
    assert page.count(ARRIVED) == 1
    lms.lms.restore_people()
    facilitator = lms.open(school.FACILITATOR)
    facilitator.open(f"{lms.path}/credit")
    assert "It is on its way again" in facilitator.press("Try again").text
    assert lms.work() == (1, 0)
    right(lms, teacher01=1, teacher02=1)


def test_who_comes_back_gets_what_was_refused_without_anybodys_doing(lms: School) -> None:
    lms.share("teacher01")
    lms.lms.remove_person("teacher01", school.COURSE)
    assert lms.work() == (0, 0)
    lms.lms.restore_people()
    lms.open("teacher01")
    assert lms.work()[0] >= 1
    right(lms, teacher01=1)


def test_who_is_back_on_the_roster_need_not_even_open_the_activity(plain: School) -> None:
    plain.share("teacher01")
    plain.lms.remove_person("teacher01", school.COURSE)
    plain.work()
    assert read_roster(plain) == "left"
    plain.lms.restore_people()
    assert read_roster(plain) == "there"
    plain.work()
    right(plain, teacher01=1)


def read_roster(of: School) -> str:
    """Read the people of the course now; whether the first teacher is among them."""
    with db.work(read_only=True) as unit:
        course = unit.scalars(sa.select(Course.id)).one()
    rosters.read({"course_id": course})
    with db.work(read_only=True) as unit:
        named = sa.select(Enrolment.left_at).join(Person).where(Person.sub == of.lms.person_of("teacher01").id)
        return "left" if unit.scalars(named).one() else "there"


def make_column_again(of: School) -> str:
    """The facilitator presses the button of the credit page."""
    facilitator = of.open(school.FACILITATOR)
    facilitator.open(f"{of.path}/credit")
    return facilitator.press("Make the column again").text


def test_a_column_that_was_deleted_is_made_again_when_somebody_says_so(lms: School) -> None:
    lms.share("teacher01")
    lms.share("teacher02")
    lms.work()
    lms.lms.gradebook.delete(lms.columns[0].id)
    lms.share("teacher11")
    assert lms.work() == (0, 0)
    assert lms.wait(HOUR) == (0, 0), "whoever deleted it may have meant it"
    assert lms.columns == []
    page = lms.credit_page()
    assert "The column in the course was taken away. Nothing is lost here" in page
    assert "The column is made again" in make_column_again(lms)
    lms.work()
    lms.wait(HOUR)
    right(lms, teacher01=1, teacher02=1, teacher11=1)
    assert "taken away" not in lms.credit_page()


def test_a_column_that_the_course_names_by_itself_takes_the_place_of_a_deleted_one(plain: School) -> None:
    plain.share("teacher01")
    plain.work()
    plain.lms.gradebook.delete(plain.columns[0].id)
    plain.share("teacher02")
    plain.work()
    link = plain.lms.activities(school.COURSE, plain.client_id)[0].id
    said = {"label": "Made by hand", "scoreMaximum": 6, "resourceLinkId": link}
    plain.lms.gradebook.add(school.COURSE, plain.client_id, said)
    plain.open("teacher02")
    plain.work()
    right(plain, teacher01=1, teacher02=1)
    assert plain.columns[0].label == "Made by hand"


def test_workers_that_need_the_column_at_once_make_one(lms: School) -> None:
    for person in TEACHERS:
        lms.share(person)
    threads = [threading.Thread(target=jobs.sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lms.columns) == 1
    lms.wait(HOUR)
    right(lms, teacher01=1, teacher02=1, teacher11=1)


def test_who_cannot_find_or_make_the_column_in_time_makes_none(plain: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker may be making it by then: the claim on it would be over."""
    assert columns.ENOUGH + timedelta(seconds=30) < columns.CLAIM
    monkeypatch.setattr(columns, "ENOUGH", timedelta(seconds=0.5))
    plain.share("teacher01")
    plain.lms.faults.set(slow=0.3)
    assert plain.work() == (0, 1)
    assert NOT_REACHED in plain.credit_page()
    plain.lms.faults.clear()
    time.sleep(1)  # it goes on with what it was asked
    assert plain.columns == []
    assert plain.wait(HOUR) == (1, 0)
    right(plain, teacher01=1)


def test_whoever_looks_finds_the_column_being_made_or_noted(plain: School) -> None:
    """In between, a second worker would look for it once more."""
    found: list[tuple[bool, bool]] = []
    query = sa.select(Activity.column_claimed_until.is_not(None), Activity.line_item_url.is_not(None))

    def look(_session: object) -> None:
        with db.engine().connect() as beside:
            found.extend((bool(claimed), bool(noted)) for claimed, noted in beside.execute(query))

    plain.share("teacher01")
    sa.event.listen(db.WorkSession, "after_commit", look)
    try:
        assert plain.work() == (1, 0)
    finally:
        sa.event.remove(db.WorkSession, "after_commit", look)
    begun = found[found.index((True, False)) :]
    assert (False, True) in begun
    assert (False, False) not in begun


def test_a_column_that_was_made_without_our_hearing_of_it_is_found(
    plain: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.share("teacher01")
    add = plain.lms.gradebook.add

    def slowly(*words: object, **facts: object) -> object:
        made = add(*words, **facts)  # type: ignore[arg-type]
        time.sleep(0.8)
        return made

    monkeypatch.setattr(plain.lms.gradebook, "add", slowly)
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    assert plain.work() == (0, 1)
    time.sleep(0.8)
    assert len(plain.columns) == 1
    assert plain.wait(HOUR) == (1, 0)
    right(plain, teacher01=1)


def test_of_two_columns_of_ours_one_is_taken_and_no_third_is_made(plain: School) -> None:
    link = plain.lms.activities(school.COURSE, plain.client_id)[0].id
    said = {"label": "Learning circle", "scoreMaximum": 6, "resourceId": "circle-credit", "resourceLinkId": link}
    for _ in range(2):
        plain.lms.gradebook.add(school.COURSE, plain.client_id, said)
    plain.share("teacher01")
    assert plain.work() == (1, 0)
    assert len(plain.columns) == 2
    first = plain.columns[0].id
    assert plain.lms.gradebook.cell(first, "teacher01")
    plain.share("teacher02")
    plain.work()
    assert plain.lms.gradebook.cell(first, "teacher02"), "everybody stands in the same one"


def changed_by_hand(lms: School) -> None:
    """Somebody writes into the gradebook while a score is on its way."""
    lms.share("teacher01")
    lms.work()
    lms.share("teacher01", stage="Action plan", prompt="steps")
    lms.clock.shift(60)
    lms.lms.gradebook.edit(lms.columns[0].id, "teacher01", 5)
    assert lms.work() == (0, 0)
    page = lms.credit_page()
    assert "Did not arrive: the course holds something of its own" in page
    assert "The course holds something else, written there later. Which of the two is to stand?" in page
    assert held(lms) == (5, True)


def held(lms: School) -> tuple[float | None, bool]:
    cell = lms.cell("teacher01")
    assert cell
    return cell.given, cell.by_hand


def decide(lms: School, label: str) -> str:
    facilitator = lms.open(school.FACILITATOR)
    facilitator.open(f"{lms.path}/credit")
    return facilitator.press(label).text


def test_what_somebody_changed_by_hand_stands_if_the_facilitator_says_so(lms: School) -> None:
    changed_by_hand(lms)
    page = decide(lms, "Keep what the course holds")
    assert "What the course holds stands" in page
    assert "Send ours" not in page
    jobs.look_again()
    lms.wait(HOUR)
    assert held(lms) == (5, True)
    assert lms.owed() == []
    lms.share("teacher01", stage="Vignette", prompt="trouble")
    assert lms.work()[0] >= 1, "our own value changed: that is news"
    assert held(lms) == (3, False)
    assert "What the course holds stands" not in lms.credit_page()


WRITTEN = ["plain", "canvas", *(pytest.param(name, marks=pytest.mark.slow) for name in ("moodle-4.5", "blackboard"))]


@pytest.mark.parametrize("profile", WRITTEN)
def test_words_that_somebody_wrote_beside_a_score_stay(app: Flask, profile: str) -> None:
    with school.joined(app, profile, public_url=PUBLIC) as made:
        made.set_up()
        made.share("teacher01")
        made.work()
        assert beside(made) == ["You took part: A concern shared with the circle."]
        made.lms.gradebook.edit(made.columns[0].id, "teacher01", 1, comment="Well done, come and see me")
        made.clock.shift(60)
        made.share("teacher01", stage="Action plan", prompt="steps")
        made.work()
        assert "Well done, come and see me" in beside(made)
        assert held(made) == (2, False)


def beside(of: School) -> list[str]:
    """What stands beside the score of the first teacher."""
    cell = of.cell("teacher01")
    assert cell
    return cell.thread or [cell.comment]


def test_each_score_says_what_it_is_for_and_again_the_same(lms: School) -> None:
    lms.share("teacher01")
    lms.lms.faults.set(lost_answers=1)
    lms.work()
    lms.wait(HOUR)
    assert beside(lms) == ["You took part: A concern shared with the circle."]
    lms.share("teacher01", stage="Action plan", prompt="steps")
    lms.work()
    last = "You took part: A concern shared with the circle; An action plan shared with the circle."
    assert beside(lms)[-1] == last


def test_ours_replaces_what_was_changed_by_hand_if_the_facilitator_says_so(lms: School) -> None:
    changed_by_hand(lms)
    decide(lms, "Send ours")
    assert lms.work()[0] >= 1
    assert held(lms) == (2, False)
    assert ARRIVED in lms.credit_page()


def test_without_the_right_to_look_nobody_says_that_somebody_changed_it(app: Flask) -> None:
    """A 409 for our own lost answer and one for somebody else's change look the same then."""
    rights = [one for one in claims.AGS_SCOPES if one != claims.RESULT_READ]
    with school.joined(app, "moodle-4.5", public_url=PUBLIC, scopes=[*rights, claims.ROSTER_READ]) as lms:
        lms.set_up()
        lms.share("teacher01")
        lms.lms.faults.set(lost_answers=1)
        lms.work()
        assert lms.wait(HOUR) == (0, 0)
        page = lms.credit_page()
        assert "We cannot tell whether it arrived" in page
        assert "does not let us look. It may be the same, or somebody changed it there." in page
        decide(lms, "Keep what the course holds")
        assert "What the course holds stands" in lms.credit_page()


def test_after_two_weeks_of_trying_it_rests_until_somebody_says_so(plain: School) -> None:
    plain.share("teacher01")
    plain.work()
    column = plain.columns[0]
    plain.lms.faults.set(down=True)
    plain.share("teacher02")
    assert plain.work() == (0, 1)
    plain.wait(13 * 24 * HOUR)
    assert ON_ITS_WAY in plain.credit_page()
    plain.wait(2 * 24 * HOUR)
    page = plain.credit_page()
    assert "could not be reached. We tried for two weeks and stopped. You can try again." in page
    plain.lms.faults.clear()
    plain.wait(HOUR)
    assert plain.lms.gradebook.cell(column.id, "teacher02") is None
    plain.share("teacher11")
    assert plain.work()[0] >= 1, "the others have their turn"
    decide(plain, "Try again")
    assert plain.work()[0] >= 1
    right(plain, teacher01=1, teacher02=1, teacher11=1)


def test_a_renamed_activity_renames_our_column_and_nothing_else_of_it(lms: School) -> None:
    lms.share("teacher01")
    lms.work()
    before = lms.columns[0].model_copy()
    link = lms.lms.activities(school.COURSE, lms.client_id)[0]
    with lms.lms.store.change():
        link.title = "Study circle"
    lms.share("teacher02")
    lms.work()
    assert lms.columns[0] == before.model_copy(update={"label": "Study circle"})
    right(lms, teacher01=1, teacher02=1)


@pytest.mark.parametrize("arrived", [True, False])
def test_the_maximum_of_our_column_follows_until_something_is_in_it(plain: School, *, arrived: bool) -> None:
    plain.share("teacher01")
    if not arrived:
        plain.lms.remove_person("teacher01", school.COURSE)
    plain.work()
    plain.lms.restore_people()
    with plain.lms.store.change():
        plain.columns[0].maximum = 5
    with db.work() as unit:
        unit.execute(sa.update(Activity).values(column_maximum=5))
        unit.commit()
    plain.share("teacher02")
    plain.work()
    assert plain.columns[0].maximum == (5 if arrived else 6)


@pytest.mark.proves("security", 18)
def test_the_test_person_of_the_lms_is_never_credited(app: Flask) -> None:
    """Whatever she does in "student view", and whoever gave her a place."""
    with school.joined(app, "canvas", public_url=PUBLIC) as lms:
        circle = lms.set_up()
        lms.open("test")
        with db.work() as unit:
            activity = unit.scalars(sa.select(Activity.id)).one()
            person = unit.scalars(sa.select(Person).join(Enrolment).where(Enrolment.test_user)).one()
            place = Membership(circle_id=circle.id, person_id=person.id, role="teacher", rights="teacher")
            place.activity_id = activity
            unit.add(place)
            unit.commit()
        lms.share("test")
        jobs.look_again()
        lms.work()
        assert lms.lms.gradebook.posts == []
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(Delivery).where(Delivery.kind == "score")).all() == []
        lms.share("teacher01")
        lms.work()
        assert lms.lms.gradebook.posts, "the same deed of anybody else is told, or this proves nothing"


def test_answers_that_nobody_can_read_are_waited_out(lms: School) -> None:
    lms.lms.faults.set(garbled=True)
    lms.share("teacher01")
    assert lms.work() == (0, 1)
    page = lms.credit_page()
    assert ON_ITS_WAY in page
    assert "answered in a way we do not understand. It is tried again by itself." in page
    lms.lms.faults.clear()
    assert lms.wait(HOUR) == (1, 0)
    right(lms, teacher01=1)


def test_a_course_without_gradebook_keeps_credit_here(app: Flask) -> None:
    with school.joined(app, public_url=PUBLIC, scopes=[]) as lms:
        lms.open("teacher01")
        lms.set_up()
        lms.share("teacher01")
        assert lms.work() == (1, 0)
        assert "Kept here only: the course has no column for it" in lms.credit_page()
        assert lms.columns == []


def test_who_writes_on_while_a_score_is_under_way_loses_nothing(plain: School) -> None:
    """The older statement is being sent when the newer one is made; the newer one must arrive last."""
    plain.share("teacher01")
    plain.work()
    plain.share("teacher01", stage="Action plan", prompt="steps")
    plain.lms.faults.set(slow=0.5)
    sending = threading.Thread(target=jobs.sweep)
    sending.start()
    time.sleep(0.2)
    plain.share("teacher01", stage="Vignette", prompt="trouble")
    sending.join()
    plain.lms.faults.clear()
    plain.wait(HOUR)
    right(plain, teacher01=3)


def test_what_we_hold_and_what_the_gradebook_holds_agree(lms: School) -> None:
    """Trouble of every kind in a row; in the end both sides say the same."""
    lms.share("teacher01")
    lms.lms.faults.set(rate_limited=1)
    lms.work()
    lms.lms.faults.set(lost_answers=1)
    lms.share("teacher02")
    lms.wait(HOUR)
    lms.lms.forget_tokens()
    lms.lms.rotate_keys()
    lms.share("teacher01", stage="Action plan", prompt="steps")
    lms.wait(HOUR)
    lms.lms.gradebook.delete(lms.columns[0].id)
    lms.share("teacher11")
    lms.wait(HOUR)
    make_column_again(lms)
    for _ in range(3):
        lms.wait(HOUR)
    right(lms, teacher01=2, teacher02=1, teacher11=1)
    with db.work(read_only=True) as unit:
        assert sorted(unit.scalars(sa.select(Credit.met).where(Credit.met > 0))) == [1, 1, 2]
        assert unit.scalars(sa.select(Activity.column_claimed_until)).one() is None
