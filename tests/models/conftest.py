"""A database with the newest schema, and a small street with its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import pytest
from sqlalchemy.orm import Session

from models.area import Area
from models.db import Database, upgrade
from models.person import Person, RoleKind
from tests import factories
from tests.conftest import Rewound
from tests.factories import Street


@dataclass(frozen=True)
class World:
    """Who lives and works in the street."""

    street: Street
    resident: Person
    member: Person
    second_member: Person
    staff: Person
    street_staff: Person
    clerk: Person
    stranger: Person
    staff_elsewhere: Person
    former_staff: Person


@pytest.fixture(scope="session")
def empty_sqlite(rewound_sqlite: Callable[[], Rewound]) -> Rewound:
    return kept(rewound_sqlite())


@pytest.fixture(scope="session")
def empty_postgres(rewound_postgres: Callable[[], Rewound]) -> Rewound:
    return kept(rewound_postgres())


def kept(empty: Rewound) -> Rewound:
    empty.keep()
    return empty


@pytest.fixture
def database(empty_sqlite: Rewound) -> Database:
    return empty_sqlite.back()


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest) -> Database:
    """The test runs twice, on SQLite and on PostgreSQL."""
    empty: Rewound = request.getfixturevalue(f"empty_{request.param}")
    return empty.back()


@pytest.fixture(scope="session")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, World]]:
    """A database with the street in it, made once: tests only look, and nothing they do is kept."""
    url = f"sqlite:///{tmp_path_factory.mktemp('models') / 'huying.db'}"
    upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        world = build_world(session)
    yield database, world
    database.dispose()


@pytest.fixture
def session(inhabited: tuple[Database, World]) -> Iterator[Session]:
    """One transaction that lasts as long as the test and is then forgotten."""
    with inhabited[0].reading() as session:
        yield session


@pytest.fixture
def world(session: Session, inhabited: tuple[Database, World]) -> World:
    """The street as this test's session sees it."""
    made = inhabited[1]
    areas = (session.get_one(Area, getattr(made.street, field.name).id) for field in fields(Street))
    persons = {field.name: getattr(made, field.name) for field in fields(World) if field.name != "street"}
    return World(Street(*areas), **{name: session.get_one(Person, person.id) for name, person in persons.items()})


def build_world(session: Session) -> World:
    factories.categories(session)
    here = factories.street(session)
    former = factories.somebody(session, RoleKind.STAFF, here.community)
    former.roles[0].status = former.roles[0].status.ENDED
    return World(
        street=here,
        resident=factories.person(session, "张阿姨"),
        member=factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"]),
        second_member=factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"]),
        staff=factories.somebody(session, RoleKind.STAFF, here.community),
        street_staff=factories.somebody(session, RoleKind.STREET, here.street),
        clerk=factories.somebody(session, RoleKind.DEPARTMENT, here.street, department="城管"),
        stranger=factories.person(session, "路人"),
        staff_elsewhere=factories.somebody(session, RoleKind.STAFF, here.other_community),
        former_staff=former,
    )
