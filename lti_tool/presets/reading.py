"""A YAML file with the line of everything in it. Nothing is executed and no tag makes an object."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from lti_tool.presets.faults import Fault, Path

PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null")}


@dataclass
class Source:
    """What a file says: plain data, the line of every place in it, and what is wrong with it as YAML."""

    name: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Path) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def blame(self, place: Path, sentence: str) -> None:
        """Add a fault at a place."""
        self.faults.append(Fault(self.name, self.line(place), sentence))


def read(content: bytes, *, name: str) -> Source:
    """The source made of a file's bytes; faults of form are in it, never raised."""
    source = Source(name)
    try:
        loader = yaml.SafeLoader(content.decode("utf-8-sig"))
        node = loader.get_single_node()
        source.data = _plain(loader, node, (), source, inside=()) if node else None
    except UnicodeDecodeError:
        source.blame((), "The file is not UTF-8; save it as UTF-8.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        source.faults.append(Fault(name, line, f"This is not YAML ({error.problem}); mend the line or the one above."))
    except yaml.YAMLError:
        source.blame((), "The file holds characters that YAML does not allow; take them out.")
    else:
        if not isinstance(source.data, dict) and not source.faults:
            source.blame((), "There is nothing to read here; write keys with values.")
        for place, sentence in _twice(source.data, ()):
            source.blame(place, sentence)
    return source


def keys_of(data: Any, name: str) -> frozenset[str]:
    """The keys of the things in one list of a file, whether or not the things are right."""
    things = data.get(name) if isinstance(data, dict) else None
    return frozenset(str(thing["key"]) for thing in things or [] if isinstance(thing, dict) and "key" in thing)


def _plain(
    loader: yaml.SafeLoader, node: yaml.Node, place: Path, source: Source, *, inside: tuple[yaml.Node, ...]
) -> Any:
    source.lines.setdefault(place, node.start_mark.line + 1)
    if node in inside:
        source.blame(place, "This refers to itself; write it out instead.")
        return None
    inside = (*inside, node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*place, i), source, inside=inside) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            source.lines[(*place, name)] = key.start_mark.line + 1
            if name in found:
                source.blame((*place, name), f"“{name}” stands here twice; take one out.")
            found[name] = _plain(loader, value, (*place, name), source, inside=inside)
        return found
    return loader.construct_object(node) if node.tag in PLAIN else node.value


def _twice(data: Any, place: Path) -> Iterator[tuple[Path, str]]:
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    seen: set[str] = set()
    for step, thing in below:
        yield from _twice(thing, (*place, step))
        key = thing.get("key") if isinstance(thing, dict) else thing
        if isinstance(data, list) and isinstance(key, str):
            if key in seen:
                yield (*place, step), f"“{key}” stands twice in this list; take one out or give it another key."
            seen.add(key)
