"""Learning Circles: circle workspaces, inquiry templates and peer feedback inside any LMS that speaks LTI 1.3."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lti_tool.settings import Settings


def create_app(config: "Settings | None" = None) -> "Flask":
    """The web application, assembled in the only right order; settings come from the environment unless given.

    Imports are local: a command that needs no web application starts without one.
    """
    from flask import Flask
    from flask_compress import Compress
    from werkzeug.middleware.proxy_fix import ProxyFix
    from whitenoise import WhiteNoise

    from lti_tool import db, jobs, log, presets, settings, templating, views

    config = settings.use(config or settings.load())
    log.configure(config.log_level)
    db.connect(config.database_url)
    presets.use(presets.load(settings.shipped("config") / "programmes", config.programmes_dir))
    jobs.wake_after_commit()
    app = Flask(__name__, template_folder=str(settings.shipped("templates")), static_folder=None)
    app.config.from_mapping(_flask_config(config))
    templating.init_app(app)
    views.init_app(app)
    Compress(app)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=templating.STATIC, prefix="static/", max_age=31_536_000, allow_all_origins=False
    )
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _flask_config(config: "Settings") -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_keys[0],
        "SECRET_KEY_FALLBACKS": config.secret_keys[1:],
        "SESSION_COOKIE_NAME": "__Host-circles",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "None",
        "SESSION_COOKIE_PARTITIONED": True,  # or a browser without third-party cookies forgets us in the frame
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": (config.upload_max_mb + 1) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 3,  # from 4 on half a megabyte is cleared for every page, to spare a tenth of its bytes
        "COMPRESS_MIMETYPES": ["text/html", "application/json"],
    }
