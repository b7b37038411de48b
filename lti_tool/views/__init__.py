"""Views: read the request, call one service, commit once, choose a template."""

from flask import Flask

from lti_tool.views import (
    administrators,
    audit,
    base,
    circles,
    colleagues,
    copies,
    credits,
    entries,
    evidence,
    feedbacks,
    frames,
    holds,
    inquiries,
    invites,
    keys,
    links,
    lti,
    meetings,
    names,
    outsides,
    pages,
    people,
    pickings,
    places,
    platforms,
    privacy,
    refusals,
    registrations,
    reviews,
    set_ups,
)


def init_app(app: Flask) -> None:
    """Register every blueprint, the guard before them, and the refusals behind them."""
    base.init_app(app)
    frames.init_app(app)
    refusals.init_app(app)
    places.init_app(app)
    for module in (
        pages,
        names,
        lti,
        outsides,
        links,
        pickings,
        circles,
        copies,
        set_ups,
        people,
        meetings,
        inquiries,
        entries,
        colleagues,
        evidence,
        feedbacks,
        holds,
        reviews,
        credits,
        administrators,
        platforms,
        invites,
        keys,
        audit,
        privacy,
        registrations,
    ):
        app.register_blueprint(module.bp)
