"""Danger to life recognised in plain words, without database or model, recall first."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from math import sqrt
from operator import add
from pathlib import Path

from nlp import danger_excuses as excuses
from nlp.danger_scenes import Scene, plainly, possible, signs
from nlp.danger_words import Danger
from nlp.normal import normal

__all__ = ["KINDS", "LONGEST", "SCALE", "Danger", "danger", "danger_in", "opinion"]

_MOST = 2000
# Nobody calls for help in so many ways at once; a text that repeats a phrase thousands of times costs no more.
_MOST_MATCHES = 8
# Real alarms are short. In a long letter only what somebody is asked to come for at once is one.
LONGEST = 70
# How far around a match is looked for the sentence it stands in.
_SENTENCE = 120
_SENTENCE_END = re.compile(r"[。!?;\n]")
_CLAUSE_END = re.compile(r"[,、:。!?;\n\s]")
# Threats and despair are meant as they are said: "if I am not paid I jump" is danger.
_MEANT = frozenset({Danger.SUICIDE, Danger.ASSAULT})
_OF_PEOPLE = frozenset({Danger.ASSAULT, Danger.TRAPPED, Danger.MISSING, Danger.DROWNING, Danger.MEDICAL})
# A cry that does not say what is wrong.
_CRY = re.compile(r"救命|快?救我|救救我(?!们)|报警求救|SOS|快来人[啊呀!]*$")

# The second opinion: weights of signs, in sixteenths, for danger and for each kind of it.
KINDS = tuple(Danger)
SCALE = 16
_WEIGHTS = Path(__file__).with_name("danger.tsv")
# Log odds from which the second opinion raises an alarm by itself, and where something speaks against it.
# Under so many known signs nothing can be said: "are you there?"
_FEWEST = 8
_SOUNDS_SO = -0.5
_SOUNDS_SO_IN_SPITE = 1.5


def danger(text: str) -> Danger | None:
    """The danger to life that is there now; None for past, feared, asked-about, rehearsed or figurative danger.

    When in doubt about a short message the answer is a danger: a needless alarm costs less than a missed one.
    """
    return danger_in(normal(text[:_MOST]))


def danger_in(said: str) -> Danger | None:
    """`danger` of text that has been through `normal`.

    First the scenes are looked for, each of which can be read and tested alone; what none of them foresaw is left to
    the second opinion, which has learned from examples what danger sounds like.
    """
    short = len(said) <= LONGEST and (not excuses.FORMAL.search(said) or excuses.NOW.search(said) is not None)
    if not short and not excuses.URGES.search(said) and not excuses.CRY.search(said):
        return None
    said = plainly(said)
    seen = signs(said)
    heard = [scene for scene in possible(seen) if scene.pattern.search(said)]
    sounds = opinion(seen) if short else _SILENT
    cry = short and _CRY.search(said) is not None
    if not heard and not cry and sounds < _SOUNDS_SO:
        return None
    if _is_over_or_played(said):
        return None
    thanked = (
        excuses.THANKS.search(said) is not None and not excuses.NOW.search(said) and not excuses.WANTS.search(said)
    )
    plain = excuses.FIGURES.sub(lambda found: "□" * len(found[0]), said)
    for scene in heard:
        if thanked and scene.danger is not Danger.SUICIDE:
            continue
        if any(
            _happening(scene, plain, found, short=short)
            for found in islice(scene.pattern.finditer(plain), _MOST_MATCHES)
        ):
            return scene.danger
    if thanked:
        return None
    # A cry that does not say what is wrong: the police find out.
    if cry and _CRY.search(plain):
        return Danger.ASSAULT
    doubtful = bool(heard) or plain != said or _is_doubtful(plain)
    if plain != said:
        sounds = opinion(signs(plain))
    if sounds < (_SOUNDS_SO_IN_SPITE if doubtful else _SOUNDS_SO):
        return None
    return heard[0].danger if heard else _kind(signs(plain))


def _is_over_or_played(said: str) -> bool:
    if excuses.DRILL.search(said) or excuses.ADVERT.search(said) or excuses.PRAISE.search(said):
        return True
    return excuses.OVER.search(said) is not None and not excuses.STILL.search(said)


def _is_doubtful(said: str) -> bool:
    """Whether something in the message speaks against danger that is there now."""
    against = (excuses.SUPPOSED, excuses.FEARED, excuses.AFTERWARDS, excuses.PAST, excuses.HABIT, excuses.ASKED)
    if any(excuse.search(said) for excuse in against):
        return True
    return excuses.ANIMAL.search(said) is not None and not excuses.ATTACKS.search(said)


def _happening(scene: Scene, text: str, found: re.Match[str], *, short: bool) -> bool:
    """Whether what was matched is said to be so, here and now."""
    start, end = found.span()
    first = max(0, start - _SENTENCE)
    first = max((mark.end() for mark in _SENTENCE_END.finditer(text, first, start)), default=first)
    closing = _SENTENCE_END.search(text, end, end + _SENTENCE)
    last = closing.end() if closing else min(len(text), end + _SENTENCE)
    sentence, lead = text[first:last], text[first:start]
    before = _CLAUSE_END.split(lead)[-1]
    after = _CLAUSE_END.split(text[end:last])[0]
    clause = before + found[0] + after

    governing = [before, *(gap for gap in found.groups() if gap)]
    if any(excuses.NOT.search(part) and not excuses.IS_IT.search(part) for part in governing):
        return False
    if scene.danger in _OF_PEOPLE and _not_of_people(before, found[0], after):
        return False
    crying = excuses.CRY.search(sentence) is not None
    if not crying:
        if excuses.AFTERWARDS.search(after) or any(map(excuses.FEARED.search, governing)):
            return False
        if scene.danger not in _MEANT and excuses.SUPPOSED.search(lead + found[0] + after):
            return False
    told = lead + found[0] + after
    long_ago = excuses.PAST.search(told) is not None or excuses.HABIT.search(told) is not None
    if not short:
        asks = excuses.REQUEST.search(text[:30]) or excuses.ASKED.search(sentence)
        return crying or (not asks and not long_ago and excuses.URGES.search(text) is not None)
    if excuses.NOW.search(sentence) or excuses.STILL.search(sentence):
        return True
    # "It burnt last year, and now they rebuild" is over; "I fell ill last year and now I cannot speak" is not.
    if excuses.NOW_HERE.search(before + found[0] if long_ago else clause):
        return True
    return not long_ago and not excuses.ASKED.search(sentence)


def _not_of_people(before: str, found: str, after: str) -> bool:
    """Whether a beast or a thing is lost, stuck, hurt or in the water; a beast that attacks is another matter."""
    if excuses.THING.search(before):
        return True
    beast = excuses.ANIMAL.search(before + found) or excuses.ANIMAL.search(after[:6])
    return beast is not None and not excuses.ATTACKS.search(before + found + after)


_SILENT = float("-inf")


@cache
def _weights() -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """For each sign the weight for danger, and those for the kinds."""
    for_danger, for_kinds = {}, {}
    for line in _WEIGHTS.read_text("utf-8").splitlines():
        sign, _, row = line.partition("\t")
        for_danger[sign], *kinds = map(int, row.split())
        if kinds:
            for_kinds[sign] = tuple(kinds)
    return for_danger, for_kinds


def opinion(seen: set[str]) -> float:
    """How much a message with these signs sounds like danger: above 0 rather so, below rather not (log odds)."""
    weights, _ = _weights()
    found = [weight for weight in map(weights.get, seen) if weight]
    if len(found) < _FEWEST:
        return _SILENT
    return (weights[""] + sum(found) / sqrt(len(found))) / SCALE


def _kind(seen: set[str]) -> Danger:
    _, weights = _weights()
    totals = list(weights[""])
    for sign in seen & weights.keys():
        totals = list(map(add, totals, weights[sign]))
    return KINDS[totals.index(max(totals))]
