"""docs/conformance.md says what the suite proves, and every case of every chapter is proved."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent


@pytest.mark.slow
def test_every_case_is_proved_and_the_page_is_true() -> None:
    """Collected in a process of its own: this one may run a part of the suite only."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conformance",
        "--conformance",
        "check",
        "--collect-only",
        "-qq",
    ]
    done = subprocess.run(command, cwd=HERE, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
