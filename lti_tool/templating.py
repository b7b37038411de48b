"""What every template may use: language, safe text, people's initials, addresses of static files, buttons."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask

from lti_tool import i18n, text
from lti_tool.forms.base import hidden_fields

STATIC = Path(__file__).parent / "static"


def init_app(app: Flask, *, catalogues: str = "translations") -> None:
    """Give the templates of `app` what `templates/base.html` and the components need."""
    i18n.init_app(app, catalogues=catalogues)
    app.jinja_env.filters.update(written=text.to_html, initials=text.initials, count_words=text.count_words)
    app.jinja_env.globals.update(asset=asset, hidden_fields=hidden_fields)


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
