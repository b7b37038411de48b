"""Files made to break or to block the reader: there is one answer, and it comes soon."""

import random
import re
import time
import zlib
from io import BytesIO

import pytest
from pypdf import PdfReader

from lti_tool.files import Cleaned, FileRefusedError, clean
from lti_tool.files.rewriting import rewrite
from tests.files import build


def answer(data: bytes) -> Cleaned | str:
    try:
        return clean(BytesIO(data), limit_bytes=20_000_000)
    except FileRefusedError as refused:
        return refused.code


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same file with some bytes changed, cut out, doubled or swapped for what parsers fear."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(made) or 1)
        made = made or bytearray(1)
        match chance.randrange(5):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                made[at : at + chance.randrange(1, 50)] = b""
            case 2:
                made[at:at] = made[at : at + chance.randrange(1, 200)]
            case 3:
                made[at : at + 4] = chance.choice(
                    (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"9999")
                )
            case 4 if len(made) > 100:
                del made[max(at, 50) :]
    return bytes(made)


def swapped_numbers(data: bytes, chance: random.Random) -> bytes:
    """A PDF with references, lengths and counts that point elsewhere: loops, holes and lies."""
    numbers = list(re.finditer(rb"\b\d{1,3}\b", data))
    made = data
    for _ in range(chance.choice((1, 2, 4))):
        old = chance.choice(numbers)
        made = made[: old.start()] + str(chance.randrange(12)).rjust(len(old[0])).encode() + made[old.end() :]
    return made


PICTURES = {
    "jpeg": build.jpeg_with_everything(),
    "progressive": build.saved(build.photo(), "JPEG", progressive=True, exif=build.exif()),
    "cmyk": build.saved(build.photo().convert("CMYK"), "JPEG"),
    "png": build.png_with_everything(),
    "palette": build.saved(build.drawing().quantize(8), "PNG"),
    "webp": build.webp_with_everything(),
}
PDFS = {
    "pages": build.pdf(pages=3),
    "picture": build.pdf_with_picture(build.jpeg_with_everything()),
    "packed picture": build.pdf_with_picture(
        zlib.compress(build.jpeg_with_everything()), ["/FlateDecode", "/DCTDecode"]
    ),
}


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_a_damaged_picture_is_cleaned_or_refused_and_nothing_else(data):
    chance = random.Random(20261121)
    refused = 0
    for _ in range(60):
        started = time.process_time()
        made = answer(mutated(data, chance))
        assert time.process_time() - started < 5
        refused += isinstance(made, str)
        assert isinstance(made, str) or build.SECRET.encode() not in made.data
    assert refused


@pytest.mark.parametrize("damage", [mutated, swapped_numbers])
@pytest.mark.parametrize("data", PDFS.values(), ids=PDFS)
def test_a_damaged_pdf_is_rewritten_or_refused_and_nothing_else(data, damage):
    chance = random.Random(20261121)
    rewritten = 0
    for _ in range(60):
        started = time.process_time()
        try:
            made = rewrite(damage(data, chance))
        except FileRefusedError:
            continue
        finally:
            assert time.process_time() - started < 5
        rewritten += 1
        assert len(PdfReader(BytesIO(made)).pages) > 0
    assert rewritten


def test_a_damaged_pdf_is_answered_through_the_front_door_too():
    chance = random.Random(7)
    for _ in range(6):
        answer(swapped_numbers(PDFS["picture"], chance))


def by_hand(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    out = BytesIO(b"%PDF-1.7\n")
    out.seek(0, 2)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table))
    return out.getvalue()


def stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
ONE_PAGE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
SHOWING_4 = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /XObject << /Im 4 0 R >> >> >>"
PICTURE = b"/Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceRGB"


def deep_tree(depth: int) -> bytes:
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(depth)]
    return by_hand(CATALOG, *nodes, b"<< /Type /Page /MediaBox [0 0 9 9] >>")


def nested_bomb() -> bytes:
    return zlib.compress(zlib.compress(bytes(900_000_000), 9), 9)


def deep_chain(length: int) -> bytes:
    links = [b"<< /Next %d 0 R >>" % (number + 5) for number in range(length)]
    return by_hand(CATALOG, ONE_PAGE, SHOWING_4, *links, b"<< >>")


HOSTILE = {
    "tree in a loop": (by_hand(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"), "broken"),
    "no pages": (by_hand(CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"), "broken"),
    "pages that are none": (by_hand(CATALOG, b"<< /Type /Pages /Kids [7 0 R null (x) 1] /Count 4 >>"), "broken"),
    "endless tree": (deep_tree(20_000), "broken"),
    "deep tree": (deep_tree(5_000), "application/pdf"),
    "deep chain": (deep_chain(20_000), "application/pdf"),
    "object that is itself": (by_hand(CATALOG, ONE_PAGE, SHOWING_4, b"4 0 R"), "broken"),
    "brackets": (by_hand(CATALOG, ONE_PAGE, SHOWING_4, b"[" * 50_000), "broken"),
    "many pages of one": (
        by_hand(CATALOG, b"<< /Kids [%s] >>" % (b"3 0 R " * 90), b"<< /Type /Page >>"),
        "too_many_pages",
    ),
    "one large thing on every page": (
        by_hand(
            CATALOG,
            b"<< /Kids [%s] /Resources << /A [%s] >> >>" % (b"3 0 R " * 60, b"1 " * 90_000),
            b"<< /Type /Page >>",
        ),
        "broken",
    ),
    "picture that unpacks to 900 MB": (
        by_hand(
            CATALOG,
            ONE_PAGE,
            SHOWING_4,
            stream(PICTURE + b" /Filter [/FlateDecode /FlateDecode /DCTDecode]", nested_bomb()),
        ),
        "broken",
    ),
    "picture that is none": (
        by_hand(CATALOG, ONE_PAGE, SHOWING_4, stream(PICTURE + b" /Filter /DCTDecode", b"<script>")),
        "broken",
    ),
    "only the first line": (b"%PDF-1.7\n", "broken"),
    "many signs, no sense": (b"%PDF-1.7\n" + b"1 0 obj << " * 100_000, "broken"),
}


@pytest.mark.parametrize(("data", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pdf_gets_its_answer_soon(data, expected):
    started = time.process_time()
    made = answer(data)
    assert (made if isinstance(made, str) else made.media_type) == expected
    assert time.process_time() - started < 10


def test_packed_objects_that_unpack_to_very_much_are_refused():
    packed = zlib.compress(b"4 0 " + b"[" + b"1 " * 30_000_000 + b"]", 9)
    data = by_hand(CATALOG, ONE_PAGE, SHOWING_4, stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed))
    started = time.process_time()
    answer(data)
    assert time.process_time() - started < 10
