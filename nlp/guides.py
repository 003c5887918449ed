"""Which guide (办事指南) answers a question: the one most of whose words were said, of those that hold where one lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nlp.normal import normal


@dataclass(frozen=True, slots=True)
class Known:
    """A guide as questions are compared with it; `path` is that of its area."""

    id: int
    path: str
    title: str
    words: tuple[tuple[str, ...], ...]
    """Each asks for it where all its parts were said."""
    text: str
    links: tuple[tuple[str, str], ...]
    """(what it opens, address)."""


def known(guide_id: int, path: str, title: str, words: Iterable[str], text: str, links: Iterable[str]) -> Known:
    """A guide as it is stored, made ready for comparing."""
    asked = dict.fromkeys(tuple(normal(part).lower() for part in each.split("+")) for each in (*words, title))
    pairs = tuple((says, address) for says, _, address in (each.partition("|") for each in links))
    return Known(guide_id, path, title, tuple(asked), text, pairs)


def answering(guides: Iterable[Known], said: str, *, asks: bool, home: str = "") -> Known | None:
    """The guide for what was said, None where none is. `asks`: whether it is surely a question; otherwise only the name
    of a matter, with nothing beside it, means its guide. `home` is the path of where somebody lives, empty when nobody
    knows.
    """
    words = normal(said).lower().strip(" ?？。!！,，")
    best: tuple[int, int, Known] | None = None
    for each in guides:
        if home and not home.startswith(each.path):
            continue
        told = max((sum(map(len, parts)) for parts in each.words if _asked(parts, words, asks=asks)), default=0)
        # Of two that fit alike the nearer one; who lives nowhere we know is told what holds for most.
        near = len(each.path) if home else -len(each.path)
        if told and (best is None or (told, near) > best[:2]):
            best = (told, near, each)
    return best[2] if best else None


def _asked(parts: tuple[str, ...], words: str, *, asks: bool) -> bool:
    return all(part in words for part in parts) if asks else "".join(parts) == words
