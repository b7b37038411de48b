"""Mistakes that anybody makes one day: each is made in a copy of this checkout, and a test there must see it.

The same tests are run first on the copy as it is, so that red means the mistake and nothing else.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent.parent
PARTS = (
    "lti_tool",
    "templates",
    "tests",
    "config",
    "docs",
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "Makefile",
)
LAYERS = "tests/test_layers.py::test_every_contract_holds"
INQUIRY_PAGES = "tests/views/test_inquiries.py"
ROUTES = "tests/test_access.py::TestRoutes"


@dataclass(frozen=True)
class Mistake:
    """One exact change of a text, and the tests that are to see it."""

    name: str
    file: str
    old: str
    new: str
    tests: str


MISTAKES = (
    Mistake(
        "a commit forgotten",
        "lti_tool/views/inquiries.py",
        '    db.session.commit()\n    return redirect(url_for("entries.show"',
        '    return redirect(url_for("entries.show"',
        INQUIRY_PAGES,
    ),
    Mistake(
        "a permission forgotten",
        "lti_tool/views/inquiries.py",
        '@bp.get("")\n@requires(Permission.WRITE_INQUIRY)\n',
        '@bp.get("")\n',
        f"{ROUTES}::test_every_one_declares_a_permission",
    ),
    Mistake(
        "a permission too wide",
        "lti_tool/views/credits.py",
        '@bp.get("")\n@requires(Permission.SEE_CREDIT)\n',
        '@bp.get("")\n@requires(Permission.BELONG)\n',
        f"{ROUTES}::test_none_went_or_came_unnoticed",
    ),
    Mistake(
        "the database asked in a view",
        "lti_tool/views/circles.py",
        "from flask import Blueprint",
        "from sqlalchemy import select\nfrom flask import Blueprint",
        LAYERS,
    ),
    Mistake(
        "Flask in a service",
        "lti_tool/services/norms.py",
        "from sqlalchemy import select",
        "from flask import g\nfrom sqlalchemy import select",
        LAYERS,
    ),
    Mistake(
        "the LTI library outside its fence",
        "lti_tool/services/rosters.py",
        "from lti_tool.lti import roster\n",
        "from lti_tool.lti import roster\nfrom pylti1p3.names_roles import NamesRolesProvisioningService\n",
        LAYERS,
    ),
    Mistake(
        "a column without a migration",
        "lti_tool/models/circle.py",
        '    """A rule the circle agreed on."""\n\n    __tablename__ = "norm"\n',
        '    """A rule the circle agreed on."""\n\n    __tablename__ = "norm"\n    colour: Mapped[str | None]\n',
        "tests/test_migrations.py::test_migrations_go_up_and_down_and_up_without_a_difference_to_the_models[sqlite]",
    ),
    Mistake(
        "the filter by reach dropped",
        "lti_tool/services/entries.py",
        ".where(Entry.id == entry_id, within.own_entries())",
        ".where(Entry.id == entry_id)",
        "tests/test_privacy.py::test_a_private_text_is_its_authors_alone",
    ),
    Mistake(
        "an id twice on a page",
        "templates/inquiries/show.html",
        "{% block content %}\n",
        '{% block content %}\n<p id="content"></p>\n',
        INQUIRY_PAGES,
    ),
    Mistake(
        "a field without a label",
        "templates/inquiries/show.html",
        "{% block content %}\n",
        '{% block content %}\n<input type="text" name="said">\n',
        INQUIRY_PAGES,
    ),
    Mistake(
        "a word that nobody translates",
        "templates/inquiries/show.html",
        "{% block content %}\n",
        "{% block content %}\n<p>Hello, colleague!</p>\n",
        "tests/test_said_aloud.py",
    ),
    Mistake(
        "a GET that writes",
        "lti_tool/views/inquiries.py",
        "    circle = circles.get(circle_id, within=g.visit.reach)\n    return render_template(",
        "    circle = circles.get(circle_id, within=g.visit.reach)\n"
        "    circle.name = circle.name + '!'\n    db.session.commit()\n    return render_template(",
        INQUIRY_PAGES,
    ),
    Mistake(
        "a proposal taken for somebody's word",
        "lti_tool/services/set_ups.py",
        "        if one.by_name or one.came:\n",
        "        if one.role:\n",
        "tests/services/test_set_ups.py::TestWhoIsProposedOnly::test_has_no_place_before_she_comes",
    ),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which all these tests are green."""
    folder = tmp_path_factory.mktemp("copy")
    passed_over = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules")
    for part in PARTS:
        if (HERE / part).is_dir():
            shutil.copytree(HERE / part, folder / part, ignore=passed_over)
        else:
            shutil.copy(HERE / part, folder / part)
    answer = run(folder, *sorted({mistake.tests for mistake in MISTAKES}))
    assert answer.returncode == 0, answer.stdout
    return folder


def run(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run these tests in the copy, with the copy's own code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LTI_TOOL_", "PYTEST_"))}
    environment.pop("TEST_DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=line", *tests],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def made(folder: Path, mistake: Mistake) -> Iterator[None]:
    """Make the mistake, and undo it."""
    file = folder / mistake.file
    before = file.read_text(encoding="utf-8")
    assert before.count(mistake.old) == 1, f"{mistake.file} does not have the text once that the mistake changes"
    file.write_text(before.replace(mistake.old, mistake.new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


def test_the_copy_runs_its_own_code(copy: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import lti_tool; print(lti_tool.__file__)"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip() == str(copy / "lti_tool" / "__init__.py")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_seen(copy: Path, mistake: Mistake) -> None:
    with made(copy, mistake):
        answer = run(copy, mistake.tests)
    assert answer.returncode == 1, (
        f"pytest ended with {answer.returncode}: {answer.stdout[-2000:]}{answer.stderr[-2000:]}"
    )
    assert "1 failed" in answer.stdout
