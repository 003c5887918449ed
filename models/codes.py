"""Codes that people type or read aloud: how they are made, shown and compared, and the hash that is kept of them."""

from __future__ import annotations

import hashlib
import secrets

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Nothing that is misread aloud; a letter is worth nearly five bits."""


def fresh(length: int) -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def grouped(code: str, size: int) -> str:
    """A code as it is shown: ABCDE-FGHJK."""
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def plain(said: str) -> str:
    """The letters of a code in what somebody typed; case and separators do not matter."""
    return "".join(each for each in said.upper() if each in LETTERS)


def digest(use: str, said: str) -> str:
    """What is kept of a code for one `use`, and what a typed one is compared by."""
    return hashlib.sha256(f"huying {use} {plain(said)}".encode()).hexdigest()
