"""A page of people as the quickstarts of Flask, SQLAlchemy and Jinja have it: one query, one loop, no sign-in."""

import sqlalchemy as sa
from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>People</title>
<link rel="stylesheet" href="/static/page.css"></head>
<body><h1>People</h1><ul>
{% for person in people %}
<li><a href="/people/{{ person.id }}">{{ person.name }}</a> joined on {{ person.joined }}</li>
{% endfor %}
</ul></body></html>
"""


class Base(DeclarativeBase):
    """The tables of the bare page."""


class Person(Base):
    """The one table."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    joined: Mapped[str]


def bare_app(url: str, *, names: list[str]) -> Flask:
    """The page as an application, with these people."""
    app = Flask("bare_page")
    app.jinja_loader = DictLoader({"people.html": PAGE})  # type: ignore[misc]
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Person(name=name, joined="2026-11-02") for name in names)
        session.commit()

    @app.get("/people")
    def people() -> str:
        with Session(engine) as session:
            return render_template("people.html", people=session.scalars(sa.select(Person).order_by(Person.id)).all())

    return app
