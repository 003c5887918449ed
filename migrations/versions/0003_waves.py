"""Waves of offers, helpers, and when people like to be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "waves"
down_revision = "corrections"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)
WAITING_POOL = sa.text("kind = 'pool' AND state = 'pending'")
LONG_AGO = sa.text("'1970-01-01 00:00:00+00:00'")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("free_from", KEY))
        people.add_column(sa.Column("free_until", KEY))
        people.add_column(sa.Column("most_offers", KEY, nullable=False, server_default="3"))
        people.add_column(sa.Column("minor", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("roles") as roles:
        roles.add_column(sa.Column("asked_at", MOMENT, nullable=False, server_default=LONG_AGO))
    op.create_index("ix_roles_rest", "roles", ["area_id", "kind", "status", "asked_at"])
    with op.batch_alter_table("categories") as categories:
        categories.add_column(sa.Column("needs", KEY, nullable=False, server_default="1"))
        categories.add_column(sa.Column("waves", FACTS, nullable=False, server_default="{}"))
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("needs", KEY, nullable=False, server_default="1"))
    op.create_table(
        "waves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("mode", WORD, nullable=False),
        sa.Column("area_id", KEY),
        sa.Column("picks", FACTS, nullable=False),
        sa.Column("shortfalls", FACTS, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_waves_area_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_waves_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waves"),
        sa.UniqueConstraint("ticket_id", "number", name="uq_waves_ticket_id_number"),
    )
    op.create_table(
        "ticket_helpers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT),
        sa.Column("left_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_ticket_helpers_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_helpers_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_helpers"),
        sa.UniqueConstraint("ticket_id", "person_id", name="uq_ticket_helpers_ticket_id_person_id"),
    )
    op.create_index("ix_ticket_helpers_person_id", "ticket_helpers", ["person_id"])
    op.create_index(
        "uq_outbox_pool",
        "outbox",
        ["person_id"],
        unique=True,
        sqlite_where=WAITING_POOL,
        postgresql_where=WAITING_POOL,
    )


def downgrade() -> None:
    """Takes the schema back to the revision before."""
    op.drop_index("uq_outbox_pool", "outbox")
    op.drop_table("ticket_helpers")
    op.drop_table("waves")
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("needs")
    with op.batch_alter_table("categories") as categories:
        categories.drop_column("waves")
        categories.drop_column("needs")
    op.drop_index("ix_roles_rest", "roles")
    with op.batch_alter_table("roles") as roles:
        roles.drop_column("asked_at")
    with op.batch_alter_table("people") as people:
        for name in ("minor", "most_offers", "free_until", "free_from"):
            people.drop_column(name)
