"""circles choose when words arrive and whether credit waits for a yes; nobody reads what was said before to others"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
SWITCHES = {"circle": ("credit_confirmed", "feedback_at_meeting"), "feedback": ("at_meeting", "waits", "read_shown")}


def upgrade() -> None:
    op.add_column("membership", sa.Column("reviews_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inquiry_author", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credit", sa.Column("earned", sa.Integer(), nullable=True))
    op.add_column("credit", sa.Column("earned_done", sa.JSON(), nullable=True))
    op.execute("UPDATE credit SET earned = met, earned_done = done")
    with op.batch_alter_table("credit") as table:
        table.alter_column("earned", existing_type=sa.Integer(), nullable=False)
        table.alter_column("earned_done", existing_type=sa.JSON(), nullable=False)
    for name, switches in SWITCHES.items():
        for switch in switches:
            op.add_column(name, sa.Column(switch, sa.Boolean(), nullable=True))
            op.execute(f"UPDATE {name} SET {switch} = false")  # noqa: S608 (names of ours, above)
        with op.batch_alter_table(name) as table:
            for switch in switches:
                table.alter_column(switch, existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    for name, switches in SWITCHES.items():
        with op.batch_alter_table(name) as table:
            for switch in switches:
                table.drop_column(switch)
    with op.batch_alter_table("credit") as table:
        table.drop_column("earned_done")
        table.drop_column("earned")
    with op.batch_alter_table("inquiry_author") as table:
        table.drop_column("since")
    with op.batch_alter_table("membership") as table:
        table.drop_column("reviews_since")
