"""The catalogues say everything the program says, in every language, with the same names in the same places."""

import re
import subprocess

import pytest
from babel.messages.catalog import Catalog

from lti_tool import catalogues, settings
from lti_tool.catalogues import TRANSLATED
from lti_tool.i18n import CODES
from tests import tiny
from tests.audit import FORBIDDEN, bare_words
from tests.reader import Reader

STALE = "run `python -m lti_tool.catalogues update`, then translate what is empty"


@pytest.fixture(scope="module")
def template():
    return catalogues.extract()


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_holds_exactly_the_words_of_the_program(code, template):
    assert catalogues.path_of(code).read_bytes() == catalogues.written(catalogues.updated(code, template)), STALE


def test_the_template_for_translators_is_fresh(template):
    kept = catalogues.FOLDER / "messages.pot"
    assert kept.read_bytes() == catalogues.written(template), STALE


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated(code):
    assert catalogues.faults(code) == []


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("Hello %(name)s", "Bonjour", "other placeholders"),
        ("Hello %(name)s", "Bonjour %(nom)s", "other placeholders"),
        ("Saved {time}", "Enregistré {heure}", "other placeholders"),
        ("Hello", "", "not translated"),
        (("%(n)s day", "%(n)s days"), None, "not translated"),
        ("%(n)s of %(m)s", "%(m)s, 100 % de %(n)s", "a stray % sign"),
        (("%(n)s day", "%(n)s days"), ("un jour", ""), "not translated"),
        (("%(n)s day", "%(n)s days"), ("un jour", "%(m)s jours"), "other placeholders"),
        (("%(n)s day", "%(n)s days"), ("un jour", "%(n)s jours"), None),
        ("%(n)s of %(m)s", "de %(m)s, %(n)s", None),
    ],
)
def test_the_check_sees_a_faulty_translation(monkeypatch, source, translation, fault):
    catalog = Catalog(locale="fr", fuzzy=False)
    catalog.add(source, translation)
    monkeypatch.setattr(catalogues, "updated", lambda *_: catalog)
    found = catalogues.faults("fr")
    assert len(found) == (fault is not None)
    assert all(f"fr: {fault}: " in sentence for sentence in found)


def test_the_check_sees_a_guessed_translation(monkeypatch):
    catalog = Catalog(locale="fr", fuzzy=False)
    catalog.add("Hello", "Bonjour", flags=["fuzzy"])
    monkeypatch.setattr(catalogues, "updated", lambda *_: catalog)
    assert catalogues.faults("fr") == ["fr: fuzzy: 'Hello'"]


@pytest.mark.parametrize("code", TRANSLATED)
def test_plural_forms_are_those_of_the_language(code):
    with catalogues.path_of(code).open(encoding="utf-8") as file:
        forms = re.search(r"nplurals=(\d)", file.read())
    assert forms
    assert int(forms[1]) == {"fr": 2, "ar": 6}[code]


@pytest.mark.parametrize(
    ("code", "slip"),
    [
        ("fr", r"(?<!\u00a0)(?:[;!?»]|:(?!//|\d))|«(?!\u00a0)|'"),  # no-break spaces, a round apostrophe
        ("ar", r"[,;?']|(?<![\u2066\d-])\d+-\d"),  # its own marks; a day in figures keeps its order in an isolate
    ],
)
def test_a_language_keeps_its_own_punctuation(code, slip):
    strings = [text for message in catalogues.read(code) if message.id for text in catalogues._forms(message.string)]
    assert [text for text in strings if re.search(slip, catalogues.PLACEHOLDER.sub("x", text))] == []


def test_the_practice_lms_gives_translators_nothing_to_do(tmp_path, monkeypatch):
    for folder in ("demo", "pages"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.html").write_text(f"{{% trans %}}In {folder}{{% endtrans %}}")
    monkeypatch.setattr(catalogues, "shipped", lambda _name: tmp_path)
    assert [message for message, _context, _comments in catalogues._of_templates()] == ["In pages"]


def test_words_that_do_not_belong_here_are_not_in_the_interface(template):
    """Texts of programmes may follow their country; administrators' templates may use the words of the LMS."""
    words = re.compile(rf"\b({'|'.join(FORBIDDEN)})\b", re.IGNORECASE)
    own = [message.id for message in template if message.id and message.context not in ("programme", "administrator")]
    assert [text for text in own if words.search(str(text))] == []


def test_the_made_up_language_keeps_names_and_tags():
    assert catalogues.pseudo("Hi %(name)s, <b>in</b> {time} 5%% &amp; so").startswith(
        "⟦Hí %(name)s, <b>íñ</b> {time} 5%% &amp; šö"
    )
    assert len(catalogues.pseudo("x" * 10)) == 16


def test_nothing_is_said_past_the_translators(tmp_path):
    catalogues.compile_pseudo(tmp_path)
    app = tiny.make(catalogues=str(tmp_path)).app
    errors = sorted(file.name for file in (settings.shipped("templates") / "errors").glob("[0-9l]*.html"))
    for path in [f"/show/errors/{name}" for name in errors]:
        page = Reader(app).open(path)
        own = {"Circle", "My", "inquiry", "The", "connection", "was", "gone"}  # from the test's own application
        assert set(bare_words(page)) <= own, path


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_is_compiled_and_spoken(code):
    page = Reader(tiny.make().app).open(f"/show/errors/404.html?language={code}")
    assert {"en": "We cannot find", "fr": "Nous ne trouvons pas", "ar": "لا نجد"}[code] in page.text


@pytest.mark.parametrize("code", TRANSLATED)
def test_an_upgrade_of_a_checkout_speaks_the_new_words(code):
    changed = catalogues.path_of(code).relative_to(settings.HERE.parent)
    make = ["make", "--dry-run", "--what-if", str(changed), "install"]  # as if `git pull` had brought it
    done = subprocess.run(make, cwd=settings.HERE.parent, capture_output=True, text=True, check=True)
    assert "lti_tool.catalogues compile" in done.stdout


def test_the_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    assert catalogues.main(["update"]) == 0
    assert catalogues.main(["check"]) == 1
    assert "not translated: 'More'" in capsys.readouterr().out
    assert catalogues.main([]) == 2
