"""Standing posts, and the titles of those who hold one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "posts"
down_revision = "templates"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "posts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("categories", FACTS, nullable=False),
        sa.Column("wanted", KEY, nullable=False),
        sa.Column("words", sa.String(120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_posts_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    op.create_index("ix_posts_area_id", "posts", ["area_id"])
    with op.batch_alter_table("titles") as table:
        table.add_column(sa.Column("post_id", KEY, nullable=True))
        table.create_foreign_key("fk_titles_post_id", "posts", ["post_id"], ["id"])
    op.create_index("ix_titles_post_id", "titles", ["post_id", "until"])


def downgrade() -> None:
    """Takes it back, with what nobody would understand without posts."""
    op.execute("DELETE FROM outbox WHERE kind = 'post_over'")
    op.execute("DELETE FROM titles WHERE post_id IS NOT NULL")
    op.execute("UPDATE categories SET first = 'volunteer' WHERE first = 'post'")
    op.execute("UPDATE waves SET mode = 'standing' WHERE mode = 'post'")
    op.drop_index("ix_titles_post_id", "titles")
    with op.batch_alter_table("titles") as table:
        table.drop_constraint("fk_titles_post_id", type_="foreignkey")
        table.drop_column("post_id")
    op.drop_table("posts")
