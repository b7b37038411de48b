"""What people drew, noted or filled in on a PDF: kept as it looks, without its author, its dates and its behaviour."""

from collections.abc import Callable
from urllib.parse import urlsplit

from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from lti_tool.files.objects import entry, name, names

HIDDEN, NO_VIEW, READ_ONLY = 2, 32, 64  # bits of /F (ISO 32000-1, table 165)
MARKS = names(
    "/Text /FreeText /Line /Square /Circle /Polygon /PolyLine /Highlight /Underline /Squiggly /StrikeOut /Stamp "
    "/Caret /Ink"
)
LOOKS = names(
    "/Rect /F /C /IC /CA /ca /Border /BS /BE /QuadPoints /InkList /L /LE /LL /LLE /LLO /CL /RD /Vertices /IT /Cap /CP "
    "/CO /Sy /Rotate /DA /Q /Name /OC"
)
Copier = Callable[[object], PdfObject]


def harmless(mark: PdfObject, copy: Copier) -> DictionaryObject | None:
    """A copy of an annotation that can only be looked at, or a link to the web or a page; None for all others."""
    if not isinstance(mark, DictionaryObject) or _number(mark, "/F") & (HIDDEN | NO_VIEW):
        return None
    kind = name(mark, "/Subtype")
    if kind == "/Link":
        return _link(mark, copy)
    if kind == "/Widget":
        return _filled_in(mark, copy)
    return _mark(kind, mark, copy, with_text=True) if kind in MARKS else None


def _mark(kind: str, mark: DictionaryObject, copy: Copier, *, with_text: bool) -> DictionaryObject:
    made = DictionaryObject({NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject(kind)})
    made.update({NameObject(key): copy(mark.raw_get(key)) for key in mark if key in LOOKS})
    text = entry(mark, "/Contents")
    if with_text and isinstance(text, TextStringObject):
        made[NameObject("/Contents")] = copy(text)
    look = _normal_look(mark)
    if look is not None:
        made[NameObject("/AP")] = DictionaryObject({NameObject("/N"): copy(look)})
    return made


def _normal_look(mark: DictionaryObject) -> IndirectObject | None:
    """The appearance that is shown now: of a tick box, that of its present state."""
    looks = entry(mark, "/AP")
    if not isinstance(looks, DictionaryObject) or "/N" not in looks:
        return None
    raw = looks.raw_get("/N")
    states = entry(looks, "/N")
    if isinstance(states, DictionaryObject) and not isinstance(states, StreamObject):
        state = name(mark, "/AS")
        raw = states.raw_get(state) if state in states else None
    return raw if isinstance(raw, IndirectObject) else None


def _filled_in(field: DictionaryObject, copy: Copier) -> DictionaryObject | None:
    """A form field as a stamp that looks like it: what a teacher filled in stays to be read."""
    made = _mark("/Stamp", field, copy, with_text=False)
    made[NameObject("/F")] = NumberObject(_number(field, "/F") | READ_ONLY)
    return made if "/AP" in made else None


def _link(link: DictionaryObject, copy: Copier) -> DictionaryObject | None:
    made = _mark("/Link", link, copy, with_text=False)
    action, target = entry(link, "/A"), entry(link, "/Dest")
    if isinstance(action, DictionaryObject):
        kind, address = name(action, "/S"), entry(action, "/URI")
        if kind == "/URI" and isinstance(address, str) and _on_the_web(address):
            made[NameObject("/A")] = DictionaryObject(
                {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): copy(address)}
            )
            return made
        target = entry(action, "/D") if kind == "/GoTo" else NullObject()
    if isinstance(target, ArrayObject) and target and isinstance(target[0], IndirectObject):
        made[NameObject("/Dest")] = copy(target)
        return made
    return None


def _on_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _number(mark: DictionaryObject, key: str) -> int:
    value = entry(mark, key)
    return int(value) if isinstance(value, NumberObject) else 0
