"""What riders get and are: stations, titles, teams, how one gets into an estate, and warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "city"
down_revision = "media"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Brings the schema up to this revision."""
    op.add_column("lookouts", sa.Column("title", sa.String(40)))
    op.add_column("tickets", sa.Column("matter", sa.String(40)))
    op.create_table(
        "stations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("address", sa.String(120), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("hours", sa.String(200), nullable=False),
        sa.Column("services", sa.String(120), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_stations_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
    )
    op.create_index("ix_stations_area_id", "stations", ["area_id"])
    op.create_index("ix_stations_name", "stations", ["name"])
    op.create_table(
        "station_uses",
        sa.Column("station_id", KEY, nullable=False, autoincrement=False),
        sa.Column("use", sa.String(40), nullable=False),
        sa.Column("cell", KEY, nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name="fk_station_uses_station_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("station_id", "use", name="pk_station_uses"),
    )
    op.create_index("ix_station_uses_cell", "station_uses", ["use", "cell"])
    op.create_table(
        "station_faults",
        sa.Column("id", KEY, nullable=False),
        sa.Column("station_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("fault", sa.String(40), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by_id", KEY),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_station_faults_station_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_station_faults_person_id"),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name="fk_station_faults_settled_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_station_faults"),
    )
    op.create_index("ix_station_faults_station_id", "station_faults", ["station_id", "settled_at"])
    op.create_index("ix_station_faults_person_id", "station_faults", ["person_id"])
    op.create_table(
        "station_sheets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("rows", FACTS, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_station_sheets_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_station_sheets"),
    )
    op.create_index("ix_station_sheets_by_id", "station_sheets", ["by_id"])
    op.create_table(
        "rider_profiles",
        sa.Column("person_id", KEY, nullable=False, autoincrement=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("busy", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_rider_profiles_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_rider_profiles"),
    )
    op.create_table(
        "teams",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_teams_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("area_id", "name", name="uq_teams_area_id_name"),
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", KEY, nullable=False, autoincrement=False),
        sa.Column("person_id", KEY, nullable=False, autoincrement=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_members_team_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_team_members_person_id"),
        sa.PrimaryKeyConstraint("team_id", "person_id", name="pk_team_members"),
    )
    op.create_index("ix_team_members_person_id", "team_members", ["person_id"])
    op.create_table(
        "titles",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_titles_person_id"),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_titles_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_titles_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_titles"),
    )
    op.create_index("ix_titles_person_id", "titles", ["person_id", "until"])
    op.create_table(
        "access_notes",
        sa.Column("area_id", KEY, nullable=False, autoincrement=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("contact", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_access_notes_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_access_notes_by_id"),
        sa.PrimaryKeyConstraint("area_id", name="pk_access_notes"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("area_id", KEY, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("people", KEY, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_alerts_area_id"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_alerts_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_area_id", "alerts", ["area_id", "sent_at"])


def downgrade() -> None:
    """Takes the schema back. Look-outs for a title go with the titles: without them everybody would be asked."""
    for table in (
        "alerts",
        "access_notes",
        "titles",
        "team_members",
        "teams",
        "rider_profiles",
        "station_sheets",
        "station_faults",
        "station_uses",
        "stations",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM outbox WHERE kind IN ('storm_alert', 'heat_alert', 'title_given')")
    op.execute("DELETE FROM lookouts WHERE title IS NOT NULL")
    op.drop_column("lookouts", "title")
    op.drop_column("tickets", "matter")
