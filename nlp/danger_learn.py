"""Learning nlp/danger.bin from messages written for it and from ordinary ones; the same file every time.

`python -m nlp.danger_learn tests/data nlp/corpus nlp/danger.bin`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

try:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC
except ModuleNotFoundError:  # the product runs without them
    LogisticRegression = LinearSVC = None

from nlp.danger import BUCKETS, CATEGORIES, DANGER, KIND_BUCKETS, LONGEST, Danger, passages
from nlp.hashed import write
from nlp.hashed_learn import Matrix, clauses
from nlp.normal import normal
from nlp.tables import rows

_C = 30.0
_KIND_C = 1.0
# Messages up to this length are learned a second time, with the name of a place.
_SHORT = 40
_LONGEST_PLACE = 12
_SHORTEST = 10
_SHOUTED = 0.3
_WITH_PLACE = 0.5
_NOTHING_TOLD = 0.3
_BUILDINGS = ("{}栋", "{}栋{}单元", "{}号楼", "{}栋楼下", "{}栋{}单元门口", "{}幢")
_BEFORE = ("", "", "在", "我在")
_BESIDE = ("", ",", ",", " ")
"""What stands before a place, and between it and what is told of it."""
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付"
    "方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温施翟涂喻柳鲁倪岳"
)
_TITLES = [
    "大妈",
    "大爷",
    "阿姨",
    "叔",
    "叔叔",
    "奶奶",
    "爷爷",
    "师傅",
    "婆婆",
    "嫂",
    "嫂子",
    "姐",
    "大姐",
    "哥",
    "大哥",
    "老师",
    "伯",
    "大伯",
    "阿伯",
    "大娘",
    "先生",
    "女士",
    "太太",
    "医生",
    "主任",
    "书记",
    "经理",
    "爹爹",
    "太婆",
]
_IN_A_STORY = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """One message or passage; `kind` is None where nobody said which danger it is, `counts` is its weight."""

    said: str
    danger: bool
    kind: Danger | None = None
    counts: float = 1.0


def written(folder: Path) -> list[Example]:
    """The messages of danger.tsv (kind, empty where nobody has said, and text) and lookalikes.tsv (text) in a folder."""
    told = [
        Example(normal(row["text"]), True, Danger(row["kind"]) if row["kind"] else None)
        for row in rows(folder / "danger.tsv")
    ]
    alike = [normal(row["text"]) for row in rows(folder / "lookalikes.tsv")]
    # No passage of what is none is one. Which passage of a long alarm is the alarm nobody has said.
    pieces = {piece: None for said in alike for piece in (said, *passages(said)) if len(piece) <= LONGEST}
    return [*(each for each in told if len(each.said) <= LONGEST), *(Example(piece, False) for piece in pieces)]


def ordinary(folder: Path) -> list[Example]:
    """The messages of the corpus, those too long to be judged at once in passages, and their clauses, because in a chat
    people say as little. Long alarms are left out, and rows of which nobody has said whether they are one.
    """
    found = []
    for path in sorted(folder.glob("*.tsv")):
        for row in rows(path):
            said = normal(" ".join(filter(None, (row["title"], row["text"]))))
            if not row["emergency"]:
                continue
            alarm = row["emergency"] == "1"
            if len(said) <= LONGEST:
                found.append(Example(said, alarm))
            elif not alarm:
                found += [Example(passage, False) for passage in passages(said)]
            if not alarm:
                parts = {clause for clause in clauses(said) if clause != said}
                found += [Example(clause, False, counts=_IN_A_STORY) for clause in sorted(parts)]
    return found


def somewhere(several: Sequence[Example], places: Sequence[str]) -> list[Example]:
    """The same messages told with a place before them, and with a building of another place before and after them, so
    that where something is speaks neither for danger nor against it. Which place, and what stands between, follows
    from the words, so that it stays the same.
    """
    found = []
    for each in several:
        if len(each.said) <= _SHORT:
            number = crc32(each.said.encode())
            building = _BUILDINGS[number % len(_BUILDINGS)].format(number // 7 % 20 + 1, number // 11 % 4 + 1)
            before, after = _BESIDE[number // 13 % len(_BESIDE)], _BESIDE[number // 17 % len(_BESIDE)]
            place, other = places[number % len(places)], places[number // 3 % len(places)] + building
            place = _BEFORE[number // 19 % len(_BEFORE)] + place
            for told in (
                f"{place}{before}{each.said}",
                f"{other}{after}{each.said}",
                f"{each.said}{before or ','}{other}",
            ):
                found.append(Example(told, each.danger, each.kind, _WITH_PLACE))
    return found


def shouted(several: Sequence[Example]) -> list[Example]:
    """The shortest messages with a mark of exclamation, so that it alone is no danger: 您好!"""
    return [
        Example(f"{each.said}!", each.danger, each.kind, _SHOUTED * each.counts)
        for each in several
        if len(each.said) <= _SHORTEST and each.said[-1:].isalnum()
    ]


def whereabouts() -> list[str]:
    """Where somebody is, as 在6栋2单元: what one says who is asked for the place."""
    buildings = (each.format(6, 2) + more for each in _BUILDINGS for more in ("", "5楼", "501室"))
    return [f"{before}{each}" for each in buildings for before in ("", "在", "我在", "就在", "我们在", "住", "我住")]


def names() -> list[str]:
    """How people are called, as 王嫂子: each surname with each title."""
    return [surname + title for surname in _SURNAMES for title in _TITLES]


def places(folder: Path) -> list[str]:
    """The places that messages of the corpus name, each once."""
    named = {normal(row.get("location", "")) for path in sorted(folder.glob("*.tsv")) for row in rows(path)}
    return sorted(each for each in named if 2 <= len(each) <= _LONGEST_PLACE)


def examples(written_in: Path, corpus: Path) -> list[Example]:
    """Everything there is to learn from."""
    told = [*written(written_in), *written(corpus / "danger")]
    named = places(corpus)
    # The name of a place alone is an answer, not a cry.
    answers = [Example(f"{before}{each}", False, counts=_WITH_PLACE) for each in named for before in ("", "就在")]
    # Who somebody is, is no cry either; what is written of 嫂子 is mostly that something happened to her.
    answers += [Example(each, False, counts=_NOTHING_TOLD) for each in (*names(), *whereabouts())]
    plain = ordinary(corpus)
    return [*told, *somewhere(told, named), *answers, *plain, *shouted([*told, *plain])]


def rebuild(written_in: Path, corpus: Path) -> bytes:
    """The file learned from the folders `written_in` and `corpus`/danger, and from every file of `corpus`."""
    return learn(examples(written_in, corpus))


def learn(several: Sequence[Example]) -> bytes:
    """The file learned from examples of danger of every kind and of what is none."""
    matrix = Matrix([each.said for each in several], BUCKETS)
    machine = LogisticRegression(C=_C, solver="liblinear", dual=True, random_state=0, max_iter=3000)
    machine.fit(matrix.rows, [each.danger for each in several], sample_weight=[each.counts for each in several])
    learned = {DANGER: matrix.learned(machine)}

    told = [each for each in several if each.kind is not None]
    matrix = Matrix([each.said for each in told], KIND_BUCKETS)
    for kind in CATEGORIES:
        # dual: coordinate descent in one thread, so the same on every machine.
        one = LinearSVC(C=_KIND_C, dual=True, random_state=0, max_iter=3000)
        one.fit(matrix.rows, [each.kind is kind for each in told])
        learned[kind.value] = matrix.learned(one)
    return write(learned)


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(rebuild(Path(sys.argv[1]), Path(sys.argv[2])))
