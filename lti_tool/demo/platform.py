"""The practice LMS (to be replaced)."""

from pathlib import Path


class PracticeLms:
    """A learning platform to try things with."""

    def __init__(self, *, base_url: str, state_file: Path | None = None) -> None:
        self.base_url = base_url
        self.state_file = state_file
