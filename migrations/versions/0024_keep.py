"""What has been kept long enough: files that belong to nobody, when a ticket was forgotten, and what finds the oldest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "keep"
down_revision = "posts"
branch_labels = None
depends_on = None

WORDED = sa.text("closed_at IS NOT NULL AND forgotten_at IS NULL")
STORED = sa.text("stored IS NOT NULL")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "loose_files",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("remove_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_loose_files"),
    )
    op.create_index("ix_loose_files_remove_at", "loose_files", ["remove_at"])
    op.add_column("tickets", sa.Column("forgotten_at", sa.DateTime(timezone=True)))
    op.create_index("ix_tickets_worded", "tickets", ["closed_at"], sqlite_where=WORDED, postgresql_where=WORDED)
    op.create_index(
        "ix_attachments_stored", "attachments", ["kind", "sent_at"], sqlite_where=STORED, postgresql_where=STORED
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_outbox_created_at", "outbox")
    op.drop_index("ix_inbox_received_at", "inbox")
    op.drop_index("ix_attachments_stored", "attachments")
    op.drop_index("ix_tickets_worded", "tickets")
    op.drop_column("tickets", "forgotten_at")
    op.drop_table("loose_files")
