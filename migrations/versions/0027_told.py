"""When each was told last what waits at the desk is found without looking through everything they were ever told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "told"
down_revision = "lists"
branch_labels = None
depends_on = None

TOLD = sa.text("kind = 'desk' AND state = 'sent'")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_index("ix_outbox_desk_told", "outbox", ["person_id", "sent_at"], sqlite_where=TOLD, postgresql_where=TOLD)


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_outbox_desk_told", "outbox")
