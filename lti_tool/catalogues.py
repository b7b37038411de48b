"""The message catalogues: extract, update, compile; and a made-up language that shows what nobody translated.

`python -m lti_tool.catalogues update` after words changed, then translate what is empty in
`translations/*/LC_MESSAGES/messages.po`. No line numbers and no dates in them, so that a change shows only words.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lti_tool.i18n import CODES, SOURCE
from lti_tool.presets import extract_programme
from lti_tool.settings import HERE, shipped

FOLDER = HERE / "translations"
DOMAIN = "messages"
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "_l": None,
    "lazy_pgettext": ((1, "c"), 2),
    "lazy_ngettext": (1, 2),
}
JINJA = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}
UNSTABLE = (
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Generated-By",
    "Last-Translator",
    "Language-Team",
    "Report-Msgid",
    "Project-Id",
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
TRANSLATED = tuple(code for code in CODES if code != SOURCE)

Found = Iterator[tuple[str | tuple[str, ...], str | None, list[str]]]


def extract() -> Catalog:
    """Every message of the code, the templates and the programme files, in a stable order."""
    catalog = Catalog(project="Learning Circles", domain=DOMAIN)
    for messages in (_of_code(), _of_templates(), _of_programmes()):
        for message, context, comments in messages:
            catalog.add(message, context=context, auto_comments=[c for c in comments if c])
    return catalog


def _of_code() -> Found:
    return _of(HERE, [("**.py", "python")], {})


def _of_templates() -> Found:
    """Those of the tool; the practice LMS speaks English only."""
    methods = [("demo/**.html", "ignore"), ("**.html", "jinja2.ext:babel_extract")]
    return _of(shipped("templates"), methods, {"**.html": JINJA})


def _of(folder: Path, methods: list[tuple[str, str]], options: dict[str, Any]) -> Found:
    found = extract_from_dir(folder, methods, options, KEYWORDS, ("Translators:",), strip_comment_tags=True)
    for _file, _line, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        yield message, context, comments


def _of_programmes() -> Found:
    """The texts of the programme files, each with the place in its file."""
    for path in sorted((shipped("config") / "programmes").glob("*.yaml")):
        with path.open("rb") as file:
            for _line, _function, (context, text), comments in extract_programme(file, {}, (), {}):
                yield text, context, comments


def path_of(code: str, folder: Path | None = None) -> Path:
    """Where a language's catalogue is."""
    return (folder or FOLDER) / code.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(code: str) -> Catalog:
    """A language's catalogue; an empty one where there is none yet."""
    path = path_of(code)
    if not path.exists():
        return Catalog(locale=code.replace("-", "_"), domain=DOMAIN, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"), domain=DOMAIN)


def written(catalog: Catalog) -> bytes:
    """The bytes of a .po file: sorted, without places, dates and the name of the program that wrote it."""
    catalog.header_comment = "# Learning Circles"
    buffer = BytesIO()
    write_po(buffer, catalog, no_location=True, sort_output=True, ignore_obsolete=True, width=0)
    unstable = tuple(f'"{name}'.encode() for name in UNSTABLE)
    return b"".join(line for line in buffer.getvalue().splitlines(keepends=True) if not line.startswith(unstable))


def updated(code: str, template: Catalog) -> Catalog:
    """A language's catalogue with exactly the messages of `template`; a changed message waits for its translator."""
    catalog = read(code)
    catalog.update(template, no_fuzzy_matching=True)
    return catalog


def update() -> None:
    """Bring every catalogue up to date with the words of the program."""
    template = extract()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{DOMAIN}.pot").write_bytes(written(template))
    for code in TRANSLATED:
        path_of(code).parent.mkdir(parents=True, exist_ok=True)
        path_of(code).write_bytes(written(updated(code, template)))


def compile_all(folder: Path | None = None) -> None:
    """Make the .mo files that run."""
    for code in TRANSLATED:
        _write_mo(read(code), path_of(code, folder))


def _write_mo(catalog: Catalog, path: Path) -> None:
    """Whoever reads it meanwhile reads the old one, never a part of the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as mo:
        write_mo(mo, catalog)
    Path(mo.name).chmod(0o644)
    Path(mo.name).replace(path.with_suffix(".mo"))


def faults(code: str) -> list[str]:
    """What is wrong with a language's catalogue: missing, waiting for a look, or with other placeholders."""
    found = []
    for message in updated(code, extract()):
        if message.id:
            problem = _problem(message)
            if problem:
                found.append(f"{code}: {problem}: {message.id!r}")
    return found


def _problem(message: Message) -> str | None:
    sources, strings = _forms(message.id), _forms(message.string)
    if not all(strings):
        return "not translated"
    if message.fuzzy:
        return "fuzzy"
    allowed = {name for source in sources for name in PLACEHOLDER.findall(source)}
    wanted = set(PLACEHOLDER.findall(sources[-1]))
    for string in strings:
        names = set(PLACEHOLDER.findall(string))
        # a plural form may leave the number out ("one minute", Arabic's dual), but never another name
        if names - allowed or (len(strings) == 1 and names != wanted):
            return "other placeholders"
        if string.count("%") != len(re.findall(r"%\(\w+\)[sd]|%%", string)) + string.count("%%"):
            return "a stray % sign"
    return None


def _forms(text: Any) -> list[str]:
    """One text, or each plural form; a message that nobody saw yet has none at all."""
    return [text or ""] if isinstance(text, str | None) else list(text)


def pseudo(text: str) -> str:
    """The same text in a made-up language: accented, two fifths longer, in brackets; placeholders untouched."""
    accented = str.maketrans("aceinosuyACEINOSUY", "áçéíñöšûýÁÇÉÍÑÖŠÛÝ")
    kept = re.split(r"(%\(\w+\)[sd]|\{\w+\}|%%|<[^>]*>|&\w+;)", text)
    words = "".join(part if index % 2 else part.translate(accented) for index, part in enumerate(kept))
    return f"⟦{words}{'·' * (len(text) * 2 // 5)}⟧"


def compile_pseudo(folder: Path) -> None:
    """Make `folder` a translations folder where English is the made-up language: what shows plain is untranslated."""
    catalog = Catalog(locale=SOURCE, domain=DOMAIN, fuzzy=False)
    for message in extract():
        if message.id:
            forms = tuple(pseudo(form) for form in _forms(message.id))
            catalog.add(message.id, forms if len(forms) > 1 else forms[0], context=message.context)
    _write_mo(catalog, path_of(SOURCE, folder))


def main(arguments: list[str]) -> int:
    """Run one of the commands; 1 where a check finds something."""
    if arguments == ["update"]:
        update()
    elif arguments == ["compile"]:
        compile_all()
    elif arguments == ["check"]:
        found = [fault for code in TRANSLATED for fault in faults(code)]
        sys.stdout.write("".join(f"{fault}\n" for fault in found))
        return int(bool(found))
    else:
        sys.stderr.write("python -m lti_tool.catalogues update | compile | check\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
