"""Who can be read where: not in logs, addresses and headers, not upwards, not next door, no private text anywhere.

Each rule is asked of the whole way through the practice LMS, not of one function.
"""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask, current_app, has_request_context, request
from werkzeug.test import TestResponse

from lti_tool import access, db, log
from lti_tool.db import Base
from lti_tool.demo import browser
from lti_tool.demo.people import INQUIRY
from lti_tool.demo.quirks.moodle import sesskey
from lti_tool.models import Circle, Delivery, Entry, EntryVersion, Feedback, InquiryAuthor, Person, Visit
from lti_tool.settings import Settings
from tests import administering, build, feedback_build, school
from tests.conftest import PUBLIC, Client, sign_in
from tests.reader import Page, Reader
from tests.school import TEACHERS, School

HOUR = 3600
LINK = re.compile(r"""\s(?:href|src|action|srcset|poster|formaction)=["']([^"']*)["']""")
PRIVATE = "What I would never say aloud in the staff room."
HERE = Path(__file__).parent.parent / "lti_tool"


@dataclass
class Seen:
    """What went between browsers and the tool."""

    answers: list[TestResponse] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)  # every id_token and state, and what the cookies hold

    def urls(self) -> set[str]:
        """Every address that was asked for, that an answer leads to or that stands in a page.

        What OpenID Connect itself puts into the two addresses of a login is left out.
        """
        found = set()
        for answer in self.answers:
            if answer.request.path != "/lti/login":
                found |= {answer.request.full_path, *answer.headers.getlist("Location")}
                found |= set(LINK.findall(answer.get_data(as_text=True)))
        return {unquote(url) for url in found}


@contextmanager
def watching(app: Flask) -> Iterator[Seen]:
    """Remember every answer of the application, and what was posted to it of a launch."""
    seen = Seen()

    class Watched(Client):
        def open(self, *args: Any, **kwargs: Any) -> TestResponse:
            answer = super().open(*args, **kwargs)
            seen.answers.append(answer)
            sent = kwargs.get("data")
            if isinstance(sent, dict):
                seen.secrets |= {str(sent[name]) for name in ("id_token", "state") if name in sent}
            held = (cookie.partition("=")[2].partition(";")[0] for cookie in answer.headers.getlist("Set-Cookie"))
            seen.secrets |= {value for value in held if len(value) > 20}
            with self.session_transaction(base_url=PUBLIC) as session:
                seen.secrets |= {str(session["visit"])} if "visit" in session else set()
            return answer

    before, app.test_client_class = app.test_client_class, Watched
    try:
        yield seen
    finally:
        app.test_client_class = before


def whole_way(lms: School) -> None:
    """Everything that happens, with trouble of every kind: launches, words, levels, scores, refusals."""
    lms.set_up()
    entry = lms.entry_of(lms.share("teacher01"))
    lms.answer("teacher02", entry, level=True)
    lms.lms.faults.set(lost_answers=1)
    lms.work()
    lms.lms.faults.set(down=True)
    lms.share("teacher11")
    lms.wait(HOUR)
    lms.lms.faults.clear()
    lms.lms.faults.set(garbled=True)
    lms.lms.rotate_keys()
    lms.wait(HOUR)
    browser.launch(lms.lms, lms.app.test_client(), person="teacher01", course=school.COURSE, client_id=lms.client_id)
    lms.lms.faults.clear()
    lms.lms.remove_person("teacher11", school.COURSE)
    lms.wait(4 * HOUR)
    lms.credit_page()
    lms.lms.restore_people()
    stranger = lms.app.test_client()
    stranger.post("/lti/launch", data={"id_token": "eyJ.eyJ.forged", "state": "another-state"})
    stranger.get(f"{lms.path}/inquiry")
    stranger.get("/lti/login", query_string={"iss": "https://elsewhere.example.org", "login_hint": "8"})


