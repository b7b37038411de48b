from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ByteStringObject, NameObject

from lti_tool.files import FileRefusedError, clean, documents
from tests.files import build


def cleaned(data: bytes) -> bytes:
    made = clean(BytesIO(data), limit_bytes=12_000_000)
    assert (made.media_type, made.width, made.height) == ("application/pdf", None, None)
    return made.data


def opened(data: bytes) -> PdfReader:
    return PdfReader(BytesIO(data), strict=True)


def texts(data: bytes) -> list[str]:
    return [page.extract_text() for page in opened(data).pages]


def annotate(writer: PdfWriter, *marks: dict) -> None:
    references = [writer._add_object(build.pdf_object({"/Type": "/Annot", **mark})) for mark in marks]
    writer.pages[0][NameObject("/Annots")] = build.pdf_object(references)


def script(words: str = "app.alert(1)") -> dict:
    return {"/Type": "/Action", "/S": "/JavaScript", "/JS": words}


def test_the_pages_stay_as_they_were():
    made = cleaned(build.pdf(pages=3))
    assert texts(made) == ["Page 1", "Page 2", "Page 3"]
    assert [tuple(page.mediabox) for page in opened(made).pages] == [(0, 0, 300, 200)] * 3


def everything_bad(writer: PdfWriter) -> None:
    writer.add_metadata({"/Author": build.SECRET, "/Title": build.SECRET})
    writer.xmp_metadata = build.XMP
    writer.add_attachment("pupils.csv", b"name,mark\n" * 9)
    writer.add_outline_item(title=build.SECRET, page_number=0)
    root, page = writer.root_object, writer.pages[0]
    root["/Names"][NameObject("/JavaScript")] = build.pdf_object({"/Names": ["start", script()]})
    root[NameObject("/OpenAction")] = build.pdf_object(script())
    root[NameObject("/AA")] = build.pdf_object({"/WC": script()})
    root[NameObject("/AcroForm")] = build.pdf_object({"/Fields": [], "/XFA": build.SECRET, "/CO": []})
    page[NameObject("/AA")] = build.pdf_object({"/O": script()})
    page[NameObject("/Metadata")] = writer._add_object(build.pdf_stream(build.XMP, Type="/Metadata"))
    page[NameObject("/PieceInfo")] = build.pdf_object({"/Illustrator": {"/Private": build.SECRET}})
    page["/Resources"][NameObject("/XObject")] = build.pdf_object(
        {
            "/Fm": writer._add_object(
                build.pdf_stream(b"", Subtype="/Form", LastModified="D:2026", PieceInfo=build.SECRET)
            )
        }
    )
    indirect = {"/S": writer._add_object(NameObject("/JavaScript")), "/JS": "app.alert(2)"}
    page["/Resources"][NameObject("/Properties")] = build.pdf_object({"/P": script(), "/Q": indirect})
    link = {"/Subtype": "/Link", "/Rect": [0, 0, 9, 9]}
    program = {"/S": "/Launch", "/F": {"/Type": "/Filespec", "/F": "calc.exe"}}
    annotate(
        writer,
        link | {"/A": script()},
        link | {"/A": indirect},
        link | {"/A": program},
        link | {"/A": {"/S": "/URI", "/URI": "file:///C:/Users/hidden"}},
        link | {"/A": {"/S": "/URI", "/URI": "javascript:alert(1)"}},
        link | {"/A": {"/S": "/SubmitForm", "/F": "https://evil.example"}},
        link | {"/A": {"/S": "/GoToR", "/F": "other.pdf", "/D": [0, "/Fit"]}},
        {"/Subtype": "/FileAttachment", "/FS": {"/Type": "/Filespec", "/F": "pupils.csv"}},
        {"/Subtype": "/Screen", "/A": {"/S": "/Rendition", "/JS": "1"}},
        {"/Subtype": "/Widget", "/FT": "/Tx", "/A": script(), "/AA": {"/K": script()}, "/T": build.SECRET},
        {"/Subtype": "/RichMedia", "/Rect": [0, 0, 9, 9]},
    )


def test_nothing_that_acts_or_tells_is_left():
    data = build.pdf(everything_bad)
    for trace in (b"/JavaScript", b"/EmbeddedFile", b"/Launch", b"/OpenAction", b"Hidden", b"/XFA"):
        assert trace in data
    made = cleaned(data)
    assert texts(made) == ["Page 1"]
    reader = opened(made)
    assert reader.metadata is None
    assert reader.xmp_metadata is None
    assert not reader.attachments
    assert not reader.outline
    assert set(reader.root_object) == {"/Type", "/Pages"}
    assert not reader.pages[0]["/Annots"]
    unwanted = (
        "JavaScript JS alert hidden Hidden pupils evil "
        "OpenAction AA AcroForm XFA EmbeddedFile Filespec Launch URI GoToR SubmitForm Rendition Screen "
        "RichMedia Widget Metadata PieceInfo LastModified Info ID Producer Outlines Names"
    )
    for trace in unwanted.split():
        assert trace.encode() not in made


def test_earlier_revisions_and_loose_objects_stay_behind():
    data = build.pdf(lambda writer: writer._add_object(build.pdf_object({"/Note": build.SECRET})))
    assert build.SECRET.encode() in data
    assert build.SECRET.encode() not in cleaned(data + b"\n% Ms Hidden Name, behind the end\n")


