"""Pictures: decoded and written anew, so that only what the eye sees is kept."""

import warnings
from io import BytesIO
from threading import Lock

from PIL import Image, ImageCms

from lti_tool.files.cleaned import Cleaned, FileRefusedError

LONGEST_SIDE = 1600
TARGET_BYTES = 200_000
STEPS = ((1600, 85), (1600, 75), (1600, 65), (1280, 65), (1280, 55))  # longest side, JPEG quality
MAX_PIXELS = {"JPEG": 65_000_000, "PNG": 40_000_000, "WEBP": 40_000_000}  # a phone's 64 Mpx; A4 scanned at 600 dpi
FEW_COLOURS = 256

ORIENTATION_TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_one_at_a_time = Lock()  # the largest picture takes 450 MB while it is decoded


def clean(data: bytes, kind: str) -> Cleaned:
    """The first frame of a picture of this Pillow format, upright, at most 1600 pixels, without any metadata."""
    seen, drawing = _see(data, kind)
    photo = _as_jpeg(seen)
    if drawing:
        kept = _as_png(seen)
        if len(kept.data) < len(photo.data):
            return kept
    return photo


def _see(data: bytes, kind: str) -> tuple[Image.Image, bool]:
    """The picture as RGB, and whether it is a drawing of few colours; whatever Pillow stumbles over is `broken`."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about EXIF and the like, which is thrown away here
        try:
            with Image.open(BytesIO(data), formats=[kind]) as image:
                _check_pixels(image, MAX_PIXELS[kind])
                return _decode(image, kind)
        except FileRefusedError:
            raise
        except Image.DecompressionBombError:
            raise FileRefusedError("too_many_pixels", megapixels=MAX_PIXELS[kind] // 1_000_000) from None
        except Exception as error:  # decoders meet hostile bytes with every kind of exception
            raise FileRefusedError("broken") from error


def _check_pixels(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        raise FileRefusedError("too_many_pixels", megapixels=most // 1_000_000)


def _decode(image: Image.Image, kind: str) -> tuple[Image.Image, bool]:
    turn, profile = TURNS.get(_orientation(image)), image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = (
            image.convert("I").point(lambda value: value / 256).convert("L")
        )  # 16 bits a pixel: a plain convert clips
    elif image.mode not in {"L", "RGB", "CMYK", "RGBA", "LA"}:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in {"L", "RGB"} and "transparency" in image.info:
        image = image.convert("RGBA")
    drawing = kind != "JPEG" and image.getcolors(FEW_COLOURS) is not None
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if turn is not None:
        image = image.transpose(turn)
    return _plain_colours(_on_white(image), profile), drawing


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 (broken EXIF does not make a broken picture)
        return 1


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in {"RGBA", "LA"}:
        return image
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")


def _plain_colours(image: Image.Image, profile: object) -> Image.Image:
    """The picture in sRGB without a colour profile: profiles carry names of devices and people."""
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # a profile for other colours than the picture has: viewers ignore it too
        if converted is not None:
            image = converted
    image = image.convert("RGB")
    image.info = {}  # Pillow would write comments and profiles that it finds here
    return image


def _as_jpeg(image: Image.Image) -> Cleaned:
    """The best JPEG of at most about 200 KB; a very busy picture may stay a little above."""
    for side, quality in STEPS:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        made = _encoded(image, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(made.data) <= TARGET_BYTES:
            break
    return made


def _as_png(image: Image.Image) -> Cleaned:
    few = image.quantize(FEW_COLOURS, dither=Image.Dither.NONE)
    few.info = {}
    return _encoded(few, "PNG", optimize=True)


def _encoded(image: Image.Image, kind: str, **how: int) -> Cleaned:
    out = BytesIO()
    image.save(out, kind, **how)
    return Cleaned(f"image/{kind.lower()}", out.getvalue(), image.width, image.height)
