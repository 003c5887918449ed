"""The command line: `huying …`. Exit codes: 0 done, 1 could not, 2 bad arguments or configuration."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial, wraps
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, TypeVar

import click
import yaml
from alembic.script import ScriptDirectory
from redis import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from bot import logs, server, station_files, story
from bot.app import Huying, connect_redis, create_app, load_world, prepare
from bot.asgi import CONFIG
from bot.demo import with_demo_channels
from bot.learning import own_weights, write_corrections
from bot.settings import Settings, SettingsInvalid, load, show
from console import login
from handlers.respond import build_router
from models import calendar, db, demo, duty, history, people
from models.area import Area
from models.clock import utc_now
from models.person import Identity, RoleKind
from nlp import categories, weights
from nlp.evaluate import classify_line, evaluate
from nlp.understand import Understander
from scheduler.run import Clockwork

STOP_SECONDS = 3
"""How long a worker may finish what it has begun; the web part may have taken five seconds before it, and the whole
stop is promised within ten."""

SANDBOX_SECONDS = 1
"""How long the pretend platform may take to end, since it keeps nothing, or to answer."""

LOOK_SECONDS = 0.05
"""Between two looks at whether it answers."""

M_TRIM_THRESHOLD, FREE_BYTES = -1, 1024 * 1024
"""malloc.h of the GNU C library: how much may be free at the end of the heap before it goes back."""

F = TypeVar("F", bound=Callable[..., Any])


def _settings(config: Path | None) -> Settings:
    path = config or (Path("config.yaml") if Path("config.yaml").is_file() else None)
    try:
        settings = load(path)
    except SettingsInvalid as invalid:
        click.echo("The configuration cannot be used:", err=True)
        for fault in invalid.faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(2)
    logs.configure(settings.log)
    return settings


def configured(command: F) -> F:
    """Gives a command its settings, from --config F."""

    @click.option("--config", type=click.Path(path_type=Path), help="default: config.yaml, or the embedded defaults")
    @wraps(command)
    def run(config: Path | None, **rest: Any) -> Any:
        return command(settings=_settings(config), **rest)

    return run  # type: ignore[return-value]  # the same command, with one option more


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A community-service bot for WeChat and WeCom."""


# ---------------------------------------------------------------- running


