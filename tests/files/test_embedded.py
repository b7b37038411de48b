import base64
import zlib
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import NameObject

from lti_tool.files import FileRefusedError, clean
from lti_tool.files.embedded import bare_inline, bare_jpeg, bare_jpeg2000
from tests.files import build

TRACES = (b"Exif", build.SECRET.encode(), b"adobe:ns:meta", b"ICC_PROFILE")


def pixels(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as image:
        return image.tobytes()


@pytest.mark.parametrize(
    "how", [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}, {"restart_marker_rows": 1}]
)
def test_a_jpeg_loses_its_descriptions_and_not_one_pixel(how):
    image = build.noise(120, 90)
    profile = build.profile_with_red_as_blue()
    data = build.saved(
        image, "JPEG", exif=build.exif(), comment=b"Ms Hidden Name", xmp=build.XMP, icc_profile=profile, **how
    )
    bare = bare_jpeg(data)
    assert all(trace in data for trace in TRACES)
    assert not any(trace in bare for trace in TRACES)
    assert pixels(bare) == pixels(data)


def test_a_cmyk_jpeg_keeps_the_mark_that_its_colours_need():
    data = build.saved(build.photo().convert("CMYK"), "JPEG", exif=build.exif())
    assert pixels(bare_jpeg(data)) == pixels(data)
    assert b"Adobe" in bare_jpeg(data)


def test_what_hangs_behind_a_jpeg_or_inside_as_a_thumbnail_is_gone():
    data = build.saved(build.photo(), "JPEG")
    jfif = b"\xff\xe0" + (16 + 12).to_bytes(2) + data[6:18] + b"\x02\x02" + b"THUMBNAILxyz"
    assert b"THUMBNAIL" in jfif
    bare = bare_jpeg(b"\xff\xd8" + jfif + data[20:] + build.jpeg_with_everything())
    assert b"THUMBNAIL" not in bare
    assert b"Exif" not in bare
    assert bare == data


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\xff\xd8\xff\xe1\xff\xffshort", b"\xff\xd8\xff\xe1\x00\x00" + bytes(9)]
)
def test_a_broken_jpeg_is_refused(data):
    with pytest.raises(FileRefusedError, match="broken"):
        bare_jpeg(data)


def test_a_jpeg_2000_loses_its_descriptions_and_not_one_pixel():
    data = build.saved(build.photo(), "JPEG2000")
    box = lambda kind, body: (8 + len(body)).to_bytes(4) + kind + body  # noqa: E731
    at = data.index(b"jp2c") - 4
    exif = box(b"uuid", b"JpgTiffExif->JP2" + build.exif().tobytes())
    described = data[:at] + exif + box(b"xml ", build.XMP) + data[at:]
    assert bare_jpeg2000(described) == data
    assert pixels(bare_jpeg2000(described)) == pixels(data)


def test_a_bare_jpeg_2000_code_stream_stays_and_junk_is_refused():
    data = build.saved(build.photo(), "JPEG2000")
    stream = data[data.index(b"\xff\x4f\xff\x51") :]
    assert bare_jpeg2000(stream) == stream
    with pytest.raises(FileRefusedError, match="broken"):
        bare_jpeg2000(b"junk")


PACKED = {
    "plain": (lambda data: data, "/DCTDecode"),
    "list": (lambda data: data, ["/DCTDecode"]),
    "zlib": (zlib.compress, ["/FlateDecode", "/DCTDecode"]),
    "base85 of zlib": (
        lambda data: base64.a85encode(zlib.compress(data)) + b"~>",
        ["/ASCII85Decode", "/FlateDecode", "/DCTDecode"],
    ),
}


@pytest.mark.parametrize(("pack", "filters"), PACKED.values(), ids=PACKED)
def test_a_photo_in_a_pdf_has_no_place_and_no_names(pack, filters):
    photo = build.jpeg_with_everything(build.noise(240, 160))
    data = build.pdf_with_picture(pack(photo), filters)
    made = clean(BytesIO(data), limit_bytes=5_000_000).data
    assert not any(trace in made for trace in TRACES)
    assert bare_jpeg(photo) in made
    (picture,) = PdfReader(BytesIO(made), strict=True).pages[0].images
    assert picture.image.size == (240, 160)


def test_a_jpeg_2000_in_a_pdf_has_no_place_and_no_names():
    plain = build.saved(build.photo(), "JPEG2000")
    body = b"JpgTiffExif->JP2" + build.exif().tobytes()
    data = build.pdf_with_picture(plain + (8 + len(body)).to_bytes(4) + b"uuid" + body, "/JPXDecode")
    assert build.SECRET.encode() in data
    made = clean(BytesIO(data), limit_bytes=5_000_000).data
    assert build.SECRET.encode() not in made
    assert plain in made


def with_inline_picture(data: bytes, filters: bytes, packed: bytes | None = None) -> bytes:
    def change(writer):
        head = b"/W 240 /H 160 /CS /RGB /BPC 8 /F " + filters
        commands = b"q 240 0 0 160 0 0 cm BI " + head + b" ID " + (packed or data) + b"\nEI Q BT (EI) Tj ET"
        writer.pages[0][NameObject("/Contents")] = writer._add_object(build.pdf_stream(commands).flate_encode())

    return build.pdf(change)


@pytest.mark.parametrize("filters", [b"/DCT", b"[/DCTDecode]", b"[/A85 /DCT]", b"[/AHx /DCT]", b"[/Fl /DCT]"])
def test_a_photo_written_among_the_commands_of_a_page_has_no_place_and_no_names(filters):
    """ISO 32000-1, 8.9.7: small pictures may stand inside a page's own stream."""
    data = build.jpeg_with_everything()
    packed = {
        b"[/A85 /DCT]": lambda: base64.a85encode(data) + b"~>",
        b"[/AHx /DCT]": lambda: data.hex().encode() + b">",
        b"[/Fl /DCT]": lambda: zlib.compress(data),
    }.get(filters, lambda: None)()
    made = clean(BytesIO(with_inline_picture(data, filters, packed)), limit_bytes=5_000_000).data
    content = PdfReader(BytesIO(made)).pages[0].get_contents().get_data()
    assert not any(trace in content for trace in TRACES)
    assert content.endswith(b" EI Q BT (EI) Tj ET")
    shown = content[content.index(b"\xff\xd8") : content.index(b" EI Q")]
    assert pixels(shown) == pixels(data)


def test_commands_without_a_photo_stay_as_they_are():
    commands = b"q BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q BT (/DCT) Tj ET"
    assert bare_inline(commands, lambda data, _filters: data) == commands
