"""The power fails, again and again: the tool and its worker are killed at any moment, and nothing is lost.

Teachers save and share through the running tool, scores go to a running LMS, and either process is killed with the
signal that nobody can catch. What a teacher was told is kept is there afterwards; what is owed is delivered once.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import sqlalchemy as sa

from lti_tool import catalogues, db, migrate, presets, settings
from lti_tool.demo import authentication
from lti_tool.demo.platform import PracticeLms
from lti_tool.lti import keys
from lti_tool.models import (
    Activity,
    Circle,
    Course,
    Credit,
    Delivery,
    Deployment,
    Entry,
    EntryVersion,
    Membership,
    Person,
    Platform,
)
from lti_tool.settings import Settings
from tests import build, school
from tests.test_server import free_port

pytestmark = pytest.mark.slow
ROUNDS = 10
TEACHERS = ("teacher01", "teacher02", "teacher11")
STAGES = ("join", "concern", "practice", "plan", "lead", "codify", "tell")


@dataclass
class Tool:
    """The tool as an operator runs it, in processes of their own."""

    environment: dict[str, str]
    port: int
    log: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """Start the server or the worker, unless it runs."""
        if name in self.processes and self.processes[name].poll() is None:
            return
        words = ["serve", "--no-worker", "--bind", f"127.0.0.1:{self.port}"] if name == "serve" else ["worker"]
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "lti_tool.cli", *words]
            self.processes[name] = subprocess.Popen(command, env=self.environment, stderr=log)

    def kill(self, name: str) -> None:
        """Kill it as a power failure would."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(60)

    def end(self) -> None:
        """Kill whatever still runs."""
        for name, process in self.processes.items():
            if process.poll() is None:
                self.kill(name)

    def wait(self) -> None:
        """Until the server answers."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text(encoding="utf-8"))


@pytest.fixture
def tool(as_found: None, database_url: str, tmp_path: Path) -> Iterator[Tool]:
    """An installation with tables, not started yet."""
    catalogues.compile_all()
    port = free_port()
    secret = "a secret for tests, thirty-two characters long"
    here = Settings(
        database_url=database_url,
        public_url=f"http://localhost:{port}",
        secret_key=secret,
        data_dir=tmp_path / "data",
        allow_private_platforms=True,
        rate_limits=False,
    )
    settings.use(here)
    migrate.upgrade(db.connect(database_url))
    presets.use(presets.load(settings.shipped("config") / "programmes"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    environment = kept | {
        "LTI_TOOL_DATABASE_URL": database_url,
        "LTI_TOOL_PUBLIC_URL": here.public_url,
        "LTI_TOOL_SECRET_KEY": secret,
        "LTI_TOOL_DATA_DIR": str(tmp_path / "data"),
        "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
        "LTI_TOOL_RATE_LIMITS": "0",
    }
    made = Tool(environment, port, tmp_path / "log")
    yield made
    made.end()


@pytest.fixture
def lms(tool: Tool) -> Iterator[tuple[PracticeLms, str]]:
    """A running LMS in which the tool is registered, and a circle with three teachers."""
    made = PracticeLms()
    with made.start():
        with db.work() as unit:
            key_set = keys.public_key_set()
            unit.commit()
        client_id, _ = made.register(f"http://localhost:{tool.port}", key_set=key_set)
        circle = opened(made, school.enrol(made, client_id))
        yield made, f"/circles/{circle.id}"


def opened(far: PracticeLms, platform: Platform) -> Circle:
    """A circle of the course's three teachers, as set-up leaves it."""
    with db.work() as unit:
        deployment = unit.scalars(sa.select(Deployment)).one()
        course = Course(deployment_id=deployment.id, context_id=school.COURSE)
        unit.add(course)
        unit.flush()
        link = far.activities(school.COURSE)[0].id
        unit.add(Activity(course_id=course.id, resource_link_id=link, title="Learning circle"))
        people = [Person(platform_id=platform.id, sub=far.person_of(key).id, name=key) for key in TEACHERS]
        unit.add_all(people)
        unit.commit()
    circle = build.circle(course)
    for person in people:
        build.join(circle, person)
    return circle


