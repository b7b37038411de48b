"""A PDF written anew from what its pages show. Run as a program: a PDF on standard input, the new one on output.

Nothing is deleted from the old file; what is on a list of things that pages need is copied into a new one. So metadata,
scripts, actions, attachments, earlier revisions and whatever a later version of PDF invents stay behind by themselves.
Left out on purpose as well: bookmarks, and the structure tree, where word processors note paths of pictures.
"""

import sys
import zlib
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    EncodedStreamObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from lti_tool.files import annotations
from lti_tool.files.cleaned import FileRefusedError
from lti_tool.files.documents import REFUSALS
from lti_tool.files.embedded import bare_inline, bare_jpeg, bare_jpeg2000
from lti_tool.files.objects import entry, follow, listed, name, names

MAX_PAGES = 60
MAX_MEMORY = 1 << 30
MAX_CPU_SECONDS = 20
MAX_NODES = 10_000  # of the page tree

INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
PAGE_KEYS = (*INHERITED, "/BleedBox", "/TrimBox", "/ArtBox", "/UserUnit", "/Group", "/Contents")
LETTER = ArrayObject(map(NumberObject, (0, 0, 612, 792)))  # what viewers take when a page has no size

# Inside what a page shows: descriptions, wherever they are; ties of streams to other things; what acts by its kind.
DESCRIPTIONS = names("/Metadata /PieceInfo /LastModified /StructParents /OpenAction /JavaScript /EmbeddedFiles")
STREAM_TIES = names("/Length /F /FFilter /FDecodeParms /OPI /Ref /AF /StructParent /Measure /PtData")
PACKING = names("/Filter /DecodeParms")
FOREIGN_TYPES = names(
    "/Catalog /Pages /Page /Annot /Action /Filespec /EmbeddedFile /Metadata /Outlines "
    "/StructTreeRoot /StructElem /Sig /Thread /ObjStm /XRef"
)
ACTIONS = names(
    "/JavaScript /Launch /URI /GoTo /GoToR /GoToE /GoToDp /Thread /Sound /Movie /Hide /Named /SubmitForm "
    "/ResetForm /ImportData /SetOCGState /Rendition /GoTo3DView /RichMediaExecute"
)
BARE = {"/DCTDecode": bare_jpeg, "/DCT": bare_jpeg, "/JPXDecode": bare_jpeg2000}


def rewrite(data: bytes) -> bytes:
    """The same pages in a new PDF; FileRefusedError where that cannot be done."""
    try:
        reader = PdfReader(BytesIO(data))
        if not reader.is_encrypted:
            return _Copy(reader).write(limit=2 * len(data) + 4_000_000)
    except FileRefusedError:
        raise
    except Exception as error:  # a hostile PDF makes a parser raise anything
        raise FileRefusedError("broken") from error
    raise FileRefusedError("pdf_locked")


