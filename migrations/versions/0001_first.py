"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(40)
WAITING_DESK = sa.text("kind = 'desk' AND state = 'pending'")

AREA_PEOPLE = ("grid_worker_id", "secretary_id")
"""Areas name people and people live in areas. SQLite takes such a circle at once; PostgreSQL gets it afterwards."""

TABLES = (
    "areas",
    "categories",
    "serials",
    "area_aliases",
    "people",
    "codes",
    "identities",
    "logins",
    "roles",
    "skills",
    "tickets",
    "attachments",
    "conversations",
    "evaluations",
    "inbox",
    "login_sessions",
    "offers",
    "questions",
    "ticket_words",
    "outbox",
    "ticket_events",
)
"""In the order of their making."""


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.create_table(
        "areas",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("parent_id", KEY),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("code", sa.String(20)),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("grid_worker_id", KEY),
        sa.Column("secretary_id", KEY),
        sa.ForeignKeyConstraint(["grid_worker_id"], ["people.id"], name="fk_areas_grid_worker_id", use_alter=True),
        sa.ForeignKeyConstraint(["parent_id"], ["areas.id"], name="fk_areas_parent_id"),
        sa.ForeignKeyConstraint(["secretary_id"], ["people.id"], name="fk_areas_secretary_id", use_alter=True),
        sa.PrimaryKeyConstraint("id", name="pk_areas"),
        sa.UniqueConstraint("code", name="uq_areas_code"),
    )
    op.create_index("ix_areas_parent_id", "areas", ["parent_id"])
    op.create_index("ix_areas_path", "areas", ["path"])
    op.create_table(
        "categories",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("words", FACTS, nullable=False),
        sa.Column("first", WORD, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("first_answer_limit", sa.String(10), nullable=False),
        sa.Column("accept_limit", sa.String(10), nullable=False),
        sa.Column("finish_limit", sa.String(10), nullable=False),
        sa.Column("department", sa.String(40), nullable=False),
        sa.Column("skills", FACTS, nullable=False),
        sa.Column("offerable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_categories"),
    )
    op.create_table(
        "serials",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", KEY, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_serials"),
    )
    op.create_table(
        "area_aliases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_area_aliases_area_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_area_aliases"),
        sa.UniqueConstraint("area_id", "name", name="uq_area_aliases_area_id_name"),
    )
    op.create_table(
        "people",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("unit", sa.String(80), nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("home_area_id", KEY),
        sa.Column("home_room", sa.String(40), nullable=False),
        sa.Column("away_until", MOMENT),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("consented_at", MOMENT),
        sa.Column("joined_to_id", KEY),
        sa.Column("erased_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["home_area_id"], ["areas.id"], name="fk_people_home_area_id"),
        sa.ForeignKeyConstraint(["joined_to_id"], ["people.id"], name="fk_people_joined_to_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "codes",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("person_id", KEY),
        sa.Column("role", WORD),
        sa.Column("area_id", KEY),
        sa.Column("uses_left", KEY, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_codes_area_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_codes_person_id"),
        sa.PrimaryKeyConstraint("code", name="pk_codes"),
    )
    op.create_table(
        "identities",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("cards", sa.Boolean(), nullable=False),
        sa.Column("seen_at", MOMENT),
        sa.Column("window_until", MOMENT),
        sa.Column("window_left", KEY, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_identities_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("channel", "account", name="uq_identities_channel_account"),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])
    op.create_table(
        "logins",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failures", KEY, nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_logins_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_logins"),
        sa.UniqueConstraint("name", name="uq_logins_name"),
    )
    op.create_table(
        "roles",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("department", sa.String(40), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_roles_area_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_roles_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
    )
    op.create_index("ix_roles_area_kind", "roles", ["area_id", "kind", "status"])
    op.create_index("ix_roles_person_id", "roles", ["person_id"])
    op.create_table(
        "skills",
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("skill", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_skills_person_id"),
        sa.PrimaryKeyConstraint("person_id", "skill", name="pk_skills"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("serial", KEY, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("understood", sa.Boolean(), nullable=False),
        sa.Column("urgency", WORD, nullable=False),
        sa.Column("danger", sa.String(20), nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("reporter_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("for_other", sa.String(40), nullable=False),
        sa.Column("area_id", KEY),
        sa.Column("community_id", KEY),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("room", sa.String(40), nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("assignee_id", KEY),
        sa.Column("department", sa.String(40), nullable=False),
        sa.Column("reopened", KEY, nullable=False),
        sa.Column("held_from", WORD),
        sa.Column("hold_until", MOMENT),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("warned_at", MOMENT),
        sa.Column("dispatch_at", MOMENT),
        sa.Column("answered_at", MOMENT),
        sa.Column("urged_at", MOMENT),
        sa.Column("resolved_at", MOMENT),
        sa.Column("reminded_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("ending", WORD),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_tickets_area_id"),
        sa.ForeignKeyConstraint(["assignee_id"], ["people.id"], name="fk_tickets_assignee_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name="fk_tickets_category"),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name="fk_tickets_community_id"),
        sa.ForeignKeyConstraint(["reporter_id"], ["people.id"], name="fk_tickets_reporter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("day", "serial", name="uq_tickets_day_serial"),
    )
    op.create_index("ix_tickets_assignee", "tickets", ["assignee_id", "state"])
    op.create_index("ix_tickets_community_state", "tickets", ["community_id", "state", "day"])
    op.create_index("ix_tickets_dispatch", "tickets", ["dispatch_at"])
    op.create_index("ix_tickets_due", "tickets", ["state", "due_at"])
    op.create_index("ix_tickets_reporter", "tickets", ["reporter_id", "state"])
    op.create_table(
        "attachments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("use", WORD, nullable=False),
        sa.Column("media_id", sa.String(300), nullable=False),
        sa.Column("media_url", sa.Text(), nullable=False),
        sa.Column("stored", sa.String(200)),
        sa.Column("fetch_failures", KEY, nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_attachments_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_attachments_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_held", "attachments", ["person_id", "ticket_id"])
    op.create_index("ix_attachments_ticket_id", "attachments", ["ticket_id"])
    op.create_table(
        "conversations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("data", FACTS, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("informed_at", MOMENT),
        sa.Column("pushed_at", MOMENT),
        sa.Column("recent_ticket_id", KEY),
        sa.Column("recent_until", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_conversations_person_id"),
        sa.ForeignKeyConstraint(["recent_ticket_id"], ["tickets.id"], name="fk_conversations_recent_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("person_id", "channel", name="uq_conversations_person_id_channel"),
    )
    op.create_table(
        "evaluations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("round", KEY, nullable=False),
        sa.Column("answer", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_evaluations_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_evaluations_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
        sa.UniqueConstraint("ticket_id", "person_id", "round", name="uq_evaluations_ticket_id_person_id_round"),
    )
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(250), nullable=False),
        sa.Column("person_id", KEY),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ticket_id", KEY),
        sa.Column("reply", FACTS),
        sa.Column("deliveries", KEY, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_inbox_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_inbox_ticket_id"),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
    )
    op.create_index("ix_inbox_person_at", "inbox", ["person_id", "received_at"])
    op.create_table(
        "login_sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name="fk_login_sessions_login_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_login_sessions"),
    )
    op.create_table(
        "offers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("wave", KEY, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reasons", FACTS, nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_offers_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_offers_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_person", "offers", ["person_id", "state"])
    op.create_index("ix_offers_ticket", "offers", ["ticket_id", "state"])
    op.create_table(
        "questions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("choices", FACTS, nullable=False),
        sa.Column("ticket_id", KEY),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_questions_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_questions_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
    )
    op.create_index("ix_questions_person_channel", "questions", ["person_id", "channel"])
    op.create_index("ix_questions_ticket_id", "questions", ["ticket_id"])
    op.create_table(
        "ticket_words",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("person_id", KEY),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("salt", sa.String(32)),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_ticket_words_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_words_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_words"),
    )
    op.create_index("ix_ticket_words_person_id", "ticket_words", ["person_id"])
    op.create_index("ix_ticket_words_ticket_id", "ticket_words", ["ticket_id"])
    op.create_table(
        "outbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("data", FACTS, nullable=False),
        sa.Column("words_id", KEY),
        sa.Column("about_id", KEY),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", KEY, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("sent_by", sa.String(60), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("response_code", sa.String(200), nullable=False),
        sa.Column("card_open", sa.Boolean(), nullable=False),
        sa.Column("card_caption", sa.String(40), nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_outbox_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_outbox_ticket_id"),
        sa.ForeignKeyConstraint(["words_id"], ["ticket_words.id"], name="fk_outbox_words_id"),
        sa.ForeignKeyConstraint(["about_id"], ["people.id"], name="fk_outbox_about_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "not_before"])
    op.create_index("ix_outbox_person", "outbox", ["person_id", "state"])
    op.create_index("ix_outbox_ticket", "outbox", ["ticket_id", "kind"])
    op.create_index(
        "uq_outbox_desk", "outbox", ["person_id"], unique=True, sqlite_where=WAITING_DESK, postgresql_where=WAITING_DESK
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("by_id", KEY),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("after", sa.String(20), nullable=False),
        sa.Column("facts", FACTS, nullable=False),
        sa.Column("words_id", KEY),
        sa.Column("words_digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_ticket_events_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id"),
        sa.ForeignKeyConstraint(["words_id"], ["ticket_words.id"], name="fk_ticket_events_words_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        sa.UniqueConstraint("ticket_id", "version", name="uq_ticket_events_ticket_id_version"),
    )
    if op.get_bind().dialect.supports_alter:
        for column in AREA_PEOPLE:
            op.create_foreign_key(f"fk_areas_{column}", "areas", "people", [column], ["id"])


def downgrade() -> None:
    """Takes the schema back to the one before."""
    if op.get_bind().dialect.supports_alter:
        for column in AREA_PEOPLE:
            op.drop_constraint(f"fk_areas_{column}", "areas", type_="foreignkey")
    for table in reversed(TABLES):
        op.drop_table(table)
