"""Danger to life recognised in plain words, without a database: what learned it has read thousands of calls for help."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from nlp.hashed import read, signs
from nlp.normal import normal


class Danger(StrEnum):
    """What threatens; whom to call follows from it."""

    FIRE = "fire"
    GAS = "gas"
    SUICIDE = "suicide"
    SHOCK = "shock"
    ASSAULT = "assault"
    DROWNING = "drowning"
    TRAPPED = "trapped"
    COLLAPSE = "collapse"
    MEDICAL = "medical"
    FALLING = "falling"
    MISSING = "missing"
    UNNAMED = "unnamed"
    """Somebody calls for help, and nobody has said why."""


CATEGORIES: Mapping[Danger, str] = {
    Danger.FIRE: "fire_safety",
    Danger.GAS: "utilities",
    Danger.SUICIDE: "public_security",
    Danger.SHOCK: "utilities",
    Danger.ASSAULT: "public_security",
    Danger.DROWNING: "public_security",
    Danger.TRAPPED: "fire_safety",
    Danger.COLLAPSE: "property_service",
    Danger.MEDICAL: "medical",
    Danger.FALLING: "falling_object",
    Danger.MISSING: "public_security",
}
"""Where a danger is filed of which the words say nothing else; one that nobody named is left to people."""

_MOST = 2000
# Real alarms are short. In a longer text each passage is judged by itself, and more strictly: it tells a story.
LONGEST = 120
_PASSAGE = 60
_LEAST = 10
_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*")

# Log odds from which a short message is danger, one of two passages, and a passage of a long one. Chosen on messages of
# writers of whom nothing was learned (docs/decisions/0012): a needless alarm costs less than a missed one.
SOUNDS_SO = -1.2
_TOGETHER = 0.0
INSISTS = 2.5
WITH_AND_WITHOUT = -2.0
"""The mean of a message with and without its address, where only what is left without it sounds like danger."""


def danger(text: str, *, least: float = SOUNDS_SO) -> Danger | None:
    """The danger to life that is there now; None for past, feared, asked-about, rehearsed or figurative danger.

    When in doubt about a short message the answer is a danger, unless `least` asks for more.
    """
    return danger_in(normal(text[:_MOST]), least=least)


def danger_in(said: str, *, least: float = SOUNDS_SO) -> Danger | None:
    """`danger` of text that has been through `normal`."""
    weights = shipped()
    if len(said) <= _PASSAGE:
        return weights.kind(said) if weights.danger.odds(signs(said)) >= least else None
    together: set[int] = set()
    for passage in passages(said):
        found = signs(passage)
        if weights.danger.odds(found) >= INSISTS:
            return weights.kind(passage)
        together |= found
    if len(said) <= LONGEST and weights.danger.odds(together) >= max(least, _TOGETHER):
        return weights.kind(said)
    return None


def danger_at(said: str, told: str) -> Danger | None:
    """`danger_in` of `said`, of which `told` is what is left without its address: that hides a short cry, and what is
    left of "我住香樟花园" may sound like anything, so both are heard.
    """
    if told == said or len(said) > _PASSAGE:
        return danger_in(told)
    weights = shipped()
    if only_calls(told):
        return danger_in(told)
    whole = weights.danger.odds(signs(said))
    if whole < SOUNDS_SO:
        rest = weights.danger.odds(signs(told))
        if rest < SOUNDS_SO or (whole + rest) / 2 < WITH_AND_WITHOUT:
            return None
    return weights.kind(told)


def passages(said: str) -> Iterator[str]:
    """A text in pieces that are short enough to be judged, cut where its sentences end."""
    gathered = ""
    for sentence in _SENTENCE.findall(said[:_MOST]):
        for start in range(0, len(sentence), LONGEST):
            piece = sentence[start : start + LONGEST]
            if gathered and len(gathered) + len(piece) > _PASSAGE and len(piece) >= _LEAST:
                yield gathered
                gathered = ""
            gathered += piece
    if gathered:
        yield gathered


_CALL = r"救命|救救?(?:我们?|人)|求救(?![命救我人])|求助|帮帮我们?|快|赶紧|赶快|马上|立刻|来(?:个|些)?人|叫人|有没?有?人|出(?:大|人)?(?:事|命)|不得了|sos"
_BESIDE_A_CALL = r"[来过点啊呀哪呐吧呢哇的了吗请要在求谁!]|[你您我]们?|大家|这里|这边|不好"
_CALLS = re.compile(_CALL, re.IGNORECASE)
# Possessive: whatever is called over and over, each part of it is read in one way only.
_ONLY_CALLS = re.compile(rf"(?:{_CALL}|{_BESIDE_A_CALL})++", re.IGNORECASE)


def only_calls(said: str) -> bool:
    """Whether words do nothing but call for somebody (救命, 快来人): what threatens is not among them."""
    bare = re.sub(r"[\W_]+", "", said)
    return _ONLY_CALLS.fullmatch(bare) is not None and _CALLS.search(bare) is not None


# ---------------------------------------------------------------- weights

# Primes, so that neighbouring numbers are spread.
BUCKETS = 1_048_573
KIND_BUCKETS = 32_749
DANGER = "danger"


class Weights:
    """Everything that was learned; read once, shared by all threads."""

    def __init__(self, data: bytes) -> None:
        tables = read(data)
        self.danger = tables.pop(DANGER)
        self._kinds = {Danger(name): table for name, table in tables.items()}

    def kind(self, said: str) -> Danger:
        """Which danger it is, if it is one."""
        if only_calls(said):
            return Danger.UNNAMED
        found = signs(said)
        return max(self._kinds, key=lambda kind: self._kinds[kind].odds(found))


@cache
def shipped() -> Weights:
    """The weights of this version, read once."""
    return Weights(files("nlp").joinpath("danger.bin").read_bytes())
