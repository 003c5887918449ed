"""One way for lists: stations wait for their yes like every other, and a title knows of which last day its holder knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "lists"
down_revision = "wishes"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.drop_table("station_sheets")
    op.add_column("titles", sa.Column("warned_for", sa.Date()))


def downgrade() -> None:
    """Takes it back; a list that waited for its yes is uploaded again."""
    op.drop_column("titles", "warned_for")
    op.create_table(
        "station_sheets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", FACTS, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_station_sheets_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_station_sheets"),
    )
    op.create_index("ix_station_sheets_by_id", "station_sheets", ["by_id"])
