"""Starting and stopping what is measured, each as a process of its own, in a folder that is removed again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from wire import Account, Line

BENCH = Path(__file__).resolve().parent
PATIENCE_SECONDS = 60


class NeverReady(Exception):
    """A program did not begin to answer; the words are the end of what it said."""


@dataclass
class Program:
    """One running program."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    said: Path

    def wait_ready(self, path: str) -> None:
        """Returns once `path` answers 200 (any answer counts when it is empty). Raises NeverReady."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        request = f"GET {path or '/'} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                status, _ = Line(self.port, timeout=2).exchange(request)
                if status == 200 or not path:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise NeverReady(f"{self.name}: {self.said.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(12)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(
    name: str, command: Sequence[str], *, folder: Path, port: int = 0, env: Mapping[str, str] | None = None
) -> Program:
    """Starts a program in `folder`, its output in a file there."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUYING_")}
    said = folder / f"{name}.log"
    with said.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env={**clean, **(env or {})})
    return Program(name, port, process, said)


def start(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    port: int,
    ready: str,
    env: Mapping[str, str] | None = None,
) -> Program:
    """Starts a program in `folder`, its output in a file there, and waits until it answers. Raises NeverReady."""
    program = launch(name, command, folder=folder, port=port, env=env)
    try:
        program.wait_ready(ready)
    except NeverReady:
        program.stop()
        raise
    return program


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """Stops the program on leaving the block."""
    try:
        yield program
    finally:
        program.stop()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run."""
    folder = Path(tempfile.mkdtemp(prefix="huying-bench-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user when we are root
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def huying(*arguments: str) -> list[str]:
    """The command line of the environment this script runs in."""
    return [str(Path(sys.executable).with_name("huying")), *arguments]


def python(script: str, *arguments: str) -> list[str]:
    """Another script of this folder."""
    return [sys.executable, str(BENCH / script), *arguments]


def official(account: Account, *, api_port: int, **more: Any) -> dict[str, Any]:
    """The settings of an Official Account in safe mode at a platform on this machine."""
    return {
        "kind": "official_account",
        "app_id": account.app_id,
        "app_secret": account.secret,
        "token": account.token,
        "encoding_aes_key": account.aes_key,
        "mode": "safe",
        "abilities": "service",
        "api_base_url": f"http://127.0.0.1:{api_port}/official",
        **more,
    }


def wecom(*, api_port: int, account: Account) -> dict[str, Any]:
    """The settings of a WeCom app at a platform on this machine."""
    return {
        "kind": "wecom",
        "corp_id": "ww5a4db0x000010000",
        "agent_id": 1000002,
        "secret": account.secret,
        "token": account.token,
        "encoding_aes_key": account.aes_key,
        "api_base_url": f"http://127.0.0.1:{api_port}/wecom",
    }


def write_config(folder: Path, channels: Mapping[str, Any], **settings: Any) -> Path:
    """A configuration file as a user would write it, its data beside it."""
    file = folder / "config.yaml"
    values = {"data_dir": str(folder / "var"), "channels": dict(channels), **settings}
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return file


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of one process in MB (what is shared is counted in part in the second)."""
    figures = {"Rss": 0.0, "Pss": 0.0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        if name in figures:
            figures[name] = int(rest.split()[0]) / 1024
    return figures["Rss"], figures["Pss"]


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def busy_seconds(pid: int) -> float:
    """The processor seconds that a process and its descendants have used."""
    ticks, used, queue = os.sysconf("SC_CLK_TCK"), 0.0, [pid]
    while queue:
        each = queue.pop()
        try:
            parts = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            queue += children(each)
        except OSError:
            continue  # it has ended meanwhile
        used += (int(parts[11]) + int(parts[12])) / ticks
    return used


def settle(*, most: float = 60.0) -> None:
    """Waits until what this script has started does nothing any more, at most so many seconds.

    Huying goes on after its last reply: it dispatches and sends. Whoever is measured next must not pay for that.
    """
    deadline, before = time.monotonic() + most, busy_seconds(os.getpid())
    while time.monotonic() < deadline:
        time.sleep(0.5)
        after = busy_seconds(os.getpid())
        if after - before < 0.03:
            return
        before = after
