"""A text that a person reads: written once, in one language or several."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, RootModel, ValidationInfo, model_serializer, model_validator

from lti_tool.presets.faults import fault

SOURCE = "en"  # the language of the files we ship
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Text(RootModel[dict[str, str]]):
    """Language -> words. A file may write the words alone: they are in the first language of the programme."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            value = {info.context.language if info.context else SOURCE: value}
        if value is not None and not isinstance(value, dict):
            raise fault(f"“{value}” is not read as a text here; put it in quotes.")
        # An empty translation is one that is still to come: it stops nothing.
        words = {language: clean(words) for language, words in (value or {}).items() if words not in (None, "")}
        for language, translation in words.items():
            if not LANGUAGE.fullmatch(language):
                raise fault(f"“{language}” is no language code; write it like fr or pt-BR.")
            if not isinstance(translation, str):
                raise fault(f"“{translation}” is not read as a text here; put it in quotes.")
        if not any(words.values()):
            raise fault("The text is missing; write it.")
        return words

    @model_serializer
    def _as_written(self) -> str | dict[str, str]:
        return self.root[SOURCE] if list(self.root) == [SOURCE] else dict(self.root)

    @property
    def source(self) -> str:
        """The words that translations start from: English where there is some, else the first that were written."""
        return self.root[self.source_language]

    @property
    def source_language(self) -> str:
        """The language of `source`."""
        return SOURCE if SOURCE in self.root else next(iter(self.root))

    def in_(self, locale: str, catalogue: Callable[[str], str] | None = None) -> tuple[str, str]:
        """The words for a reader of `locale` and the language they are really in.

        `catalogue` gives the translation of a source text into that locale, or the text itself when it has none.
        Without a translation the reader gets the source: a missing one never leaves a hole on the page.
        """
        wanted = locale.replace("_", "-")
        base = wanted.partition("-")[0]
        near = [language for language in self.root if language.partition("-")[0] == base]
        for language in [wanted, base, *near]:
            if language in self.root:
                return self.root[language], language
        translated = catalogue(self.source) if catalogue else self.source
        return (translated, wanted) if translated != self.source else (self.source, self.source_language)


def clean(words: Any) -> Any:
    """The words on one line, as they are shown and as they stand in the catalogue."""
    return " ".join(words.split()) if isinstance(words, str) else words
