"""One JSON line per event, to stderr. Kinds and numbers only; never a token, a name, an address or a text.

An event is a fixed word, its facts are plain values: `log.info("delivery.kept", delivery=7)`. What is not plain is
refused: under `strict` (tests) by an exception, otherwise the value is replaced by a mark. Libraries log through the
same door; of their sentences only the template is written, because what they fill in may be a person's. Of an exception
only its type and place are written, for the same reason.
"""

import logging
import re
import secrets
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

REFUSED = "[refused]"
PLAIN = (str, int, float, bool, type(None))
TELLING = frozenset({
    "address", "body", "comment", "cookie", "email", "e_mail", "form", "id_token", "key", "mail", "name", "nonce",
    "password", "payload", "query", "secret", "state", "sub", "text", "title", "token", "url",
})  # fmt: skip
OURS = frozenset({"event", "level", "time", "logger", "exc_info", "exception", "where", "template"})
LONGEST = 200
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
QUIET = ("alembic", "huey", "pylti1p3", "sqlalchemy", "urllib3", "waitress", "werkzeug")


class NotPlainError(ValueError):
    """Something was logged that does not belong into a log."""


def configure(level: str = "INFO", *, strict: bool = False) -> None:
    """Send every log line of this process to stderr as JSON; `strict` raises where a value is not plain."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            _Gate(strict=strict),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _ToStderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _foreign],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception,
                structlog.processors.JSONRenderer(),
            ],
            use_get_message=False,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def get(name: str = "lti_tool") -> structlog.stdlib.BoundLogger:
    """The log, as seen from one module."""
    return structlog.stdlib.get_logger(name)


def begin(**facts: str | int) -> str:
    """Give every following line of this request or job a new id and these facts; hand out the id."""
    request = secrets.token_hex(6)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request, **facts)
    return request


class _ToStderr(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except OSError:  # nobody reads any more; a log line is no reason to stop
            self.handleError(record)


class _Gate:
    """Lets plain facts through and nothing else."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        for name in [name for name in event if name not in OURS]:
            if fault := _fault(name, event[name]):
                self._refuse(fault)
                event[name] = REFUSED
        if not isinstance(event["event"], str) or not EVENT.fullmatch(event["event"]):
            self._refuse("an event is a fixed word such as delivery.deferred; put what varies into facts")
            event["event"] = REFUSED
        return event

    def _refuse(self, fault: str) -> None:
        if self.strict:
            raise NotPlainError(fault)


def _fault(name: str, value: object) -> str:
    if name in TELLING:
        return f"{name} does not belong into a log"
    if type(value) not in PLAIN:
        return f"{name} is a {type(value).__name__}, no plain value"
    if isinstance(value, str) and (len(value) > LONGEST or "@" in value or value.startswith("eyJ")):
        return f"{name} looks like a text, an address or a token"
    return ""


def _foreign(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's line: who spoke and its sentence with the blanks left blank."""
    record: logging.LogRecord = event["_record"]
    return {
        **event,
        "event": "library",
        "logger": record.name,
        "template": str(record.msg)[:LONGEST] if isinstance(record.msg, str) else type(record.msg).__name__,
    }


def _exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put the type and the place of an exception instead of its words, which may quote what somebody wrote."""
    given: Any = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["where"] = _places(error.__traceback__)
    return event


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-8:]
    return " > ".join(f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames)
