"""Three clocks for every ticket, limits by urgency and level, the duty roster and the alarms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "limits"
down_revision = "merging"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)

CLOCKS = ("accept_by", "finish_by", "warn_at", "missed_at", "held_at")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("categories", sa.Column("limits_by", FACTS, nullable=False, server_default="{}"))
    for name in CLOCKS:
        op.add_column("tickets", sa.Column(name, MOMENT))
    op.add_column("tickets", sa.Column("limit", WORD))
    op.create_index("ix_tickets_warn", "tickets", ["warn_at"])
    # What ran until now goes on running under its own name; what was noted as over and still waits is noted anew.
    op.execute(
        "UPDATE tickets SET due_at = warned_at, warned_at = NULL "
        "WHERE due_at IS NULL AND warned_at IS NOT NULL AND state IN ('new', 'offered', 'accepted', 'assigned')"
    )
    op.execute(
        "UPDATE tickets SET accept_by = due_at, \"limit\" = 'accept' "
        "WHERE state IN ('new', 'offered') AND due_at IS NOT NULL"
    )
    op.execute(
        "UPDATE tickets SET finish_by = due_at, \"limit\" = 'finish' "
        "WHERE state IN ('accepted', 'assigned') AND due_at IS NOT NULL"
    )
    op.create_table(
        "duties",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("weekday", KEY),
        sa.Column("day", sa.Date()),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("second_id", KEY),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_duties_area_id"),
        sa.ForeignKeyConstraint(["first_id"], ["people.id"], name="fk_duties_first_id"),
        sa.ForeignKeyConstraint(["second_id"], ["people.id"], name="fk_duties_second_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duties"),
    )
    op.create_index("ix_duties_area", "duties", ["area_id", "weekday", "day"])
    op.create_table(
        "alarms",
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("stage", KEY, nullable=False),
        sa.Column("rounds", KEY, nullable=False),
        sa.Column("second_told", sa.Boolean(), nullable=False),
        sa.Column("next_at", MOMENT),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_alarms_ticket_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_next", "alarms", ["next_at"])


def downgrade() -> None:
    """Takes the schema back to the revision before."""
    op.drop_table("alarms")
    op.drop_table("duties")
    op.drop_index("ix_tickets_warn", "tickets")
    with op.batch_alter_table("tickets") as tickets:
        for name in (*CLOCKS, "limit"):
            tickets.drop_column(name)
    with op.batch_alter_table("categories") as categories:
        categories.drop_column("limits_by")
