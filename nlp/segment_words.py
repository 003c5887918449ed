"""Which words of jieba's dictionary are kept in nlp/words.txt: `python -m nlp.segment_words DICT.TXT`, jieba's own file."""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp.normal import normal
from nlp.segment import WORDS

_CORPUS = Path(__file__).with_name("corpus")
_LONGEST = 10
# Up to this frequency the dictionary holds words that were added by hand (支付宝), beside much that nobody writes.
_RARE = 3
# Below it, names of people.
_NAMES = "nr"
# Words are weighed by their share of all that was counted: what was left out is counted under one that nobody writes.
_LEFT_OUT = "\0"
_LINE = 500


def _in_messages(corpus: Path) -> set[str]:
    """Everything as long as a word that stands in the corpus, as written and in small letters."""
    found: set[str] = set()
    for path in sorted(corpus.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
                for part in (row.get("title"), row.get("text")):
                    said = normal(part or "")
                    for text in {said, said.lower()}:
                        found.update(_parts(text))
    return found


def _parts(text: str) -> Iterator[str]:
    for length in range(2, _LONGEST + 1):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def kept(dictionary: Iterable[str], said: set[str]) -> dict[int, list[str]]:
    """By frequency the words worth their memory, all words of `said` among them; lines are `word frequency class`.

    Rare names and rare long words go; of 26,000 long ones that are not two words the corpus has fewer than a hundred.
    """
    rows = [(word, int(frequency), word_class) for word, frequency, word_class in map(str.split, dictionary)]
    usual = {word for word, frequency, _ in rows if frequency > _RARE}
    chosen: defaultdict[int, list[str]] = defaultdict(list)
    left_out = 0
    for word, frequency, word_class in rows:
        two_words = len(word) == 4 and word[:2] in usual and word[2:] in usual
        rare = frequency <= _RARE and (
            (len(word) >= 4 and not two_words) or (frequency < _RARE and len(word) > 1 and word_class == _NAMES)
        )
        if rare and word not in said:
            left_out += frequency
        else:
            chosen[frequency].append(word)
    chosen[left_out].append(_LEFT_OUT)
    return chosen


def _lines(chosen: dict[int, list[str]]) -> Iterator[str]:
    """Frequent words first, since added in this order they take the least memory; short lines for the same reason."""
    for frequency in sorted(chosen, reverse=True):
        several = sorted(chosen[frequency])
        for start in range(0, len(several), _LINE):
            yield f"{frequency} {' '.join(several[start : start + _LINE])}\n"


def main() -> None:
    """The program."""
    with Path(sys.argv[1]).open(encoding="utf-8") as dictionary:
        chosen = kept(dictionary, _in_messages(_CORPUS))
    WORDS.write_text("".join(_lines(chosen)), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
