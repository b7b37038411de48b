"""A reader opens pages as a person does, and takes nothing that a person should not be given.

Every HTML answer is audited (`audit.py`), a GET that writes is refused, 303 is the only redirect that is followed, and
a form is filled in on the page where it stands: its hidden fields come along, a field that is not there is refused.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from lti_tool import db
from tests.audit import FORBIDDEN, audit, text_of

WRITES = re.compile(r"\s*(insert|update|delete|replace|create|drop|alter|truncate)\b", re.IGNORECASE)


class Page(str):
    """What the reader sees: the HTML, which compares and searches like text, and the answer it came in."""

    __slots__ = ("answer", "tree")
    answer: TestResponse
    tree: Element

    @property
    def text(self) -> str:
        """What a person reads."""
        return text_of(self.tree)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status_code


class Reader:
    """One browser of one person. `sign_in(client, person)` is the application's affair, so the fixture brings it."""

    def __init__(
        self,
        app: Flask,
        *,
        sign_in: Callable[[Any, Any], None] | None = None,
        forbidden: Iterable[str] = FORBIDDEN,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.client = app.test_client()
        self.forbidden = tuple(forbidden)
        self.headers = headers or {}
        self.page: Page | None = None
        self._sign_in = sign_in

    def as_(self, person: Any) -> "Reader":
        """Become that person."""
        assert self._sign_in, "this reader was made without a way to sign in"
        self._sign_in(self.client, person)
        return self

    def open(self, path: str, *, expect: int = 200, **form: Any) -> Page:
        """Open a page; with fields, fill in the form on it that has them all and send it; gives what follows."""
        page = self._take(self._ask("GET", path), path, expect if not form else 200)
        return self.fill(expect=expect, **form) if form else page

    def fill(self, *, expect: int = 200, **form: Any) -> Page:
        """Fill in the form of the present page that has all these fields, and send it."""
        return self._send(self._form_with(set(form)), form, expect)

    def follow(self, words: str) -> Page:
        """Follow the link of the present page with these words."""
        assert self.page is not None, "no page was opened yet"
        leads = [link for link in self.page.tree.iter("a") if text_of(link) == words]
        assert leads, f"no link {words!r} on this page"
        return self.open(str(leads[0].get("href")))

    def press(self, words: str, *, expect: int = 200, **form: Any) -> Page:
        """Press the button of the present page with these words; `form` fills in fields beside it."""
        for found in self._forms():
            for button in found.iter("button"):
                if text_of(button) == words:
                    name = button.get("name")
                    pressed = {name: button.get("value") or ""} if name else {}
                    return self._send(found, {**form, **pressed}, expect, known=set(pressed))
        raise AssertionError(f"there is no button “{words}” on this page")

    def send(self, path: str, *, expect: int = 200, headers: dict[str, str] | None = None, **form: Any) -> Page:
        """POST these very fields, right or wrong, with the hidden fields of the present page."""
        fields = {**(self._hidden() if self.page is not None else {}), **form}
        return self._take(self._ask("POST", path, data=fields, headers=headers or {}), path, expect)

    def _send(self, form: Element, given: dict[str, Any], expect: int, known: Iterable[str] = ()) -> Page:
        fields: dict[str, Any] = {}
        for name, value in _fields(form):  # a name that comes twice is sent twice
            before = fields.get(name)
            fields[name] = value if name not in fields else [*(before if isinstance(before, list) else [before]), value]
        unknown = set(given) - set(_names(form)) - set(known)
        assert not unknown, f"the form has no {', '.join(sorted(unknown))}"
        fields.update(given)
        fields = {name: _sent(value) for name, value in fields.items() if value is not None}
        action = form.get("action") or ""
        method = (form.get("method") or "get").upper()
        data = {"query_string": fields} if method == "GET" else {"data": fields}
        return self._take(self._ask(method, action, **data), action, expect)

    def _ask(self, method: str, path: str, **facts: Any) -> TestResponse:
        facts["headers"] = {**self.headers, **facts.get("headers", {})}
        with _nothing_written(path) if method == "GET" else _free():
            return self.client.open(path, method=method, **facts)

    def _take(self, answer: TestResponse, path: str, expect: int) -> Page:
        for _ in range(3):
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            assert answer.status_code == 303, f"{path}: {answer.status_code} where a 303 belongs"
            path = answer.location
            answer = self._ask("GET", path)
        html = answer.get_data(as_text=True) if not answer.is_streamed or answer.mimetype == "text/html" else ""
        assert answer.status_code == expect, f"{path}: {answer.status_code} instead of {expect}: {html[:600]}"
        page = Page(html)
        page.answer = answer
        page.tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
        if answer.mimetype == "text/html":
            faults = audit(html, path=path, forbidden=self.forbidden)
            assert not faults, "\n".join(faults)
            self.page = page
        return page

    def _forms(self) -> list[Element]:
        assert self.page is not None, "no page was opened yet"
        return list(self.page.tree.iter("form"))

    def _form_with(self, names: set[str]) -> Element:
        for form in self._forms():
            if names <= set(_names(form)):
                return form
        raise AssertionError(f"no form on this page has {', '.join(sorted(names))}")

    def _hidden(self) -> dict[str, str]:
        return {
            field.get("name", ""): field.get("value", "")
            for form in self._forms()[:1]
            for field in form.iter("input")
            if field.get("type") == "hidden"
        }


def _names(form: Element) -> Iterator[str]:
    for field in form.iter():
        if field.tag in ("input", "select", "textarea", "button") and field.get("name"):
            yield field.get("name") or ""


def _fields(form: Element) -> Iterator[tuple[str, Any]]:
    """What a browser would send if nobody touched the form."""
    for field in form.iter():
        name = field.get("name")
        if not name:
            continue
        if field.tag == "textarea":
            yield name, (field.text or "").removeprefix("\n")
        elif field.tag == "select":
            options = list(field.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            if chosen:
                yield name, chosen[0].get("value", text_of(chosen[0]))
        elif field.tag == "input" and field.get("type") in ("radio", "checkbox"):
            if field.get("checked") is not None:
                yield name, field.get("value", "on")
        elif field.tag == "input" and field.get("type") not in ("file", "submit", "button"):
            yield name, field.get("value", "")


def _sent(value: Any) -> Any:
    """Browsers send the line ends of a text as CR LF."""
    return re.sub(r"\r?\n", "\r\n", value) if isinstance(value, str) else value


@contextmanager
def _free() -> Iterator[None]:
    yield


@contextmanager
def _nothing_written(path: str) -> Iterator[None]:
    """A GET changes nothing: fail with the statement that tries; what a worker beside it does is its own affair."""
    written: list[str] = []
    own = threading.get_ident()

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.get_ident() == own and WRITES.match(statement):
            written.append(statement)

    try:
        engine: sa.Engine | None = db.engine()
    except RuntimeError:
        engine = None  # an application without a database
    if engine is not None:
        sa.event.listen(engine, "before_cursor_execute", watch)
    try:
        yield
    finally:
        if engine is not None:
            sa.event.remove(engine, "before_cursor_execute", watch)
    assert not written, f"GET {path} writes: {written[0]}"
