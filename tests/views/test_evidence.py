"""Adding a photo or a PDF on the page of an entry, opening it, taking it away."""

import io
import re

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from lti_tool import db, settings
from lti_tool.models import Circle, Entry, Evidence, Person
from lti_tool.services import entries, evidence
from tests import build
from tests.audit import text_of as text_of_tree
from tests.files.build import pdf
from tests.reader import Reader
from tests.services.writing import begin, picture


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def entry_id(circle: Circle, ama: Person) -> int:
    with db.work() as unit:
        entry = begin(circle, ama, "Exit tickets", stage="try")
        unit.commit()
        return entry.id


def at(circle: Circle, entry_id: int) -> str:
    return f"/circles/{circle.id}/entries/{entry_id}"


def pieces() -> list[Evidence]:
    with db.work(read_only=True) as unit:
        return list(unit.query(Evidence).filter(Evidence.removed_at.is_(None)))


def text_of(entry_id: int) -> dict[str, str]:
    with db.work(read_only=True) as unit:
        return unit.get_one(Entry, entry_id).answers


def get(reader: Reader, circle: Circle, number: int) -> TestResponse:
    with reader.client.get(f"/circles/{circle.id}/evidence/{number}") as answer:
        assert answer.data is not None
        return answer


def add(circle: Circle, entry_id: int, *, share: bool = False) -> int:
    with db.work() as unit:
        entry = unit.get_one(Entry, entry_id)
        piece = evidence.add(entry, file=picture(), kind="classroom_photo", title="The board", pupils="none")
        if share:
            entries.share(entry, by=unit.get_one(Person, entry.inquiry.authors[0].person_id))
        unit.commit()
        return piece.id


def test_a_photo_is_added_and_the_text_beside_it_kept(
    reader: Reader, circle: Circle, ama: Person, entry_id: int
) -> None:
    reader.as_(ama).open(at(circle, entry_id))
    page = reader.press("Add it", answer_did="Exit tickets, more", title="The board", file=(picture(), "IMG_2041.JPG"))
    assert "The board" in page.text
    assert "IMG_2041" not in page
    assert text_of(entry_id) == {"did": "Exit tickets, more"}
    assert [one.pupils for one in pieces()] == [""]


def test_a_chosen_file_is_added_whatever_button_is_pressed(
    reader: Reader, circle: Circle, ama: Person, entry_id: int
) -> None:
    reader.as_(ama).open(at(circle, entry_id))
    page = reader.press("Share with my circle", file=(picture(), "a.jpg"))
    assert "whether pupils can be recognised" in page.text
    assert len(pieces()) == 1


def test_she_is_led_to_the_open_question_far_down_the_page(
    reader: Reader, circle: Circle, ama: Person, entry_id: int
) -> None:
    """On a phone it stands three screens below the first line, where the page begins otherwise."""

    def led_to(do: str, **also: object) -> str:
        page = reader.as_(ama).open(at(circle, entry_id))
        hidden = dict(re.findall(r'type="hidden" name="(visit|once|edition)" value="([^"]*)"', page))
        said = {**hidden, "answer_did": "A card", "kind": "tally", "do": do, **also}
        return reader.client.post(at(circle, entry_id), data=said).location

    for number in (0, 1):
        assert led_to("add", file=(picture(), "a.jpg")) == f"{at(circle, entry_id)}#evidence-{pieces()[number].id}"
    first, second = (one.id for one in pieces())
    asked = f"{at(circle, entry_id)}?unshared=1"
    assert led_to("share") == f"{asked}#pupils_{first}-0"
    assert led_to("share", **{f"pupils_{first}": "none"}) == f"{asked}#pupils_{second}-0"
    page = reader.open(asked)
    assert 'type="radio" value="none"' in page[page.index(f'id="pupils_{second}-0"') - 9 :]
    assert f'id="pupils_{second}-error"' in page, "why it was not shared stands beside the question"
    assert f'id="pupils_{first}-error"' not in page


def test_a_document_without_a_name_is_not_called_a_photo(
    reader: Reader, circle: Circle, ama: Person, entry_id: int
) -> None:
    reader.as_(ama).open(at(circle, entry_id))
    assert "A document (PDF)" in reader.press("Add it", file=(io.BytesIO(pdf()), "plan.pdf")).text
    page = reader.press("Add it", file=(io.BytesIO(pdf()), "plan.pdf"), kind="plan_document")
    assert "A document (PDF)" in page.text
    assert "Lesson or learning plan (PDF)" in page.text


def test_a_double_press_adds_one(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    for _ in range(2):
        reader.as_(ama).open(at(circle, entry_id))
        reader.send(at(circle, entry_id), do="add", once="a" * 32, kind="tally", file=(picture(), "a.jpg"))
    assert len(pieces()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"just words", "only pictures (JPEG, PNG, WebP) and PDFs can be shown here"),
        (picture().getvalue()[:150], "could not be read to its end"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "HEIC"),
        (b"%PDF-1.7\nnothing", "could not be read to its end"),
    ],
)
def test_a_file_that_cannot_be_taken_costs_no_word(
    reader: Reader, circle: Circle, ama: Person, entry_id: int, content: bytes, sentence: str
) -> None:
    reader.as_(ama).open(at(circle, entry_id))
    page = reader.press("Add it", answer_did="A long thought", file=(io.BytesIO(content), "photo.jpg"))
    assert sentence in page.text
    assert "A long thought" in page
    assert text_of(entry_id) == {"did": "A long thought"}
    assert pieces() == []


