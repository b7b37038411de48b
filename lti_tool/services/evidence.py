"""Evidence: pictures and PDFs of an entry, cleaned before they are kept; shared once the pupil question is answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import select

from lti_tool import settings
from lti_tool.access import Reach
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.files import Store, clean
from lti_tool.models import Entry, Evidence
from lti_tool.services import circles, entries

PUPILS = ("none", "covered", "consent")  # nobody recognisable; faces and names covered; consent is on record
LEFT_BEHIND = timedelta(days=30)  # longer than any unit of work, and than a mistaken restore stays unseen
MOST = 12  # pieces of one entry: enough for a lesson, too few to be an archive


def store() -> Store:
    """Where the files of this installation are kept."""
    return Store(settings.current().data_dir / "files")


def get(evidence_id: int, *, within: Reach) -> Evidence:
    """Find a piece of evidence that the visitor may open, or raise NotFoundError."""
    if (found := session.scalar(select(Evidence).where(Evidence.id == evidence_id, within.evidence()))) is None:
        raise NotFoundError
    return found


def get_own(evidence_id: int, *, entry: Entry) -> Evidence:
    """Find a piece of evidence of an entry that the visitor writes, or raise NotFoundError."""
    query = select(Evidence).where(
        Evidence.id == evidence_id, Evidence.entry_id == entry.id, Evidence.removed_at.is_(None)
    )
    if (found := session.scalar(query)) is None:
        raise NotFoundError
    return found


def of(entry: Entry) -> list[Evidence]:
    """The evidence of an entry, in the order it was added."""
    query = select(Evidence).where(Evidence.entry_id == entry.id, Evidence.removed_at.is_(None))
    return list(session.scalars(query.order_by(Evidence.id)))


def add(entry: Entry, *, file: BinaryIO, kind: str, title: str, pupils: str = "") -> Evidence:
    """Clean a file and keep it with an entry; seen by the authors only until they share the entry.

    Raises FileRefusedError with the reason of the file, RefusedError circle_closed and too_many_files.
    """
    circle = entries.circle_of(entry)
    if not circle.is_open:
        raise RefusedError("circle_closed")
    circles.template(circle).evidence_type(kind)
    if len(of(entry)) >= MOST:
        raise RefusedError("too_many_files")
    cleaned = clean(file, limit_bytes=settings.current().largest_file)
    added = Evidence(
        entry=entry,
        kind=kind,
        title=title,
        media_type=cleaned.media_type,
        size=len(cleaned.data),
        file_key=store().put(cleaned.data),  # a file without a row, after a crash, is swept
    )
    session.add(added)
    answer(added, pupils=pupils)
    return added


def answer(evidence: Evidence, *, pupils: str) -> Evidence:
    """Say whether pupils can be recognised: none, covered, consent; empty for not answered yet."""
    if pupils and pupils not in PUPILS:
        raise RefusedError("not_understood")
    evidence.pupils = pupils
    session.flush()
    return evidence


def answer_all(entry: Entry, answers: Mapping[int, str]) -> None:
    """The same for several pieces of one entry, by their numbers; what is not among them is passed over."""
    for one in of(entry):
        if one.id in answers:
            answer(one, pupils=answers[one.id])


def remove(evidence: Evidence) -> Evidence:
    """Take it out of the entry and of every version at once; `forget` its file after the commit."""
    evidence.removed_at = evidence.removed_at or now()
    session.flush()
    return evidence


def forget(evidence: Evidence) -> None:
    """Delete the file of a piece that was removed; nothing happens to one that was not."""
    if evidence.removed_at is not None:
        store().delete(evidence.file_key)


def data(evidence: Evidence) -> BinaryIO:
    """The file, to be closed by the caller; NotFoundError where it is gone."""
    return store().open(evidence.file_key)


def known_files() -> set[str]:
    """The keys of all files that an entry still has."""
    return set(session.scalars(select(Evidence.file_key).where(Evidence.removed_at.is_(None))))


def sweep() -> int:
    """Remove files that no entry has had for a month, as a killed server may leave them; how many that were.

    A database that knows no file at all is more likely the wrong one, or a new one on an old folder: nothing goes then.
    """
    known = known_files()
    return store().sweep(known, older_than=now() - LEFT_BEHIND) if known else 0
