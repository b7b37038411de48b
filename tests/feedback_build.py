"""Builders for shared work and what colleagues say about it, inside an open unit of work or outside of one."""

from datetime import datetime

from lti_tool import access, db
from lti_tool.models import Circle, Entry, EntryVersion, Feedback, Inquiry, InquiryAuthor, Person
from lti_tool.services import entries, feedbacks, replies

WORDS = "I noticed that pupils explain it to each other."
TEXT = "I tried exit tickets in two lessons."


def entry(circle: Circle, *authors: Person, text: str = TEXT, stage: str | None = None) -> Entry:
    """A draft of one or several authors."""
    chosen = stage or circle.template["stages"][0]["key"]
    prompt = next(one for one in circle.template["stages"] if one["key"] == chosen)["prompts"][0]["key"]
    inquiry = Inquiry(circle_id=circle.id)
    db.session.add(inquiry)
    db.session.flush()
    db.session.add_all([InquiryAuthor(inquiry_id=inquiry.id, person_id=one.id) for one in authors])
    made = Entry(inquiry_id=inquiry.id, circle_id=circle.id, stage=chosen, answers={prompt: text}, ask="Does it last?")
    db.session.add(made)
    db.session.flush()
    return made


def share(written: Entry, by: Person, *, at: datetime | None = None, **change: str) -> EntryVersion:
    """Share a draft, or a changed text, as its author does."""
    fresh = entries.get_own(written.id, within=access.reach_of(by.id))
    if change:
        fresh.answers = {**fresh.answers, **change}
    version = entries.share(fresh, by=by)
    if at is not None:
        version.shared_at = at
    db.session.flush()
    return version


def shared(circle: Circle, *authors: Person, text: str = TEXT, at: datetime | None = None) -> EntryVersion:
    """A first version, shared now unless told."""
    return share(entry(circle, *authors, text=text), authors[0], at=at)


def unasked(circle: Circle, *authors: Person) -> EntryVersion:
    """A first version about which nobody is asked yet."""
    version = shared(circle, *authors)
    for offer in db.session.query(Feedback).filter_by(version_id=version.id):
        db.session.delete(offer)
    db.session.flush()
    return version


def first_key(feedback: Feedback) -> str:
    """The step that needs a word."""
    return feedbacks.steps(feedback)[0].key


def draft(version: EntryVersion, by: Person, text: str = WORDS, levels: dict[str, str] | None = None) -> Feedback:
    """A colleague's draft on a version."""
    reach = access.reach_of(by.id)
    feedback = feedbacks.begin(entries.version(version.id, within=reach), by=by, within=reach)
    return feedbacks.save(
        feedback, words={first_key(feedback): text}, levels=levels or {}, edition=feedback.edition, by=by
    )


def sent(version: EntryVersion, by: Person, text: str = WORDS) -> Feedback:
    """A colleague's words, sent."""
    feedback = feedbacks.send(draft(version, by, text), by=by, within=access.reach_of(by.id))
    return feedbacks.get_own(feedback.id, within=access.reach_of(by.id))


def read(version: EntryVersion, by: Person, author: Person, text: str = WORDS) -> Feedback:
    """A colleague's words, read by the author."""
    return replies.read(sent(version, by, text), by=author)


def readable(person: Person) -> set[int]:
    """The numbers of the feedback that this person may read now."""
    query = db.session.query(Feedback.id).where(access.reach_of(person.id).feedback())
    return {row[0] for row in query}
