"""The language of a page, its direction, its dates, and a programme's words in it."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask, g

from lti_tool import catalogues, i18n

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    catalogues.compile_all()


@pytest.fixture
def speaking():
    app = Flask("lti_tool")
    i18n.init_app(app)
    with time_machine.travel(NOW, tick=False), app.test_request_context():
        yield lambda code: g.__setattr__("language", code)


@pytest.mark.parametrize(
    ("chosen", "launch", "accept", "spoken"),
    [
        (None, None, None, "en"),
        ("fr", "ar", "en", "fr"),
        (None, "ar", "fr", "ar"),
        (None, "fr_CH", "ar", "fr"),
        (None, "fr-ca", None, "fr"),
        (None, "FR", None, "fr"),
        (None, "xx", "nl, ar;q=0.3, fr;q=0.8", "fr"),
        ("xx", None, "ar", "ar"),
        (None, "", "fr;q=0, ar;q=0.1", "ar"),
        (None, None, "*", "en"),
        (None, None, ";;q=,,fr;q=x,\x00", "en"),
        (None, "../../etc", None, "en"),
    ],
)
def test_the_language_is_the_persons_else_the_launchs_else_the_browsers(chosen, launch, accept, spoken):
    assert i18n.negotiate(chosen, launch, accept) == spoken


def test_a_page_without_a_visit_asks_the_browser():
    app = Flask("lti_tool")
    i18n.init_app(app)
    with app.test_request_context(headers={"Accept-Language": "ar-MA"}):
        assert (i18n.language(), i18n.direction()) == ("ar", "rtl")


def test_directions(speaking):
    speaking("fr")
    assert i18n.direction() == "ltr"
    assert i18n.direction("ar") == "rtl"
    assert i18n.direction("nonsense!") == "ltr"


def test_the_list_of_languages_is_true():
    for language in i18n.LANGUAGES:
        assert language.direction == i18n.direction(language.code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", ["Thursday 12 March", "Wednesday, 12 March 2025", "Thursday 12 March, 16:00"]),
        ("fr", ["jeudi 12 mars", "mercredi 12 mars 2025", "jeudi 12 mars à 16:00"]),
        ("ar", ["الخميس، 12 مارس", "الأربعاء، 12 مارس 2025", "الخميس، 12 مارس، 4:00\u00a0م"]),
    ],
)
def test_dates_as_people_say_them(speaking, code, said):
    speaking(code)
    moment = datetime(2026, 3, 12, 16, 0, tzinfo=UTC)
    assert [i18n.day(moment), i18n.day(date(2025, 3, 12)), i18n.day_and_time(moment)] == said


def test_in_french_the_first_of_a_month_is_an_ordinal(speaking):
    speaking("fr")
    assert [i18n.day(date(2025, 3, number)) for number in (1, 2, 11)] == [
        "samedi 1er mars 2025",
        "dimanche 2 mars 2025",
        "mardi 11 mars 2025",
    ]


def test_a_moment_is_told_in_the_time_zone_of_the_circle(speaking):
    speaking("en")
    moment = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
    assert i18n.day_and_time(moment, "Asia/Seoul") == "Friday 13 March, 08:30"
    g.time_zone = "America/Sao_Paulo"
    assert i18n.day_and_time(moment) == "Thursday 12 March, 20:30"


@pytest.mark.parametrize(("days", "said"), [(0, "today"), (1, "yesterday"), (6, "6 days ago"), (40, "40 days ago")])
def test_how_long_ago(speaking, days, said):
    speaking("en")
    assert i18n.days_ago(NOW - timedelta(days=days)) == said


def test_yesterday_is_by_the_calendar(speaking):
    speaking("en")
    assert i18n.days_ago(NOW - timedelta(hours=10)) == "yesterday"


@pytest.mark.parametrize(
    ("code", "said"),
    [("en", "Ama, Efua and Kofi"), ("fr", "Ama, Efua et Kofi"), ("ar", "Ama وEfua وKofi")],
)
def test_names_are_listed_as_the_language_lists_them(speaking, code, said):
    speaking(code)
    assert i18n.listed(["Ama", "Efua", "Kofi"]) == said
    assert i18n.listed(["Ama"]) == "Ama"
    assert i18n.listed([]) == ""


def test_names_on_a_page_are_escaped_and_each_in_its_own_direction(speaking):
    people = [SimpleNamespace(display_name="<b>سلمى"), SimpleNamespace(display_name="")]
    speaking("en")
    assert i18n.names(people) == "<bdi>&lt;b&gt;سلمى</bdi> and <bdi>A colleague</bdi>"
    assert i18n.names(people[1:], "nobody") == "<bdi>nobody</bdi>"


@pytest.mark.parametrize(
    ("locale", "country", "zone"),
    [
        ("en_gh", "GH", "Africa/Accra"),
        ("fr-CH", "CH", "Europe/Zurich"),
        ("pt_BR", "BR", ""),
        ("fr", "", ""),
        ("??", "", ""),
    ],
)
def test_a_country_and_its_only_time_zone(locale, country, zone):
    assert i18n.territory(locale) == country
    assert i18n.zone_of(country) == zone


class Wrapped:
    def __init__(self, root):
        self.root = root


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nobody wrote this anywhere", ("Nobody wrote this anywhere", "en")),
        ({"en": "Plan", "fr": "Projet"}, ("Projet", "fr")),
        (Wrapped({"de": "Plan", "fr": "Projet"}), ("Projet", "fr")),
        ({"de": "Vorhaben"}, ("Vorhaben", "de")),
        ({"en": "", "de": "Vorhaben"}, ("Vorhaben", "de")),
        ("", ("", "fr")),
        ({}, ("", "fr")),
    ],
)
def test_a_programmes_words_are_as_near_as_they_exist(speaking, text, words):
    speaking("fr")
    assert i18n.programme_words(text) == words


def test_words_in_another_language_say_so(speaking):
    speaking("fr")
    assert i18n.programme_text({"fr": "Un <b>"}) == "Un &lt;b&gt;"
    assert i18n.programme_text({"ar": "خطة <b>"}) == '<span lang="ar" dir="rtl">خطة &lt;b&gt;</span>'


def test_an_arabic_count_has_its_six_forms(speaking):
    speaking("ar")
    forms = [i18n.flask_babel.ngettext("One person", "%(num)s people", count) for count in (0, 1, 2, 5, 100, 11)]
    # Babel's order: the fifth form is for 100 to 102, the last one for 11 to 99
    assert forms == ["لا أحد", "شخص واحد", "شخصان", "5 أشخاص", "100 شخص", "11 شخصًا"]
