"""Offers in a large city: what one ticket costs among 440,000 members and among 16,000, with 20,000 tickets open.

Two databases of one PostgreSQL, the same streets and communities in both, so that the larger city has 27 times as many
members in every community; the tickets of both are dispatched in turns. It ends with 1 when the large city costs more
than 1.5 times the small one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from servers import scratch
from sqlalchemy import func, select
from stores import NotHere, postgres

from models import dispatch, opening, seed
from models.db import Database, upgrade
from models.offer import Offer, OfferState
from models.person import Person
from models.ticket import Ticket, TicketState
from nlp import categories

SMALL, LARGE = 16_000, 440_000
STREETS, COMMUNITIES, ESTATES = 20, 400, 2000
OPEN_TICKETS, OFFERED, ACCEPTED = 20_000, 5_000, 10_000
BAR = 1.5
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SKILLS = "'{调解,文明劝导,环境清洁,小修小补,水电维修,园艺,助老,陪诊,消防宣传,noise}'::text[]"
CATEGORIES = "'{noise,sanitation,public_facility,pets,eldercare}'::text[]"


def everything(members: int, now: datetime) -> str:
    """The statements that fill a city: its areas, members, residents, and what is open, closed and offered."""
    return f"""
SET synchronous_commit = off;
SET session_replication_role = replica;
INSERT INTO areas (id, kind, name, parent_id, path) VALUES (1, 'city', '城', NULL, '/1/');
INSERT INTO areas (id, kind, name, parent_id, path)
  SELECT 1 + s, 'street', '街' || s, 1, '/1/' || 1 + s || '/' FROM generate_series(1, {STREETS}) s;
INSERT INTO areas (id, kind, name, parent_id, path, lat, lng)
  SELECT 1000 + c, 'community', '社区' || c, 2 + c % {STREETS}, '/1/' || 2 + c % {STREETS} || '/' || 1000 + c || '/',
    30.5 + (c / 20) * 0.01, 114 + (c % 20) * 0.01 FROM generate_series(1, {COMMUNITIES}) c;
INSERT INTO areas (id, kind, name, parent_id, path, lat, lng)
  SELECT 10000 + e, 'estate', '小区' || e, up.id, up.path || 10000 + e || '/', up.lat + e % 5 * 0.001, up.lng
  FROM generate_series(1, {ESTATES}) e JOIN areas up ON up.id = 1001 + e % {COMMUNITIES};
INSERT INTO people (id, name, phone, unit, platform, home_room, reminders, created_at, home_area_id,
    most_offers, away_until)
  SELECT p, '志愿者' || p, '', '', '', '', true, '{now}', 10001 + p % {ESTATES}, 3,
    CASE WHEN hashtext('away' || p) % 20 = 0 THEN '{now}'::timestamptz + interval '3 days' END
  FROM generate_series(1, {members}) p;
INSERT INTO people (id, name, phone, unit, platform, home_room, reminders, created_at)
  SELECT {members} + p, '', '', '', '', '', true, '{now}' FROM generate_series(1, 1000) p;
INSERT INTO roles (person_id, kind, area_id, status, department, since, asked_at)
  SELECT p, 'member', 1001 + p % {ESTATES} % {COMMUNITIES}, 'active', '', '{now}',
    '{now}'::timestamptz - (p::bigint * 7919 % 100000) * interval '1 minute' FROM generate_series(1, {members}) p;
INSERT INTO skills (person_id, skill)
  SELECT DISTINCT p, ({SKILLS})[1 + (hashtext(p || ':' || k) & 65535) % 10]
  FROM generate_series(1, {members}) p, generate_series(1, 2) k;
INSERT INTO tickets (id, day, serial, state, version, kind, category, understood, urgency, danger, level, reporter_id,
    channel, for_other, area_id, community_id, place, room, assignee_id, department, reopened, opened_at, promised_at)
  SELECT t, '{now}'::date - 1, t, CASE WHEN t <= {OFFERED} THEN 'offered' WHEN t <= {OFFERED + ACCEPTED} THEN 'accepted'
      ELSE 'new' END, 1, 'report', ({CATEGORIES})[1 + t % 5], true, 'normal', '',
    'estate', {members} + 1 + t % 1000,
    'official', '', 10001 + t % {ESTATES}, 1001 + t % {COMMUNITIES}, '某处', '',
    CASE WHEN t > {OFFERED} AND t <= {OFFERED + ACCEPTED} THEN 1 + (t * 613) % {members} END, '', 0, '{now}', '{now}'
  FROM generate_series(1, {OPEN_TICKETS}) t;
