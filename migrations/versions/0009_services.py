"""What help in person a report asks for, and judgements that count although they were set aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "services"
down_revision = "depts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("tickets", sa.Column("service", sa.String(40)))
    op.add_column("evaluations", sa.Column("counted_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Takes the schema back. What asked for a help in person goes to people, who read the words."""
    op.execute("UPDATE tickets SET understood = false WHERE service IS NOT NULL AND category = 'other'")
    # What counts stays so: without the column only the flag could say otherwise.
    op.execute("UPDATE evaluations SET set_aside = NULL WHERE counted_at IS NOT NULL")
    op.drop_column("evaluations", "counted_at")
    op.drop_column("tickets", "service")
