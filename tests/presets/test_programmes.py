"""The five programmes that we ship."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lti_tool import presets
from lti_tool.errors import NotFoundError
from lti_tool.presets import CREDIT_MODES, RIGHTS, Level, Preset, Template, Text

FIVE = ["ei_t3lfa", "fasmed_learning_group", "hertscam_tldw", "iec_qli", "learning_forward_lanes"]
EIGHT = {
    "teacher",
    "facilitator",
    "supporter",
    "representative",
    "observer_of_counts",
    "researcher",
    "manager",
    "guest",
}
each = pytest.mark.parametrize("key", FIVE)


def texts_in(thing: Any) -> Iterator[Text]:
    """Every text of a loaded programme, found by its objects and not by the schema."""
    if isinstance(thing, Text):
        yield thing
    elif isinstance(thing, BaseModel):
        for name in type(thing).model_fields:
            yield from texts_in(getattr(thing, name))
    elif isinstance(thing, dict | tuple):
        for below in thing.values() if isinstance(thing, dict) else thing:
            yield from texts_in(below)


def numbers_in(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [number for below in thing.values() for number in numbers_in(below)]
    if isinstance(thing, list):
        return [number for below in thing for number in numbers_in(below)]
    return [thing] if isinstance(thing, int | float) or (isinstance(thing, str) and thing.strip().isdigit()) else []


def test_the_five_are_there(shipped):
    assert sorted(shipped) == FIVE


def test_the_plan_of_ei_is_the_published_one(shipped):
    ei = shipped["ei_t3lfa"]
    assert Counter(meeting.kind for meeting in ei.meetings) == {"workshop": 7, "tutorial": 3, "network_event": 2}
    assert [role.composition.target for role in ei.roles if role.composition] == [10, 2, 1]
    assert len({country.key for country in ei.plan.units}) == 7
    assert ei.planned_circles == 21
    assert ei.planned_people == {"teacher": 210, "facilitator": 42, "union_representative": 21}


def test_hertscam_meets_as_often_and_its_conference_is_optional(shipped):
    meetings = shipped["hertscam_tldw"].meetings
    assert Counter(m.kind for m in meetings if not m.optional) == {"workshop": 7, "tutorial": 3, "network_event": 2}
    assert [m.kind for m in meetings if m.optional] == ["conference"]


def test_credit_is_milestones_for_one_programme_a_certificate_for_one_and_nothing_for_three(shipped):
    """HertsCam sends what was awarded and nothing before: "not yet" never leaves the circle."""
    modes = {key: preset.credit.mode for key, preset in shipped.items()}
    assert modes == dict.fromkeys(FIVE, "none") | {"ei_t3lfa": "milestones", "hertscam_tldw": "certificate"}


def test_more_reserved_is_what_tells_the_course_less(shipped):
    """A certificate tells what was awarded; completed, that all is done; milestones, how far each person is."""
    assert shipped["ei_t3lfa"].credit.modes == ("none", "certificate", "completed", "milestones")
    assert shipped["hertscam_tldw"].credit.modes == ("none", "certificate")


@each
def test_a_circle_may_only_choose_a_more_reserved_credit(shipped, key):
    credit = shipped[key].credit
    assert credit.modes == CREDIT_MODES[: CREDIT_MODES.index(credit.mode) + 1]


@each
def test_every_milestone_can_be_reached(shipped, key):
    preset = shipped[key]
    for milestone in preset.credit.milestones:
        if milestone.stage:
            assert milestone.at_least <= preset.stage(milestone.stage).repeat.max


@each
def test_a_role_names_one_of_the_eight_rights_sets_and_grants_nothing(shipped, key):
    assert set(RIGHTS) == EIGHT
    for role in shipped[key].roles:
        assert role.rights in EIGHT
        assert set(type(role).model_fields) == {"key", "title", "rights", "suggested_for", "composition"}


@each
def test_set_up_proposes_teachers_and_somebody_who_runs_the_circle(shipped, key):
    assert shipped[key].suggested_role("Learner").rights == "teacher"
    assert shipped[key].suggested_role("Instructor").rights == "facilitator"
    assert shipped[key].suggested_role("Mentor") is None


@each
def test_every_stage_says_why_in_one_sentence_and_has_a_first_prompt(shipped, key):
    for stage in shipped[key].stages:
        assert stage.first_prompt.text.source
        assert stage.why.source.endswith(".")
        assert ". " not in stage.why.source
        assert len(stage.why.source.split()) <= 20


@each
def test_no_level_of_a_rubric_has_a_number(shipped, key):
    rubric = shipped[key].rubric
    assert numbers_in(rubric.model_dump(mode="json")) == []
    for level in rubric.levels:
        assert set(type(level).model_fields) == {"key", "title", "reads"}
    for criterion in rubric.criteria:
        assert set(criterion.levels) == {level.key for level in rubric.levels}


def test_a_level_refuses_a_number_in_its_words():
    with pytest.raises(ValidationError, match="never a number"):
        Level(key="good", title=Text("Level 3"), reads=Text("Good."))


@each
def test_feedback_can_be_written_in_each_protocol(shipped, key):
    preset = shipped[key]
    for protocol in preset.protocols:
        assert {step.who for step in preset.written_steps(protocol.key)} == {"participants"}


def test_feedback_on_the_ladder_clarifies_and_values_before_it_worries(shipped):
    """H14."""
    steps = [step.key for step in shipped["ei_t3lfa"].written_steps("ladder")]
    assert steps == ["clarify", "value", "concern", "suggest"]


def test_teachers_of_ei_are_not_called_students(shipped):
    school_words = re.compile(
        r"\b(students?|assignments?|submissions?|submit\w*|grades?|overdue|failed)\b", re.IGNORECASE
    )
    said = [text.source for text in texts_in(shipped["ei_t3lfa"])]
    assert len(said) > 100
    assert [words for words in said if school_words.search(words)] == []


def test_composition_warns_outside_its_bounds(shipped):
    teachers = shipped["ei_t3lfa"].role("teacher").composition
    assert [teachers.off_target(count) for count in (5, 6, 10, 14, 15)] == ["few", None, None, None, "many"]
    assert shipped["hertscam_tldw"].role("teacher").composition.off_target(500) is None


@each
def test_a_circle_takes_a_template_along_that_reads_back_the_same(shipped, key):
    preset = shipped[key]
    kept = json.loads(json.dumps(preset.template()))
    template = Template.model_validate(kept)
    assert template.model_dump(mode="json") == kept
    assert template.stages == preset.stages
    assert template.protocols == preset.protocols
    assert "meetings" not in kept


@each
def test_a_whole_preset_reads_back_with_its_version(shipped, key):
    kept = json.loads(json.dumps(shipped[key].model_dump(mode="json")))
    assert Preset.model_validate(kept) == shipped[key]
    assert Preset.model_validate(kept).version == shipped[key].version


def test_what_is_not_in_a_template_is_not_found(shipped):
    template = Template.model_validate(shipped["ei_t3lfa"].template())
    for ask in (template.stage, template.role, template.protocol, template.evidence_type, template.written_steps):
        with pytest.raises(NotFoundError):
            ask("nothing")
    with pytest.raises(NotFoundError):
        template.rubric.criterion("nothing")


def test_a_template_is_never_changed(shipped):
    with pytest.raises(ValidationError):
        shipped["ei_t3lfa"].credit.mode = "none"


def test_the_programmes_of_the_process(shipped, monkeypatch):
    monkeypatch.setattr(presets, "_presets", None)
    with pytest.raises(RuntimeError):
        presets.all()
    presets.use(shipped)
    assert presets.all() == shipped
    assert presets.get("iec_qli") is shipped["iec_qli"]
    with pytest.raises(NotFoundError):
        presets.get("nothing")
