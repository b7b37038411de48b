"""Build hook: compiles the message catalogues, and for a wheel compresses the static files.

Runs on `pip install` (editable too), so that a fresh checkout speaks every language without a further command.
"""

import gzip
from pathlib import Path
from typing import Any

import brotli
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Compile .po to .mo; add .br and .gz beside the static files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Make the files that are built, not kept."""
        package = Path(self.root) / "lti_tool"
        for source in sorted((package / "translations").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po, locale=source.parts[-3]))
        for source in sorted((package / "static").rglob("*")):
            if source.suffix in {".css", ".js", ".svg"}:
                raw = source.read_bytes()
                source.with_name(source.name + ".br").write_bytes(brotli.compress(raw, quality=11))
                source.with_name(source.name + ".gz").write_bytes(gzip.compress(raw, 9, mtime=0))
