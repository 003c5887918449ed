"""What is committed names no machine: no absolute path of somebody's disk, no registry's host, no secret key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.source import ROOT

NOT_COMMITTED = {
    ".git", ".venv", "node_modules", "vendor", "var", "build", "__pycache__", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis", ".import_linter_cache", "huying.egg-info", "config.yaml",
}  # fmt: skip
READ = {
    ".py",
    ".toml",
    ".txt",
    ".in",
    ".md",
    ".yaml",
    ".yml",
    ".json",
    ".html",
    ".js",
    ".css",
    ".mako",
    ".npmrc",
    ".service",
    "",
}
# Put together here, so that this file does not find itself.
FOLDERS = "|".join(["work", "root", "home/[a-z]", "Users", "opt/[a-z]", "tmp/[a-z]"])
NAMED = {
    "an absolute path": re.compile(rf"(?<![\w.~/:\-\]}}$)>])/({FOLDERS})[\w/]"),
    "a registry's host": re.compile(
        "|".join([r"python" + r"hosted\.org", r"pypi" + r"\.org/simple", r"registry\." + "npmjs"])
    ),
    "a private key": re.compile("-----BEGIN " + "[A-Z ]*PRIVATE KEY"),
}


def committed() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        if path.is_file() and not NOT_COMMITTED & set(inside.parts) and (path.suffix in READ or path.name in READ):
            yield path


def found(text: str) -> list[str]:
    return [f"{what}: {match.group()}" for what, pattern in NAMED.items() for match in pattern.finditer(text)]


def test_no_file_names_a_machine() -> None:
    paths = list(committed())
    assert ROOT / "Makefile" in paths
    assert {str(path.relative_to(ROOT)): there for path in paths if (there := found(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "text", ["-r /" + "tmp/run.in", "open('/" + "home/me/x')", "https://files.python" + "hosted.org/x"]
)
def test_a_named_machine_is_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", ["/wechat/official", "https://example.org/home/index", "var/tmp/x", "{{ url }}/work/"])
def test_addresses_of_the_web_are_no_paths(text: str) -> None:
    assert not found(text)
