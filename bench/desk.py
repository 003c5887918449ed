"""The console's desk over a year of tickets: what the server needs for the board, the list, a search and the figures.

python bench/desk.py [postgres|sqlite] [board|list|search|figures] … [--keep FOLDER]      all without a word; 1,000,000
tickets on PostgreSQL, 50,000 on SQLite

With a folder to keep them in the databases stay there, and the next run with the same folder measures at once.
"""

# ruff: noqa: E501  (addresses and statements stay on their lines)

from __future__ import annotations

import os
import re
import statistics as averages
import sys
import time
from collections.abc import Collection
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from loading import loading, write_entries
from servers import scratch
from sqlalchemy import select, text
from stores import NotHere, postgres

from bot.server import answer_in_time
from console import blueprint, login
from models import areas, people, search, seed, summaries
from models.area import AreaKind
from models.db import Database, upgrade
from models.party import Party, PartyKind
from models.person import Person, RoleKind
from models.ticket import Ticket
from nlp import categories

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
COMMUNITIES, STREETS, PEOPLE = 100, 5, 100_000
ROUNDS = 30
PASSWORD = "a bench has a password too"
BARS = {"board": 150, "list": 150, "search": 300, "figures": 1000}
"""Milliseconds."""

TICKS = os.sysconf("SC_CLK_TCK")

THINGS = [
    "路灯",
    "水管",
    "停车",
    "垃圾",
    "噪音",
    "井盖",
    "电梯",
    "楼道",
    "广场舞",
    "流浪狗",
    "下水道",
    "违章建筑",
    "油烟",
    "飞线",
    "绿化",
]
WHATS = ["坏了", "堵了", "漏水", "没人管", "太吵", "占道", "不亮", "很脏", "松动", "反复出现"]
WHERES = ["门口", "楼下", "东门", "西门", "花园里", "地下车库", "菜场旁边", "三单元"]

