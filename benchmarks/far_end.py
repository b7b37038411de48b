"""A platform in a process of its own, so that its work is not counted as ours: it gives tokens and takes scores."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

TOKEN = '{"access_token": "token", "token_type": "Bearer", "expires_in": %d}'
SECONDS = {"/token": 3600, "/token-for-once": 30}  # by address; half a minute is too short to be kept


class Handler(BaseHTTPRequestHandler):
    """Reads what is posted; the answer depends on the path alone."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """A token at its addresses, else an empty success."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = (TOKEN % SECONDS[self.path]).encode() if self.path in SECONDS else b""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _serve(told: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.send(server.server_port)
    server.serve_forever()


@contextmanager
def far_end() -> Iterator[str]:
    """Its address while the block runs."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
