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


class CommandError(click.ClickException):
    """Something the administrator can put right; told in plain sentences, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentences alone."""
        click.echo(self.format_message(), err=file is None, file=file)


class Main(click.Group):
    """The group of all commands: reads a checkout's demonstration settings, and tells faults without a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is no UTF-8, as an old terminal sends it: nothing of it could be kept."""
        for word in args:
            try:
                word.encode()
            except UnicodeEncodeError:
                raise CommandError(f"{word!a} is not in UTF-8. Set the terminal to it and write it anew.") from None
        return super().parse_args(ctx, args)

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
                raise CommandError(sentence) from None
            raise


REFUSED = {
    "platform_exists": "This issuer and client ID are registered already, and nothing was changed. "
    "`lti-tool platforms list` shows what there is.",
    "platform_incomplete": "Name, issuer and client ID must not be empty.",
    "platform_blocked": "The whole LMS is blocked, and nothing was changed. "
    "`lti-tool platforms unblock` ends that, if it is meant.",
    "issuer_refused": "--issuer is the address by which the LMS names itself, such as https://lms.example.org.",
    "address_refused": "--{option} must be an https address that the whole internet can reach. "
    "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS lifts that in a laboratory.",
    "renewal_not_offered": "This LMS gave no address to renew its registration at. "
    "Begin the registration again in the LMS, with a new invitation.",
}  # fmt: skip


def _refused(code: str, field: object) -> str:
    known = REFUSED.get(code, f"This is refused: {code.replace('_', ' ')}.")
    return known.format(option=str(field).replace("_", "-"))


def _sentence(error: Exception) -> str:
    from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

    from lti_tool.errors import NotFoundError, RefusedError
    from lti_tool.lti.sealing import SealError
    from lti_tool.presets import PresetError
    from lti_tool.settings import SettingsError

    if isinstance(error, SettingsError | PresetError):
        return str(error)
    if isinstance(error, OperationalError):
        return f"The database does not answer: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, DatabaseError) and not isinstance(error, IntegrityError):
        return f"The database refuses: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, SealError):
        return "This was encrypted under another secret key. Put that one into LTI_TOOL_SECRET_KEY_FALLBACKS."
    if isinstance(error, NotFoundError):
        return "There is no such platform or deployment; `lti-tool platforms list` shows those there are."
    if isinstance(error, RefusedError):
        return _refused(error.code, error.facts.get("field"))
    if isinstance(error, ImportError) and error.name == "psycopg":
        return "PostgreSQL needs a driver that is not installed here: the extra `postgres` of this package."
    return ""


def opened(*, any_shape: bool = False) -> "Settings":
    """Read the settings, open log and database; raises CommandError where that is not ready, unless `any_shape`."""
    from lti_tool import db, log, migrate, settings

    here = settings.use(settings.load())
    log.configure(here.log_level)
    engine = db.connect(here.database_url)
    if any_shape:
        _make_room(engine.url)
    elif not migrate.at_head(engine):
        raise CommandError("The database has not the shape of this version. Run: lti-tool upgrade-db")
    return here


def with_folder(settings: "Settings") -> "Settings":
    """Make sure of the data folder, for processes that keep files and the queue there; raises CommandError."""
    from lti_tool.services import checks
    from lti_tool.services.connections import Weight

    for finding in checks.folder(settings.data_dir):
        if finding.weight is Weight.FAULT:
            raise CommandError(f"LTI_TOOL_DATA_DIR: {finding.sentence}")
    return settings


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
            raise CommandError(
                f"The folder of the database cannot be made: {error.strerror}: {error.filename}"
            ) from None


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
