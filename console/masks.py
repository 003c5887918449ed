"""What of a person stands on a page: the one rule for names, numbers and words, whatever page shows them.

Whoever told something, judges it or is called is named by the first character, their numbers are shown in part, and the
numbers and doors in what was said are hidden, unless the task on that page needs them (`full`); then the view notes it
for the audit (`Sight.note`). Colleagues, volunteers and riders are named in full where they serve: they must find each
other. A list of them is noted too. Numbers never stand in a list that is not there to be called.
"""

from __future__ import annotations

from nlp import extract
from texts.common import clip


def name(given: str, full: bool = False) -> str:
    """The first character only."""
    return given if full or not given else given[:1] + "*" * min(len(given) - 1, 2)


def phone(number: str, full: bool = False) -> str:
    """Enough to recognise a number one knows, too little to call it."""
    if full:
        return number
    return f"{number[:3]}****{number[-2:]}" if len(number) >= 8 else "*" * len(number)


def words(text: str, full: bool = False) -> str:
    """Without telephone, identity and account numbers and doors."""
    return text if full else extract.mask(text)


def gist(text: str, most: int) -> str:
    """The beginning on one line. Hidden before it is cut: a number that is cut in two is not recognised any more."""
    return clip(words(text), most)
