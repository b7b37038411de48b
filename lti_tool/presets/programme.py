"""Everything a programme file may say; docs/programmes.md names the few keys that no page shows yet.

A key that is added later comes with the page that uses it, and needs a default: running circles keep the template they
began with. For the same reason none is taken away.
"""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from lti_tool.presets.blocks import (
    Country,
    Data,
    EvidenceType,
    Key,
    Keyed,
    Language,
    Protocol,
    Rubric,
    Step,
    named,
    of_this_file,
    pick,
)
from lti_tool.presets.faults import fault
from lti_tool.presets.text import Text

Rights = Literal[
    "teacher", "facilitator", "supporter", "representative", "observer_of_counts", "researcher", "manager", "guest"
]
RIGHTS: tuple[str, ...] = get_args(Rights)
CreditMode = Literal["none", "certificate", "completed", "milestones"]
CREDIT_MODES: tuple[CreditMode, ...] = get_args(CreditMode)  # from the most reserved: by how much the course hears
Amount = Annotated[int, Field(strict=True, ge=0)]
Several = Annotated[int, Field(strict=True, ge=1)]


class Labels(Data):
    """The programme's own words for its circles."""

    circle: Text  # inside a sentence: "learning circle"
    circles: Text
    my_circle: Text  # as a heading: "My learning circle"


class Composition(Data):
    """How many people of a role a circle has. Outside the bounds the page of people says so; it never blocks."""

    target: Amount
    warn_below: Amount = 0
    warn_above: Amount | None = None

    def off_target(self, count: int) -> Literal["few", "many"] | None:
        """Whether so many people are too few or too many to pass without a word."""
        if count < self.warn_below:
            return "few"
        return "many" if self.warn_above is not None and count > self.warn_above else None

    @model_validator(mode="after")
    def _target_inside(self) -> Self:
        if self.off_target(self.target):
            raise fault("The target lies outside warn_below and warn_above; change one of them.")
        return self


class Role(Keyed):
    """What a person is in a circle. It names one of the eight rights sets; a programme never grants a right."""

    title: Text
    rights: Rights
    suggested_for: Literal["Learner", "Instructor"] | None = None  # the LTI role for which set-up proposes it
    composition: Composition | None = None


class UnitLevel(Keyed):
    """A level of the organisation above the circle."""

    title: Text


class Plan(Data):
    """The size of the whole programme, where it is planned."""

    level: Annotated[Key, of_this_file("levels")]
    units: tuple[Annotated[Country, named("countries")], ...] = Field(min_length=1)
    circles_per_unit: Several


class MeetingPlan(Keyed):
    """A gathering that the programme plans for every circle."""

    kind: Literal["workshop", "tutorial", "network_event", "meeting", "conference"]
    minutes: Several
    title: Text
    optional: bool = False
    repeats: bool = False  # held again and again, as often as the circle decides


class Prompt(Keyed):
    """A question that helps to write. The key keeps answers in place when the wording changes."""

    text: Text


class Repeat(Data):
    """How many times a stage is meant to be gone through."""

    min: Several = 1
    max: Several = 1

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise fault("“min” is larger than “max”; change one of them.")
        return self


class Stage(Keyed):
    """A step of the inquiry. Sharing asks for the first prompt; nothing else is required."""

    title: Text
    why: Text
    prompts: tuple[Prompt, ...] = Field(min_length=1)
    repeat: Repeat = Repeat()
    max_words: Several | None = None

    @property
    def first_prompt(self) -> Prompt:
        """The one that sharing asks for."""
        return self.prompts[0]


class PerTeacher(Data):
    """How much feedback each teacher gives and receives, at least."""

    gives_min: Amount
    receives_min: Amount


class FeedbackPlan(Data):
    """The protocols colleagues choose among, the proposed one first."""

    protocols: tuple[Annotated[Protocol, named("protocols")], ...] = Field(min_length=1)
    per_teacher: PerTeacher


