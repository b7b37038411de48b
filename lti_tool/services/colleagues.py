"""Whom an author takes along: a colleague who writes an inquiry with her, or one whom she asks for a word herself."""

from sqlalchemy import delete, select

from lti_tool.access import Permission, rights_with
from lti_tool.db import find_or_add, now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Entry, EntryVersion, Feedback, FeedbackState, Inquiry, InquiryAuthor, Person
from lti_tool.services import audit, circles, entries, inquiries, pairing


def may_join(entry: Entry) -> list[Person]:
    """Present members of the circle who write inquiries and do not write this one."""
    writing = rights_with(Permission.WRITE_INQUIRY)
    authors = {one.id for one in inquiries.authors(entry.inquiry_id)}
    members = circles.members(entries.circle_of(entry))
    return [one.person for one in members if one.rights in writing and one.person_id not in authors]


def write_with(entry: Entry, *, person_id: int, by: Person) -> None:
    """Let a colleague write the whole inquiry of this entry as the author does: working texts, sharing, taking back.

    What she was asked to say about it lapses; what colleagues said before was not said to her. RefusedError
    circle_closed, NotFoundError for whoever cannot join; the caller has found the entry as an author's own.
    """
    _only_open(entry)
    person = _among(may_join(entry), person_id)
    find_or_add(InquiryAuthor, inquiry_id=entry.inquiry_id, person_id=person.id, also={"since": now()})
    audit.note("inquiry.joined", by=by, circle=entries.circle_of(entry), inquiry=entry.inquiry_id, person=person.id)
    session.flush()
    versions = select(EntryVersion.id).join(EntryVersion.entry).where(Entry.inquiry_id == entry.inquiry_id)
    offers = select(Feedback).where(
        Feedback.version_id.in_(versions), Feedback.writer_id == person.id, Feedback.state == FeedbackState.INVITED
    )
    for offer in session.scalars(offers).all():
        offer.state = FeedbackState.PASSED
        session.flush()
        pairing.ask_next(offer.version.entry_id)


def leave(entry: Entry, *, by: Person) -> None:
    """Write an inquiry no longer; the others go on. RefusedError last_author: a text is never left without anybody."""
    session.execute(select(Inquiry.id).where(Inquiry.id == entry.inquiry_id).with_for_update())  # two leave one by one
    if len(inquiries.authors(entry.inquiry_id)) == 1:
        raise RefusedError("last_author")
    mine = InquiryAuthor.inquiry_id == entry.inquiry_id, InquiryAuthor.person_id == by.id
    session.execute(delete(InquiryAuthor).where(*mine))
    audit.note("inquiry.left", by=by, circle=entries.circle_of(entry), inquiry=entry.inquiry_id)
    session.flush()


def may_be_asked(entry: Entry) -> list[Person]:
    """Teachers who read the newest version of an entry and were never asked about it; nobody while it is private."""
    if (version := pairing.newest(entry.id)) is None:
        return []
    return [one.person for one in pairing.unasked(version)]


def ask(entry: Entry, *, person_id: int, by: Person) -> Feedback:
    """Offer a colleague of one's choice to give a word; she may pass it on like any other offer.

    RefusedError circle_closed, NotFoundError for whoever cannot be asked.
    """
    _only_open(entry)
    person = _among(may_be_asked(entry), person_id)
    version = pairing.newest(entry.id)
    if version is None:
        raise NotFoundError
    audit.note("feedback.asked", by=by, circle=entries.circle_of(entry), entry=entry.id, person=person.id)
    offer = pairing.invite(version, person_id=person.id)
    session.flush()
    return offer


def _among(people: list[Person], person_id: int) -> Person:
    found = next((one for one in people if one.id == person_id), None)
    if found is None:
        raise NotFoundError
    return found


def _only_open(entry: Entry) -> None:
    if not entries.circle_of(entry).is_open:
        raise RefusedError("circle_closed")
