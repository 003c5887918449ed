"""docs/sandbox.md as a newcomer follows it: the configuration, the program and every example in it."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from sandbox.faults import TOLD
from tests.bot.program import HUYING, answers, environment, free_ports
from tests.bot.support import poll

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"
ELLIPSIS = "…"


def blocks(language: str) -> list[str]:
    """The fenced blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """One command line, and the parts of its answer that the document shows."""

    command: str
    shown: list[str] = field(default_factory=list)


def examples() -> Iterator[Example]:
    """Every command of the document, in order. The line under one shows its answer; other comments are for people."""
    for block in blocks("sh"):
        example: Example | None = None
        for line in block.splitlines():
            if line.startswith("# ") and example is not None:
                example.shown = [part.strip() for part in line.removeprefix("# ").split(ELLIPSIS)]
            if example is not None:
                yield example
            example = Example(line) if line and not line.startswith("#") else None
        if example is not None:
            yield example


def curl(command: str) -> requests.Response:
    """What curl would do, as far as the document uses it: -s, -X and -d, and one address."""
    words = iter(shlex.split(command))
    assert next(words) == "curl"
    method, data, address = "", None, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-d":
            data = next(words).encode()
        elif word != "-s":
            address = word
    form = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
    return requests.request(method or ("POST" if data else "GET"), address, data=data, headers=form, timeout=20)


@contextmanager
def running(*command: str | Path, folder: Path, ready: str) -> Iterator[None]:
    """A program that runs until the block ends; it is there once `ready` answers."""
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=said, stderr=said, text=True)
        try:
            poll(lambda: answers(ready, process))
            yield
        finally:
            process.terminate()
            assert process.wait(10) in (0, -15), (folder / "said").read_text()


def answers_anything(address: str) -> bool:
    try:
        requests.get(address, timeout=5)
    except requests.ConnectionError:
        return False
    return True


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Two that are kept for the test."""
    with free_ports(2) as kept:
        yield kept


def test_every_example_of_the_documentation_answers_as_it_says(ports: list[int], tmp_path: Path) -> None:
    port, bot_port = ports

    def moved(text: str) -> str:
        return text.replace("8081", str(port)).replace("8080", str(bot_port))

    (tmp_path / "sandbox.yaml").write_text(moved(blocks("yaml")[0]), "utf-8")
    (tmp_path / "bot.py").write_text(moved(blocks("python")[0]), "utf-8")
    bot = subprocess.Popen(
        [sys.executable, tmp_path / "bot.py"], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    token = ""
    try:
        start = (HUYING, "sandbox", "--config", "sandbox.yaml", "--port", str(port))
        with running(*start, folder=tmp_path, ready=f"http://127.0.0.1:{port}/healthz"):
            poll(lambda: answers_anything(f"http://127.0.0.1:{bot_port}/"))
            done = 0
            for example in examples():
                fetched = re.fullmatch(r"TOKEN=\$\((.*) \| sed .*\)", example.command)
                response = curl(moved((fetched[1] if fetched else example.command).replace("$TOKEN", token)))
                assert response.status_code in (200, 201), (example.command, response.text)
                if fetched:
                    token = response.json()["access_token"]
                rest = response.text
                for part in example.shown:
                    assert part in rest, (example.command, part, response.text)
                    rest = rest.partition(part)[2]
                done += 1
            assert done > 15
    finally:
        bot.terminate()
        bot.wait(10)


def test_without_a_configuration_the_demo_accounts_are_used_and_named(ports: list[int], tmp_path: Path) -> None:
    port, _ = ports
    start = (HUYING, "sandbox", "--port", str(port), "--for-port", "8099")
    with running(*start, folder=tmp_path, ready=f"http://127.0.0.1:{port}/healthz"):
        known = requests.get(f"http://127.0.0.1:{port}/api/accounts", timeout=10).json()["accounts"]
        assert [account["key"] for account in known] == ["official", "wecom"]
    said = (tmp_path / "said").read_text()
    assert f"http://127.0.0.1:{port}/" in said
    file = re.search(r"accounts +(\S+)", said)
    assert file is not None
    assert "http://127.0.0.1:8099/wechat/official" in (tmp_path / file[1]).read_text()


def ended(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The sandbox started in a way that cannot work."""
    command = [sys.executable, "-m", "sandbox", "--config", "sandbox.yaml", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("text", ["accounts: 3", "accounts: [{key: official}]", "a: [", ""])
def test_a_configuration_that_cannot_be_used_is_named_and_ends_with_two(tmp_path: Path, text: str) -> None:
    (tmp_path / "sandbox.yaml").write_text(text)
    end = ended(tmp_path)
    assert end.returncode == 2
    assert "sandbox.yaml" in end.stderr
    assert "Traceback" not in end.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    (tmp_path / "sandbox.yaml").write_text(blocks("yaml")[0], "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        end = ended(tmp_path, "--port", str(port))
    assert (end.returncode, end.stderr) == (1, f"127.0.0.1:{port}: Address already in use\n")


def test_every_fault_is_in_the_documentation_in_the_words_of_the_page() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [kind for kind, told in TOLD.items() if f"| `{kind}` | {told.side} | {told.en}" not in text] == []
