"""What people write: from Markdown to safe HTML, how it is cleaned, and how a person is abbreviated."""

import re
import unicodedata
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
WORD = re.compile(r"[^\W_]\S*")  # from its first letter or digit to the next space
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)


def to_html(markdown: str) -> Markup:
    """A person's text as safe HTML in a `div` that finds its own direction; nothing for an empty text.

    Paragraphs, lists, emphasis, quotes and links to the web. No HTML, no pictures; a heading becomes a strong line, so
    that a text never disturbs the outline of the page around it.
    """
    if not markdown.strip():
        return Markup("")
    clean = nh3.clean(
        _renderer().render(markdown),
        tags=TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https"},
        link_rel="external noopener noreferrer",
    )
    return Markup(f'<div class="written" dir="auto">\n{clean}</div>')  # noqa: S704 (nh3 made it safe)


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False, "breaks": True})
    renderer.disable(["image", "html_block", "html_inline", "code", "lheading", "reference"])
    renderer.validateLink = lambda url: bool(WEB_ADDRESS.match(url))  # type: ignore[method-assign]
    renderer.add_render_rule("heading_open", lambda *_: "<p><strong>")
    renderer.add_render_rule("heading_close", lambda *_: "</strong></p>\n")
    return renderer


def clean(text: str) -> str:
    r"""The same text with `\n` line ends, in NFC, and without control characters; every visible thing stays.

    Joiners and direction marks stay, Hindi and Arabic need them. PostgreSQL would refuse a NUL.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def count_words(text: str) -> int:
    """How many words a person would count: pieces between spaces with a letter or digit (so does `circles.js`)."""
    return len(WORD.findall(text))


def initials(name: str) -> str:
    """Up to two letters that stand for a person; empty for an empty name."""
    words = [word for word in re.split(r"[\s\-]+", name) if word and word[0].isalpha()]
    if not words:
        return ""
    first, last = words[0][0], words[-1][0] if len(words) > 1 else ""
    joins = unicodedata.bidirectional(first) == "AL"  # Arabic letters would join into a word that is not there
    return (first + ("\u200c" if joins and last else "") + last).upper()
