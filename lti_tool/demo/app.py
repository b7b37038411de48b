"""The practice LMS as a web application, for `lti-tool demo` and for tests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.http import http_date

from lti_tool.demo.platform import LmsError, PracticeLms
from lti_tool.demo.views import admin, course, launch, security, services
from lti_tool.settings import shipped

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-src *; "
    "frame-ancestors 'self'"
)
CLIENT_ID = "practice-circles"  # of the tool that is registered from the start


def create_lms(
    *, base_url: str, tool_url: str | None = None, state_file: Path | None = None, quirks: str = "plain"
) -> Flask:
    """The practice LMS at this address; with `tool_url` that tool is registered from the start."""
    lms = PracticeLms(base_url=base_url, state_file=state_file, quirks=quirks)
    if tool_url:
        preregister(lms, tool_url)
    return app_for(lms)


def preregister(lms: PracticeLms, tool_url: str) -> dict[str, str]:
    """Register the tool by hand unless that was done before; what the tool must know of the LMS."""
    if CLIENT_ID not in lms.store.state.tools:
        lms.register(tool_url.rstrip("/"), client_id=CLIENT_ID)
    return lms.platform_facts(CLIENT_ID)


def app_for(lms: PracticeLms) -> Flask:
    """The web application of this LMS; `lms_of(app)` gives it back."""
    app = Flask("lti_tool.demo", template_folder=str(shipped("templates")), static_folder=None)
    app.extensions["practice_lms"] = lms
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in (course.bp, launch.bp, security.bp, services.bp, admin.bp):
        app.register_blueprint(blueprint)

    @app.errorhandler(LmsError)
    def refused(error: LmsError) -> ResponseReturnValue:
        return render_template("demo/refused.html", words=str(error)), 400

    @app.after_request
    def own_things_only(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)
        if ahead := lms.faults.clock_ahead:
            response.headers["Date"] = http_date(time.time() + ahead)
        return response

    @app.context_processor
    def facts() -> dict[str, object]:
        return {"lms": lms}

    return app


def lms_of(app: Flask) -> PracticeLms:
    """The LMS behind an application."""
    lms = app.extensions["practice_lms"]
    assert isinstance(lms, PracticeLms)  # noqa: S101 (app_for put it there)
    return lms


def serve(
    port: int = 8001,
    tool_url: str | None = "http://localhost:8000",
    state_file: Path | None = None,
    *,
    quirks: str = "plain",
) -> None:
    """Serve the practice LMS on 127.0.0.1 until it is stopped."""
    from waitress import serve as run  # type: ignore[import-untyped]

    app = create_lms(base_url=f"http://127.0.0.1:{port}", tool_url=tool_url, state_file=state_file, quirks=quirks)
    run(app, host="127.0.0.1", port=port, threads=8, ident=None)


@contextmanager
def served(lms: PracticeLms, port: int = 0) -> Iterator[None]:
    """Serve on 127.0.0.1 from a background thread; the LMS learns its real address (0 means a free port)."""
    with serving(app_for(lms), port) as url:
        lms.base_url = url
        yield


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application on 127.0.0.1 from a background thread until the block ends; gives its address."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """Addresses hold login hints: they are not logged."""

        def log(self, *_: object, **__: object) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The date of an answer, by the clock of the LMS."""
            ahead = app.extensions["practice_lms"].faults.clock_ahead if "practice_lms" in app.extensions else 0
            return super().date_time_string((time.time() if timestamp is None else timestamp) + ahead)

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
