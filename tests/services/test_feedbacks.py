"""The machine of a feedback: every state with every move, who may read and act in which state, and what is kept."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from lti_tool import access, db
from lti_tool.access import Permission
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Audience, Circle, Enrolment, EntryVersion, Feedback, Membership, Person
from lti_tool.services import (
    colleagues,
    entries,
    feedbacks,
    holds,
    inquiries,
    memberships,
    moves,
    offers,
    pairing,
    replies,
    reviews,
)
from lti_tool.services.moves import Moves
from tests import build
from tests import feedback_build as fb

EVERYBODY = (
    "author", "co_author", "writer", "gave", "teacher", "facilitator", "newcomer_facilitator", "newcomer",
    "union_representative", "link_facilitator", "national_researcher", "programme_manager",
    "left", "elsewhere", "elsewhere_facilitator", "nobody", "twin",
)  # fmt: skip
AUTHORS = {"author", "co_author"}
SIDES = AUTHORS | {"writer"}


class Stage:
    """One piece of shared work by two authors, and everybody in and around the circle."""

    def __init__(self) -> None:
        self.circle: Circle = build.circle()
        other = build.circle()
        soon = now() + timedelta(minutes=5)
        self.people: dict[str, Person] = {
            role: build.member(self.circle, role)
            for role in (
                "facilitator", "union_representative", "link_facilitator", "national_researcher", "programme_manager",
            )
        }  # fmt: skip
        for name in ("author", "co_author", "writer", "gave", "teacher"):
            self.people[name] = build.member(self.circle)
        self.people["newcomer"] = build.member(self.circle, joined_at=soon)
        self.people["newcomer_facilitator"] = build.member(self.circle, "facilitator", joined_at=soon)
        self.people["left"] = build.member(self.circle, left_at=now())
        self.people["elsewhere"] = build.member(other)
        self.people["elsewhere_facilitator"] = build.member(other, "facilitator")
        self.people["nobody"] = build.person(build.course_of(self.circle))
        self.people["twin"] = build.person(build.course())

    def share(self) -> "Stage":
        self.version: EntryVersion = fb.shared(self.circle, self["author"], self["co_author"])
        fb.sent(self.version, self["gave"], "What I said myself.")
        return self

    def __getitem__(self, name: str) -> Person:
        return db.session.get_one(Person, self.people[name].id)

    def readers(self, feedback: Feedback) -> set[str]:
        return {name for name in EVERYBODY if feedback.id in fb.readable(self[name])}

    def reach(self, name: str) -> access.Reach:
        return access.reach_of(self.people[name].id)

    def get(self, feedback: Feedback, name: str = "writer") -> Feedback:
        return feedbacks.get(feedback.id, within=self.reach(name))

    def in_state(self, state: str) -> Feedback:
        """The writer's feedback, brought there by the moves that lead there."""
        version, writer, author = self.version, self["writer"], self["author"]
        if state in {"invited", "passed"}:
            reach = self.reach("writer")
            feedback = feedbacks.begin(entries.version(version.id, within=reach), by=writer, within=reach)
            feedback = self.get(feedback)
            return feedbacks.pass_on(feedback, by=writer) if state == "passed" else feedback
        if state == "writing":
            return self.get(fb.draft(version, writer))
        feedback = fb.sent(version, writer)
        if state not in {"sent", "held", "asked", "child_safety", "removed"}:
            replies.read(feedback, by=author)
        if state in {"answered", "closed"}:
            replies.answer(feedback, kind="thanks", text="", by=author)
        if state == "closed":
            replies.close(feedback, by=author)
        if state in {"held", "asked", "child_safety", "removed"}:
            kind = "child_safety" if state == "child_safety" else "hurtful"
            holds.hold(feedback, kind=kind, reason="Please look", by=author)
        if state == "asked":
            holds.ask_help(feedback, by=author)
        if state == "removed":
            holds.remove(feedback, by=author, within=self.reach("author"))
        return feedback


