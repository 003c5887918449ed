"""What the learner sees of a message: characters, pairs of them and words, of the headline and of the story apart."""

from __future__ import annotations

import re
from operator import add
from typing import NamedTuple

from nlp.segment import pieces

HEADLINE_MOST = 80
"""A first line of at most so many characters is a headline."""

# Beyond this much of the story nothing is gained (measured), and long letters would cost the most.
_STORY_MOST = 150
_NUMBER = re.compile(r"[0-9]+")
# Words are marked, so that a word of two characters is not the same as two characters that happen to meet.
_WORD = "_"


class Seen(NamedTuple):
    """Everything different in a message, once; `words` and `story_words` are the marked words among it."""

    head: set[str]
    story: set[str]
    words: list[str]
    story_words: list[str]


def zones(said: str) -> tuple[str, str]:
    """The headline and the story of `said`, which `normal` has been through; without a headline all is headline."""
    said = _NUMBER.sub("0", said.lower())
    head, _, story = said.partition("\n")
    if not (head and story) or len(head) > HEADLINE_MOST:
        return f"{head} {story}".strip()[: HEADLINE_MOST + _STORY_MOST], ""
    return head, story[:_STORY_MOST]


def look(said: str) -> Seen:
    """The features of a message. Of the story no pairs: they double what is looked up and bring nothing (measured)."""
    head, story = zones(said)
    words = [_WORD + word for word in pieces(head)]
    story_words = [_WORD + word for word in pieces(story) if len(word) > 1]
    seen = Seen({*head, *map(add, head, head[1:]), *words}, {*story, *story_words}, words, story_words)
    seen.head.discard(" ")
    seen.story.discard(" ")
    return seen


def unmarked(feature: str) -> str:
    """The word that a marked word stands for."""
    return feature[len(_WORD) :]