def personal(lms: School) -> set[str]:
    """What tells who somebody is, or lets somebody be her: names, addresses, keys of the LMS and of ours."""
    told = {school.CONCERN, school.WORD}
    for person in INQUIRY.people:
        told |= {person.name, person.given, person.family, person.email, f"EI-{person.key}"}
        subject = lms.lms.quirks.subject(person)
        if len(subject) > 8:  # a small number stands everywhere
            told.add(subject)
    for person in (*TEACHERS, school.FACILITATOR):
        told.add(sesskey(lms.lms.opening(person=person, course=school.COURSE, client_id=lms.client_id)))
    return told | lms.lms.tokens


@pytest.fixture(params=["moodle-4.5", "open-edx"])
def lms(request: pytest.FixtureRequest, app: Flask) -> Iterator[School]:
    """An LMS that puts session keys into addresses, and one whose ids of people are unmistakable."""
    with school.joined(app, request.param, public_url=PUBLIC) as made:
        yield made


@pytest.fixture
def plain(app: Flask) -> Iterator[School]:
    """An LMS by the book."""
    with school.joined(app, public_url=PUBLIC) as made:
        yield made


def found_in(text: str, secrets: set[str]) -> set[str]:
    """Which of these stand in a text, also as JSON or HTML would write them."""
    return {one for one in secrets if one in text or json.dumps(one)[1:-1] in text}