# Written by the database itself: a million rows in a minute. Three in a hundred are open, as after a good year.
TICKETS = """
INSERT INTO tickets (id, day, serial, state, version, kind, category, understood, urgency, danger, level, reporter_id,
  channel, for_other, area_id, community_id, place, room, assignee_id, department, reopened, needs, opened_at,
  promised_at, finish_by, due_at, "limit", answered_at, resolved_at, closed_at, ending)
SELECT n, {day}, n, s.state, 4, 'report', {category}, {true}, CASE WHEN n % 97 = 0 THEN 'urgent' WHEN n % 5003 = 0
  THEN 'emergency' ELSE 'normal' END, '', 'community', {people} + n % {count}, 'official', '',
  {community} + n % {communities}, {community} + n % {communities}, {place}, '',
  CASE WHEN s.state IN ('accepted', 'resolved', 'closed') THEN {people} + (n * 7) % 3000 END,
  CASE WHEN s.state = 'assigned' THEN '城管' ELSE '' END, 0, 1, {opened}, {opened}, NULL,
  CASE WHEN s.state IN ('new', 'offered', 'accepted', 'assigned') THEN {due} END,
  CASE WHEN s.state IN ('new', 'offered', 'accepted', 'assigned') THEN 'finish' END, {opened},
  CASE WHEN s.state IN ('resolved', 'closed') THEN {opened} END,
  CASE WHEN s.state IN ('closed', 'withdrawn', 'merged') THEN {opened} END,
  CASE WHEN s.state = 'closed' THEN 'evaluated' END
FROM (SELECT n, CASE WHEN n % 100 < 4 AND n < {total} * 0.9 THEN 'withdrawn' WHEN n % 100 = 5 THEN 'merged'
  WHEN n < {total} * 0.97 THEN CASE WHEN n % 400 = 7 THEN 'held' WHEN n % 400 = 8 THEN 'accepted' ELSE 'closed' END
  WHEN n % 10 < 2 THEN 'new' WHEN n % 10 < 3 THEN 'offered' WHEN n % 10 < 5 THEN 'accepted'
  WHEN n % 10 < 6 THEN 'assigned' WHEN n % 10 < 9 THEN 'resolved' ELSE 'closed' END AS state FROM {numbers}) AS s
"""
WORDS = """
INSERT INTO ticket_words (id, ticket_id, person_id, kind, text, said_at)
SELECT n, n, {people} + n % {count}, 'report', {words}, {opened} FROM {numbers}
"""
EVENTS = """
INSERT INTO ticket_events (id, ticket_id, version, at, action, actor, before, after, facts, words_digest, previous, hash)
SELECT n, n, 4, {opened}, 'open', 'reporter', '', 'new', '{{}}', '', '', 'x' FROM {numbers}
"""
RESULTS = """
INSERT INTO results (ticket_id, round, finished_at, community_id, category, in_time, finish_in_time, own_work, announced, asked_at, lot)
SELECT id, 0, resolved_at, community_id, category, {true}, id % 9 > 0, {false}, {false}, resolved_at, 'x' FROM tickets
WHERE resolved_at IS NOT NULL
"""
EVALUATIONS = """
INSERT INTO evaluations (ticket_id, person_id, round, answer, at, source)
SELECT id, reporter_id, 0, 1 + id % 3, closed_at, 'chat' FROM tickets WHERE state = 'closed' AND id % 5 < 2
"""
# A third of the tickets is offered to neighbours, every fifth goes to a party, one in twenty is corrected.
WAVES = """
INSERT INTO waves (ticket_id, number, mode, area_id, picks, shortfalls, at)
SELECT id, 1 + id % 2, 'volunteers', community_id, '{{"1": []}}', '{{}}', opened_at FROM tickets WHERE id % 3 = 0
"""
OFFERS = """
INSERT INTO offers (ticket_id, person_id, purpose, wave, state, reasons, offered_at, expires_at)
SELECT id, reporter_id, 'task', 1 + id % 2, CASE WHEN id % 4 > 0 THEN 'accepted' ELSE 'declined' END, '{{}}', opened_at,
  opened_at FROM tickets WHERE id % 3 = 0
"""
ASSIGNMENTS = """
INSERT INTO assignments (ticket_id, party_id, first, given_at, ended_at, "end")
SELECT id, {party} + id % {parties}, {true}, opened_at, resolved_at,
  CASE WHEN resolved_at IS NULL THEN NULL WHEN id % 7 = 0 THEN 'moved' ELSE 'finished' END FROM tickets WHERE id % 5 = 0
"""
CORRECTIONS = """
INSERT INTO corrections (ticket_id, before_category, after_category, before_kind, after_kind, before_urgency,
  after_urgency, understood, role, at, model)
SELECT id, 'noise', category, 'report', 'report', 'normal', 'normal', {true}, 'staff', opened_at, '' FROM tickets
WHERE id % 20 = 0
"""
FILLED = (TICKETS, WORDS, EVENTS, RESULTS, EVALUATIONS, WAVES, OFFERS, ASSIGNMENTS, CORRECTIONS)


