"""Commands that connect an LMS."""

import click

from lti_tool.cli.start import opened


@click.command()
@click.option("--name", required=True, help="What you call this LMS, such as “Union LMS”.")
def invite(name: str) -> None:
    """Make a one-time address for an LMS administrator, who registers the tool with it.

    The address is the last line that is printed, works once, and ends after seven days.
    """
    from lti_tool import db
    from lti_tool.services import invites

    opened()
    with db.work():
        _invite, url = invites.make(name)
        db.session.commit()
    click.echo(f"Give this address to the administrator of {name}. It works once, within seven days.")
    click.echo(url)


@click.group()
def platforms() -> None:
    """The learning platforms (LMS) that may open the tool."""


@platforms.command("list")
def list_() -> None:
    """Show every platform and the deployments seen in it."""
    from lti_tool import db
    from lti_tool.lti import registry

    opened()
    with db.work(read_only=True):
        known = list(registry.all())
        for platform in known:
            state = "approved" if platform.approved_at else "waiting for approval"
            click.echo(f"{platform.name} ({state})")
            click.echo(f"  issuer {platform.issuer}  client id {platform.client_id}")
            for deployment in platform.deployments:
                state = "approved" if deployment.approved_at else "waiting for approval"
                click.echo(f"  deployment {deployment.deployment_id} ({state})")
    if not known:
        click.echo("No platform yet. `lti-tool invite` makes an address with which an LMS registers itself.")


@platforms.command()
@click.option("--name", required=True, help="What you call this LMS.")
@click.option("--issuer", required=True, help="Platform ID, Issuer.")
@click.option("--client-id", required=True, help="Client ID.")
@click.option("--auth-url", required=True, help="Authentication request URL.")
@click.option("--token-url", required=True, help="Access token URL.")
@click.option("--jwks-url", required=True, help="Public keyset URL.")
@click.option("--audience", help="Audience of token requests, where it is not the access token URL.")
@click.option("--deployment", help="Deployment ID; without it, the first launch shows it and waits for approval.")
def add(
    name: str, issuer: str, client_id: str, auth_url: str, token_url: str, jwks_url: str,
    audience: str | None, deployment: str | None,
) -> None:  # fmt: skip
    """Register an LMS by hand, with the values that it shows."""
    from lti_tool import db
    from lti_tool.lti import registry

    settings = opened()
    with db.work():
        registry.add(
            name=name, issuer=issuer, client_id=client_id, auth_url=auth_url, token_url=token_url, jwks_url=jwks_url,
            audience=audience, deployment=deployment,
        )  # fmt: skip
        db.session.commit()
    click.echo(f"{name} is registered. Enter these addresses in the LMS:")
    for label, path in (("Initiate login", "/lti/login"), ("Redirect (tool)", "/lti/launch"), ("Keyset", "/lti/jwks")):
        click.echo(f"  {label:16} {settings.url(path)}")


@platforms.command()
@click.option("--issuer", required=True, help="Platform ID, Issuer.")
@click.option("--client-id", required=True, help="Client ID.")
@click.option("--deployment", required=True, help="Deployment ID, as `lti-tool platforms list` shows it.")
def approve(issuer: str, client_id: str, deployment: str) -> None:
    """Let a deployment in. Do this only after you made sure whose it is."""
    from lti_tool import db
    from lti_tool.lti import registry

    opened()
    with db.work():
        registry.approve(issuer, client_id, deployment)
        db.session.commit()
    click.echo(f"Deployment {deployment} is approved.")
