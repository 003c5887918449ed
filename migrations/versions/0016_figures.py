"""Figures: sums of days and months with everything that is counted, whether the limit for finishing was kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "figures"
down_revision = "desk"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COUNTED = (
    "satisfied solved_only unsolved set_aside withdrawn_after own_work announced silent unreachable waiting not_asked "
    "in_time by_call merged withdrawn rejected part pushed_down finish_kept finish_late unclear corrected arrived "
    "wave_1_asked wave_1_taken wave_2_asked wave_2_taken wave_3_asked wave_3_taken minutes served first_right "
    "first_wrong first_still first_disputed first_over party_finished party_kept party_late party_judged "
    "party_returned"
)
HOURS = tuple(f"hour_{hour:02}" for hour in range(24))
COLUMNS = (*COUNTED.split(), *HOURS)

MINUTES = sa.text("unit = 'minutes'")

KEPT = """
UPDATE results SET finish_in_time = (
  SELECT results.finished_at <= tickets.finish_by FROM tickets WHERE tickets.id = results.ticket_id)
WHERE EXISTS (SELECT 1 FROM tickets WHERE tickets.id = results.ticket_id AND tickets.reopened = results.round)
"""
"""Of a ticket's last result the limit is still known; those before it had limits that were counted anew since."""


def upgrade() -> None:
    """Brings the schema up to this revision. The job writes the sums, the latest days first (scheduler/jobs.py);
    until then the figures are counted.
    """
    op.add_column("results", sa.Column("finish_in_time", sa.Boolean()))
    op.execute(KEPT)
    op.drop_index("ix_result_days_day", "result_days")
    op.drop_table("result_days")
    op.execute("DELETE FROM summed_days")
    op.create_table(
        "figure_sums",
        sa.Column("id", KEY, nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("month", sa.Boolean(), nullable=False),
        sa.Column("area_id", KEY),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("party_id", KEY),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in COLUMNS),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_figure_sums_area_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_figure_sums_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_figure_sums"),
    )
    op.create_index("ix_figure_sums_start", "figure_sums", ["month", "start"])
    op.create_index("ix_figure_sums_area", "figure_sums", ["area_id", "month", "start"])
    op.create_table(
        "summed_places",
        sa.Column("community_id", KEY, nullable=False, autoincrement=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_summed_places_community_id"),
        sa.PrimaryKeyConstraint("community_id", name="pk_summed_places"),
    )
    op.create_table(
        "summed_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_summed_months"),
    )
    op.create_index("ix_waves_at", "waves", ["at"])
    op.create_index("ix_assignments_ended", "assignments", ["ended_at"])
    op.create_index(
        "ix_ledger_postings_minutes", "ledger_postings", ["at"], sqlite_where=MINUTES, postgresql_where=MINUTES
    )


def downgrade() -> None:
    """Takes the schema back: sums are made again."""
    op.drop_index("ix_ledger_postings_minutes", "ledger_postings")
    op.drop_index("ix_assignments_ended", "assignments")
    op.drop_index("ix_waves_at", "waves")
    op.drop_table("summed_places")
    op.drop_table("summed_months")
    op.drop_table("figure_sums")
    op.execute("DELETE FROM summed_days")
    op.create_table(
        "result_days",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("community_id", KEY),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("figure", sa.String(40), nullable=False),
        sa.Column("in_time", sa.Boolean(), nullable=False),
        sa.Column("by_call", sa.Boolean(), nullable=False),
        sa.Column("count", KEY, nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_result_days_community_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_result_days_category"),
        sa.PrimaryKeyConstraint("id", name="pk_result_days"),
    )
    op.create_index("ix_result_days_day", "result_days", ["day"])
    op.drop_column("results", "finish_in_time")
