"""Which ticket a merged one lives on in, whose task a ticket is, and the pairs that may be one event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "merging"
down_revision = "waves"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)

POINTERS = (("merged_into_id", "ix_tickets_merged"), ("parent_id", "ix_tickets_parent"))


def upgrade() -> None:
    """Brings the schema up to this revision."""
    with op.batch_alter_table("tickets") as tickets:
        for column, _ in POINTERS:
            tickets.add_column(sa.Column(column, KEY))
            tickets.create_foreign_key(f"fk_tickets_{column}", "tickets", [column], ["id"])
    for column, index in POINTERS:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, "tickets", [column], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_tickets_place", "tickets", ["area_id", "category", "opened_at"])
    op.create_table(
        "proposals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("into_id", KEY, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", FACTS, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by_id", KEY),
        sa.ForeignKeyConstraint(["answered_by_id"], ["people.id"], name="fk_proposals_answered_by_id"),
        sa.ForeignKeyConstraint(["into_id"], ["tickets.id"], name="fk_proposals_into_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_proposals_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.UniqueConstraint("ticket_id", "into_id", name="uq_proposals_ticket_id_into_id"),
    )
    op.create_index("ix_proposals_into", "proposals", ["into_id"])
    op.create_index("ix_proposals_state", "proposals", ["state", "ticket_id"])
    _fill()


def _fill() -> None:
    """Tickets merged before now: the history says into which one, which may have been merged in its turn."""
    connection = op.get_bind()
    tickets = sa.table("tickets", sa.column("id", KEY), sa.column("state", WORD), sa.column("merged_into_id", KEY))
    events = sa.table(
        "ticket_events", sa.column("ticket_id", KEY), sa.column("action", WORD), sa.column("facts", FACTS)
    )
    merged = sa.select(events.c.ticket_id, events.c.facts).where(events.c.action == "merge")
    into = {ticket_id: facts["into"] for ticket_id, facts in connection.execute(merged)}
    for ticket_id, head in into.items():
        while head in into:
            head = into[head]
        connection.execute(
            sa.update(tickets).where(tickets.c.id == ticket_id, tickets.c.state == "merged").values(merged_into_id=head)
        )


def downgrade() -> None:
    """Takes the schema back to the revision before."""
    op.drop_table("proposals")
    op.drop_index("ix_tickets_place", "tickets")
    for _, index in POINTERS:
        op.drop_index(index, "tickets")
    with op.batch_alter_table("tickets") as tickets:
        for column, _ in POINTERS:
            tickets.drop_constraint(f"fk_tickets_{column}", type_="foreignkey")
            tickets.drop_column(column)
