"""A launch as pylti1p3's own Flask example has it, its key cache on.

Like the example (dmitry-viskov/pylti1.3-flask-example, game/app.py) it reads its settings and keys from files at each
request and answers with a page from a template. It keeps nothing of the person and accepts the same answer twice; its
state is a cookie. Left out is what makes the example slower than it need be: it prints all claims, and its cache
pickles what it keeps.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from jinja2 import DictLoader
from pylti1p3.contrib.flask import FlaskCacheDataStorage, FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfJsonFile

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<link rel="stylesheet" href="{{ url_for("static", filename="page.css") }}">
<script src="{{ url_for("static", filename="page.js") }}"></script></head>
<body>{% if is_deep_link_launch %}<h1>Choose</h1>{% else %}<h1>Hello {{ name }}</h1>
<div id="launch-{{ launch_id }}"></div>{% endif %}</body></html>
"""


class Memory:
    """The smallest cache with the two calls that pylti1p3 makes; flask-caching's costs more."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """What was kept."""
        return self._kept.get(key)

    def set(self, key: str, value: Any, _seconds: int | None = None) -> None:
        """Keep it."""
        self._kept[key] = value


def bare_app(
    folder: Path,
    *,
    issuer: str,
    client_id: str,
    jwks_url: str,
    target: str,
    begun: Callable[[Any], None] = lambda _answer: None,
    came: Callable[[dict[str, Any]], None] = lambda _claims: None,
) -> Flask:
    """The example as an application with one registration; `target` is the address of its launch.

    `begun` is called with the answer to each login and `came` with the claims of each launch: `floor_launch.py` does
    there what the example leaves out.
    """
    app = Flask("bare_launch")
    app.jinja_loader = DictLoader({"game.html": PAGE})  # type: ignore[misc]
    app.config.update(SECRET_KEY="bare", SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    registration = {
        "default": True,
        "client_id": client_id,
        "auth_login_url": f"{issuer}/auth",
        "auth_token_url": f"{issuer}/token",
        "key_set_url": jwks_url,
        "deployment_ids": ["1"],
        "private_key_file": "private.key",
    }
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "private.key").write_bytes(pem)
    settings = folder / "game.json"
    settings.write_text(json.dumps({issuer: registration}), encoding="utf-8")
    memory = Memory()

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        tools = ToolConfJsonFile(str(settings))
        beginning = FlaskOIDCLogin(FlaskRequest(), tools, launch_data_storage=FlaskCacheDataStorage(memory))
        answer: ResponseReturnValue = beginning.redirect(target)
        begun(answer)
        return answer

    @app.post("/launch")
    def launch() -> ResponseReturnValue:
        tools, storage = ToolConfJsonFile(str(settings)), FlaskCacheDataStorage(memory)
        message = FlaskMessageLaunch(FlaskRequest(), tools, launch_data_storage=storage)
        message.set_public_key_caching(storage, cache_lifetime=7200)
        facts = {"is_deep_link_launch": message.is_deep_link_launch(), "launch_id": message.get_launch_id()}
        claims: dict[str, Any] = message.get_launch_data()
        came(claims)
        return render_template("game.html", title="Game", name=claims["name"], **facts)

    return app
