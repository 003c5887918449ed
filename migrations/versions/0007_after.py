"""Handing on, silent assignees, and what riders are reminded of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "after"
down_revision = "evaluation"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "reminders",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("about", WORD, nullable=False),
        sa.Column("reminded_at", MOMENT, nullable=False),
        sa.Column("answer", WORD),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_reminders_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_reminders_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
        sa.UniqueConstraint("ticket_id", "person_id", "about", name="uq_reminders_ticket_id_person_id_about"),
    )
    op.create_index("ix_reminders_person_id", "reminders", ["person_id"])
    op.create_table(
        "lookouts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("by_id", KEY),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_lookouts_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_lookouts_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lookouts"),
    )
    op.create_index("ix_lookouts_day", "lookouts", ["day", "area_id"])
    op.add_column("offers", sa.Column("purpose", WORD, nullable=False, server_default="task"))
    op.create_index("ix_offers_expiry", "offers", ["state", "expires_at"])
    op.add_column("people", sa.Column("reminded_at", MOMENT))
    op.add_column("tickets", sa.Column("touched_at", MOMENT))
    op.add_column("tickets", sa.Column("asked_at", MOMENT))
    op.create_index("ix_tickets_touched", "tickets", ["state", "touched_at"])
    # Nobody is asked on the first day how tasks go that were accepted long ago.
    op.execute("UPDATE tickets SET touched_at = CURRENT_TIMESTAMP WHERE state = 'accepted'")


def downgrade() -> None:
    """Takes the schema back. Questions to colleagues go, or they would read as offers of the task."""
    op.execute("DELETE FROM offers WHERE purpose <> 'task'")
    op.drop_index("ix_tickets_touched", "tickets")
    op.drop_column("tickets", "asked_at")
    op.drop_column("tickets", "touched_at")
    op.drop_column("people", "reminded_at")
    op.drop_index("ix_offers_expiry", "offers")
    op.drop_column("offers", "purpose")
    for table in ("lookouts", "reminders"):
        op.drop_table(table)