def fill(database: Database, total: int) -> None:
    """A city of a hundred communities and a year of its tickets."""
    with database.transaction() as session:
        seed.seed_categories(session, categories.load())
        city = areas.add_area(session, AreaKind.CITY, "city")
        streets = [areas.add_area(session, AreaKind.STREET, f"street {each}", parent=city) for each in range(STREETS)]
        places = [
            areas.add_area(session, AreaKind.COMMUNITY, f"community {each}", parent=streets[each % STREETS])
            for each in range(COMMUNITIES)
        ]
        person = Person(name="", created_at=NOW)
        for name, kind, where in (
            ("city", RoleKind.ADMIN, city),
            ("street", RoleKind.STREET, streets[0]),
            ("staff", RoleKind.STAFF, places[0]),
        ):
            person = Person(name=name, created_at=NOW)
            session.add(person)
            session.flush()
            people.grant(session, person, kind, where.id, now=NOW)
            login.create_login(session, name, PASSWORD, person, now=NOW, must_change=False)
        companies = [
            Party(name=f"物业{at}", kind=PartyKind.PROPERTY, area_id=each.id) for at, each in enumerate(streets)
        ]
        session.add_all(companies)
        session.flush()
        first_person, first_place, party = person.id + 1, places[0].id, companies[0].id
        codes = ", ".join(f"'{each.code}'" for each in categories.load())
    sqlite = database.is_sqlite
    numbers = (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {total}) SELECT n FROM c) AS c"
        if sqlite
        else f"generate_series(1, {total}) AS n"
    )

    def picked(words: list[str], step: int) -> str:
        if sqlite:
            cases = " ".join(f"WHEN {at} THEN '{word}'" for at, word in enumerate(words))
            return f"CASE (n / {step}) % {len(words)} {cases} END"
        return f"(ARRAY[{', '.join(repr(word) for word in words)}])[1 + (n / {step}) % {len(words)}]"

    minutes = 365 * 24 * 60
    opened = (
        f"datetime('2025-11-22 02:00:00', (n * {minutes} / {total}) || ' minutes') || '.000000'"
        if sqlite
        else f"TIMESTAMPTZ '2025-11-22 02:00:00Z' + (n::bigint * {minutes} / {total}) * INTERVAL '1 minute'"
    )
    given = {
        "total": total,
        "numbers": numbers,
        "people": first_person,
        "count": PEOPLE,
        "community": first_place,
        "communities": COMMUNITIES,
        "party": party,
        "parties": STREETS,
        "true": "true",
        "false": "false",
        "opened": opened,
        "day": f"date({opened})" if sqlite else f"({opened})::date",
        "due": f"datetime({opened}, '7 days') || '.000000'" if sqlite else f"{opened} + INTERVAL '11 days'",
        "category": picked(codes.replace("'", "").split(", "), 3),
        "place": f"'香樟花园' || (n % 400) || '栋' || {picked(WHERES, 400)}",
        "words": f"{picked(WHERES, 7)} || {picked(THINGS, 1)} || {picked(WHATS, 13)} || '，第' || n || '次说了，请来看看'",
    }
    names = (
        f"INSERT INTO people (id, name, phone, unit, platform, home_room, created_at, minor, reminders) SELECT {first_person} + n - 1, "
        "CASE WHEN n % 4 = 0 THEN '张' || n ELSE '' END, '', '', '', '', '2026-01-01', false, true FROM "
        + numbers.replace(str(total), str(PEOPLE))
    )
    statements = (names, *(each.format(**given) for each in FILLED))
    with database.engine.connect() as connection, ExitStack() as stack:
        if not sqlite:
            stack.enter_context(loading(connection, [each.split()[2] for each in statements]))
        for statement in statements:
            # The driver would take the sign of the remainder for a place to put a value in.
            connection.exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))
        stack.close()
        connection.commit()


def read(database: Database) -> float:
    """Lets the job write every entry, as after an upgrade; gives the seconds."""
    begin = time.perf_counter()
    if not database.is_sqlite:
        write_entries(database)
    step = 1
    while step:
        with database.transaction() as session:
            step = search.catch_up(session)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
    return time.perf_counter() - begin


def sum_days(database: Database) -> float:
    """The same for the sums of days and months; what was written here has left nothing to follow."""
    begin = time.perf_counter()
    with database.transaction() as session:
        session.execute(text("UPDATE feeds SET event_id = (SELECT max(id) FROM ticket_events) WHERE name = 'figures'"))
    with database.reading() as session:
        days = summaries.to_sum(session, now=NOW, most=400)
    for day in days:
        with database.transaction() as session:
            summaries.sum_up(session, day)
    with database.reading() as session:
        months = summaries.months_to_sum(session)
    for month in months:
        with database.transaction() as session:
            summaries.sum_up_month(session, month)
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    return time.perf_counter() - begin


def console(database: Database) -> Flask:
    app = Flask("bench")
    app.register_blueprint(blueprint(database, lambda: NOW, site_name="bench", secure=False), url_prefix="/console")
    return app


