"""The `lti-tool` command. Others script against its names, options, last lines and exit codes: they do not change.

Imports are local to the commands: `lti-tool --help` answers without loading the tool.
"""

import click

from lti_tool.cli.administrators import admin_link
from lti_tool.cli.demonstration import demo, practice_lms
from lti_tool.cli.keys import keys
from lti_tool.cli.platforms import invite, platforms
from lti_tool.cli.start import CommandError, Main, opened, with_folder, with_programmes


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Learning Circles: prepare, connect and run the tool.

    Settings are LTI_TOOL_… variables of the environment; docs/configuration.md explains each.
    """


main.add_command(admin_link)
main.add_command(demo)
main.add_command(invite)
main.add_command(keys)
main.add_command(platforms)
main.add_command(practice_lms)


@main.command("upgrade-db")
def upgrade_db() -> None:
    """Bring the database to the shape of this version. Safe to run again."""
    from lti_tool import db, migrate

    opened(any_shape=True)
    migrate.upgrade(db.engine())
    click.echo("The database is at this version.")


@main.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--no-worker", is_flag=True, help="Only answer requests; `lti-tool worker` runs elsewhere.")
def serve(bind: str, *, no_worker: bool) -> None:
    """Start the tool, and beside it the worker that sends grades and reads rosters."""
    from lti_tool import create_app, db, server
    from lti_tool.services import settings as kept

    settings = with_folder(opened())
    with db.work():
        kept.note_changes(settings)
        db.session.commit()
    try:
        server.serve(create_app(settings), bind, settings=settings, worker=not no_worker)
    except server.ServeError as error:
        raise CommandError(str(error)) from None


@main.command()
@click.option("--end-with-parent", is_flag=True, hidden=True)
def worker(*, end_with_parent: bool) -> None:
    """Send grades and read rosters until stopped. Several may run at once."""
    import signal
    import threading

    from lti_tool import jobs, server

    with_programmes(with_folder(opened()))
    stop = threading.Event()
    for number in server.SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    if end_with_parent:
        server.end_with_parent(stop)
    jobs.run_worker(stop)


@main.command("run-jobs")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Stop after this many jobs.")
def run_jobs(limit: int) -> None:
    """Do once what a worker does all the time, then stop. Meant for cron where no worker runs."""
    from lti_tool import jobs

    with_programmes(with_folder(opened()))
    done, again = jobs.stand_in(limit=limit)
    click.echo(f"{done} done, {again} to be tried again")


@main.command()
def check() -> None:
    """Look whether everything is in place, and say in plain sentences what is not."""
    from lti_tool.cli import administrators
    from lti_tool.services import checks
    from lti_tool.services.connections import Weight

    settings = opened(any_shape=True)
    findings = checks.run(settings)
    if not any(finding.weight is Weight.FAULT for finding in findings):
        findings += [administrators.worker(), *administrators.standings()]
    for finding in findings:
        click.echo(f"{finding.weight:8}{finding.sentence}")
    if any(finding.weight is Weight.FAULT for finding in findings):
        raise SystemExit(1)