@main.command()
@configured
@click.option("--demo", "with_demo", is_flag=True, help="load the demo street")
@click.option("--sandbox", "with_sandbox", is_flag=True, help="start the pretend platform too")
@click.option("--port", default=8080, show_default=True)
@click.option("--sandbox-port", default=8081, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def run(settings: Settings, *, with_demo: bool, with_sandbox: bool, port: int, sandbox_port: int, host: str) -> None:
    """Web, worker and scheduler in one process (and the sandbox in another)."""
    keep_little_memory()
    sandbox_file: Path | None = None
    if with_sandbox:
        settings, sandbox_file = with_demo_channels(settings, port=port, sandbox_port=sandbox_port)
    prepare(settings)
    account = _load_demo(settings) if with_demo else None
    # From here on a signal ends the block below and leaves no other process behind.
    with _stopped_by_signals(), _sandbox_beside(sandbox_file, sandbox_port) as wait_for_sandbox:
        huying = create_app(settings)
        with _background(huying):
            wait_for_sandbox()
            announce = partial(_announce, port, sandbox_port if sandbox_file else None, account)
            server.serve(huying.door, settings, host=host, port=port, when_ready=announce)


def keep_little_memory() -> None:
    """Has the C library give back what is free at its end. Left alone it keeps ever more once large blocks have come
    and gone, as they do at the start: 16 MB of an idle process.
    """
    with suppress(OSError, AttributeError):  # another C library than GNU's
        library = ctypes.CDLL(None)
        library.mallopt(M_TRIM_THRESHOLD, FREE_BYTES)
        library.malloc_trim(0)


@contextmanager
def _sandbox_beside(file: Path | None, port: int) -> Iterator[Callable[[], None]]:
    """The pretend platform, if a file names it, in a process of its own, ended with the block. Gives what waits until
    it answers.
    """
    child = _start_sandbox(file, port) if file else None
    try:
        yield partial(_wait_for_sandbox, child, port) if child else lambda: None
    finally:
        if child is not None:
            child.terminate()
            try:
                child.wait(SANDBOX_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait_for_sandbox(child: subprocess.Popen[bytes], port: int) -> None:
    """Until the phones page answers. Ends the program where the pretend platform has ended instead: it said why."""
    while not _sandbox_answers(port):
        with suppress(subprocess.TimeoutExpired):
            sys.exit(child.wait(LOOK_SECONDS) or 1)


def _sandbox_answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=SANDBOX_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The console's first account on the demo street, and whose it is."""

    name: str
    password: str
    person: str


def _announce(port: int, sandbox_port: int | None, account: DemoAccount | None) -> None:
    if sandbox_port is not None:
        click.echo(f"  phones   http://127.0.0.1:{sandbox_port}/")
    known = ""
    if account is not None:
        on_the_phones = " on the phones" if sandbox_port is not None else ""
        known = f"   name {account.name}   password {account.password}   ({account.person}{on_the_phones})"
    click.echo(f"  console  http://127.0.0.1:{port}/console/{known}")
    click.echo("  stop with Ctrl-C")


def _start_sandbox(file: Path, port: int) -> subprocess.Popen[bytes]:
    # -P: a file called sandbox.py where somebody happens to be is not meant.
    return subprocess.Popen([sys.executable, "-P", "-m", "sandbox", "--config", str(file), "--port", str(port)])


def _load_demo(settings: Settings) -> DemoAccount | None:
    """Loads the demo street and makes a fresh password for the console's first account."""
    database = db.Database(settings.database.url)
    try:
        with database.transaction() as session:
            demo.load(session, now=utc_now(), channels=tuple(settings.channels) or ("official", "wecom"))
            staff = session.scalars(select(Identity).where(Identity.account == "demo-street-1")).first()
            if staff is None:
                return None
            # Whoever tries the console out sees all of it.
            top = session.scalars(select(Area).where(Area.parent_id.is_(None)).order_by(Area.id)).first()
            if top is not None:
                people.grant(session, staff.person, RoleKind.ADMIN, top.id, now=utc_now())
            password = login.renew_login(session, "admin", staff.person, now=utc_now(), must_change=False)
            return DemoAccount("admin", password, staff.person.name)
    finally:
        database.dispose()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT end the block like a return."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _background(huying: Huying, *, worker_threads: int = 2, with_scheduler: bool = True) -> Iterator[None]:
    """A worker and the jobs, stopped in good order: what was begun is finished, what was not stays in the database."""
    workers = huying.tasks.workers(threads=worker_threads)
    workers.start()
    clockwork = Clockwork(huying) if with_scheduler else None
    if clockwork:
        clockwork.start()
    try:
        yield
    finally:
        if clockwork:
            clockwork.stop()
        workers.stop(seconds=STOP_SECONDS)
        huying.close()


def _refuse_embedded(settings: Settings) -> None:
    if settings.embedded:
        click.echo(
            "One part alone needs a database, a Redis and a queue that several processes can share: set database.url "
            "(postgresql+psycopg://…), redis.url and queue.url. For one process use `huying run`.",
            err=True,
        )
        sys.exit(2)


@main.command()
@click.option("--config", type=click.Path(path_type=Path))
@click.option("--port", default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--processes", default=2, show_default=True)
def web(config: Path | None, *, port: int, host: str, processes: int) -> None:
    """The web part alone, on several processes."""
    settings = _settings(config)
    _refuse_embedded(settings)
    if config is not None:
        # The processes that are started read the settings for themselves.
        os.environ[CONFIG] = str(config)
    server.serve_from_many("bot.asgi:make", settings, host=host, port=port, processes=processes)


@main.command()
@configured
@click.option("--threads", default=8, show_default=True)
def worker(settings: Settings, *, threads: int) -> None:
    """A worker alone: sends notices, dispatches, fetches photos."""
    _refuse_embedded(settings)
    huying = create_app(settings)
    with _stopped_by_signals(), _background(huying, worker_threads=threads, with_scheduler=False):
        threading.Event().wait()


@main.command(name="scheduler")
@configured
def scheduler_(settings: Settings) -> None:
    """The jobs alone; one leads however many are started."""
    _refuse_embedded(settings)
    huying = create_app(settings)
    clockwork = Clockwork(huying)
    clockwork.start()
    with _stopped_by_signals():
        try:
            threading.Event().wait()
        finally:
            clockwork.stop()
            huying.close()


@main.command()
@click.option("--config", type=click.Path(path_type=Path), help="accounts and people (docs/sandbox.md); default: demo")
@click.option("--port", default=8081, show_default=True)
@click.option("--for-port", default=8080, show_default=True, help="without --config: where the bot to talk to listens")
def sandbox(config: Path | None, *, port: int, for_port: int) -> None:
    """The pretend platform alone."""
    if config is None:
        _, config = with_demo_channels(_settings(None), port=for_port, sandbox_port=port)
    click.echo(f"  phones    http://127.0.0.1:{port}/")
    click.echo(f"  accounts  {config}")
    click.echo("  stop with Ctrl-C")
    with _stopped_by_signals():
        child = _start_sandbox(config, port)
        try:
            code = child.wait()
        finally:
            child.terminate()
            child.wait()
    sys.exit(code)


# ---------------------------------------------------------------- the database


@main.group(name="db")
def database_group() -> None:
    """Migrations."""


@database_group.command(name="upgrade")
@configured
def db_upgrade(settings: Settings) -> None:
    """Brings the schema up to date and adds shipped categories that are missing."""
    added = prepare(settings)
    click.echo(f"up to date, {added} categories added")


@database_group.command(name="downgrade")
@configured
@click.argument("revision")
def db_downgrade(settings: Settings, *, revision: str) -> None:
    """Takes the schema back to a revision."""
    db.downgrade(settings.database.url, revision)


@database_group.command(name="check")
@configured
def db_check(settings: Settings) -> None:
    """Whether the schema is the newest."""
    now, newest = _revisions(settings)
    click.echo(f"database {now or 'empty'}, newest {newest}")
    sys.exit(0 if now == newest else 1)


def _revisions(settings: Settings) -> tuple[str | None, str | None]:
    newest = ScriptDirectory.from_config(db.alembic_config(settings.database.url)).get_current_head()
    database = db.Database(settings.database.url)
    try:
        with database.reading() as session:
            return session.scalar(text("SELECT version_num FROM alembic_version")), newest
    except (OperationalError, ProgrammingError):
        return None, newest
    finally:
        database.dispose()


@main.group(name="demo")
def demo_group() -> None:
    """The demo street."""


@demo_group.command(name="load")
@configured
def demo_load(settings: Settings) -> None:
    """Loads the demo street into the configured database; again does no harm."""
    prepare(settings)
    _load_demo(settings)
    click.echo("the demo street is there")


@demo_group.command(name="story")
@click.option("--sandbox", "address", default="http://127.0.0.1:8081", show_default=True, help="the pretend platform")
def demo_story(address: str) -> None:
    """Plays one whole story on a running demonstration and prints it as a dialogue."""
    try:
        for who, said in story.play(address):
            click.echo(f"{who}\n    " + said.replace("\n", "\n    "))
    except story.StoryStuck as stuck:
        click.echo(str(stuck), err=True)
        sys.exit(1)


# ---------------------------------------------------------------- settings


@main.group(name="config")
def config_group() -> None:
    """The configuration."""


@config_group.command(name="check")
@configured
def config_check(settings: Settings) -> None:
    """Every fault at once."""
    click.echo(f"good: {len(settings.channels)} channels, database {settings.database.url.partition(':')[0]}")


@config_group.command(name="show")
@configured
def config_show(settings: Settings) -> None:
    """The settings in force, secrets masked."""
    click.echo(show(settings), nl=False)


# ---------------------------------------------------------------- understanding


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _understander(settings: Settings) -> Understander:
    """With the installation's categories and areas where there is a database, the shipped ones otherwise."""
    database = db.Database(settings.database.url)
    try:
        return load_world(database, settings).understander
    except (OperationalError, ProgrammingError):
        return Understander(categories.load(), (), own_weights(settings.data_dir))
    finally:
        database.dispose()


@main.command()
@configured
@click.argument("texts", nargs=-1)
def classify(settings: Settings, *, texts: tuple[str, ...]) -> None:
    """What messages mean: a JSON line for each argument, or for each line of the standard input."""
    understander = _understander(settings)
    for line in texts or (line.rstrip("\n") for line in sys.stdin):
        click.echo(json.dumps(classify_line(understander, line), ensure_ascii=False))


@main.command(name="eval")
@configured
@click.argument("file", type=_FILE, required=False)
@click.option("--confusions", is_flag=True, help="with the worst pairs")
@click.option("--learner-cv", type=_FILE, help="cross-validate the same learner on titles with other labels")
def evaluate_(settings: Settings, *, file: Path | None, confusions: bool, learner_cv: Path | None) -> None:
    """How well a labelled file is understood, as one JSON object."""
    if file is None and learner_cv is None:
        raise click.UsageError("name a file")
    if file is not None:
        click.echo(json.dumps(evaluate(_understander(settings), file, confusions=confusions), ensure_ascii=False))
    if learner_cv is not None:
        _learner("--learner-cv", str(learner_cv))


_DATABASE = Path("-")
"""Said for a file: the corrections come from the configured database."""


@main.command()
@configured
@click.option(
    "--corrections",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    is_flag=False,
    flag_value=str(_DATABASE),
    help="a model of this installation's own, from staff's corrections too: of this file, or of the database",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="the folder to write to; default: data_dir with --corrections, otherwise the program's own nlp",
)
def train(settings: Settings, *, corrections: Path | None, output: Path | None) -> None:
    """Makes every learned file again, and says what changed; writes nothing that is worse on held-out folds."""
    folder = output or (settings.data_dir if corrections else None)
    more = ("--output", str(folder.absolute())) if folder else ()
    if corrections == _DATABASE:
        with TemporaryDirectory() as name:
            file = Path(name) / "corrections.tsv"
            if not _export(settings, file):
                raise click.ClickException("nothing was written: nobody has corrected anything yet")
            _learner("--corrections", str(file), *more)
    elif corrections:
        _learner("--corrections", str(corrections), *more)
    else:
        _learner(*more)
    if corrections:
        click.echo("Used from the next start on, where the folder is data_dir.", err=True)


@main.group(name="stations")
def stations_group() -> None:
    """Stations for riders (驿站), from and to Excel."""


@stations_group.command(name="import")
@configured
@click.argument("file", type=_FILE)
@click.option("--area", default="", help="the community of rows that name none; default: the whole")
@click.option("--skip", is_flag=True, help="leave out rows that are wrong instead of taking nothing")
def stations_import(settings: Settings, *, file: Path, area: str, skip: bool) -> None:
    """Takes a list in; what has the number, or the name and address, of one that is there takes its place."""
    database = db.Database(settings.database.url)
    try:
        with database.transaction() as session:
            found = station_files.take_in(session, file.read_bytes(), area=area, skip=skip, now=utc_now())
    except station_files.NotTaken as why:
        raise click.ClickException(str(why)) from why
    finally:
        database.dispose()
    for line in found.wrong:
        click.echo(line, err=True)
    click.echo(f"{found.added} added, {found.changed} changed, {len(found.wrong)} left out")
    if found.wrong and not skip:
        sys.exit(1)


@stations_group.command(name="export")
@configured
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def stations_export(settings: Settings, *, file: Path) -> None:
    """Writes the list of all that are in use."""
    database = db.Database(settings.database.url)
    try:
        with database.reading() as session:
            file.write_bytes(station_files.file_of(session, now=utc_now()))
    finally:
        database.dispose()


@main.group()
def export() -> None:
    """What is stored, as files."""


@export.command(name="corrections")
@configured
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_corrections(settings: Settings, *, file: Path) -> None:
    """What staff and residents corrected, for `huying train --corrections`; private numbers masked."""
    click.echo(f"{_export(settings, file)} corrected reports")


def _export(settings: Settings, file: Path) -> int:
    database = db.Database(settings.database.url)
    try:
        with database.reading() as session:
            return write_corrections(session, file)
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException("the database cannot be read; `huying db check` says more") from error
    except OSError as error:
        raise click.ClickException(f"{file.name}: {error.strerror}") from error
    finally:
        database.dispose()


def _learner(*arguments: str) -> None:
    # A program of its own: what it imports is slow and large, and no other command needs it.
    done = subprocess.run([sys.executable, "-P", "-m", "nlp.rebuild", *arguments], check=False)
    if done.returncode:
        sys.exit(1)


# ---------------------------------------------------------------- people and checks


@main.group()
def user() -> None:
    """Staff accounts of the console."""


@user.command(name="add")
@configured
@click.argument("name")
@click.option("--account", required=True, help="the person's account on a channel, such as a WeCom userid")
@click.option("--channel", default="wecom", show_default=True)
@click.option("--role", type=click.Choice([kind.value for kind in RoleKind]), default=RoleKind.STAFF.value)
@click.option("--area", "area_id", type=int, help="the id of the area the role is for")
def user_add(settings: Settings, *, name: str, account: str, channel: str, role: str, area_id: int | None) -> None:
    """Adds an account and prints its first password, which must be changed."""
    with _session(settings) as session:
        identity = people.meet(session, channel, account, now=utc_now())
        identity.person.name = identity.person.name or name
        if area_id is not None:
            people.grant(session, identity.person, RoleKind(role), area_id, now=utc_now())
        password = login.new_password()
        try:
            login.create_login(session, name, password, identity.person, now=utc_now())
        except login.LoginRefused as refused:
            raise click.ClickException(f"{name}: {refused.fault}") from refused
        click.echo(password)


@user.command(name="reset")
@configured
@click.argument("name")
def user_reset(settings: Settings, *, name: str) -> None:
    """Gives an account a new password, which must be changed."""
    password = login.new_password()
    try:
        with _session(settings) as session:
            login.reset_password(session, name, password)
    except login.LoginRefused:
        click.echo(f"no account called {name}", err=True)
        sys.exit(1)
    click.echo(password)


@user.command(name="list")
@configured
def user_list(settings: Settings) -> None:
    """Every account."""
    with _session(settings) as session:
        for each in login.list_logins(session):
            click.echo(each.name)


@contextmanager
def _session(settings: Settings) -> Iterator[Any]:
    database = db.Database(settings.database.url)
    try:
        with database.transaction() as session:
            yield session
    finally:
        database.dispose()


@main.group(name="roster")
def roster_group() -> None:
    """Who is on duty."""


@roster_group.command(name="import")
@configured
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def roster_import(settings: Settings, *, file: Path) -> None:
    """Replaces the roster of an area by a YAML file (docs/recipes.md)."""
    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        with _session(settings) as session:
            count = duty.enter(session, written)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {' '.join(str(error).split())}") from error
    except duty.RosterInvalid as invalid:
        raise click.ClickException("\n  ".join([f"{file} cannot be used:", *invalid.faults])) from invalid
    click.echo(f"{count} shifts")


@main.group()
def audit() -> None:
    """The history."""


@audit.command(name="verify")
@configured
def audit_verify(settings: Settings) -> None:
    """Re-computes the fingerprints of the history."""
    database = db.Database(settings.database.url)
    try:
        with database.reading() as session:
            broken = history.verify_history(session)
    finally:
        database.dispose()
    if broken is not None:
        click.echo(f"broken at event {broken.id} (ticket {broken.ticket_id}, version {broken.version})", err=True)
        sys.exit(1)
    click.echo("every line of history fits")


@main.command()
@configured
def doctor(settings: Settings) -> None:
    """Whether everything this installation needs answers."""
    faults = 0
    for name, check in _examinations(settings).items():
        said = check()
        faults += not said.startswith("ok")
        click.echo(f"{name:<12}{said}")
    sys.exit(1 if faults else 0)


def _examinations(settings: Settings) -> dict[str, Callable[[], str]]:
    def migrations() -> str:
        now, newest = _revisions(settings)
        return f"ok, {now}" if now == newest else f"run `huying db upgrade`: {now or 'nothing there'}, newest {newest}"

    def shared_state() -> str:
        try:
            connect_redis(settings).ping()
        except (OSError, RedisError) as error:
            return f"check redis.url: {error}"
        return "ok"

    def known_days() -> str:
        if settings.calendar.file:
            calendar.adopt(calendar.read_own_days(Path(settings.calendar.file)))
        until = calendar.known_until()
        if utc_now().date() <= until:
            return f"ok, known until {until}; afterwards weekends count as free and no holiday does (calendar.file)"
        return f"name this year's holidays in calendar.file: since {until} only weekends count as free"

    def channel(key: str) -> Callable[[], str]:
        def probe() -> str:
            found = create_app(settings).channels[key].probe()
            return ("ok, " if found.get("ok") else "") + json.dumps(found, ensure_ascii=False, default=str)

        return probe

    def model() -> str:
        try:
            return f"ok, its own, {weights.read(settings.data_dir / weights.FILE).version}"
        except FileNotFoundError:
            return f"ok, as shipped, {weights.shipped().version}"
        except weights.Broken as broken:
            return f"train it again or remove it from data_dir, the shipped one is used: {broken}"

    return {
        "database": migrations,
        "redis": shared_state,
        "model": model,
        "calendar": known_days,
        **{f"channel {key}": channel(key) for key in settings.channels},
    }


@main.command()
def routes() -> None:
    """Which handler answers what, nearest first."""
    for route in build_router().routes:
        conditions = [
            "interrupts" if route.interrupts else "",
            f"state {route.state.value}" if route.state else "",
            f"meant {route.meant.value}" if route.meant else "",
            f"role {route.role}" if route.role else "",
        ]
        said = ", ".join(each for each in conditions if each) or "anything else"
        click.echo(f"{said:<40} {route.handler.__module__}.{route.handler.__qualname__}")
