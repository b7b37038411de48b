"""What is said of our signing keys, on their page and by the command alike."""

from datetime import datetime

from flask_babel import gettext as _

from lti_tool import i18n
from lti_tool.services.keys import Key, Use


def state(key: Key) -> str:
    """What a key is for, since when, and until when."""
    published = i18n.day(key.published_at)
    if key.use is Use.RETIRED:
        return _(
            "Published on %(since)s, no longer in use; kept until %(until)s for what it signed.",
            since=published, until=_day(key.until),
        )  # fmt: skip
    if key.use is Use.NEXT:
        return _(
            "Published on %(since)s, so that every LMS knows it; in use from %(from_day)s.",
            since=published, from_day=_day(key.until),
        )  # fmt: skip
    since = i18n.day(key.signs_since or key.published_at)
    if key.until is None:
        return _("Published on %(published)s, in use since %(since)s.", published=published, since=since)
    return _(
        "Published on %(published)s, in use since %(since)s, until %(until)s.",
        published=published, since=since, until=_day(key.until),
    )  # fmt: skip


def calendar(next_at: datetime | None) -> str:
    """When the next key comes by itself."""
    if next_at is None:
        return _("The calendar makes no key at present (LTI_TOOL_KEY_DAYS is 0, or no LMS asked for one so far).")
    return _("The calendar makes the next one on %(day)s.", day=i18n.day(next_at))


def made(days: int) -> str:
    """What comes of a key that was just published, and in how many days."""
    return _("A new key is published. It will sign in %(days)s days.", days=days)


def made_at_once() -> str:
    """What comes of one that replaces a key that somebody else may have."""
    return _("A new key is published. It signs from now on.")


def nothing_to_do(address: str) -> str:
    """What an LMS has to do for a new key."""
    return _(
        "An LMS that reads our keys at %(address)s has nothing to do. Where a key was pasted by hand, paste the new "
        "one before it signs.",
        address=address,
    )


def none_yet() -> str:
    """Instead of the list while it is empty."""
    return _("No key yet. The first one is made when an LMS asks for it.")


def one_waits() -> str:
    """Why no other key is made while one waits."""
    return _("A new key is published already and waits for its turn; another one would only make it wait longer.")


def _day(moment: datetime | None) -> str:
    return i18n.day(moment) if moment else ""
