"""From folders of YAML files to presets, or to every fault in them at once."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lti_tool.presets.blocks import KINDS, Context, Keyed
from lti_tool.presets.faults import Fault, Path, PresetError, sentences
from lti_tool.presets.programme import Preset
from lti_tool.presets.reading import Source, keys_of, read
from lti_tool.presets.shape import keys_at
from lti_tool.presets.text import SOURCE

Read = TypeVar("Read", bound=BaseModel)
Blocks = dict[str, dict[str, Keyed | None]]


def load(folder: FilePath, extra: FilePath | None = None) -> dict[str, Preset]:
    """The programmes of our folder and of an installation's own, by key; PresetError names every fault in them.

    A file whose name begins with an underscore, and `countries.yaml`, holds shared building blocks.
    """
    sources = [source for place in (folder, extra) if place for source in _sources(place)]
    shared = [source for source in sources if _is_shared(source)]
    blocks = _blocks(shared)
    presets: dict[str, Preset] = {}
    told: dict[str, str] = {}
    for source in sources:
        if source in shared or not isinstance(source.data, dict):
            continue
        key = source.data.get("key")
        if isinstance(key, str) and key in told:
            source.blame(("key",), f"There is a programme “{key}” already, in {told[key]}; choose another key.")
        elif isinstance(key, str):
            told[key] = source.name
        if preset := _read(source, Preset, source.data, _context(source, blocks)):
            presets[preset.key] = preset
    if faults := [fault for source in sources for fault in source.faults]:
        raise PresetError(faults)
    return presets


def _sources(folder: FilePath) -> Iterator[Source]:
    files = sorted(path for path in folder.glob("*") if path.suffix in {".yaml", ".yml"}) if folder.is_dir() else []
    if not files:
        nothing = Fault(str(folder), 0, "There are no programme files in this folder; put them there or name another.")
        yield Source(str(folder), faults=[nothing])
    for path in files:
        try:
            yield read(path.read_bytes(), name=str(path))
        except OSError as error:
            unreadable = Fault(str(path), 0, f"The file cannot be read ({error.strerror}); mend that or take it away.")
            yield Source(str(path), faults=[unreadable])


def _is_shared(source: Source) -> bool:
    name = FilePath(source.name)
    return name.stem.startswith("_") or name.stem == "countries"


def _context(source: Source, blocks: Blocks) -> Context:
    languages = source.data.get("languages")
    first = languages[0] if isinstance(languages, list) and languages else SOURCE
    lists = {name: keys_of(source.data, name) for name in ("levels", "stages")}
    return Context(first if isinstance(first, str) else SOURCE, blocks, lists)


def _blocks(shared: list[Source]) -> Blocks:
    blocks: Blocks = {kind: {} for kind in KINDS}
    context = Context(SOURCE, blocks)
    told: dict[tuple[str, str], Source] = {}
    for kind, model in KINDS.items():
        for source in shared:
            for i, written in enumerate(_list(source, kind)):
                block = _read(source, model, written, context, (kind, i))
                key = written.get("key") if isinstance(written, dict) else None
                if not isinstance(key, str):
                    continue
                first = told.setdefault((kind, key), source)
                if first is not source:
                    source.blame((kind, i), f"“{key}” is in {first.name} already; choose another key.")
                blocks[kind][key] = block
    for source in shared:
        for name in source.data if isinstance(source.data, dict) else ():
            if name not in KINDS:
                source.blame((name,), f"“{name}” is not read here; take it out. Possible here: {', '.join(KINDS)}.")
    return blocks


def _list(source: Source, kind: str) -> list[Any]:
    written = source.data.get(kind, []) if isinstance(source.data, dict) else []
    if isinstance(written, list):
        return written
    source.blame((kind,), f"“{kind}” must be a list; write it so.")
    return []


def _read(source: Source, model: type[Read], data: Any, context: Context, at: Path = ()) -> Read | None:
    try:
        return model.model_validate(data, context=context)
    except ValidationError as found:
        for error in found.errors():
            known = keys_at(model, tuple(error["loc"][:-1]))
            for place, sentence in sentences(error, known):
                source.blame(at + place, sentence)
    return None
