"""The limit of time on a whole exchange with a platform, and on many of them together."""

import heapq
import itertools
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float] = ContextVar("lti_tool_watches_ends", default=math.inf)  # of the monotonic clock


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all exchanges of this block together last no longer; whatever would is PlatformError `platform_slow`."""
    token = _ends.set(ends_after(seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def ends_after(seconds: float) -> float:
    """When something that may last so long has to end, by the monotonic clock: no later than the block around it."""
    return min(_ends.get(), time.monotonic() + seconds)


class Watch:
    """Hangs up when an exchange lasts too long; time-outs of single reads never see a slow trickle."""

    def __init__(self, seconds: float) -> None:
        self.over = threading.Event()
        self._ends = time.monotonic() + seconds
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def hold(self, line: socket.socket) -> None:
        """Keep a second handle on the connection: the first one disappears into TLS."""
        with self._lock:
            self._line = line.dup()
        if self.over.is_set():
            self.hang_up()

    def hang_up(self) -> None:
        """The time is over; nothing happens any more to an exchange that has ended."""
        self.over.set()
        with self._lock:
            if self._line is not None:
                try:
                    self._line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the other end was quicker

    def __enter__(self) -> "Watch":
        _watchdog.call(self._ends, self)
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None


class _Watchdog:
    """One thread that hangs up for all; a timer for each exchange would be a thread for each, dearer than the rest."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Watch]] = []  # a heap: the earliest end first
        self._number = itertools.count()
        self._earlier = threading.Condition()
        self._thread: threading.Thread | None = None

    def call(self, ends: float, watch: Watch) -> None:
        """Let the watch hang up at this moment of the monotonic clock."""
        with self._earlier:
            heapq.heappush(self._waiting, (ends, next(self._number), watch))
            if self._thread is None or not self._thread.is_alive():  # also in a child of a fork
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif self._waiting[0][2] is watch:
                self._earlier.notify()

    def _run(self) -> None:
        while True:
            with self._earlier:
                rest = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if rest is None or rest > 0:
                    self._earlier.wait(rest)
                    continue
                watch = heapq.heappop(self._waiting)[2]
            watch.hang_up()


_watchdog = _Watchdog()
