"""Departments and partners, one-time links, the admitted list, and joint areas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "depts"
down_revision = "after"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision; departments that people belong to become parties."""
    op.create_table(
        "parties",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("categories", FACTS, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("contact", sa.String(40), nullable=False, server_default=""),
        sa.Column("phone", sa.String(20), nullable=False, server_default=""),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_parties_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_parties"),
        sa.UniqueConstraint("name", "area_id", name="uq_parties_name_area_id"),
    )
    op.create_table(
        "assignments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("returned_at", MOMENT),
        sa.Column("kept_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("end", WORD),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_assignments_ticket_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_assignments_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_ticket_id", "assignments", ["ticket_id"])
    op.create_index("ix_assignments_given", "assignments", ["given_at"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_assignments_open",
        "assignments",
        ["ticket_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("made_by_id", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_links_assignment_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name="fk_links_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("token_hash", name="uq_links_token_hash"),
    )
    op.create_index("ix_links_assignment_id", "links", ["assignment_id"])
    op.create_table(
        "admitted_tasks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_admitted_tasks_area_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_admitted_tasks_category"),
        sa.PrimaryKeyConstraint("id", name="pk_admitted_tasks"),
        sa.UniqueConstraint("area_id", "name", name="uq_admitted_tasks_area_id_name"),
    )
    op.create_table(
        "push_downs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("decided_by_id", KEY),
        sa.Column("decided_at", MOMENT),
        sa.Column("ticket_id", KEY),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_push_downs_party_id"),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_push_downs_community_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_push_downs_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name="fk_push_downs_decided_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_push_downs_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_push_downs"),
    )
    op.create_index("ix_push_downs_state", "push_downs", ["state", "community_id"])
    op.create_table(
        "joint_areas",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("turn", WORD, nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joint_areas"),
        sa.UniqueConstraint("name", name="uq_joint_areas_name"),
    )
    op.create_table(
        "joint_nodes",
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("joint_id", KEY, nullable=False),
        sa.Column("position", KEY, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_joint_nodes_area_id"),
        sa.ForeignKeyConstraint(["joint_id"], ["joint_areas.id"], name="fk_joint_nodes_joint_id"),
        sa.PrimaryKeyConstraint("area_id", name="pk_joint_nodes"),
        sa.UniqueConstraint("joint_id", "position", name="uq_joint_nodes_joint_id_position"),
    )
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("returned_by", sa.String(40), nullable=False, server_default=""))
        tickets.add_column(sa.Column("origin", sa.String(40), nullable=False, server_default=""))
        tickets.add_column(sa.Column("lead_id", KEY))
        tickets.create_foreign_key("fk_tickets_lead_id", "areas", ["lead_id"], ["id"])
    op.execute(
        "INSERT INTO parties (name, kind, area_id)"
        " SELECT DISTINCT department, 'department', area_id FROM roles WHERE kind = 'department' AND department <> ''"
    )
    # What lies with a department now was given to it, by whoever it was; of several of one name the oldest.
    op.execute(
        "INSERT INTO assignments (ticket_id, party_id, first, given_at)"
        " SELECT tickets.id, MIN(parties.id), TRUE, tickets.opened_at"
        " FROM tickets JOIN parties ON parties.name = tickets.department"
        " WHERE tickets.state = 'assigned' OR (tickets.state = 'held' AND tickets.held_from = 'assigned')"
        " GROUP BY tickets.id, tickets.opened_at"
    )


def downgrade() -> None:
    """Takes the schema back. Links stop working; tickets stay where they are."""
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_constraint("fk_tickets_lead_id", type_="foreignkey")
        tickets.drop_column("lead_id")
        tickets.drop_column("origin")
        tickets.drop_column("returned_by")
    for table in ("joint_nodes", "joint_areas", "push_downs", "admitted_tasks", "links", "assignments", "parties"):
        op.drop_table(table)
