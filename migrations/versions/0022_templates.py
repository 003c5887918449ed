"""Which template of a platform a notice goes by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "templates"
down_revision = "waits"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "templates",
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("way", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("setting", sa.String(400), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_templates_by_id"),
        sa.PrimaryKeyConstraint("channel", "way", "kind", name="pk_templates"),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("templates")
