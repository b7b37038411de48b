"""administrators look after platforms: what was seen there, self-checks, blocking, keys that wait for their turn"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    _new_tables()
    op.execute("DELETE FROM access_token")  # of which deployment each was is not known; another is asked for
    with op.batch_alter_table("access_token") as table:
        table.add_column(sa.Column("deployment", sa.Text(), nullable=False))
        table.drop_constraint(op.f("uq_access_token_platform_id_scopes"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_access_token_platform_id_deployment_scopes"), ["platform_id", "deployment", "scopes"]
        )
    with op.batch_alter_table("audit_line") as table:
        table.add_column(sa.Column("administrator_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("platform_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_audit_line_platform_id_platform"), "platform", ["platform_id"], ["id"])
        table.create_foreign_key(
            op.f("fk_audit_line_administrator_id_administrator"), "administrator", ["administrator_id"], ["id"]
        )
    op.create_index(op.f("ix_audit_line_administrator_id"), "audit_line", ["administrator_id"])
    op.create_index(op.f("ix_audit_line_platform_id"), "audit_line", ["platform_id"])
    op.add_column("delivery", sa.Column("tried_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deployment", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("invite", sa.Column("approves", sa.Boolean(), nullable=True))
    op.execute("UPDATE invite SET approves = true")
    with op.batch_alter_table("invite") as table:
        table.alter_column("approves", existing_type=sa.Boolean(), nullable=False)
    op.add_column("platform", sa.Column("registration_url", sa.Text(), nullable=True))
    op.add_column("platform", sa.Column("registration_token", sa.Text(), nullable=True))
    op.add_column("platform", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("platform", sa.Column("frame_origins", sa.JSON(), nullable=True))
    op.execute("UPDATE platform SET frame_origins = '[]'")
    with op.batch_alter_table("platform") as table:
        table.alter_column("frame_origins", existing_type=sa.JSON(), nullable=False)
    op.add_column("tool_key", sa.Column("signs_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE tool_key SET signs_since = created_at")  # until now a key signed from its first day


def _new_tables() -> None:
    op.create_table(
        "administrator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_administrator_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_administrator_platform_id_platform")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrator")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_administrator_session_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_administrator_token_hash")),
    )
    op.create_table(
        "self_check",
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_self_check_platform_id_platform")),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_self_check")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_sighting_platform_id_platform")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("platform_id", "kind", "code", name=op.f("uq_sighting_platform_id_kind_code")),
    )


def downgrade() -> None:
    with op.batch_alter_table("tool_key") as table:
        table.drop_column("signs_since")
    with op.batch_alter_table("platform") as table:
        table.drop_column("frame_origins")
        table.drop_column("blocked_at")
        table.drop_column("registration_token")
        table.drop_column("registration_url")
    with op.batch_alter_table("invite") as table:
        table.drop_column("approves")
    with op.batch_alter_table("deployment") as table:
        table.drop_column("blocked_at")
    with op.batch_alter_table("delivery") as table:
        table.drop_column("tried_since")
    op.drop_index(op.f("ix_audit_line_platform_id"), "audit_line")
    op.drop_index(op.f("ix_audit_line_administrator_id"), "audit_line")
    with op.batch_alter_table("audit_line") as table:
        table.drop_constraint(op.f("fk_audit_line_administrator_id_administrator"), type_="foreignkey")
        table.drop_constraint(op.f("fk_audit_line_platform_id_platform"), type_="foreignkey")
        table.drop_column("platform_id")
        table.drop_column("administrator_id")
    op.execute("DELETE FROM access_token")
    with op.batch_alter_table("access_token") as table:
        table.drop_constraint(op.f("uq_access_token_platform_id_deployment_scopes"), type_="unique")
        table.create_unique_constraint(op.f("uq_access_token_platform_id_scopes"), ["platform_id", "scopes"])
        table.drop_column("deployment")
    op.drop_table("sighting")
    op.drop_table("setting")
    op.drop_table("self_check")
    op.drop_table("administrator")
