"""Nobody is stuck, nothing is lost, nobody reads more than was promised: whatever people do, in whatever order.

T1 each present member can reach what is asked of her, T2 nobody gets a version that is not shared with her, T3 sent
words are never lost, T4 sent words become visible to nobody whom their writer was not told of, T5 no way leads from a
level to the gradebook, T7 nobody's state hangs on another's, save through what is asked. T6 is about reminders; there
are none.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy.orm import undefer

from lti_tool import access, db, presets
from lti_tool.access import OUT
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti.messages import Score
from lti_tool.models import (
    Activity,
    Circle,
    Delivery,
    Entry,
    EntryVersion,
    Feedback,
    Meeting,
    Membership,
    Person,
    Reply,
)
from lti_tool.services import (
    arrivals,
    colleagues,
    entries,
    feedbacks,
    holds,
    meetings,
    memberships,
    milestones,
    norms,
    offers,
    pairing,
    replies,
    reviews,
)
from tests import build
from tests import feedback_build as fb
from tests.conftest import FULL

KEYS = ("ei_t3lfa", "fasmed_learning_group", "hertscam_tldw", "iec_qli", "learning_forward_lanes")
QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.fixture
def crowd(app: object) -> dict[str, tuple[int, list[int]]]:
    """A circle of each programme with the thirteen people from whom the examples choose, none of them placed."""
    made = {}
    for key in KEYS:
        circle = build.circle(key=key)
        course = build.course_of(circle)
        made[key] = circle.id, [build.person(course).id for _ in range(13)]
    return made


HABITS = st.sampled_from(["takes part", "only shares", "passes", "absent", "takes back", "leaves", "comes late"])


class TestEverybodyCanReachWhatIsAsked:
    @hypothesis_settings(max_examples=12 if FULL else 6, **QUICK)
    @given(data=st.data())
    def test_t1(self, crowd: dict[str, tuple[int, list[int]]], data: st.DataObject) -> None:
        """With 2 to 13 members and any pattern of absence, each present one gets there by what she does herself."""
        circle_id, people = crowd[data.draw(st.sampled_from(KEYS))]
        habits = data.draw(st.lists(HABITS, min_size=2, max_size=13))
        with db.work() as unit:
            circle = unit.get_one(Circle, circle_id)
            members = [unit.get_one(Person, number) for number in people[: len(habits)]]
            for person, habit in zip(members, habits, strict=True):
                if habit != "comes late":
                    place(circle, person)
            for person, habit in zip(members, habits, strict=True):
                live(circle, person, habit)
            lacks_nobody_who_could_be_asked(circle)
            for person, habit in zip(members, habits, strict=True):
                if habit != "leaves":
                    assert reaches_all(circle, person), (habit, habits)
            unit.rollback()


def place(circle: Circle, person: Person) -> Membership:
    made = Membership(circle_id=circle.id, person_id=person.id, role="teacher", rights="teacher")
    db.session.add(made)
    db.session.flush()
    return made


def live(circle: Circle, person: Person, habit: str) -> None:
    """What a member of this habit does of her own accord."""
    if habit == "comes late":
        pairing.welcome(place(circle, person))
        return
    within = access.reach_of(person.id)
    if habit in {"takes part", "only shares", "takes back", "leaves"}:
        version = fb.shared(circle, person)
        if habit == "takes back":
            entries.take_back(entries.get_own(version.entry_id, within=within), by=person)
    for asked in offers.of(circle, within=within):
        if habit == "passes":
            feedbacks.pass_on(db.session.get_one(Feedback, asked.feedback_id), by=person)
        elif habit == "takes part":
            fb.sent(db.session.get_one(EntryVersion, asked.version_id), person)
    if habit == "leaves":
        found = db.session.query(Membership).filter_by(circle_id=circle.id, person_id=person.id).one()
        found.left_at = now()
        db.session.flush()


def reaches_all(circle: Circle, person: Person) -> bool:
    """Whether she meets every milestone by her own deeds alone: sharing her own, answering what she may read."""
    membership = db.session.query(Membership).filter_by(circle_id=circle.id, person_id=person.id).one()
    for milestone in milestones.of(circle):
        for _ in range(milestone.at_least):
            if milestone.counts == "stage_shared":
                fb.share(fb.entry(circle, person, stage=milestone.stage), person)
            elif milestone.counts == "entries_shared":
                fb.shared(circle, person)
    if not milestones.deeds_of(membership).shared:
        fb.shared(circle, person)
    later = now() + milestones.PATIENCE + timedelta(minutes=1)
    wanted = max((one.at_least for one in milestones.of(circle) if one.counts == "feedback_given"), default=0)
    for version in readable_versions(circle, person):
        if milestones.deeds_of(membership).given >= wanted:
            break
        if version.id not in {one.version_id for one in db.session.query(Feedback).filter(
            Feedback.writer_id == person.id, Feedback.state.in_(OUT)
        )}:  # fmt: skip
            fb.sent(version, person)
    deeds = milestones.deeds_of(membership)
    return milestones.met(circle, deeds, at=later) == list(milestones.of(circle))


def readable_versions(circle: Circle, person: Person) -> list[EntryVersion]:
    """One version of each piece by colleagues that she may read."""
    within = access.reach_of(person.id)
    query = (
        db.session.query(EntryVersion)
        .join(EntryVersion.entry)
        .where(Entry.circle_id == circle.id, within.versions(), ~within.own_entries())
    )
    return list({one.entry_id: one for one in query.order_by(EntryVersion.number)}.values())


def lacks_nobody_who_could_be_asked(circle: Circle) -> None:
    """After the daily look no piece lacks a word for which somebody able was never asked."""
    pairing.again(circle)
    wanted = presets.Template.model_validate(circle.template).feedback.per_teacher.receives_min
    members = list(db.session.query(Membership).filter_by(circle_id=circle.id, left_at=None))
    for entry in db.session.query(Entry).filter_by(circle_id=circle.id):
        standing = [one for one in entry.versions if one.withdrawn_at is None]
        if entry.audience == "private" or not standing:
            continue
        wrote = {one.person_id for one in entry.inquiry.authors}
        able = {one.person_id for one in members if one.joined_at <= standing[-1].shared_at} - wrote
        rows = db.session.query(Feedback).join(EntryVersion, EntryVersion.id == Feedback.version_id)
        asked = {one.writer_id: one.state for one in rows.filter(EntryVersion.entry_id == entry.id)}
        live = [who for who, state in asked.items() if state in OUT or (who in able and state != "passed")]
        assert len(live) >= min(wanted, len(able)) or able <= set(asked)


CAST = {
    "ama": "teacher", "ben": "teacher", "cy": "teacher", "dee": "teacher",
    "facilitator": "facilitator", "second": "facilitator", "union": "union_representative",
}  # fmt: skip
TEACHERS = ("ama", "ben", "cy", "dee")
MOVES = (  # named as often as they are meant to be tried
    *("answer",) * 4, *("draft", "send", "read", "thanks", "hold", "share", "come_or_go", "become") * 2,
    "take_back", "pass_on", "reword", "word", "close", "child", "help", "restore", "remove", "share_again",
    "take_work_back", "hold_work", "write_together", "agree", "plan", "time_passes", "look_around",
)  # fmt: skip
LATER = milestones.PATIENCE + timedelta(days=1)
FACILITATOR = "facilitator"


class Circle_(RuleBasedStateMachine):  # noqa: N801 (the machine of a circle)
    """Ama and Ben share; everybody tries everything. What was promised is remembered and held against what is."""

    cast: dict[str, int]
    circle_id: int

    @initialize()
    def open(self) -> None:
        self.scope = db.work()
        self.unit = self.scope.__enter__()
        self.circle = self.unit.get_one(Circle, self.circle_id)
        self.people = {name: self.unit.get_one(Person, number) for name, number in self.cast.items()}
        self.present = {"ama", "ben", "cy", "dee", FACILITATOR}
        for name in ("second", "union"):
            self.away(name)
        self.versions: list[EntryVersion] = []
        self.standing: dict[int, set[str]] = {}  # version -> who was told that she can read it
        self.last_words: dict[int, dict[str, str]] = {}  # feedback -> what its writer last sent
        self.promised: dict[int, dict[str, str]] = {}  # feedback -> whom its writer was told of, and as what she reads
        self.strict: dict[int, bool] = {}  # feedback -> only after one's own
        self.replied: dict[int, str] = {}
        self.roles = dict(CAST)
        self.meeting = Meeting(circle_id=self.circle.id, kind="workshop", title="", starts_at=now() + timedelta(days=3))
        self.unit.add(self.meeting)
        for name in ("ama", "ben"):
            self.share(name, 0, asked=True)
        for name in ("cy", FACILITATOR):
            self.answer(name, 0, asked=True)
        self.met = self.met_by_all()
        self.hold_to_it()

    @rule(
        move=st.sampled_from(MOVES),
        who=st.sampled_from(sorted(CAST)),
        which=st.integers(0, 9),
        proper=st.booleans(),
        asked=st.booleans(),
    )
    def step(self, move: str, who: str, which: int, proper: bool, asked: bool) -> None:
        """Somebody tries something: half of the time whoever may, else just anybody."""
        self.actor = "nobody"
        if move in OF_THE_WRITER | OF_OTHERS:
            self.about_feedback(move, who, which, proper=proper)
        else:
            getattr(self, move)(who, which, asked=asked)
        self.hold_to_it(asks_more=move in ASKS_MORE)

    def place_of(self, name: str) -> Membership:
        query = self.unit.query(Membership).filter_by(person_id=self.people[name].id)
        return query.order_by(Membership.id.desc()).first()  # type: ignore[return-value]

    def away(self, name: str) -> None:
        self.place_of(name).left_at = now()
        self.unit.flush()

    def reach(self, name: str) -> access.Reach:
        return access.reach_of(self.people[name].id)

    def wrote(self, version: EntryVersion) -> set[str]:
        numbers = {one.person_id for one in version.entry.inquiry.authors}
        return {name for name, person in self.people.items() if person.id in numbers}

    def readers(self) -> set[str]:
        return {name for name in self.present if self.roles[name] in {"teacher", FACILITATOR}}

    def pick(self, which: int) -> EntryVersion:
        return self.versions[which % len(self.versions)]

    def try_(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except (RefusedError, NotFoundError):
            return False
        return True

    def met_by_all(self) -> dict[str, list[str]]:
        """What each teacher has met, seen a week later, so that what is asked has shrunk as far as it can."""
        later = now() + LATER
        found = {}
        for name in TEACHERS:
            deeds = milestones.deeds_of(self.place_of(name))
            found[name] = [one.key for one in milestones.met(self.circle, deeds, at=later)]
        return found

    def hold_to_it(self, *, asks_more: bool = False) -> None:
        """What must hold after every move."""
        self.unit.flush()
        self.t2_t3_t4()
        met = self.met_by_all()
        if not asks_more:
            others = [name for name in TEACHERS if name != self.actor]
            assert {name: met[name] for name in others} == {name: self.met[name] for name in others}, "T7"
        self.met = met

    def t2_t3_t4(self) -> None:
        rows = list(self.unit.query(Feedback))
        for name in CAST:
            within, seen = self.reach(name), fb.readable(self.people[name])
            for offer in offers.of(self.circle, within=within) if name in self.present else []:
                assert name in self.standing[offer.version_id], "T2: an offer shows its text"
            texts = self.unit.query(EntryVersion.id).join(EntryVersion.entry).filter(within.versions())
            for number in {row.id for row in texts}:
                version = self.unit.get_one(EntryVersion, number)
                assert name in self.standing[number] | self.wrote(version), "T2"
            for one in rows:
                self.is_promised(one, name, one.id in seen)
        for one in rows:
            if one.id in self.last_words and one.state in OUT:
                assert one.words == self.last_words[one.id], "T3"
        kept = {one.id: one.text for one in self.unit.query(Reply)}
        assert {number: kept.get(number) for number in self.replied} == self.replied, "T3"

    def is_promised(self, one: Feedback, name: str, seen: bool) -> None:
        person = self.people[name]
        if one.writer_id == person.id:
            assert seen, "T3: the writer always finds it"
            return
        if not seen:
            told = self.promised.get(one.id, {}).get(name) == "author" and not one.waits
            assert not (told and one.state in OUT and one.removed_at is None), "T3: the author finds it"
            return
        assert name in self.promised[one.id], "T4"
        assert not one.waits, "T4: before the meeting"
        if self.strict[one.id] and self.promised[one.id][name] == "teacher":
            gave = self.unit.query(Feedback).filter_by(version_id=one.version_id, writer_id=person.id)
            assert any(own.state in OUT for own in gave), "T4: only after her own"

    def share(self, who: str, which: int, *, asked: bool) -> None:
        who = who if who in {"ama", "ben"} else ("ama", "ben")[which % 2]
        if len(self.versions) < 4 and asked:
            version = fb.shared(self.circle, self.people[who])
            self.versions.append(version)
            self.standing[version.id] = self.readers()

    def share_again(self, _who: str, which: int, *, asked: bool) -> None:
        version = self.pick(which)
        who = next(iter(self.wrote(version) & {"ama", "ben"}))
        if len(self.versions) < 6 and asked:
            entry = entries.get_own(version.entry_id, within=self.reach(who))
            again = fb.share(entry, self.people[who], **{next(iter(entry.answers)): f"Text {len(self.versions)}"})
            self.versions.append(again)
            self.standing[again.id] = self.readers()

    def take_work_back(self, who: str, which: int, *, asked: bool) -> None:
        version = self.pick(which)
        who = next(iter(self.wrote(version))) if asked else who
        if self.try_(
            lambda: entries.take_back(entries.get_own(version.entry_id, within=self.reach(who)), by=self.people[who])
        ):
            assert who in self.wrote(version)
            self.gone(version)

    def hold_work(self, who: str, which: int, *, asked: bool) -> None:
        version = self.pick(which)
        who = FACILITATOR if asked else who

        def call() -> None:
            within = self.reach(who)
            found = entries.version(version.id, within=within)
            if not entries.may_hold(found, within=within):
                raise NotFoundError
            entries.hold(found, reason="A name", by=self.people[who])

        if self.try_(call):
            assert self.roles[who] == FACILITATOR
            assert who in self.present
            self.gone(version)

    def gone(self, version: EntryVersion) -> None:
        for one in self.versions:
            if one.entry_id == version.entry_id:
                self.standing[one.id] = set()

    def come_or_go(self, who: str, _which: int, *, asked: bool) -> None:  # noqa: ARG002
        if who in {"ama", "ben", FACILITATOR}:
            return
        if who in self.present:
            self.present.discard(who)
            self.away(who)
            return
        self.present.add(who)
        role = self.roles[who] = CAST[who]
        rights = next(one["rights"] for one in self.circle.template["roles"] if one["key"] == role)
        fresh = Membership(circle_id=self.circle.id, person_id=self.people[who].id, role=role, rights=rights)
        self.unit.add(fresh)
        self.unit.flush()
        pairing.welcome(fresh)
        self.begins_to_read(who)

    def begins_to_read(self, who: str) -> None:
        """What was there before she came is not hers to read, whether she read it once or not."""
        for told in self.standing.values():
            told.discard(who)

    def become(self, who: str, which: int, *, asked: bool) -> None:
        """Another role; who could not read for a while reads what is shared from then on."""
        who = ("dee", "cy")[which % 2] if asked else who
        if who not in self.present or who in {"ama", "ben", FACILITATOR}:
            return
        role = (FACILITATOR, FACILITATOR, "teacher", "union_representative")[which % 4]
        memberships.change_role(self.place_of(who), role=role, by=self.people[FACILITATOR])
        if self.roles[who] == "union_representative" != role:
            self.begins_to_read(who)
        self.roles[who] = role

    def write_together(self, who: str, which: int, *, asked: bool) -> None:
        version = self.pick(which)
        with_whom = who if asked else "dee"
        by = next(iter(self.wrote(version)))
        entry = entries.get_own(version.entry_id, within=self.reach(by))
        self.try_(lambda: colleagues.write_with(entry, person_id=self.people[with_whom].id, by=self.people[by]))

    def agree(self, _who: str, which: int, *, asked: bool) -> None:
        facilitator = self.people[FACILITATOR]
        norms.agree_on_feedback(self.circle, after_own=asked, at_meeting=which % 2 == 0, by=facilitator)

    def plan(self, _who: str, which: int, *, asked: bool) -> None:
        at = now() + timedelta(days=3) if asked else None
        meetings.arrange(self.meeting, starts_at=at, time_zone="UTC", place="", link="", minutes=60)
        meetings.record(self.meeting, held=which % 3 == 0, present=None)

    def draft(self, who: str, which: int, *, asked: bool) -> Feedback | None:
        """Words on a shared work, by anybody who finds it; now and then none at all."""
        version, person = self.pick(which), self.people[who]
        found: list[Feedback] = []

        def call() -> None:
            within = self.reach(who)
            feedback = feedbacks.begin(entries.version(version.id, within=within), by=person, within=within)
            fresh = feedback.begun_at is None
            text = f"I noticed {len(self.last_words)}" if asked or which % 3 else ""
            levels = {self.circle.template["rubric"]["criteria"][0]["key"]: "developing"}
            feedbacks.save(
                feedback, words={fb.first_key(feedback): text}, levels=levels, edition=feedback.edition, by=person
            )
            if fresh and feedback.begun_at is not None:
                self.strict[feedback.id] = self.circle.feedback_after_own
            found.append(feedback)

        if self.try_(call):
            assert who in self.standing[version.id]
        return found[0] if found else None

    def answer(self, who: str, which: int, *, asked: bool) -> None:
        feedback = self.draft(who, which, asked=asked)
        if feedback is not None:
            self.send_this(feedback, who)

    def send(self, who: str, which: int, *, asked: bool) -> None:  # noqa: ARG002
        query = self.unit.query(Feedback).filter(Feedback.state == "writing")
        if found := list(query.order_by(Feedback.id)):
            one = found[which % len(found)]
            writer = next(name for name, person in self.people.items() if person.id == one.writer_id)
            self.send_this(feedbacks.get_own(one.id, within=self.reach(writer)), writer)

    def send_this(self, feedback: Feedback, who: str) -> None:
        was_held = feedback.held_at is not None and feedback.words == self.last_words[feedback.id]
        self.actor = who
        if self.try_(lambda: feedbacks.send(feedback, by=self.people[who], within=self.reach(who))):
            assert who in self.present
            assert not was_held or feedback.levels, "the same words again"
            self.last_words[feedback.id] = dict(feedback.words)
            told = dict.fromkeys(self.wrote(feedback.version), "author")
            self.promised[feedback.id] = {name: self.roles[name] for name in self.readers()} | told

    def about_feedback(self, move: str, who: str, which: int, *, proper: bool) -> None:
        """A move on one feedback, by whoever is meant to make it or by somebody else who finds it."""
        rows = list(self.unit.query(Feedback).order_by(Feedback.id))
        one = rows[which % len(rows)]
        if proper:
            writer = next(name for name, person in self.people.items() if person.id == one.writer_id)
            who = writer if move in OF_THE_WRITER else min(self.wrote(one.version))
        self.actor, person = who, self.people[who]
        own = one.writer_id == person.id

        def call() -> object:
            within = self.reach(who)
            feedback = feedbacks.get_own(one.id, within=within) if own else feedbacks.get(one.id, within=within)
            return {
                "take_back": lambda: feedbacks.take_back(feedback, by=person),
                "pass_on": lambda: feedbacks.pass_on(feedback, by=person),
                "reword": lambda: holds.reword(feedback, by=person),
                "read": lambda: replies.read(feedback, by=person),
                "thanks": lambda: replies.answer(feedback, kind="thanks", text="Thank you", by=person),
                "word": lambda: replies.add_word(feedback, text="And then?", by=person, within=within),
                "close": lambda: replies.close(feedback, by=person),
                "hold": lambda: holds.hold(feedback, kind="hurtful", reason="It hurts", by=person),
                "child": lambda: holds.hold(feedback, kind="child_safety", reason="A child", by=person),
                "help": lambda: holds.ask_help(feedback, by=person),
                "restore": lambda: holds.restore(feedback, by=person, within=within),
                "remove": lambda: holds.remove(feedback, by=person, within=within),
            }[move]()

        made: list[object] = []
        if self.try_(lambda: made.append(call())):
            assert own or move not in OF_THE_WRITER
            if isinstance(made[0], Reply):
                self.replied[made[0].id] = made[0].text
            if move in {"take_back", "reword"}:
                self.promised[one.id] = {}

    def time_passes(self, _who: str, which: int, *, asked: bool) -> None:  # noqa: ARG002
        with time_machine.travel(now() + timedelta(days=40)):
            replies.sweep()
            pairing.again(self.circle)
            arrivals.hand_over()

    def look_around(self, _who: str, which: int, *, asked: bool) -> None:  # noqa: ARG002
        """The facilitator's lists show standing work only."""
        within = self.reach(FACILITATOR)
        for work in reviews.waiting(self.circle, within=within):
            assert FACILITATOR in self.standing[work.version.id], "T2"
        for name in ("ama", "ben"):
            try:
                _, works = reviews.shared_by(self.people[name].id, circle=self.circle, within=within)
            except NotFoundError:
                continue
            assert all(FACILITATOR in self.standing[work.version.id] for work in works), "T2"

    def teardown(self) -> None:
        if hasattr(self, "unit"):
            self.unit.rollback()
            self.scope.__exit__(None, None, None)


