"""The navigation: at most four places, those that the visitor's role in this circle has."""

from dataclasses import dataclass

from flask import Flask, g, request, url_for
from flask_babel import gettext as _

from lti_tool import i18n
from lti_tool.access import Permission
from lti_tool.services import circles


@dataclass(frozen=True)
class Place:
    """One word of the navigation."""

    label: str
    url: str
    current: bool


def init_app(app: Flask) -> None:
    """Give every template `places`, `visitor_name` and `may`."""
    app.context_processor(_facts)


def _facts() -> dict[str, object]:
    visit = g.get("visit")
    if visit is None:
        return {"places": (), "visitor_name": None}
    circle_id = (request.view_args or {}).get("circle_id")
    facts: dict[str, object] = {"visitor_name": visit.name, "places": ()}
    facts["administers"] = visit.administers
    if circle_id is not None and visit.reach.place(circle_id) is not None:
        facts["places"] = tuple(_places(circle_id))
        facts["home_url"] = url_for("circles.show", circle_id=circle_id)  # another tab may be in another course
        facts["may"] = lambda permission: visit.reach.may(Permission(permission), circle_id)
    return facts


def _places(circle_id: int) -> list[Place]:
    reach, here = g.visit.reach, g.get("place") or (request.endpoint or "").partition(".")[0]
    known = [
        (
            i18n.programme_words(circles.label(circle_id, within=reach))[0],
            "circles.show",
            Permission.BELONG,
            {"circles", "meetings", "people", "feedbacks", "holds"},
        ),
        (_("My inquiry"), "inquiries.show", Permission.WRITE_INQUIRY, {"inquiries", "entries", "colleagues"}),
        (_("Waiting"), "reviews.show", Permission.REVIEW_SHARED, {"reviews", "credits"}),
    ]
    allowed = [place for place in known if reach.may(place[2], circle_id)]
    if len(allowed) < 2:
        return []
    return [
        Place(label, url_for(endpoint, circle_id=circle_id), here in nouns) for label, endpoint, _p, nouns in allowed
    ]
