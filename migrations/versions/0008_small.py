"""What help in person a report asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "small"
down_revision = "after"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("tickets", sa.Column("service", sa.String(40)))


def downgrade() -> None:
    """Takes the schema back. What asked for a help in person goes to people, who read the words."""
    op.execute("UPDATE tickets SET understood = false WHERE service IS NOT NULL AND category = 'other'")
    op.drop_column("tickets", "service")
