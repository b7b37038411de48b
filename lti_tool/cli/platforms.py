"""Commands that connect an LMS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from lti_tool.cli.start import CommandError, opened

if TYPE_CHECKING:
    from lti_tool.models import Platform


def filled(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The value without blanks around it, or a refusal: a variable that was not set must not change what is done."""
    if value is not None and not value.strip():
        raise click.BadParameter("this must not be empty.")
    return value and value.strip()


@click.command()
@click.option("--name", required=True, callback=filled, help="What you call this LMS, such as “Union LMS”.")
@click.option("--wait", is_flag=True, help="What registers waits for `lti-tool platforms approve` before it may begin.")
def invite(name: str, *, wait: bool) -> None:
    """Make a one-time address for an LMS administrator, who registers the tool with it.

    The address is the last line that is printed, works once, and ends after seven days.
    """
    from lti_tool import db
    from lti_tool.services import invites

    opened()
    with db.work():
        _invite, url = invites.make(name, approves=not wait)
        db.session.commit()
    click.echo(f"Give this address to the administrator of {name}. It works once, within seven days.")
    click.echo(url)


PRODUCTS = ("moodle", "canvas", "open-edx", "brightspace", "blackboard", "sakai")


@click.group()
def platforms() -> None:
    """The learning platforms (LMS) that may open the tool."""


STANDING = {"approved": "approved", "waiting": "waiting for approval", "blocked": "blocked"}


