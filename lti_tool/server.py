"""The tool on the network: waitress, with the worker as a child process.

waitress reads a whole request before it takes a thread, so that slow uploads from weak networks do not stop the others.
The child ends when its parent does, however that happened: it reads a pipe from it and stops at the end of the file.
"""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import RequestEntityTooLarge  # type: ignore[import-untyped]

from lti_tool import log
from lti_tool.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SHORTEST_PAUSE = 1.0  # seconds before a dead worker is started again; twice as long each time it dies at once
LONGEST_PAUSE = 30.0
PATIENCE = 8.0  # seconds for the worker to end before it is killed
LAST_PORT = 65_535
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ServeError(Exception):
    """The tool cannot be started; the text says why in one sentence."""


def serve(app: "WSGIApplication", bind: str, *, settings: Settings, worker: bool = True) -> None:
    """Answer requests at `bind` (HOST:PORT) until TERM or Ctrl-C, which end tool and worker within ten seconds.

    Raises ServeError when the address cannot be had.
    """
    server = listen(app, bind, settings)
    keeper = Child([sys.executable, "-m", "lti_tool.cli", "worker", "--end-with-parent"]) if worker else None
    with ending(keeper.end if keeper else lambda: None):
        try:
            if keeper:
                keeper.start()
            log.get(__name__).info("server.started", pid=os.getpid(), bind=bind)
            server.run()
        finally:
            if keeper:
                keeper.join()
            server.close()
            log.get(__name__).info("server.stopped", pid=os.getpid())


def listen(app: "WSGIApplication", bind: str, settings: Settings) -> Any:
    """Take the address, and make waitress ready to answer there; raises ServeError."""
    port = bind.rpartition(":")[2]
    if not port.isdecimal() or int(port) > LAST_PORT:  # of a greater one the system would take the last 16 bits
        raise ServeError(f"{bind} is no address: write HOST:PORT, such as 127.0.0.1:8000.")
    listening: dict[int, Any] = {}
    try:
        server = create_server(
            app,
            listening,
            listen=bind,
            threads=settings.threads,
            ident="",
            url_scheme=urlsplit(settings.public_url).scheme,
            # waitress would drop X-Forwarded-* before ProxyFix counts the hops
            clear_untrusted_proxy_headers=settings.proxy_hops == 0,
            max_request_body_size=settings.longest_request + 1,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeError(f"{bind} is taken by another program: choose another port with --bind.") from error
        raise ServeError(f"{bind} cannot be used: {error.strerror or error}.") from error
    except ValueError as error:
        raise ServeError(f"{bind} is no address: write HOST:PORT, such as 127.0.0.1:8000.") from error
    for one in listening.values():
        if isinstance(one, BaseWSGIServer):
            one.channel_class = _Channel
    return server


class _TooLarge(WSGITask):  # type: ignore[misc]
    """Tell the application of a request that was not read: it has a page for it, waitress has a line of English."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        return environ | {"CONTENT_LENGTH": str(self.channel.adj.max_request_body_size), "wsgi.input": BytesIO()}

    def execute(self) -> None:
        self.set_close_on_finish()  # what still comes is not read
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    @staticmethod
    def error_task_class(channel: Any, request: Any) -> Any:
        """What answers a request that waitress refuses."""
        kind = _TooLarge if isinstance(request.error, RequestEntityTooLarge) else ErrorTask
        return kind(channel, request)


class Child:
    """A command kept running beside this process: started again when it dies, ended when this process ends."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._over = threading.Event()
        self._ends_by = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="child-keeper", daemon=True)

    def start(self) -> None:
        """Start the command, and start it again whenever it ends."""
        self._thread.start()

    def end(self) -> None:
        """Tell it to end, by the end of its pipe, without waiting."""
        if not self._over.is_set():
            self._ends_by = time.monotonic() + PATIENCE
            self._over.set()
        if self._process:
            _close(self._process.stdin)

    def join(self) -> None:
        """End it and wait; what has not ended after some patience is killed."""
        self.end()
        self._thread.join(max(self._ends_by - time.monotonic(), 0.1))
        if self._thread.is_alive() and self._process:
            self._process.kill()
            self._thread.join()

    def _keep(self) -> None:
        pause = SHORTEST_PAUSE / 2
        while not self._over.is_set():
            begun = time.monotonic()
            # a group of its own: a terminal's Ctrl-C is for us, and the end of the pipe for the child
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, process_group=0)  # noqa: S603 (our own)
            self._process = process
            if self._over.is_set():
                _close(process.stdin)
            process.wait()
            _close(process.stdin)
            if self._over.is_set():
                return
            log.get(__name__).error("child.died", pid=process.pid, code=process.returncode)
            pause = SHORTEST_PAUSE if time.monotonic() - begun > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            self._over.wait(pause)


@contextmanager
def ending(told: Callable[[], None]) -> Iterator[None]:
    """Within, TERM, HUP and Ctrl-C call `told` and leave the block quietly; further ones are ignored."""
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def end(_number: int, _frame: object) -> NoReturn:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        told()
        raise SystemExit(0)

    for number in SIGNALS:
        signal.signal(number, end)
    try:
        yield
    except SystemExit as error:
        if error.code:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent(stop: threading.Event) -> None:
    """Set `stop` when standard input ends, which it does when the process that started this one is gone."""

    def read() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()

    threading.Thread(target=read, name="parent-watch", daemon=True).start()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None and not pipe.closed:
        pipe.close()