def enter(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    page = client.get("/console/sign-in").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    done = client.post("/console/sign-in", data={"csrf": csrf[1], "name": name, "password": PASSWORD})
    assert done.status_code == 303, done.status_code
    return client


ASKED = {
    "board": ["/tickets?view=board", "/tickets?view=board&category=noise"],
    "list": ["/tickets", "/tickets?tab=new", "/tickets?tab=resolved", "/tickets?tab=all", "/tickets?tab=overdue",
             "/tickets?tab=all&category=noise&urgency=urgent", "/tickets?tab=all&mine=1", "/tickets?tab=all&after=2.20000"],
    "search": ["/tickets?tab=all&q=停车", "/tickets?tab=all&q=下水道 漏水", "/tickets?tab=all&q=第31117次",
               "/tickets?tab=all&q=灯", "/tickets?tab=all&q=31117", "/tickets?tab=all&q=张40004", "/tickets?tab=held&q=停车",
               "/tickets?tab=all&q=没有这样的话", "/tickets?tab=all&q=香樟花园7栋 流浪狗", "/tickets?tab=all&q=251122-0007"],
    "figures": ["/figures?period=days&from=2025-11-23&to=2026-11-22", "/figures?period=this_month"],
}  # fmt: skip


def processor(database: Database) -> float:
    """Seconds of processor time that this process and the database's server have used, its finished helpers included:
    what a page costs whoever has a core to himself, however busy the machine is.
    """
    used = time.process_time()
    if database.is_sqlite:
        return used
    with database.engine.connect() as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    server = int(_stat(Path(f"/proc/{own}"))[1])
    for each in Path("/proc").glob("[0-9]*"):
        fields = _stat(each)
        if fields and int(fields[1]) == server:
            used += (int(fields[11]) + int(fields[12])) / TICKS
    gone = _stat(Path(f"/proc/{server}"))
    return used + (int(gone[13]) + int(gone[14])) / TICKS


def _stat(process: Path) -> list[str]:
    """The words after the name: state, parent, …; nothing for a process that has just ended."""
    try:
        return (process / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def measure(database: Database, kinds: Collection[str] = tuple(ASKED)) -> bool:
    """Prints what the pages of every kind cost every viewer: processor time, on average over all of them and of the
    dearest one, and beside it how long the clock on the wall ran on this machine.
    """
    app, good = console(database), True
    answer_in_time()
    for name in ("staff", "street", "city"):
        client = enter(app, name)
        for kind, paths in ((kind, ASKED[kind]) for kind in kinds):
            walls: list[float] = []
            costs: dict[str, float] = {}
            for path in paths:
                client.get(f"/console{path}")
                before = processor(database)
                for _ in range(ROUNDS):
                    begin = time.perf_counter()
                    answer = client.get(f"/console{path}")
                    walls.append((time.perf_counter() - begin) * 1000)
                    assert answer.status_code == 200, path
                costs[path] = (processor(database) - before) * 1000 / ROUNDS
            dearest = max(costs, key=lambda path: costs[path])
            good &= costs[dearest] <= BARS[kind]
            print(
                f"  {name:7} {kind:8} processor {averages.mean(costs.values()):5.0f} ms, dearest {costs[dearest]:5.0f} ms "
                f"(bar {BARS[kind]:4})   wall middle {averages.median(walls):5.0f} ms, p95 "
                f"{averages.quantiles(walls, n=20)[-1]:5.0f} ms   {dearest}",
                flush=True,
            )
        if "board" not in kinds:
            continue
        before = processor(database)
        for _ in range(100):
            client.get("/console/tickets/changes?since=99999999&view=board")
        spent = (processor(database) - before) * 10
        print(f"  {name:7} asking whether anything changed: processor {spent:.1f} ms", flush=True)
    return good


def run(name: str, url: str, total: int, kinds: Collection[str]) -> bool:
    upgrade(url)
    database = Database(url)
    with database.reading() as session:
        is_filled = session.scalar(select(Ticket.id).limit(1)) is not None
    begin = time.perf_counter()
    if is_filled:
        print(f"{name}: kept from before", flush=True)
    else:
        fill(database, total)
        print(f"{name}: {total} tickets written in {time.perf_counter() - begin:.0f} s", flush=True)
        print(f"  entries of search written in {read(database):.0f} s", flush=True)
    print(f"  days summed up in {sum_days(database):.0f} s", flush=True)
    good = measure(database, kinds)
    database.dispose()
    return good


def main(words: list[str]) -> int:
    """Both databases, one after the other."""
    kept = Path(words[words.index("--keep") + 1]).resolve() if "--keep" in words else None
    stores = [each for each in words if each in ("sqlite", "postgres")] or ["sqlite", "postgres"]
    kinds = [each for each in words if each in ASKED] or list(ASKED)
    good = True
    with scratch() if kept is None else nullcontext(kept) as folder:
        folder.mkdir(exist_ok=True)
        if "sqlite" in stores:
            path = Path(folder) / "console.db"
            good &= run("SQLite", f"sqlite:///{path}", 50_000, kinds)
        if "postgres" in stores:
            try:
                with postgres(folder) as (url, _):
                    good &= run("PostgreSQL", url, 1_000_000, kinds)
            except NotHere as missing:
                print(f"PostgreSQL: {missing}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
