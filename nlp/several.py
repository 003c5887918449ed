"""Whether one message brings two matters that different people would deal with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.normal import normal
from nlp.similar import compatible
from nlp.understand import Kind, Understander

_MOST = 1000
_SHORTEST = 6
_LEAD = 20
"""A longer beginning before a numbered list is the matter itself, and what is numbered are its points."""
_SURE = 0.6
"""From which confidence on a part is clearly about something. Asking for nothing costs more than missing one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the matters: its own words, and the category they are about."""

    words: str
    category: str


_AFTER_A_PAUSE = r"(?:(?<=[\s,。;:!?、~])|^)"
_NUMBERED = re.compile(
    rf"{_AFTER_A_PAUSE}(?:[1-9](?:[.、)](?!\d)|:(?!\d))|[(]?[一二三四五六](?:[)]|、|是(?!不)|来(?![了自]))|[①-⑨]|第[一二三四五](?:[,、:]|个|件事?|是|点)|首先|其次)[,、:.]?"
)
_ALSO = re.compile(
    r"(?:(?<=[\s,。;:!?~])|^)(?:另外|此外|除此之外|还有(?:就是|一[个件](?:事|问题)?|个(?:事|问题))?|再有(?:就是)?|再就是|再一个|顺便(?:再|也)?(?:说|问|反映|提)?(?:一?下|一句)?|另一件事|第二件事|还想(?:反映|问)|对了)[,:、]?"
)


def several(text: str, understander: Understander) -> tuple[Part, ...]:
    """The two matters of `text` in the order they were told, or nothing where it is one, or not clearly two.

    Only where people mark it themselves ("1. … 2. …", "一是…二是…", "另外…") is a message taken apart.
    """
    said = normal(text[:_MOST])
    pieces = _pieces(said)
    if len(pieces) < 2:
        return ()
    found: list[Part] = []
    for piece in pieces:
        understood = understander.understand(piece)
        if understood.danger is not None:
            return ()
        code = understood.category
        if code is None or code == "other" or understood.confidence < _SURE:
            continue
        if understood.chat is not None or understood.kind is Kind.PRAISE:
            continue
        known = next((index for index, part in enumerate(found) if part.category == code), None)
        if known is None:
            found.append(Part(piece, code))
        else:
            found[known] = Part(f"{found[known].words},{piece}", code)
    if len(found) != 2 or found[1].category in compatible(found[0].category):
        return ()
    return tuple(found)


def _pieces(said: str) -> list[str]:
    """The message cut where its writer begins another point."""
    marks = list(_NUMBERED.finditer(said))
    if len(marks) < 2 or marks[0].start() > _LEAD:
        marks = []
    marks = sorted([*marks, *_ALSO.finditer(said)], key=lambda mark: mark.start())
    if not marks:
        return []
    bounds = [(0, marks[0].start())] + [
        (mark.end(), after.start() if after else len(said))
        for mark, after in zip(marks, [*marks[1:], None], strict=True)
    ]
    cut = [said[start:end].strip(" ,。;:、") for start, end in bounds]
    return [piece for piece in cut if len(piece) >= _SHORTEST]