OF_THE_WRITER = {"take_back", "pass_on", "reword"}
OF_OTHERS = {"read", "thanks", "word", "close", "hold", "child", "help", "restore", "remove"}
ASKS_MORE = {"share", "share_again", "take_work_back", "hold_work", "come_or_go", "become", "write_together"}


def test_t2_t3_t4_t7(app: object) -> None:
    circle = build.circle()
    people = {name: build.member(circle, role).id for name, role in CAST.items()}
    machine = type("Cast", (Circle_,), {"cast": people, "circle_id": circle.id})
    examples = 14 if FULL else 6
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(max_examples=examples, stateful_step_count=24, phases=[Phase.generate], **QUICK),
    )


OF_CREDIT = (
    *(f"services/{name}.py" for name in ("credits", "comments", "credit_lines", "columns", "milestones", "deliveries")),
    *(f"lti/{name}.py" for name in ("gradebook", "columns", "scores")),
)


class TestLevelsGoNowhere:
    """T5: no path from a level to a credit, a delivery or a message to the LMS; and no number for a level anywhere."""

    @hypothesis_settings(max_examples=6, **QUICK)
    @given(data=st.data())
    def test_the_same_is_owed_whatever_the_levels(
        self, crowd: dict[str, tuple[int, list[int]]], data: st.DataObject
    ) -> None:
        circle_id, people = crowd[data.draw(st.sampled_from(["ei_t3lfa", "fasmed_learning_group"]))]
        template = presets.Template.model_validate(db_circle(circle_id).template)
        chosen = {
            one.key: data.draw(st.sampled_from([level.key for level in template.rubric.levels]))
            for one in template.rubric.criteria
        }
        with time_machine.travel(now(), tick=False):
            assert self.owed(circle_id, people, {}) == self.owed(circle_id, people, chosen)

    def owed(self, circle_id: int, people: list[int], levels: dict[str, str]) -> list[object]:
        with db.work() as unit:
            circle = unit.get_one(Circle, circle_id)
            circle.credit_mode = "completed"
            ama, ben = (unit.get_one(Person, number) for number in people[:2])
            for person in (ama, ben):
                place(circle, person).activity_id = unit.query(Activity).first().id  # type: ignore[union-attr]
            for milestone in milestones.of(circle):
                for _ in range(milestone.at_least):
                    for person in (ama, ben):
                        fb.share(fb.entry(circle, person, stage=milestone.stage), person)
            for version in readable_versions(circle, ama):
                feedback = fb.draft(version, ama, levels=levels)
                assert feedback.levels == levels
                feedbacks.send(feedback, by=ama, within=access.reach_of(ama.id))
            payloads = [(one.kind, one.payload) for one in unit.query(Delivery).order_by(Delivery.key)]
            assert payloads, "nothing was owed, so nothing was tested"
            said = json.dumps([payload for _, payload in payloads])
            assert not any(level in said or criterion in said for criterion, level in levels.items())
            unit.rollback()
        for _, payload in payloads:
            payload.pop("stated_at", None)
        return payloads

    def test_a_score_has_no_place_for_one(self) -> None:
        names = {one.name for one in fields(Score)}
        times = {"stated_at", "started_at", "submitted_at"}
        comments = {"comment", "said_before"}  # of milestones alone, see tests/services/test_comments.py
        assert names == {"sub", "given", "maximum", "complete", "scored_by", *comments, *times}

    def test_what_reckons_and_delivers_never_reads_one(self) -> None:
        package = Path(access.__file__).parent
        for module in OF_CREDIT:
            assert "levels" not in (package / module).read_text(encoding="utf-8"), module

    def test_a_level_is_words_in_every_programme(self) -> None:
        for preset in presets.all().values():
            for level in preset.rubric.levels:
                assert not any(sign.isdigit() for sign in level.key)
                assert isinstance(level.key, str)


def db_circle(circle_id: int) -> Circle:
    with db.work(read_only=True) as unit:
        return unit.get_one(Circle, circle_id, options=[undefer(Circle.template)])
