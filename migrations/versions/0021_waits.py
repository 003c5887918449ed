"""Notices that wait for the morning at night, also when they are late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "waits"
down_revision = "urgent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("outbox", sa.Column("can_wait", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Takes this revision back."""
    with op.batch_alter_table("outbox") as table:
        table.drop_column("can_wait")
