"""The two ends of a journey: the tool as its administrator starts it, and the practice LMS."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

import sqlalchemy as sa

from lti_tool.demo.app import served
from lti_tool.demo.platform import PracticeLms

TOP = Path(__file__).parent.parent.parent
PATIENCE = 90.0  # seconds for the tool to answer; a busy machine needs some


class Tool:
    """`lti-tool serve` with its worker, in processes of their own."""

    secret = "a secret of the journeys, long enough for all"

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"  # another site than 127.0.0.1, and yet a secure context
        self.database_url = database_url
        self._log: IO[bytes] = (folder / "tool.log").open("ab")
        self._read = 0  # lines of the log
        self._process: subprocess.Popen[bytes] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
        self._environment = {
            **kept,
            "PYTHONPATH": str(TOP),
            "LTI_TOOL_PUBLIC_URL": self.url,
            "LTI_TOOL_SECRET_KEY": self.secret,
            "LTI_TOOL_DATABASE_URL": database_url,
            "LTI_TOOL_DATA_DIR": str(folder / "data"),
            "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
            "LTI_TOOL_RATE_LIMITS": "0",  # a whole staff room opens it from this one address
        }

    def run(self, *words: str) -> str:
        """What a command of the tool prints."""
        command = [sys.executable, "-m", "lti_tool.cli", *words]
        done = subprocess.run(
            command, env=self._environment, cwd=TOP, check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "lti_tool.cli", "serve", "--bind", f"localhost:{self.port}"]
        self._process = subprocess.Popen(command, env=self._environment, cwd=TOP, stdout=self._log, stderr=self._log)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                urlopen(f"{self.url}/lti/jwks", timeout=2).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"The tool did not start:\n{self.log()}") from None
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """End it as an administrator does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)
        self._log.close()

    def log(self) -> str:
        """Everything it wrote so far."""
        return Path(self._log.name).read_text("utf-8", errors="replace")

    def troubles(self) -> list[str]:
        """The lines since the last look that say something broke."""
        lines = self.log().splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [line for line in fresh if '"error"' in line or "Traceback" in line]


@dataclass
class Ends:
    """The tool and the practice LMS, running."""

    tool: Tool
    lms: PracticeLms

    def end_visits(self, person: str) -> None:
        """Let the time of somebody's visits be over; her browsers keep their cookies."""
        of_person = "SELECT id FROM person WHERE sub = :sub"
        engine = sa.create_engine(self.tool.database_url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            query = sa.text(f"DELETE FROM visit WHERE person_id IN ({of_person})")
            connection.execute(query, {"sub": self.lms.person_of(person).id})

    def read_rosters_again(self) -> None:
        """Let the hour be over in which a roster that was read counts as fresh."""
        engine = sa.create_engine(self.tool.database_url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE course SET roster_read_at = NULL, groups_read_at = NULL"))

    def gradebook(self) -> dict[str, Any]:
        """What the LMS's gradebook holds now."""
        with urlopen(f"{self.lms.base_url}/gradebook.json", timeout=30) as answer:
            return dict(json.load(answer))


@contextmanager
def running(folder: Path, database_url: str, *, quirks: str = "moodle-4.5") -> Iterator[Ends]:
    """The tool with an empty database, and an LMS that does not know it yet."""
    tool, lms = Tool(folder, database_url), PracticeLms(quirks=quirks)
    tool.run("upgrade-db")
    with served(lms):
        try:
            tool.start()
            yield Ends(tool, lms)
        finally:
            tool.stop()


def free_port() -> int:
    """A port that nobody listens on, neither at localhost nor at 127.0.0.1."""
    with socket.create_server(("localhost", 0)) as found:
        return int(found.getsockname()[1])
