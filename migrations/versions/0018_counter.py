"""The counter: who wants to be called, appointments, messages to an area, ready answers, and the account's menu."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "counter"
down_revision = "map"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FLAGS = (("people", "by_phone"), ("people", "no_broadcasts"), ("call_backs", "on_wish"))


def upgrade() -> None:
    """Brings the schema up to this revision."""
    for table, flag in FLAGS:
        op.add_column(table, sa.Column(flag, sa.Boolean(), nullable=False, server_default=sa.false()))
    with_phone = sa.text("phone <> ''")
    op.create_index("ix_people_phone", "people", ["phone"], sqlite_where=with_phone, postgresql_where=with_phone)
    op.create_table(
        "appointments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("desk", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("begins", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("cancelled_by_id", KEY),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_appointments_person_id"),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_appointments_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_appointments_by_id"),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["people.id"], name="fk_appointments_cancelled_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
    )
    op.create_index("ix_appointments_area_id_begins", "appointments", ["area_id", "begins"])
    op.create_index("ix_appointments_person_id", "appointments", ["person_id"])
    op.create_index("ix_appointments_begins", "appointments", ["begins"])
    op.create_table(
        "broadcasts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("role", sa.String(40)),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("people", KEY, nullable=False),
        sa.Column("told", KEY, nullable=False),
        sa.Column("after_id", KEY, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("stopped_at", MOMENT),
        sa.Column("stopped_by_id", KEY),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_broadcasts_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_broadcasts_by_id"),
        sa.ForeignKeyConstraint(["stopped_by_id"], ["people.id"], name="fk_broadcasts_stopped_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcasts"),
    )
    op.create_index("ix_broadcasts_made_at", "broadcasts", ["made_at"])
    # Without a foreign key: for one SQLite would have to write the whole table anew.
    op.add_column("outbox", sa.Column("broadcast_id", KEY))
    of_one = sa.text("broadcast_id IS NOT NULL")
    op.create_index(
        "ix_outbox_broadcast", "outbox", ["broadcast_id", "person_id"], sqlite_where=of_one, postgresql_where=of_one
    )
    op.create_table(
        "ready_answers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("text", sa.String(600), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_ready_answers_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_ready_answers_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ready_answers"),
    )
    op.create_index("ix_ready_answers_area_id", "ready_answers", ["area_id"])
    facts = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "menus",
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("draft", facts, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("there", facts),
        sa.Column("looked_at", MOMENT),
        sa.Column("published_at", MOMENT),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_menus_by_id"),
        sa.PrimaryKeyConstraint("channel", name="pk_menus"),
    )


def downgrade() -> None:
    """Takes the schema back: appointments, messages to areas and ready answers are lost."""
    op.drop_index("ix_outbox_broadcast", "outbox")
    op.drop_column("outbox", "broadcast_id")
    op.execute("DELETE FROM outbox WHERE kind IN ('broadcast', 'emergency_broadcast', 'appointment')")
    op.execute("UPDATE outbox SET state = 'unreachable' WHERE state = 'to_call'")
    for table in ("menus", "ready_answers", "broadcasts", "appointments"):
        op.drop_table(table)
    op.drop_index("ix_people_phone", "people")
    for table, flag in FLAGS:
        op.drop_column(table, flag)
