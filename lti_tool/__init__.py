"""Learning Circles."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lti_tool.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The web application (to be replaced); imports are local so that the command starts fast."""
    from flask import Flask, request
    from werkzeug.middleware.proxy_fix import ProxyFix

    from lti_tool import db, jobs
    from lti_tool import settings as ours

    here = ours.use(settings or ours.load())
    db.connect(here.database_url)
    jobs.wake_after_commit()
    app = Flask(__name__)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=here.proxy_hops, x_proto=here.proxy_hops, x_host=here.proxy_hops)  # type: ignore[method-assign]

    @app.get("/healthz")
    def healthz() -> str:
        return f"{request.scheme} {request.remote_addr}"

    return app
