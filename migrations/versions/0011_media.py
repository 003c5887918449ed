"""Photos as they are kept: when they are fetched, why they are not there, what they claim, and how they look."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "media"
down_revision = "ledger"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("attachments", sa.Column("small", sa.String(200), nullable=False, server_default=""))
    op.add_column("attachments", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    op.add_column("attachments", sa.Column("fetch_at", MOMENT))
    op.add_column("attachments", sa.Column("failure", sa.String(40)))
    op.add_column("attachments", sa.Column("taken_at", MOMENT))
    op.add_column("attachments", sa.Column("taken_lat", sa.Double()))
    op.add_column("attachments", sa.Column("taken_lng", sa.Double()))
    op.create_index("ix_attachments_fetch_at", "attachments", ["fetch_at"])
    waiting = "stored IS NULL AND media_id <> ''"
    op.execute(f"UPDATE attachments SET fetch_at = CURRENT_TIMESTAMP WHERE {waiting} AND fetch_failures < 8")  # noqa: S608
    op.execute(f"UPDATE attachments SET failure = 'lost' WHERE {waiting} AND fetch_failures >= 8")  # noqa: S608
    op.create_table(
        "fingerprints",
        sa.Column("attachment_id", KEY, nullable=False, autoincrement=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("third", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("copy_of_id", KEY),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name="fk_fingerprints_attachment_id"),
        sa.ForeignKeyConstraint(["copy_of_id"], ["attachments.id"], name="fk_fingerprints_copy_of_id"),
        sa.PrimaryKeyConstraint("attachment_id", name="pk_fingerprints"),
    )
    for part in ("first", "second", "third"):
        op.create_index(f"ix_fingerprints_{part}", "fingerprints", [part, "bits"])
    op.create_index("ix_fingerprints_copy_of_id", "fingerprints", ["copy_of_id"])


def downgrade() -> None:
    """Takes the schema back. What could not be kept stays given up."""
    op.drop_table("fingerprints")
    op.execute("UPDATE attachments SET fetch_failures = 8 WHERE failure IS NOT NULL")
    op.drop_index("ix_attachments_fetch_at", "attachments")
    for column in ("taken_lng", "taken_lat", "taken_at", "failure", "fetch_at", "digest", "small"):
        op.drop_column("attachments", column)
