"""The schema seen from outside: which keys stand at a place, and where the texts are."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from lti_tool.presets.faults import Path
from lti_tool.presets.text import Text


def keys_at(shape: Any, place: Path) -> tuple[str, ...]:
    """The keys possible at a place of a file of this shape."""
    for step in place:
        shape = _below(shape, step)
    shape = _bare(shape)
    return tuple(shape.model_fields) if isinstance(shape, type) and issubclass(shape, BaseModel) else ()


def texts(shape: Any, data: Any, place: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text in plain data of this shape, with its place, as it was written."""
    if _bare(shape) is Text:
        yield place, data
        return
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, thing in steps:
        if (below := _below(shape, step)) is not None:
            yield from texts(below, thing, (*place, step))


def _below(shape: Any, step: str | int) -> Any:
    shape = _bare(shape)
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        field = shape.model_fields.get(str(step))
        return field.annotation if field else None
    if get_origin(shape) is tuple and isinstance(step, int):
        return get_args(shape)[0]
    return get_args(shape)[1] if get_origin(shape) is dict else None


def _bare(shape: Any) -> Any:
    while get_origin(shape) in {Annotated, Union, types.UnionType}:
        shape = next(arg for arg in get_args(shape) if arg is not type(None))
    return shape
