"""One spelling for matching: half width, simplified, single blanks. What people wrote is stored as written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import zhconv_rs

_BLANKS = re.compile(r"\s+")
# Variation selectors, the keycap frame of "1️⃣", zero-width characters, joiners and the byte-order mark.
_INVISIBLE = re.compile("[\ufe0e\ufe0f\u20e3\u200b-\u200f\u2060\ufeff\u00ad]")
# Half a character, as a broken client sends it; nothing that was not written in Python takes it.
_HALVES = re.compile("[\ud800-\udfff]")
# The converter leaves 著 alone because it may be 著名; elsewhere it is the traditional 着.
_ZHE = re.compile(r"(?<![显卓原名专编论拙土昭])著(?![名作者述称书])")


@lru_cache(maxsize=64)
def normal(text: str) -> str:
    """`text` in NFKC, in simplified characters, with blanks collapsed and invisible characters gone."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _HALVES.sub("?", text)))
    return _ZHE.sub("着", _BLANKS.sub(" ", zhconv_rs.zhconv(text, "zh-hans"))).strip()


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """One character as `normal` would spell it; blanks become one space."""
    if _INVISIBLE.match(character):
        return ""
    if _HALVES.match(character):
        return "?"
    folded = unicodedata.normalize("NFKC", character)
    return " " if folded.isspace() else zhconv_rs.zhconv(folded, "zh-hans")


@lru_cache(maxsize=64)
def fold(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` folded character by character, with the index in `text` each folded character came from.

    Remembered for a moment: one message is looked at from several sides.
    """
    if normal(text) == text:
        return text, tuple(range(len(text)))
    letters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        folded = _fold(character)
        letters.append(folded)
        origin.extend([index] * len(folded))
    return "".join(letters), tuple(origin)
