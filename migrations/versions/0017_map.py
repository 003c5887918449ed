"""The map: where areas end, and the index that finds the tickets within a frame."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "map"
down_revision = "figures"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "outlines",
        sa.Column("area_id", KEY, nullable=False, autoincrement=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("size", sa.Double(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("by_id", KEY),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_outlines_area_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_outlines_by_id"),
        sa.PrimaryKeyConstraint("area_id", name="pk_outlines"),
    )
    op.create_index("ix_outlines_box", "outlines", ["south", "north", "west", "east"])
    placed = sa.text("lat IS NOT NULL")
    op.create_index("ix_tickets_spot", "tickets", ["lat", "lng"], sqlite_where=placed, postgresql_where=placed)


def downgrade() -> None:
    """Takes the schema back: outlines are lost."""
    op.drop_index("ix_tickets_spot", "tickets")
    op.drop_table("outlines")
