"""Telephone numbers as people write them."""

from __future__ import annotations

import re
from unicodedata import normalize

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LINE = re.compile(r"0[0-9]{2,3}[0-9]{7,8}")
_OF_THIS_TOWN = re.compile(r"[0-9]{7,8}")


def mobile(said: str) -> str | None:
    """The mobile number in digits; empty for nothing, None for what is none."""
    digits = _digits(said)
    return digits if not digits or _MOBILE.fullmatch(digits) else None


def number(said: str, *, of_this_town: bool = False) -> str | None:
    """The same of a mobile number or a line with its area code, and of one without it among neighbours."""
    digits = _digits(said)
    kinds = (_MOBILE, _LINE, *([_OF_THIS_TOWN] if of_this_town else []))
    return digits if not digits or any(kind.fullmatch(digits) for kind in kinds) else None


def _digits(said: str) -> str:
    # Chinese keyboards give digits and signs in full width; "²" stays no two.
    plain = "".join(normalize("NFKC", each) if "！" <= each <= "～" else each for each in said)
    return re.sub(r"^(?:\+|00)86", "", re.sub(r"[\s()\-]", "", plain))
