"""Keeping, sharing, taking back, holding and concluding a text; two authors who write at once."""

import pytest

from lti_tool import db
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Audience, AuditLine, Circle, FeedbackState, Person
from lti_tool.services import entries, inquiries
from tests import build
from tests.services.writing import add_author, answer, begin, first_prompt, reach, write

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def salma(circle: Circle) -> Person:
    return build.member(circle, name="سلمى حداد")


class TestSaving:
    def test_keeps_what_the_stage_asks_and_nothing_else(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama)
        said = {"concern": "Few voices", "values": "  ", "nonsense": "dropped"}
        entries.save(entry, answers=said, ask="Is it clear?", edition=entry.edition, by=ama)
        assert (entry.answers, entry.ask) == ({"concern": "Few voices"}, "Is it clear?")

    def test_asks_for_nothing(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "Something")
        entries.save(entry, answers={}, ask="", edition=entry.edition, by=ama)
        assert entry.answers == {}

    def test_an_older_edition_changes_nothing(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "On the phone")
        seen = entry.edition
        write(entry, ama, "On the laptop")
        with pytest.raises(entries.EditionError):
            entries.save(entry, answers={"concern": "On the phone, later"}, ask="", edition=seen, by=ama)
        assert entry.answers == {"concern": "On the laptop"}

    def test_the_same_text_again_is_no_conflict(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama)
        seen = entry.edition
        write(entry, ama, "Few voices")
        kept = entry.edition
        entries.save(entry, answers={"concern": "Few voices"}, ask="", edition=seen, by=ama)
        assert entry.edition == kept

    def test_text_is_taken_even_where_the_circle_has_ended(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama)
        entries.circle_of(entry).closed_at = db.now()
        assert write(entry, ama, "Written in the bus").answers

    def test_only_authors_write(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "Mine")
        for act in (
            lambda: write(entry, salma, "Not mine"),
            lambda: entries.share(entry, by=salma),
            lambda: entries.take_back(entry, by=salma),
            lambda: entries.conclude(entry, next_try="", by=salma),
            lambda: entries.reopen(entry, by=salma),
        ):
            with pytest.raises(NotFoundError):
                act()


class TestSharing:
    def test_fixes_the_text_for_the_circle(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "Few voices", ask="Is it clear?")
        version = entries.share(entry, by=ama)
        write(entry, ama, "Private second thoughts")
        seen = entries.version(version.id, within=reach(salma))
        assert (seen.number, seen.answers, seen.ask) == (1, {"concern": "Few voices"}, "Is it clear?")
        assert (seen.shared_by, entry.audience) == (ama.id, Audience.CIRCLE)

    def test_again_makes_the_next_version(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "One")
        entries.share(entry, by=ama)
        entries.share(write(entry, ama, "Two"), by=ama)
        assert [one.number for one in entries.versions(entry.id, within=reach(salma))] == [2, 1]

    def test_the_same_text_again_stays_one_version(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "One")
        assert entries.share(entry, by=ama) is entries.share(entry, by=ama)

    def test_asks_for_the_first_prompt_alone(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama)
        entries.save(entry, answers={"values": "That all are heard"}, ask="", edition=entry.edition, by=ama)
        with pytest.raises(RefusedError, match="first_prompt_missing"):
            entries.share(entry, by=ama)
        assert (entry.audience, entry.versions) == (Audience.PRIVATE, [])

    def test_is_for_those_who_are_in_the_circle(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "One")
        membership = next(one for one in entries.circle_of(entry).memberships if one.person_id == ama.id)
        membership.rights = "representative"
        with pytest.raises(RefusedError, match="not_a_member"):
            entries.share(entry, by=ama)
        membership.rights, membership.left_at = "teacher", db.now()
        with pytest.raises(RefusedError, match="not_a_member"):
            entries.share(entry, by=ama)

    def test_ends_with_the_circle(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "One")
        entries.circle_of(entry).closed_at = db.now()
        with pytest.raises(RefusedError, match="circle_closed"):
            entries.share(entry, by=ama)

    def test_keeps_a_wider_audience(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "One")
        entry.audience = Audience.PROGRAMME
        entries.share(entry, by=ama)
        assert entry.audience == Audience.PROGRAMME