@pytest.fixture
def stage(app: object, request: pytest.FixtureRequest) -> Stage:
    made = Stage()
    request.getfixturevalue("work")
    return made.share()


class TestReading:
    @pytest.mark.parametrize("state", ["invited", "passed", "writing"])
    def test_what_is_not_sent_is_its_writers(self, stage: Stage, state: str) -> None:
        assert stage.readers(stage.in_state(state)) == {"writer"}

    @pytest.mark.parametrize("state", ["sent", "read", "answered", "closed"])
    def test_sent_words_are_for_both_sides_the_facilitator_and_who_sent_her_own(self, stage: Stage, state: str) -> None:
        assert stage.readers(stage.in_state(state)) == SIDES | {"facilitator", "gave"}

    def test_where_the_circle_agreed_so_colleagues_read_at_once(self, stage: Stage) -> None:
        db.session.get_one(Circle, stage.circle.id).feedback_after_own = False
        assert stage.readers(stage.in_state("sent")) == SIDES | {"facilitator", "gave", "teacher"}

    def test_the_rule_of_the_beginning_is_a_promise(self, stage: Stage) -> None:
        """Looser holds only for what is begun afterwards."""
        feedback = stage.in_state("writing")
        db.session.get_one(Circle, stage.circle.id).feedback_after_own = False
        db.session.flush()
        feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        assert "teacher" not in stage.readers(feedback)
        feedbacks.take_back(feedback, by=stage["writer"])
        feedbacks.save(
            feedback,
            words={fb.first_key(feedback): "Other words"},
            levels={},
            edition=feedback.edition,
            by=stage["writer"],
        )
        feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        assert "teacher" not in stage.readers(feedback)

    @pytest.mark.parametrize(
        ("state", "more"), [("held", set()), ("asked", {"facilitator"}), ("child_safety", {"facilitator"})]
    )
    def test_on_hold_it_is_for_its_two_sides(self, stage: Stage, state: str, more: set[str]) -> None:
        """H14: the facilitator only when the author asks, or at once for a child's safety."""
        assert stage.readers(stage.in_state(state)) == SIDES | more

    def test_taken_out_the_writer_keeps_a_copy(self, stage: Stage) -> None:
        feedback = stage.in_state("removed")
        assert stage.readers(feedback) == {"writer"}
        assert stage.get(feedback).words == {fb.first_key(feedback): fb.WORDS}

    @pytest.mark.parametrize("by_hold", [False, True])
    def test_work_taken_back_leaves_it_to_author_and_writer(self, stage: Stage, by_hold: bool) -> None:
        feedback = stage.in_state("read")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        if by_hold:
            entries.hold(stage.version, reason="A name", by=stage["facilitator"])
        else:
            entries.take_back(entry, by=stage["author"])
        assert stage.readers(feedback) == SIDES
        assert feedbacks.version(feedback, within=stage.reach("writer")) is None
        again = fb.share(entry, stage["author"], **{next(iter(entry.answers)): "Mended"})
        assert stage.readers(feedback) == SIDES
        assert reviews.beside(again, within=stage.reach("author")).feedback == ()

    def test_it_stays_beside_its_version(self, stage: Stage) -> None:
        feedback = stage.in_state("read")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        second = fb.share(entry, stage["author"], **{next(iter(entry.answers)): "Second try"})
        assert feedback.version_id == stage.version.id
        assert reviews.beside(second, within=stage.reach("author")).feedback == ()
        assert feedback in reviews.beside(stage.version, within=stage.reach("author")).feedback

    def test_who_comes_later_reads_what_is_sent_later(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        for place in db.session.query(Membership).where(Membership.joined_at > now()):
            place.joined_at = now()
        second = fb.shared(stage.circle, stage["author"])
        later = fb.sent(second, stage["writer"])
        assert "newcomer_facilitator" not in stage.readers(feedback)
        assert stage.readers(later) == {"author", "writer", "facilitator", "newcomer_facilitator"}
        fb.sent(second, stage["newcomer"])
        assert "newcomer" in stage.readers(later)

    @pytest.mark.parametrize("far", [None, "invited", "passed", "writing"])
    def test_a_draft_of_ones_own_does_not_open_others_words(self, stage: Stage, far: str | None) -> None:
        feedback = stage.in_state("sent")
        if far is not None:
            within = stage.reach("teacher")
            own = feedbacks.begin(entries.version(stage.version.id, within=within), by=stage["teacher"], within=within)
            own.state = far
            db.session.flush()
        assert "teacher" not in stage.readers(feedback)

    def test_a_word_on_other_work_does_not_open_these(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        fb.sent(fb.shared(stage.circle, stage["author"]), stage["teacher"])
        assert "teacher" not in stage.readers(feedback)

    def test_words_stay_in_their_circle_where_the_work_goes_further(self, stage: Stage) -> None:
        """The text is shared with the programme; what colleagues said about it is not, and not with newcomers."""
        feedback = stage.in_state("sent")
        stage.version.entry.audience = Audience.PROGRAMME
        for place in db.session.query(Membership).where(Membership.joined_at > now()):
            place.joined_at = now()
        db.session.flush()
        for name in ("elsewhere_facilitator", "newcomer_facilitator"):
            assert entries.version(stage.version.id, within=stage.reach(name))
        assert stage.readers(feedback) == SIDES | {"facilitator", "gave"}

    def test_who_left_keeps_her_own_words_alone(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        place = db.session.query(Membership).filter_by(person_id=stage["writer"].id).one()
        place.left_at = now()
        db.session.flush()
        assert feedback.id in fb.readable(stage["writer"])
        assert len(fb.readable(stage["writer"])) == 1


class TestWhoComesLater:
    """T4: what was written becomes readable to nobody whom its writer was not told of, whatever she becomes."""

    def test_who_is_taken_along_reads_what_is_said_from_then_on(self, stage: Stage) -> None:
        before = stage.in_state("sent")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        colleagues.write_with(entry, person_id=stage["teacher"].id, by=stage["author"])
        assert "teacher" not in stage.readers(before)
        assert [one.id for one in feedbacks.authors(stage.get(before))] == [stage[name].id for name in sorted(AUTHORS)]
        assert not feedbacks.is_author(stage.get(before), stage["teacher"])
        after = fb.sent(stage.version, stage["facilitator"])
        assert {"author", "co_author", "teacher"} <= stage.readers(after)
        replies.read(after, by=stage["teacher"])

    def test_nor_is_she_led_to_words_that_she_does_not_read(self, stage: Stage) -> None:
        stage.in_state("sent")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        colleagues.write_with(entry, person_id=stage["teacher"].id, by=stage["author"])
        circle = db.session.get_one(Circle, stage.circle.id)
        assert inquiries.next_step(circle, within=stage.reach("author")).kind == "read"  # type: ignore[union-attr]
        assert inquiries.next_step(circle, within=stage.reach("teacher")).kind != "read"  # type: ignore[union-attr]

    def test_who_becomes_facilitator_reads_as_one_from_then_on(self, stage: Stage) -> None:
        open_, held = stage.in_state("sent"), fb.sent(stage.version, stage["facilitator"])
        holds.hold(held, kind="child_safety", reason="A child", by=stage["author"])
        place = db.session.query(Membership).filter_by(person_id=stage["teacher"].id).one()
        memberships.change_role(place, role="facilitator", by=stage["facilitator"])
        assert not {"teacher"} & (stage.readers(open_) | stage.readers(held))
        later = fb.sent(fb.shared(stage.circle, stage["author"]), stage["writer"])
        assert "teacher" in stage.readers(later)

    def test_and_keeps_what_she_reads_as_a_colleague(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        place = db.session.query(Membership).filter_by(person_id=stage["gave"].id).one()
        memberships.change_role(place, role="facilitator", by=stage["facilitator"])
        assert "gave" in stage.readers(feedback)
        holds.hold(feedback, kind="child_safety", reason="A child", by=stage["author"])
        assert "gave" not in stage.readers(feedback)

    def test_where_nobody_may_be_asked_to_look_the_authors_settle_it(self, stage: Stage) -> None:
        feedback = stage.in_state("child_safety")
        for place in db.session.query(Membership).filter_by(rights="facilitator"):
            place.left_at = now()
        place = db.session.query(Membership).filter_by(person_id=stage["teacher"].id).one()
        memberships.change_role(place, role="facilitator", by=stage["facilitator"])
        assert not holds.has_facilitator(feedback)
        assert holds.may_restore(feedback, within=stage.reach("author"))


Move = Callable[[Stage, Feedback, str], object]
MOVES: dict[str, Move] = {
    "pass_on": lambda s, f, who: feedbacks.pass_on(f, by=s[who]),
    "choose_protocol": lambda s, f, who: feedbacks.choose_protocol(f, protocol="warm_cool", by=s[who]),
    "save": lambda s, f, who: feedbacks.save(
        f, words={fb.first_key(f): "Changed"}, levels={}, edition=f.edition, by=s[who]
    ),
    "send": lambda s, f, who: feedbacks.send(f, by=s[who], within=s.reach(who)),
    "take_back": lambda s, f, who: feedbacks.take_back(f, by=s[who]),
    "read": lambda s, f, who: replies.read(f, by=s[who]),
    "answer": lambda s, f, who: replies.answer(f, kind="will_try", text="Pairs first", by=s[who]),
    "add_word": lambda s, f, who: replies.add_word(f, text="And so?", by=s[who], within=s.reach(who)),
    "close": lambda s, f, who: replies.close(f, by=s[who]),
    "hold": lambda s, f, who: holds.hold(f, kind="hurtful", reason="It hurts", by=s[who]),
    "ask_help": lambda s, f, who: holds.ask_help(f, by=s[who]),
    "restore": lambda s, f, who: holds.restore(f, by=s[who], within=s.reach(who)),
    "reword": lambda s, f, who: holds.reword(f, by=s[who]),
    "remove": lambda s, f, who: holds.remove(f, by=s[who], within=s.reach(who)),
}
WRITERS = {"pass_on", "choose_protocol", "save", "send", "take_back", "reword"}
LEGAL = {
    "invited": {"pass_on", "choose_protocol", "save"},
    "passed": {"save"},
    "writing": {"save", "send"},
    "sent": {"take_back", "read", "hold"},
    "read": {"read", "answer", "hold"},
    "answered": {"read", "answer", "add_word", "close", "hold"},
    "closed": {"read", "hold"},
    "held": {"ask_help", "restore", "reword", "remove"},
    "removed": set(),
}


class TestMoves:
    @pytest.mark.parametrize("state", LEGAL)
    def test_what_is_legal_where_and_all_else_is_refused(self, stage: Stage, state: str) -> None:
        feedback = stage.in_state(state)
        before = (feedback.state, feedback.words, feedback.held_at, feedback.removed_at)
        for move, make in MOVES.items():
            point = db.session.begin_nested()
            who = "writer" if move in WRITERS else "author"
            if move in LEGAL[state]:
                make(stage, feedback, who)
            else:
                with pytest.raises(RefusedError):
                    make(stage, feedback, who)
                assert (feedback.state, feedback.words, feedback.held_at, feedback.removed_at) == before, move
            point.rollback()

    WHO_MAY = (
        ("invited", "pass_on", {"writer"}),
        ("invited", "save", {"writer"}),
        ("writing", "send", {"writer"}),
        ("sent", "take_back", {"writer"}),
        ("sent", "read", AUTHORS),
        ("sent", "hold", AUTHORS | {"facilitator", "gave"}),
        ("read", "answer", AUTHORS),
        ("read", "add_word", {"facilitator"}),
        ("answered", "add_word", SIDES | {"facilitator"}),
        ("answered", "close", SIDES),
        ("held", "ask_help", AUTHORS),
        ("held", "restore", AUTHORS),
        ("held", "reword", {"writer"}),
        ("held", "remove", SIDES),
        ("asked", "restore", AUTHORS | {"facilitator"}),
        ("asked", "remove", SIDES | {"facilitator"}),
        ("child_safety", "restore", {"facilitator"}),
        ("child_safety", "remove", SIDES | {"facilitator"}),
        ("child_safety", "reword", {"writer"}),
    )

    @pytest.mark.parametrize(("state", "move", "who_may"), WHO_MAY)
    def test_who_may(self, stage: Stage, state: str, move: str, who_may: set[str]) -> None:
        feedback = stage.in_state(state)
        done = set()
        for name in EVERYBODY:
            point = db.session.begin_nested()
            try:
                MOVES[move](stage, feedbacks.get(feedback.id, within=stage.reach(name)), name)
                done.add(name)
            except (NotFoundError, RefusedError):
                pass
            finally:
                point.rollback()
        assert done == who_may

    @pytest.mark.parametrize(("state", "move", "who_may"), [row for row in WHO_MAY if row[1] in Moves.__annotations__])
    def test_the_page_offers_each_move_to_whom_it_is_open(
        self, stage: Stage, state: str, move: str, who_may: set[str]
    ) -> None:
        feedback = stage.in_state(state)
        offered = set()
        for name in EVERYBODY:
            with suppress(NotFoundError):
                within = stage.reach(name)
                if getattr(moves.of(feedbacks.get(feedback.id, within=within), within=within), move):
                    offered.add(name)
        assert offered == who_may

    def test_who_may_begin(self, stage: Stage) -> None:
        """Whoever may read it, gives feedback here and did not write it: no union representative, no researcher."""
        done = set()
        for name in EVERYBODY:
            point = db.session.begin_nested()
            try:
                within = stage.reach(name)
                version = entries.version(stage.version.id, within=within)
                feedbacks.begin(version, by=stage[name], within=within)
                done.add(name)
            except (NotFoundError, RefusedError):
                pass
            finally:
                point.rollback()
        assert done == {"writer", "gave", "teacher", "facilitator"}

    @pytest.mark.parametrize("role", ["union_representative", "link_facilitator", "national_researcher"])
    def test_a_changed_role_takes_the_sending_away_and_not_the_draft(self, stage: Stage, role: str) -> None:
        feedback = stage.in_state("writing")
        place = db.session.query(Membership).filter_by(person_id=stage["writer"].id).one()
        rights = next(one["rights"] for one in stage.circle.template["roles"] if one["key"] == role)
        place.role, place.rights = role, rights
        db.session.flush()
        with pytest.raises(RefusedError, match="not_a_member"):
            feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        assert stage.get(feedback).words


class TestWriting:
    def test_the_first_words_begin_it(self, stage: Stage) -> None:
        feedback = stage.in_state("invited")
        feedbacks.save(feedback, words={fb.first_key(feedback): "  "}, levels={}, edition=1, by=stage["writer"])
        assert feedback.state == "invited"
        feedbacks.save(feedback, words={fb.first_key(feedback): "Why"}, levels={}, edition=1, by=stage["writer"])
        assert feedback.state == "writing"
        assert feedback.begun_at

    def test_steps_are_kept_one_by_one(self, stage: Stage) -> None:
        feedback = stage.in_state("invited")
        for step in feedbacks.steps(feedback):
            feedbacks.save(
                feedback, words={step.key: step.key}, levels={}, edition=feedback.edition, by=stage["writer"]
            )
        assert feedback.words == {step.key: step.key for step in feedbacks.steps(feedback)}
        feedbacks.save(feedback, words={"no_such_step": "x"}, levels={}, edition=feedback.edition, by=stage["writer"])
        assert "no_such_step" not in feedback.words

    def test_a_level_is_a_key_of_the_rubric_or_nothing(self, stage: Stage) -> None:
        """H2: no number can get in."""
        feedback = stage.in_state("writing")
        for level in ("3", "4.5", "excellent", "concern"):
            feedbacks.save(feedback, words={}, levels={"concern": level}, edition=feedback.edition, by=stage["writer"])
            assert feedback.levels == {}
        feedbacks.save(
            feedback, words={}, levels={"concern": "developing"}, edition=feedback.edition, by=stage["writer"]
        )
        assert feedback.levels == {"concern": "developing"}
        feedbacks.save(feedback, words={}, levels={"concern": ""}, edition=feedback.edition, by=stage["writer"])
        assert feedback.levels == {}

    def test_an_older_page_does_not_swallow_newer_words(self, stage: Stage) -> None:
        feedback = stage.in_state("writing")
        key, old = fb.first_key(feedback), feedback.edition
        feedbacks.save(feedback, words={key: "On the phone"}, levels={}, edition=old, by=stage["writer"])
        with pytest.raises(entries.EditionError):
            feedbacks.save(feedback, words={key: "On the laptop"}, levels={}, edition=old, by=stage["writer"])
        assert feedback.words[key] == "On the phone"
        feedbacks.save(feedback, words={key: "On the phone"}, levels={}, edition=old, by=stage["writer"])

    def test_only_the_first_step_is_asked_for(self, stage: Stage) -> None:
        feedback = stage.in_state("invited")
        later = feedbacks.steps(feedback)[1].key
        feedbacks.save(feedback, words={later: "Keep this"}, levels={}, edition=feedback.edition, by=stage["writer"])
        with pytest.raises(RefusedError, match="first_step_missing"):
            feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        feedbacks.save(
            feedback, words={fb.first_key(feedback): "… !"}, levels={}, edition=feedback.edition, by=stage["writer"]
        )
        with pytest.raises(RefusedError, match="first_step_missing"):
            feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        feedbacks.save(
            feedback, words={fb.first_key(feedback): "Why?"}, levels={}, edition=feedback.edition, by=stage["writer"]
        )
        assert feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer")).state == "sent"

    def test_sending_waits_while_the_work_is_gone_and_the_words_stay(self, stage: Stage) -> None:
        feedback = stage.in_state("writing")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        entries.take_back(entry, by=stage["author"])
        with pytest.raises(RefusedError, match="entry_gone"):
            feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        feedbacks.save(
            feedback, words={fb.first_key(feedback): "More"}, levels={}, edition=feedback.edition, by=stage["writer"]
        )
        circle = db.session.get_one(Circle, stage.circle.id)
        assert feedback in feedbacks.written_by(circle, within=stage.reach("writer"))
        assert offers.of(circle, within=stage.reach("writer")) == []

    def test_a_closed_circle_takes_the_words_and_sends_nothing(self, stage: Stage) -> None:
        feedback = stage.in_state("writing")
        db.session.get_one(Circle, stage.circle.id).closed_at = now()
        feedbacks.save(
            feedback, words={fb.first_key(feedback): "More"}, levels={}, edition=feedback.edition, by=stage["writer"]
        )
        with pytest.raises(RefusedError, match="circle_closed"):
            feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        with pytest.raises(RefusedError, match="circle_closed"):
            feedbacks.begin(stage.version, by=stage["teacher"], within=stage.reach("teacher"))

    def test_nobody_answers_her_own_work(self, stage: Stage) -> None:
        with pytest.raises(RefusedError, match="own_entry"):
            feedbacks.begin(stage.version, by=stage["co_author"], within=stage.reach("co_author"))

    def test_who_passed_may_think_again(self, stage: Stage) -> None:
        feedback = stage.in_state("passed")
        again = feedbacks.begin(stage.version, by=stage["writer"], within=stage.reach("writer"))
        assert (again.id, again.state) == (feedback.id, "invited")


class TestTakingBack:
    def test_within_a_day_and_unread(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        words = dict(feedback.words)
        assert feedbacks.take_back(feedback, by=stage["writer"]).words == words
        assert stage.readers(feedback) == {"writer"}

    @pytest.mark.parametrize(("hours", "may"), [(23.9, True), (24.1, False)])
    def test_not_after_a_day(self, stage: Stage, hours: float, may: bool) -> None:
        feedback = stage.in_state("sent")
        with time_machine.travel(now() + timedelta(hours=hours)):
            assert feedbacks.may_take_back(feedback) is may

    def test_not_once_read_and_not_on_hold(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        holds.hold(feedback, kind="privacy", reason="A name", by=stage["author"])
        with pytest.raises(RefusedError, match="read_already"):
            feedbacks.take_back(feedback, by=stage["writer"])


class TestThread:
    def test_what_was_not_opened_is_not_answered(self, stage: Stage) -> None:
        with pytest.raises(RefusedError, match="unread"):
            replies.answer(stage.in_state("sent"), kind="thanks", text="", by=stage["author"])

    def test_only_thanks_go_without_words(self, stage: Stage) -> None:
        feedback = stage.in_state("read")
        for kind in ("question", "will_try"):
            with pytest.raises(RefusedError, match="words_missing"):
                replies.answer(feedback, kind=kind, text=" ", by=stage["author"])
        assert replies.answer(feedback, kind="thanks", text="", by=stage["author"]).kind == "thanks"
        with pytest.raises(NotFoundError):
            replies.answer(feedback, kind="stars", text="5", by=stage["author"])

    def test_thirty_quiet_days_close_it(self, stage: Stage) -> None:
        answered = stage.in_state("answered")
        with time_machine.travel(now() + timedelta(days=29)):
            assert replies.sweep() == 0
        with time_machine.travel(now() + timedelta(days=20)):
            replies.add_word(answered, text="Still thinking", by=stage["writer"], within=stage.reach("writer"))
        with time_machine.travel(now() + timedelta(days=31)):
            assert replies.sweep() == 0
        with time_machine.travel(now() + timedelta(days=51)):
            assert replies.sweep() == 1
        db.session.refresh(answered)
        assert answered.state == "closed"
        assert answered.id in fb.readable(stage["author"])


class TestHolds:
    def test_time_closes_nothing_that_is_on_hold(self, stage: Stage) -> None:
        feedback = stage.in_state("answered")
        holds.hold(feedback, kind="hurtful", reason="It hurts", by=stage["author"])
        with time_machine.travel(now() + timedelta(days=31)):
            assert replies.sweep() == 0

    def test_nobody_sets_her_own_words_free_not_even_a_facilitator(self, stage: Stage) -> None:
        feedback = fb.sent(stage.version, stage["facilitator"])
        holds.hold(feedback, kind="child_safety", reason="A child", by=stage["author"])
        assert not holds.may_restore(feedback, within=stage.reach("facilitator"))

    def test_a_facilitator_who_wrote_it_is_no_judge_and_the_authors_settle_it(self, stage: Stage) -> None:
        for place in db.session.query(Membership).filter_by(person_id=stage["newcomer_facilitator"].id):
            place.left_at = now()
        feedback = fb.sent(stage.version, stage["facilitator"])
        holds.hold(feedback, kind="child_safety", reason="A child", by=stage["author"])
        assert holds.may_restore(feedback, within=stage.reach("author"))

    def test_written_anew_it_is_free_and_unread(self, stage: Stage) -> None:
        feedback = stage.in_state("asked")
        holds.reword(feedback, by=stage["writer"])
        assert stage.readers(feedback) == {"writer"}
        feedbacks.save(
            feedback, words={fb.first_key(feedback): "Kinder"}, levels={}, edition=feedback.edition, by=stage["writer"]
        )
        feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
        assert (feedback.held_at, feedback.read_at, feedback.help_asked_at) == (None, None, None)
        assert stage.readers(feedback) == SIDES | {"facilitator", "gave"}
        holds.hold(feedback, kind="hurtful", reason="Still", by=stage["author"])
        assert stage.readers(feedback) == SIDES

    def test_the_same_words_again_stay_on_hold(self, stage: Stage) -> None:
        """Who was asked to say it another way cannot wave it through."""
        feedback = stage.in_state("held")
        key = fb.first_key(feedback)
        holds.reword(feedback, by=stage["writer"])
        for _ in range(2):
            with pytest.raises(RefusedError, match="not_reworded"):
                feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer"))
            same = {key: feedback.words[key]}
            feedbacks.save(feedback, words=same, levels={}, edition=feedback.edition, by=stage["writer"])
        assert pairing._counts(feedback, {stage["writer"].id})
        feedbacks.save(feedback, words={key: "Kinder"}, levels={}, edition=feedback.edition, by=stage["writer"])
        assert feedbacks.send(feedback, by=stage["writer"], within=stage.reach("writer")).held_at is None

    def test_set_free_it_is_where_it_was(self, stage: Stage) -> None:
        feedback = stage.in_state("answered")
        before = stage.readers(feedback)
        holds.hold(feedback, kind="privacy", reason="A name", by=stage["gave"])
        assert stage.readers(feedback) == SIDES
        holds.restore(feedback, by=stage["author"], within=stage.reach("author"))
        assert (feedback.state, stage.readers(feedback)) == ("answered", before)

    def test_a_reason_is_needed(self, stage: Stage) -> None:
        with pytest.raises(RefusedError, match="reason_missing"):
            holds.hold(stage.in_state("sent"), kind="hurtful", reason=" ", by=stage["author"])

    def test_a_childs_safety_is_settled_by_authors_where_there_is_no_facilitator(self, stage: Stage) -> None:
        feedback = stage.in_state("child_safety")
        assert not holds.may_restore(feedback, within=stage.reach("author"))
        for place in db.session.query(Membership).filter_by(rights="facilitator"):
            place.left_at = now()
        db.session.flush()
        assert holds.may_restore(feedback, within=stage.reach("author"))

    def test_nor_does_it_wait_for_one_who_has_left_the_course(self, stage: Stage) -> None:
        """She keeps her place, and nobody else reads what was said before: it lay on hold for ever."""
        feedback = stage.in_state("child_safety")
        gone = select(Membership.person_id).where(Membership.rights == "facilitator")
        db.session.execute(update(Enrolment).where(Enrolment.person_id.in_(gone)).values(left_at=now()))
        assert not holds.has_facilitator(feedback)
        assert holds.may_restore(feedback, within=stage.reach("author"))

    def test_the_facilitator_finds_what_she_is_asked_about(self, stage: Stage) -> None:
        circle = db.session.get_one(Circle, stage.circle.id)
        feedback = stage.in_state("held")
        assert holds.on_hold(circle, within=stage.reach("facilitator")) == []
        holds.ask_help(feedback, by=stage["author"])
        assert holds.on_hold(circle, within=stage.reach("facilitator")) == [feedback]


class TestWhoWillRead:
    def test_the_sentence_says_what_the_guard_does(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        said = feedbacks.readers(feedback)
        assert {one.id for one in said.authors} == {stage[name].id for name in AUTHORS}
        assert (said.facilitators, said.after_own) == (2, True)
        assert stage.readers(feedback) - SIDES <= {"facilitator", "newcomer_facilitator", "gave", "teacher", "newcomer"}
        assert Permission.GIVE_FEEDBACK not in access.GRANTS[access.Rights.SUPPORTER]

    def test_of_work_taken_back_only_its_authors(self, stage: Stage) -> None:
        feedback = stage.in_state("sent")
        entry = entries.get_own(stage.version.entry_id, within=stage.reach("author"))
        entry.audience = Audience.PRIVATE
        db.session.flush()
        said = feedbacks.readers(stage.get(feedback))
        assert (len(said.authors), said.facilitators, said.colleagues) == (2, 0, 0)
