"""The texts of our programme files, for the same catalogue as the words of the interface."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from lti_tool.presets.blocks import KINDS
from lti_tool.presets.faults import Path
from lti_tool.presets.programme import Preset
from lti_tool.presets.reading import read
from lti_tool.presets.shape import texts
from lti_tool.presets.text import clean

CONTEXT = "programme"
Message = tuple[int, str, tuple[str, str], list[str]]


def extract_programme(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],  # noqa: ARG001 (Babel's signature)
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[Message]:
    """Every plain text of a programme file, as Babel wants it: line, function, (context, text), where it stands.

    A text with translations in the file itself needs no catalogue and is left out.
    """
    source = read(fileobj.read(), name=getattr(fileobj, "name", ""))
    if not isinstance(source.data, dict):
        return
    shapes: dict[str, Any] = {kind: tuple[model, ...] for kind, model in KINDS.items()}  # type: ignore[valid-type]
    if "stages" in source.data:
        found = texts(Preset, source.data)
    else:
        found = (text for kind, shape in shapes.items() for text in texts(shape, source.data.get(kind), (kind,)))
    for place, written in found:
        if isinstance(written, str) and clean(written):
            yield source.line(place), "pgettext", (CONTEXT, clean(written)), [_where(source.data, place)]


def _where(data: Any, place: Path) -> str:
    """The place told by keys: unlike positions they stay when something is added above."""
    steps: list[str] = []
    for step in place:
        data = data[step]
        steps.append(str(data.get("key", step) if isinstance(data, dict) else step))
    return ".".join(steps)
