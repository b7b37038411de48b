"""How a command begins: settings, log, database; and how it says what is wrong."""

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlalchemy import URL

    from lti_tool.settings import Settings

PREFIX = "LTI_TOOL_"
PACKAGE = Path(__file__).resolve().parent.parent


class Fault(click.ClickException):
    """Something the administrator can put right; told in plain sentences, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentences alone."""
        click.echo(self.format_message(), err=file is None, file=file)


class Main(click.Group):
    """The group of all commands: reads a checkout's demonstration settings, and tells faults without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; known faults become sentences."""
        if read_demo_env(checkout(PACKAGE)):
            click.echo(f"No {PREFIX}… variable is set: the settings are those of var/demo.env.", err=True)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if sentence := _sentence(error):
                raise Fault(sentence) from None
            raise


def _sentence(error: Exception) -> str:
    from sqlalchemy.exc import OperationalError

    from lti_tool.errors import NotFoundError, RefusedError
    from lti_tool.presets import PresetError
    from lti_tool.settings import SettingsError

    if isinstance(error, SettingsError | PresetError):
        return str(error)
    if isinstance(error, OperationalError):
        return f"The database does not answer: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, NotFoundError):
        return "There is no such platform; `lti-tool platforms list` shows those there are."
    if isinstance(error, RefusedError):
        facts = "".join(f", {fact}" for fact in error.facts.values())
        return f"This is refused: {error.code.replace('_', ' ')}{facts}."
    return ""


def opened(*, any_shape: bool = False) -> "Settings":
    """Read the settings, open log and database. Unless `any_shape`, raises Fault where the database is not ready."""
    from lti_tool import db, log, migrate, settings

    here = settings.use(settings.load())
    log.configure(here.log_level)
    engine = db.connect(here.database_url)
    if any_shape:
        _make_room(engine.url)
    elif not migrate.at_head(engine):
        raise Fault("The database has not the shape of this version. Run: lti-tool upgrade-db")
    return here


def with_programmes(settings: "Settings") -> None:
    """Read the programmes, for jobs that need them; raises PresetError, which names every fault in the files."""
    from lti_tool import presets
    from lti_tool.settings import shipped

    presets.use(presets.load(shipped("config") / "programmes", settings.programmes_dir))


def _make_room(url: "URL") -> None:
    """SQLite makes its file, and not the folder that it lies in."""
    if url.get_backend_name() == "sqlite" and url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Fault(f"The folder of the database cannot be made: {error.strerror}: {error.filename}") from None


def checkout(package: Path) -> Path | None:
    """The top of the checkout this package lies in; None for an installed one."""
    return package.parent if (package.parent / "pyproject.toml").is_file() else None


def read_demo_env(top: Path | None) -> bool:
    """Take the settings of the demonstration in a checkout, unless any is set already; whether they were taken."""
    if top is None or any(name.startswith(PREFIX) for name in os.environ):
        return False
    values = read_env(top / "var" / "demo.env")
    os.environ.update(values)
    return bool(values)


def read_env(file: Path) -> dict[str, str]:
    """The NAME=VALUE lines of a file; nothing where there is none."""
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
