"""When somebody wishes that somebody comes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "wishes"
down_revision = "keep"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("tickets", sa.Column("wished_from", sa.DateTime(timezone=True)))
    op.add_column("tickets", sa.Column("wished_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("tickets", "wished_until")
    op.drop_column("tickets", "wished_from")
