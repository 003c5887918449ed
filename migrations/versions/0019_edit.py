"""Editing: areas that are closed, uploaded lists, guides, own days, codes of places, and how often settings changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "edit"
down_revision = "counter"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FACTS = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("areas", sa.Column("closed_at", MOMENT))
    op.create_table(
        "editions",
        sa.Column("id", KEY, nullable=False, autoincrement=False),
        sa.Column("number", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("rows", FACTS, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_uploads_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_by_id", "uploads", ["by_id"])
    op.create_table(
        "guides",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("title", sa.String(40), nullable=False),
        sa.Column("words", FACTS, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", FACTS, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_guides_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guides"),
    )
    op.create_index("ix_guides_area_id", "guides", ["area_id"])
    op.create_table(
        "own_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_own_days"),
    )
    op.create_table(
        "place_codes",
        sa.Column("area_id", KEY, nullable=False, autoincrement=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_place_codes_area_id"),
        sa.PrimaryKeyConstraint("area_id", "channel", name="pk_place_codes"),
    )


def downgrade() -> None:
    """Takes it back."""
    for table in ("place_codes", "own_days", "guides", "uploads", "editions"):
        op.drop_table(table)
    op.drop_column("areas", "closed_at")
