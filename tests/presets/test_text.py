"""A text in the reader's language, or honestly in another."""

import pytest
from pydantic import ValidationError

from lti_tool.presets import Text


@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("fr", ("Bonjour", "fr")),
        ("fr_CI", ("Bonjour", "fr")),
        ("pt-BR", ("Olá", "pt-BR")),
        ("pt_BR", ("Olá", "pt-BR")),
        ("pt", ("Olá", "pt-BR")),
        ("pt-PT", ("Olá", "pt-BR")),
        ("ko", ("Hello", "en")),
        ("f", ("Hello", "en")),
    ],
)
def test_the_nearest_language_is_found(locale, found):
    assert Text({"fr": "Bonjour", "en": "Hello", "pt-BR": "Olá"}).in_(locale) == found


def test_without_english_the_first_language_is_the_source():
    text = Text({"es": "Hola", "de": "Hallo"})
    assert text.in_("ko") == ("Hola", "es")
    assert (text.source, text.source_language) == ("Hola", "es")


def test_the_catalogue_translates_what_the_file_does_not():
    catalogue = {"Hello": "안녕하세요"}
    text = Text({"en": "Hello", "fr": "Bonjour"})
    assert text.in_("ko", lambda words: catalogue.get(words, words)) == ("안녕하세요", "ko")
    assert text.in_("fr", lambda words: catalogue.get(words, words)) == ("Bonjour", "fr")
    assert Text("Goodbye").in_("ko", lambda words: catalogue.get(words, words)) == ("Goodbye", "en")


def test_words_over_several_lines_are_one_line():
    assert Text("One\n  two\n").in_("en") == ("One two", "en")


def test_it_is_kept_as_it_was_written():
    assert Text("Hello").model_dump() == "Hello"
    assert Text({"fr": "Bonjour"}).model_dump() == {"fr": "Bonjour"}


@pytest.mark.parametrize("nothing", ["", "  ", {}, None, {"en": ""}, {"en": " "}])
def test_a_text_without_words_is_refused(nothing):
    with pytest.raises(ValidationError, match="The text is missing"):
        Text.model_validate(nothing)
