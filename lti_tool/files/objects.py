"""Reading the objects of a PDF. Any entry may be a reference, even where nobody expects one: ask through here."""

from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, NullObject, PdfObject

MAX_HOPS = 16


def names(text: str) -> frozenset[str]:
    """These names, separated by spaces."""
    return frozenset(text.split())


def follow(value: object) -> PdfObject:
    """The object itself, behind however many references; a loop of them ends in null."""
    for _ in range(MAX_HOPS):
        if not isinstance(value, IndirectObject):
            return value if isinstance(value, PdfObject) else NullObject()
        value = value.get_object()
    return NullObject()


def entry(holder: DictionaryObject, key: str) -> PdfObject:
    """What stands under this key; null if nothing does."""
    return follow(holder.raw_get(key)) if key in holder else NullObject()


def name(holder: DictionaryObject, key: str) -> str:
    """The name under this key, with its slash; empty if there is none."""
    value = entry(holder, key)
    return str(value) if isinstance(value, NameObject) else ""


def listed(holder: DictionaryObject, key: str) -> list[PdfObject]:
    """What stands under a key that may hold one thing or a list of things."""
    value = entry(holder, key)
    if isinstance(value, ArrayObject):
        return [follow(item) for item in value]
    return [] if isinstance(value, NullObject) else [value]
