"""Launches of the same person at the same moment, on SQLite and on PostgreSQL."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import RefusedError
from lti_tool.lti.messages import Launch, RosterMember
from lti_tool.models import Activity, Course, Delivery, Enrolment, Person, Visit
from lti_tool.services import outsides, rosters, visits
from lti_tool.settings import Settings, use
from tests import build

ROSTER = "https://lms.example.org/roster"


@pytest.fixture
def house(tables: sa.Engine, settings: Settings) -> None:
    """Tables and settings."""
    use(settings)


def all_at_once(*deeds: Callable[[], None]) -> None:
    """Do these in threads of their own that begin together; the first one that breaks breaks the test."""
    together, broken = threading.Barrier(len(deeds)), []

    def alone(deed: Callable[[], None]) -> None:
        together.wait(60)
        try:
            deed()
        except Exception as error:  # noqa: BLE001 (raised below, in the thread that counts)
            broken.append(error)

    threads = [threading.Thread(target=alone, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]


def arriving(launch: Launch) -> Callable[[], None]:
    def arrive() -> None:
        with db.work() as unit:
            visits.arrive(launch)
            unit.commit()

    return arrive


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("turn", range(3))
def test_of_somebody_new_leave_one_row_of_each_and_every_role(turn: int) -> None:
    course = build.course()
    told = {"context_id": f"new-{turn}", "resource_link_id": "new", "roster_url": ROSTER}
    launches = [
        build.launch(course, "new", **told, roles=(role,), may_teach=role == build.INSTRUCTOR)
        for role in (build.LEARNER, build.INSTRUCTOR, build.LEARNER, f"{build.LEARNER}s")
    ]
    all_at_once(*map(arriving, launches))
    with db.work(read_only=True) as unit:
        person = unit.scalars(sa.select(Person)).one()
        found = unit.scalars(sa.select(Course).filter_by(context_id=f"new-{turn}")).one()
        assert unit.scalars(sa.select(Activity).filter_by(course_id=found.id)).one().resource_link_id == "new"
        enrolment = unit.scalars(sa.select(Enrolment)).one()
        assert enrolment.launch_roles == sorted({build.LEARNER, build.INSTRUCTOR, f"{build.LEARNER}s"})
        assert enrolment.may_teach
        assert unit.scalars(sa.select(Visit.person_id)).all() == [person.id] * 4
        assert unit.scalars(sa.select(Delivery)).one().kind == "roster"


@pytest.mark.usefixtures("house")
def test_of_somebody_known_forget_no_role() -> None:
    course = build.course()
    arriving(build.launch(course, "known", roles=()))()
    roles = [f"{build.LEARNER}{number}" for number in range(4)]
    all_at_once(*(arriving(build.launch(course, "known", roles=(role,))) for role in roles))
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(Enrolment)).one().launch_roles == roles


@pytest.mark.usefixtures("house")
def test_of_somebody_whom_the_roster_is_just_bringing_make_her_once(monkeypatch: pytest.MonkeyPatch) -> None:
    course = build.course(roster_url=ROSTER)
    told = [RosterMember(str(number), "", (build.LEARNER,), active=True, may_teach=False) for number in range(3)]
    looked, store = threading.Event(), rosters._people

    def slowly(*words: Any) -> Any:
        found = store(*words)
        looked.set()  # nobody is here yet
        time.sleep(0.3)
        return found

    monkeypatch.setattr(rosters.roster, "read", lambda _course: iter([told]))
    monkeypatch.setattr(rosters, "_people", slowly)

    def launch_meanwhile() -> None:
        assert looked.wait(30)
        arriving(build.launch(course, "1"))()

    all_at_once(lambda: rosters.read({"course_id": course.id}), launch_meanwhile)
    with db.work(read_only=True) as unit:
        assert sorted(unit.scalars(sa.select(Person.sub))) == ["0", "1", "2"]
        assert [one.roster_roles for one in unit.scalars(sa.select(Enrolment))] == [[build.LEARNER]] * 3
        assert unit.scalars(sa.select(Course)).one().roster_read_at is not None


@pytest.mark.usefixtures("house")
def test_of_ten_who_press_the_button_of_one_link_one_gets_in() -> None:
    person, told = build.person(build.course()), list[str]()
    with db.work() as unit:
        token = outsides.make(build.visit(person).id, path="/circles")
        unit.commit()

    def press() -> None:
        try:
            with db.work() as unit:
                told.append(outsides.use(token).path)
                unit.commit()
        except RefusedError as refused:
            told.append(refused.code)

    all_at_once(*[press] * 10)
    assert sorted(told) == ["/circles", *["link_over"] * 9]