class TestTakingBack:
    def test_leaves_it_to_its_authors(self, circle: Circle, ama: Person, salma: Person) -> None:
        version = entries.share(entry := begin(circle, ama, "One"), by=ama)
        entries.take_back(entry, by=ama)
        assert entries.version(version.id, within=reach(ama)) is version
        with pytest.raises(NotFoundError):
            entries.version(version.id, within=reach(salma))

    def test_stays_taken_back_when_a_mended_text_is_shared(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "Kwame said")
        entries.share(entry, by=ama)
        entries.take_back(entry, by=ama)
        entries.share(write(entry, ama, "A pupil said"), by=ama)
        assert [one.answers for one in entries.versions(entry.id, within=reach(salma))] == [{"concern": "A pupil said"}]
        assert len(entries.versions(entry.id, within=reach(ama))) == 2

    def test_and_sharing_the_same_text_fixes_a_new_version(self, circle: Circle, ama: Person) -> None:
        entry = begin(circle, ama, "One")
        entries.share(entry, by=ama)
        entries.take_back(entry, by=ama)
        assert entries.share(entry, by=ama).number == 2

    def test_is_possible_for_who_left_a_closed_circle(self, circle: Circle, ama: Person, salma: Person) -> None:
        version = entries.share(entry := begin(circle, ama, "One"), by=ama)
        here = entries.circle_of(entry)
        here.closed_at = db.now()
        next(one for one in here.memberships if one.person_id == ama.id).left_at = db.now()
        db.session.flush()
        entries.take_back(entries.get_own(entry.id, within=reach(ama)), by=ama)
        with pytest.raises(NotFoundError):
            entries.version(version.id, within=reach(salma))


class TestSeveralAuthors:
    def test_each_may_write_share_and_take_back(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "Ama’s half")
        add_author(entry, salma)
        mine = entries.get_own(entry.id, within=reach(salma))
        assert entries.share(write(mine, salma, "Both halves"), by=salma).shared_by == salma.id
        entries.take_back(mine, by=ama)
        assert entry.audience == Audience.PRIVATE

    def test_the_second_of_two_is_told(self, circle: Circle, ama: Person, salma: Person) -> None:
        entry = begin(circle, ama, "Before")
        add_author(entry, salma)
        seen = entry.edition
        entries.save(entry, answers={"concern": "Ama’s"}, ask="", edition=seen, by=ama)
        with pytest.raises(entries.EditionError):
            entries.save(entry, answers={"concern": "Salma’s"}, ask="", edition=seen, by=salma)


def test_two_at_the_very_same_moment_lose_nothing(circle: Circle, ama: Person) -> None:
    entry = begin(circle, ama, "Before")
    seen = entry.edition
    table = entry.__table__
    db.session.execute(table.update().where(table.c.id == entry.id).values(edition=seen + 1))  # the other one, first
    with pytest.raises(entries.EditionError):
        entries.save(entry, answers={"concern": "After"}, ask="", edition=seen, by=ama)


class TestHolding:
    def test_hides_every_version_and_tells_the_author(self, circle: Circle, ama: Person, salma: Person) -> None:
        version = entries.share(entry := begin(circle, ama, "Kwame said"), by=ama)
        entries.hold(version, reason="A child’s name is in it.", by=salma)
        with pytest.raises(NotFoundError):
            entries.version(version.id, within=reach(salma))
        assert entries.get_own(entry.id, within=reach(ama)).held_reason == "A child’s name is in it."
        line = db.session.query(AuditLine).one()
        assert (line.verb, line.facts) == ("entry.held", {"entry": str(entry.id)})

    def test_ends_when_the_mended_text_is_shared(self, circle: Circle, ama: Person, salma: Person) -> None:
        version = entries.share(entry := begin(circle, ama, "Kwame said"), by=ama)
        entries.hold(version, reason="A child’s name is in it.", by=salma)
        entries.share(write(entry, ama, "A pupil said"), by=ama)
        assert (entry.held_at, entry.held_reason) == (None, "")
        assert [one.number for one in entries.versions(entry.id, within=reach(salma))] == [2]

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_needs_a_reason(self, circle: Circle, ama: Person, salma: Person, reason: str) -> None:
        version = entries.share(begin(circle, ama, "One"), by=ama)
        with pytest.raises(RefusedError, match="reason_missing"):
            entries.hold(version, reason=reason, by=salma)

    def test_opens_a_concluded_entry_so_that_it_can_be_mended(self, circle: Circle, ama: Person, salma: Person) -> None:
        version = entries.share(entry := begin(circle, ama, "Kwame said"), by=ama)
        entries.conclude(entry, next_try="", by=ama)
        entries.hold(version, reason="A child’s name is in it.", by=salma)
        assert entries.share(write(entry, ama, "A pupil said"), by=ama).number == 2


