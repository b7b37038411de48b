"""The backup and the restore of docs/install/server.md, run as they stand there."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from lti_tool import db, migrate, settings
from lti_tool.files import Store
from lti_tool.lti import keys
from lti_tool.models import Platform
from tests import build
from tests.databases import fresh_database
from tests.postgres import programs

PAGE = Path(__file__).parent.parent / "docs" / "install" / "server.md"
Run = Callable[..., subprocess.CompletedProcess[str]]


def script(name: str) -> str:
    """A script of the page, found by the mark before it."""
    found = re.search(rf"<!-- rehearsed: {name} -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def installed(url: str, data: Path) -> None:
    """Make this the installation of this process, all under one secret key."""
    settings.use(settings.Settings(database_url=url, data_dir=data, public_url="http://localhost", secret_key="s" * 32))
    db.connect(url)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script of the page for an installation."""

    def _run(name: str, argument: Path) -> subprocess.CompletedProcess[str]:
        here = settings.current()
        environment = tmp_path / "settings.env"
        environment.write_text(
            f"LTI_TOOL_DATABASE_URL='{here.database_url}'\nLTI_TOOL_DATA_DIR='{here.data_dir}'\n", encoding="utf-8"
        )
        path = os.pathsep.join([*programs("pg_dump"), os.environ["PATH"]])
        return subprocess.run(
            ["sh", "-c", script(name), name, str(argument)],
            env={**os.environ, "PATH": path, "CIRCLES_ENV": str(environment)},
            check=False,
            capture_output=True,
            text=True,
        )

    return _run


def elsewhere(request: pytest.FixtureRequest, url: str, folder: Path) -> str:
    """The address of another, empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{folder / 'restored.db'}"
    made = fresh_database(request.getfixturevalue("postgres_server"))
    request.addfinalizer(lambda: made.__exit__(None, None, None))
    return made.__enter__()


@pytest.mark.usefixtures("as_found")
def test_what_was_backed_up_comes_back_whole(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, run: Run
) -> None:
    installed(database_url, tmp_path / "data")
    migrate.upgrade(db.engine())
    build.platform(name="Union LMS")
    kid, private = keys.signing_key()
    photo = Store(tmp_path / "data" / "files").put(b"a photo of the board")

    backup = run("backup", tmp_path / "backups")
    assert backup.returncode == 0, backup.stderr
    folder = Path(backup.stdout.strip())
    assert oct(folder.stat().st_mode)[-2:] == "00"
    db.engine().dispose()

    installed(elsewhere(request, database_url, tmp_path), tmp_path / "restored")
    restored = run("restore", folder)
    assert restored.returncode == 0, restored.stderr
    migrate.upgrade(db.engine())
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(Platform.name)).all() == ["Union LMS"]
    restored_kid, restored_key = keys.signing_key()
    assert (restored_kid, restored_key.private_numbers()) == (kid, private.private_numbers())
    with Store(tmp_path / "restored" / "files").open(photo) as file:
        assert file.read() == b"a photo of the board"

    again = run("restore", folder)
    assert again.returncode == 1
    assert "already" in again.stderr
