"""What comes out of cleaning a file: a clean one, or the reason why there is none."""

from dataclasses import dataclass
from typing import Literal

from lti_tool.errors import RefusedError

FileCode = Literal["too_large", "wrong_type", "broken", "heic", "pdf_locked", "too_many_pages", "too_many_pixels"]


@dataclass(frozen=True)
class Cleaned:
    """A file that may be kept and shown; width and height are those of a picture, in pixels."""

    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None


class FileRefusedError(RefusedError):
    """This file is not taken; nothing of it is kept."""

    def __init__(self, code: FileCode, **facts: object) -> None:
        super().__init__(code, **facts)
