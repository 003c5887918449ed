"""A console on a real database, a small street with its staff, and browsers that are signed in."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.place_codes import PlaceCodes
from console import blueprint, login
from console.means import Means
from models import outboxes, people, transitions
from models.db import Database
from models.person import Person, RoleKind, RoleStatus
from models.ticket import Ticket
from tests import factories
from tests.conftest import Rewound
from tests.factories import NOW, Street

PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """One browser of one person."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/console{path}")

    def post(self, path: str, form: dict[str, Any] | None = None, *, csrf: str | None = None) -> TestResponse:
        given = csrf if csrf is not None else self.csrf()
        return self.client.post(f"/console{path}", data={"csrf": given, **(form or {})})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/password").text)
        assert found is not None
        return found[1]

    def press(self, ticket: Ticket, action: str, **form: Any) -> TestResponse:
        """A button of a ticket page, as it is shown now."""
        page = self.get(f"/tickets/{ticket.number}").text
        version = re.search(r'name="version" value="(\d+)"', page)
        return self.post(f"/tickets/{ticket.number}/{action}", {"version": version[1] if version else "0", **form})

    def buttons(self, ticket: Ticket) -> list[str]:
        """The buttons on a ticket page, in order."""
        page = self.get(f"/tickets/{ticket.number}").text
        page = page.partition('data-part="actions"')[2]
        return re.findall(rf'action="/console/tickets/{ticket.number}/([a-z_]+)"', page)


@dataclass
class Place:
    """The console and the people of the street."""

    app: Flask
    database: Database
    street: Street
    people: dict[str, Person]
    times: list[datetime] = field(default_factory=lambda: [NOW])
    means: Means = field(default_factory=lambda: Means(codes=PlaceCodes({}, "https://huying.example")))
    media: dict[str, bytes] = field(default_factory=dict)
    woken: list[int] = field(default_factory=list)

    def later(self, **length: float) -> datetime:
        """Lets time pass."""
        self.times[0] += timedelta(**length)
        return self.times[0]

    @property
    def now(self) -> datetime:
        return self.times[0]

    def browser(self) -> Desk:
        return Desk(self.app.test_client())

    def sign_in(self, name: str, password: str = PASSWORD, *, desk: Desk | None = None) -> Desk:
        desk = desk or self.browser()
        try_to_sign_in(desk, name, password)
        return desk

    def ticket(self, words: str = "楼下太吵了", **how: Any) -> Ticket:
        """A resident's report in the first community."""
        with self.database.transaction() as session:
            how.setdefault("area", self.street.building)
            return factories.ticket(session, session.get_one(Person, self.people["resident"].id), words=words, **how)

    def again(self, ticket: Ticket) -> Ticket:
        """The ticket as it is now."""
        with self.database.reading() as session:
            return session.get_one(Ticket, ticket.id)

    def do(self, operation: Callable[..., Any], ticket: Ticket, *arguments: Any, by: str, **more: Any) -> None:
        """Something that happened in chat."""
        with self.database.transaction() as session:
            operation(
                session,
                transitions.lock(session, ticket.id),
                *arguments,
                by=session.get_one(Person, self.people[by].id),
                now=self.now,
                **more,
            )


def try_to_sign_in(desk: Desk, name: str, password: str) -> TestResponse:
    page = desk.get("/sign-in").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    return desk.post("/sign-in", {"name": name, "password": password}, csrf=csrf[1] if csrf else "")


def move_in(database: Database) -> tuple[Street, dict[str, Person]]:
    """The street and its people; whoever has a desk has a password."""
    with database.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        found = {
            "resident": factories.person(session, "张小芳"),
            "member": factories.somebody(session, RoleKind.MEMBER, here.community, name="李建国", skills=["调解"]),
            "grid": factories.somebody(session, RoleKind.GRID, here.estate, name="王姐"),
            "staff": factories.somebody(session, RoleKind.STAFF, here.community, name="刘敏"),
            "elsewhere": factories.somebody(session, RoleKind.STAFF, here.other_community, name="钱进"),
            "street": factories.somebody(session, RoleKind.STREET, here.street, name="周正"),
            "clerk": factories.somebody(session, RoleKind.DEPARTMENT, here.street, name="孙城", department="城管"),
            "newcomer": factories.person(session, "陈志远"),
        }
        found["resident"].phone = "13800001234"
        people.grant(session, found["newcomer"], RoleKind.MEMBER, here.community.id, now=NOW, status=RoleStatus.PENDING)
        here.building.grid_worker_id = found["grid"].id
        for name in ("staff", "elsewhere", "street", "clerk", "grid"):
            login.create_login(session, name, PASSWORD, found[name], now=NOW, must_change=False)
    return here, found


def open_console(database: Database, here: Callable[[], Place]) -> Flask:
    """The console of whichever place is `here` when somebody asks for a page."""

    def read_media(name: str) -> bytes:
        if name not in here().media:
            raise FileNotFoundError(name)
        return here().media[name]

    pages = blueprint(
        database,
        lambda: here().now,
        site_name="演示街道",
        secure=False,
        read_media=read_media,
        wake=lambda session: here().woken.extend(outboxes.fresh(session)),
        means=cast(Means, MeansOf(here)),
    )
    app = Flask("console-under-test")
    app.testing = True
    app.register_blueprint(pages, url_prefix="/console")
    return app


@dataclass
class MeansOf:
    """What the place that is `here` has of the bot."""

    here: Callable[[], Place]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.here().means, name)


def build(database: Database) -> Place:
    """A console of a test's own, for whoever changes the application itself; that of the worker is there sooner."""
    street, found = move_in(database)
    places: list[Place] = []
    places.append(Place(open_console(database, lambda: places[0]), database, street, found))
    return places[0]


class Rewinding:
    """One console of a worker, on which every test finds the street as it was when everybody had just moved in."""

    def __init__(self, rewound: Rewound) -> None:
        self._rewound = rewound
        self._moved_in = pickle.dumps(move_in(rewound.database))
        rewound.keep()
        self._app = open_console(rewound.database, lambda: self._place)

    def open(self) -> Place:
        street, found = pickle.loads(self._moved_in)
        self._place = Place(self._app, self._rewound.back(), street, found)
        return self._place


@pytest.fixture(scope="session")
def on_sqlite(rewound_sqlite: Callable[[], Rewound]) -> Rewinding:
    return Rewinding(rewound_sqlite())


@pytest.fixture(scope="session")
def on_postgres(rewound_postgres: Callable[[], Rewound]) -> Rewinding:
    return Rewinding(rewound_postgres())


@pytest.fixture
def place(on_sqlite: Rewinding) -> Place:
    return on_sqlite.open()


@pytest.fixture
def own_place(sqlite_url: str) -> Iterator[Place]:
    """A place whose database and application nobody else has, and of which nobody has asked for anything."""
    database = Database(sqlite_url)
    yield build(database)
    database.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def both_places(request: pytest.FixtureRequest) -> Place:
    """The test runs twice, on SQLite and on PostgreSQL."""
    rewinding: Rewinding = request.getfixturevalue(f"on_{request.param}")
    return rewinding.open()
