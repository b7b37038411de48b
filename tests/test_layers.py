"""Who may import whom (docs/architecture.md): the contracts of pyproject.toml hold, and they see a breach."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
BREACHES = [
    ("lti_tool/views/circles.py", "from sqlalchemy import select"),
    ("lti_tool/services/circles.py", "from flask import g"),
    ("lti_tool/models/circle.py", "from lti_tool.services import circles"),
    ("lti_tool/forms/people.py", "from lti_tool.db import session"),
    ("lti_tool/lti/roles.py", "from lti_tool.services import circles"),
    ("lti_tool/services/visits.py", "import pylti1p3.exception"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )


def test_every_contract_holds() -> None:
    answer = lint(HERE)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("file", "line"), BREACHES, ids=[line for _, line in BREACHES])
def test_a_breach_is_seen_even_inside_a_function(tmp_path: Path, file: str, line: str) -> None:
    for source in (HERE / "lti_tool").rglob("*.py"):
        copy = tmp_path / source.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((HERE / "pyproject.toml").read_bytes())
    with (tmp_path / file).open("a", encoding="utf-8") as module:
        module.write(f"\n\ndef _breach() -> None:\n    {line}\n")
    answer = lint(tmp_path)
    assert answer.returncode != 0
    assert "BROKEN" in answer.stdout
