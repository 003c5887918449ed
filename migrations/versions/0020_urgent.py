"""The index that finds what is urgent, for a list that asks for nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "urgent"
down_revision = "edit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema up to this revision."""
    urgent = sa.text("urgency <> 'normal'")
    op.create_index("ix_tickets_urgent", "tickets", ["id"], sqlite_where=urgent, postgresql_where=urgent)


def downgrade() -> None:
    """Takes the schema back."""
    op.drop_index("ix_tickets_urgent", "tickets")