def named(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command say which platform it means."""
    command = click.option("--client-id", required=True, help="Client ID.")(command)
    return click.option("--issuer", required=True, help="Platform ID, Issuer.")(command)


@contextmanager
def changing(issuer: str, client_id: str) -> Iterator["Platform"]:
    """The platform that a command means, in a unit of work that is kept at the end; NotFoundError without it."""
    from lti_tool import db
    from lti_tool.services import platforms as services

    opened()
    with db.work():
        yield services.find(issuer, client_id)
        db.session.commit()


def say_standing(platform: "Platform", deployment: str | None, now: str) -> None:
    """Say where the platform, or the deployment that was meant, stands now."""
    click.echo(f"{f'Deployment {deployment}' if deployment else platform.name} is {now}.")


@platforms.command("list")
def list_() -> None:
    """Show every platform and the deployments seen in it, and where each stands."""
    from lti_tool import db
    from lti_tool.services import platforms as services

    opened()
    with db.work(read_only=True):
        known = services.all()
        for platform in known:
            click.echo(f"{platform.name} ({STANDING[platform.standing]})")
            click.echo(f"  issuer {platform.issuer}  client id {platform.client_id}")
            if platform.accepts_all_deployments:
                click.echo("  accepts every deployment")
            for deployment in platform.deployments:
                click.echo(f"  deployment {deployment.deployment_id} ({STANDING[deployment.standing]})")
    if not known:
        click.echo("No platform yet. `lti-tool invite` makes an address with which an LMS registers itself.")


@platforms.command()
@click.option("--name", callback=filled, help="What you call this LMS; without it, by the host of its issuer.")
@click.option("--issuer", required=True, help="Platform ID, Issuer.")
@click.option("--client-id", required=True, help="Client ID.")
@click.option("--auth-url", required=True, help="Authentication request URL.")
@click.option("--token-url", required=True, help="Access token URL.")
@click.option("--jwks-url", required=True, help="Public keyset URL.")
@click.option("--audience", help="Audience of token requests, where it is not the access token URL.")
@click.option(
    "--product", type=click.Choice(PRODUCTS, case_sensitive=False), help="The kind of LMS, where it is one of these."
)
@click.option(
    "--deployment", callback=filled, help="Deployment ID; without it, the first launch shows it and waits for approval."
)
@click.option("--all-deployments", is_flag=True, help="Let people in from every deployment, those to come included.")
def add(
    name: str | None, issuer: str, client_id: str, auth_url: str, token_url: str, jwks_url: str,
    audience: str | None, product: str | None, deployment: str | None, *, all_deployments: bool,
) -> None:  # fmt: skip
    """Register an LMS by hand, with the values that it shows."""
    from lti_tool import db
    from lti_tool.services import platforms as services

    settings = opened()
    with db.work():
        platform = services.add(
            by=None, name=name or urlsplit(issuer).hostname or issuer, issuer=issuer, client_id=client_id,
            auth_url=auth_url, token_url=token_url, jwks_url=jwks_url, audience=audience, product=product or "",
            deployment=deployment, all_deployments=all_deployments,
        )  # fmt: skip
        db.session.commit()
    click.echo(f"{platform.name} is registered. Enter these addresses in the LMS:")
    for label, path in (("Initiate login", "/lti/login"), ("Redirect (tool)", "/lti/launch"), ("Keyset", "/lti/jwks")):
        click.echo(f"  {label:16} {settings.url(path)}")
    click.echo(f"All values, for each kind of LMS: {settings.url('/registrations')}")


@platforms.command()
@named
@click.option(
    "--deployment",
    callback=filled,
    help="Deployment ID, as `lti-tool platforms list` shows it; without it, the LMS itself.",
)
@click.option("--all-deployments", is_flag=True, help="Let people in from every deployment, those to come included.")
def approve(issuer: str, client_id: str, deployment: str | None, *, all_deployments: bool) -> None:
    """Let an LMS or a deployment in. Do this only after you made sure whose it is."""
    from lti_tool.services import platforms as services

    if deployment and all_deployments:
        raise click.UsageError("Give --deployment or --all-deployments, not both.")
    with changing(issuer, client_id) as platform:
        if deployment:
            services.approve_deployment(platform, deployment, by=None)
        else:
            services.approve(platform, by=None)
        if all_deployments:
            services.accept_all(platform, by=None)
    say_standing(platform, deployment, "approved")


@platforms.command()
@named
@click.option("--deployment", callback=filled, help="Deployment ID; without it, the whole LMS.")
def block(issuer: str, client_id: str, deployment: str | None) -> None:
    """Let nobody in any more, and sign out who is in. Everything written is kept."""
    from lti_tool.services import platforms as services

    with changing(issuer, client_id) as platform:
        if deployment:
            services.block_deployment(services.deployment(platform, deployment), by=None)
        else:
            services.block(platform, by=None)
    say_standing(platform, deployment, "blocked")


@platforms.command()
@named
@click.option("--deployment", callback=filled, help="Deployment ID; without it, the whole LMS.")
def unblock(issuer: str, client_id: str, deployment: str | None) -> None:
    """Let people in again from what was blocked."""
    from lti_tool.services import platforms as services

    with changing(issuer, client_id) as platform:
        if deployment:
            services.approve_deployment(platform, services.deployment(platform, deployment).deployment_id, by=None)
        else:
            services.approve(platform, by=None)
    say_standing(platform, deployment, "approved")


@platforms.command()
@named
@click.option("--auth-url", help="Authentication request URL.")
@click.option("--token-url", help="Access token URL.")
@click.option("--jwks-url", help="Public keyset URL.")
def move(issuer: str, client_id: str, **addresses: str | None) -> None:
    """Write down that an LMS has other addresses now. No registration can do this by itself."""
    from lti_tool.services import platforms as services

    told = {name: address for name, address in addresses.items() if address}
    if not told:
        raise click.UsageError("Give at least one of --auth-url, --token-url and --jwks-url.")
    with changing(issuer, client_id) as platform:
        services.change_addresses(platform, by=None, **told)
    click.echo(f"{platform.name} has its new addresses.")


@platforms.command()
@named
def renew(issuer: str, client_id: str) -> None:
    """Tell an LMS anew what this version of the tool asks for, where the LMS allows it.

    In Moodle the administrator presses “Update” with a new invitation instead.
    """
    from lti_tool import db
    from lti_tool.errors import PlatformError
    from lti_tool.services import platforms as services
    from lti_tool.services import registrations
    from lti_tool.views import findings

    opened()
    with db.work(read_only=True):
        platform = services.find(issuer, client_id)
    with db.work():
        try:
            scopes = registrations.renew(platform, by=None)
        except PlatformError as fault:
            told = findings.at_once(fault.code)
            raise CommandError(f"{platform.name} did not take it. {told.sentence} {told.side}: {told.action}") from None
        db.session.commit()
    click.echo(f"{platform.name} grants: {' '.join(sorted(scopes)) or 'nothing'}")
