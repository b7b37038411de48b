"""Where cleaned files are kept: a folder on this machine. Another store needs the same four methods and no more."""

import os
import re
import secrets
from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lti_tool.errors import NotFoundError

KEY = re.compile(r"[0-9a-f]{32}")
UNFINISHED = ".unfinished-"


class Store:
    """Files under random keys; a key says nothing about its owner and cannot be guessed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep these bytes and give their key; a crash leaves the whole file or none under it."""
        key = secrets.token_hex(16)
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(UNFINISHED + key)
        try:
            with open(unfinished, "xb", opener=_for_us_alone) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        _settle(path.parent)
        return key

    def open(self, key: str) -> BinaryIO:
        """The file of this key, to be closed by the caller; NotFoundError where there is none."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise NotFoundError("file") from None

    def delete(self, key: str) -> None:
        """Remove the file of this key; one that is gone already is no fault."""
        self._path(key).unlink(missing_ok=True)

    def sweep(self, known: Container[str], *, older_than: datetime) -> int:
        """Remove files that no row knows and that are older than a moment; how many were removed.

        The moment must lie before the oldest unit of work still open, whose rows are not there to be known yet.
        """
        removed = 0
        for path in self.folder.glob("??/??/*"):
            ours = KEY.fullmatch(path.name) or path.name.startswith(UNFINISHED)
            try:
                if ours and path.name not in known and _changed_at(path) < older_than:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # deleted by someone else meanwhile
        return removed

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise NotFoundError("file")
        return self.folder / key[:2] / key[2:4] / key


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _settle(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system can do so for a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
