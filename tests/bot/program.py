"""The program as people start it: a command and its end, or one that runs until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from click.testing import CliRunner

from bot.cli import main
from tests.bot.support import PATIENCE, poll

HUYING = Path(sys.executable).parent / "huying"
STOP_SECONDS = 10
"""What is promised: SIGTERM stops within ten seconds."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def huying(
    *arguments: str | Path, folder: Path, url: str = "", stdin: str = "", env: dict[str, str] | None = None
) -> Ended:
    """Runs a command in a process and a folder of its own, on a database in it or on `url`."""
    done = subprocess.run(
        [HUYING, *arguments],
        cwd=folder,
        env=environment(url, env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def quickly(*arguments: str | Path, folder: Path, url: str = "", env: dict[str, str] | None = None) -> Ended:
    """The same in this process: starting Python over and over would be most of the time the tests take."""
    given = {"HUYING_DATABASE__URL": url or None, **(env or {})}
    with chdir(folder):
        result = CliRunner().invoke(main, list(map(str, arguments)), env=given)
    fault = "" if result.exception is None else "".join(traceback.format_exception(result.exception))
    return Ended(result.exit_code, result.stdout, result.stderr + ("" if "SystemExit" in fault else fault))


def environment(url: str = "", more: dict[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {**kept, "PYTHONUTF8": "1", **({"HUYING_DATABASE__URL": url} if url else {}), **(more or {})}


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports for programs that are still to start. Each stays bound until the block ends, and is given to nobody else
    meanwhile; a server, which may use an address again, listens beside.
    """
    with ExitStack() as kept:
        probes = [kept.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", 0))
        yield [probe.getsockname()[1] for probe in probes]


@dataclass
class Running:
    """A demonstration that runs."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    sandbox_port: int

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.port}/console/"

    @property
    def phones(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def printed(self) -> str:
        return (self.folder / "out").read_text()

    def children(self) -> list[int]:
        """The processes it has started."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(each) for each in found.split()]

    def stop(self) -> int:
        """SIGTERM; gives the exit code. Fails when it takes longer than promised."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def demonstration(folder: Path) -> Iterator[Running]:
    """`huying run --demo --sandbox`, ready."""
    with free_ports(2) as (port, sandbox_port), demonstration_at(port, sandbox_port, folder) as running:
        yield running


@contextmanager
def demonstration_at(port: int, sandbox_port: int, folder: Path) -> Iterator[Running]:
    """The same at ports that are kept for it."""
    folder.mkdir(exist_ok=True)
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        process = subprocess.Popen(
            [HUYING, "run", "--demo", "--sandbox", "--port", str(port), "--sandbox-port", str(sandbox_port)],
            cwd=folder,
            env=environment(),
            stdout=out,
            stderr=err,
            text=True,
        )
    running = Running(process, folder, port, sandbox_port)
    children: list[int] = []
    try:
        poll(lambda: announced(running))
        children = running.children()
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(2 * STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in children:
            if alive(child):
                os.kill(child, signal.SIGKILL)


def announced(running: Running) -> bool:
    """Whether it has said that it is ready."""
    assert running.process.poll() is None, "it ended instead"
    return "stop with Ctrl-C" in running.printed()


def answers(address: str, process: subprocess.Popen[str]) -> bool:
    assert process.poll() is None, "it ended instead"
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False
