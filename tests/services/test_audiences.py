"""How far shared work goes: only its author moves it, and never a draft."""

import pytest

from lti_tool import db
from lti_tool.db import now
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Entry, Membership, Person
from lti_tool.services import audiences, entries
from tests import build
from tests.services.writing import begin, reach, write


class Stage:
    """Ama's shared work, her circle and another one of the programme."""

    def __init__(self) -> None:
        self.circle, self.elsewhere = build.circle(), build.circle()
        self.ama, self.ben = build.member(self.circle), build.member(self.circle)
        self.facilitator, self.jurg = build.member(self.circle, "facilitator"), build.member(self.elsewhere)
        self.stranger = build.member(build.circle(key="hertscam_tldw"))

    def share(self) -> "Stage":
        self.circle = db.session.get_one(Circle, self.circle.id)
        self.entry: Entry = begin(self.circle, self.ama, "Exit tickets")
        entries.share(self.entry, by=self.ama)
        return self

    def finds(self, person: Person) -> list[str]:
        found, _more = audiences.of_other_circles(within=reach(person), limit=5)
        return [one.opening for _circle, one in found]


@pytest.fixture
def stage(app: object, request: pytest.FixtureRequest) -> Stage:
    made = Stage()
    request.getfixturevalue("work")
    return made.share()


def test_it_goes_to_other_circles_of_the_programme_and_back(stage: Stage) -> None:
    assert stage.finds(stage.jurg) == []
    audiences.widen(stage.entry, by=stage.ama)
    assert stage.finds(stage.jurg) == ["Exit tickets"]
    assert [stage.finds(person) for person in (stage.ama, stage.ben, stage.stranger)] == [[], [], []]
    entries.share(write(stage.entry, stage.ama, "Exit tickets, twice"), by=stage.ama)
    assert stage.finds(stage.jurg) == ["Exit tickets, twice"]
    audiences.narrow(stage.entry, by=stage.ama)
    assert stage.finds(stage.jurg) == []
    assert entries.versions(stage.entry.id, within=reach(stage.ben))


def test_only_its_author_moves_it(stage: Stage) -> None:
    for person in (stage.ben, stage.facilitator, stage.jurg):
        for move in (audiences.widen, audiences.narrow):
            with pytest.raises(NotFoundError):
                move(stage.entry, by=person)


def test_a_draft_and_what_was_taken_back_or_held_go_nowhere(stage: Stage) -> None:
    draft = begin(stage.circle, stage.ama, "Later", stage="practice")
    version = entries.version(stage.entry.versions[0].id, within=reach(stage.ama))
    entries.hold(version, reason="A face", by=stage.facilitator)
    for entry in (draft, stage.entry):
        with pytest.raises(RefusedError, match="not_shared"):
            audiences.widen(entry, by=stage.ama)
    entries.take_back(stage.entry, by=stage.ama)
    audiences.narrow(stage.entry, by=stage.ama)
    assert stage.entry.audience == "private"


def test_taken_back_it_is_gone_everywhere_and_shared_anew_for_the_circle_alone(stage: Stage) -> None:
    audiences.widen(stage.entry, by=stage.ama)
    entries.take_back(stage.entry, by=stage.ama)
    assert stage.finds(stage.jurg) == []
    entries.share(write(stage.entry, stage.ama, "Mended"), by=stage.ama)
    assert (stage.entry.audience, stage.finds(stage.jurg)) == ("circle", [])


def test_who_left_or_whose_circle_ended_may_only_narrow(stage: Stage) -> None:
    audiences.widen(stage.entry, by=stage.ama)
    db.session.query(Membership).filter_by(person_id=stage.ama.id).one().left_at = now()
    db.session.flush()
    audiences.narrow(stage.entry, by=stage.ama)
    with pytest.raises(RefusedError, match="not_a_member"):
        audiences.widen(stage.entry, by=stage.ama)
    stage.circle.closed_at = now()
    with pytest.raises(RefusedError, match="circle_closed"):
        audiences.widen(stage.entry, by=stage.ama)
