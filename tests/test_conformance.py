"""docs/conformance.md says what the suite proves, and every case of every chapter is proved."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import conformance

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


def test_a_case_that_nothing_proves_is_named() -> None:
    told = conformance.faults([])
    for name, chapter in conformance.CHAPTERS.items():
        assert {f"{name}: nothing proves “{case}”" for case in chapter.needed} <= set(told)


def test_a_case_that_no_list_has_is_named() -> None:
    made_up = [conformance.Proof(chapter, "made up", "tests/test_x.py::test_x") for chapter in conformance.CHAPTERS]
    told = [line for line in conformance.faults(made_up) if "made up" in line]
    assert told == [f"{name}: there is no case “made up”" for name in conformance.CHAPTERS if name != "negative"]