@pytest.mark.proves("security", 19)
@pytest.mark.proves("security", 20)
def test_nobody_can_be_read_in_logs_addresses_and_headers(
    lms: School, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("DEBUG", strict=True)
    try:
        with watching(lms.app) as seen:
            whole_way(lms)
    finally:
        log.configure("INFO", strict=True)
    secrets = personal(lms) | seen.secrets | set(settings.secret_keys)
    assert len(lms.lms.tokens) > 3
    assert len(seen.secrets) > 10
    logged = capsys.readouterr()
    assert logged.err.count("\n") > 20, "nothing was logged, so this proves nothing"
    assert found_in(logged.out + logged.err, secrets) == set()
    for line in logged.err.splitlines():
        assert isinstance(json.loads(line), dict)
    for url in seen.urls():
        assert found_in(url, secrets) == set(), url
    for answer in seen.answers:
        headers = [(name, value) for name, value in answer.headers if name not in ("Location", "Set-Cookie")]
        assert found_in(unquote(str(headers)), secrets) == set(), answer.request.path


def look_after(lms: School) -> set[str]:
    """An administrator's whole way: both doors, every page, a check of an LMS that refuses; the secrets of it."""
    path = administering.link()
    chief = Reader(lms.app, forbidden=())
    chief.open(path)
    chief.press("Open the administrator’s pages")
    chief.open("/platforms/1")
    chief.press("Check the connection now")
    lms.lms.faults.set(token_refused=True, roster_forbidden=True, clock_ahead=300)
    lms.work()
    browser.launch(lms.lms, lms.app.test_client(), person="teacher01", course=school.COURSE, client_id=lms.client_id)
    lms.lms.faults.clear()
    told = "".join(chief.open(path) for path in ("/platforms", "/platforms/1", "/audit"))
    assert found_in(told, personal(lms)) == set()
    made = chief.open("/invites", name="Union LMS")
    with db.work(read_only=True) as unit:
        person = unit.scalars(sa.select(Person)).first()
    assert person is not None
    visit = administering.visit_of(person)
    hers = Reader(lms.app, forbidden=())
    with hers.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie["visit"] = visit.id
    hers.headers = {"Sec-Fetch-Dest": "document"}
    hers.open("/administrators/door")
    hers.press("Open the administrator’s pages")
    hers.press("Close the administration")
    value = chief.client.get_cookie("__Host-circles-administration", domain="circles.example.org")
    assert value is not None
    return {path.rsplit("/", 1)[1], value.value, re.findall(r"/lti/register/([\w-]+)", made)[0]}


@pytest.mark.proves("security", 20)
def test_nobody_can_be_read_in_what_administrators_leave(
    lms: School, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the log nor in the database: no name, no token of anybody, no link that still opens something."""
    log.configure("DEBUG", strict=True)
    try:
        with watching(lms.app) as seen:
            whole_way(lms)
            secrets = look_after(lms)
    finally:
        log.configure("INFO", strict=True)
    logged = capsys.readouterr()
    assert "launch_refused" in logged.err
    hidden = personal(lms) | seen.secrets | set(settings.secret_keys) | secrets
    assert found_in(logged.out + logged.err, hidden) == set()
    assert found_in(dump(), secrets | lms.lms.tokens) == set()
    tables = [Base.metadata.tables[name] for name in ("sighting", "self_check", "administrator", "setting")]
    with db.work(read_only=True) as unit:
        rows = str([tuple(row) for table in tables for row in unit.execute(sa.select(table))])
    assert found_in(rows, personal(lms)) == set()


@pytest.mark.proves("security", 19)
def test_every_answer_keeps_to_itself(plain: School) -> None:
    with watching(plain.app) as seen:
        whole_way(plain)
    for answer in seen.answers:
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin"), answer.request.path
        assert "public" not in answer.headers["Cache-Control"], answer.request.path
        assert "unsafe" not in answer.headers["Content-Security-Policy"], answer.request.path
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert cookie.startswith("__Host-")
            for flag in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
                assert flag in cookie


def test_no_page_leads_or_asks_elsewhere(plain: School) -> None:
    with watching(plain.app) as seen:
        whole_way(plain)
    of_ours = [answer for answer in seen.answers if answer.request.path != "/lti/login"]
    pages = [answer for answer in of_ours if answer.mimetype == "text/html"]
    assert len(pages) > 40
    for answer in pages:
        html = answer.get_data(as_text=True)
        for url in LINK.findall(html):
            assert urlsplit(url).netloc in ("", urlsplit(PUBLIC).netloc), f"{answer.request.path}: {url}"
        words = r'xmlns="[^"]+"|<code>[^<]*</code>'  # the second says to an administrator which address was asked
        assert "://" not in re.sub(words, "", html), answer.request.path
    for answer in seen.answers:
        policy = re.sub(r"frame-ancestors [^;]*", "", answer.headers["Content-Security-Policy"])
        assert "http" not in policy


def test_no_page_makes_us_call_anybody(plain: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """H18: an LMS is called in the background, and for its keys when a launch is checked; nobody else ever is."""
    called: set[str] = set()
    connect = socket.socket.connect

    def noted(line: socket.socket, address: Any) -> None:
        if has_request_context() and current_app._get_current_object() is plain.app:  # type: ignore[attr-defined]
            called.add(request.path)
        connect(line, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    whole_way(plain)
    assert called == {"/lti/launch"}


def dump() -> str:
    """All that is in the database, as somebody reads it who has taken it away."""
    with db.work(read_only=True) as unit:
        rows = [
            str(value)
            for table in Base.metadata.sorted_tables
            for row in unit.execute(sa.select(table))
            for value in row
        ]
    if db.engine().dialect.name == "sqlite":
        file = Path(db.engine().url.database or "")
        parts = [file, file.with_name(file.name + "-wal")]
        rows += [part.read_bytes().decode("latin-1") for part in parts if part.exists()]
    return "\n".join(rows)


@pytest.mark.proves("security", 22)
def test_who_takes_the_database_away_can_be_nobody(lms: School, settings: Settings) -> None:
    with watching(lms.app) as seen:
        whole_way(lms)
    text = dump()
    keys = {"PRIVATE KEY", *(person.email for person in INQUIRY.people), *settings.secret_keys}
    sesskeys = {
        sesskey(lms.lms.opening(person=person, course=school.COURSE, client_id=lms.client_id))
        for person in ("teacher01", "teacher02", school.FACILITATOR)
    }
    launched = {token for token in seen.secrets if token.startswith("eyJ")}
    assert launched
    assert school.CONCERN in text, "the dump is empty, so this proves nothing"
    assert found_in(text, keys | sesskeys | launched | lms.lms.tokens) == set()


# H1: nobody is watched.
WATCHING = re.compile(
    r"last_(login|seen|visit|active)|seen_at|visited|logins?$|clicks?|views?$|duration|time_on|spent|opened_by"
)
ROLE = {"joined_at", "reviews_since", "left_at"}  # from when to when a role was held: it guards what is read
WHEN_ALLOWED = {"created_at", "chosen_name", "adjusted_at", "stated_at"} | ROLE


def test_no_table_keeps_when_somebody_was_here() -> None:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if table.name != "deployment":  # first seen: a place in an LMS, nobody
                assert not WATCHING.search(column.name), f"{table.name}.{column.name}"
    for name in ("person", "enrolment", "membership", "credit"):
        moments = {c.name for c in Base.metadata.tables[name].columns if isinstance(c.type, db.UTCDateTime)}
        assert moments <= WHEN_ALLOWED, name


def test_a_visit_is_forgotten_when_it_is_over(plain: School) -> None:
    plain.set_up()
    plain.open("teacher01")
    plain.wait(11 * HOUR)
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count(Visit.id))) == 0


def crawl(reader: Reader, *starts: str) -> dict[str, Page]:
    """Every page that links lead to from home and from these pages; each is audited by the reader."""
    waiting, pages = ["/circles", *starts], {}
    while waiting:
        path = waiting.pop(0).partition("#")[0]
        if path in pages or not path.startswith("/") or path.startswith("/static/"):
            continue
        answer = reader.client.get(path)
        if answer.status_code == 303:
            waiting.append(answer.location)
        elif answer.status_code == 200 and answer.mimetype == "text/html":
            pages[path] = reader.open(path)
            waiting += re.findall(r'<a[^>]* href="([^"]+)"', pages[path])
    return pages


def places(lms: School, *more: str) -> tuple[str, ...]:
    """Where one gets to in a circle, whether a link leads there today or not."""
    return tuple(
        f"{lms.path}/{name}" for name in ("inquiry", "feedbacks", "meetings", "reviews", "credit", "people", *more)
    )


def faceless(pages: dict[str, Page]) -> dict[str, str]:
    """The pages without what is different each time."""
    return {path: re.sub(r'(name="(?:once|visit)" value=")[^"]*', r"\1", page) for path, page in pages.items()}


def test_whether_somebody_comes_or_not_changes_no_page_of_others(plain: School) -> None:
    plain.set_up()
    entry = plain.entry_of(plain.share("teacher01"))
    plain.open("teacher02")
    facilitator, colleague = plain.open(school.FACILITATOR), plain.open("teacher11")
    before = [faceless(crawl(reader, entry, *places(plain))) for reader in (facilitator, colleague)]
    assert all(len(pages) > 3 for pages in before)
    for _ in range(3):
        crawl(plain.open("teacher02"), entry, *places(plain))
    assert [faceless(crawl(reader, entry, *places(plain))) for reader in (facilitator, colleague)] == before


# H2: no level ever becomes a number, or travels.
def levels_given() -> set[str]:
    """Every criterion and level that somebody chose."""
    with db.work(read_only=True) as unit:
        chosen = [dict(levels) for levels in unit.scalars(sa.select(Feedback.levels))]
    return {word for levels in chosen for pair in levels.items() for word in pair}


def test_levels_reach_no_gradebook(plain: School) -> None:
    circle = plain.set_up()
    entries = [plain.entry_of(plain.share(person)) for person in TEACHERS]
    for writer, entry in (("teacher01", entries[1]), ("teacher01", entries[2]), ("teacher02", entries[0])):
        plain.answer(writer, entry, level=True)
    plain.work()
    assert levels_given()
    sentences = {
        text for criterion in circle.template["rubric"]["criteria"] for text in map(str, criterion["levels"].values())
    }
    with db.work(read_only=True) as unit:
        payloads = json.dumps([one.payload for one in unit.scalars(sa.select(Delivery))])
    gradebook = json.dumps(plain.lms.gradebook.as_dict(), ensure_ascii=False)
    milestones = [one["title"] for one in circle.template["credit"]["milestones"]]  # the comment names what is done
    for text in (payloads, gradebook):
        words = set(re.findall(r"[\w-]+", re.sub("|".join(milestones), "", text)))
        assert words.isdisjoint(levels_given())
        assert not any(sentence in text for sentence in sentences)


@pytest.mark.parametrize("choice", [0, -1])
def test_low_or_high_levels_give_the_same_credit(app: Flask, choice: int) -> None:
    circle = build.circle()
    author, writer = build.member(circle), build.member(circle)
    rubric = circle.template["rubric"]
    level = list(rubric["criteria"][0]["levels"])[choice]
    with db.work() as unit:
        for _ in range(2):
            version = feedback_build.shared(circle, author)
            given = feedback_build.draft(version, writer, levels={one["key"]: level for one in rubric["criteria"]})
            feedback_build.feedbacks.send(given, by=writer, within=feedback_build.access.reach_of(writer.id))
        unit.commit()
    with db.work(read_only=True) as unit:
        assert {value for levels in unit.scalars(sa.select(Feedback.levels)) for value in levels.values()} == {level}
        owed = [(one.payload["given"], one.payload["maximum"]) for one in unit.scalars(sa.select(Delivery))]
    assert owed == [(1, 6)]


TO_THE_GRADEBOOK = [
    *(f"services/{name}.py" for name in ("credits", "credit_lines", "columns", "milestones")),
    *(f"lti/{name}.py" for name in ("messages", "gradebook", "columns", "scores")),
]


@pytest.mark.parametrize("file", TO_THE_GRADEBOOK)
def test_the_way_to_the_gradebook_knows_no_levels(file: str) -> None:
    assert "level" not in (HERE / file).read_text(encoding="utf-8").casefold()


def numbers() -> set[int]:
    """The numbers of all that people write here."""
    with db.work(read_only=True) as unit:
        return {number for model in (Entry, EntryVersion, Feedback) for number in unit.scalars(sa.select(model.id))}


# H7: private is private, for every role.
@pytest.fixture
def private(app: Flask) -> tuple[Circle, int]:
    """A circle in which somebody wrote a private text, another took one back, and a third has a draft of feedback."""
    circle = build.circle()
    author, colleague = build.member(circle), build.member(circle)
    with db.work() as unit:
        entry = feedback_build.entry(circle, author, text=PRIVATE)
        taken = feedback_build.shared(circle, author, text=PRIVATE)
        feedback_build.entries.take_back(taken.entry, by=author)
        public = feedback_build.shared(circle, author, text="For all of us.")
        feedback_build.draft(public, colleague, text=PRIVATE)
        unit.commit()
        return circle, entry.id


def everybody(circle: Circle) -> dict[str, Person | None]:
    """One person of each role of the programme, and those who have none."""
    people: dict[str, Person | None] = {
        one["key"]: build.member(circle, one["key"]) for one in circle.template["roles"]
    }
    elsewhere = build.circle(build.course_of(circle))
    return people | {
        "in another circle of the course": build.member(elsewhere),
        "facilitator of another circle": build.member(elsewhere, "facilitator"),
        "teaches the course": build.person(build.course_of(circle), may_teach=True),
        "nobody": None,
    }


def test_a_private_text_is_its_authors_alone(private: tuple[Circle, int], app: Flask) -> None:
    circle, entry = private
    known = numbers()
    rules = [rule for rule in app.url_map.iter_rules() if "<int:circle_id>" in rule.rule]
    assert len(rules) > 20
    with db.work(read_only=True) as unit:
        author = unit.scalars(sa.select(Person).join(InquiryAuthor).order_by(Person.id)).first()
    assert PRIVATE in Reader(app, sign_in=sign_in).as_(author).open(f"/circles/{circle.id}/entries/{entry}")
    for role, person in everybody(circle).items():
        reader = Reader(app, sign_in=sign_in)
        if person is not None:
            reader.as_(person)
        for rule in rules:
            for number in known:
                path = re.sub(r"<int:[a-z_]+>", str(number), rule.rule.replace("<int:circle_id>", str(circle.id)))
                if "GET" in (rule.methods or ()):
                    assert PRIVATE not in reader.client.get(path, follow_redirects=True).get_data(as_text=True), (
                        role,
                        path,
                    )
        for path in (f"/circles/{circle.id}/entries/{number}" for number in (entry, entry + 1)):
            assert reader.client.get(path).status_code in (401, 403, 404), role
            assert reader.client.post(path, data={"do": "share"}).status_code in (401, 403, 404, 409), role
        if person is not None:
            for path, page in crawl(reader).items():
                assert PRIVATE not in page, (role, path)


def test_nobody_but_its_author_moves_a_private_text(private: tuple[Circle, int], app: Flask) -> None:
    """With a form that is good in every other way."""
    circle, entry = private
    for role, person in everybody(circle).items():
        if person is None:
            continue
        reader = Reader(app, sign_in=sign_in).as_(person)
        reader.open("/circles/forming")
        for deed in ("share", "take_back", "conclude", "keep"):
            reader.send(f"/circles/{circle.id}/entries/{entry}", expect=404, do=deed, edition="1")
        reader.send(
            f"/circles/{circle.id}/entries/{entry}/hold",
            expect=404 if role == "facilitator" else _no(person, circle),
            reason="x y",
        )


def _no(person: Person, circle: Circle) -> int:
    """What a role without the right to hold is answered, in her circle or outside."""
    with db.work(read_only=True):
        return 403 if access.reach_of(person.id).place(circle.id) else 404


# D6: neighbours who look alike.
@pytest.mark.proves("security", 6)
def test_twins_see_nothing_of_each_other(app: Flask) -> None:
    """Two platforms whose people, courses, activities and deployments have the same ids."""
    ours, theirs = "Ours: nobody in my class asks.", "Theirs: everybody in my class asks."
    with school.joined(app, public_url=PUBLIC) as here, school.joined(app, public_url=PUBLIC) as there:
        for lms, text in ((here, ours), (there, theirs)):
            lms.set_up()
            entry = lms.entry_of(lms.share("teacher01", text=text))
            lms.answer("teacher02", entry, text=text)
        assert here.path != there.path
        while any(lms.work()[0] for lms in (here, there)):
            continue
        pages = {
            (name, person): crawl(lms.open(person), *places(lms, *(f"entries/{number}" for number in range(9))))
            for name, lms in (("here", here), ("there", there))
            for person in (*TEACHERS, school.FACILITATOR)
        }
        for (name, person), found in pages.items():
            foreign = theirs if name == "here" else ours
            assert not any(foreign in page for page in found.values()), (name, person)
        assert any(ours in page for page in pages["here", "teacher02"].values())
        for person in (*TEACHERS, school.FACILITATOR):
            reader = here.open(person)
            for path in {path for (name, _), found in pages.items() for path in found if name == "there"}:
                answer = reader.client.get(path)
                assert theirs not in answer.get_data(as_text=True), (person, path)
                if path.startswith(there.path):
                    assert answer.status_code == 404, (person, path)
        for lms in (here, there):
            assert lms.cell("teacher01").given == 1  # type: ignore[union-attr]
            assert {post.status for post in lms.lms.gradebook.posts} == {201}
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count(sa.distinct(Person.id))).where(Person.sub == "8")) == 2
