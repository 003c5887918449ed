"""Learning the weights of nlp/spans.tsv from the places marked in nlp/corpus, the same file every time."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import add
from pathlib import Path

from nlp.normal import normal
from nlp.spans import BEGIN, END, SCALE, TEXT, TITLE, Spans, Weights, cut, features, is_break, position
from nlp.tables import rows

_EPOCHS = 3
_RATE = 0.25
_LONGEST = 16
_KEPT = 7
"""Features of which no weight reaches this many 32nds are left out."""

_PLACELESS_LEFT_OUT = 0.5
"""The corpus has many more letters without a place than people write; with all of them too few places are seen."""

_COLUMNS = 9
_NOTHING = (0.0,) * _COLUMNS

# Messages to public boards begin with a district, which the corpus, written as chat, seldom does.
_DISTRICTS = tuple(
    name
    for line in (
        "北京市海淀区 上海市浦东新区 广州市天河区 深圳市宝安区 武汉市江夏区 成都市武侯区 西安市雁塔区",
        "南京市鼓楼区 杭州市余杭区 郑州市金水区 合肥市包河区 福州市晋安区 南昌市新建区 济南市历下区 沈阳市浑南区",
        "昆明市官渡区 贵阳市南明区 南宁市青秀区 太原市小店区 石家庄市裕华区 湘潭县 当阳市 襄阳市樊城区",
        "宜昌市夷陵区 黄石市 大冶市 赣州市章贡区 遵义市 绵阳市涪城区 洛阳市 临沂市兰山区 徐州市铜山区 无锡市",
        "温州市乐清市 泉州市晋江市 阳新县 枣阳市 咸宁市咸安区 肥西县 双流区 蔡甸区 经开区 高新区 开发区",
        "滨湖新区 A市 A3区 A7县 B市 C4市 A市A2区 A1区 A9市 D县",
    )
    for name in line.split()
)
_STREETS = ("",) * 6 + ("城关镇", "长江街道", "东湖街道", "新桥镇", "河口镇", "白沙街道")
_OPENINGS = ("",) * 4 + ("反映", "投诉", "关于", "请求解决", "咨询", "建议", "请问", "举报", "求助:", "对")
_JOINTS = ("",) * 6 + ("的", "内", "里", "业主", "物业", "居民")
_VERB = re.compile("^(?:关于|反映|投诉|请求|咨询|建议|请问|举报)")

Line = tuple[str, list[str]]
Gold = tuple[int, int, int] | None
"""Which line, and its first and last word of the place."""

Example = tuple[list[Line], Gold]


def lines_of(text: str) -> list[tuple[str, str]]:
    """The parts of a normalised message that are read, each with its kind."""
    title, newline, body = text.partition("\n")
    return [("T", title[:TITLE]), ("X", body[:TEXT])] if newline else [("A", title[: TITLE + TEXT])]


def _example(text: str, place: str) -> Example | None:
    """The message as the learner sees it; None when its place does not stand there in whole words."""
    lines: list[Line] = []
    gold: Gold = None
    for kind, line in lines_of(text):
        words = cut(line)
        start = line.find(place) if place and gold is None else -1
        if start >= 0:
            end = start + len(place)
            bounds = list(accumulate(map(len, words), initial=0))
            first = min(range(len(words)), key=lambda index: abs(bounds[index] - start))
            last = min(range(len(words)), key=lambda index: abs(bounds[index + 1] - end))
            off = abs(bounds[first] - start) + abs(bounds[last + 1] - end)
            broken = any(map(is_break, words[first : last + 1]))
            if off > 1 or broken or not 0 <= last - first < _LONGEST:
                return None
            gold = len(lines), first, last
        lines.append((kind, words))
    return None if place and gold is None else (lines, gold)


def _as_on_a_board(title: str, text: str, place: str, draw: random.Random) -> str:
    """The same message with district and place where boards have them."""
    district = draw.choice(_DISTRICTS) + draw.choice(_STREETS)
    joint = draw.choice(_JOINTS)
    if title and place not in title:
        title = draw.choice(_OPENINGS) + district + place + joint + _VERB.sub("", title)
        return f"{title}\n{text.replace(place, '') if draw.random() < 0.5 else text}"
    if title:
        return f"{title.replace(place, district + place, 1)}\n{text}"
    if len(text) < 60 and draw.random() < 0.6:
        rest = text.replace(place, "", 1).strip(" ,。")
        return draw.choice(_OPENINGS) + district + place + joint + rest
    return text.replace(place, district + place, 1)


def _without(title: str, text: str, place: str, draw: random.Random) -> str:
    """The same message without its place."""
    several = ("", "我们小区", "本小区", "我家") if draw.random() < 0.3 else ("", *_DISTRICTS)
    bare = [line.replace(place, draw.choice(several)) for line in (title, text)]
    return "\n".join(line for line in bare if line)


def examples(rows: Iterable[Mapping[str, str]]) -> list[Example]:
    """What is learned from rows with `title`, `text` and `location`: the messages, and some of them told otherwise.

    Rows of a file without that column teach nothing about places.
    """
    draw = random.Random(0)
    found: list[Example | None] = []
    for row in rows:
        if "location" not in row:
            continue
        title, text = normal(row["title"]), normal(row["text"])
        place = "" if row["location"] == "-" else normal(row["location"])
        if title and not place and draw.random() < _PLACELESS_LEFT_OUT:
            continue
        found.append(_example(f"{title}\n{text}" if title else text, place))
        if place:
            found.append(_example(_as_on_a_board(title, text, place, draw), place))
            if draw.random() < 0.12:
                found.append(_example(_without(title, text, place, draw), ""))
        elif title and draw.random() < 0.7:
            found.append(_example(f"{draw.choice(_DISTRICTS)}{title}\n{text}", ""))
    return [example for example in found if example is not None]


class _Learner:
    """A log-linear model of all places a message could have and of having none, learned one message at a time."""

    def __init__(self) -> None:
        self.weights: dict[str, list[float]] = {}
        self._squares: dict[str, list[float]] = {}
        self._known: dict[str, tuple[str, ...]] = {}

    def _features(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            self._known[word] = features(word)
        return self._known[word]

    def _weigh(self, word: str) -> Sequence[float]:
        rows = [row for row in map(self.weights.get, self._features(word)) if row is not None]
        total = rows[0] if rows else _NOTHING
        for row in rows[1:]:
            total = list(map(add, total, row))
        return total

    def learn(self, example: Example) -> None:
        """One step towards the marked place of one message."""
        lines, gold = example
        scored: list[tuple[int, int, int, float]] = []
        padded = [[*BEGIN, *words, *END] for _, words in lines]
        for number, (kind, words) in enumerate(lines):
            scored += self._score(number, kind, words, padded[number])
        top = max([0.0, *(score for *_, score in scored)])
        shares = [
            (number, first, last, math.exp(score - top)) for number, first, last, score in scored if score > top - 9
        ]
        total = math.exp(-top) + sum(share for *_, share in shares)
        steps: dict[str, list[float]] = {}
        by_line = [([0.0] * len(words), [0.0] * len(words), [0.0] * (len(words) + 1)) for _, words in lines]
        if gold is not None:
            shares.append((*gold, -total))
        for number, first, last, share in shares:
            starts, ends, inside = by_line[number]
            starts[first] -= share / total
            ends[last] -= share / total
            inside[first] -= share / total
            inside[last + 1] += share / total
        for (kind, _), row, (starts, ends, inside) in zip(lines, padded, by_line, strict=True):
            self._collect(steps, kind, row, starts, ends, inside)
        self._walk(steps)

    def _score(self, number: int, kind: str, words: list[str], padded: list[str]) -> list[tuple[int, int, int, float]]:
        weighed = [self._weigh(word) for word in padded]
        near = [self.weights.get(position(kind, index), [0.0])[0] for index in range(len(words))]
        # Where a place may end counts the same wherever it begins.
        ends = []
        for last in range(len(words)):
            end = weighed[last + 1][4] + weighed[last + 2][5] + weighed[last + 3][6]
            end += weighed[last + 4][7] if last + 4 < len(weighed) else 0.0
            ends.append(end)
        inside = [row[8] for row in weighed[2:]]
        breaks = [is_break(word) for word in words]
        scored = []
        for first in range(len(words)):
            row = weighed[first : first + 4]
            total = row[0][0] + row[1][1] + row[2][2] + row[3][3] + near[first]
            for last in range(first, min(len(words), first + _LONGEST)):
                if breaks[last]:
                    break
                total += inside[last]
                scored.append((number, first, last, total + ends[last]))
        return scored

    def _collect(
        self,
        steps: dict[str, list[float]],
        kind: str,
        words: list[str],
        starts: Sequence[float],
        ends: Sequence[float],
        inside: Sequence[float],
    ) -> None:
        def step(word: str, column: int, share: float, names: tuple[str, ...] = ()) -> None:
            for name in names or self._features(word):
                steps.setdefault(name, [0.0] * _COLUMNS)[column] += share

        within = 0.0
        for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
            within += inside[index]
            if abs(start) > 1e-3:
                for column in range(4):
                    step(words[index + column], column, start)
                step("", 0, start, (position(kind, index),))
            if abs(end) > 1e-3:
                for column in range(4):
                    if index + 1 + column < len(words):
                        step(words[index + 1 + column], 4 + column, end)
            if abs(within) > 1e-3:
                step(words[index + 2], 8, within)

    def _walk(self, steps: dict[str, list[float]]) -> None:
        """AdaGrad: the more often a weight was moved, the less it moves."""
        for name, step in steps.items():
            row = self.weights.setdefault(name, [0.0] * _COLUMNS)
            squares = self._squares.setdefault(name, [1.0] * _COLUMNS)
            for column, share in enumerate(step):
                if share:
                    squares[column] += share * share
                    row[column] += _RATE * share / math.sqrt(squares[column])


def learn(rows: Iterable[Mapping[str, str]]) -> dict[str, Weights]:
    """The weights learned from `rows`, the mean of every round, rounded, small ones left out."""
    learner = _Learner()
    known = examples(rows)
    total: dict[str, list[float]] = {}
    for epoch in range(_EPOCHS):
        random.Random(epoch).shuffle(known)
        for example in known:
            learner.learn(example)
        for name, weights in learner.weights.items():
            sums = total.setdefault(name, [0.0] * _COLUMNS)
            for column, weight in enumerate(weights):
                sums[column] += weight
    kept: dict[str, Weights] = {}
    for name in sorted(total):
        row = tuple(round(weight / _EPOCHS * SCALE) for weight in total[name])
        if max(map(abs, row)) >= _KEPT:
            kept[name] = row
    return kept


def write(weights: Mapping[str, Weights], path: Path) -> None:
    """Writes the weights as nlp/spans.tsv has them."""
    rows = (f"{name}\t{' '.join(map(str, row))}\n" for name, row in weights.items())
    path.write_text("".join(rows), encoding="utf-8", newline="")


def spans(rows: Iterable[Mapping[str, str]]) -> Spans:
    """A model learned from `rows`, for measuring on others."""
    return Spans(learn(rows))


def rebuild(corpus: Path, path: Path) -> int:
    """Learns the shipped weights anew from every *.tsv in `corpus`; gives how many features are kept."""
    weights = learn([row for part in sorted(corpus.glob("*.tsv")) for row in rows(part)])
    write(weights, path)
    return len(weights)
