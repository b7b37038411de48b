"""Every setting is documented where administrators look, and a wrong one is told in a sentence."""

import os
import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from lti_tool import settings
from lti_tool.settings import Settings, SettingsError

TOP = Path(__file__).resolve().parent.parent
EXAMPLE = (TOP / "config/example.env").read_text(encoding="utf-8")
MANUAL = (TOP / "docs/configuration.md").read_text(encoding="utf-8")
NAMES = {f"LTI_TOOL_{name.upper()}": field for name, field in Settings.model_fields.items()}
SECRET = "a secret for tests, thirty-two characters long"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is needed is set."""
    for name in [name for name in os.environ if name.startswith("LTI_TOOL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", "https://circles.example.org")
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY", SECRET)


def as_written(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_names_each_setting_with_its_sentence_and_default(name: str) -> None:
    field = NAMES[name]
    found = re.search(rf"^# {re.escape(str(field.description))}\n(#?){name}=(.*)$", EXAMPLE, re.MULTILINE)
    assert found, f"config/example.env says nothing, or something else, of {name}"
    needed = field.default is PydanticUndefined
    assert found[1] == ("" if needed else "#")
    if not needed:
        assert found[2] == as_written(field.default)


@pytest.mark.parametrize("name", NAMES)
def test_the_manual_explains_each_setting_with_its_default(name: str) -> None:
    default = NAMES[name].default
    shown = "needed" if default is PydanticUndefined else f"`{as_written(default)}`" if as_written(default) else "empty"
    assert f"\n| `{name}` | {shown} | " in MANUAL


def test_nothing_is_documented_that_does_not_exist() -> None:
    known = {*NAMES, "LTI_TOOL_SECRET_KEY_FILE"}
    assert set(re.findall(r"LTI_TOOL_[A-Z_]+", EXAMPLE + MANUAL)) <= known


def test_the_defaults_are_those_of_production() -> None:
    here = settings.load()
    assert not here.allow_private_platforms
    assert here.rate_limits
    assert here.proxy_hops == 0


def test_what_is_missing_is_said_in_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTI_TOOL_PUBLIC_URL")
    monkeypatch.delenv("LTI_TOOL_SECRET_KEY")
    with pytest.raises(SettingsError) as caught:
        settings.load()
    lines = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["LTI_TOOL_PUBLIC_URL", "LTI_TOOL_SECRET_KEY"]
    assert all(" is not set. " in line for line in lines)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PROGRAMMES_DIR", "")
    monkeypatch.setenv("LTI_TOOL_THREADS", "")
    assert settings.load().programmes_dir is None
    assert settings.load().threads == 4


@pytest.mark.parametrize(
    "address",
    [
        "http://circles.example.org",
        "https://circles.example.org/tool",
        "https://someone@circles.example.org",
        "https://circles.example.org?x=1",
        "circles.example.org",
        "http://127.0.0.1:8000",
        "https://circles.example.org:port",
        "https://circles.example.org:99999",
        "https://[::1",
        "https://circles example.org",
    ],
)
def test_an_address_that_cannot_work_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", address)
    with pytest.raises(SettingsError, match=r"^LTI_TOOL_PUBLIC_URL: must be"):
        settings.load()


@pytest.mark.parametrize("address", ["https://circles.example.org/", "http://localhost:8000"])
def test_an_address_that_works_is_taken_without_its_slash(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", address)
    assert settings.load().url("/lti/login") == address.rstrip("/") + "/lti/login"


@pytest.mark.parametrize("name", ["LTI_TOOL_SECRET_KEY", "LTI_TOOL_SECRET_KEY_FALLBACKS"])
def test_a_short_key_is_refused_and_not_repeated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "tooshort")
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert re.search(r"32 (random )?characters", str(caught.value))
    assert "tooshort" not in str(caught.value)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("another secret, thirty-two characters\n", encoding="utf-8")
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert settings.load().secret_keys == ["another secret, thirty-two characters"]
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match="LTI_TOOL_SECRET_KEY_FILE: No such file"):
        settings.load()


def test_secrets_do_not_show() -> None:
    assert SECRET not in repr(settings.load())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Circles.Example.org/", "https://circles.example.org"),
        ("HTTPS://circles.example.org:443", "https://circles.example.org"),
        ("https://circles.example.org:8443", "https://circles.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_the_public_address_is_kept_as_a_browser_says_it(
    monkeypatch: pytest.MonkeyPatch, written: str, kept: str
) -> None:
    """Or an older browser's Origin would be another one, and every form refused."""
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", written)
    assert settings.load().public_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "nonsense", "circles.db", "mysql://me@db/circles", "postgres://me@db/circles", "postgresql+psycopg2://me@db/x",
        "postgresql+psycopg://me:hidden@db:port/circles", "sqlite://", "sqlite:///:memory:",
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_used_is_refused_in_a_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", url)
    with pytest.raises(SettingsError, match=r"^LTI_TOOL_DATABASE_URL: must (be sqlite:///FILE|name a file)") as caught:
        settings.load()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:///c.db", "postgresql://me@/c", "postgresql+psycopg://me:p%40ss@db:5432/c"])
def test_a_database_of_ours_is_taken_as_written(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", url)
    assert settings.load().database_url == url


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RATE_LIMITS", "maybe", "LTI_TOOL_RATE_LIMITS must be on or off."),
        ("THREADS", "many", "LTI_TOOL_THREADS must be a whole number."),
        ("THREADS", "0", "LTI_TOOL_THREADS must be at least 1."),
        ("PROXY_HOPS", "9", "LTI_TOOL_PROXY_HOPS must be at most 5."),
        ("LOG_LEVEL", "loud", "LTI_TOOL_LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'."),
        ("SECRET_KEY_FALLBACKS", "s", "LTI_TOOL_SECRET_KEY_FALLBACKS: every key in it needs at least 32 characters"),
    ],
)
def test_what_is_wrong_is_said_in_an_administrators_words(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LTI_TOOL_{name}", value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert str(caught.value) == sentence


def test_the_log_level_is_taken_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_LOG_LEVEL", "info")
    assert settings.load().log_level == "INFO"


def test_a_slip_of_the_pen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PROXY_HOP", "1")
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY_FILE", "")
    assert settings.unknown() == ["LTI_TOOL_PROXY_HOP"]
