"""Open edX's platform code in an environment of its own, our tool as it really runs, and courses that open it."""

import fcntl
import hashlib
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from lti_tool import db, presets, settings
from lti_tool.settings import Settings
from tests.databases import BOTH, fresh_database
from tests.openedx.ends import ROOT, Browser, Course, Tool, environment_of, eventually, lti_tool

LOCK = Path(__file__).parent / "requirements.lock"
ENVIRONMENT = Path(os.environ.get("LTI_TOOL_OPENEDX_ENV") or ROOT / "var" / "openedx-env")
MakeCourse = Callable[..., Course]
Browsers = Callable[[], Browser]


@pytest.fixture(scope="session")
def openedx_python() -> Path:
    """The python of an environment with Open edX's code; made once, and again when the pinned versions change."""
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with ENVIRONMENT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the suite may run in several processes
        return _made()


def _made() -> Path:
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "made-from"
    wanted = f"{sys.version} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
        for command in ([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], [*pip, "-r", str(LOCK)]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                _missing((done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def _missing(reason: str) -> None:
    sentence = f"Open edX's code cannot be installed here: {reason}"
    if os.environ.get("LTI_TOOL_TEST_ALL") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def openedx(openedx_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Open edX platform."""
    folder = tmp_path_factory.mktemp("openedx")
    command = [str(openedx_python), "-m", "tests.openedx.platform", str(folder)]
    with (folder / "log").open("wb") as log, _running(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log) as process:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        address = process.stdout.readline().decode().strip() if ready else ""
        assert address, (folder / "log").read_text(encoding="utf-8")
        yield address


@pytest.fixture(scope="session", params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database for the tool, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'circles.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address


@pytest.fixture(scope="session")
def tool(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """The tool with its worker, as an administrator starts it."""
    folder = tmp_path_factory.mktemp("tool")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = Settings(
        database_url=database,
        public_url=f"http://localhost:{port}",
        secret_key="a secret of the tests, long enough for all",
        data_dir=folder,
        allow_private_platforms=True,
        rate_limits=False,
    )
    environment = environment_of(here, dict(os.environ))
    lti_tool(environment, "upgrade-db")
    command = [sys.executable, "-m", "lti_tool.cli", "serve", "--bind", f"localhost:{port}"]
    said = folder / "log"
    with said.open("wb") as log, _running(command, cwd=ROOT, env=environment, stderr=log):
        eventually(lambda: _answers(f"{here.public_url}/healthz") and "worker.started" in said.read_text("utf-8"))
        yield Tool(here, environment)
    told = said.read_text("utf-8")
    assert '"event": "fault"' not in told, told
    assert "amara" not in told, "a person's name is in the log"


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


@contextmanager
def _running(command: list[str], **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, **options) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def make_course(openedx: str, tool: Tool) -> MakeCourse:
    """Makes courses in Open edX, each with a registration of its own in the tool, as Open edX has it."""

    def make(
        title: str, *, columns: str = "programmatic", names_shared: bool = True, people: dict[str, str] | None = None
    ) -> Course:
        wish = {"title": title, "columns": columns, "names_shared": names_shared, "tool": tool.url}
        at_first = {"amara": "instructor", "bintou": "student", "chidi": "student", "dalia": "student"}
        answer = requests.post(f"{openedx}/courses/", json=wish | {"people": people or at_first}, timeout=60)
        assert answer.ok, answer.text
        shown = answer.json()["registration"]
        values = [word for name, value in shown.items() for word in (f"--{name.replace('_', '-')}", value)]
        tool.command("platforms", "add", "--name", title, *values)
        return Course(openedx, answer.json()["number"], shown["client_id"])

    return make


@pytest.fixture(scope="session")
def course(make_course: MakeCourse) -> Course:
    """A course that nobody has set up."""
    return make_course("Not set up yet")


@pytest.fixture
def browser(tool: Tool) -> Browsers:
    """Opens a browser; each knows one person at a time."""
    return lambda: Browser(tool)


@pytest.fixture
def inside(as_found: None, tool: Tool) -> None:
    """This process works on the tool's database, as a command beside it would."""
    settings.use(tool.settings)
    db.connect(tool.settings.database_url)
    presets.use(presets.load(settings.shipped("config") / "programmes", None))
