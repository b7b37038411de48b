"""The command that lets an administrator into the pages."""

import click

from lti_tool.cli.start import opened


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
