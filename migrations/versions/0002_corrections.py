"""Corrections of what was understood, and what the assistant answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "corrections"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "corrections",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("words_id", KEY),
        sa.Column("before_category", sa.String(40), nullable=False),
        sa.Column("after_category", sa.String(40), nullable=False),
        sa.Column("before_kind", WORD, nullable=False),
        sa.Column("after_kind", WORD, nullable=False),
        sa.Column("before_urgency", WORD, nullable=False),
        sa.Column("after_urgency", WORD, nullable=False),
        sa.Column("understood", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("model", sa.String(20), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_corrections_ticket_id"),
        sa.ForeignKeyConstraint(["words_id"], ["ticket_words.id"], name="fk_corrections_words_id"),
        sa.ForeignKeyConstraint(["before_category"], ["categories.code"], name="fk_corrections_before_category"),
        sa.ForeignKeyConstraint(["after_category"], ["categories.code"], name="fk_corrections_after_category"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_ticket_id", "corrections", ["ticket_id"])
    op.create_index("ix_corrections_at", "corrections", ["at"])
    op.create_table(
        "assistant_answers",
        sa.Column("ticket_id", KEY, autoincrement=False, nullable=False),
        sa.Column("tries", KEY, nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(40)),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_assistant_answers_ticket_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_assistant_answers_category"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_assistant_answers"),
    )


def downgrade() -> None:
    """Takes the schema back to the one before."""
    op.drop_table("assistant_answers")
    op.drop_table("corrections")
