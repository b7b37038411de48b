"""The log holds kinds and numbers; nobody can be read in it."""

import json
import logging
from datetime import UTC, datetime

import pytest

from lti_tool import log

pytestmark = pytest.mark.usefixtures("as_found")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


UNPLAIN = [
    {"person": object()},
    {"facts": {"a": 1}},
    {"ids": [1, 2]},
    {"at": datetime(2026, 3, 5, tzinfo=UTC)},
    {"name": "x"},
    {"token": "x"},
    {"email": "x"},
    {"sub": "x"},
    {"who": "amina@example.org"},
    {"got": "eyJhbGciOi"},
    {"said": "long " * 50},
]


@pytest.mark.parametrize("facts", UNPLAIN, ids=lambda facts: next(iter(facts)))
def test_tests_stop_at_what_does_not_belong_into_a_log(facts: dict[str, object]) -> None:
    log.configure(strict=True)
    with pytest.raises(log.NotPlainError):
        log.get().info("delivery.kept", **facts)


@pytest.mark.parametrize("facts", UNPLAIN, ids=lambda facts: next(iter(facts)))
def test_production_drops_the_value_and_goes_on(facts: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    log.get().info("delivery.kept", attempts=1, **facts)
    [line] = lines(capsys)
    assert line["attempts"] == 1
    assert line[next(iter(facts))] == log.REFUSED


def test_a_sentence_is_no_event(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    log.get().info("Amina shared her entry")
    assert lines(capsys)[0]["event"] == log.REFUSED
    log.configure(strict=True)
    with pytest.raises(log.NotPlainError):
        log.get().info("Amina shared her entry")


def test_a_line_is_json_with_the_id_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(strict=True)
    request = log.begin(path="circles.show")
    log.get("lti_tool.views").info("circle.opened", circle=7, first=True, share=0.5, unit=None)
    log.begin()
    log.get().info("circle.opened")
    first, second = lines(capsys)
    assert first.pop("time")
    assert first == {
        "event": "circle.opened", "level": "info", "request": request, "path": "circles.show",
        "circle": 7, "first": True, "share": 0.5, "unit": None,
    }  # fmt: skip
    assert second["request"] != request
    assert "path" not in second


def test_of_an_exception_only_type_and_place_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(strict=True)
    try:
        int("Amina wrote: my class was loud")
    except ValueError:
        log.get().exception("delivery.broke")
        logging.getLogger("werkzeug").exception("serving %s", "/lti/register/secret")
    ours, library = lines(capsys)
    for line in (ours, library):
        assert line["exception"] == "ValueError"
        assert "test_log.py" in str(line["where"])
        assert "Amina" not in json.dumps(line)
        assert "secret" not in json.dumps(line)
    assert library["template"] == "serving %s"


def test_libraries_speak_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG", strict=True)
    for name in ("werkzeug", "waitress", "alembic.runtime.migration", "huey.consumer", "sqlalchemy.engine"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble with %s", "amina@example.org")
    found = lines(capsys)
    assert [line["template"] for line in found] == ["trouble with %s"] * 5
    assert "amina" not in json.dumps(found)


def test_the_level_is_respected(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("WARNING", strict=True)
    log.get().info("circle.opened")
    log.get().warning("delivery.refused")
    assert [line["event"] for line in lines(capsys)] == ["delivery.refused"]
