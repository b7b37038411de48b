"""The building blocks that programmes share: feedback protocols, rubrics, kinds of evidence, countries."""

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lti_tool.errors import NotFoundError
from lti_tool.presets.faults import Path, fault, known_already
from lti_tool.presets.text import LANGUAGE, Text


class Data(BaseModel):
    """Something written in a file: nothing but the keys we know, and never changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Keyed(Data):
    """A thing with a key that stays when its wording changes."""

    key: Key


Found = TypeVar("Found", bound=Keyed)


def pick(things: Iterable[Found], key: str) -> Found:
    """The one with this key; NotFoundError when there is none."""
    for thing in things:
        if thing.key == key:
            return thing
    raise NotFoundError


@dataclass(frozen=True)
class Context:
    """What a file is read with: the language of its plain texts, shared blocks by kind, and its own keys by list.

    A block that is None is there but has faults of its own.
    """

    language: str
    blocks: Mapping[str, Mapping[str, Keyed | None]]
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)


def named(kind: str) -> BeforeValidator:
    """A block of this kind may be named by its key, or written in place."""

    def find(value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str) or not isinstance(info.context, Context):
            return value
        there = info.context.blocks[kind]
        if value not in there:
            raise fault(f"There is no “{value}” among the {kind}; write one of: {', '.join(there)}.")
        if (block := there[value]) is None:
            raise known_already()
        return block

    return BeforeValidator(find)


def of_this_file(listed: str) -> AfterValidator:
    """A key that must stand in a list of the same file."""

    def check(value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and isinstance(info.context, Context) and value not in info.context.keys[listed]:
            there = ", ".join(sorted(info.context.keys[listed]))
            raise fault(f"There is no “{value}” among the {listed}; write one of: {there}.")
        return value

    return AfterValidator(check)


def _language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise fault(f"“{value}” is no language code; write it like fr or pt-BR.")
    return value


Language = Annotated[str, AfterValidator(_language)]


class Level(Keyed):
    """One step of a scale, in words. A level never has a number, so that nothing can be added up or ranked (H2)."""

    title: Text
    reads: Text

    @model_validator(mode="after")
    def _words_only(self) -> Self:
        said = [self.key, *self.title.root.values(), *self.reads.root.values()]
        if any(character.isdigit() for words in said for character in words):
            raise fault("A level is words, never a number; take the number out.")
        return self


class Scale(Keyed):
    """Levels in order, from a first beginning upwards. The order is for the page alone."""

    levels: tuple[Level, ...] = Field(min_length=2)


class Criterion(Keyed):
    """One thing to look at, with a sentence for every level."""

    title: Text
    levels: dict[str, Text]


class Rubric(Keyed):
    """Criteria, each described in a sentence per level."""

    title: Text
    scale: Annotated[Scale, named("scales")]
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels of its scale, in order."""
        return self.scale.levels

    def criterion(self, key: str) -> Criterion:
        """The criterion with this key; NotFoundError when there is none."""
        return pick(self.criteria, key)

    @model_validator(mode="after")
    def _a_sentence_per_level(self) -> Self:
        wanted = [level.key for level in self.levels]
        at: list[Path] = []
        said: list[str] = []
        for i, criterion in enumerate(self.criteria):
            for level in criterion.levels.keys() - set(wanted):
                at.append(("criteria", i, "levels", level))
                said.append(f"The scale has no level “{level}”; its levels are: {', '.join(wanted)}.")
            for level in set(wanted) - criterion.levels.keys():
                at.append(("criteria", i, "levels"))
                said.append(f"The sentence for the level “{level}” of “{criterion.key}” is missing; write it.")
        if said:
            raise fault(*said, at=at)
        return self


class Step(Keyed):
    """One step of a protocol: who acts, and what they do."""

    who: Literal["everyone", "facilitator", "participants", "presenter"]
    do: Text


class Protocol(Keyed):
    """An order in which colleagues speak or write about a piece of work."""

    title: Text
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def written_steps(self) -> tuple[Step, ...]:
        """The steps that make the written form: those in which the participants speak."""
        return tuple(step for step in self.steps if step.who == "participants")

    @field_validator("steps")
    @classmethod
    def _somebody_answers(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if not any(step.who == "participants" for step in steps):
            raise fault("In no step do colleagues answer; give at least one step “who: participants”.")
        return steps


class EvidenceType(Keyed):
    """A kind of picture or document, and whether pupils may be found in it (H6)."""

    title: Text
    pupil_data: Literal["none", "possible", "present", "aggregated"]


def _time_zone(value: str) -> str:
    if value not in zoneinfo.available_timezones():
        raise fault(f"“{value}” is no time zone; write it like Africa/Accra.")
    return value


class Country(Keyed):
    """Where circles may be: what set-up proposes there."""

    key: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]  # ISO 3166-1
    title: Text
    languages: tuple[Language, ...] = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_time_zone)]


KINDS: dict[str, type[Keyed]] = {  # in the order in which they may name each other
    "countries": Country,
    "evidence_types": EvidenceType,
    "protocols": Protocol,
    "scales": Scale,
    "rubrics": Rubric,
}
