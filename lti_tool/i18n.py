"""Language of the page: which one, its direction, its dates, and a programme's own words in it.

A request's language is `g.language` where the visit has set it, else what the browser asks for; the time zone is
`g.time_zone`, else UTC. Making and checking the catalogues is in `catalogues.py`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, format_timedelta, match_skeleton
from babel.lists import format_list
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import gettext, pgettext
from markupsafe import Markup, escape

SOURCE = "en"
CATALOGUES = Path(__file__).resolve().parent / "translations"
PROGRAMME = "programme"  # the msgctxt of every text of a programme file


@dataclass(frozen=True)
class Language:
    """A language that a page can speak: its code, what its speakers call it, and where its lines begin."""

    code: str
    name: str
    direction: str


# One row per catalogue in translations/ (English needs none). The order is that of the switch at the foot of a page.
LANGUAGES = (
    Language("en", "English", "ltr"),
    Language("fr", "Français", "ltr"),
    Language("ar", "العربية", "rtl"),
)
CODES = tuple(language.code for language in LANGUAGES)

# Plain "en" would write dates the American way; circles of many countries read "Thursday 12 March, 16:00".
DATES_LIKE = {"en": "en_GB"}


def init_app(app: Flask, *, catalogues: str = "translations") -> None:
    """Let the pages of `app` speak; `catalogues` is a folder, relative to the package."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = catalogues
    flask_babel.Babel(app, default_locale=SOURCE, locale_selector=_language, timezone_selector=_time_zone)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals.update(_=_said, gettext=_said, ngettext=_counted)
    app.jinja_env.filters.update(day=day, day_and_time=day_and_time, clock=clock, days_ago=days_ago)
    app.jinja_env.filters.update(programme_text=programme_text, programme_words=lambda text: programme_words(text)[0])
    app.jinja_env.filters.update(names=names)
    app.context_processor(_for_templates)


def _for_templates() -> dict[str, object]:
    speech = _speech()
    words = {"_": speech.said, "gettext": speech.said, "ngettext": speech.counted}  # nearer than the globals of macros
    return {"language": speech.code, "direction": direction(), "languages": LANGUAGES, **words}


@dataclass(frozen=True)
class _Speech:
    """A language with all that a page asks of it a hundred times."""

    code: str
    locale: Locale
    dates: Locale
    words: Any  # the catalogue

    def said(self, sentence: str, /, **values: object) -> Markup:
        """A sentence of a template in this language."""
        said = Markup(self.words.gettext(sentence))  # noqa: S704 (translators write HTML, values are escaped)
        return said % values if values or "%" in said else said

    def counted(self, one: str, many: str, number: int, /, **values: object) -> Markup:
        """The same where a number decides."""
        return Markup(self.words.ngettext(one, many, number)) % ({"num": number} | values)  # noqa: S704


def _speech() -> _Speech:
    """That of the page; found once for a request, as flask_babel does."""
    if not g:  # a command
        return _SILENT
    found: _Speech | None = getattr(g, "speech", None)
    if found is None:
        code = str(flask_babel.get_locale() or SOURCE).replace("_", "-")
        dates = _locale(DATES_LIKE.get(code, code))
        found = g.speech = _Speech(code, _locale(code), dates, flask_babel.get_translations())
    return found


def _said(sentence: str, /, **values: object) -> Markup:
    """What `_()` and `{% trans %}` give in a template: flask_babel's would ask for the catalogue each time."""
    return _speech().said(sentence, **values)


def _counted(one: str, many: str, number: int, /, **values: object) -> Markup:
    return _speech().counted(one, many, number, **values)


_SILENT = _Speech(SOURCE, Locale.parse(SOURCE), Locale.parse(DATES_LIKE[SOURCE]), NullTranslations())


def _language() -> str:
    if not has_request_context():
        return SOURCE
    return g.get("language") or negotiate(None, None, request.headers.get("Accept-Language"))


def _time_zone() -> str:
    return (g.get("time_zone") if has_request_context() else None) or "UTC"


def negotiate(chosen: str | None, launch: str | None, accept: str | None) -> str:
    """The code of the language to speak: the person's choice, else the launch's (`pt_br`, `fr-CH`), or browser's."""
    for wanted in (chosen, launch, *_by_preference(accept or "")):
        if wanted and (code := _closest(wanted)):
            return code
    return SOURCE


def _by_preference(accept: str) -> list[str]:
    """The languages of an Accept-Language header, most wanted first; nonsense is passed over."""
    weighed: list[tuple[float, int, str]] = []
    for part in accept[:500].split(","):
        name, _, weight = part.partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight) if weight else None
        quality = float(match[1]) if match else float(not weight)
        if quality > 0 and name.strip():
            weighed.append((-quality, len(weighed), name.strip()))
    return [name for _, _, name in sorted(weighed)]


def _closest(wanted: str) -> str | None:
    parts = wanted.replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        for code in CODES:
            if code.lower() == "-".join(parts[:length]):
                return code
    return None


