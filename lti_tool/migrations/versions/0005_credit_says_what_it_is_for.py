"""credit says what it is for, and who decided when the course says otherwise; a column keeps its name"""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.add_column("activity", sa.Column("column_label", sa.Text(), nullable=True))
    op.add_column("activity", sa.Column("column_maximum", sa.Integer(), nullable=True))
    op.add_column("credit", sa.Column("done", sa.JSON(), nullable=True))
    op.add_column("credit", sa.Column("said", sa.JSON(), nullable=True))
    op.add_column("credit", sa.Column("theirs", sa.Boolean(), nullable=True))
    op.execute("UPDATE credit SET done = '[]', said = '[]', theirs = false")
    with op.batch_alter_table("credit") as table:
        table.alter_column("done", existing_type=sa.JSON(), nullable=False)
        table.alter_column("said", existing_type=sa.JSON(), nullable=False)
        table.alter_column("theirs", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("credit") as table:
        table.drop_column("theirs")
        table.drop_column("said")
        table.drop_column("done")
    with op.batch_alter_table("activity") as table:
        table.drop_column("column_maximum")
        table.drop_column("column_label")
