"""What every template may use: language, safe text, people's initials, addresses of static files, buttons."""

import hashlib
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment

from lti_tool import i18n, text
from lti_tool.forms.base import hidden_fields

STATIC = Path(__file__).parent / "static"


class _Environment(Environment):
    """Gives each template its globals in one plain mapping, so all of them are set before the first page.

    Jinja chains two, and looks every name up in both by hand for each `import` of a page: a tenth of its calls.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Those of the environment, and those of one template."""
        return {**self.globals, **(d or {})}


def init_app(app: Flask, *, catalogues: str = "translations") -> None:
    """Give the templates of `app` what `templates/base.html` and the components need."""
    app.jinja_environment = _Environment
    i18n.init_app(app, catalogues=catalogues)
    app.jinja_env.filters.update(written=text.to_html, initials=text.initials)
    app.jinja_env.globals.update(asset=asset, hidden_fields=hidden_fields)


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
