"""An installation's own programme, and every way in which it can be wrong."""

from pathlib import Path

import pytest

from lti_tool import presets
from lti_tool.presets import PresetError
from tests.presets import written
from tests.presets.conftest import SHIPPED


def faults(folder: Path) -> list[str]:
    """What is said about a folder, as `name:line: sentence`."""
    with pytest.raises(PresetError) as refused:
        presets.load(SHIPPED, folder)
    return [line.removeprefix(f"{folder}/") for line in str(refused.value).splitlines()]


def change(path: Path, old: str, new: str) -> int:
    """Change the one place in a file; the number of its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_sixth_programme_is_yaml_alone(own):
    six = presets.load(SHIPPED, own)
    river = six["river_schools"]
    assert len(six) == 6
    assert river.title.in_("de") == ("Schools along the river", "fr")  # plain texts are in its first language
    assert river.labels.my_circle.in_("en") == ("My circle", "en")
    assert [level.key for level in river.rubric.levels] == ["dawn", "noon"]
    assert [protocol.key for protocol in river.protocols] == ["ladder", "two_words"]
    assert river.planned_people == {"teacher": 32}


def test_it_may_stand_alone_with_its_own_blocks(own):
    change(own / "river.yaml", "[ladder, two_words]", "[two_words]")
    change(own / "river.yaml", "[tally, drawing]", "[drawing]")
    change(own / "river.yaml", "[GH, XV]", "[XV]")
    assert list(presets.load(own)) == ["river_schools"]


def test_a_block_may_be_written_in_place(own):
    in_place = '{key: song, title: "Un chant", pupil_data: none}'
    change(own / "river.yaml", "[tally, drawing]", f"[tally, {in_place}]")
    river = presets.load(SHIPPED, own)["river_schools"]
    assert river.evidence_type("song").title.in_("fr") == ("Un chant", "fr")


# What is wrong, the place, what it becomes, how many lines below the change it is told, and what is said.
WRONG = [
    ("unknown key", 'why: "Une', 'whi: "Une', 0, "“whi” is not a key that is read here; did you mean “why”?"),
    ("strange key", "    max_words: 200", "    hue: red", 0, "“hue” is not a key that is read here; take it out."),
    ("missing key", 'title: "Schools along the river"\n', "", -1, "“title” is missing; add it."),
    ("empty text", 'title: "Regarder"', 'title: ""', 0, "The text is missing; write it."),
    ("no text", 'title: "Regarder"', "title:", 0, "The text is missing; write it."),
    ("text YAML reads otherwise", 'title: "Regarder"', "title: yes", 0, "put it in quotes"),
    ("translation YAML reads otherwise", 'fr: "Mon cercle"', "fr: yes", 0, "put it in quotes"),
    ("language of a text", "{fr: ", "{pt_BR: ", 0, "“pt_BR” is no language code"),
    ("no translation", '{fr: "Mon cercle", en: "My circle"}', "{fr: , en: ''}", 0, "The text is missing"),
    ("text that is a list", 'title: "Regarder"', "title: [a]", 0, "put it in quotes"),
    ("language of the file", "languages: [fr, en]", "languages: [fr, EN]", 0, "“EN” is no language code"),
    ("language YAML reads as no", "languages: [fr, en]", "languages: [no, en]", 0, "“False” is not read as a word"),
    ("key twice in a list", "key: host", "key: teacher", 0, "“teacher” stands twice in this list"),
    ("name twice in a list", "[fr, en]", "[fr, en, fr]", 0, "“fr” stands twice in this list"),
    ("key written twice", "languages: [fr, en]", "languages: [fr, en]\nkey: river", 1, "“key” stands here twice"),
    ("unknown rubric", "rubric: story_quality", "rubric: story", 0, "There is no “story” among the rubrics"),
    ("unknown protocol", "ladder, two_words", "ladder, three", 0, "There is no “three” among the protocols"),
    ("unknown evidence", "[tally, drawing]", "[tally, photo]", 0, "There is no “photo” among the evidence_types"),
    ("unknown stage", "stage: tell}", "stage: sing}", 0, "no “sing” among the stages; write one of: look, tell."),
    ("unknown level", "{level: valley,", "{level: hill,", 0, "no “hill” among the levels; write one of: valley."),
    ("unknown country", "[GH, XV]", "[GH, XX]", 0, "There is no “XX” among the countries"),
    ("unknown rights", "rights: facilitator", "rights: boss", 0, "“boss” is not possible for “rights”; write one of: "),
    ("two roles for one", "suggested_for: Instructor", "suggested_for: Learner", -6, "Two roles are suggested"),
    ("nobody teaches", "rights: teacher", "rights: guest", -3, "No role has the rights of a teacher"),
    ("key with capitals", "key: m1", "key: M1", 0, "“M1” cannot be a key"),
    ("no prompt", '\n      - {key: seen, text: "Qu’ai-je vu ?"}', " []", 0, "“prompts” is empty; write at least 1."),
    ("words for a number", "minutes: 60", "minutes: an hour", 0, "“minutes”: "),
    ("number in quotes", "minutes: 60", 'minutes: "60"', 0, "“minutes”: "),
    ("target outside", "target: 8", "target: 80", 0, "The target lies outside warn_below and warn_above"),
    ("min above max", "{min: 1, max: 2}", "{min: 3, max: 2}", 0, "“min” is larger than “max”"),
    ("stage not counted", "counts: stage_shared", "counts: feedback_given", 0, "take “stage” out"),
    ("stage missing", ", stage: tell}", "}", 0, "add “stage”"),
    ("milestones for nothing", "mode: milestones", "mode: none", -1, "take the milestones out"),
    ("list that is none", "languages: [fr, en]", "languages: fr", 0, "“languages” must be a list"),
    ("keys that are none", "{target: 8, warn_below: 4, warn_above: 12}", "8", 0, "must be keys with values"),
    ("refers to itself", "levels: [{key: valley", "levels: &l [*l, {key: valley", 0, "This refers to itself"),
    ("key of another", "key: river_schools", "key: iec_qli", 0, "There is a programme “iec_qli” already, in "),
    ("not YAML", "languages: [fr, en]", "languages: [fr, en", 1, "This is not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "new", "below", "sentence"), WRONG, ids=[wrong[0] for wrong in WRONG])
def test_a_fault_is_told_with_file_line_and_remedy(own, kind, old, new, below, sentence):
    line = change(own / "river.yaml", old, new) + below
    found = [said for said in faults(own) if sentence in said]
    assert len(found) == 1, faults(own)
    assert found[0].startswith(f"river.yaml:{line}: ")


ALONE = [wrong for wrong in WRONG if wrong[0] not in {"unknown key", "refers to itself"}]  # two faults indeed


@pytest.mark.parametrize(("kind", "old", "new", "below", "sentence"), ALONE, ids=[wrong[0] for wrong in ALONE])
def test_one_fault_is_one_sentence(own, kind, old, new, below, sentence):
    change(own / "river.yaml", old, new)
    assert len(faults(own)) == 1


WRONG_BLOCKS = [
    ("a number for a level", '"It begins."', '"It begins.", points: 1', "“points” is not a key that is read here"),
    ("a number as a level", 'title: "Dawn"', 'title: "Level 1"', "A level is words, never a number"),
    ("a sentence missing", 'dawn: "Somebody acts.", ', "", "sentence for the level “dawn” of “people” is missing"),
    ("a level too many", 'dawn: "Somebody acts.", ', 'dawn: "x", dusk: "y", ', "The scale has no level “dusk”"),
    ("unknown scale", "scale: by_day", "scale: by_night", "There is no “by_night” among the scales"),
    ("nobody answers", "who: participants", "who: presenter", "In no step do colleagues answer"),
    ("who is nobody", "who: participants", "who: audience", "“audience” is not possible for “who”"),
    ("not a kind of block", "evidence_types:", "evidences:", "“evidences” is not read here; take it out"),
    ("a key of ours", "key: drawing", "key: tally", "“tally” is in "),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "new", "sentence"), WRONG_BLOCKS, ids=[wrong[0] for wrong in WRONG_BLOCKS])
def test_a_fault_in_a_shared_block_is_told_once_and_there(own, kind, old, new, sentence):
    line = change(own / "_shared.yaml", old, new)
    told = [said for said in faults(own) if not ("river.yaml" in said and "drawing" in said)]
    near = {"nobody answers": 4}  # of the list they are in
    assert len(told) == 1, told
    assert sentence in told[0]
    assert told[0].startswith(f"_shared.yaml:{near.get(kind, line)}: ")


def test_a_time_zone_must_exist(own):
    line = change(own / "countries.yaml", "Africa/Abidjan", "Africa/Bouake")
    assert faults(own) == [f"countries.yaml:{line}: “Africa/Bouake” is no time zone; write it like Africa/Accra."]


def test_all_faults_are_told_at_once(own):
    change(own / "river.yaml", "rubric: story_quality", "rubric: story\ncolour: red")
    change(own / "river.yaml", 'title: "Regarder"', 'title: ""')
    change(own / "river.yaml", "stage: tell}", "stage: sing}")
    change(own / "countries.yaml", "Africa/Abidjan", "Nowhere")
    (own / "broken.yaml").write_text("key: [", encoding="utf-8")
    (own / "latin.yaml").write_bytes("title: Vallée".encode("latin-1"))
    (own / "empty.yml").write_text("# nothing yet\n", encoding="utf-8")
    (own / "odd.yaml").write_text("title: \x07\n", encoding="utf-8")
    told = faults(own)
    assert len(told) == 9
    assert told == sorted(told, key=lambda said: (said.split(":")[0], int(said.split(":")[1])))


def test_a_file_that_cannot_be_read_is_told(own):
    (own / "folder.yaml").mkdir()
    assert faults(own) == ["folder.yaml:0: The file cannot be read (Is a directory); mend that or take it away."]


def test_a_folder_without_programmes_is_told(tmp_path):
    assert "There are no programme files in this folder" in faults(tmp_path / "nowhere")[0]


def test_a_missing_translation_never_stops_the_start(own):
    change(own / "river.yaml", 'en: "My circle"', "en: ")
    river = presets.load(SHIPPED, own)["river_schools"]
    assert river.labels.my_circle.in_("en") == ("Mon cercle", "fr")


def test_a_file_saved_with_a_byte_order_mark_is_read(own):
    (own / "river.yaml").write_bytes(b"\xef\xbb\xbf" + written.PROGRAMME.encode())
    assert "river_schools" in presets.load(SHIPPED, own)


def version(own: Path) -> str:
    return presets.load(SHIPPED, own)["river_schools"].version


def test_the_version_follows_the_content(own):
    first = version(own)
    change(own / "river.yaml", "key: river_schools", "# only a remark\nkey: river_schools")
    change(own / "_shared.yaml", '{dawn: "Somebody acts.", noon: "We see why they act."}',
           '{noon: "We see why they act.", dawn: "Somebody acts."}')  # fmt: skip
    assert version(own) == first
    change(own / "river.yaml", "Qu’ai-je vu ?", "Qu’avons-nous vu ?")
    second = version(own)
    assert second != first
    change(own / "_shared.yaml", "We see why they act.", "We feel why they act.")
    assert version(own) not in {first, second}
