"""What danger sounds like: scenes, each a few plain words in order with little between them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from operator import add
from typing import NamedTuple

from nlp.danger_words import SCENES as TOLD
from nlp.danger_words import Danger

# Turns of speech of Wuhan, Sichuan, the Northeast and Guangdong, and what the rest of the country says.
_SAID_ELSEWHERE = dict.fromkeys("咯哒嘞喽咗啦", "了") | {
    said: plain
    for plain, several in {
        "没有": "没得 冇得 冒得 莫得 冇",
        "孩子": "娃儿 伢儿 伢 细路",
        "老婆": "婆娘 堂客",
        "爷爷": "爹爹 嗲嗲",
        "里面": "里头",
        "外面": "外头",
        "上面": "高头",
        "怎么": "咋",
        "什么": "啥",
        "谁": "边个",
        "我": "俺",
        "他": "佢",
        "不": "唔",
        "在": "喺",
        "的": "嘅",
        "还": "仲",
        "来": "嚟",
        "摔": "跶",
        "砍": "斩",
    }.items()
    for said in several.split()
}
_ELSEWHERE = re.compile("|".join(sorted(_SAID_ELSEWHERE, key=len, reverse=True)))


def plainly(said: str) -> str:
    """`said` as it would be said in most of the country."""
    return _ELSEWHERE.sub(lambda found: _SAID_ELSEWHERE[found[0]], said)


# A gap never runs over the end of a sentence.
_GAP = r"([^。!?;\n]{{0,{most}}}?)"


class Scene(NamedTuple):
    """One way of saying that something is happening.

    `needs` holds, for each list of words, a sign of each of them, one or two of its characters: a text that lacks them
    all for any of the lists cannot match. The list that is rarest in ordinary talk comes first.
    """

    danger: Danger
    source: str
    needs: tuple[frozenset[str], ...]
    # How many ways the gaps can be filled: with the length of the text, the bound on the work of a search.
    ways: int

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a message first needs it: all at once would take a fifth of a second."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def _any_of(words: Iterable[str]) -> str:
    """The pattern of any of these words; where one begins with another, the shorter is enough."""
    kept: list[str] = []
    for word in sorted(set(words)):
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    single = "".join(word for word in kept if len(word) == 1)
    longer = [re.escape(word) for word in kept if len(word) > 1]
    return f"(?:{'|'.join([*([f'[{single}]'] if single else []), *longer])})"


def _scene(danger: Danger, *parts: str | int) -> Scene:
    """A scene of `parts`: words separated by blanks, any of which may stand there, and between them the most characters
    that may come in between.
    """
    pattern, needs, ways = "", [], 1
    for part in parts:
        if isinstance(part, int):
            pattern += _GAP.format(most=part)
            ways *= part + 1
        else:
            words = list(map(plainly, part.split()))
            pattern += _any_of(words)
            needs.append(frozenset(map(_sign, words)))
    return Scene(danger, pattern, tuple(sorted(needs, key=_commonness)), ways)


# What ordinary messages are full of; it says little about a scene, so that it only makes the search longer.
_COMMON_ONES = (
    "人 车 被 水 说 从 要 门 电 给 打 他 掉 让 想 叫 我 下 上 在 有 来 不 一 家 出 小 孩 老 地 路"
    " 没有 一个 不能 电梯 有人 我们 我家 自己 一直 没人 门口 阳台 楼上 楼下 几个 下来 还在 不要 一下 都是"
)
_COMMON = frozenset(_COMMON_ONES.split())


def _sign(word: str) -> str:
    """A part of `word`, of two characters where it has them, and not a common one where it has another."""
    pairs: list[str] = list(map(add, word, word[1:])) or [word]
    return next((pair for pair in pairs if pair not in _COMMON), pairs[0])


def _commonness(signs: frozenset[str]) -> int:
    """Roughly how often a message has one of these: single characters stand in many words, pairs in few."""
    return sum((8 if len(sign) == 1 else 1) * (20 if sign in _COMMON else 1) for sign in signs)


SCENES: tuple[Scene, ...] = tuple(_scene(danger, *parts) for danger, told in TOLD.items() for parts in told)


def _index(scenes: Iterable[Scene]) -> dict[str, tuple[int, ...]]:
    """The numbers of the scenes that each sign of their rarest list of words makes possible."""
    filed: defaultdict[str, list[int]] = defaultdict(list)
    for number, scene in enumerate(scenes):
        for sign in scene.needs[0]:
            filed[sign].append(number)
    return {sign: tuple(numbers) for sign, numbers in filed.items()}


_FILED = _index(SCENES)
_FILED_UNDER = _FILED.keys()


def signs(said: str) -> set[str]:
    """The characters of `said` and the pairs of neighbours in it: what scenes are filed under."""
    return {*said, *map(add, said, said[1:])}


def possible(seen: set[str]) -> list[Scene]:
    """The scenes whose words may stand in a text with these signs, in their order; every scene that matches it is
    among them.

    Most messages have the signs of no scene, and then no pattern is run.
    """
    numbers = {number for sign in seen & _FILED_UNDER for number in _FILED[sign]}
    return [SCENES[n] for n in sorted(numbers) if not any(map(seen.isdisjoint, SCENES[n].needs[1:]))]
