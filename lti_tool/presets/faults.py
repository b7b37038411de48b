"""What is wrong with a programme file, said so that the person who wrote it can put it right."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError

TYPE_NAMES = {"model_type": "keys with values", "dict_type": "keys with values", "tuple_type": "a list"}
Path = tuple[str | int, ...]  # where in a file: keys and positions, from the top


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is and what to do about it."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class PresetError(Exception):
    """The programme files do not allow a start; the text names every fault, one per line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def fault(*sentences: str, at: Iterable[Path] = ((),)) -> PydanticCustomError:
    """An error for a validator to raise: plain sentences, each with its place below the thing validated."""
    said = list(zip(at, sentences, strict=True))
    return PydanticCustomError("said", "{text}", {"text": " ".join(sentences), "said": said})


def known_already() -> PydanticCustomError:
    """An error for a validator to raise where the true fault is reported at another place."""
    return PydanticCustomError("known_already", "is reported elsewhere")


def sentences(error: ErrorDetails, known: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Place and sentence of what pydantic found; `known` are the keys possible beside an unknown one."""
    place: Path = tuple(error["loc"])
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] == "known_already":
        return
    if error["type"] == "too_short" and len(error["input"]) >= context["min_length"]:
        return  # only because pydantic does not count the faulty ones
    if error["type"] == "said":
        for below, sentence in context["said"]:
            yield place + below, sentence
    else:
        yield place, _sentence(error, known, context)


def _sentence(error: ErrorDetails, known: Iterable[str], context: Mapping[str, Any]) -> str:
    name, kind, found = error["loc"][-1] if error["loc"] else "", error["type"], error["input"]
    if kind == "missing":
        return f"“{name}” is missing; add it."
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(name), known, 1)
        remedy = f"did you mean “{near[0]}”?" if near else f"take it out. Possible here: {', '.join(known)}."
        return f"“{name}” is not a key that is read here; {remedy}"
    if kind == "literal_error":
        return f"“{found}” is not possible for “{name}”; write one of: {context['expected']}."
    if kind in TYPE_NAMES:
        return f"“{name}” must be {TYPE_NAMES[kind]}; write it so."
    if kind == "too_short":
        return f"“{name}” is empty; write at least {context['min_length']}."
    if kind == "string_pattern_mismatch":
        return f"“{found}” cannot be a key; use small letters, digits and _, beginning with a letter."
    if kind == "string_type":
        return f"“{found}” is not read as a word here; put it in quotes."
    return f"“{name}”: {error['msg']}; write another value."
