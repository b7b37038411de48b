"""The whole check, step by step: style, types, layers, then every test. `make test` runs this.

It keeps to ten minutes on two cores. With LTI_TOOL_TEST_ALL=1 nothing may be skipped and the rest runs too: the slow
parts, Open edX's code, and PostgreSQL, once more with the whole suite.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.postgres import cluster

HERE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
MSGFMT = ("msgfmt", "--check-format", "--output-file=/dev/null")  # gettext's own opinion of our catalogues
ALL = os.environ.get("LTI_TOOL_TEST_ALL") == "1"
WORKERS = min(os.cpu_count() or 1, 4)  # each has a database and a browser of its own
QUICK = "not slow and not openedx and not postgres"
STYLE = (
    ("style", "ruff", "check", "."),
    ("one shape", "ruff", "format", "--check", "."),
    ("types", "mypy"),
    ("who imports whom", "lint-imports"),
    ("dependencies", "deptry", "."),
)


def main() -> int:
    """Run every step; the exit code says whether all is well."""
    for name, program, *arguments in STYLE:
        if (code := step(name, [str(BIN / program), *arguments])) != 0:
            return code
    suite = [sys.executable, "-m", "pytest", "-q", "--durations=10", "-n", str(WORKERS), "--dist", "loadfile"]
    if (code := step("tests on SQLite", suite if ALL else [*suite, "-m", QUICK])) != 0:
        return code
    if not ALL:
        return 0
    for catalogue in sorted(HERE.glob("lti_tool/translations/*/LC_MESSAGES/*.po")):
        if (code := step(f"catalogue {catalogue.parts[-3]}", [*MSGFMT, str(catalogue)])) != 0:
            return code
    with cluster() as address:
        environment = {**os.environ, "TEST_DATABASE_URL": address}
        return step("tests on PostgreSQL", [*suite, "-m", "not openedx"], environment)


def step(name: str, command: list[str], environment: dict[str, str] | None = None) -> int:
    """Run one command in the checkout, saying its name before and its time after."""
    began = time.monotonic()
    sys.stdout.write(f"── {name}\n")
    sys.stdout.flush()
    code = subprocess.run(command, cwd=HERE, env=environment, check=False).returncode
    sys.stdout.write(f"── {name}: {'well' if code == 0 else 'NOT WELL'}, {time.monotonic() - began:.0f} s\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
