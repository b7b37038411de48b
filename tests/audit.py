"""What every page of ours must be, as a pure function: `audit(html)` gives one sentence per fault.

Parsed as a browser would (html5lib). The words of other people (`.written`, `bdi`) are theirs and not judged.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib

# Never on a teacher's page, see the naming rules in docs/architecture.md. Administrators' pages pass forbidden=().
FORBIDDEN = (
    "student", "students", "assignment", "assignments", "submission", "submissions", "submit", "submitted",
    "grade", "grades", "graded", "grading", "overdue", "failed", "invalid", "user", "users",
)  # fmt: skip
MARKERS = re.compile(r"%\(\w+\)|\{\{|\{%|\{number\}|\bNone\b|\bUndefined\b|<Markup|LazyString")
INLINE = ("a", "b", "bdi", "code", "em", "i", "small", "span", "strong", "sub", "sup", "time")
FIELDS = ("input", "select", "textarea")
POINTERS = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "for")


def audit(html: str, *, path: str = "", forbidden: Iterable[str] = FORBIDDEN) -> list[str]:
    """Every fault of a page, each as a sentence that begins with the path; an empty list for a good page."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = parser.parse(html)
    faults = [f"HTML: {code} {facts} at {place}" for place, code, facts in parser.errors]
    for rule in RULES:
        faults.extend(rule(page))
    faults.extend(_words(page, tuple(forbidden)))
    return [f"{path}: {fault}" for fault in faults]