class _Copy:
    """The new PDF while it grows: numbered objects, filled one after the other without recursion between them."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        self.objects: list[PdfObject] = []
        self.numbers: dict[tuple[int, int], int] = {}  # old object -> number of its copy
        self.waiting: list[tuple[int, IndirectObject]] = []
        self.root = self._add(NullObject())
        self._copy_pages()
        while self.waiting:
            number, old = self.waiting.pop()
            self.objects[number - 1] = self._whole(follow(old))

    def _add(self, made: PdfObject) -> IndirectObject:
        self.objects.append(made)
        return IndirectObject(len(self.objects), 0, self)

    def _copy_pages(self) -> None:
        tree = DictionaryObject({NameObject("/Type"): NameObject("/Pages")})
        parent = self._add(tree)
        pages = list(self._pages())
        if not pages:
            raise FileRefusedError("broken")
        references = []
        for reference, _ in pages:  # all are numbered before links between them are copied
            references.append(self._add(NullObject()))
            if reference:
                self.numbers.setdefault((reference.idnum, reference.generation), references[-1].idnum)
        for (_, page), made in zip(pages, references, strict=True):
            self.objects[made.idnum - 1] = self._page(page, parent)
        tree[NameObject("/Kids")] = ArrayObject(references)
        tree[NameObject("/Count")] = NumberObject(len(references))
        self.objects[self.root.idnum - 1] = self._catalog(parent)

    def _pages(self) -> Iterator[tuple[IndirectObject | None, DictionaryObject]]:
        """Every page in order, with the values it inherits; loops and endless trees are refused."""
        start = self.reader.root_object.raw_get("/Pages")
        stack: list[tuple[object, DictionaryObject]] = [(start, DictionaryObject())]
        pages, nodes = 0, 0
        while stack:
            raw, inherited = stack.pop()
            node, nodes = follow(raw), nodes + 1
            if nodes > MAX_NODES:
                raise FileRefusedError("broken")
            if not isinstance(node, DictionaryObject):
                continue
            inherited = DictionaryObject(inherited | {key: node.raw_get(key) for key in INHERITED if key in node})
            kids = entry(node, "/Kids")
            if isinstance(kids, ArrayObject):
                stack.extend((kid, inherited) for kid in reversed(kids))
                continue
            pages += 1
            if pages > MAX_PAGES:
                raise FileRefusedError("too_many_pages", pages=MAX_PAGES)
            yield raw if isinstance(raw, IndirectObject) else None, DictionaryObject(inherited | node)

    def _page(self, page: DictionaryObject, parent: IndirectObject) -> DictionaryObject:
        made = DictionaryObject({NameObject("/Type"): NameObject("/Page"), NameObject("/Parent"): parent})
        made[NameObject("/MediaBox")] = LETTER
        made.update({NameObject(key): self.value(page.raw_get(key)) for key in PAGE_KEYS if key in page})
        marks = [annotations.harmless(mark, self.value) for mark in listed(page, "/Annots")]
        made[NameObject("/Annots")] = ArrayObject(mark for mark in marks if mark is not None)
        return made

    def _catalog(self, pages: IndirectObject) -> DictionaryObject:
        old = self.reader.root_object
        made = DictionaryObject({NameObject("/Type"): NameObject("/Catalog"), NameObject("/Pages"): pages})
        language = entry(old, "/Lang")
        if isinstance(language, TextStringObject) and len(language) < 20:
            made[NameObject("/Lang")] = self.value(language)
        layers = entry(old, "/OCProperties")
        if isinstance(layers, DictionaryObject) and "/OCGs" in layers:
            state, shown = entry(layers, "/D"), DictionaryObject()
            if isinstance(state, DictionaryObject):  # what is switched off stays so
                wanted = [key for key in ("/BaseState", "/ON", "/OFF") if key in state]
                shown.update({NameObject(key): self.value(state.raw_get(key)) for key in wanted})
            made[NameObject("/OCProperties")] = DictionaryObject(
                {NameObject("/OCGs"): self.value(layers.raw_get("/OCGs")), NameObject("/D"): shown}
            )
        return made

    def value(self, old: object) -> PdfObject:
        """The copy of something that is not a stream: a reference stays one, to an object that will be copied."""
        match old:
            case IndirectObject():
                key = (old.idnum, old.generation)
                if key not in self.numbers:
                    self.numbers[key] = self._add(NullObject()).idnum
                    self.waiting.append((self.numbers[key], old))
                return IndirectObject(self.numbers[key], 0, self)
            case DictionaryObject():
                return self._dictionary(old)
            case ArrayObject():
                return ArrayObject(self.value(item) for item in old)
            case (
                NameObject()
                | NumberObject()
                | FloatObject()
                | BooleanObject()
                | TextStringObject()
                | ByteStringObject()
            ):
                return old
        return NullObject()

    def _dictionary(self, old: DictionaryObject, without: frozenset[str] = frozenset()) -> PdfObject:
        kind = name(old, "/Type")
        if kind in FOREIGN_TYPES or name(old, "/S") in ACTIONS:
            return NullObject()
        if kind == "/OCG":
            return DictionaryObject(
                {NameObject("/Type"): NameObject(kind), NameObject("/Name"): TextStringObject("Layer")}
            )
        keys = [key for key in old if key not in DESCRIPTIONS and key not in without]
        return DictionaryObject({NameObject(key): self.value(old.raw_get(key)) for key in keys})

    def _whole(self, old: PdfObject) -> PdfObject:
        """The copy of a numbered object, which may be a stream; its data stays as it is unless it is a picture."""
        if not isinstance(old, StreamObject):
            return self.value(old)
        filters = listed(old, "/Filter")
        strip = BARE.get(str(filters[-1])) if filters else None
        data = old._data  # the packed bytes; pypdf has no public name for them
        made = self._dictionary(old, STREAM_TIES | PACKING if strip else STREAM_TIES)
        if not isinstance(made, DictionaryObject):
            return made
        stream = StreamObject()
        stream.update(made)
        if strip:
            data = strip(_unpacked(data, filters[:-1], listed(old, "/DecodeParms")))
            stream[NameObject("/Filter")] = NameObject(str(filters[-1]))
            parameters = listed(old, "/DecodeParms")[len(filters) - 1 :]
            if parameters and isinstance(parameters[0], DictionaryObject):
                stream[NameObject("/DecodeParms")] = self.value(parameters[0])
        elif (commands := _bare_commands(old, data, filters)) is not None:
            for key in PACKING & stream.keys():
                del stream[key]
            stream[NameObject("/Filter")] = NameObject("/FlateDecode")
            data = zlib.compress(commands)
        stream._data = data
        return stream

    def write(self, limit: int) -> bytes:
        """The whole file (ISO 32000-1, 7.5); refused as broken where little input would become very much output."""
        out, places = BytesIO(), []
        out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        for number, made in enumerate(self.objects, start=1):
            places.append(out.tell())
            out.write(b"%d 0 obj\n" % number)
            made.write_to_stream(out)
            out.write(b"\nendobj\n")
            if out.tell() > limit:
                raise FileRefusedError("broken")
        table = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
        out.writelines(b"%010d 00000 n \n" % place for place in places)
        trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        out.write(trailer % (len(places) + 1, self.root.idnum, table))
        return out.getvalue()


def _bare_commands(old: StreamObject, data: bytes, filters: list[PdfObject]) -> bytes | None:
    """What a page is drawn with, its inline photos made bare; None where there are none, or it cannot be unpacked."""
    if name(old, "/Subtype") == "/Image" or "/Length1" in old:
        return None
    try:
        content = _unpacked(data, filters, listed(old, "/DecodeParms"))
    except Exception:  # noqa: BLE001 (no viewer unpacks it either)
        return None
    if b"DCT" not in content:
        return None
    bare = bare_inline(content, lambda packed, names: _unpacked(packed, [NameObject(one) for one in names], []))
    return bare if bare != content else None


def _unpacked(data: bytes, filters: list[PdfObject], parameters: list[PdfObject]) -> bytes:
    """The data behind these filters; pypdf refuses to unpack more than 75 MB."""
    if not filters:
        return data
    packed = EncodedStreamObject()
    packed[NameObject("/Filter")] = ArrayObject(filters)
    if parameters:
        packed[NameObject("/DecodeParms")] = ArrayObject(parameters[: len(filters)])
    packed._data = data
    return packed.get_data()


def _hold_within_limits() -> None:
    try:
        import resource
    except ImportError:  # not on this system: the time limit of the caller is left
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def main() -> int:
    """Rewrite from standard input to standard output; the exit status is 0 or one of `documents.REFUSALS`."""
    _hold_within_limits()
    try:
        sys.stdout.buffer.write(rewrite(sys.stdin.buffer.read()))
    except FileRefusedError as refused:
        return next(status for status, code in REFUSALS.items() if code == refused.code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
