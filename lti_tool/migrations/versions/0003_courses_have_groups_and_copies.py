"""courses have groups, copies and places kept for who is on their list; platforms tell of copies by notices"""

import secrets

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    _new_tables()
    op.add_column("deployment", sa.Column("notices_url", sa.Text(), nullable=True))
    op.add_column("deployment", sa.Column("notices_wanted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("circle", sa.Column("anew_put_away_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("activity", sa.Column("people_read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("activity", sa.Column("for_some", sa.Boolean(), nullable=True))
    op.execute("UPDATE activity SET for_some = false")
    with op.batch_alter_table("activity") as table:
        table.alter_column("for_some", existing_type=sa.Boolean(), nullable=False)
    op.add_column("enrolment", sa.Column("groups_known", sa.Boolean(), nullable=True))
    op.execute("UPDATE enrolment SET groups_known = false")
    with op.batch_alter_table("enrolment") as table:
        table.alter_column("groups_known", existing_type=sa.Boolean(), nullable=False)
    for name in ("roster_shrunk_at", "groups_read_at", "launched_at"):
        op.add_column("course", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("groups_url", "group_sets_url", "public_id", "copy_answer"):
        op.add_column("course", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("course", sa.Column("group_numbers", sa.JSON(), nullable=True))
    op.add_column("course", sa.Column("copied_from_id", sa.Integer(), nullable=True))
    op.execute("UPDATE course SET copy_answer = '', group_numbers = '[]'")
    _name_courses()
    with op.batch_alter_table("course") as table:
        table.alter_column("public_id", existing_type=sa.Text(), nullable=False)
        table.alter_column("copy_answer", existing_type=sa.Text(), nullable=False)
        table.alter_column("group_numbers", existing_type=sa.JSON(), nullable=False)
        table.create_unique_constraint(op.f("uq_course_public_id"), ["public_id"])
        table.create_foreign_key(op.f("fk_course_copied_from_id_course"), "course", ["copied_from_id"], ["id"])


def _new_tables() -> None:
    op.create_table(
        "course_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("set_key", sa.Text(), nullable=False),
        sa.Column("set_name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_group_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_group")),
        sa.UniqueConstraint("course_id", "key", name=op.f("uq_course_group_course_id_key")),
    )
    op.create_table(
        "kept_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_kept_place_circle_id_circle")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_kept_place_course_id_course")),
        sa.ForeignKeyConstraint(["kept_by"], ["person.id"], name=op.f("fk_kept_place_kept_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_place_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_place")),
        sa.UniqueConstraint("circle_id", "person_id", name=op.f("uq_kept_place_circle_id_person_id")),
    )
    op.create_index(op.f("ix_kept_place_person_id"), "kept_place", ["person_id"])
    op.create_table(
        "seen_notice",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seen_notice")),
    )
    op.create_index(op.f("ix_seen_notice_expires_at"), "seen_notice", ["expires_at"])


def _name_courses() -> None:
    course = sa.table("course", sa.column("id", sa.Integer), sa.column("public_id", sa.Text))
    for number in op.get_bind().scalars(sa.select(course.c.id)).all():
        op.execute(course.update().where(course.c.id == number).values(public_id=secrets.token_urlsafe(12)))


def downgrade() -> None:
    with op.batch_alter_table("course") as table:
        table.drop_constraint(op.f("fk_course_copied_from_id_course"), type_="foreignkey")
        table.drop_constraint(op.f("uq_course_public_id"), type_="unique")
        for name in (
            "copied_from_id", "group_numbers", "copy_answer", "public_id", "group_sets_url", "groups_url",
            "launched_at", "groups_read_at", "roster_shrunk_at",
        ):  # fmt: skip
            table.drop_column(name)
    with op.batch_alter_table("enrolment") as table:
        table.drop_column("groups_known")
    with op.batch_alter_table("activity") as table:
        table.drop_column("for_some")
        table.drop_column("people_read_at")
    with op.batch_alter_table("circle") as table:
        table.drop_column("anew_put_away_at")
    with op.batch_alter_table("deployment") as table:
        table.drop_column("notices_wanted_at")
        table.drop_column("notices_url")
    op.drop_table("seen_notice")
    op.drop_table("kept_place")
    op.drop_table("course_group")
