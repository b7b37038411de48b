"""What goes wrong on demand."""

from dataclasses import asdict, dataclass, fields
from threading import Lock
from typing import Any


@dataclass
class Switches:
    """Faults that last until they are switched off. A number counts down, one per request."""

    slow: float = 0  # every service waits so many seconds
    down: bool = False  # 503 from every service
    rate_limited: int = 0  # the next so many requests are answered 429, or as this LMS says it
    retry_after: int = 2  # what a 429 says in Retry-After, in seconds
    lost_answers: int = 0  # the next so many scores are kept but the answer is a 502
    stale_scores: bool = False  # every score is refused as older than what is there
    garbled: bool = False  # answers are not JSON
    empty_roster: bool = False  # the roster has nobody in it
    hidden_names: bool = False  # no names in launches and rosters
    keys_down: bool = False  # the key set cannot be fetched
    token_refused: bool = False  # no tool gets a token
    roster_forbidden: bool = False  # 403 instead of a roster
    clock_ahead: int = 0  # seconds by which the clock is wrong: in tokens and in the date of every answer


class Faults:
    """The switches, read and set by the pages, the JSON address and tests: `lms.faults.set(slow=2)`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now = Switches()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._now, name)

    def set(self, **wanted: float | bool | str) -> None:
        """Switch faults on or off; ValueError for an unknown name or a value of the wrong kind."""
        known = {field.name: type(field.default) for field in fields(Switches)}
        with self._lock:
            for name, value in wanted.items():
                if name not in known:
                    raise ValueError(f"there is no fault {name}")
                kind = known[name]
                if kind is bool:
                    setattr(self._now, name, value in (True, "true", "on", "1", 1))
                else:
                    number = float(value or 0) if name == "slow" else int(value or 0)
                    setattr(self._now, name, max(0, number))

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._now = Switches()

    def use(self, name: str) -> bool:
        """Whether this counted fault strikes now; it is used up by one."""
        with self._lock:
            left = int(getattr(self._now, name))
            if left:
                setattr(self._now, name, left - 1)
            return left > 0

    def as_dict(self) -> dict[str, Any]:
        """All switches, for the page and JSON."""
        return asdict(self._now)
