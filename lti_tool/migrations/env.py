"""What alembic runs: our tables, on the connection that `lti_tool.migrate` opened."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

import lti_tool.models  # noqa: F401 (fills the metadata)
from lti_tool.db import Base, UTCDateTime


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Spell our own types as plain ones, so that a migration never changes when the models do."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _shape(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write an index as one line; an index goes with its table and needs no line of its own."""
    for script in directives:
        gone = {step.table_name for step in script.downgrade_ops.ops if isinstance(step, ops.DropTableOp)}
        script.upgrade_ops.ops = _flat(script.upgrade_ops.ops)
        script.downgrade_ops.ops = [
            step
            for step in _flat(script.downgrade_ops.ops)
            if not (isinstance(step, ops.DropIndexOp) and step.table_name in gone)
        ]


def _flat(steps: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for step in steps:
        inner = step.ops if isinstance(step, ops.ModifyTableOps) else []
        only_indexes = inner and all(isinstance(each, ops.CreateIndexOp | ops.DropIndexOp) for each in inner)
        flat += inner if only_indexes else [step]
    return flat


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by rebuilding it
    compare_type=True,
    render_item=_render,
    process_revision_directives=_shape,
)
with context.begin_transaction():
    context.run_migrations()
