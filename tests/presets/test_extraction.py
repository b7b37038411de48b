"""The texts of the programmes reach the catalogue, all of them and nothing else."""

import io

from babel.messages.extract import extract_from_dir

from lti_tool import presets
from lti_tool.presets import CONTEXT, extract_programme
from lti_tool.presets.blocks import KINDS
from tests.presets.conftest import SHIPPED
from tests.presets.test_programmes import texts_in

METHODS = [("**.yaml", "lti_tool.presets:extract_programme")]


def found():
    return list(extract_from_dir(SHIPPED, METHODS))


def test_every_text_is_found(shipped):
    said = {text.source for preset in shipped.values() for text in texts_in(preset)}
    extracted = {message for _, _, message, _, _ in found()}
    assert said - extracted == set()
    assert extracted - said == {"Colombia", "India"}  # no programme plans circles there at present


def test_each_has_the_context_of_programmes():
    assert {context for *_, context in found()} == {CONTEXT} == {"programme"}


def test_no_key_is_taken_for_a_text(shipped):
    keys = {*KINDS, *presets.RIGHTS, *presets.CREDIT_MODES}
    keys |= {stage.key for preset in shipped.values() for stage in preset.stages}
    assert {message for _, _, message, _, _ in found()} & keys == set()


def test_the_line_and_the_place_help_the_translator():
    file = io.BytesIO(
        b'stages:\n  - key: look\n    title: "Look\n      closely"\n    prompts: [{key: a, text: "What?"}]\n'
    )
    assert list(extract_programme(file, {}, (), {})) == [
        (3, "pgettext", ("programme", "Look closely"), ["stages.look.title"]),
        (5, "pgettext", ("programme", "What?"), ["stages.look.prompts.a.text"]),
    ]


def test_texts_with_their_own_translations_are_left_out():
    file = io.BytesIO(b'stages: []\ntitle: {en: "River", fr: "Fleuve"}\n')
    assert list(extract_programme(file, {}, (), {})) == []


def test_a_file_that_is_not_yaml_gives_nothing():
    assert list(extract_programme(io.BytesIO(b"key: ["), {}, (), {})) == []
