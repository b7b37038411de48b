"""The least that a circle page costs: the bare page, and beside it only what a circle page cannot do without.

A sign-in by a signed cookie; the visitor, her place and her circle, the next meeting, her own entries, what colleagues
shared last, what is asked of her, in six statements built beforehand, past the ORM; as many sentences through a
catalogue and as many bytes as the real page has; compression. Nothing else: no limit per address, no headers, no
forms, no dates in words, no held or concluded pieces, no proof that somebody may read a piece other than being there.
"""

from gettext import NullTranslations

import sqlalchemy as sa
from flask import Flask, abort, render_template, session
from flask_compress import Compress
from jinja2 import DictLoader

from lti_tool import db
from lti_tool.models import (
    Audience,
    Circle,
    Entry,
    EntryVersion,
    Feedback,
    FeedbackState,
    InquiryAuthor,
    Meeting,
    Membership,
    Person,
    Visit,
)

SENTENCES = 18  # that go through the catalogue on the real page
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ circle.name }}</title></head>
<body><nav><a href="{{ url_for("circle") }}">{{ _("My learning circle") }}</a></nav>
<h1>{{ circle.name }}</h1>
<h2>{{ _("Next meeting") }}</h2><p>{{ meeting.title }} {{ meeting.starts_at }}</p>
<h2>{{ _("Your next small step") }}</h2>
{% for entry in own %}<p><a href="{{ url_for("entry", number=entry.id) }}">{{ entry.stage }}</a></p>{% endfor %}
<h2>{{ _("Colleagues shared") }}</h2><ul>
{% for piece in shared %}
<li><a href="{{ url_for("entry", number=piece.entry_id) }}">{{ beginning(piece.answers) }}</a> {{ piece.name }}</li>
{% endfor %}</ul>
<h2>{{ _("Asked of you") }}</h2><ul>
{% for one in asked %}
<li><a href="{{ url_for("entry", number=one.id) }}">{{ _("Give %(name)s a word", name=one.name) }}</a></li>
{% endfor %}</ul>
{% for sentence in sentences %}{{ _(sentence) }}{% endfor %}
<p>{{ visitor.name }}</p>{{ rest }}
</body></html>
"""

_me: sa.BindParameter[int] = sa.bindparam("person_id")
_circle: sa.BindParameter[int] = sa.bindparam("circle_id")
_VISITOR = (
    sa.select(Person.id, Person.name, Person.locale)
    .join(Visit, Visit.person_id == Person.id)
    .where(Visit.id == sa.bindparam("visit_id"), Visit.expires_at > sa.bindparam("moment"))
)
_CIRCLE = (
    sa.select(Circle.id, Circle.name, Membership.rights)
    .join(Membership, Membership.circle_id == Circle.id)
    .where(Membership.person_id == _me, Membership.left_at.is_(None))
)
_MEETING = (
    sa.select(Meeting.title, Meeting.starts_at)
    .where(Meeting.circle_id == _circle, Meeting.starts_at > sa.bindparam("moment"))
    .order_by(Meeting.starts_at)
    .limit(1)
)
_OWN = (
    sa.select(Entry.id, Entry.stage, Entry.audience)
    .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
    .where(Entry.circle_id == _circle, InquiryAuthor.person_id == _me)
)
_SHARED = (
    sa.select(EntryVersion.entry_id, EntryVersion.answers, Person.name)
    .join(Entry, Entry.id == EntryVersion.entry_id)
    .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
    .join(Person, Person.id == InquiryAuthor.person_id)
    .where(Entry.circle_id == _circle, Entry.audience == Audience.CIRCLE, InquiryAuthor.person_id != _me)
    .order_by(EntryVersion.shared_at.desc())
    .limit(5)
)
_ASKED = (
    sa.select(Feedback.id, Person.name)
    .join(EntryVersion, EntryVersion.id == Feedback.version_id)
    .join(Entry, Entry.id == EntryVersion.entry_id)
    .join(InquiryAuthor, InquiryAuthor.inquiry_id == Entry.inquiry_id)
    .join(Person, Person.id == InquiryAuthor.person_id)
    .where(Feedback.writer_id == _me, Feedback.circle_id == _circle, Feedback.state == FeedbackState.INVITED)
)


def floor_app(like: Flask, *, rest: str) -> Flask:
    """The page as an application that knows the cookies of `like`; `rest` fills it to the bytes of the real one."""
    app = Flask("floor_page")
    app.config.update(
        {
            name: like.config[name]
            for name in ("SECRET_KEY", "SESSION_COOKIE_NAME", "COMPRESS_ALGORITHM", "COMPRESS_BR_LEVEL")
        }
    )
    app.jinja_loader = DictLoader({"circle.html": PAGE})
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_translations(NullTranslations(), newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["beginning"] = lambda answers: next(iter(answers.values()), "")[:60]
    app.add_url_rule("/entries/<int:number>", "entry")
    Compress(app)
    reader = db.engine().execution_options(read_only=True)
    sentences = [f"Sentence {number}" for number in range(SENTENCES - 6)]

    @app.get("/circle")
    def circle() -> str:
        moment = db.now()
        with reader.connect() as connection:
            found = connection.execute(_VISITOR, {"visit_id": session.get("visit"), "moment": moment}).first()
            place = connection.execute(_CIRCLE, {"person_id": found.id}).first() if found else None
            if found is None or place is None:
                abort(403)
            who = {"person_id": found.id, "circle_id": place.id}
            facts = {
                "meeting": connection.execute(_MEETING, {"circle_id": place.id, "moment": moment}).first(),
                "own": connection.execute(_OWN, who).all(),
                "shared": connection.execute(_SHARED, who).all(),
                "asked": connection.execute(_ASKED, who).all(),
            }
        return render_template("circle.html", visitor=found, circle=place, sentences=sentences, rest=rest, **facts)

    return app
