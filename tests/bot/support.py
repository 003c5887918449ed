"""One whole installation under test, and what the platforms would send it."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests
from a2wsgi import ASGIMiddleware
from flask import Flask
from sqlalchemy import URL, make_url, select
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, TestResponse

from bot.app import Huying, create_app
from bot.channels.envelope import Fields, signature, write_xml
from bot.settings import Settings
from models import demo, outboxes, seed
from models.db import Database
from models.inbox import InboxMessage
from models.outbox import Notice, NoticeKind
from models.person import Identity, Person
from models.ticket import Ticket, TicketWords, WordsKind
from nlp import categories
from sandbox.app import create_sandbox
from sandbox.config import SandboxConfig
from tests.channels.support import AES_KEY, APP_ID, CORP_ID, NOW, TOKEN, envelope, opened
from tests.conftest import creation

AYI, CHEN, LI, SUN, XU = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-member-4", "demo-staff-1"
"""A resident whose home is known, another one, two members who mediate, and who sits at the desk."""

NOISE = "香樟花园6栋2单元楼上半夜还在放音响，吵得孩子睡不着"
"""A report that is understood, with its place, and offered to members."""

PATIENCE = 90
"""Seconds after which something that should happen did not: only ever reached by a failing test. A whole installation
needs three to start, and thirty where the machine does ten other things.
"""

_numbers = itertools.count(24_000_000_000_000_000)


LOOP = asyncio.new_event_loop()
"""One event loop for all installations under test."""
threading.Thread(target=LOOP.run_forever, daemon=True).start()

REQUESTS: set[asyncio.Task[Any]] = set()
"""What is being answered, or waits for a client that left: nobody else holds such a request, and Python complains of
each that it finds among what is no longer used.
"""


@atexit.register
def end_requests() -> None:
    """Those that their clients left before the end."""

    async def end() -> None:
        left = list(REQUESTS)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), LOOP).result(PATIENCE)


def as_wsgi(door: Any) -> Any:
    """The bot's door for a client of werkzeug or its server."""

    async def held(scope: Any, receive: Any, send: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        REQUESTS.add(task)
        try:
            await door(scope, receive, send)
        finally:
            REQUESTS.discard(task)

    return ASGIMiddleware(held, loop=LOOP)


def settings(url: str, folder: Path, *, api: str = "http://127.0.0.1:9", **values: Any) -> Settings:
    """Both accounts; `api` is where the platforms listen (nobody listens on port 9)."""
    official = {
        "kind": "official_account",
        "app_id": APP_ID,
        "app_secret": "pretend-secret",
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "abilities": "service",
        "api_base_url": f"{api}/official",
        **values.pop("official", {}),
    }
    wecom = {
        "kind": "wecom",
        "corp_id": CORP_ID,
        "agent_id": 1000002,
        "secret": "pretend-secret",
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "api_base_url": f"{api}/wecom",
        **values.pop("wecom", {}),
    }
    return Settings.model_validate(
        {
            "data_dir": str(folder),
            "database": {"url": url, "pool_size": 24},
            "gas_phone": "96777",
            "media": {"url": f"file://{folder}/media", "blur": False},
            "channels": {"official": official, "wecom": wecom},
            **values,
        }
    )


@dataclass
class Street:
    """The demo street with a bot, and everybody's phones as far as the bot can tell."""

    huying: Huying
    times: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def now(self) -> datetime:
        return self.times[0]

    def later(self, **length: float) -> datetime:
        """Lets time pass."""
        self.times[0] += timedelta(**length)
        return self.times[0]

    # What comes in

    def callback(
        self,
        who: str,
        kind: str = "text",
        *,
        channel: str = "official",
        number: int | None = None,
        stamp: int | None = None,
        **fields: Any,
    ) -> tuple[str, bytes]:
        """Path and body of one sealed callback; with the same `number` it is the same message again."""
        sent = int(self.now.timestamp())
        head: dict[str, Any] = {"ToUserName": "gh_1", "FromUserName": who, "CreateTime": sent, "MsgType": kind}
        if kind != "event":
            head["MsgId"] = next(_numbers) if number is None else number
        return seal(write_xml({**head, **fields}), channel=channel, stamp=sent if stamp is None else stamp)

    @property
    def door(self) -> Client:
        """What platforms and browsers reach, the webhook included."""
        return Client(as_wsgi(self.huying.door))

    def post(self, path: str, body: bytes) -> TestResponse:
        return self.door.post(path, data=body, content_type="text/xml")

    def deliver(self, who: str, kind: str = "text", **fields: Any) -> TestResponse:
        """One callback, answered."""
        return self.post(*self.callback(who, kind, **fields))

    def say(self, who: str, text: str, **more: Any) -> str:
        """What somebody is answered."""
        return words_of(self.deliver(who, "text", Content=text, **more), more.get("channel", "official"))

    # What is there afterwards

    def tickets(self) -> list[Ticket]:
        with self.huying.database.reading() as session:
            return list(session.scalars(select(Ticket).order_by(Ticket.id)))

    def reports(self) -> list[str]:
        """The words of every report, in the order they were taken."""
        with self.huying.database.reading() as session:
            rows = session.scalars(
                select(TicketWords).where(TicketWords.kind == WordsKind.REPORT).order_by(TicketWords.id)
            )
            return [row.text or "" for row in rows]

    def inbox(self) -> list[InboxMessage]:
        with self.huying.database.reading() as session:
            return list(session.scalars(select(InboxMessage)))

    def notices(self, who: str = "", **having: Any) -> list[Notice]:
        with self.huying.database.reading() as session:
            query = select(Notice).filter_by(**having).order_by(Notice.id)
            if who:
                query = query.where(Notice.person_id == self.person(who))
            return list(session.scalars(query))

    def person(self, who: str) -> int:
        with self.huying.database.reading() as session:
            return session.scalars(select(Identity.person_id).where(Identity.account == who)).unique().first() or 0

    def people(self) -> int:
        with self.huying.database.reading() as session:
            return len(session.scalars(select(Person.id)).all())

    def identity(self, who: str, channel: str = "official") -> Identity:
        with self.huying.database.reading() as session:
            return session.scalars(select(Identity).filter_by(account=who, channel=channel)).one()

    def dispatch(self) -> None:
        """Lets dispatch look at everything that waits for it, as a worker does."""
        for ticket in self.tickets():
            self.huying.tasks.dispatch.fn([ticket.id])

    def work(self) -> None:
        """Runs everything that is queued."""
        self.huying.tasks.drain()


def seal(inner: bytes, *, channel: str, stamp: int, receive_id: str = "", nonce: str = "n1") -> tuple[str, bytes]:
    """Path with its query, and the body, of a callback."""
    encrypt = envelope(receive_id or (APP_ID if channel == "official" else CORP_ID)).encrypt(inner)
    time_stamp = str(stamp)
    query = (
        f"timestamp={time_stamp}&nonce={nonce}&encrypt_type=aes"
        f"&signature={signature(TOKEN, time_stamp, nonce)}&msg_signature={signature(TOKEN, time_stamp, nonce, encrypt)}"
    )
    return f"/wechat/{channel}?{query}", write_xml({"ToUserName": "gh_1", "Encrypt": encrypt})


def fields_of(response: TestResponse, channel: str = "official") -> Fields:
    """What stands in a passive reply; nothing for a silent one."""
    assert response.status_code == 200, response.data
    if response.data in (b"", b"success"):
        return {}
    return opened(response.data, APP_ID if channel == "official" else CORP_ID)


def words_of(response: TestResponse, channel: str = "official") -> str:
    """The words of a passive reply; empty for a silent one."""
    return str(fields_of(response, channel).get("Content", ""))


_furnished_files: dict[datetime, bytes] = {}
_furnished_databases: dict[datetime, str] = {}


def furnish(url: str, *, now: datetime) -> None:
    """The shipped categories and the demo street, in a migrated database with nothing in it: people move in once for
    each worker, and what they have moved into is copied.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        _furnish_file(url, Path(address.database or ""), now=now)
    else:
        _furnish_postgres(url, address, now=now)


def _furnish_file(url: str, path: Path, *, now: datetime) -> None:
    if now not in _furnished_files:
        _move_in(url, now=now)
        with closing(sqlite3.connect(path)) as connection:
            _furnished_files[now] = connection.serialize()
    path.write_bytes(_furnished_files[now])


def _furnish_postgres(url: str, address: URL, *, now: datetime) -> None:
    name, host = str(address.database), str(address.query["host"])
    with psycopg.connect(host=host, user=address.username, dbname="postgres", autocommit=True) as server:
        if now in _furnished_databases:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(creation(name, _furnished_databases[now]))
        else:
            _move_in(url, now=now)
            _furnished_databases[now] = f"furnished_{secrets.token_hex(6)}"
            server.execute(creation(_furnished_databases[now], name))


def _move_in(url: str, *, now: datetime) -> None:
    database = Database(url)
    try:
        with database.transaction() as session:
            seed.seed_categories(session, categories.load())
            demo.load(session, now=now)
    finally:
        database.dispose()


@contextmanager
def build(url: str, folder: Path, *, times: list[datetime] | None = None, **values: Any) -> Iterator[Street]:
    """The demo street in a migrated database, with a bot that believes it is NOW."""
    times = times or [NOW]
    furnish(url, now=times[0])
    huying = create_app(settings(url, folder, **values), clock=lambda: times[0])
    try:
        yield Street(huying, times)
    finally:
        huying.close()


def at_once(count: int, what: Callable[[int], Any]) -> list[Any]:
    """What `count` threads got that all began at the same instant."""
    barrier = threading.Barrier(count)

    def run(index: int) -> Any:
        barrier.wait(PATIENCE)
        return what(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def poll(condition: Callable[[], Any]) -> Any:
    """Waits until `condition` holds and gives what it said."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


class Quiet(WSGIRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        return None


@contextmanager
def serving(app: Flask | Callable[..., Any]) -> Iterator[str]:
    """The address of an application on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---------------------------------------------------------------- the pretend platform


@dataclass
class Phones:
    """The pretend platform's control interface."""

    url: str
    http: requests.Session

    def ask(self, path: str, body: dict[str, Any] | None = None, *, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        response = self.http.request(method, f"{self.url}/api/{path}", json=body, timeout=PATIENCE)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def say(self, who: str, channel: str = "official", **what: Any) -> str:
        """Says something; gives the words of the passive reply."""
        answer = self.ask(f"people/{who}/say?channel={channel}", what)
        return str((answer["reply"] or {}).get("text") or "")

    def press(self, who: str, message: str, button: str) -> Any:
        return self.ask(f"people/{who}/press", {"message": message, "button": button})

    def inbox(self, who: str, channel: str = "", *, passive: bool | None = False) -> list[dict[str, Any]]:
        """What somebody received without having asked, or everything with `passive=None`."""
        found = self.ask(f"people/{who}/inbox?channel={channel}")["inbox"]
        received = [entry for entry in found if not entry["mine"]]
        return [entry for entry in received if passive is None or entry["passive"] is passive]

    def fault(self, kind: str, **how: Any) -> None:
        self.ask("faults", {"kind": kind, **how})

    def mend(self) -> None:
        self.ask("faults", method="DELETE")

    def calls(self) -> list[str]:
        """Every call of the platform's API so far, by its path."""
        entries = self.ask("log")["log"]
        return [entry["path"].partition("?")[0] for entry in entries if entry["direction"] == "api"]


@dataclass
class Town:
    """A street and the platforms its people are on."""

    street: Street
    phones: Phones

    def tell(self, who: str, text: str = "路灯修好了", **more: Any) -> int:
        """Something that somebody must be told, and nobody has tried to yet."""
        with self.street.huying.database.transaction() as session:
            data = {"text": text, "choices": more.pop("choices", [])}
            kind = more.pop("kind", NoticeKind.PRESSED)
            person_id = session.scalars(select(Identity.person_id).where(Identity.account == who)).first()
            assert person_id is not None
            return outboxes.tell(session, kind, person_id, now=self.street.now, data=data, **more).id

    def notice(self, notice_id: int) -> Notice:
        with self.street.huying.database.reading() as session:
            return session.get_one(Notice, notice_id)

    def deliver(self, notice_id: int) -> Notice:
        """Tries to send it once; gives how it stands then."""
        self.street.huying.delivery.deliver(notice_id)
        return self.notice(notice_id)

    def deliver_all(self) -> None:
        """Sends whatever is due."""
        for notice in self.street.notices():
            self.street.huying.delivery.deliver(notice.id)


@contextmanager
def build_town(url: str, folder: Path, *, abilities: str = "service", **values: Any) -> Iterator[Town]:
    """Both platforms on loopback, the bot behind them, and one clock for all."""
    times = [NOW]
    bot: list[Callable[..., Any]] = []

    def callbacks(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return bot[0](environ, start_response)

    common = {"secret": "pretend-secret", "token": TOKEN, "encoding_aes_key": AES_KEY}
    with serving(callbacks) as ours:
        accounts: list[dict[str, Any]] = [
            {"key": "official", "kind": "official_account", "app_id": APP_ID, "abilities": abilities, **common},
            {"key": "wecom", "kind": "wecom", "corp_id": CORP_ID, "agent_id": 1000002, **common},
        ]
        for account in accounts:
            account["callback_url"] = f"{ours}/wechat/{account['key']}"
        platform = create_sandbox(SandboxConfig.from_dict({"accounts": accounts}), lambda: times[0])
        with serving(platform) as theirs, requests.Session() as http:
            official = {"abilities": abilities, **values.pop("official", {})}
            with build(url, folder, times=times, api=theirs, official=official, **values) as street:
                bot.append(as_wsgi(street.huying.door))
                yield Town(street, Phones(theirs, http))
            platform.extensions["sandbox"].closing.set()
