"""The law of reading: who may read which text of an inquiry, role by role, and whatever people do in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lti_tool import access, db
from lti_tool.access import Permission
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Audience, Circle, Entry, EntryVersion, Evidence, Membership, Person
from lti_tool.services import entries, evidence, inquiries
from tests import build
from tests.conftest import FULL
from tests.services.writing import add_author, begin, picture, reach, write

AUTHORS = {"author", "co_author"}
COLLEAGUES = {"teacher", "facilitator"}
SAME_PROGRAMME = {"teacher_elsewhere"}
EVERYBODY = (
    "author",
    "co_author",
    "teacher",
    "facilitator",
    "newcomer",
    "union_representative",
    "link_facilitator",
    "national_researcher",
    "programme_manager",
    "teacher_elsewhere",
    "representative_elsewhere",
    "teacher_of_another_programme",
    "twin",
    "left",
    "nobody",
)


class Stage:
    """A circle with everybody in and around it, and one entry with a picture by its two authors."""

    def __init__(self) -> None:
        self.circle = build.circle()
        elsewhere, other = build.circle(), build.circle(key="hertscam_tldw")
        roles = ("facilitator", "union_representative", "link_facilitator", "national_researcher", "programme_manager")
        self.people: dict[str, Person] = {role: build.member(self.circle, role) for role in roles}
        for name in ("author", "co_author", "teacher"):
            self.people[name] = build.member(self.circle)
        self.people["teacher_elsewhere"] = build.member(elsewhere)
        self.people["representative_elsewhere"] = build.member(elsewhere, "union_representative")
        self.people["teacher_of_another_programme"] = build.member(other)
        self.people["twin"] = build.person(build.course())
        with db.work() as unit:  # the same number as the author's, on another platform
            unit.get_one(Person, self.people["twin"].id).sub = self.people["author"].sub
            unit.commit()
        self.people["left"] = build.member(self.circle, left_at=now() - timedelta(minutes=1))
        self.people["nobody"] = build.person(build.course_of(self.circle))
        self.people["newcomer"] = build.member(self.circle, joined_at=now() + timedelta(minutes=5))

    def write(self) -> "Stage":
        author = self.people["author"]
        self.entry = begin(self.circle, author, "Exit tickets", stage="try")
        add_author(self.entry, self.people["co_author"])
        self.piece = evidence.add(self.entry, file=picture(), kind="classroom_photo", title="Board", pupils="none")
        return self

    def share(self) -> EntryVersion:
        return entries.share(self.entry, by=self.people["author"])

    def who(self, question: object) -> set[str]:
        return {name for name in EVERYBODY if question(reach(self.people[name]))}  # type: ignore[operator]

    def readers(self, version: EntryVersion) -> set[str]:
        return self.who(lambda within: found(entries.version, version.id, within))

    def openers(self, piece: Evidence) -> set[str]:
        return self.who(lambda within: found(evidence.get, piece.id, within))

    def writers(self) -> set[str]:
        return self.who(lambda within: found(entries.get_own, self.entry.id, within))


def found(getter: object, number: int, within: access.Reach) -> bool:
    try:
        getter(number, within=within)  # type: ignore[operator]
    except NotFoundError:
        return False
    return True


@pytest.fixture
def stage(app: object, request: pytest.FixtureRequest) -> Stage:
    made = Stage()
    request.getfixturevalue("work")
    return made.write()


class TestMatrix:
    def test_a_working_text_is_its_authors(self, stage: Stage) -> None:
        """H7: private is the default and no role overrides it, before and after sharing."""
        assert stage.writers() == AUTHORS
        for audience in Audience:
            stage.entry.audience = audience
            assert stage.writers() == AUTHORS

    def test_private_evidence_is_its_authors(self, stage: Stage) -> None:
        assert stage.openers(stage.piece) == AUTHORS

    def test_shared_is_for_the_colleagues_of_the_circle(self, stage: Stage) -> None:
        version = stage.share()
        assert stage.readers(version) == AUTHORS | COLLEAGUES
        assert stage.openers(stage.piece) == AUTHORS | COLLEAGUES

    def test_a_newcomer_reads_what_is_shared_from_then_on(self, stage: Stage) -> None:
        old = stage.share()
        place = db.session.query(Membership).filter_by(person_id=stage.people["newcomer"].id).one()
        place.joined_at = now()
        new = entries.share(write(stage.entry, stage.people["author"], "Second try"), by=stage.people["author"])
        assert "newcomer" not in stage.readers(old)
        assert "newcomer" in stage.readers(new)

    def test_withdrawn_is_for_the_authors(self, stage: Stage) -> None:
        version = stage.share()
        entries.take_back(stage.entry, by=stage.people["author"])
        assert stage.readers(version) == AUTHORS
        assert stage.openers(stage.piece) == AUTHORS
        version.withdrawn_at = None  # and each of the two marks is enough
        db.session.flush()
        assert stage.readers(version) == AUTHORS

    def test_withdrawn_stays_withdrawn_when_the_next_version_is_shared(self, stage: Stage) -> None:
        old = stage.share()
        entries.take_back(stage.entry, by=stage.people["author"])
        evidence.remove(stage.piece)
        new = entries.share(write(stage.entry, stage.people["author"], "Mended"), by=stage.people["author"])
        assert stage.readers(old) == AUTHORS
        assert stage.readers(new) == AUTHORS | COLLEAGUES

    def test_held_is_for_the_authors(self, stage: Stage) -> None:
        version = stage.share()
        entries.hold(version, reason="A face", by=stage.people["facilitator"])
        assert stage.readers(version) == AUTHORS
        assert stage.openers(stage.piece) == AUTHORS
        version.withdrawn_at = None  # and each of the two marks is enough
        db.session.flush()
        assert stage.readers(version) == AUTHORS

    def test_removed_evidence_is_nobodys(self, stage: Stage) -> None:
        stage.share()
        evidence.remove(stage.piece)
        assert stage.openers(stage.piece) == set()

    def test_evidence_of_the_working_text_does_not_follow_an_older_version(self, stage: Stage) -> None:
        stage.share()
        later = evidence.add(stage.entry, file=picture(), kind="classroom_photo", title="", pupils="")
        assert stage.openers(later) == AUTHORS

    def test_for_the_programme_is_for_teachers_of_its_other_circles(self, stage: Stage) -> None:
        version = stage.share()
        stage.entry.audience = Audience.PROGRAMME
        db.session.flush()
        assert stage.readers(version) == AUTHORS | COLLEAGUES | SAME_PROGRAMME | {"newcomer"}

    def test_public_is_for_everybody_who_may_read_somewhere(self, stage: Stage) -> None:
        version = stage.share()
        stage.entry.audience = Audience.PUBLIC
        db.session.flush()
        readers = AUTHORS | COLLEAGUES | SAME_PROGRAMME | {"newcomer", "teacher_of_another_programme"}
        assert stage.readers(version) == readers

    def test_an_author_keeps_her_own_after_leaving(self, stage: Stage) -> None:
        version = stage.share()
        place = db.session.query(Membership).filter_by(person_id=stage.people["author"].id).one()
        place.left_at = now()
        assert "author" in stage.readers(version) & stage.openers(stage.piece) & stage.writers()

    def test_the_list_shows_what_the_page_shows(self, stage: Stage) -> None:
        version = stage.share()
        listed = stage.who(
            lambda within: (
                version.id in [one.version_id for one in entries.shared(stage.circle, within=within, limit=5)[0]]
            )
        )
        assert listed == stage.readers(version) - AUTHORS

    def test_the_sentence_counts_who_really_reads(self, stage: Stage) -> None:
        version = stage.share()
        members = db.session.query(Membership).filter_by(circle_id=stage.circle.id).all()
        authors = [stage.people[name].id for name in AUTHORS]
        said = access.who_sees(Audience.CIRCLE, members, authors=authors)
        # the newcomer of this test joins later: she will read what is shared from then on
        assert said.colleagues == len(stage.readers(version) - AUTHORS) + 1
        assert said.authors == 2
        readers = {stage.people[name].id for name in stage.readers(version)}
        roles = {one.role for one in members if one.person_id in readers}
        assert roles.isdisjoint(said.hidden_from)
        assert access.who_sees(Audience.PRIVATE, members, authors=authors).colleagues == 0


def test_a_role_without_reading_never_reads(app: object) -> None:
    silent = [one for one in access.Rights if Permission.READ_SHARED not in access.GRANTS[one]]
    assert set(silent) >= {access.Rights.REPRESENTATIVE, access.Rights.SUPPORTER, access.Rights.RESEARCHER}
    assert access.rights_with(Permission.WRITE_INQUIRY) == [access.Rights.TEACHER]


WORKS = 2
WHO = st.sampled_from(["ama", "salma", "jurg"])
WHICH = st.integers(0, WORKS - 1)


class Circulation(RuleBasedStateMachine):
    """Three teachers, a facilitator and a union representative do whatever they may, in any order.

    T2: nobody else ever gets a text that was not shared. T4: a text becomes readable for more people only by an
    author's own sharing, and only the version that she shares then.
    """

    cast: dict[str, int]
    circle_id: int

    @initialize()
    def open(self) -> None:
        self.scope = db.work()
        self.unit = self.scope.__enter__()
        self.circle = self.unit.get_one(Circle, self.circle_id)
        self.people = {name: self.unit.get_one(Person, number) for name, number in self.cast.items()}
        self.entries = [begin(self.circle, self.people["ama"], stage="try") for _ in range(1)]
        write(self.entries[0], self.people["ama"], "never shared 0")
        self.entries.append(begin(self.circle, self.people["salma"], stage="try"))
        add_author(self.entries[1], self.people["ama"])
        self.counter = 0
        self.shared: set[tuple[int, str]] = set()  # what authors chose to share: (entry, text)
        self.shared_pieces: set[int] = set()
        self.seen = self.look()

    def authors(self, entry: Entry) -> set[int]:
        return {person.id for person in inquiries.authors(entry.inquiry_id)}

    def look(self) -> set[tuple[str, str, int]]:
        """Everything that anybody may read now without having written it."""
        self.unit.flush()
        seen = set()
        for name, person in self.people.items():
            within = reach(person)
            for entry in self.entries:
                if person.id in self.authors(entry):
                    continue
                seen |= {(name, "version", v.id) for v in entry.versions if found(entries.version, v.id, within)}
                seen |= {(name, "piece", e.id) for e in entry.evidence if found(evidence.get, e.id, within)}
                assert not found(entries.get_own, entry.id, within)
        return seen

    def after(self, *, grew: set[tuple[str, int]] = frozenset()) -> None:  # type: ignore[assignment]
        seen = self.look()
        assert {(kind, number) for _, kind, number in seen - self.seen} <= grew
        self.seen = seen

    @rule(which=WHICH)
    def save(self, which: int) -> None:
        self.counter += 1
        entry = self.entries[which]
        write(entry, self.unit.get_one(Person, min(self.authors(entry))), f"text {self.counter}")
        self.after()

    @rule(which=WHICH, pupils=st.sampled_from(["", "none", "covered"]))
    def add_piece(self, which: int, pupils: str) -> None:
        entry = self.entries[which]
        if len(entry.evidence) < 3:
            entry.evidence.append(
                Evidence(kind="tally", media_type="image/jpeg", size=1, file_key=f"{self.counter}", pupils=pupils)
            )
        self.after()

    @rule(which=WHICH)
    def answer_pieces(self, which: int) -> None:
        for one in self.entries[which].evidence:
            evidence.answer(one, pupils="covered")
        self.after()

    @rule(which=WHICH)
    def remove_piece(self, which: int) -> None:
        for one in self.entries[which].evidence[:1]:
            evidence.remove(one)
        self.after()

    @rule(which=WHICH, who=WHO)
    def share(self, which: int, who: str) -> None:
        entry = self.entries[which]
        try:
            version = entries.share(entry, by=self.people[who])
        except (RefusedError, NotFoundError):
            self.after()
            return
        assert self.people[who].id in self.authors(entry)
        pieces = {one.id for one in entries.standing_evidence(version)}
        assert all(one.pupils for one in version.evidence)
        self.shared.add((entry.id, version.answers["did"]))
        self.shared_pieces |= pieces
        self.after(grew={("version", version.id), *(("piece", number) for number in pieces)})

    @rule(which=WHICH, who=WHO)
    def take_back(self, which: int, who: str) -> None:
        entry = self.entries[which]
        try:
            entries.take_back(entry, by=self.people[who])
        except NotFoundError:
            assert self.people[who].id not in self.authors(entry)
        else:
            assert all(found(entries.version, v.id, reach(p)) is (p.id in self.authors(entry))
                       for v in entry.versions for p in self.people.values())  # fmt: skip
        self.after()

    @rule(which=WHICH)
    @precondition(lambda self: any(entry.versions for entry in self.entries))
    def hold(self, which: int) -> None:
        facilitator = self.people["facilitator"]
        readable = [one for one in self.entries[which].versions if found(entries.version, one.id, reach(facilitator))]
        if readable:
            entries.hold(readable[-1], reason="A child’s name", by=facilitator)
        self.after()

    @rule(which=WHICH, end=st.booleans())
    def conclude(self, which: int, end: bool) -> None:
        entry = self.entries[which]
        author = self.unit.get_one(Person, min(self.authors(entry)))
        entries.conclude(entry, next_try="never shared", by=author) if end else entries.reopen(entry, by=author)
        self.after()

    @rule(who=st.sampled_from(["jurg", "facilitator", "representative"]))
    def leave(self, who: str) -> None:
        for place in self.unit.query(Membership).filter_by(person_id=self.people[who].id, left_at=None):
            place.left_at = now()
        self.after()

    @rule(who=st.sampled_from(["jurg", "facilitator", "representative"]))
    def come(self, who: str) -> None:
        if reach(self.people[who]).place(self.circle.id) is None:
            rights = {"jurg": "teacher", "facilitator": "facilitator", "representative": "representative"}[who]
            self.unit.add(
                Membership(
                    circle_id=self.circle.id, person_id=self.people[who].id, role=rights, rights=rights, joined_at=now()
                )
            )
        self.after()

    @invariant()
    def nobody_reads_what_was_not_shared(self) -> None:
        if not hasattr(self, "seen"):
            return
        for name, kind, number in self.seen:
            assert name != "representative"
            if kind == "piece":
                assert number in self.shared_pieces
            else:
                version = self.unit.get_one(EntryVersion, number)
                assert (version.entry_id, version.answers["did"]) in self.shared

    def teardown(self) -> None:
        if hasattr(self, "scope"):
            self.unit.rollback()
            self.scope.__exit__(None, None, None)


def test_nothing_is_read_that_was_not_shared_whatever_people_do(app: object) -> None:
    circle = build.circle()
    roles = {"facilitator": "facilitator", "representative": "union_representative"}
    cast = {name: build.member(circle, roles.get(name, "teacher")).id for name in ("ama", "salma", "jurg", *roles)}
    machine = type("Circulation", (Circulation,), {"cast": cast, "circle_id": circle.id})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=hypothesis_settings(
            max_examples=40 if FULL else 15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_version_stays_as_it_was_shared(app: object) -> None:
    circle = build.circle()
    ama = build.member(circle)

    @hypothesis_settings(deadline=None, max_examples=30)
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), min_size=1, max_size=4))
    def writing_and_sharing(texts: list[str]) -> None:
        with db.work() as unit:
            entry = begin(circle, ama, stage="try")
            kept: list[str] = []
            for text in texts:
                write(entry, ama, text)
                if text.strip() and (not kept or kept[-1] != text):
                    kept.append(entries.share(entry, by=ama).answers["did"])
            unit.expire_all()
            assert [one.answers["did"] for one in entries.get_own(entry.id, within=reach(ama)).versions] == kept
            unit.rollback()

    writing_and_sharing()