def test_who_may_hold(circle: Circle, ama: Person) -> None:
    roles = {one["key"]: build.member(circle, one["key"]) for one in circle.template["roles"]}
    version = entries.share(begin(circle, ama, "One"), by=ama)
    assert [role for role, who in roles.items() if entries.may_hold(version, within=reach(who))] == ["facilitator"]
    add_author(version.entry, roles["facilitator"])
    assert not entries.may_hold(version, within=reach(roles["facilitator"]))


class TestConcluding:
    def test_keeps_what_comes_next_and_can_be_undone(self, circle: Circle, ama: Person) -> None:
        entry = entries.conclude(begin(circle, ama, "One"), next_try="Two questions", by=ama)
        assert entry.concluded_at is not None
        with pytest.raises(RefusedError, match="entry_concluded"):
            entries.share(entry, by=ama)
        assert entries.share(entries.reopen(entry, by=ama), by=ama).number == 1
        assert entry.next_try == "Two questions"

    def test_may_skip_it_openly(self, circle: Circle, ama: Person) -> None:
        assert entries.conclude(begin(circle, ama, "One"), next_try="", by=ama).concluded_at is not None


class TestSharedList:
    def test_shows_colleagues_newest_first_with_names_and_answers(
        self, circle: Circle, ama: Person, salma: Person
    ) -> None:
        jurg = build.member(circle)
        mine = entries.share(begin(circle, salma, "My own"), by=salma)
        entries.share(entry := begin(circle, ama, "word " * 30), by=ama)
        newest = entries.share(begin(circle, ama, "Exit tickets, first try", stage="try"), by=ama)
        entry_version = entry.versions[-1]
        answer(entry_version, salma)
        answer(entry_version, jurg, FeedbackState.WRITING)
        (first, second), earlier = entries.shared(circle, within=reach(salma), limit=2)
        assert not earlier
        assert (first.version_id, first.stage.key, first.opening) == (newest.id, "try", "Exit tickets, first try")
        assert ([one.id for one in second.authors], second.answered) == ([ama.id], 1)
        assert second.opening == "word " * 11 + "word…"
        assert mine.id not in (first.version_id, second.version_id)
        assert entries.shared(circle, within=reach(salma), limit=1) == ([first], True)
        assert entries.shared(circle, within=reach(salma), limit=1, page=2) == ([second], False)
        assert entries.shared(circle, within=reach(salma), limit=1, page=3) == ([], False)

    def test_costs_the_same_for_one_and_for_many(
        self, circle: Circle, ama: Person, salma: Person, counted: list[str]
    ) -> None:
        def cost() -> int:
            db.session.expire_all()
            counted.clear()
            for one in entries.shared(circle, within=reach(salma), limit=5)[0]:
                assert one.authors[0].display_name
                assert one.stage
            return len(counted)

        entries.share(begin(circle, ama, "One"), by=ama)
        few = cost()
        for turn in range(6):
            entries.share(begin(circle, ama, f"Try {turn}", stage="try"), by=ama)
        assert cost() == few
        assert few <= 7

    def test_and_so_does_an_inquiry(self, circle: Circle, ama: Person, counted: list[str]) -> None:
        def cost() -> int:
            db.session.expire_all()
            counted.clear()
            inquiries.of(circle, within=reach(ama))
            return len(counted)

        entries.share(begin(circle, ama, "One"), by=ama)
        few = cost()
        for turn in range(6):
            entries.share(begin(circle, ama, f"Try {turn}", stage="try"), by=ama)
        assert cost() == few


def test_every_stage_of_every_programme_asks_for_one_thing_at_most(app: object) -> None:
    """H8: no field is required to keep a text, one to share it."""
    for key in ("ei_t3lfa", "hertscam_tldw"):
        circle = build.circle(key=key)
        ama = build.member(circle)
        with db.work():
            for stage in circle.template["stages"]:
                entry = begin(circle, ama, "Enough", stage=stage["key"])
                assert list(entry.answers) == [first_prompt(circle, stage["key"])]
                assert entries.share(entry, by=ama).number == 1
            db.session.rollback()
