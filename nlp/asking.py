"""Words that ask after a matter that was told already: how it stands, or why nobody has come yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from nlp.hashed import Table, read, signs
from nlp.normal import normal

FILE = "asking.bin"
ASKS, HURRIES = "asks", "hurries"
# Primes, as everywhere.
BUCKETS = 262_139
HURRY_BUCKETS = 16_381

LONGEST = 60
"""More than this tells something, and whoever tells something has a matter."""

# Log odds from which a message asks. Chosen on messages of writers whose other messages were not learned from
# (docs/decisions/0033): a new matter that is taken for a question is worse than a question that becomes a ticket.
SOUNDS_SO = -1.0

_SERIAL = re.compile(r"(?<![\d.])(?:\d{6}-)?\d{4}(?![\d.]|年)")


# What is mended when somebody says 修: not noise, nor a certificate.
_MENDED = frozenset(
    {"elevator_fault", "water_leak", "utilities", "public_facility", "drainage", "charging", "fire_safety", "traffic"}
)


class After(StrEnum):
    """What somebody who has told of a matter wants to know of it."""

    STATE = "state"
    HURRY = "hurry"


@dataclass(frozen=True, slots=True)
class Asked:
    """`serial` is the number of the ticket, with its day or without, where exactly one was named."""

    after: After
    serial: str | None = None


def is_of_its_kind(text: str, category: str, service: str | None) -> bool:
    """Whether words that name no matter can only be asked of such a one: 修好了没 of what is mended."""
    return "修" in text and (category in _MENDED if service is None else "修" in service or service == "疏通")


def asked(text: str, *, least: float = SOUNDS_SO) -> Asked | None:
    """What is asked after, if `text` only asks after a matter that is known; None for everything else.

    Only for whoever has told of one that is not finished: from others "还没人来" tells of something.
    """
    said = normal(text)
    if not said or len(said) > LONGEST:
        return None
    asks, hurries = _shipped()
    found = signs(said)
    if asks.odds(found) < least:
        return None
    named = _SERIAL.findall(said)
    return Asked(After.HURRY if hurries.odds(found) > 0 else After.STATE, named[0] if len(named) == 1 else None)


@cache
def _shipped() -> tuple[Table, Table]:
    tables = read(files("nlp").joinpath(FILE).read_bytes())
    return tables[ASKS], tables[HURRIES]
