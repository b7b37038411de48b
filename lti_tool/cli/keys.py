"""Commands for the tool's own signing keys."""

import click

from lti_tool.cli.start import CommandError, opened


@click.group()
def keys() -> None:
    """The tool's own signing keys. They change by themselves; these commands are for days when that is too slow."""


@keys.command("list")
def list_() -> None:
    """Show every published key, what it is for and until when."""
    from lti_tool import db
    from lti_tool.services import keys as services
    from lti_tool.views import key_words

    opened()
    with db.work(read_only=True):
        known, next_at = services.all(), services.next_at()
    for key in known:
        click.echo(f"{key.kid}  {key_words.state(key)}")
    click.echo(key_words.calendar(next_at) if known else key_words.none_yet())


@keys.command()
@click.option("--now", "at_once", is_flag=True, help="Sign with it at once: somebody else may have the present key.")
def rotate(*, at_once: bool) -> None:
    """Publish a new key; it signs once platforms had time to see it. Its id is the last line that is printed."""
    from lti_tool import db
    from lti_tool.errors import RefusedError
    from lti_tool.services import keys as services
    from lti_tool.views import key_words

    settings = opened()
    with db.work():
        try:
            kid = services.rotate(by=None, at_once=at_once)
        except RefusedError:
            raise CommandError(key_words.one_waits()) from None
        db.session.commit()
    click.echo(key_words.made_at_once() if at_once else key_words.made(settings.key_lead_days))
    click.echo(key_words.nothing_to_do(settings.url("/lti/jwks")))
    click.echo(kid)


@keys.command()
@click.argument("kid")
@click.option("--unpublish", is_flag=True, help="Take it out of the key set, too: somebody else may have it.")
def retire(kid: str, *, unpublish: bool) -> None:
    """Let a key sign no longer. KID is its id, as `lti-tool keys list` shows it."""
    from lti_tool import db
    from lti_tool.errors import NotFoundError, RefusedError
    from lti_tool.services import keys as services

    opened()
    with db.work():
        try:
            services.retire(kid, by=None, publish=not unpublish)
        except NotFoundError:
            raise CommandError("There is no such key; `lti-tool keys list` shows those there are.") from None
        except RefusedError:
            raise CommandError("No other key could sign. Make one first: lti-tool keys rotate") from None
        db.session.commit()
    click.echo("The key is out of the key set." if unpublish else "The key signs no longer. It stays published.")


@keys.command()
def reseal() -> None:
    """Encrypt everything under the present secret key, so that LTI_TOOL_SECRET_KEY_FALLBACKS may be emptied."""
    from lti_tool import db
    from lti_tool.lti.sealing import SealError
    from lti_tool.services import keys as services

    opened()
    with db.work():
        try:
            count = services.reseal(by=None)
        except SealError:
            raise CommandError(
                "Something was encrypted under a secret key that LTI_TOOL_SECRET_KEY_FALLBACKS lacks."
            ) from None
        db.session.commit()
    click.echo(f"{count} secrets are encrypted under the present secret key.")
