"""Circles as they look in the middle of a programme: people, a meeting, work shared, answered and asked for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import EnvironBuilder

from benchmarks.measure import PUBLIC
from lti_tool import db
from lti_tool.models import (
    Audience,
    Circle,
    Entry,
    EntryVersion,
    Feedback,
    FeedbackState,
    Inquiry,
    InquiryAuthor,
    Meeting,
    Person,
)
from lti_tool.presets import Stage
from lti_tool.services import circles
from tests import build

WORDS = "We tried exit tickets on Tuesday and two pupils asked for the colours themselves. " * 3


@dataclass(frozen=True)
class Scene:
    """A circle with its people; the first teacher looks at it, and the facilitator."""

    circle: Circle
    teachers: list[Person]
    facilitator: Person
    inquiries: list[Inquiry]


def circle_at_work(people: int, *, entries_each: int = 1) -> Scene:
    """A circle of so many people; each teacher shared entries, one colleague answered each, another one is asked."""
    circle = build.circle()
    facilitator = build.member(circle, "facilitator")
    teachers = [build.member(circle) for _ in range(people - 1)]
    stages = circles.template(circle).stages[:entries_each]
    colleagues = [*teachers[1:], *teachers[:2]]
    with db.work() as unit:
        soon = db.now() + timedelta(days=3)
        unit.add(Meeting(circle_id=circle.id, kind="workshop", title="Talk about our plans", starts_at=soon))
        made = [
            _inquiry(circle, stages, teacher, colleagues[place : place + 2]) for place, teacher in enumerate(teachers)
        ]
        for inquiry, feedback in made:
            unit.add(inquiry)
            unit.add_all(feedback)
        unit.commit()
    return Scene(circle, teachers, facilitator, [inquiry for inquiry, _ in made])


def _inquiry(
    circle: Circle, stages: tuple[Stage, ...], author: Person, colleagues: list[Person]
) -> tuple[Inquiry, list[Feedback]]:
    inquiry = Inquiry(circle_id=circle.id, authors=[InquiryAuthor(person_id=author.id)])
    protocol = circles.template(circle).protocols[0]
    words = {step.key: WORDS for step in protocol.written_steps}
    feedback = []
    for stage in stages:
        answers = {prompt.key: WORDS for prompt in stage.prompts}
        entry = Entry(circle_id=circle.id, stage=stage.key, answers=answers, audience=Audience.CIRCLE)
        version = EntryVersion(number=1, answers=answers, shared_by=author.id, entry=entry)
        inquiry.entries.append(entry)
        for colleague, state in zip(colleagues, (FeedbackState.SENT, FeedbackState.INVITED), strict=True):
            sent_at = db.now() if state is FeedbackState.SENT else None
            said = {"circle_id": circle.id, "version": version, "state": state, "sent_at": sent_at}
            feedback.append(Feedback(writer_id=colleague.id, protocol=protocol.key, words=words, **said))
    return inquiry, feedback


def page(app: Flask, path: str, person: Person | None = None) -> dict[str, Any]:
    """The request of a browser for a page, signed in as this person."""
    headers = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en"}
    if person is not None:
        headers["Cookie"] = cookie(app, person)
    return EnvironBuilder(path, PUBLIC, headers=headers).get_environ()


def cookie(app: Flask, person: Person) -> str:
    """The cookie that a launch gives."""
    visit = build.visit(person)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    if serializer is None:
        raise RuntimeError("an application without a secret key signs nothing")
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps({'visit': visit.id})}"
