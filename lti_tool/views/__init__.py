"""Views: read the request, call one service, commit once, choose a template."""

from flask import Flask

from lti_tool.views import base, circles, frames, lti, pages, refusals


def init_app(app: Flask) -> None:
    """Register every blueprint, the guard before them, and the refusals behind them."""
    base.init_app(app)
    frames.init_app(app)
    refusals.init_app(app)
    for module in (pages, lti, circles):
        app.register_blueprint(module.bp)