def language() -> str:
    """The code of the page's language, as `lang` wants it."""
    return _speech().code


def direction(code: str | None = None) -> str:
    """`rtl` or `ltr`, of this language or of the page's."""
    return str((_locale(code) if code else _speech().locale).text_direction)


@cache
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE)


def listed(words: Iterable[str]) -> str:
    """Words as the page's language lists them: "A, B and C"."""
    return str(format_list([str(word) for word in words], locale=_speech().dates))


def names(people: Iterable[object], unnamed: str = "") -> Markup:
    """The names of people as a list for a page, each in its own direction; `unnamed` stands for who has none."""
    known = [getattr(one, "display_name", "") or unnamed or gettext("A colleague") for one in people]
    if len(known) == 1:  # nearly always, and Babel takes its time over a list
        return Markup("<bdi>{}</bdi>").format(known[0])
    return Markup(listed(Markup("<bdi>{}</bdi>").format(name) for name in known))  # noqa: S704 (each name is escaped)


def territory(code: str) -> str:
    """The country that a locale names, "GH" of `en_GH`; empty where it names none."""
    try:
        return Locale.parse(code.replace("-", "_")).territory or ""
    except (UnknownLocaleError, ValueError):
        return ""


def zone_of(country: str) -> str:
    """The time zone of a country that has one; empty for one with several, or none that is known."""
    zones = [zone for zone, where in get_global("zone_territories").items() if where == country]
    return zones[0] if len(zones) == 1 else ""


def programme_words(text: object) -> tuple[str, str]:
    """A programme's text as near to the page's language as it exists, and the code of the language it is really in.

    `text` is a sentence of a file we ship (English, translated by the catalogue), or `{language: sentence}`.
    """
    words = getattr(text, "root", text)  # a preset's Text wraps such a mapping
    if not isinstance(words, Mapping):
        words = {SOURCE: str(words)}
    speech = _speech()
    page = speech.code
    for code in (page, page.partition("-")[0]):
        if words.get(code):
            return words[code], code
    first = SOURCE if words.get(SOURCE) else next((code for code, found in words.items() if found), page)
    source = words.get(first, "")
    translated = str(speech.words.pgettext(PROGRAMME, source)) if source else source
    return (source, first) if translated == source else (translated, page)


def spoken_to(locale: str) -> tuple[str, NullTranslations]:
    """The language for a person of this locale and its sentences, where no page is being written; else English."""
    code = _closest(locale) or SOURCE
    return code, _catalogue(code)


@cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(str(CATALOGUES), [code])


def programme_text(text: object) -> Markup:
    """The same for a page: what is not in the page's language says which one it is in."""
    words, code = programme_words(text)
    if code == language():
        return escape(words)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(code, direction(code), words)


def day(moment: date, zone: str | None = None) -> str:
    """A day as people say it, "Thursday 12 March"; with the year where it is not the present one."""
    local = _local(moment, zone)
    today = datetime.now(ZoneInfo(zone or _time_zone()))
    locale = _speech().dates
    said = format_date(local, _day_pattern(locale, with_year=local.year != today.year), locale=locale)
    return re.sub(r"\b1\b", "1er", said) if locale.language == "fr" else said  # CLDR leaves the ordinal out


@cache
def _day_pattern(locale: Locale, *, with_year: bool) -> str:
    """How this language writes a day; looked for once, since that goes through all of its patterns."""
    nearest = match_skeleton("yMMMMEEEEd" if with_year else "MMMMEEEEd", locale.datetime_skeletons) or "yMMMEd"
    pattern = str(locale.datetime_skeletons[nearest].pattern)  # CLDR abbreviates here; people say the whole name
    return re.sub("MMM+", "MMMM", re.sub("E+", "EEEE", pattern))


def clock(moment: datetime, zone: str | None = None) -> str:
    """The time of day, "16:00"."""
    local = moment.astimezone(ZoneInfo(zone or _time_zone()))
    return format_time(local, "short", locale=_speech().dates).replace(" ", "\u00a0")


def day_and_time(moment: datetime, zone: str | None = None) -> str:
    """ "Thursday 12 March, 16:00", in the circle's time zone where it is given."""
    said = pgettext("a day, a time", "%(day)s, %(time)s", day=day(moment, zone), time=clock(moment, zone))
    return str(said)


def days_ago(moment: datetime, zone: str | None = None) -> str:
    """How many days ago, "6 days ago"; "today" and "yesterday" by the calendar of the zone."""
    days = (datetime.now(ZoneInfo(zone or _time_zone())).date() - _local(moment, zone)).days
    if days == 0:
        return str(gettext("today"))
    if days == 1:
        return str(gettext("yesterday"))
    return format_timedelta(
        timedelta(days=-days), granularity="day", threshold=99, add_direction=True, locale=_speech().locale
    )


def _local(moment: date, zone: str | None) -> date:
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(zone or _time_zone())).date()
    return moment
