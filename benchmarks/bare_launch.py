"""A launch as pylti1p3's own Flask example has it: its classes, its key cache, and a page of one line.

It keeps nothing of the person and accepts the same answer twice; its state is a cookie. That is what we compare with.
"""

from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from pylti1p3.contrib.flask import FlaskCacheDataStorage, FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict


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


def bare_app(*, issuer: str, client_id: str, jwks_url: str, target: str) -> Flask:
    """The example as an application with one registration; `target` is the address of its launch."""
    app = Flask("bare_launch")
    app.config.update(SECRET_KEY="bare", SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    registration = {
        "default": True,
        "client_id": client_id,
        "auth_login_url": f"{issuer}/auth",
        "auth_token_url": f"{issuer}/token",
        "key_set_url": jwks_url,
        "deployment_ids": ["1"],
    }
    tools = ToolConfDict({issuer: registration})
    memory = Memory()

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        begun = FlaskOIDCLogin(FlaskRequest(), tools, launch_data_storage=FlaskCacheDataStorage(memory))
        answer: ResponseReturnValue = begun.redirect(target)
        return answer

    @app.post("/launch")
    def launch() -> ResponseReturnValue:
        storage = FlaskCacheDataStorage(memory)
        message = FlaskMessageLaunch(FlaskRequest(), tools, launch_data_storage=storage)
        message.set_public_key_caching(storage, cache_lifetime=7200)
        return f"Hello {message.get_launch_data()['name']}"

    return app
