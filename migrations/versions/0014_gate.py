"""Roles for some categories and some time, browsers that are told apart, a second step, the audit and the runs of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "gate"
down_revision = "thanks"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FACTS = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision. Everybody signs in again."""
    op.add_column("roles", sa.Column("categories", FACTS, nullable=False, server_default="[]"))
    op.add_column("roles", sa.Column("until", MOMENT))
    op.add_column("logins", sa.Column("totp_secret", sa.String(200), nullable=False, server_default=""))
    op.add_column("logins", sa.Column("totp_step", KEY, nullable=False, server_default="0"))
    op.add_column("logins", sa.Column("recovery", FACTS, nullable=False, server_default="[]"))
    op.drop_table("login_sessions")
    _sessions(
        sa.Column("half", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("facts", FACTS, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_audit_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_by_at", "audit", ["by_id", "at"])
    _append_only()
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("touched", KEY, nullable=False),
        sa.Column("every", KEY, nullable=False),
        sa.Column("fault", sa.String(200), nullable=False),
        sa.Column("well_at", MOMENT),
        sa.PrimaryKeyConstraint("name", name="pk_job_runs"),
    )


def _sessions(*columns: sa.Column[object]) -> None:
    op.create_table(
        "login_sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name="fk_login_sessions_login_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_login_sessions"),
    )


def _append_only() -> None:
    """No row is ever changed, and none of the newest six months deleted: counted back from the newest row, so that no
    clock decides. Six months are what the Cybersecurity Law asks of network logs.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
            "WHEN OLD.at >= datetime((SELECT max(at) FROM audit), '-6 months') "
            "BEGIN SELECT RAISE(ABORT, 'the audit is kept for six months'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND OLD.at < (SELECT max(at) FROM audit) - interval '6 months' THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'the audit is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_is_kept()"
    )


def downgrade() -> None:
    """Takes the schema back; the audit goes with its table. A limited role ends: it must not become a whole one."""
    op.drop_table("job_runs")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_kept()")
    op.drop_table("login_sessions")
    _sessions(sa.Column("expires_at", MOMENT, nullable=False))
    for column in ("recovery", "totp_step", "totp_secret"):
        op.drop_column("logins", column)
    limited = "CAST(categories AS VARCHAR(400)) <> '[]'"
    op.execute(f"UPDATE roles SET status = 'ended' WHERE {limited} OR until IS NOT NULL")  # noqa: S608
    op.drop_column("roles", "until")
    op.drop_column("roles", "categories")