def text_of(element: Element) -> str:
    """What a person reads in it, with simple spaces."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: Element, skip: Callable[[Element], bool] = lambda _: False) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "template") or skip(element):
        return
    apart = "" if element.tag in INLINE else " "
    yield apart + (element.text or "")
    for child in element:
        yield from _pieces(child, skip)
        yield child.tail or ""
    yield apart


def _elements(page: Element, *tags: str) -> Iterator[Element]:
    return (element for element in page.iter() if isinstance(element.tag, str) and (not tags or element.tag in tags))


def _frame(page: Element) -> Iterator[str]:
    if not page.get("lang"):
        yield "the page does not say its language"
    if page.get("dir") not in ("ltr", "rtl"):
        yield "the page does not say its direction"
    if next(_elements(page, "main"), None) is None:
        yield "there is no main"


def _titles(page: Element) -> Iterator[str]:
    headings = list(_elements(page, "h1"))
    titles = [text_of(title) for title in _elements(page, "title")]
    if len(headings) != 1:
        yield f"there are {len(headings)} h1"
    elif not text_of(headings[0]):
        yield "the h1 is empty"
    elif len(titles) != 1 or not titles[0].startswith(text_of(headings[0])):
        yield f"the title {titles} does not begin with the h1 “{text_of(headings[0])}”"
    level = 0
    for heading in _elements(page, "h1", "h2", "h3", "h4", "h5", "h6"):
        if int(heading.tag[1]) > level + 1:
            yield f"h{level or 'nothing'} is followed by {heading.tag} “{text_of(heading)}”"
        level = int(heading.tag[1])
        if not text_of(heading):
            yield f"an empty {heading.tag}"


def _ids(page: Element) -> Iterator[str]:
    counts = Counter(element.get("id") for element in _elements(page) if element.get("id") is not None)
    for name, count in counts.items():
        if count > 1:
            yield f"the id {name} is there {count} times"
    for element in _elements(page):
        for attribute in POINTERS:
            for name in (element.get(attribute) or "").split():
                if name not in counts:
                    yield f"{attribute} points to {name}, which is not there"
        href = element.get("href") or ""
        if element.tag == "a" and href.startswith("#") and href[1:] not in counts:
            yield f"a link leads to {href}, which is not there"


def _labels(page: Element) -> Iterator[str]:
    labelled = {label.get("for") for label in _elements(page, "label") if text_of(label)}
    inside = {field for label in _elements(page, "label") if text_of(label) for field in label.iter()}
    for field in _elements(page, *FIELDS):
        if field.get("type") in ("hidden", "submit", "button"):
            continue
        if field.get("id") not in labelled and field not in inside and not _named(field):
            yield f"the field {field.get('name')} has no label"
    for group in _elements(page, "fieldset"):
        if next((legend for legend in group if legend.tag == "legend" and text_of(legend)), None) is None:
            yield "a fieldset without a legend"


def _named(element: Element) -> bool:
    return bool((element.get("aria-label") or "").strip() or element.get("aria-labelledby"))


def _speaking(page: Element) -> Iterator[str]:
    for element in _elements(page, "a", "button", "summary"):
        if not text_of(element) and not _named(element):
            yield f"a {element.tag} without words ({element.get('href') or element.get('name') or ''})"
    for image in _elements(page, "img"):
        if image.get("alt") is None:
            yield f"the picture {image.get('src')} has no alt"
    for svg in page.iter("{http://www.w3.org/2000/svg}svg"):
        if svg.get("aria-hidden") != "true" and not _named(svg):
            yield "a drawing that is neither hidden from nor told to a screen reader"


def _leaves(form: Element) -> bool:
    """Whether this is the one form that goes to the LMS: the answer to a request for links."""
    return form.tag == "form" and form.get("data-onward") is not None


def _forms(page: Element) -> Iterator[str]:
    for form in _elements(page, "form"):
        where = form.get("action") or "(no action)"
        if form.get("method", "").lower() not in ("get", "post"):
            yield f"the form {where} has no method"
        if not form.get("action"):
            yield "a form has no action"
        names = {field.get("name") for field in form.iter("input")}
        if _leaves(form):
            if names != {"JWT"}:
                yield f"the form {where} leads away from us and carries more than the signed answer"
        elif form.get("method", "").lower() == "post" and "visit" not in names:
            yield f"the form {where} does not say who opened it"
        if "file" in {f.get("type") for f in form.iter("input")} and form.get("enctype") != "multipart/form-data":
            yield f"the form {where} sends a file and is not multipart"
        if next((b for b in form.iter("button") if b.get("type", "submit") == "submit"), None) is None:
            yield f"the form {where} has no button"


def _strict(page: Element) -> Iterator[str]:
    """A strict Content-Security-Policy would refuse these."""
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "style" or "style" in element.attrib:
            yield f"an inline style on {element.tag}"
        if element.tag == "script" and (not element.get("src") or (element.text or "").strip()):
            yield "an inline script"
        for name in element.attrib:
            if name.lower().startswith("on"):
                yield f"the attribute {name} on {element.tag}"
        if (element.get("href") or element.get("src") or "").strip().lower().startswith(("javascript:", "data:")):
            yield f"a {element.tag} with an address that runs or carries something"


def _foreign(page: Element) -> Iterator[str]:
    for element in page.iter():
        for name in ("href", "src", "action", "formaction", "srcset", "poster", "data", "ping"):
            address = element.get(name)
            if address is None:
                continue
            parts = urlsplit(address.strip())
            if not (parts.scheme or parts.netloc) or parts.scheme == "mailto":
                continue
            allowed = element.tag == "a" and {"external", "noopener"} <= set((element.get("rel") or "").split())
            if not allowed and not _leaves(element):
                yield f"{element.tag} {name} leads away from us: {address}"


def _markers(page: Element) -> Iterator[str]:
    found = MARKERS.search("".join(_pieces(page, _of_people)))
    if found:
        yield f"something of the machinery shows: {found[0]}"


def _of_people(element: Element) -> bool:
    return "written" in (element.get("class") or "").split() or element.tag in ("bdi", "textarea", "code")


def _words(page: Element, forbidden: tuple[str, ...]) -> Iterator[str]:
    if not forbidden or not (page.get("lang") or "").startswith("en"):
        return
    words = " ".join(_pieces(page, _of_people))
    spoken = " ".join(
        e.get(name, "") for e in _elements(page) for name in ("aria-label", "title", "alt", "placeholder")
    )
    for match in re.finditer(rf"\b({'|'.join(forbidden)})\b", f"{words} {spoken}", re.IGNORECASE):
        yield f"the word “{match[0]}” does not belong on a teacher's page"


RULES = (_frame, _titles, _ids, _labels, _speaking, _forms, _strict, _foreign, _markers)


def bare_words(html: str) -> list[str]:
    """On a page in the made-up language: what shows without its brackets and so was never given to a translator."""
    page = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
    skip: Callable[[Element], bool] = lambda e: _of_people(e) or (e.tag != "html" and e.get("lang") is not None)  # noqa: E731
    texts = ["".join(_pieces(page, skip))]
    texts += [
        e.get(n, "") for e in _elements(page) for n in ("aria-label", "title", "alt", "placeholder", "data-saved")
    ]
    bare: list[str] = []
    for text in texts:
        depth, left = 0, ""
        for character in text:
            depth += (character == "⟦") - (character == "⟧")
            left += " " if depth or character == "⟧" else character
        bare += [word for word in re.findall(r"[^\W\d_]{2,}", left) if word not in bare]
    return bare
