"""The code as a guard reads it: parsed files, and each place that breaks a promise as `file:line`."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = "sandbox"
"""The pretend platform stands alone: it keeps its own promises."""


@dataclass(frozen=True)
class Source:
    """One Python file. `path` is relative to the repository."""

    path: PurePosixPath
    tree: ast.Module

    @property
    def package(self) -> str:
        """The layer it belongs to."""
        return self.path.parts[0]

    def at(self, node: Any) -> str:
        """Where a reader finds `node`."""
        return f"{self.path}:{node.lineno}"


@cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def packages() -> tuple[str, ...]:
    """The top-level packages that are shipped."""
    return tuple(sorted({name.partition(".")[0] for name in project()["tool"]["setuptools"]["packages"]}))


@cache
def ours() -> tuple[Source, ...]:
    """Every file that is shipped."""
    return tuple(
        Source(PurePosixPath(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for package in packages()
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def written(text: str, path: str = "handlers/example.py") -> Source:
    """Code that a guard's own test makes up, as if it stood in `path`."""
    return Source(PurePosixPath(path), ast.parse(text))


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name it calls, as far as it is written out: `datetime.now`, `.commit`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node, _dotted(node.func)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""
