"""What a page and a launch may cost: statements, and work that is to be done once. The ratios are in benchmarks/."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db, i18n, jobs
from lti_tool.access import Place, Reach, Rights
from lti_tool.forms.base import Form
from lti_tool.lti import http, launch, tokens
from lti_tool.models import Activity, Course, Enrolment, Evidence, Feedback, Person
from lti_tool.services import deliveries, rosters
from lti_tool.views.lti import LOGIN_COOKIE
from tests import build, feedback_build
from tests.lti import ends, issuer
from tests.reader import Reader

STEERING = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent while the block runs, without the beginnings of transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(STEERING):
            seen.append(statement)

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)


@contextmanager
def begun() -> Iterator[list[bool]]:
    """Of each transaction begun while the block runs, whether it only reads."""
    seen: list[bool] = []

    def note(connection: sa.Connection) -> None:
        seen.append(bool(connection.get_execution_options().get("read_only", False)))

    sa.event.listen(db.engine(), "begin", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine(), "begin", note)


def test_a_launch_is_checked_in_three_statements(app: Flask) -> None:
    with issuer.running() as lms:
        lms.register()
        lms.launch()
        form = lms.form()
        with db.work() as unit, statements() as seen:
            launch.finish(form, browser="this browser")
            unit.commit()
    assert len(seen) == 3, seen


def test_who_comes_again_costs_five_statements(app: Flask) -> None:
    """Login read and used up, deployment, all that is known, the visit."""
    browser = app.test_client(use_cookies=False)
    with issuer.running() as lms:
        lms.register()
        for _ in range(2):
            form = lms.form()
            with statements() as seen:
                said = {"Cookie": f'{LOGIN_COOKIE}-{form["state"][-2]}="this browser"'}
                answer = browser.post("/lti/launch", data=form, headers=said)
            assert answer.status_code == 303
    assert len(seen) <= 5, seen


def test_a_login_costs_three_statements_in_one_unit_of_work(app: Flask) -> None:
    """The platform, old logins swept, this one kept; who may frame a redirect is not looked up."""
    browser = app.test_client(use_cookies=False)
    with issuer.running() as lms:
        lms.register()
        form = {
            "iss": lms.issuer,
            "client_id": lms.client_id,
            "login_hint": "7",
            "target_link_uri": "https://x.example",
        }
        with statements() as seen, begun() as transactions:
            said = {"Cookie": f"{LOGIN_COOKIE}=this", "Origin": "https://lms.example.org"}
            answer = browser.post("/lti/login", data=form, headers=said)
        assert answer.status_code == 302
    assert (len(seen), transactions) == (3, [False]), seen


@pytest.mark.usefixtures("app")
def test_a_score_is_delivered_in_seven_statements_beside_its_token() -> None:
    """Claimed, what is stated, the place in the gradebook, the account, the token, whether it was kept here, done."""
    with ends.moodle(people=3) as far:
        activity = ends.activity_in(far.url)
        payload = {
            "activity_id": activity.id,
            "person_id": _person_at(activity, sub=min(far.gradable)),
            "given": 8,
            "maximum": 10,
        }
        counts = []
        for minute in range(2):  # the first one asks for the token, and makes the column
            with db.work() as unit:
                stated = {"stated_at": datetime(2026, 11, 2, 9, minute, tzinfo=UTC).isoformat()}
                deliveries.owe("score", key=f"score:{minute}", payload=payload | stated)
                unit.info.pop("owed")
                unit.commit()
            with statements() as seen:
                assert deliveries.run_next(jobs.HANDLERS) is deliveries.Outcome.KEPT
            counts.append(len(seen))
    assert counts[1] <= 7, counts


@pytest.mark.usefixtures("app")
def test_a_first_score_reads_no_comment_and_a_later_one_reads_it_once() -> None:
    with ends.moodle(people=3) as far:
        activity = ends.activity_in(far.url)
        sub = min(far.gradable)
        payload = {
            "activity_id": activity.id,
            "person_id": _person_at(activity, sub=sub),
            "given": 8,
            "maximum": 10,
            "comment": "You took part.",
        }
        said: list[list[str]] = [[], ["You took part."], ["You took part."]]
        calls, counts = [], []
        for minute, before in enumerate(said):  # each kind of token is asked for once
            with db.work() as unit:
                stated = {"stated_at": datetime(2026, 11, 2, 9, minute, tzinfo=UTC).isoformat()}
                deliveries.owe("score", key=f"score:{minute}", payload=payload | stated | {"said_before": before})
                unit.info.pop("owed")
                unit.commit()
            asked = len(far.asked)
            with statements() as seen:
                assert deliveries.run_next(jobs.HANDLERS) is deliveries.Outcome.KEPT
            calls.append([one.path.rpartition("/")[2] for one in far.asked[asked:]])
            counts.append(len(seen))
    assert "results" not in calls[0]
    assert calls[2] == ["results", "scores"]
    assert counts[2] <= 8, counts  # one more: the token to read with


def _person_at(activity: Activity, *, sub: str) -> int:
    with db.work() as unit:
        course = unit.get_one(Course, activity.course_id)
        person = Person(platform_id=course.deployment.platform_id, sub=sub)
        unit.add(person)
        unit.commit()
    return person.id


@pytest.mark.parametrize("people", [3, 30])
def test_the_circle_page_asks_as_much_for_many_people_as_for_few(reader: Reader, people: int) -> None:
    circle = build.circle()
    members = [build.member(circle) for _ in range(people)]
    reader.as_(members[0])
    with statements() as seen:
        reader.open(f"/circles/{circle.id}")
    assert len(seen) <= 9, seen
    with statements() as seen:
        reader.open(f"/circles/{circle.id}/shared")
    assert len(seen) <= 4, seen


FACILITATORS_PAGES = {"": 11, "reviews": 10, "reviews/words": 10, "credit": 8, "people": 14, "meetings": 5}


@pytest.mark.parametrize("people", [2, 20])
def test_the_facilitators_pages_ask_as_much_for_many_people_as_for_few(reader: Reader, people: int) -> None:
    """Whose work waits, what was said, what was credited, who is here: never a statement for each of them."""
    circle = build.circle(credit_mode="milestones")
    facilitator, writer = build.member(circle, "facilitator"), build.member(circle)
    members = [build.member(circle) for _ in range(people)]
    with db.work() as unit:
        for author in members:
            feedback_build.sent(feedback_build.shared(circle, author), writer)
            feedback_build.shared(circle, author)
        unit.commit()
    reader.as_(facilitator)
    counts = {}
    for page in FACILITATORS_PAGES:
        with statements() as seen:
            reader.open(f"/circles/{circle.id}/{page}".rstrip("/"))
        counts[page] = len(seen)
    assert all(counts[page] <= most for page, most in FACILITATORS_PAGES.items()), counts


def test_the_page_to_write_on_takes_few_statements(reader: Reader) -> None:
    circle = build.circle()
    author = build.member(circle)
    with db.work() as unit:
        entry = feedback_build.entry(circle, author)
        feedback_build.share(entry, author)
        unit.commit()
    reader.as_(author)
    with statements() as seen:
        reader.open(f"/circles/{circle.id}/entries/{entry.id}")
    assert len(seen) <= 12, seen


@pytest.mark.parametrize("leads_to", ["read", "people"])
def test_the_pages_of_colleagues_work_and_of_people_take_few_statements(reader: Reader, leads_to: str) -> None:
    circle = build.circle()
    author, facilitator = build.member(circle), build.member(circle, role="facilitator")
    with db.work() as unit:
        entry = feedback_build.entry(circle, author)
        feedback_build.share(entry, author)
        unit.commit()
    reader.as_(facilitator)
    path = {"read": f"entries/{entry.id}", "people": "people"}[leads_to]
    with statements() as seen:
        reader.open(f"/circles/{circle.id}/{path}")
    assert len(seen) <= 12, seen


def test_a_form_without_a_fault_opens_no_catalogue_of_wtforms(app: Flask) -> None:
    with app.test_request_context():
        Form(formdata=None)
        assert not hasattr(flask.request, "wtforms_translations")


def test_the_way_a_language_writes_a_day_is_looked_for_once(app: Flask) -> None:
    with app.test_request_context():
        i18n.day(date(2026, 3, 12))
        before = i18n._day_pattern.cache_info()
        i18n.day(date(2026, 4, 13))
        after = i18n._day_pattern.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)


def test_our_own_version_is_read_once(app: Flask) -> None:
    http.session()
    before = http._agent.cache_info().misses
    http.session()
    assert http._agent.cache_info().misses == before


@pytest.mark.usefixtures("app")
def test_a_roster_is_stored_with_a_few_statements_for_a_page_of_people() -> None:
    with ends.moodle(people=120) as far:
        course_id = ends.activity_in(far.url).course_id
        rosters.read({"course_id": course_id})
        with db.work() as unit:
            unit.execute(sa.delete(Enrolment).where(Enrolment.course_id == course_id))
            unit.execute(sa.delete(Person))
            unit.commit()
        with statements() as first:
            rosters.read({"course_id": course_id})
        with statements() as second:
            rosters.read({"course_id": course_id})
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 120
    assert (len(first) <= 20, len(second) <= 20) == (True, True), (len(first), len(second))


@pytest.mark.usefixtures("app")
def test_nobody_waits_for_a_signature() -> None:
    with ends.moodle() as far:
        activity = ends.activity_in(far.url)
        with db.work(read_only=True) as unit:
            deployment_id = unit.get_one(Course, activity.course_id).deployment_id
        connector = tokens.Connector(tokens.Account.of(deployment_id))
        connector.get_access_token([tokens.SCORES])
        with begun() as transactions:
            connector.get_access_token([tokens.SCORES], fresh=True)
    assert transactions.count(False) == 1  # to keep the token; signing only reads


def test_what_one_may_read_is_asked_of_each_piece_and_never_listed_whole() -> None:
    place = Place(1, 1, "ei_t3lfa", "facilitator", Rights.FACILITATOR, *(datetime(2026, 11, 2, tzinfo=UTC),) * 2)
    reach = Reach(1, (place,))
    questions = [
        sa.select(Feedback.id).where(Feedback.version_id == 1, reach.feedback()),
        sa.select(Evidence.id).where(Evidence.id == 1, reach.evidence()),
    ]
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        db.Base.metadata.create_all(connection)
        for question in questions:
            statement = question.compile(connection, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            assert not [step for step in plan if step.startswith("SCAN")], plan
    engine.dispose()
