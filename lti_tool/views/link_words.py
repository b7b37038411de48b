"""What authors read of the things that an activity can open; one entry for each kind of `services/links.py`."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from lti_tool import i18n
from lti_tool.services.links import Linkable


@dataclass(frozen=True)
class KindWords:
    """A kind of thing that an activity can open, what happens to whoever opens it, and a title where it has none."""

    heading: str
    hint: str
    title: str = ""


LINKS = {
    "home": KindWords(
        _l("The circle of each participant"),
        _l("Whoever opens it comes to her own circle. One of these is enough for a course."),
        _l("Our learning circle"),
    ),
    "circle": KindWords(_l("A circle"), ""),
    "stage": KindWords(
        _l("One stage of the inquiry"), _l("Each teacher comes to this stage of her own inquiry, in her own circle.")
    ),
    "meeting": KindWords(
        _l("A meeting"), _l("Everybody comes to this meeting of her own circle: when and where it is.")
    ),
}


def label(one: Linkable) -> str:
    """What an author reads for a thing to choose."""
    return str(LINKS["home"].heading) if one.kind == "home" else title(one)


def title(one: Linkable) -> str:
    """What her course is proposed to call it."""
    return i18n.programme_words(one.title)[0] if one.title else str(LINKS[one.kind].title)
