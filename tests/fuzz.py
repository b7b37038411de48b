"""Nonsense, repeatable: what nobody would send, derived from what somebody does send."""

import copy
import json
import random
from typing import Any

DEEP: Any = json.loads("[" * 60 + "]" * 60)
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 3.5, 10**30, -(10**30), 10**400, 2**63, float("inf"), float("nan"), "", " ", "0", "null",
    "\x00", "a\x00b", "\ud800", "x" * 300, "x" * 100_000, "e\u0301\u202e\u2066", "<script>alert(1)</script>",
    "$Person.name",
    "javascript:alert(1)", "http://[", "https://user:secret@host/", "//evil.example.org",
    "\r\nSet-Cookie: a=b", "%00%ff",
    "{{ 7*7 }}", "' OR 1=1 --", [], {}, [None], [[]], {"": ""}, {"id": None}, [{}], DEEP, ["x"] * 2000, {"a" * 500: 1},
)  # fmt: skip


def bent(chance: random.Random, value: Any) -> Any:
    """The same JSON with one to three places dropped, replaced or repeated."""
    made = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        made = _bend(chance, made)
    return made


def _bend(chance: random.Random, value: Any) -> Any:
    places = list(_places(value))
    if not places or chance.random() < 0.05:
        return copy.deepcopy(chance.choice(JUNK))
    holder, key = chance.choice(places)
    what = chance.random()
    if what < 0.25:
        del holder[key]
    elif what < 0.35 and isinstance(holder, list):
        holder.extend(copy.deepcopy(holder[key]) for _ in range(3))
    else:
        holder[key] = copy.deepcopy(chance.choice(JUNK))
    return value


def _places(value: Any, depth: int = 0) -> Any:
    if depth > 8:
        return
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key], depth + 1)


def torn(chance: random.Random, text: bytes) -> bytes:
    """The same bytes, some of them changed, lost, repeated or cut off."""
    made = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        what = chance.randrange(4)
        if what == 0 and at < len(made):
            made[at] = chance.randrange(256)
        elif what == 1:
            del made[at : at + chance.randint(1, 20)]
        elif what == 2:
            made[at:at] = chance.choice((b".", b"..", b"\x00", b"=", b"\xff\xfe", b"%00", b"[" * 500, b"{" * 20))
        else:
            del made[at:]
    return bytes(made)
