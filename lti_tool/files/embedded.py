"""JPEG and JPEG 2000 data inside a PDF: what describes the picture is cut out, the picture itself stays as it is."""

import re
from collections.abc import Callable

from lti_tool.files.cleaned import FileRefusedError

# In the coded data of a JPEG, FF is followed by 00 (a plain FF), D0 to D7 (restart) or a marker.
JPEG_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
START, END, SCAN, APP0, COMMENT = 0xD8, 0xD9, 0xDA, 0xE0, 0xFE
COLOUR_TRANSFORM = 0xEE  # APP14 "Adobe": without it the colours are wrong
DESCRIPTIONS = {*range(0xE1, 0xF0), COMMENT} - {COLOUR_TRANSFORM}

JPEG2000_HEADER = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
JPEG2000_PICTURE = {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jpch", b"jplh", b"jp2c", b"ftbl", b"flst", b"mdat", b"dtbl"}

# A picture written into a page's own commands (ISO 32000-1, 8.9.7), with short names for its filters.
SPACE = rb"[\x00\t\n\f\r ]"
INLINE = re.compile(rb"\bBI\b([^\xff]{1,600}?)\bID" + SPACE)
INLINE_END = re.compile(rb"\xff\xd9" + SPACE + rb"{0,4}EI(?![A-Za-z0-9])")
PACKED_END = re.compile(SPACE + rb"EI(?![A-Za-z0-9])")
FILTERS = {
    b"A85": "/ASCII85Decode", b"AHx": "/ASCIIHexDecode", b"Fl": "/FlateDecode", b"LZW": "/LZWDecode",
    b"RL": "/RunLengthDecode", b"DCT": "/DCTDecode",
}  # fmt: skip
NAMED = re.compile(
    rb"/(A85|AHx|Fl|LZW|RL|DCT|ASCII85Decode|ASCIIHexDecode|FlateDecode|LZWDecode|RunLengthDecode|DCTDecode)\b"
)
FILTER = re.compile(rb"/(?:F|Filter)\s*(?:\[[^\]]*\]|/\w+)")
PARAMETERS = re.compile(rb"/(?:DP|DecodeParms)\s*\[[^\]]*\]")


def bare_inline(content: bytes, unpacked: Callable[[bytes, list[str]], bytes]) -> bytes:
    """A page's commands with the JPEGs that are written among them made bare; `unpacked` undoes filters before DCT."""
    kept, at = [], 0
    while found := INLINE.search(content, at):
        filters = [FILTERS.get(name, f"/{name.decode()}") for name in NAMED.findall(found[1])]
        if not filters or filters[-1] != "/DCTDecode":
            kept.append(content[at : found.end()])
            at = found.end()
            continue
        ends = (INLINE_END if len(filters) == 1 else PACKED_END).search(content, found.end())
        picture = content[found.end() : ends.start() + 2 * (len(filters) == 1) if ends else None]
        bare = bare_jpeg(unpacked(picture, filters[:-1]) if len(filters) > 1 else picture)
        head = PARAMETERS.sub(b"", FILTER.sub(b"/F /DCT", found[1])) if len(filters) > 1 else found[1]
        kept += [content[at : found.start()], b"BI", head, b"ID ", bare, b" EI"]
        at = ends.end() if ends else len(content)
    return b"".join((*kept, content[at:]))


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG without EXIF, XMP, colour profile, comments, inner thumbnails and anything after its end."""
    at = data.find(b"\xff\xd8\xff")
    if at < 0:
        raise FileRefusedError("broken")
    kept, at, in_scan = [b"\xff\xd8"], at + 2, False
    while marker := JPEG_MARKER.search(data, at):
        if in_scan:
            kept.append(data[at : marker.start()])
        code, at = marker[1][0], marker.end()
        if code == END:
            break
        if code in {START, 0x01}:
            continue
        end = at + int.from_bytes(data[at : at + 2])
        if end < at + 2 or end > len(data):
            raise FileRefusedError("broken")
        if code == APP0:
            kept.append(_bare_jfif(data[at:end]))
        elif code not in DESCRIPTIONS:
            kept.append(bytes((0xFF, code)) + data[at:end])
        in_scan = in_scan or code == SCAN
        at = end
    else:
        kept.append(data[at:])  # no end marker: cut short, but viewers show what there is
    return b"".join((*kept, b"\xff\xd9"))


def _bare_jfif(segment: bytes) -> bytes:
    """The first segment of a JFIF file without its thumbnail; nothing for its extensions, which are thumbnails too."""
    if segment[2:7] != b"JFIF\x00" or len(segment) < 16:
        return b""
    return b"\xff\xe0\x00\x10" + segment[2:14] + b"\x00\x00"


def bare_jpeg2000(data: bytes) -> bytes:
    """A JPEG 2000 picture without the boxes that hold EXIF, XMP and the like (ISO/IEC 15444-1, annex I)."""
    if not data.startswith(JPEG2000_HEADER):
        if data.startswith(b"\xff\x4f\xff\x51"):
            return data  # the bare code stream
        raise FileRefusedError("broken")
    kept, at = [], 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        end = at + size if size else len(data)
        if end < at + 8:
            raise FileRefusedError("broken")
        if kind in JPEG2000_PICTURE:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)