def test_links_to_the_web_and_to_pages_still_work():
    def change(writer: PdfWriter) -> None:
        link = {"/Subtype": "/Link", "/Rect": [0, 0, 9, 9], "/NM": build.SECRET}
        second = writer.pages[1].indirect_reference
        annotate(
            writer,
            link | {"/A": {"/S": "/URI", "/URI": "https://example.org/a?b=c", "/Next": script()}},
            link | {"/A": {"/S": "/GoTo", "/D": [second, "/Fit"]}},
            link | {"/Dest": [second, "/Fit"]},
        )

    made = cleaned(build.pdf(change, pages=2))
    page, second = opened(made).pages
    web, action, place = (mark.get_object() for mark in page["/Annots"])
    assert web["/A"] == {"/S": "/URI", "/URI": "https://example.org/a?b=c"}
    assert action["/Dest"][0].get_object() == place["/Dest"][0].get_object() == second
    assert b"Hidden" not in made
    assert b"/JS" not in made


def test_what_was_marked_and_filled_in_stays_to_be_seen_without_its_author():
    def change(writer: PdfWriter) -> None:
        look = lambda words: writer._add_object(build.pdf_stream(words, Subtype="/Form", BBox=[0, 0, 9, 9]))  # noqa: E731
        box = {"/Rect": [0, 0, 9, 9], "/T": build.SECRET, "/M": "D:2026", "/F": 4}
        annotate(
            writer,
            box | {"/Subtype": "/Highlight", "/QuadPoints": [0, 9, 9, 9, 0, 0, 9, 0], "/Contents": "Good question"},
            box | {"/Subtype": "/Widget", "/FT": "/Tx", "/AP": {"/N": look(b"% filled in"), "/D": look(b"% down")}},
            box
            | {
                "/Subtype": "/Widget",
                "/FT": "/Btn",
                "/AS": "/On",
                "/AP": {"/N": {"/On": look(b"% on"), "/Off": look(b"% off")}},
            },
            box | {"/Subtype": "/Stamp", "/F": 2, "/AP": {"/N": look(b"% unseen")}},
        )

    made = cleaned(build.pdf(change))
    mark, field, tick = (item.get_object() for item in opened(made).pages[0]["/Annots"])
    assert (mark["/Subtype"], mark["/Contents"]) == ("/Highlight", "Good question")
    assert (field["/Subtype"], field["/AP"]["/N"].get_data()) == ("/Stamp", b"% filled in")
    assert tick["/AP"]["/N"].get_data() == b"% on"
    assert field["/F"] == 4 | 64
    for trace in (b"Hidden", b"D:2026", b"% down", b"% off", b"% unseen"):
        assert trace not in made


def test_layers_that_are_switched_off_stay_so_without_their_names():
    def change(writer: PdfWriter) -> None:
        layer = writer._add_object(
            build.pdf_object(
                {"/Type": "/OCG", "/Name": build.SECRET, "/Usage": {"/CreatorInfo": {"/Creator": build.SECRET}}}
            )
        )
        state = {"/OFF": [layer], "/Creator": build.SECRET, "/AS": []}
        writer.root_object[NameObject("/OCProperties")] = build.pdf_object({"/OCGs": [layer], "/D": state})

    made = cleaned(build.pdf(change))
    layers = opened(made).root_object["/OCProperties"]
    assert layers["/D"]["/OFF"] == layers["/OCGs"]
    assert layers["/OCGs"][0].get_object() == {"/Type": "/OCG", "/Name": "Layer"}
    assert b"Hidden" not in made


def test_a_table_of_colours_keeps_every_byte():
    table = bytes(range(256)) * 3

    def change(writer: PdfWriter) -> None:
        space = build.pdf_object(["/Indexed", "/DeviceRGB", 255])
        space.append(ByteStringObject(table))
        writer.pages[0]["/Resources"][NameObject("/ColorSpace")] = build.pdf_object({"/Cs": space})

    kept = opened(cleaned(build.pdf(change))).pages[0]["/Resources"]["/ColorSpace"]["/Cs"][3]
    assert kept.original_bytes == table


def test_a_font_may_be_named_like_something_that_is_left_out():
    assert texts(cleaned(build.pdf())) == ["Page 1"]  # its font is called F, and so are attached files


def test_a_locked_pdf_is_refused_even_if_it_opens_without_a_password():
    for password in ("secret", ""):
        data = build.pdf(lambda writer, password=password: writer.encrypt(password, "owner", algorithm="AES-256"))
        with pytest.raises(FileRefusedError, match="pdf_locked"):
            cleaned(data)


def test_the_number_of_pages_is_limited():
    assert len(texts(cleaned(build.pdf(pages=60)))) == 60
    with pytest.raises(FileRefusedError, match="too_many_pages"):
        cleaned(build.pdf(pages=61))


def test_half_a_pdf_is_refused():
    data = build.pdf(pages=5)
    with pytest.raises(FileRefusedError, match="broken"):
        cleaned(data[: len(data) // 2])


def test_a_pdf_that_takes_too_long_is_broken(monkeypatch):
    monkeypatch.setattr(documents, "SECONDS", 0.001)
    with pytest.raises(FileRefusedError, match="broken"):
        cleaned(build.pdf())


def test_the_process_that_reads_hostile_files_knows_no_secrets(monkeypatch):
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY", "x" * 40)
    assert not [name for name in documents._surroundings() if name.startswith("LTI_TOOL_")]