def send_large(reader: Reader, address: str, times: int) -> TestResponse:
    """Send a file that is so many times larger than the largest that is taken."""
    large = b"\xff\xd8\xff" + b"\0" * (times * settings.current().upload_max_mb * 1_048_576)
    fields = dict(re.findall(r'type="hidden" name="(visit|once|edition)" value="([^"]*)"', reader.open(address)))
    said = {"answer_did": "A long thought", "kind": "tally", "file": FileStorage(io.BytesIO(large), "a.jpg")}
    boundary, body = encode_multipart({**fields, **said})
    return reader.client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize("times", [1, 3])
def test_too_large_a_file_costs_no_word(reader: Reader, circle: Circle, ama: Person, entry_id: int, times: int) -> None:
    """Also where the whole request is larger than what other pages take."""
    assert send_large(reader.as_(ama), at(circle, entry_id), times).status_code == 303
    assert "it is too large" in reader.open(at(circle, entry_id)).text
    assert text_of(entry_id) == {"did": "A long thought"}
    assert pieces() == []


def test_a_request_beyond_all_measure_is_answered_with_a_page(
    reader: Reader, circle: Circle, ama: Person, entry_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lti_tool.settings.READ_PAST", 1)
    answer = send_large(reader.as_(ama), at(circle, entry_id), 2)
    assert answer.status_code == 413
    assert "<h1>" in answer.text
    assert f'<a class="button main" href="{at(circle, entry_id)}">Back</a>' in answer.text


def test_no_file_chosen(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    reader.as_(ama).open(at(circle, entry_id))
    assert "No file was chosen yet" in reader.press("Add it", answer_did="A thought").text
    assert text_of(entry_id) == {"did": "A thought"}


def test_a_picture_is_shown_and_can_run_nothing(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    number = add(circle, entry_id)
    reader.as_(ama)
    answer = get(reader, circle, number)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "inline" in answer.headers.get("Content-Disposition", "inline")
    assert b"Kwame" not in answer.data


def test_a_pdf_is_saved_not_shown(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    number = add(circle, entry_id)
    with db.work() as unit:
        unit.get_one(Evidence, number).media_type = "application/pdf"
        unit.commit()
    answer = get(reader.as_(ama), circle, number)
    assert answer.headers["Content-Disposition"].startswith(f"attachment; filename=evidence-{number}.pdf")


def test_who_may_open_a_file(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    salma, outsider = build.member(circle), build.member(build.circle())
    representative = build.member(circle, "union_representative")
    number = add(circle, entry_id)
    for person in (salma, outsider, representative):
        assert get(reader.as_(person), circle, number).status_code == 404
    with db.work() as unit:
        entries.share(unit.get_one(Entry, entry_id), by=ama)
        unit.commit()
    for person, status in ((salma, 200), (outsider, 404), (representative, 404)):
        assert get(reader.as_(person), circle, number).status_code == status
    other = build.circle()
    build.join(other, salma)
    assert get(reader.as_(salma), other, number).status_code == 404


def test_removing_is_at_once_and_everywhere(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    salma = build.member(circle)
    number = add(circle, entry_id, share=True)
    key = pieces()[0].file_key
    reader.as_(ama).open(at(circle, entry_id))
    page = reader.press("Remove this", answer_did="Without the photo")
    assert "Removed, from everywhere." in page.text
    assert text_of(entry_id) == {"did": "Without the photo"}
    assert "The board" not in reader.as_(salma).open(at(circle, entry_id))
    assert get(reader, circle, number).status_code == 404
    store = evidence.store()
    assert not list(store.folder.rglob(key))


def test_an_answered_question_is_one_line_with_its_answer_and_what_is_to_be_answered_stands_open(
    reader: Reader, circle: Circle, ama: Person, entry_id: int
) -> None:
    number = add(circle, entry_id)
    page = reader.as_(ama).open(at(circle, entry_id))
    [line] = [text_of_tree(one) for one in page.tree.iter("summary") if "Can pupils" in text_of_tree(one)]
    assert line == "Can pupils be recognised in it? No, nobody is in it or named in it"
    page = reader.press("Keep as draft", answer_did="Exit tickets", **{f"pupils_{number}": "covered"})
    assert "Can pupils be recognised in it? No, I covered faces and names" in page.text
    with db.work() as unit:
        unit.get_one(Evidence, number).pupils = ""
        unit.commit()
    page = reader.open(at(circle, entry_id))
    assert not [one for one in page.tree.iter("summary") if "Can pupils" in text_of_tree(one)]
    assert "Please answer before you share." in page.text


def test_nobody_removes_a_piece_of_another_entry(reader: Reader, circle: Circle, ama: Person, entry_id: int) -> None:
    number = add(circle, entry_id)
    salma = build.member(circle)
    with db.work() as unit:
        other = begin(circle, unit.get_one(Person, salma.id), "Mine", stage="try").id
        unit.commit()
    reader.as_(salma).open(at(circle, other))
    reader.send(at(circle, other), expect=404, answer_did="Mine", remove=str(number))
    assert len(pieces()) == 1
