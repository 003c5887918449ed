"""What the learner sees of a message: single characters, pairs, and words, of the headline and of the rest apart."""

from __future__ import annotations

import re
from operator import add

from nlp.segment import pieces

HEADLINE_MOST = 80
"""A first line of at most so many characters is a headline."""

# Beyond this much of the story nothing is gained (measured), and long letters would cost the most.
_BODY_MOST = 150
_NUMBER = re.compile(r"[0-9]+")
# Words are marked, so that a word of two characters is not the same as two characters that happen to meet.
WORD = "_"


def zones(said: str) -> tuple[str, str]:
    """The headline and the rest of `said`, which `normal` has been through; without a headline all is headline."""
    said = _NUMBER.sub("0", said.lower())
    head, _, body = said.partition("\n")
    if not (head and body) or len(head) > HEADLINE_MOST:
        return f"{head} {body}".strip()[: HEADLINE_MOST + _BODY_MOST], ""
    return head, body[:_BODY_MOST]


def features(zone: str) -> set[str]:
    """The different characters, pairs of characters and words of two or more characters in one zone."""
    found = set(zone)
    found.update(map(add, zone, zone[1:]))
    found.update([WORD + word for word in pieces(zone) if len(word) > 1])
    found.discard(" ")
    return found