class Teacher(threading.Thread):
    """A teacher who writes and shares as long as she may, and notes what she was told is kept."""

    def __init__(self, tool: Tool, lms: PracticeLms, path: str, key: str) -> None:
        super().__init__(daemon=True)
        self.tool, self.lms, self.path, self.key = tool, lms, path, key
        self.over = threading.Event()
        self.kept: dict[str, str] = {}  # entry -> the last text of which she was told that it is kept
        self.tried: dict[str, list[str]] = {}  # entry -> what she sent since
        self.shared: set[str] = set()
        self.session = requests.Session()
        self.chance = random.Random(key)
        self.jar: dict[str, str] = {}

    def run(self) -> None:
        """Write, whatever happens to the tool meanwhile."""
        number = 0
        while not self.over.is_set():
            try:
                number += 1
                self.once(number)
            except requests.RequestException:
                time.sleep(0.1)

    def once(self, number: int) -> None:
        """Open the activity if need be, begin a stage or go on with one, save or share."""
        stage = self.chance.choice(STAGES)
        page = self.get(f"{self.path}/inquiry")
        if page is None:
            self.launch()
            return
        found = re.findall(rf'value="{stage}"', page)
        if found:
            answer = self.post(f"{self.path}/inquiry/begin", page, stage=stage, inquiry=_inquiry(page))
            if answer is None or "/entries/" not in answer.headers.get("Location", ""):
                return
            entry = urlsplit(answer.headers["Location"]).path
        else:
            entries = sorted(set(re.findall(rf"{self.path}/entries/\d+", page)))
            if not entries:
                return
            entry = self.chance.choice(entries)
        self.write(entry, f"{self.key} wrote this as number {number}.", share=self.chance.random() < 0.4)

    def write(self, entry: str, text: str, *, share: bool) -> None:
        """Type into the first box and press a button."""
        page = self.get(entry)
        if page is None:
            return
        boxes = re.findall(r'name="(answer_[a-z_]+)"', page)
        edition = re.findall(r'name="edition" value="(\d+)"', page)
        if not boxes or not edition:
            return
        self.tried.setdefault(entry, []).append(text)
        answer = self.post(entry, page, do="share" if share else "keep", edition=edition[0], **{boxes[0]: text})
        if answer is not None and answer.status_code == 303:
            self.kept[entry], self.tried[entry] = text, []
            if share:
                self.shared.add(entry)

    def get(self, path: str) -> str | None:
        """A page, or None where she is not signed in."""
        answer = self.session.get(self.tool.url + path, timeout=30, headers=self.cookies())
        return answer.text if answer.status_code == 200 else None

    def post(self, path: str, page: str, **form: str) -> requests.Response | None:
        """Send a form with what the page put into it."""
        hidden = dict(re.findall(r'<input type="hidden" name="(visit|once)" value="([^"]*)"', page)[:2])
        headers = self.cookies()
        return self.session.post(
            self.tool.url + path, data=hidden | form, headers=headers, timeout=30, allow_redirects=False
        )

    def launch(self) -> None:
        """Open the activity in the course."""
        url, fields = self.lms.login(self.lms.opening(person=self.key, course=school.COURSE))
        self.jar = {}
        answer = self.session.get(self.local(url), params=fields, allow_redirects=False, timeout=30)
        self.take(answer)
        if answer.status_code != 302:
            return
        form = authentication.answer(self.lms, dict(parse_qsl(urlsplit(answer.headers["Location"]).query)))
        answer = self.session.post(
            self.local(form.url), data=form.fields, headers=self.cookies(), allow_redirects=False, timeout=30
        )
        self.take(answer)

    def take(self, answer: requests.Response) -> None:
        """Keep the cookies; they are Secure, and requests would not send them over http."""
        for cookie in answer.cookies:
            self.jar[cookie.name] = str(cookie.value)
        answer.cookies.clear()
        self.session.cookies.clear()

    def cookies(self) -> dict[str, str]:
        """The header that a browser would send to localhost."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}

    def local(self, url: str) -> str:
        """The same path where the tool listens."""
        return self.tool.url + urlsplit(url).path


def _inquiry(page: str) -> str:
    return next(iter(re.findall(r'name="inquiry" value="(\d*)"', page)), "")


def _number(entry: str) -> int:
    return int(entry.rpartition("/")[2])


def eventually(true: Any, seconds: float = 60) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def time_passes(*, killed: bool = False) -> bool:
    """What waits is due now; `killed` also ends what a dead worker held. Whether nothing is owed any more."""
    with db.work() as unit:
        open_ones = unit.scalars(sa.select(Delivery).where(Delivery.done_at.is_(None))).all()
        for delivery in open_ones:
            assert delivery.given_up_at is None, delivery.fault
            delivery.due_at = db.now()
            delivery.leased_until = None if killed else delivery.leased_until
        if killed:
            unit.execute(sa.update(Activity).values(column_claimed_until=None))
        unit.commit()
    return not open_ones


def test_what_was_said_to_be_kept_is_kept_and_what_is_owed_arrives(tool: Tool, lms: tuple[PracticeLms, str]) -> None:
    far, path = lms
    chance = random.Random(os.environ.get("KILL_SEED", "7"))
    tool.start("serve")
    tool.start("worker")
    tool.wait()
    teachers = [Teacher(tool, far, path, key) for key in TEACHERS]
    for teacher in teachers:
        teacher.start()
    eventually(lambda: all(teacher.kept for teacher in teachers))
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.3, 1.5))
        victim = chance.choice(("serve", "worker"))
        tool.kill(victim)
        time.sleep(chance.uniform(0, 0.4))
        tool.start(victim)
        if victim == "serve":
            tool.wait()
    for teacher in teachers:
        teacher.over.set()
    for teacher in teachers:
        teacher.join(90)
    assert sum(len(teacher.shared) for teacher in teachers) > 3, "hardly anything was shared, so this proves little"
    check_texts(teachers)
    tool.kill("worker")
    time_passes(killed=True)
    tool.start("worker")
    eventually(time_passes)
    check_scores(far)
    lines = [json.loads(line) for line in tool.log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    assert [line for line in lines if line["level"] == "error"] == []


def check_texts(teachers: list[Teacher]) -> None:
    """The last text that was kept, or one sent after it whose answer never came; never an older one."""
    with db.work(read_only=True) as unit:
        for teacher in teachers:
            for entry, text in teacher.kept.items():
                row = unit.get_one(Entry, _number(entry))
                assert set(row.answers.values()) <= {text, *teacher.tried[entry]}, entry
                assert row.answers, entry
            for entry in teacher.shared:
                shared = unit.scalar(
                    sa.select(sa.func.count(EntryVersion.id)).where(
                        EntryVersion.entry_id == int(entry.rpartition("/")[2])
                    )
                )
                assert shared, f"{entry} was shared and no version is there"


def check_scores(far: PracticeLms) -> None:
    """One column, and in it for each teacher what the tool reckoned, from the very last statement."""
    (column,) = far.gradebook.columns
    with db.work(read_only=True) as unit:
        query = sa.select(Credit, Membership).join(Membership, Membership.id == Credit.membership_id)
        stated = unit.execute(query.where(Credit.stated_at.is_not(None))).all()
        assert stated
        for credit, membership in stated:
            cell = far.gradebook.cell(column.id, membership.person.sub)
            assert cell is not None
            assert cell.given == credit.met
            assert cell.timestamp == credit.stated_at.isoformat(timespec="seconds")  # type: ignore[union-attr]
