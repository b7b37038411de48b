"""What a start says of the settings: which of them changed, by name; never a value, never a secret."""

import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.models import AuditLine, Setting
from lti_tool.services import settings as kept
from lti_tool.settings import Settings


def started(here: Settings) -> list[str]:
    with db.work() as unit:
        changed = kept.note_changes(here)
        unit.commit()
    return changed


def test_changes_are_named_and_no_value_is_kept(app: Flask, settings: Settings) -> None:
    assert started(settings) == started(settings) == []
    other = settings.model_copy(update={"threads": 9, "log_level": "ERROR"})
    assert started(other) == ["log_level", "threads"]
    assert started(other) == []
    with db.work(read_only=True) as unit:
        line = unit.scalars(sa.select(AuditLine)).one()
        rows = {one.name: one.digest for one in unit.scalars(sa.select(Setting))}
    assert (line.verb, line.facts) == ("settings.changed", {"changed": "log_level threads"})
    assert str(settings.data_dir) not in str(rows)


def test_secrets_are_not_even_digested(app: Flask, settings: Settings) -> None:
    started(settings)
    with db.work(read_only=True) as unit:
        names = set(unit.scalars(sa.select(Setting.name)))
    assert names.isdisjoint({"secret_key", "secret_key_fallbacks", "database_url"})
    assert "public_url" in names
