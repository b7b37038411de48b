"""What the tests of inquiries share: an entry begun and written in one line, pictures, a second author."""

import io

from PIL import Image

from lti_tool import access
from lti_tool.db import find_or_add, session
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, FeedbackState, InquiryAuthor, Person
from lti_tool.services import entries, inquiries


def reach(person: Person) -> access.Reach:
    """What this person may touch now."""
    return access.reach_of(person.id)


def first_prompt(circle: Circle, stage: str) -> str:
    """The key of the prompt that sharing asks for."""
    return next(one for one in circle.template["stages"] if one["key"] == stage)["prompts"][0]["key"]


def begin(circle: Circle, by: Person, text: str = "", *, stage: str = "concern", ask: str = "") -> Entry:
    """An entry of a stage, with a text under its first prompt where one is given."""
    entry = inquiries.begin(circle, stage=stage, by=by)
    return write(entry, by, text, ask=ask) if text else entry


def write(entry: Entry, by: Person, text: str, *, ask: str = "") -> Entry:
    """The same entry with this text under its first prompt."""
    prompt = first_prompt(entries.circle_of(entry), entry.stage)
    return entries.save(entry, answers={prompt: text}, ask=ask, edition=entry.edition, by=by)


def add_author(entry: Entry, person: Person) -> None:
    """One more who writes the inquiry of this entry."""
    session.add(InquiryAuthor(inquiry_id=entry.inquiry_id, person_id=person.id))
    session.flush()


def answer(version: EntryVersion, by: Person, state: FeedbackState = FeedbackState.SENT) -> None:
    """Feedback of a colleague that has come so far; sharing may have asked her already."""
    also = {"circle_id": version.entry.circle_id, "protocol": "ladder"}
    find_or_add(Feedback, version_id=version.id, writer_id=by.id, also=also).state = state
    session.flush()


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30)) -> io.BytesIO:
    """A photo with an EXIF field that nobody meant to share."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Room 4, Kwame on the left"
    Image.new("RGB", size, (200, 180, 90)).save(file, form, exif=exif)
    file.seek(0)
    return file
