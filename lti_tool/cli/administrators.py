"""The command that lets an administrator into the pages."""

from typing import TYPE_CHECKING

import click

from lti_tool.cli.start import opened

if TYPE_CHECKING:
    from lti_tool.services.checks import Finding


@click.command("admin-link")
def admin_link() -> None:
    """Make a one-time link to the administrator's pages.

    The link is the last line that is printed, works once within half an hour, and opens the pages for eight hours.
    """
    from lti_tool import db
    from lti_tool.services import administrators

    opened()
    with db.work():
        link = administrators.link()
        db.session.commit()
    click.echo("Open this link in your browser. It works once, within half an hour.")
    click.echo(link)


SILENT = 300.0  # seconds; a worker leaves its mark every minute


def worker() -> "Finding":
    """Whether a worker of this machine was at work in the last minutes; there may be one on another machine."""
    from lti_tool import db, jobs
    from lti_tool.services import checks
    from lti_tool.services.connections import Weight

    swept = jobs.last_sweep()
    if swept is not None and db.now().timestamp() - swept < SILENT:
        return checks.Finding(Weight.OK, "A worker runs on this machine.")
    return checks.Finding(
        Weight.NOTE,
        "No worker was at work on this machine in the last minutes. Without one no score is sent and no roster "
        "is read: `lti-tool serve` brings one along, `lti-tool worker` is one.",
    )


def standings() -> "list[Finding]":
    """One sentence for each platform, the first of its administrator's page; nothing is asked of it for that."""
    from lti_tool import db
    from lti_tool.access import Administration
    from lti_tool.services import checks, connections
    from lti_tool.services.connections import Weight
    from lti_tool.views import findings

    with db.work(read_only=True):
        known = [(one.platform.name, one.headline) for one in connections.all(Administration(0))]
        return [
            checks.Finding(
                Weight.OK if found.weight is Weight.OK else Weight.NOTE,
                f"{name}: {findings.sentence(found.code, **found.facts)}",
            )
            for name, found in known
        ]
