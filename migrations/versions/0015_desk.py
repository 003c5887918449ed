"""The desk: what search looks into, filters kept by name, notes of the desk, who has a ticket open, and its indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk"
down_revision = "gate"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

LIVE = "state IN ('new', 'offered', 'accepted', 'assigned', 'held', 'resolved')"

# FTS5 keeps no text of its own here: it reads the entry, and is told the old words when they change.
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE ticket_grams USING fts5(grams, content='search_entries', content_rowid='ticket_id', "
    "tokenize='unicode61 remove_diacritics 0', detail='none')",
    "CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN "
    "INSERT INTO ticket_grams (rowid, grams) VALUES (new.ticket_id, new.grams); END",
    "CREATE TRIGGER search_entries_removed AFTER DELETE ON search_entries BEGIN "
    "INSERT INTO ticket_grams (ticket_grams, rowid, grams) VALUES ('delete', old.ticket_id, old.grams); END",
    "CREATE TRIGGER search_entries_changed AFTER UPDATE ON search_entries BEGIN "
    "INSERT INTO ticket_grams (ticket_grams, rowid, grams) VALUES ('delete', old.ticket_id, old.grams); "
    "INSERT INTO ticket_grams (rowid, grams) VALUES (new.ticket_id, new.grams); END",
)


def upgrade() -> None:
    """Brings the schema up to this revision. Search reads the history of before by and by (scheduler/jobs.py)."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_entries",
        sa.Column("ticket_id", KEY, nullable=False, autoincrement=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("grams", sa.Text() if is_sqlite else sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_search_entries_ticket_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_search_entries"),
    )
    if is_sqlite:
        for statement in SQLITE_SEARCH:
            op.execute(statement)
    else:
        op.create_index("ix_search_entries_grams", "search_entries", ["grams"], postgresql_using="gin")
    op.create_table(
        "feeds",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_feeds"),
    )
    op.execute("INSERT INTO feeds (name, event_id) VALUES ('search', 0)")
    # No day has a sum yet that older lines could take away.
    op.execute("INSERT INTO feeds (name, event_id) SELECT 'figures', coalesce(max(id), 0) FROM ticket_events")
    op.create_table(
        "saved_filters",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.String(300), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_saved_filters_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_saved_filters_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        sa.UniqueConstraint("area_id", "name", name="uq_saved_filters_area_id_name"),
    )
    op.create_table(
        "desk_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_desk_notes_ticket_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_desk_notes_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_notes"),
    )
    op.create_index("ix_desk_notes_ticket_id", "desk_notes", ["ticket_id"])
    op.create_table(
        "presences",
        sa.Column("ticket_id", KEY, nullable=False, autoincrement=False),
        sa.Column("person_id", KEY, nullable=False, autoincrement=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_presences_ticket_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_presences_person_id"),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name="pk_presences"),
    )
    op.create_table(
        "summed_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_summed_days"),
    )
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
    again = sa.text("round > 0")
    op.create_index("ix_results_again", "results", ["ticket_id"], sqlite_where=again, postgresql_where=again)
    op.create_index("ix_tickets_state_id", "tickets", ["state", "id"])
    for name, column, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(name, "tickets", column, sqlite_where=where, postgresql_where=where)


INDEXES = (
    ("ix_tickets_alarming", ["id"], f"urgency = 'emergency' AND {LIVE}"),
    ("ix_tickets_late", ["id"], "\"limit\" = 'late'"),
    ("ix_tickets_lead", ["lead_id"], "lead_id IS NOT NULL"),
)


def downgrade() -> None:
    """Takes the schema back: notes and filters are lost, search is made again."""
    for name, _, _ in INDEXES:
        op.drop_index(name, "tickets")
    op.drop_index("ix_tickets_state_id", "tickets")
    op.drop_index("ix_results_again", "results")
    for table in ("result_days", "summed_days", "presences", "desk_notes", "saved_filters", "feeds"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE ticket_grams")
    op.drop_table("search_entries")
