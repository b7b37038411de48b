"""What travels: the circle page from the real server, as a browser that takes brotli asks for it."""

import gzip
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import brotli
from flask import Flask

from benchmarks.measure import Line, installation
from benchmarks.scenes import circle_at_work, cookie
from lti_tool import server, settings

COLD, WARM, REQUESTS = 40, 12, 5  # KiB, KiB, requests
MOODLE = "1,200 KiB, 29 requests; 18 KiB again"  # its workshop page, 4.5, seen once with an empty cache and once again
PARTS = re.compile(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"')


def run() -> list[Line]:
    """The first visit of a browser, and the next one with what it was allowed to keep."""
    with installation() as app:
        scene = circle_at_work(13, entries_each=2)
        path, who = f"/circles/{scene.circle.id}", cookie(app, scene.teachers[0])
        with serving(app) as port:
            html, first, _ = _get(port, path, who)
            parts = [_get(port, part, who) for part in sorted(set(PARTS.findall(html)))]
        cold = (first + sum(size for _, size, _ in parts)) / 1024
        warm = (first + sum(size for _, size, kept in parts if not kept)) / 1024
        said = f"at most {COLD} KiB, {REQUESTS} requests"
        return [
            Line(
                "circle page, first visit",
                f"{cold:.1f} KiB, {1 + len(parts)} requests",
                f"Moodle {MOODLE.partition(';')[0]}",
                "",
                said,
                cold <= COLD and 1 + len(parts) <= REQUESTS,
            ),
            Line(
                "circle page, next visit", f"{warm:.1f} KiB", "Moodle 18 KiB", "", f"at most {WARM} KiB", warm <= WARM
            ),
        ]


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """The port at which `lti-tool serve` would answer, while the block runs."""
    listening = server.listen(app, "127.0.0.1:0", settings.current())
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    try:
        yield listening.effective_port
    finally:
        listening.close()
        thread.join(5)


def _get(port: int, path: str, cookie_: str) -> tuple[str, int, bool]:
    """The text, how many bytes came over the wire, headers included, and whether a browser keeps it for long."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", path, headers={"Accept-Encoding": "gzip, deflate, br", "Cookie": cookie_})
    answer = line.getresponse()
    body = answer.read()
    headers = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} for {path}")
    line.close()
    return _text(body, answer.getheader("Content-Encoding")), len(body) + headers, _is_kept(answer)


def _text(body: bytes, encoding: str | None) -> str:
    raw = brotli.decompress(body) if encoding == "br" else gzip.decompress(body) if encoding == "gzip" else body
    return raw.decode(errors="replace")


def _is_kept(answer: http.client.HTTPResponse) -> bool:
    age = re.search(r"max-age=(\d+)", answer.getheader("Cache-Control") or "")
    return age is not None and int(age[1]) >= 86_400
