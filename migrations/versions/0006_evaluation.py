"""Results and call-backs, the source of a judgement, and announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "evaluation"
down_revision = "limits"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)
ENDED = sa.text("state IN ('merged', 'withdrawn', 'rejected')")
WAITING = sa.text("todo IS NOT NULL")


def upgrade() -> None:
    """Brings the schema up to this revision; results that were there already are taken in, one a ticket."""
    op.add_column("evaluations", sa.Column("source", WORD, nullable=False, server_default="chat"))
    op.add_column("evaluations", sa.Column("set_aside", WORD))
    op.create_index("ix_evaluations_at", "evaluations", ["at"])
    op.create_index("ix_tickets_ended", "tickets", ["closed_at"], sqlite_where=ENDED, postgresql_where=ENDED)
    op.create_table(
        "results",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("round", KEY, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("community_id", KEY),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("worker_id", KEY),
        sa.Column("in_time", sa.Boolean(), nullable=False),
        sa.Column("own_work", sa.Boolean(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("asked_at", MOMENT),
        sa.Column("lapsed_at", MOMENT),
        sa.Column("lot", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_results_ticket_id"),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_results_community_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_results_category"),
        sa.ForeignKeyConstraint(["worker_id"], ["people.id"], name="fk_results_worker_id"),
        sa.PrimaryKeyConstraint("id", name="pk_results"),
        sa.UniqueConstraint("ticket_id", "round", name="uq_results_ticket_id_round"),
    )
    op.create_index("ix_results_finished", "results", ["finished_at"])
    op.create_index("ix_results_lapsed", "results", ["lapsed_at"])
    op.create_table(
        "call_backs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("result_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("community_id", KEY),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("tries", KEY, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT),
        sa.Column("by_id", KEY),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name="fk_call_backs_result_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_call_backs_ticket_id"),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_call_backs_community_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_call_backs_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_backs"),
        sa.UniqueConstraint("result_id", name="uq_call_backs_result_id"),
    )
    op.create_index("ix_call_backs_area", "call_backs", ["community_id", "week"])
    op.create_index("ix_call_backs_state", "call_backs", ["state", "community_id"])
    op.create_table(
        "announcements",
        sa.Column("id", KEY, nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_announcements_area_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_announcements_category"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_announcements_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
    )
    op.create_index("ix_announcements_until", "announcements", ["until"])
    op.create_table(
        "announcement_tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("announcement_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("todo", WORD),
        sa.Column("later", sa.Boolean(), nullable=False),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcements.id"], name="fk_announcement_tickets_announcement_id"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_announcement_tickets_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_announcement_tickets"),
        sa.UniqueConstraint("ticket_id", "announcement_id", name="uq_announcement_tickets_ticket_id_announcement_id"),
    )
    op.create_index("ix_announcement_tickets_announcement", "announcement_tickets", ["announcement_id"])
    op.create_index(
        "ix_announcement_tickets_todo",
        "announcement_tickets",
        ["todo"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.execute(
        # Earlier rounds of a reopened ticket are not known to the minute; their judgements stay where they are.
        """
        INSERT INTO results (ticket_id, round, finished_at, community_id, category, worker_id, in_time, own_work,
                             announced, asked_at, lapsed_at, lot)
        SELECT t.id, t.reopened, t.resolved_at, t.community_id, t.category, t.assignee_id,
               t.answered_at IS NOT NULL AND t.answered_at <= t.promised_at,
               t.assignee_id IS NOT NULL AND t.assignee_id = t.reporter_id,
               FALSE,
               (SELECT MIN(o.sent_at) FROM outbox o WHERE o.ticket_id = t.id AND o.kind IN ('finished', 'reminder')
                                                      AND o.state = 'sent' AND o.sent_at >= t.resolved_at),
               CASE WHEN t.ending = 'not_evaluated' THEN t.closed_at END,
               MD5_OF_ID
        FROM tickets t WHERE t.resolved_at IS NOT NULL
        """.replace("MD5_OF_ID", _random_lot())
    )


def _random_lot() -> str:
    return "LOWER(HEX(RANDOMBLOB(16)))" if op.get_bind().dialect.name == "sqlite" else "MD5(RANDOM()::TEXT || t.id)"


def downgrade() -> None:
    """Takes the schema back to the one before."""
    for table in ("announcement_tickets", "announcements", "call_backs", "results"):
        op.drop_table(table)
    op.drop_index("ix_tickets_ended", "tickets")
    op.drop_index("ix_evaluations_at", "evaluations")
    with op.batch_alter_table("evaluations") as evaluations:
        evaluations.drop_column("set_aside")
        evaluations.drop_column("source")
