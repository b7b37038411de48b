"""The demonstration: the tool and a practice LMS on this machine, joined and ready."""

import os
import secrets
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lti_tool.cli.start import PACKAGE, PREFIX, CommandError, checkout, opened, read_env

if TYPE_CHECKING:
    from lti_tool.server import Child


@click.command()
@click.option("--reset", is_flag=True, help="Forget what was done in the demonstration, and stop.")
@click.option("--folder", hidden=True, type=click.Path(path_type=Path), help="Keep it here instead of in var/.")
def demo(*, reset: bool, folder: Path | None) -> None:
    """Start the tool and a practice LMS on this machine, to try them.

    PORT= and LMS_PORT= choose other ports than 8000 and 8001. What you do is kept in var/ until --reset.
    """
    var = (folder or (checkout(PACKAGE) or Path.cwd()) / "var").resolve()
    if reset:
        forget(var)
        click.echo("The demonstration is as new.")
        return
    port, lms_port = _port("PORT", 8000), _port("LMS_PORT", 8001)
    _require_free(port, lms_port)
    write_env(var, port)
    _run(var, port, lms_port)


@click.command("practice-lms", hidden=True)
@click.option("--port", required=True, type=int)
@click.option("--tool-url", required=True)
@click.option("--state-file", required=True, type=click.Path(path_type=Path))
def practice_lms(port: int, tool_url: str, state_file: Path) -> None:
    """Run the practice LMS until the demonstration ends."""
    import signal
    import threading

    from lti_tool import log, server
    from lti_tool.demo import app

    log.configure("WARNING")
    stop = threading.Event()
    server.end_with_parent(stop)

    def end() -> None:
        stop.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()
    app.serve(port=port, tool_url=tool_url, state_file=state_file)


def _run(var: Path, port: int, lms_port: int) -> None:
    from lti_tool import create_app, db, migrate, server

    settings = opened(any_shape=True)
    migrate.upgrade(db.engine())
    state_file = var / "practice-lms.json"
    _register(state_file, settings.public_url, lms_port)
    options = {"--port": lms_port, "--tool-url": settings.public_url, "--state-file": state_file}
    words = [str(word) for option in options.items() for word in option]
    lms = server.Child([sys.executable, "-m", "lti_tool.cli", "practice-lms", *words])
    try:
        _start(lms, lms_port)
        _say(settings.public_url, lms_port)
        server.serve(create_app(settings), f"localhost:{port}", settings=settings)
    except server.ServeError as error:
        raise CommandError(str(error)) from None
    finally:
        lms.join()


def _register(state_file: Path, tool_url: str, lms_port: int) -> None:
    """Make the tool known to the practice LMS and the other way round, once."""
    from lti_tool import db
    from lti_tool.demo import app
    from lti_tool.demo.platform import PracticeLms
    from lti_tool.lti import registry

    lms = PracticeLms(base_url=f"http://127.0.0.1:{lms_port}", state_file=state_file)
    facts = app.preregister(lms, tool_url)
    with db.work():
        known = {(each.issuer, each.client_id) for each in registry.all()}
        if (facts["issuer"], facts["client_id"]) not in known:
            registry.add(
                name="Practice LMS",
                issuer=facts["issuer"],
                client_id=facts["client_id"],
                auth_url=facts["auth_url"],
                token_url=facts["token_url"],
                jwks_url=facts["jwks_url"],
                deployment=facts["deployment_id"],
            )
        db.session.commit()


def _start(lms: "Child", port: int) -> None:
    lms.start()
    for _ in range(100):
        if not _free("127.0.0.1", port):
            return
        time.sleep(0.2)
    raise CommandError("The practice LMS did not start; the lines above say why.")


def _say(tool_url: str, lms_port: int) -> None:
    click.echo(f"""
  The practice LMS   http://127.0.0.1:{lms_port}    begin here
  The tool           {tool_url}    opens from the LMS only

  1. Open the practice LMS and choose the facilitator Élodie Marchand-Roy: three pages with one button open the circles.
  2. Go back to the course and choose a teacher, who writes and shares.
  3. Look at the gradebook, and choose other teachers. Two people at once: one of them in a private window.

  Ctrl-C ends both. What you did is kept; `make demo-reset` forgets it.
""")


def write_env(var: Path, port: int) -> None:
    """Keep the demonstration's settings in var/demo.env, and make them those of this process, whatever was set."""
    file = var / "demo.env"
    values = {
        f"{PREFIX}PUBLIC_URL": f"http://localhost:{port}",
        f"{PREFIX}SECRET_KEY": read_env(file).get(f"{PREFIX}SECRET_KEY") or secrets.token_urlsafe(48),
        f"{PREFIX}DATABASE_URL": f"sqlite:///{var / 'demo.db'}",
        f"{PREFIX}DATA_DIR": str(var / "demo"),
        f"{PREFIX}ALLOW_PRIVATE_PLATFORMS": "1",
    }
    var.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)
    lines = [
        "# Made by `lti-tool demo` for this machine alone.",
        *(f"{name}={value}" for name, value in values.items()),
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(values)


def forget(var: Path) -> None:
    """Take away what the demonstration left, and nothing else."""
    for name in ("demo.env", "demo.db", "demo.db-wal", "demo.db-shm", "practice-lms.json"):
        (var / name).unlink(missing_ok=True)
    shutil.rmtree(var / "demo", ignore_errors=True)


def _port(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise CommandError(f"{name}={given} is no port: choose a number from 1 to 65535.")
    return int(given)


def _require_free(port: int, lms_port: int) -> None:
    if port == lms_port:
        raise CommandError("PORT and LMS_PORT must be two different numbers.")
    taken = [
        f"Port {number} is taken, so {what} cannot start. Choose another: {name}={number + 100} make demo"
        for number, what, name in ((port, "the tool", "PORT"), (lms_port, "the practice LMS", "LMS_PORT"))
        if not _free("localhost", number) or not _free("127.0.0.1", number)
    ]
    if taken:
        raise CommandError("\n".join(taken))


def _free(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return True
    return False
