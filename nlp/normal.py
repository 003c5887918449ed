"""One spelling for matching: half width, simplified, single blanks. What people wrote is stored as written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import zhconv_rs

# Variation selectors, the keycap frame of "1️⃣", zero-width characters, joiners and the byte-order mark.
_INVISIBLE = re.compile("[\ufe0e\ufe0f\u20e3\u200b-\u200f\u2060\ufeff\u00ad]")
# Half a character, as a broken client sends it; nothing that was not written in Python takes it.
_HALVES = re.compile("[\ud800-\udfff]")
# The converter leaves 著 alone because it may be 著名; elsewhere it is the traditional 着.
_ZHE = re.compile(r"(?<![显卓原名专编论拙土昭])著(?![名作者述称书])")


# With the usual marks narrow, most texts are in NFKC already, which costs a tenth of bringing them there.
_WIDE = {wide: unicodedata.normalize("NFKC", wide) for wide in "，：；！？（）…"}


@lru_cache(maxsize=64)
def normal(text: str) -> str:
    """`text` in NFKC, in simplified characters, with blanks collapsed and invisible characters gone."""
    text = _INVISIBLE.sub("", _HALVES.sub("?", text))
    for wide, narrow in _WIDE.items():
        text = text.replace(wide, narrow)
    text = " ".join(zhconv_rs.zhconv(unicodedata.normalize("NFKC", text), "zh-hans").split())
    return _ZHE.sub("着", text) if "著" in text else text


_KNOWN_CHARACTERS = 8192


class _Folds(dict[int, str]):
    """Code points as `normal` would spell them, for str.translate; the odd ones become none or several characters."""

    odd: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.odd = set()

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold(character)
        if len(self) < _KNOWN_CHARACTERS or len(folded) != 1:
            self[code] = folded
        if len(folded) != 1:
            self.odd.add(character)
        return folded


def _fold(character: str) -> str:
    if _INVISIBLE.match(character):
        return ""
    if _HALVES.match(character):
        return "?"
    folded = unicodedata.normalize("NFKC", character)
    return " " if folded.isspace() else zhconv_rs.zhconv(folded, "zh-hans")


_FOLDS = _Folds()


@lru_cache(maxsize=64)
def fold(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` folded character by character, with the index in `text` each folded character came from.

    Remembered for a moment: one message is looked at from several sides.
    """
    folded = text.translate(_FOLDS)
    if _FOLDS.odd.isdisjoint(text):
        return folded, tuple(range(len(text)))
    origin: list[int] = []
    for index, character in enumerate(text):
        origin.extend([index] * len(_FOLDS[ord(character)]))
    return folded, tuple(origin)
