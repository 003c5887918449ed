"""The ledger of points and service minutes, families, gifts of hours, goods and what was reserved of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ledger"
down_revision = "services"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)

TABLES = (
    "certificates",
    "redemptions",
    "goods",
    "hour_gifts",
    "family_members",
    "families",
    "ledger_looks",
    "ledger_members",
    "ledger_entries",
    "ledger_postings",
    "ledger_accounts",
)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "ledger_accounts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("unit", WORD, nullable=False),
        sa.Column("balance", KEY, nullable=False),
        sa.Column("warned_for", sa.Date()),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_ledger_accounts_not_negative")),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_accounts"),
        sa.UniqueConstraint("kind", "owner_id", "unit", name="uq_ledger_accounts_kind_owner_id_unit"),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("why", WORD, nullable=False),
        sa.Column("unit", WORD, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY),
        sa.Column("ticket_id", KEY),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("counters_id", KEY),
        _key("ledger_postings", "by_id", "people"),
        _key("ledger_postings", "ticket_id", "tickets"),
        _key("ledger_postings", "counters_id", "ledger_postings"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_postings"),
        sa.UniqueConstraint("source", name="uq_ledger_postings_source"),
        sa.UniqueConstraint("counters_id", name="uq_ledger_postings_counters_id"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("posting_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("amount", KEY, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entries_not_zero")),
        _key("ledger_entries", "posting_id", "ledger_postings"),
        _key("ledger_entries", "account_id", "ledger_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("posting_id", "account_id", name="uq_ledger_entries_posting_id_account_id"),
    )
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["account_id", "id"])
    _append_only()
    op.create_table(
        "ledger_members",
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        _key("ledger_members", "person_id", "people"),
        sa.PrimaryKeyConstraint("person_id", name="pk_ledger_members"),
    )
    op.create_table(
        "ledger_looks",
        sa.Column("result_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _key("ledger_looks", "result_id", "results"),
        sa.PrimaryKeyConstraint("result_id", name="pk_ledger_looks"),
    )
    op.create_table(
        "certificates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tasks", KEY, nullable=False),
        sa.Column("minutes", KEY, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        _key("certificates", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("code_hash", name="uq_certificates_code_hash"),
    )
    op.create_index("ix_certificates_person_id", "certificates", ["person_id"])
    _people_together()
    _goods()


def _append_only() -> None:
    """Entries are written once: the database itself refuses everything else."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_entries_no_{what.lower()} BEFORE {what} ON ledger_entries "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_is_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION ledger_is_added_to()"
    )


def _people_together() -> None:
    op.create_table(
        "families",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_families"),
    )
    op.create_table(
        "family_members",
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("family_id", KEY, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        _key("family_members", "person_id", "people"),
        _key("family_members", "family_id", "families"),
        sa.PrimaryKeyConstraint("person_id", name="pk_family_members"),
    )
    op.create_index("ix_family_members_family_id", "family_members", ["family_id"])
    op.create_table(
        "hour_gifts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("giver_id", KEY, nullable=False),
        sa.Column("receiver_id", KEY, nullable=False),
        sa.Column("minutes", KEY, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        _key("hour_gifts", "ticket_id", "tickets"),
        _key("hour_gifts", "giver_id", "people"),
        _key("hour_gifts", "receiver_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_hour_gifts"),
    )
    op.create_index("ix_hour_gifts_open", "hour_gifts", ["state", "expires_at"])


def _goods() -> None:
    op.create_table(
        "goods",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("price", KEY, nullable=False),
        sa.Column("stock", KEY, nullable=False),
        sa.Column("merchant_id", KEY),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_goods_stock_not_negative")),
        sa.CheckConstraint("price > 0", name=op.f("ck_goods_price_positive")),
        _key("goods", "area_id", "areas"),
        _key("goods", "merchant_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_goods"),
    )
    op.create_index("ix_goods_area", "goods", ["area_id"])
    op.create_table(
        "redemptions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("goods_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("family_id", KEY),
        sa.Column("price", KEY, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reserved_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("by_id", KEY),
        _key("redemptions", "goods_id", "goods"),
        _key("redemptions", "person_id", "people"),
        _key("redemptions", "family_id", "families"),
        _key("redemptions", "by_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_redemptions"),
        sa.UniqueConstraint("code_hash", name="uq_redemptions_code_hash"),
    )
    op.create_index("ix_redemptions_goods_id", "redemptions", ["goods_id"])
    op.create_index("ix_redemptions_due", "redemptions", ["state", "expires_at"])
    op.create_index("ix_redemptions_person", "redemptions", ["person_id", "state"])


def downgrade() -> None:
    """Takes the schema back; whatever anybody had is gone with the tables."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_added_to()")
