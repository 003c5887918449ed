"""Which learned weights an installation uses: those it has trained itself, or the shipped ones."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from nlp import model
from nlp.features import look
from nlp.model import Model

FILE = "model.bin"
"""What the file is called, in the package and in an installation's data_dir."""


class Broken(Exception):
    """A file that holds no weights this version can use."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model and the beginning of its file's fingerprint, which says later which model understood something."""

    model: Model
    version: str


@cache
def shipped() -> Weights:
    """The weights of this version."""
    return Weights(model.shipped(), _version(files("nlp").joinpath(FILE).read_bytes()))


def read(path: Path) -> Weights:
    """The weights in a file. Raises Broken, whatever is wrong with it, and FileNotFoundError."""
    try:
        data = path.read_bytes()
        found = Model(data)
        scores, _ = found.scores(look("路灯不亮"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, struct.error) as error:
        raise Broken(f"{path.name}: {type(error).__name__}") from error
    if not found.categories or len(scores) != len(found.categories) + len(found.kinds):
        raise Broken(f"{path.name}: too short")
    return Weights(found, _version(data))


def _version(data: bytes) -> str:
    return sha256(data).hexdigest()[:12]
