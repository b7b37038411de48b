"""Every setting, from the environment alone. A default here is right for production and no secret, or there is none.

A secret may come from a file: `LTI_TOOL_SECRET_KEY_FILE=/run/secrets/key` instead of `LTI_TOOL_SECRET_KEY`.
"""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "LTI_TOOL_"
READ_PAST = 4  # times the size of the largest file that is taken
HERE = Path(__file__).resolve().parent
HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+", re.IGNORECASE)  # as a browser says it: other letters as xn--…
DATABASES = {"sqlite", "postgresql", "postgresql+psycopg"}
SAID = {  # pydantic's kinds of faults in an administrator's words
    "bool_parsing": "must be on or off",
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def shipped(name: Literal["templates", "config"]) -> Path:
    """The folder `templates` or `config`: inside the installed package, else at the top of the checkout."""
    packed = HERE / f"_{name}"
    return packed if packed.is_dir() else HERE.parent / name


class SettingsError(Exception):
    """The settings do not allow a start; the text says which and why, one per line."""


class Settings(BaseSettings):
    """What an installation decides. The descriptions are the documentation (`config/example.env` is held to them)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///var/circles.db",
        description="Where everything is kept: sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    public_url: str = Field(
        description="The address teachers' browsers and the LMS use, without a path: https://…, or http://localhost:PORT."
    )
    secret_key: SecretStr = Field(
        min_length=32,
        description="At least 32 random characters; signs sessions and encrypts keys and tokens in the database.",
    )
    secret_key_fallbacks: str = Field(
        "", description="Earlier secret keys, separated by spaces, still accepted after the secret key was changed."
    )
    data_dir: Path = Field(Path("var"), description="Folder for uploaded files and the wake-up queue of the worker.")
    programmes_dir: Path | None = Field(
        None, description="Folder with this installation's own programme files, read beside the ones we ship."
    )
    allow_private_platforms: bool = Field(
        False,
        description="Permits platforms on http and on private addresses, both together. Only for a laboratory.",
    )
    rate_limits: bool = Field(
        True, description="Limits logins, notices, registrations and admin links per address; off only for load tests."
    )
    proxy_hops: int = Field(
        0, ge=0, le=5, description="How many reverse proxies in front of the tool set X-Forwarded-* headers."
    )
    threads: int = Field(4, ge=1, le=64, description="Threads of the web server.")
    session_hours: int = Field(10, ge=1, le=48, description="How long a launch stays signed in, in hours.")
    key_days: int = Field(
        90, ge=0, le=3650, description="A new signing key is made after so many days; 0 leaves it to `lti-tool keys`."
    )
    key_lead_days: int = Field(
        7, ge=0, le=90, description="How many days a new signing key is published before it signs."
    )
    upload_max_mb: int = Field(12, ge=1, le=100, description="Largest picture or PDF that is accepted, in MB.")
    hosted_at: str = Field(
        "", description="Where the data lies and who answers for it, a sentence for teachers on the privacy page."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")

    @field_validator("public_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        value = value.rstrip("/")
        try:
            parts = urlsplit(value)
            whole = bool(HOST.fullmatch(parts.hostname or "")) and parts.port != 0
        except ValueError:  # half an IPv6 address, a port that is none
            whole = False
        if not whole or parts.path or parts.query or parts.fragment or parts.username:
            raise ValueError("must be an address without a path, like https://circles.example.org")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "localhost"):
            raise ValueError(
                "must begin with https:// (or http://localhost): browsers refuse our cookie in an LMS page otherwise"
            )
        # as a browser says it in Origin, with which every form is compared
        return f"{parts.scheme}://{parts.netloc.lower()}".removesuffix(":443" if parts.scheme == "https" else ":80")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ValueError, ArgumentError):
            url = None
        if url is None or url.drivername not in DATABASES:
            raise ValueError(
                "must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME, with the signs @ : / % of a "
                "password written %40 %3A %2F %25"
            )
        if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
            raise ValueError("must name a file, like sqlite:////var/lib/learning-circles/circles.db")
        return value

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if any(len(key) < 32 for key in value.split()):
            raise ValueError("every key in it needs at least 32 characters")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @cached_property
    def secret_keys(self) -> list[str]:
        """The key that signs now, then the ones still accepted."""
        return [self.secret_key.get_secret_value(), *self.secret_key_fallbacks.split()]

    @property
    def largest_file(self) -> int:
        """Of a picture or PDF, in bytes."""
        return self.upload_max_mb * 1_000_000

    @property
    def longest_request(self) -> int:
        """Bytes that are read: more than the largest file that is taken, or the text sent with a larger one is lost."""
        return READ_PAST * self.largest_file

    def url(self, path: str) -> str:
        """The public address of a path of ours."""
        return self.public_url + path


_current: Settings | None = None


def use(settings: Settings) -> Settings:
    """Make these the settings of this process."""
    global _current  # noqa: PLW0603 (one installation per process)
    _current = settings
    return settings


def current() -> Settings:
    """The settings of this process; RuntimeError before `use`."""
    if _current is None:
        raise RuntimeError("settings.use() was not called")
    return _current


def load() -> Settings:
    """Read the settings from the environment, or raise SettingsError with one plain sentence per fault."""
    from_files: dict[str, Any] = {}
    for name in Settings.model_fields:
        file = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
        if file:
            try:
                from_files[name] = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{PREFIX}{name.upper()}_FILE: {error.strerror}: {file}") from error
    try:
        return Settings(**from_files)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault) for fault in error.errors())) from None


def _sentence(fault: object) -> str:
    assert isinstance(fault, dict)  # noqa: S101 (pydantic's ErrorDetails)
    name = PREFIX + str(fault["loc"][0]).upper()
    if fault["type"] == "missing":
        return f"{name} is not set. {Settings.model_fields[str(fault['loc'][0])].description}"
    if fault["type"] == "too_short":
        return f"{name} is too short. {Settings.model_fields[str(fault['loc'][0])].description}"
    if fault["type"] in SAID:
        return f"{name} {SAID[fault['type']].format(**fault.get('ctx', {}))}."
    return f"{name}: {str(fault['msg']).removeprefix('Value error, ')}"


def unknown() -> list[str]:
    """Variables that look like settings and are none, so that a slip of the pen is not taken for a setting."""
    known = {f"{PREFIX}{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
