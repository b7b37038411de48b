"""activities open what their author chose; pages open outside the frame; a login remembers how it is kept"""

import secrets

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
LINKED = ("circle", "meeting")


def upgrade() -> None:
    for name in LINKED:
        op.add_column(name, sa.Column("public_id", sa.Text(), nullable=True))
        _name(name)
        with op.batch_alter_table(name) as table:
            table.alter_column("public_id", existing_type=sa.Text(), nullable=False)
            table.create_unique_constraint(op.f(f"uq_{name}_public_id"), ["public_id"])
    op.execute("DELETE FROM login_state")  # ten minutes' worth; whoever was on her way opens the activity again
    with op.batch_alter_table("login_state") as table:
        table.add_column(sa.Column("storage", sa.Text(), nullable=False))
        table.add_column(sa.Column("asked", sa.JSON(), nullable=False))
    op.add_column("visit", sa.Column("administers", sa.Boolean(), nullable=True))
    op.execute("UPDATE visit SET administers = false")
    with op.batch_alter_table("visit") as table:
        table.alter_column("administers", existing_type=sa.Boolean(), nullable=False)
        table.drop_column("return_url")  # a session key of Moodle may lie in it
    op.create_table(
        "outside_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_outside_link_visit_id_visit"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_outside_link")),
    )
    op.create_index(op.f("ix_outside_link_expires_at"), "outside_link", ["expires_at"])
    op.create_index(op.f("ix_outside_link_visit_id"), "outside_link", ["visit_id"])
    op.create_table(
        "picking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_picking_visit_id_visit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picking")),
    )
    op.create_index(op.f("ix_picking_expires_at"), "picking", ["expires_at"])
    op.create_index(op.f("ix_picking_visit_id"), "picking", ["visit_id"])


def _name(name: str) -> None:
    table = sa.table(name, sa.column("id", sa.Integer), sa.column("public_id", sa.Text))
    for number in op.get_bind().scalars(sa.select(table.c.id)).all():
        op.execute(table.update().where(table.c.id == number).values(public_id=secrets.token_urlsafe(12)))


def downgrade() -> None:
    op.drop_table("picking")
    op.drop_table("outside_link")
    with op.batch_alter_table("visit") as table:
        table.add_column(sa.Column("return_url", sa.Text(), nullable=True))
        table.drop_column("administers")
    with op.batch_alter_table("login_state") as table:
        table.drop_column("asked")
        table.drop_column("storage")
    for name in LINKED:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"uq_{name}_public_id"), type_="unique")
            table.drop_column("public_id")
