"""`serve` as it really runs: two processes that start, heal and end together."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import sqlalchemy as sa
from waitress import wasyncore
from waitress.server import BaseWSGIServer

from lti_tool import db, migrate, server
from lti_tool.models import Deployment
from lti_tool.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A `lti-tool serve` and its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in map(json.loads, lines) if line["event"] == name]

    def wait(self, name: str, times: int = 1, seconds: float = 30) -> dict[str, Any]:
        eventually(lambda: len(self.events(name)) >= times, seconds, self.log)
        return self.events(name)[-1]

    def get(self, **headers: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}/healthz", headers=headers, timeout=10)


def eventually(true: Callable[[], object], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


@pytest.fixture
def environment(as_found: None, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation with tables."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(db.connect(url))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    return {
        **kept,
        "LTI_TOOL_DATABASE_URL": url,
        "LTI_TOOL_PUBLIC_URL": "http://localhost:8000",
        "LTI_TOOL_SECRET_KEY": "a secret for tests, thirty-two characters long",
        "LTI_TOOL_DATA_DIR": str(tmp_path / "data"),
    }


@contextmanager
def running(environment: dict[str, str], folder: Path, *options: str) -> Iterator[Running]:
    port = free_port()
    words = [sys.executable, "-m", "lti_tool.cli", "serve", "--bind", f"127.0.0.1:{port}", *options]
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(words, env=environment, stderr=errors, start_new_session=True)
    with process:
        try:
            tool = Running(process, port, log)
            tool.wait("server.started")
            yield tool
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_tool_and_worker_end_together_within_ten_seconds(
    number: signal.Signals, environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path) as tool:
        worker = tool.wait("worker.started")["pid"]
        assert tool.get().status_code == 200
        before = time.monotonic()
        tool.process.send_signal(number)
        assert tool.process.wait(15) == 0
        assert time.monotonic() - before < 10
        assert not alive(worker)
        assert tool.events("worker.stopped")
        assert tool.events("child.died") == []


@pytest.mark.slow
def test_a_worker_that_dies_is_started_again(environment: dict[str, str], tmp_path: Path) -> None:
    with running(environment, tmp_path) as tool:
        first = tool.wait("worker.started")["pid"]
        os.kill(first, signal.SIGKILL)
        assert tool.wait("worker.started", times=2)["pid"] != first
        assert tool.events("child.died")[0]["code"] == -signal.SIGKILL
        assert tool.get().status_code == 200


@pytest.mark.slow
def test_a_worker_does_not_outlive_a_killed_tool(environment: dict[str, str], tmp_path: Path) -> None:
    with running(environment, tmp_path) as tool:
        worker = tool.wait("worker.started")["pid"]
        tool.process.kill()
        eventually(lambda: not alive(worker), 10, tool.log)


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_is_quiet_even_while_the_worker_starts(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path) as tool:
        os.killpg(tool.process.pid, signal.SIGINT)
        assert tool.process.wait(15) == 0
        assert tool.events("server.stopped"), "every line is JSON, so there is no traceback"
        assert tool.events("child.died") == []


@pytest.mark.slow
def test_without_a_worker_there_is_one_process(environment: dict[str, str], tmp_path: Path) -> None:
    with running(environment, tmp_path, "--no-worker") as tool:
        time.sleep(2)
        assert tool.events("worker.started") == []
        children = Path(f"/proc/{tool.process.pid}/task/{tool.process.pid}/children").read_text(encoding="utf-8")
        assert children == ""


@contextmanager
def answering(app: "WSGIApplication", settings: Settings, bind: str = "127.0.0.1:0") -> Iterator[str]:
    """Our server in this process, until the block ends; gives its address."""
    listening = server.listen(app, bind, settings)
    lines = getattr(listening, "map", None) or listening._map
    thread = threading.Thread(target=listening.run)
    thread.start()
    host, port = (getattr(listening, "effective_listen", None) or [("127.0.0.1", listening.effective_port)])[0]
    try:
        yield f"http://{host}:{port}/"
    finally:
        first = next(line for line in lines.values() if isinstance(line, BaseWSGIServer))
        first.trigger.pull_trigger(lambda: wasyncore.close_all(lines))  # in its own loop, which ends with them
        thread.join()
        listening.task_dispatcher.shutdown()


@pytest.mark.parametrize(("hops", "expected"), [(0, None), (1, "198.51.100.7")])
def test_headers_of_a_proxy_reach_the_application_only_where_one_is_configured(hops: int, expected: str | None) -> None:
    """waitress drops X-Forwarded-* unless told otherwise; ProxyFix would count hops in vain."""
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.append(environ)
        start("200 OK", [])
        return [b""]

    key = "a secret for tests, thirty-two characters long"
    settings = Settings(public_url="https://circles.example.org", secret_key=key, proxy_hops=hops)
    with answering(app, settings) as url:
        answer = requests.get(url, headers={"X-Forwarded-For": "198.51.100.7"}, timeout=10)
    assert seen[0].get("HTTP_X_FORWARDED_FOR") == expected
    assert seen[0]["wsgi.url_scheme"] == "https"
    assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("size", "arrives"),
    [(3_900_000, True), (5_000_000, False), (40_000_000, False)],
    ids=["larger than a file may be", "beyond all measure", "and far beyond"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_the_application_answers_whatever_is_too_large(size: int, arrives: bool, chunked: bool) -> None:
    """It has a page for it, in the language of whoever sent it; waitress has a line of English."""

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        told, read = int(environ["CONTENT_LENGTH"]), len(environ["wsgi.input"].read())
        start("413 Too Large" if told > settings.longest_request else "200 OK", [])
        return [f"{told} {read}".encode()]

    key = "a secret for tests, thirty-two characters long"
    settings = Settings(public_url="https://circles.example.org", secret_key=key, upload_max_mb=1)
    body = iter([b"x" * 100_000] * (size // 100_000)) if chunked else b"x" * size
    with answering(app, settings, "localhost:0") as url:
        answer = requests.post(url, data=body, timeout=20)
    expected = (200, f"{size} {size}") if arrives else (413, f"{settings.longest_request + 1} 0")
    assert (answer.status_code, answer.text) == expected
    assert answer.headers.get("Connection") == (None if arrives else "close")


def test_a_port_that_is_taken_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        words = [sys.executable, "-m", "lti_tool.cli", "serve", "--bind", bind]
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"{bind} is taken by another program: choose another port with --bind.\n"
    assert ended.stdout == ""


@pytest.mark.parametrize("bind", ["nonsense", "127.0.0.1:port", "127.0.0.1:99999", "no-such-host.invalid:8000"])
def test_what_is_no_address_is_said_in_one_sentence(bind: str) -> None:
    settings = Settings(public_url="http://localhost:8000", secret_key="a secret for tests, thirty-two characters long")
    with pytest.raises(server.ServeError, match=bind):
        server.listen(lambda _environ, _start: [], bind, settings)


@pytest.mark.slow
def test_the_demonstration_starts_stops_and_goes_on_where_it_was(as_found: None, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    port, lms_port = free_port(), free_port()
    words = [sys.executable, "-m", "lti_tool.cli", "demo", "--folder", str(tmp_path / "var")]
    environment = {**kept, "PORT": str(port), "LMS_PORT": str(lms_port)}
    log, secrets = tmp_path / "log", set()
    for _ in range(2):
        with log.open("wb") as said:
            process = subprocess.Popen(words, env=environment, stdout=said, stderr=said, start_new_session=True)
        try:
            for number, path in ((port, "healthz"), (lms_port, "")):
                eventually(lambda number=number: listening(number), 30, log)  # type: ignore[misc]
                assert requests.get(f"http://127.0.0.1:{number}/{path}", timeout=10).status_code < 500
            before = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            assert process.wait(15) == 0
            assert time.monotonic() - before < 10
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        assert not listening(port)
        assert not listening(lms_port)
        said_to = log.read_text(encoding="utf-8")
        assert f"http://127.0.0.1:{lms_port}" in said_to
        assert f"http://localhost:{port}" in said_to
        assert "Traceback" not in said_to
        secrets.add((tmp_path / "var/demo.env").read_text(encoding="utf-8"))
    assert len(secrets) == 1
    db.connect(f"sqlite:///{tmp_path / 'var/demo.db'}")
    with db.work(read_only=True):
        assert len(db.session.scalars(sa.select(Deployment)).all()) == 1


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
