"""The learned weights: one file, read in a moment and added up in plain Python, without numpy or scikit-learn."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from math import sqrt
from typing import Any

from nlp.features import Seen

_MAGIC = b"huying-model-1\n"
# A headline's feature counts 5, the story's 2: whole numbers, because whole messages are added up as whole numbers.
HEAD, STORY = 5, 2
_ZERO = 128
# So many weights of one byte fit into a sum of two.
_AT_ONCE = 257
IDF_UNIT = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen on held-out folds beside the weights.

    `words_share` is what a point of the category words counts beside the learner; the temperatures turn scores into
    probabilities; under `gate` people choose the category, from `second` on a second category is named, from `chat` on
    a message is without a matter. `unknown` is the score of a category that was not learned.
    """

    words_share: float
    temperature: float
    kind_temperature: float
    gate: float
    second: float
    chat: float
    unknown: float


class Model:
    """Scores of all labels for one message.

    Each feature's weights stand side by side in one large integer, two bytes a label, so that a message costs one
    lookup and one addition a feature, however many labels there are. Weights are stored in one byte, raised by 128 so
    that none is negative; a counter beside them says how often that was added.
    """

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("this is no model file of ours")
        start = len(_MAGIC) + 4
        (length,) = struct.unpack_from("<I", data, len(_MAGIC))
        header: dict[str, Any] = json.loads(data[start : start + length])
        self.categories: tuple[str, ...] = tuple(header["categories"])
        self.kinds: tuple[str, ...] = tuple(header["kinds"])
        self.settings = Settings(**{field.name: header["settings"][field.name] for field in fields(Settings)})
        self.figures: dict[str, Any] = header["figures"]
        self.biases: tuple[float, ...] = tuple(header["biases"])
        self._step: float = header["step"]
        labels = len(self.biases)
        self._row = struct.Struct(f"<{labels}HHI")
        start += length
        names = data[start : start + header["names"]].decode("utf-8").split("\n")
        self._table = dict(zip(names, self._rows(data, start + header["names"], len(names), labels), strict=True))

    def _rows(self, data: bytes, start: int, count: int, labels: int) -> list[int]:
        """One integer a feature: the labels' weights, a one that counts, and on top the square of its rarity."""
        width = self._row.size
        rows = bytearray(width * count)
        for label in range(labels):
            rows[2 * label :: width] = data[start + label * count : start + (label + 1) * count]
        rows[2 * labels :: width] = b"\1" * count
        start += labels * count
        for byte in (0, 1):
            rows[2 * labels + 2 + byte :: width] = data[start + byte * count : start + (byte + 1) * count]
        return [int.from_bytes(rows[index : index + width], "little") for index in range(0, len(rows), width)]

    def _added(self, features: Iterable[str]) -> Sequence[int]:
        """Over those of `features` that were learned: each label's weights, how many they are, and their rarity."""
        rows = list(filter(None, map(self._table.get, features)))
        sums = (sum(rows[start : start + _AT_ONCE]) for start in range(0, len(rows) or 1, _AT_ONCE))
        several = [self._row.unpack(each.to_bytes(self._row.size, "little")) for each in sums]
        return several[0] if len(several) == 1 else [sum(column) for column in zip(*several, strict=True)]

    def scores(self, seen: Seen) -> tuple[list[float], float]:
        """What speaks for each category and then for each kind, from its features.

        In the scale of the learner's decision function. The second value is what one unit of `weight` counts in this
        message; zero when nothing in it is known.
        """
        *head, head_count, head_rarity = self._added(seen.head)
        *story, story_count, story_rarity = self._added(seen.story)
        length = sqrt((HEAD * HEAD * head_rarity + STORY * STORY * story_rarity) / IDF_UNIT)
        if not length:
            return list(self.biases), 0.0
        unit = self._step / length
        raised = _ZERO * (HEAD * head_count + STORY * story_count)
        return [
            (HEAD * loud + STORY * quiet - raised) * unit + bias
            for loud, quiet, bias in zip(head, story, self.biases, strict=True)
        ], unit

    def weights(self, features: Iterable[str], label: int) -> Iterator[tuple[str, int]]:
        """Of the features that were learned, each with what it says for a label."""
        find, place = self._table.get, 16 * label
        for feature in features:
            row = find(feature)
            if row is not None:
                yield feature, (row >> place & 0xFF) - _ZERO


def write(
    *,
    categories: Sequence[str],
    kinds: Sequence[str],
    settings: Settings,
    figures: dict[str, Any],
    biases: Sequence[float],
    names: Sequence[str],
    weights: Sequence[Sequence[float]],
    rarity: Sequence[float],
) -> bytes:
    """The file: `weights` has a row for each label and in it a number for each name; `rarity` is the names' idf.

    The same values give the same bytes.
    """
    # Nothing is cut off: the few strongest weights decide most. What rounding loses is lost in the length of a message.
    step = float(f"{max(abs(weight) for row in weights for weight in row) / (_ZERO - 1.5):.4g}")
    header = json.dumps(
        {
            "categories": list(categories),
            "kinds": list(kinds),
            "settings": asdict(settings),
            "figures": figures,
            "biases": [round(bias, 4) for bias in biases],
            "step": step,
            "names": len("\n".join(names).encode("utf-8")),
        },
        ensure_ascii=False,
    ).encode("utf-8")
    parts = [_MAGIC, struct.pack("<I", len(header)), header, "\n".join(names).encode("utf-8")]
    parts += [bytes(_ZERO + round(weight / step) for weight in row) for row in weights]
    squares = [round(idf * idf * IDF_UNIT) for idf in rarity]
    parts += [bytes(square & 0xFF for square in squares), bytes(square >> 8 for square in squares)]
    return b"".join(parts)


@cache
def shipped() -> Model:
    """The model of this version, read once."""
    return Model(files("nlp").joinpath("model.bin").read_bytes())
