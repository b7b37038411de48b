import zipfile
from io import BytesIO

import pytest

from lti_tool.files import FileRefusedError, clean
from tests.files import build

LIMIT = 5_000_000


def refusal(data: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(FileRefusedError) as refused:
        clean(BytesIO(data), limit_bytes=limit)
    return refused.value.code


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", build.jpeg_with_everything())
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00" + bytes(500),
        b"\x7fELF" + bytes(500),
        zipped(),
        b"Only some words.",
        build.saved(build.photo(), "GIF"),
        build.saved(build.photo(), "TIFF"),
        build.saved(build.photo(), "AVIF"),
        b"\x00\x00\x00\x18ftypmp42" + bytes(100),
    ],
    ids=["html", "svg", "exe", "elf", "zip", "text", "gif", "tiff", "avif", "mp4"],
)
def test_what_is_no_picture_or_pdf_is_refused_whatever_its_name(data):
    assert refusal(data) == "wrong_type"


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_heic_picture_is_named_so_that_help_can_be_given(brand):
    assert refusal(b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1heic" + bytes(100)) == "heic"


def test_an_empty_file_is_broken():
    assert refusal(b"") == "broken"


def test_reading_stops_as_soon_as_a_file_is_too_large():
    class Endless(BytesIO):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return b"\xff" * size

    stream = Endless()
    with pytest.raises(FileRefusedError, match="too_large"):
        clean(stream, limit_bytes=1_000_000)
    assert stream.given < 1_100_000


def test_a_file_of_exactly_the_limit_is_accepted():
    data = build.jpeg_with_everything()
    assert clean(BytesIO(data), limit_bytes=len(data)).media_type == "image/jpeg"
    assert refusal(data, limit=len(data) - 1) == "too_large"


def test_a_picture_with_a_page_hidden_behind_it_keeps_only_the_picture():
    data = build.jpeg_with_everything() + b"<script>alert(1)</script>" + zipped()
    assert b"<script>" not in clean(BytesIO(data), limit_bytes=LIMIT).data
