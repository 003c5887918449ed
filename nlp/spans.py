"""The words of a message that say where, when no area of the tree is named: a small learned model and its features.

Words have weights for standing just before, inside and just after a place; the best run of words is the place. The
weights are learned from nlp/corpus by nlp/spans_learn.py and shipped as nlp/spans.tsv.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from nlp.segment import pieces

Weights = tuple[int, ...]
"""Nine of one word: two before, just before, first of, second of a place (it begins); the same where it ends (last but one,
last, just after, two after); anywhere inside. In 32nds."""

NOTHING: Weights = (0, 0, 0, 0, 0, 0, 0, 0, 0)
SCALE = 32
TITLE, TEXT = 60, 100
"""How many characters of the headline and of the text are read; a message of one line is read as far as both."""

_HAN = "[\u4e00-\u9fff]"
# Districts are no part of a place: nobody goes to "江夏区". Masked names of published data (A3区) are read like others.
_MASKED = r"[A-Z]\d{0,2}[省市区县州]"
_PROVINCE = _HAN + "{2,3}(?:省|自治区)"
_CITY = _HAN + r"{2,3}(?<![城超都本我全菜门集夜早楼股上该各])市(?![场民政区委长里内局容中级直医一二三值])"
_COUNTY = _HAN + r"{2,3}(?<![小社地校园景城片辖新老厂商山库住该全我本各宅洲湖分])[区县](?![域内别块长委政里城中人医])"
_BEFORE = r"(?:^|(?<=[\s,。:!?;“\"(于是在])|(?<=反映|投诉|请求|关于|咨询|建议|请问|举报|居住|家住|本人|我们|希望|解决))"
DISTRICT = re.compile(
    # Whatever a district is, it begins like this: most positions are passed over.
    rf"(?=[A-Z]|{_HAN}{{2,3}}[省自市区县])"
    rf"(?:(?:{_PROVINCE})?(?:{_MASKED})+|{_BEFORE}(?:{_PROVINCE}(?:{_CITY})?(?:{_COUNTY})?|{_CITY}(?:{_COUNTY})?|{_COUNTY}))"
)
_DISTRICT_ENDS = frozenset("省市区县州")
_BREAKS: frozenset[str] = frozenset(",。!?;:\n…")
_NEVER = -1_000_000
# Of so many words the weights are kept added up.
_REMEMBERED = 32_768
BEGIN, END = ("^^", "^"), ("$", "$$")


def cut(line: str) -> list[str]:
    """All of one line in words, blanks too; a chain of districts is one word."""
    found: list[str] = []
    start = 0
    for district in DISTRICT.finditer(line):
        found += pieces(line[start : district.start()])
        found.append(district[0])
        start = district.end()
    found += pieces(line[start:])
    return found


def features(word: str) -> tuple[str, ...]:
    """What a word is known by: itself, its first character and its ending, so that unknown names are known by both."""
    if word.isascii():
        return (f"#{min(len(word), 4)}",) if word.isdecimal() else ("A",) if word.isalnum() else (word,)
    if len(word) == 1:
        return (word,)
    if word[-1] in _DISTRICT_ENDS and DISTRICT.fullmatch(word):
        return ("§",)
    return word, "*" + word[-1], "*" + word[-2:], word[0] + "*", f"~{min(len(word), 4)}"


def is_break(word: str) -> bool:
    """Whether no place reaches over this word."""
    return word in _BREAKS


def position(kind: str, index: int) -> str:
    """The feature of how far from the beginning of a line (A: the only one, T: headline, X: text) a place begins."""
    return f"@{kind}{0 if index == 0 else 1 if index < 4 else 2 if index < 12 else 3 if index < 30 else 4}"


class Spans:
    """Finds the best run of words in a line by the weights of its words."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self._features = dict(weights)
        # Adding up the weights of a word costs a hundred times as much as looking them up.
        self._known: dict[str, Weights] = {}
        self._starts = {
            kind: [weights.get(position(kind, index), NOTHING)[0] for index in range(TITLE + TEXT)] for kind in "ATX"
        }

    def weights(self, word: str) -> Weights:
        """The weights of a word, those of its features added up."""
        known = self._known.get(word)
        if known is None:
            known = NOTHING
            for feature in features(word):
                row = self._features.get(feature)
                if row is not None:
                    known = row if known is NOTHING else tuple([known[at] + row[at] for at in range(len(row))])
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[word] = known
        return known

    def best(self, words: Sequence[str], kind: str) -> tuple[int, int, int] | None:
        """The score and the first and last word of the best place in a line of that kind; None when it has no words."""
        if not words:
            return None
        weighed: list[Weights] = [self.weights(word) for word in (*words, *END)]
        weighed.append(NOTHING)
        before, last = self.weights(BEGIN[0]), self.weights(BEGIN[1])
        starts = self._starts[kind]
        inside, first, opening = 0, 0, _NEVER
        best, best_first, best_last = _NEVER, 0, 0
        for index in range(min(len(words), len(starts))):
            own, after, second = weighed[index], weighed[index + 1], weighed[index + 2]
            if words[index] in _BREAKS:
                opening = _NEVER
            else:
                start = before[0] + last[1] + own[2] + after[3] + starts[index] - inside
                if start > opening:
                    opening, first = start, index
                inside += own[8]
                score = opening + inside + last[4] + own[5] + after[6] + second[7]
                if score > best:
                    best, best_first, best_last = score, first, index
            before, last = last, own
        return best, best_first, best_last


@cache
def load() -> Spans:
    """The shipped weights."""
    weights: dict[str, Weights] = {}
    # The same few numbers stand in all rows: kept once, they take half a megabyte less.
    number = cache(int)
    with files("nlp").joinpath("spans.tsv").open(encoding="utf-8") as lines:
        for line in lines:
            name, tab, row = line.partition("\t")
            if tab:
                weights[name] = tuple(map(number, row.split()))
    return Spans(weights)
