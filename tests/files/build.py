"""Pictures and PDFs for the tests, made on the spot."""

import random
from collections.abc import Callable
from io import BytesIO

from PIL import ExifTags, Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

SECRET = "Ms Hidden Name"
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:creator>{SECRET}</rdf:creator></x:xmpmeta>".encode()


def photo(width: int = 240, height: int = 160) -> Image.Image:
    """A picture with many colours: red on the left, blue on the right, darker below."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (across.point(lambda v: 255 - v), down.point(lambda v: 120 - v // 3), across))


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(width * height * 3))


def drawing(width: int = 600, height: int = 400) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, 300, 200), fill="navy")
    pen.line((0, 0, width, height), fill="red", width=3)
    return image


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Artist] = SECRET
    made[ExifTags.Base.Make] = SECRET
    gps = made.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 24.0)
    return made


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def profile_with_red_as_blue() -> bytes:
    """A colour profile like sRGB's, but what it calls red is blue and the other way round."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")  # their entries in the table of tags
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


def jpeg_with_everything(image: Image.Image | None = None, orientation: int = 1) -> bytes:
    """A JPEG with GPS, names, a comment, XMP and a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = image or photo()
    comment = SECRET.encode()
    return saved(image, "JPEG", exif=exif(orientation), comment=comment, xmp=XMP, icc_profile=profile, quality=90)


def png_with_everything(image: Image.Image | None = None) -> bytes:
    notes = PngInfo()
    notes.add_text("Author", SECRET)
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved(image or drawing(), "PNG", pnginfo=notes, exif=exif())


def webp_with_everything(image: Image.Image | None = None) -> bytes:
    return saved(image or photo(), "WEBP", exif=exif(), xmp=XMP)


def pdf_object(value: object) -> PdfObject:
    """Python's own types as a PDF object; a str that starts with a slash is a name."""
    match value:
        case PdfObject():
            return value
        case dict():
            return DictionaryObject({NameObject(key): pdf_object(item) for key, item in value.items()})
        case list():
            return ArrayObject(pdf_object(item) for item in value)
        case str():
            return NameObject(value) if value.startswith("/") else TextStringObject(value)
        case int():
            return NumberObject(value)
        case float():
            return FloatObject(value)
    return NullObject()


def pdf_stream(data: bytes, **entries: object) -> DecodedStreamObject:
    made = DecodedStreamObject()
    made.set_data(data)
    made.update({NameObject(f"/{key}"): pdf_object(value) for key, value in entries.items()})
    return made


def pdf(change: Callable[[PdfWriter], None] = lambda _: None, *, pages: int = 1) -> bytes:
    """A PDF whose pages say "Page 1" and so on, changed by `change` before it is written."""
    writer = PdfWriter()
    font = pdf_object({"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"})
    for number in range(1, pages + 1):
        page = writer.add_blank_page(300, 200)
        page[NameObject("/Resources")] = pdf_object({"/Font": {"/F": font}})
        text = pdf_stream(b"BT /F 24 Tf 40 100 Td (Page %d) Tj ET" % number)
        page[NameObject("/Contents")] = writer._add_object(text)
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_picture(data: bytes, filters: object = "/DCTDecode", size: tuple[int, int] = (240, 160)) -> bytes:
    """A PDF that shows this (packed) picture."""

    def change(writer: PdfWriter) -> None:
        width, height = size
        picture = pdf_stream(data, Type="/XObject", Subtype="/Image", Width=width, Height=height, BitsPerComponent=8)
        picture.update(pdf_object({"/ColorSpace": "/DeviceRGB", "/Filter": filters}))
        page = writer.pages[0]
        page["/Resources"][NameObject("/XObject")] = pdf_object({"/Im0": writer._add_object(picture)})
        page[NameObject("/Contents")] = writer._add_object(pdf_stream(b"q 240 0 0 160 0 0 cm /Im0 Do Q"))

    return pdf(change)
