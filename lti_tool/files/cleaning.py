"""The one door for uploaded files: what a file is, is read from its content, never from its name or its sender."""

from typing import BinaryIO

import filetype

from lti_tool.files import documents, pictures
from lti_tool.files.cleaned import Cleaned, FileRefusedError

PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/apng": "PNG", "image/webp": "WEBP"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
CHUNK = 64 * 1024


def clean(stream: BinaryIO, *, limit_bytes: int) -> Cleaned:
    """The picture or PDF in `stream` without what its maker did not see in it; FileRefusedError says why not."""
    data = _read(stream, limit_bytes)
    if not data:
        raise FileRefusedError("broken")
    kind = filetype.guess(data)
    media_type = kind.mime if kind else ""
    if media_type in PICTURES:
        return pictures.clean(data, PICTURES[media_type])
    if media_type == "application/pdf":
        return documents.clean(data)
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS and media_type != "image/avif":
        raise FileRefusedError("heic")
    raise FileRefusedError("wrong_type")


def _read(stream: BinaryIO, limit_bytes: int) -> bytes:
    """All of it, or too_large as soon as it is: the announced length of an upload proves nothing."""
    data = bytearray()
    while chunk := stream.read(CHUNK):
        data += chunk
        if len(data) > limit_bytes:
            raise FileRefusedError("too_large", limit_mb=limit_bytes // 1_000_000)
    return bytes(data)
