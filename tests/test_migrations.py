"""Every migration goes up, down and up again, and ends exactly where the models are."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from lti_tool import db, migrate
from lti_tool.db import Base
from lti_tool.models import Circle, Course, Deployment, Invite, Meeting, Platform, ToolKey

VERSIONS = migrate.SCRIPTS / "versions"


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def tables_of(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def test_migrations_go_up_and_down_and_up_without_a_difference_to_the_models(engine: sa.Engine) -> None:
    migrate.upgrade(engine)
    assert differences(engine) == []
    assert tables_of(engine) == set(Base.metadata.tables)
    migrate.downgrade(engine, "base")
    assert tables_of(engine) == set()
    migrate.upgrade(engine)
    assert differences(engine) == []


def test_each_step_keeps_what_is_there_up_and_down(engine: sa.Engine) -> None:
    steps = [file.name[:4] for file in sorted(VERSIONS.glob("0*.py"))]
    filled: dict[str, int] = {}
    for step in steps:
        migrate.upgrade(engine, step)
        filled |= fill(engine, but=filled)
    assert set(filled) == set(Base.metadata.tables)
    for step in reversed(steps[:-1]):
        migrate.downgrade(engine, step)
        left = rows_in(engine)
        assert left == {name: 0 if name in SHORT_LIVED else 1 for name in left}
    migrate.upgrade(engine)
    with db.work(read_only=True):
        for model in Base.registry.mappers:
            list(db.session.scalars(sa.select(model.class_)))


def test_what_is_there_is_named_and_goes_on_after_the_upgrade(engine: sa.Engine) -> None:
    migrate.upgrade(engine, "0001")
    fill(engine, but={})
    migrate.upgrade(engine)
    with db.work(read_only=True):
        named = [db.session.scalar(sa.select(one.public_id)) for one in (Circle, Course, Meeting)]
        key = db.session.scalars(sa.select(ToolKey)).one()
        invite = db.session.scalars(sa.select(Invite)).one()
    assert all(named)
    assert len(set(named)) == len(named)
    assert key.signs_since == key.created_at
    assert invite.approves


SHORT_LIVED = {"access_token", "login_state"}  # an upgrade may forget them: they are asked for again


def fill(engine: sa.Engine, *, but: Mapping[str, int]) -> dict[str, int]:
    """One row in each table that is empty, with something in each column that must not be; how many rows each has."""
    found = sa.MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        for table in found.sorted_tables:
            if table.name != "alembic_version" and table.name not in but:
                connection.execute(table.insert().values(_plain_row(table)))
    return rows_in(engine)


def rows_in(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in tables_of(engine)
        }


def _plain_row(table: sa.Table) -> dict[str, Any]:
    plain: dict[type, Any] = {
        sa.Boolean: True,
        sa.Date: date(2026, 11, 2),
        sa.DateTime: datetime(2026, 11, 2, 9, tzinfo=UTC),
        sa.JSON: [],
        sa.Integer: 1,
    }
    return {
        column.name: next((value for kind, value in plain.items() if isinstance(column.type, kind)), "1")
        for column in table.columns
        if not column.nullable
    }


def test_a_column_without_a_migration_is_noticed(tables: sa.Engine) -> None:
    with tables.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE norm DROP COLUMN text")
    assert differences(tables) != []


def test_constraints_have_the_names_of_the_convention(tables: sa.Engine) -> None:
    found = {each["name"] for each in sa.inspect(tables).get_foreign_keys("membership")}
    assert "fk_membership_circle_id_circle" in found


def test_at_head_tells_whether_an_upgrade_is_due(engine: sa.Engine) -> None:
    assert not migrate.at_head(engine)
    migrate.upgrade(engine)
    assert migrate.at_head(engine)
    migrate.downgrade(engine, "base")
    assert not migrate.at_head(engine)


def test_upgrading_again_changes_nothing(tables: sa.Engine) -> None:
    with db.work():
        db.session.add(Platform(name="A", issuer="i", client_id="c", auth_url="u", token_url="u", jwks_url="u"))
        db.session.commit()
    migrate.upgrade(tables)
    with db.work(read_only=True):
        assert db.session.scalar(sa.select(Platform.issuer)) == "i"


def test_an_upgrade_waits_for_one_that_has_only_begun(engine: sa.Engine) -> None:
    second = threading.Thread(target=migrate.upgrade, args=(engine,))
    with migrate._transaction(engine):
        second.start()
        second.join(0.7)
        assert second.is_alive()
    second.join(120)
    assert migrate.at_head(engine)


def test_a_migration_that_breaks_references_on_sqlite_is_undone(as_found: None, tmp_path: Path) -> None:
    engine = db.connect(f"sqlite:///{tmp_path / 'test.db'}")
    migrate.upgrade(engine)
    with pytest.raises(migrate.BrokenReferencesError), migrate._transaction(engine) as config:
        config.attributes["connection"].exec_driver_sql(
            "INSERT INTO course"
            " (id, deployment_id, public_id, context_id, title, grade_scopes, group_numbers, copy_answer)"
            " VALUES (1, 99, 'p', 'x', '', '[]', '[]', '')"
        )
    with db.work(read_only=True):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Course)) == 0
    with db.work():
        db.session.add(Deployment(platform_id=99, deployment_id="references are checked again"))
        with pytest.raises(sa.exc.IntegrityError):
            db.session.flush()


def test_migrations_are_numbered_without_gaps_and_readable() -> None:
    files = sorted(VERSIONS.glob("0*.py"))
    assert [file.name[:4] for file in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert f'revision: str = "{file.name[:4]}"' in text
        assert "lti_tool" not in text, "a migration spells its types out: models change, it does not"


def test_a_draft_is_numbered_and_holds_the_difference(tmp_path: Path) -> None:
    shutil.copytree(
        migrate.SCRIPTS.parent, tmp_path / "lti_tool", ignore=shutil.ignore_patterns("static", "__pycache__")
    )
    norm = tmp_path / "lti_tool/models/circle.py"
    norm.write_text(norm.read_text(encoding="utf-8") + "    why: Mapped[datetime | None]\n", encoding="utf-8")
    words = [sys.executable, "-W", "error", "-m", "lti_tool.migrate", "norms keep a reason"]
    subprocess.run(
        words, check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True
    )
    drafts = sorted((tmp_path / "lti_tool/migrations/versions").glob("*_norms_keep_a_reason.py"))
    assert [file.name[:4] for file in drafts] == [f"{len(list(VERSIONS.glob('0*.py'))) + 1:04}"]
    text = drafts[0].read_text(encoding="utf-8")
    assert "sa.Column('why', sa.DateTime(timezone=True), nullable=True)" in text
    assert "drop_column('why')" in text
    assert "###" not in text