INSERT INTO tickets (id, day, serial, state, version, kind, category, understood, urgency, danger, level, reporter_id,
    channel, for_other, area_id, community_id, place, room, assignee_id, department, reopened, opened_at, promised_at)
  SELECT 100000 + t, '{now}'::date - 30, t, 'closed', 1, 'report', ({CATEGORIES})[1 + t % 5], true, 'normal', '',
    'estate',
    {members} + 1 + t % 1000, 'official', '', 10001 + t % {ESTATES}, 1001 + t % {COMMUNITIES}, '某处', '',
    1 + (t * 617) % {members}, '', 0, '{now}', '{now}' FROM generate_series(1, 50000) t;
INSERT INTO offers (ticket_id, person_id, wave, state, reasons, offered_at, expires_at)
  SELECT t, 1 + (t * 389 + k * 101) % {members}, 1, 'open', '{{}}',
    '{now}', '{now}'::timestamptz + interval '30 minutes'
  FROM generate_series(1, {OFFERED}) t, generate_series(1, 3) k;
SELECT setval(pg_get_serial_sequence('tickets', 'id'), 200000);
SELECT setval(pg_get_serial_sequence('people', 'id'), {members} + 2000);
"""


@dataclass
class City:
    """One database, and how long each dispatch in it took."""

    members: int
    database: Database
    seconds: list[float]

    def new_ticket(self, chance: random.Random, *, now: datetime) -> int:
        """Somebody reports a noise in some estate."""
        with self.database.transaction() as session:
            reporter = session.get_one(Person, self.members + chance.randint(1, 1000))
            report = opening.Report("楼上太吵了", category="noise", area_id=10000 + chance.randint(1, ESTATES))
            return opening.open_ticket(session, report, by=reporter, channel="official", now=now).id

    def dispatch(self, ticket_id: int, *, now: datetime) -> float:
        """The worker's transaction; its seconds."""
        begun = time.perf_counter()
        with self.database.transaction() as session:
            dispatch.dispatch(session, ticket_id, now=now)
        return time.perf_counter() - begun

    def check(self, ticket_ids: list[int]) -> None:
        """Every ticket was offered to three."""
        with self.database.reading() as session:
            states = set(session.scalars(select(Ticket.state).where(Ticket.id.in_(ticket_ids))))
            counts = session.execute(
                select(func.count())
                .where(Offer.ticket_id.in_(ticket_ids), Offer.state == OfferState.OPEN)
                .group_by(Offer.ticket_id)
            ).all()
        if states != {TicketState.OFFERED} or {count for (count,) in counts} != {3} or len(counts) != len(ticket_ids):
            raise AssertionError(
                f"{self.members} members: not every ticket was offered to three: {states} {counts[:5]}"
            )


def fill(conninfo: str, url: str, name: str, members: int) -> City:
    """A database of its own with everybody in it."""
    with psycopg.connect(conninfo, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    address = url.replace("@/postgres?", f"@/{name}?")
    upgrade(address)
    database = Database(address)
    with database.transaction() as session:
        seed.seed_categories(session, categories.load())
    with psycopg.connect(conninfo, dbname=name, autocommit=True) as connection:
        connection.execute(everything(members, NOW))
        connection.execute("VACUUM ANALYZE")
    return City(members, database, [])


def main() -> int:
    """Prints the figures; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=150, help="dispatched in each city")
    given = parser.parse_args()
    chance = random.Random(5)
    try:
        with scratch() as folder, postgres(folder) as (url, conninfo):
            begun = time.monotonic()
            cities = [fill(conninfo, url, f"city_{members}", members) for members in (SMALL, LARGE)]
            print(f"filled in {time.monotonic() - begun:.0f} s")
            made: dict[int, list[int]] = {city.members: [] for city in cities}
            for number in range(-20, given.tickets):
                now = NOW + timedelta(seconds=number + 60)
                for city in random.Random(number).sample(cities, len(cities)):
                    ticket_id = city.new_ticket(chance, now=now)
                    seconds = city.dispatch(ticket_id, now=now)
                    if number >= 0:  # the first ones fill the caches
                        city.seconds.append(seconds)
                        made[city.members].append(ticket_id)
            for city in cities:
                city.check(made[city.members])
                city.database.dispose()
    except NotHere as missing:
        print(f"skipped: {missing}")
        return 0
    for city in cities:
        spread = statistics.quantiles(city.seconds, n=20)
        print(
            f"{city.members:>7} members: median {statistics.median(city.seconds) * 1000:.1f} ms,"
            f" mean {statistics.fmean(city.seconds) * 1000:.1f} ms, p95 {spread[-1] * 1000:.1f} ms"
        )
    small, large = (statistics.median(city.seconds) for city in cities)
    by_mean = statistics.fmean(cities[1].seconds) / statistics.fmean(cities[0].seconds)
    print(f"ratio of the medians {large / small:.2f}, of the means {by_mean:.2f}; bar {BAR}")
    if large / small > BAR:
        print("MISSED")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
