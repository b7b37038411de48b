"""Open edX's LTI platform on a free port of this machine, until the process is ended.

    python -m tests.openedx.platform FOLDER

with the python of an environment made from `requirements.lock`. It says its address in one line, once it answers.
"""

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


class Server(ThreadingMixIn, WSGIServer):
    """Several requests at once, as people launch."""

    daemon_threads = True
    request_queue_size = 64


class Quiet(WSGIRequestHandler):
    """Writes down what was asked instead of printing it."""

    def log_request(self, *_facts: object) -> None:
        """One line for each request."""
        from tests.openedx.lms import ASKED

        ASKED.append(self.requestline.rsplit(" ", 1)[0])


def configure(base: str, folder: Path) -> None:
    """Django's settings, those of an LMS where its LTI package asks for them."""
    settings.configure(
        SECRET_KEY="for tests on this machine alone",
        ALLOWED_HOSTS=["127.0.0.1"],
        USE_TZ=True,
        ROOT_URLCONF="tests.openedx.lms",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "openedx.db",
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous=OFF"},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            "django_filters",
            "config_models",
            "lti_consumer",
            "tests.openedx",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            "edx_django_utils.cache.middleware.RequestCacheMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "edx_django_utils.cache.middleware.TieredCacheMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
        LMS_ROOT_URL=base,
        LMS_BASE=base.removeprefix("http://"),
        LEARNING_MICROFRONTEND_URL=base,
        PLATFORM_NAME="Open edX of the tests",
        FEATURES={},
        OPENEDX_TELEMETRY=[],
        SERVICE_VARIANT="lms",
        REST_FRAMEWORK={"PAGE_SIZE": 10},
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"errors": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["errors"], "level": "WARNING"},
        },
    )
    django.setup()


def main(folder: Path) -> None:
    """Serve until ended."""
    server = make_server("127.0.0.1", 0, lambda *_: [], Server, Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    configure(base, folder)
    call_command("migrate", verbosity=0, run_syncdb=True)
    server.set_app(get_wsgi_application())
    sys.stdout.write(f"{base}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