class Milestone(Keyed):
    """Something done that counts for credit: that it was done, never how well."""

    title: Text
    counts: Literal["entries_shared", "feedback_given", "stage_shared"]
    stage: Annotated[Key | None, of_this_file("stages")] = None
    at_least: Several = 1

    @model_validator(mode="after")
    def _stage_where_it_counts(self) -> Self:
        if (self.stage is not None) != (self.counts == "stage_shared"):
            remedy = "take “stage” out" if self.stage else "add “stage”"
            raise fault(f"Only “stage_shared” counts one stage; {remedy}.")
        return self


class CreditPlan(Data):
    """What may reach the gradebook of the LMS."""

    mode: CreditMode
    milestones: tuple[Milestone, ...] = ()

    @property
    def modes(self) -> tuple[CreditMode, ...]:
        """What a circle may choose: this mode or a more reserved one."""
        return CREDIT_MODES[: CREDIT_MODES.index(self.mode) + 1]

    @model_validator(mode="after")
    def _milestones_where_needed(self) -> Self:
        if self.mode == "milestones" and not self.milestones:
            raise fault("The mode “milestones” needs a list of milestones; add it.")
        if self.mode == "none" and self.milestones:
            raise fault("The mode “none” counts nothing; take the milestones out.")
        return self


class Template(Data):
    """What a circle takes along when it opens; a later edit of the file never changes it."""

    labels: Labels
    roles: tuple[Role, ...] = Field(min_length=1)
    stages: tuple[Stage, ...] = Field(min_length=1)
    rubric: Annotated[Rubric, named("rubrics")]
    feedback: FeedbackPlan
    evidence_types: tuple[Annotated[EvidenceType, named("evidence_types")], ...] = Field(min_length=1)
    credit: CreditPlan

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The feedback protocols, the proposed one first."""
        return self.feedback.protocols

    def stage(self, key: str) -> Stage:
        """The stage with this key; NotFoundError when there is none."""
        return pick(self.stages, key)

    def role(self, key: str) -> Role:
        """The role with this key; NotFoundError when there is none."""
        return pick(self.roles, key)

    def protocol(self, key: str) -> Protocol:
        """The protocol with this key; NotFoundError when there is none."""
        return pick(self.protocols, key)

    def evidence_type(self, key: str) -> EvidenceType:
        """The kind of evidence with this key; NotFoundError when there is none."""
        return pick(self.evidence_types, key)

    def written_steps(self, protocol: str) -> tuple[Step, ...]:
        """The steps of the written form of a protocol; NotFoundError when there is none."""
        return self.protocol(protocol).written_steps

    def suggested_role(self, lti_role: str) -> Role | None:
        """The role that set-up proposes for `Learner` or `Instructor`, if the programme suggests one."""
        return next((role for role in self.roles if role.suggested_for == lti_role), None)

    @field_validator("roles")
    @classmethod
    def _roles_fit(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if not any(role.rights == "teacher" for role in roles):
            raise fault("No role has the rights of a teacher; give one role “rights: teacher”.")
        suggested = [role.suggested_for for role in roles if role.suggested_for]
        if twice := {name for name in suggested if suggested.count(name) > 1}:
            raise fault(f"Two roles are suggested for {', '.join(sorted(twice))}; leave it with one of them.")
        return roles


class Preset(Template):
    """A whole programme as its file says it, with the shared building blocks it names put in."""

    key: Key
    title: Text
    languages: tuple[Language, ...] = Field(min_length=1)  # the first is the one its plain texts are written in
    levels: tuple[UnitLevel, ...] = ()
    plan: Plan | None = None
    meetings: tuple[MeetingPlan, ...] = ()

    @cached_property
    def version(self) -> str:
        """A fingerprint of the content: it changes when, and only when, the programme says something else."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def planned_circles(self) -> int:
        """How many circles the whole programme plans; 0 where that is left open."""
        return len(self.plan.units) * self.plan.circles_per_unit if self.plan else 0

    @property
    def planned_people(self) -> dict[str, int]:
        """Role -> how many people the whole programme plans; empty where that is left open."""
        of_a_circle = {role.key: role.composition.target for role in self.roles if role.composition}
        return {role: target * self.planned_circles for role, target in of_a_circle.items() if self.plan}

    def template(self) -> dict[str, Any]:
        """What a circle takes along, as plain data; `Template.model_validate` makes it typed again."""
        return self.model_dump(mode="json", include=set(Template.model_fields))
