"""Category and kind of a message: the learned weights and the category words that staff edit, together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from nlp.categories import CategorySeed, load
from nlp.features import Seen, look, unmarked
from nlp.keywords import Keywords
from nlp.kinds import KINDS, Chat, Kind, manners
from nlp.model import HEAD, STORY, Model, shipped

# Longer messages tell of something, whatever they sound like.
_TALK_MOST = 40
# A number alone is an answer, not talk.
_SPOKEN = re.compile(r"[^\W\d_]{2}")
# A category word this strong is a matter.
_MATTER = 2.0
# With this a new word of weight 4 alone reaches what a learned category reaches on its own messages.
_NEW_WORD = 2.5
# "就在老槐树底下" answers where it is; it does not complain of the tree.
_ONLY_WHERE = re.compile(
    r"\W*(?:就|我?们?就?在|靠近|挨着|对着).{1,16}(?:底下|下面|上面|旁边?|对面|门口|附近|边上|隔壁|后面|前面|里面?|里头|那里|这里|那边|这边|那儿|这儿)[吧呢啊呀的\W]*"
)
_REASONS = 5
_ENOUGH = 3
# A word that counts less than this, of a distance between categories of about one, decides nothing.
_REASON = 0.02


@dataclass(frozen=True, slots=True)
class Scored:
    """The categories by confidence, best first, whether the best passes the gate, and the words that decided."""

    ranked: tuple[tuple[str, float], ...]
    sure: bool
    secondary: str | None
    kind: Kind
    chat: Chat | None
    reasons: tuple[str, ...]


class Classifier:
    """Scores normalised text; built once for one table of categories, read by many threads."""

    def __init__(self, categories: Sequence[CategorySeed], model: Model | None = None) -> None:
        self._model = model or shipped()
        self._codes = tuple(seed.code for seed in categories)
        self._keywords = Keywords(_with_new_words_louder(categories))
        places = {code: place for place, code in enumerate(self._model.categories)}
        self._learned = tuple(places.get(code) for code in self._codes)
        self._wanted = tuple(kind in KINDS for kind in self._model.kinds)
        self._kinds = tuple((Kind(kind), place) for place, kind in enumerate(self._model.kinds) if kind in KINDS)

    def score(self, said: str, *, best: int = 5) -> Scored:
        """The best categories of `said`, which `normal` has been through; none where nothing in it is known."""
        model, settings = self._model, self._model.settings
        seen = look(said)
        learned, unit = model.scores(seen)
        spoken, found = self._keywords.score(said)
        mixed = [
            (settings.unknown if place is None else learned[place]) + settings.words_share * score
            for place, score in zip(self._learned, spoken, strict=True)
        ]
        kind, talk = self._kind(said, learned[len(model.categories) :])
        # Whatever the words of a category speak of is a matter, unless the whole message is known for manners.
        chat = manners(said) or (talk if max(spoken, default=0.0) < _MATTER else None)
        if not mixed or not (unit or found):
            return Scored((), False, None, kind, chat, ())
        shares = _softmax(mixed, settings.temperature)
        order = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)[:best]
        ranked = tuple((self._codes[index], shares[index]) for index in order)
        return Scored(
            ranked=ranked,
            sure=ranked[0][1] >= settings.gate and not _ONLY_WHERE.fullmatch(said),
            secondary=next((code for code, share in ranked[1:2] if share >= settings.second), None),
            kind=kind,
            chat=chat,
            reasons=self._reasons(seen, unit, found, order[0]),
        )

    def _kind(self, said: str, learned: Sequence[float]) -> tuple[Kind, Chat | None]:
        """The kind, and what sort of message without a matter it surely is, if any."""
        shares = _softmax(learned, self._model.settings.kind_temperature)
        kind = max(self._kinds, key=lambda each: shares[each[1]])[0]
        idle = sum(share for share, wanted in zip(shares, self._wanted, strict=True) if not wanted)
        if len(said) > _TALK_MOST or idle < self._model.settings.chat or not _SPOKEN.search(said):
            return kind, None
        share_of = dict(zip(self._model.kinds, shares, strict=True))
        return kind, max(Chat, key=lambda chat: share_of.get(chat, 0.0))

    def _reasons(self, seen: Seen, unit: float, found: dict[str, float], category: int) -> tuple[str, ...]:
        """The words that spoke for a category: its own words, and those that were learned."""
        share = self._model.settings.words_share
        strength = {each: share * score for score, each in self._keywords.spoke(found, category)}
        label = self._learned[category]
        if label is not None:
            for words, counts in ((seen.words, HEAD), (seen.story_words, STORY)):
                # The story is only asked where the headline and the category's words say little.
                if len(strength) < _ENOUGH:
                    for feature, weight in self._model.weights(set(words), label):
                        learned = weight * unit * counts
                        if learned >= _REASON:
                            strength[unmarked(feature)] = strength.get(unmarked(feature), 0.0) + learned
        # By strength, then by the word, so that the same message has the same reasons every time.
        return tuple(sorted(strength, key=lambda each: (-strength[each], each))[:_REASONS])


def _with_new_words_louder(categories: Sequence[CategorySeed]) -> list[CategorySeed]:
    """The learner knows the shipped words from the corpus; words that staff added have nobody else to speak for them."""
    shipped_words = {seed.code: seed.words for seed in load()}
    return [
        replace(
            seed,
            words={
                word: weight if word in shipped_words.get(seed.code, ()) else weight * _NEW_WORD
                for word, weight in seed.words.items()
            },
        )
        for seed in categories
    ]


def _softmax(scores: Sequence[float], temperature: float) -> list[float]:
    top = max(scores)
    powers = [exp((score - top) / temperature) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
