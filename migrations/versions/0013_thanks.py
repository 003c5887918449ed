"""Rounds in which people honour somebody: nominations, nominees and secret votes; photos without faces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "thanks"
down_revision = "city"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)

TABLES = ("honour_votes", "honour_nominations", "honour_nominees", "honour_rounds")


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("attachments", sa.Column("blurred", sa.String(200)))
    op.create_table(
        "honour_rounds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("title", sa.String(30), nullable=False),
        sa.Column("nominees", WORD, nullable=False),
        sa.Column("voters", WORD, nullable=False),
        sa.Column("places", KEY, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("votes_from", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("key_check", sa.String(64), nullable=False),
        sa.Column("counted_at", MOMENT),
        sa.Column("votes", KEY),
        sa.Column("called_off_at", MOMENT),
        _key("honour_rounds", "area_id", "areas"),
        _key("honour_rounds", "by_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_honour_rounds"),
    )
    op.create_index("ix_honour_rounds_area_id", "honour_rounds", ["area_id"])
    op.create_index("ix_honour_rounds_end", "honour_rounds", ["counted_at", "ends_at"])
    op.create_table(
        "honour_nominees",
        sa.Column("id", KEY, nullable=False),
        sa.Column("round_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("agreed_at", MOMENT),
        sa.Column("votes", KEY),
        sa.Column("honoured", sa.Boolean(), nullable=False),
        _key("honour_nominees", "round_id", "honour_rounds"),
        _key("honour_nominees", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_honour_nominees"),
        sa.UniqueConstraint("round_id", "person_id", name="uq_honour_nominees_round_id_person_id"),
    )
    op.create_index("ix_honour_nominees_person_id", "honour_nominees", ["person_id"])
    op.create_table(
        "honour_nominations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("round_id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("nominee_id", KEY),
        sa.Column("put_aside_at", MOMENT),
        _key("honour_nominations", "round_id", "honour_rounds"),
        _key("honour_nominations", "by_id", "people"),
        _key("honour_nominations", "nominee_id", "honour_nominees"),
        sa.PrimaryKeyConstraint("id", name="pk_honour_nominations"),
    )
    op.create_index("ix_honour_nominations_round", "honour_nominations", ["round_id", "by_id"])
    op.create_index("ix_honour_nominations_nominee_id", "honour_nominations", ["nominee_id"])
    op.create_table(
        "honour_votes",
        sa.Column("round_id", KEY, nullable=False),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("nominee_id", KEY, nullable=False),
        sa.Column("times", KEY, nullable=False),
        _key("honour_votes", "round_id", "honour_rounds"),
        _key("honour_votes", "nominee_id", "honour_nominees"),
        sa.PrimaryKeyConstraint("round_id", "voter", name="pk_honour_votes"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Takes the schema back; the rounds are gone with the tables."""
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("attachments") as batch:
        batch.drop_column("blurred")
