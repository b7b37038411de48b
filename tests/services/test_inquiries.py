"""Beginning stages, turns, and what an author does next."""

import pytest

from lti_tool import access, db
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Audience, Circle, Feedback, FeedbackState, Inquiry, Person
from lti_tool.services import entries, inquiries
from tests import build
from tests.services.writing import add_author, begin, reach

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


def test_the_first_entry_makes_the_inquiry_and_the_second_joins_it(circle: Circle, ama: Person) -> None:
    first, second = begin(circle, ama), begin(circle, ama, stage="try")
    assert first.inquiry_id == second.inquiry_id
    assert [one.id for one in inquiries.authors(first.inquiry_id)] == [ama.id]


def test_looking_makes_nothing(circle: Circle, ama: Person) -> None:
    (overview,) = inquiries.of(circle, within=reach(ama))
    assert overview.inquiry is None
    assert [step.stage.key for step in overview.steps] == [one["key"] for one in circle.template["stages"]]
    assert all(step.begins == 1 for step in overview.steps)
    assert db.session.query(Inquiry).count() == 0


def test_an_empty_turn_is_gone_on_with(circle: Circle, ama: Person) -> None:
    assert begin(circle, ama, stage="try") is begin(circle, ama, stage="try")


def test_turns_go_up_to_what_the_programme_allows(circle: Circle, ama: Person) -> None:
    most = next(one for one in circle.template["stages"] if one["key"] == "try")["repeat"]["max"]
    assert [begin(circle, ama, f"Try {n}", stage="try").turn for n in range(1, most + 1)] == list(range(1, most + 1))
    with pytest.raises(RefusedError, match="stage_complete"):
        begin(circle, ama, stage="try")
    step = next(one for one in inquiries.of(circle, within=reach(ama))[0].steps if one.stage.key == "try")
    assert step.begins is None
    assert len(step.written) == most


def test_a_stage_without_turns_is_written_once(circle: Circle, ama: Person) -> None:
    begin(circle, ama, "Few voices are heard")
    with pytest.raises(RefusedError, match="stage_complete"):
        begin(circle, ama)


def test_an_unknown_stage_is_not_found(circle: Circle, ama: Person) -> None:
    with pytest.raises(NotFoundError):
        begin(circle, ama, stage="nonsense")


def test_nothing_begins_in_a_circle_that_has_ended(circle: Circle, ama: Person) -> None:
    circle.closed_at = db.now()
    with pytest.raises(RefusedError, match="circle_closed"):
        begin(circle, ama)
    assert all(step.begins is None for step in inquiries.of(circle, within=reach(ama))[0].steps)


def test_the_next_turn_finds_what_the_last_one_will_try(circle: Circle, ama: Person) -> None:
    first = begin(circle, ama, "Exit tickets", stage="try")
    entries.conclude(first, next_try="Ask two questions only", by=ama)
    second = begin(circle, ama, stage="try")
    before = inquiries.turn_before(second)
    assert before is not None
    assert before.next_try == "Ask two questions only"
    assert inquiries.turn_before(first) is None


def test_each_teacher_sees_her_own_inquiry(circle: Circle, ama: Person) -> None:
    other = build.member(circle).id
    begin(circle, ama, "Mine")
    (overview,) = inquiries.of(circle, within=access.reach_of(other))
    assert overview.inquiry is None
    with pytest.raises(NotFoundError):
        inquiries.get_own(db.session.query(Inquiry).one().id, within=access.reach_of(other))


def test_a_pair_finds_the_inquiry_they_write_together(circle: Circle, ama: Person) -> None:
    entry = begin(circle, ama, "Ours")
    salma = Person(platform_id=ama.platform_id, sub="salma", name="Salma")
    db.session.add(salma)
    db.session.flush()
    add_author(entry, salma)
    (overview,) = inquiries.of(circle, within=access.Reach(salma.id))
    assert overview.inquiry is not None
    assert len(overview.inquiry.authors) == 2
    assert begin(circle, salma, stage="try").inquiry_id == entry.inquiry_id


class TestNextStep:
    def test_begins_with_the_first_stage(self, circle: Circle, ama: Person) -> None:
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert (step.kind, step.stage.key, step.turn) == ("begin", circle.template["stages"][0]["key"], 1)

    def test_reads_a_colleagues_answer_before_going_on(self, circle: Circle, ama: Person) -> None:
        salma = build.member(circle, name="Salma Haddad")
        begin(circle, ama, "A draft", stage="try")
        version = entries.share(begin(circle, ama, "Few voices"), by=ama)
        also = {"circle_id": circle.id, "protocol": "ladder"}
        said = db.find_or_add(Feedback, version_id=version.id, writer_id=salma.id, also=also)
        said.state, said.sent_at = FeedbackState.SENT, db.now()
        db.session.flush()
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert (step.kind, step.entry.id, step.version) == ("read", version.entry_id, 1)
        said.state = FeedbackState.READ
        db.session.flush()
        assert inquiries.next_step(circle, within=reach(ama)).kind == "go_on"

    def test_goes_on_with_the_draft_that_was_saved_last(self, circle: Circle, ama: Person) -> None:
        begin(circle, ama, "First")
        latest = begin(circle, ama, "Second", stage="try")
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert (step.kind, step.entry.id) == ("go_on", latest.id)

    def test_mends_what_is_on_hold_before_anything_else(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "Kwame said")
        version = entries.share(entry, by=ama)
        begin(circle, ama, "A draft", stage="try")
        entries.hold(version, reason="A child’s name is in it.", by=ama)
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert (step.kind, step.entry.id) == ("mend", entry.id)

    def test_of_work_on_hold_that_was_taken_back_there_is_nothing_to_mend(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "Kwame said")
        entries.hold(entries.share(entry, by=ama), reason="A child’s name is in it.", by=ama)
        entries.take_back(entry, by=ama)
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert (step.kind, step.entry.id) == ("go_on", entry.id)

    def test_repeats_a_stage_until_the_programme_has_enough(self, circle: Circle, ama: Person) -> None:
        for stage in circle.template["stages"]:
            for turn in range(stage["repeat"]["min"]):
                step = inquiries.next_step(circle, within=reach(ama))
                assert step is not None
                assert (step.kind, step.stage.key, step.turn) == ("begin", stage["key"], turn + 1)
                entry = begin(circle, ama, f"Turn {turn}", stage=stage["key"])
                if turn % 2:
                    entries.conclude(entry, next_try="", by=ama)
                else:
                    entries.share(entry, by=ama)
        step = inquiries.next_step(circle, within=reach(ama))
        assert step is not None
        assert step.kind == "done"

    def test_is_nothing_for_who_does_not_write(self, circle: Circle) -> None:
        others = [one["key"] for one in circle.template["roles"] if one["rights"] != "teacher"]
        people = [build.member(circle, role) for role in others]
        assert all(inquiries.next_step(circle, within=reach(one)) is None for one in people)


def test_shared_counts_as_done_and_private_as_not(circle: Circle, ama: Person) -> None:
    entry = begin(circle, ama, "Few voices")
    step = next(one for one in inquiries.of(circle, within=reach(ama))[0].steps if one.stage.key == "concern")
    assert not step.is_enough
    entries.share(entry, by=ama)
    assert entry.audience == Audience.CIRCLE
    step = next(one for one in inquiries.of(circle, within=reach(ama))[0].steps if one.stage.key == "concern")
    assert step.is_enough
