import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from lti_tool.files import Cleaned, FileRefusedError, clean
from tests.files import build


def cleaned(data: bytes) -> Cleaned:
    return clean(BytesIO(data), limit_bytes=20_000_000)


def opened(made: Cleaned) -> Image.Image:
    image = Image.open(BytesIO(made.data))
    image.load()
    assert (image.width, image.height) == (made.width, made.height)
    assert made.media_type == Image.MIME[image.format]
    return image


EVERYTHING = {
    "jpeg": build.jpeg_with_everything(),
    "png drawing": build.png_with_everything(),
    "png photo": build.png_with_everything(build.photo()),
    "webp": build.webp_with_everything(),
}


@pytest.mark.parametrize("data", EVERYTHING.values(), ids=EVERYTHING)
def test_place_names_comments_and_profiles_are_gone(data):
    assert build.SECRET.encode() in data
    assert Image.open(BytesIO(data)).getexif().get_ifd(0x8825)
    made = cleaned(data)
    image = opened(made)
    assert not image.getexif()
    assert not {"exif", "icc_profile", "comment", "xmp", "XML:com.adobe.xmp", "Author"} & image.info.keys()
    for trace in (build.SECRET.encode(), b"Exif", b"eXIf", b"tEXt", b"iTXt", b"ICC_PROFILE", b"iCCP", b"adobe"):
        assert trace not in made.data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_as_the_camera_was_held(orientation):
    upright = build.photo()
    laid = {  # how a camera that notes this orientation stored the upright picture
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    stored = upright
    for turn in laid:
        stored = stored.transpose(turn)
    image = opened(cleaned(build.jpeg_with_everything(stored, orientation)))
    assert image.size == upright.size
    for place in ((10, 10), (230, 10), (10, 150), (230, 150)):
        assert image.getpixel(place) == pytest.approx(upright.getpixel(place), abs=12)


def test_a_large_photo_becomes_small():
    made = cleaned(build.saved(build.photo(4000, 3000), "JPEG", quality=98))
    assert (made.width, made.height) == (1600, 1200)
    assert len(made.data) <= 200_000


def test_even_a_very_busy_photo_becomes_bearable():
    made = cleaned(build.saved(build.noise(2000, 1500), "JPEG", quality=95))
    assert len(made.data) < 700_000


def test_a_small_picture_is_not_blown_up():
    assert opened(cleaned(EVERYTHING["jpeg"])).size == (240, 160)


def test_a_drawing_stays_sharp_and_a_photo_does_not_stay_a_png():
    assert cleaned(EVERYTHING["png drawing"]).media_type == "image/png"
    assert opened(cleaned(EVERYTHING["png drawing"])).convert("RGB").tobytes() == build.drawing().tobytes()
    assert cleaned(build.saved(build.photo(1200, 900), "PNG")).media_type == "image/jpeg"
    restless = build.noise(300, 200).quantize(200)  # few colours, but larger as a PNG
    assert cleaned(build.saved(restless, "PNG")).media_type == "image/jpeg"


def test_what_is_transparent_becomes_white_paper():
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 50, 100))
    for data in (build.saved(image, "PNG"), build.saved(image, "WEBP"), build.saved(image.quantize(8), "PNG")):
        seen = opened(cleaned(data)).convert("RGB")
        assert seen.getpixel((80, 50)) == pytest.approx((255, 255, 255), abs=6)
        assert seen.getpixel((20, 50)) == pytest.approx((255, 0, 0), abs=6)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixel_comes_out_as_it_was_seen(mode):
    if mode == "I;16":
        image = Image.frombytes("I;16", (100, 100), struct.pack("<H", 0x8000) * 10_000)
    else:
        image = Image.new("L", (100, 100), 128 if mode != "1" else 255).convert("RGB")
        image = image.quantize(4) if mode == "P" else image.convert(mode)
    seen = opened(cleaned(build.saved(image, "JPEG" if mode == "CMYK" else "PNG"))).convert("RGB")
    expected = 255 if mode == "1" else 128
    assert seen.getpixel((50, 50)) == pytest.approx((expected,) * 3, abs=4)


def test_colours_are_brought_to_srgb_before_the_profile_is_dropped():
    data = build.saved(Image.new("RGB", (60, 60), (200, 0, 0)), "JPEG", icc_profile=build.profile_with_red_as_blue())
    red, green, blue = opened(cleaned(data)).getpixel((30, 30))
    assert blue > 150
    assert max(red, green) < 60


def test_a_profile_that_does_not_fit_is_ignored():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    wrong = build.saved(build.photo(), "JPEG", icc_profile=profile)  # does not fit: ignored
    assert opened(cleaned(wrong)).getpixel((10, 10)) == pytest.approx(build.photo().getpixel((10, 10)), abs=12)
    broken = build.saved(build.photo(), "JPEG", icc_profile=b"no profile at all")
    assert opened(cleaned(broken)).getpixel((10, 10)) == pytest.approx(build.photo().getpixel((10, 10)), abs=12)


def test_broken_exif_does_not_make_a_broken_picture():
    data = build.saved(build.photo(), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff" + b"\xee" * 40)
    assert cleaned(data).width == 240


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind):
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue", "green")]
    data = build.saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    seen = opened(cleaned(data))
    assert getattr(seen, "n_frames", 1) == 1
    assert seen.convert("RGB").getpixel((25, 25)) == pytest.approx((255, 0, 0), abs=4)


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_a_picture_is_refused(name, share):
    data = EVERYTHING[name]
    with pytest.raises(FileRefusedError, match="broken"):
        cleaned(data[: int(len(data) * share)])


def bomb(side: int) -> bytes:
    """A PNG that announces side x side pixels and holds next to none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [7_000, 11_000, 20_000, 200_000])  # below, above Pillow's warning, above its error
def test_a_bomb_is_refused_before_it_is_decoded(side):
    started = time.process_time()
    with pytest.raises(FileRefusedError, match="too_many_pixels"):
        cleaned(bomb(side))
    assert time.process_time() - started < 0.5
