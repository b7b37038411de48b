"""Pictures and PDFs of an entry: cleaned, asked about, shared, removed for good."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from lti_tool import db, settings
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.files import FileRefusedError
from lti_tool.models import Circle, Entry, Evidence, Person
from lti_tool.services import entries, evidence
from tests import build
from tests.services.writing import begin, picture, reach

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
def circle(app: object) -> Circle:
    return build.circle()


@pytest.fixture
def ama(circle: Circle) -> Person:
    return build.member(circle, name="Ama Owusu")


@pytest.fixture
def salma(circle: Circle) -> Person:
    return build.member(circle)


@pytest.fixture
def entry(circle: Circle, ama: Person, salma: Person) -> Entry:
    return begin(circle, ama, "Exit tickets")


def add(entry: Entry, *, pupils: str = "") -> Evidence:
    return evidence.add(entry, file=picture(), kind="classroom_photo", title="The board", pupils=pupils)


def test_a_picture_is_kept_without_what_its_maker_did_not_see(entry: Entry) -> None:
    added = add(entry)
    with evidence.data(added) as file:
        kept = Image.open(io.BytesIO(file.read()))
    assert dict(kept.getexif()) == {}
    assert (added.media_type, added.title, added.pupils) == ("image/jpeg", "The board", "")


def test_sharing_waits_for_the_question_about_pupils(entry: Entry, ama: Person, salma: Person) -> None:
    """H6: share blocked until the question is answered."""
    added = add(entry)
    with pytest.raises(RefusedError, match="evidence_unanswered"):
        entries.share(entry, by=ama)
    evidence.answer(added, pupils="covered")
    version = entries.share(entry, by=ama)
    assert entries.standing_evidence(version) == [added]
    assert evidence.get(added.id, within=reach(salma)) is added


def test_what_is_added_later_waits_for_the_next_version(entry: Entry, ama: Person, salma: Person) -> None:
    entries.share(entry, by=ama)
    added = add(entry, pupils="none")
    with pytest.raises(NotFoundError):
        evidence.get(added.id, within=reach(salma))
    assert entries.share(entry, by=ama).number == 2
    assert evidence.get(added.id, within=reach(salma)) is added


def test_removing_takes_it_from_every_version_and_from_the_disk(entry: Entry, ama: Person, salma: Person) -> None:
    added = add(entry, pupils="none")
    version = entries.share(entry, by=ama)
    evidence.forget(added)
    evidence.data(added).close()  # nothing happens to a piece that stands
    evidence.remove(added)
    evidence.forget(added)
    assert entries.standing_evidence(version) == []
    assert evidence.of(entry) == []
    for person in (ama, salma):
        with pytest.raises(NotFoundError):
            evidence.get(added.id, within=reach(person))
    with pytest.raises(NotFoundError):
        evidence.get_own(added.id, entry=entry)
    with pytest.raises(NotFoundError):
        evidence.data(added)
    assert added.file_key not in evidence.known_files()


def test_removing_is_possible_after_the_circle_has_ended(entry: Entry) -> None:
    added = add(entry)
    entries.circle_of(entry).closed_at = db.now()
    assert evidence.remove(added).removed_at is not None


def test_an_unanswered_piece_can_be_removed_instead(entry: Entry, ama: Person) -> None:
    evidence.remove(add(entry))
    assert entries.share(entry, by=ama).evidence == []


def test_a_known_file_is_one_that_an_entry_has(entry: Entry) -> None:
    added = add(entry)
    assert evidence.known_files() == {added.file_key}


@pytest.fixture
def own_folder(app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which no other test left a file."""
    monkeypatch.setattr(settings, "_current", settings.current().model_copy(update={"data_dir": tmp_path}))


@pytest.mark.usefixtures("own_folder")
def test_a_file_that_no_entry_has_goes_after_a_month(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, left = add(entry), evidence.store().put(b"left behind by a killed server")
    assert evidence.sweep() == 0
    monkeypatch.setattr(evidence, "LEFT_BEHIND", timedelta(0))
    assert evidence.sweep() == 1
    evidence.data(kept).close()
    with pytest.raises(NotFoundError):
        evidence.store().open(left)


@pytest.mark.usefixtures("own_folder")
def test_a_database_without_files_empties_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "LEFT_BEHIND", timedelta(0))
    of_others = evidence.store().put(b"of another database")
    assert evidence.sweep() == 0
    evidence.store().open(of_others).close()


def test_a_piece_belongs_to_its_entry(circle: Circle, entry: Entry, ama: Person) -> None:
    added = add(entry)
    with pytest.raises(NotFoundError):
        evidence.get_own(added.id, entry=begin(circle, ama, stage="try"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "broken"),
        (b"just words", "wrong_type"),
        (b"GIF89a" + b"\0" * 50, "wrong_type"),
        (picture().getvalue()[:200], "broken"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "heic"),
        (b"%PDF-1.7\nnothing more", "broken"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(entry: Entry, content: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError, match=code):
        evidence.add(entry, file=io.BytesIO(content), kind="classroom_photo", title="")
    assert evidence.of(entry) == []


def test_too_large_a_file_is_refused(entry: Entry) -> None:
    limit = settings.current().upload_max_mb * 1_000_000
    with pytest.raises(FileRefusedError, match="too_large"):
        evidence.add(entry, file=io.BytesIO(b"\xff\xd8\xff" + b"\0" * limit), kind="classroom_photo", title="")


def test_an_unknown_kind_or_answer_is_refused(entry: Entry) -> None:
    with pytest.raises(NotFoundError):
        evidence.add(entry, file=picture(), kind="video", title="")
    with pytest.raises(RefusedError, match="not_understood"):
        evidence.add(entry, file=picture(), kind="classroom_photo", title="", pupils="yes")


def test_an_ended_circle_takes_no_more(entry: Entry) -> None:
    entries.circle_of(entry).closed_at = db.now()
    with pytest.raises(RefusedError, match="circle_closed"):
        add(entry)


def test_an_entry_is_no_archive(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST", 2)
    add(entry)
    add(entry)
    with pytest.raises(RefusedError, match="too_many_files"):
        add(entry)
