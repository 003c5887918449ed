"""How the weights of nlp/model.bin are learned from nlp/corpus/; the only module that needs scikit-learn."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path
from typing import Any
from zlib import crc32

try:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC
except ModuleNotFoundError as missing:  # the product runs without them
    MISSING: str | None = missing.name
else:
    MISSING = None

from nlp.categories import CategorySeed
from nlp.features import Seen, look
from nlp.keywords import Keywords
from nlp.kinds import KINDS, Chat, Kind
from nlp.model import HEAD, STORY, Settings, write
from nlp.normal import normal

CORPUS = Path(__file__).parent / "corpus"
FOLDS = 5
NONE = "none"
"""The category of rows without a matter: chit-chat, thanks, greetings."""

# Of two messages that share so many of their triples of characters one is enough.
_NEAR = 0.8
# Chosen on the folds, see docs/decisions/0011.
_LEAST_ROWS = 2
_C = 0.7
_WORDS_SHARE = 0.12
# Of those that pass the gate so many are right on the folds, whose messages are harder than those of the boards.
_GATE_PRECISION = 0.915
# A report taken for chit-chat is lost, chit-chat taken for a report is a nuisance.
_CHAT_PRECISION = 0.97
# Two models this near in accuracy are equally good: about ten rows of the corpus.
_SAME = 0.0025


class Refused(Exception):
    """Rows that cannot be learned from, or a model that is worse on the held-out folds than the one before."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled message. `fold` follows from its words, so that it stays where it is when rows are added."""

    said: str
    category: str
    secondary: str
    kind: str
    fold: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How the learner does on rows that it has not seen; shares of one."""

    accuracy: float
    top3: float
    macro_f1: float
    kind: float
    learner_alone: float
    words_alone: float
    coverage: float
    precision_covered: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file, what it was made from, and its figures on the held-out folds."""

    data: bytes
    rows: int
    corrections: int
    near_duplicates: int
    distinct_trigrams: float
    before: Figures
    after: Figures


def said(title: str, text: str) -> str:
    """A row's headline and story in the form in which messages are understood."""
    return "\n".join(normal(part) for part in (title, text) if part)


def read(paths: Iterable[Path]) -> list[Row]:
    """The rows of tab-separated files with a header; in a file of corrections the column `after` is the category.

    Raises Refused for a row with words and without a category, or with an unknown kind.
    """
    rows = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as stream:
            for number, line in enumerate(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
                words = said(line.get("title") or "", line.get("text") or "")
                category = line.get("after") or line.get("category")
                kind = line.get("kind") or Kind.REPORT.value
                if words and not category:
                    raise Refused(f"{path.name}, line {number}: no category")
                if words and kind not in (*Kind, *Chat):
                    raise Refused(f"{path.name}, line {number}: no such kind")
                if words and category:
                    rows.append(
                        Row(
                            said=words,
                            category=category,
                            secondary=line.get("secondary") or "",
                            kind=kind,
                            fold=crc32(words.encode("utf-8")) % FOLDS,
                        )
                    )
    return rows


def trigrams(text: str) -> set[str]:
    """The different triples of characters."""
    return {text[index : index + 3] for index in range(len(text) - 2)}


def without_near_duplicates(rows: Sequence[Row]) -> list[Row]:
    """The rows in their order, without those that say almost the same as an earlier one; the later row wins nothing."""
    kept: list[Row] = []
    sizes: list[int] = []
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        mine = trigrams(row.said) or {row.said}
        shared = Counter(index for each in mine for index in holders[each])
        if any(common >= _NEAR * (len(mine) + sizes[index] - common) for index, common in shared.items()):
            continue
        for each in mine:
            holders[each].append(len(kept))
        kept.append(row)
        sizes.append(len(mine))
    return kept


def distinct_trigrams(rows: Sequence[Row]) -> float:
    """Of all triples of characters in the rows, how many are different: filled-in templates would be far below."""
    every = [row.said[index : index + 3] for row in rows for index in range(len(row.said) - 2)]
    return len(set(every)) / len(every) if every else 0.0


class Learner:
    """Linear weights for one set of labels over the features of `nlp.features`, each label against all others."""

    def __init__(self, several: Sequence[Seen]) -> None:
        rows = Counter(feature for each in several for feature in each.head | each.story)
        self.names = sorted(name for name, count in rows.items() if count >= _LEAST_ROWS and "\n" not in name)
        self._index = {name: index for index, name in enumerate(self.names)}
        self.idf = [log((1 + len(several)) / (1 + rows[name])) + 1 for name in self.names]
        self.labels: list[str] = []

    def matrix(self, several: Sequence[Seen]) -> Any:
        """One row a message: rarity times share of the zone, of length one."""
        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for each in several:
            weights: dict[int, float] = {}
            length = 0.0
            for zone, share in ((each.head, HEAD), (each.story, STORY)):
                # In order, so that the sums are the same in every run.
                for index in sorted(self._index[name] for name in zone if name in self._index):
                    weights[index] = weights.get(index, 0) + share * self.idf[index]
                    length += (share * self.idf[index]) ** 2
            columns += weights
            values += [weight / length**0.5 for weight in weights.values()]
            ends.append(len(columns))
        return csr_matrix((values, columns, ends), shape=(len(several), len(self.names)))

    def fit(self, several: Sequence[Seen], labels: Sequence[str]) -> Learner:
        """Learns; returns itself."""
        return self.learn(self.matrix(several), labels)

    def learn(self, matrix: Any, labels: Sequence[str]) -> Learner:
        """Learns from rows that `matrix` has made; returns itself."""
        # dual: coordinate descent in one thread and without a linear algebra library, so the same on every machine.
        machine = LinearSVC(C=_C, dual=True, random_state=0, max_iter=2000).fit(matrix, list(labels))
        self.labels = [str(label) for label in machine.classes_]
        self.coefficients = machine.coef_ if len(self.labels) > 2 else np.vstack([-machine.coef_, machine.coef_])
        self.intercepts = (
            machine.intercept_ if len(self.labels) > 2 else np.hstack([-machine.intercept_, machine.intercept_])
        )
        return self

    def scores(self, several: Sequence[Seen]) -> Any:
        """The decision function: a row a message, a column a label."""
        return self.decide(self.matrix(several))

    def decide(self, matrix: Any) -> Any:
        """The decision function for rows that `matrix` has made."""
        return matrix @ self.coefficients.T + self.intercepts


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores of rows by learners that have not seen them, with what the words and the rules say of the same rows."""

    labels: list[str]
    truth: list[str]
    secondary: list[str]
    scores: Any
    words: Any
    kinds: list[str]
    kind_truth: list[str]
    kind_scores: Any
    matter: Any


def held_out(rows: Sequence[Row], extra: Sequence[Row], categories: Sequence[CategorySeed]) -> HeldOut:
    """Cross-validation over the folds of `rows`; `extra` rows of other folds are learned from, and never measured."""
    every = [*rows, *extra]
    looked = [look(row.said) for row in every]
    labels = sorted({row.category for row in every} - {NONE})
    kinds = sorted({row.kind for row in every})
    table = {seed.code: column for column, seed in enumerate(categories)}
    keywords = Keywords(categories)
    scores = np.zeros((len(rows), len(labels)))
    kind_scores = np.zeros((len(rows), len(kinds)))
    for fold in range(FOLDS):
        inside = [index for index, row in enumerate(every) if row.fold != fold]
        outside = [index for index, row in enumerate(rows) if row.fold == fold]
        learner = Learner([looked[index] for index in inside])
        seen, unseen = (learner.matrix([looked[index] for index in part]) for part in (inside, outside))
        matters = [place for place, index in enumerate(inside) if every[index].category != NONE]
        learner.learn(seen[matters], [every[inside[place]].category for place in matters])
        scores[np.ix_(outside, [labels.index(label) for label in learner.labels])] = learner.decide(unseen)
        learner.learn(seen, [every[index].kind for index in inside])
        kind_scores[np.ix_(outside, [kinds.index(kind) for kind in learner.labels])] = learner.decide(unseen)
    spoken = [keywords.score(row.said)[0] for row in rows]
    words = np.array([[each[table[label]] if label in table else 0.0 for label in labels] for each in spoken])
    return HeldOut(
        labels=labels,
        truth=[row.category for row in rows],
        secondary=[row.secondary for row in rows],
        scores=scores,
        words=words,
        kinds=kinds,
        kind_truth=[row.kind for row in rows],
        kind_scores=kind_scores,
        matter=np.array([row.category != NONE for row in rows]),
    )


def softmax(scores: Any, temperature: float) -> Any:
    """Probabilities, a row a message."""
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def macro_f1(truth: Sequence[str], answers: Sequence[str]) -> float:
    """The mean F1 over all labels of truth and answers."""
    right = Counter(said for said, true in zip(answers, truth, strict=True) if said == true)
    total = Counter(truth) + Counter(answers)
    return sum(2 * right[label] / total[label] for label in total) / len(total)


def _temperature(scores: Any, truth: Any) -> float:
    """The temperature under which the true labels are likeliest, to two places."""
    steps = [round(0.02 * step, 2) for step in range(5, 60)]
    losses = [-np.log(np.maximum(softmax(scores, step)[np.arange(len(truth)), truth], 1e-12)).mean() for step in steps]
    return steps[int(np.argmin(losses))]


def _figures(held: HeldOut, settings: Settings) -> Figures:
    matter = held.matter
    truth = np.array(held.truth)[matter]
    labels = np.array(held.labels)
    mixed = (held.scores + settings.words_share * held.words)[matter]
    order = np.argsort(-mixed, axis=1, kind="stable")
    answers = labels[order[:, 0]]
    sure = softmax(mixed, settings.temperature).max(axis=1) >= settings.gate
    kinds = np.array(held.kinds)[held.kind_scores.argmax(axis=1)]
    return Figures(
        accuracy=_share(answers == truth),
        top3=_share((labels[order[:, :3]] == truth[:, None]).any(axis=1)),
        macro_f1=round(macro_f1(truth.tolist(), answers.tolist()), 4),
        kind=_share(kinds == np.array(held.kind_truth)),
        learner_alone=_share(labels[held.scores[matter].argmax(axis=1)] == truth),
        words_alone=_share(labels[held.words[matter].argmax(axis=1)] == truth),
        coverage=_share(sure),
        precision_covered=_share((answers == truth)[sure]),
    )


def _share(hits: Any) -> float:
    return round(float(hits.mean()), 4) if len(hits) else 0.0


def choose(held: HeldOut) -> Settings:
    """What the held-out rows say about temperatures and gates; the shares are fixed, see docs/decisions/0011."""
    matter = held.matter
    truth = np.array([held.labels.index(label) for label, so in zip(held.truth, matter, strict=True) if so])
    mixed = (held.scores + _WORDS_SHARE * held.words)[matter]
    temperature = _temperature(mixed, truth)
    shares = softmax(mixed, temperature)
    right = shares.argmax(axis=1) == truth
    gates = [round(0.01 * step, 2) for step in range(20, 90)]
    gate = next((each for each in gates if _share(right[shares.max(axis=1) >= each]) >= _GATE_PRECISION), gates[-1])

    kind_truth = np.array([held.kinds.index(kind) for kind in held.kind_truth])
    kind_temperature = _temperature(held.kind_scores, kind_truth)
    manners = np.array([kind not in KINDS for kind in held.kinds])
    talk = (softmax(held.kind_scores, kind_temperature) * manners).sum(axis=1)
    idle = ~matter
    chats = [round(0.01 * step, 2) for step in range(60, 100)]
    chat = next((each for each in chats if _share(idle[talk >= each]) >= _CHAT_PRECISION), chats[-1])
    return Settings(
        words_share=_WORDS_SHARE,
        temperature=temperature,
        kind_temperature=kind_temperature,
        gate=gate,
        second=_second(held, shares),
        chat=chat,
        # The score of a category that has nothing to do with a message.
        unknown=round(float(np.median(held.scores[matter])), 4),
    )


def _second(held: HeldOut, shares: Any) -> float:
    """From which probability the second candidate is named: where F1 on the rows with a second category is best."""
    order = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    heights = shares[np.arange(len(shares)), order[:, 1]]
    named = [held.labels[column] for column in order[:, 1]]
    wanted = [second for second, so in zip(held.secondary, held.matter, strict=True) if so]
    right = np.array([each == second for each, second in zip(named, wanted, strict=True)])
    steps = [round(0.01 * step, 2) for step in range(5, 45)]
    total = sum(bool(second) for second in wanted)
    scores = [2 * right[heights >= step].sum() / max(1, total + (heights >= step).sum()) for step in steps]
    return steps[int(np.argmax(scores))]


def train(categories: Sequence[CategorySeed], *, corrections: Path | None = None, corpus: Path = CORPUS) -> Trained:
    """A model from the corpus, and from staff's corrections if there are any.

    Raises Refused when the corrections make the held-out rows of the corpus come out worse. The same corpus, categories
    and corrections give the same bytes.
    """
    extra = read([corrections]) if corrections is not None else []
    every = read(sorted(corpus.glob("*.tsv")))
    rows = without_near_duplicates(every)
    held = held_out(rows, [], categories)
    settings = choose(held)
    before = after = _figures(held, settings)
    if extra:
        held = held_out(rows, extra, categories)
        settings = choose(held)
        after = _figures(held, settings)
        refuse_worse(before, after)
    return Trained(
        data=_file([*rows, *extra], settings, after),
        rows=len(rows) + len(extra),
        corrections=len(extra),
        near_duplicates=len(every) - len(rows),
        distinct_trigrams=round(distinct_trigrams(rows), 4),
        before=before,
        after=after,
    )


def refuse_worse(before: Figures, after: Figures) -> None:
    """Raises Refused when `after` is worse than `before` by more than chance moves it."""
    for name in ("accuracy", "top3", "kind"):
        old, new = getattr(before, name), getattr(after, name)
        if new < old - _SAME:
            raise Refused(f"worse on the held-out folds: {name} {old} before, {new} after")


def _file(rows: Sequence[Row], settings: Settings, figures: Figures) -> bytes:
    """The model file of a learner that has seen all rows."""
    looked = [look(row.said) for row in rows]
    matters = [index for index, row in enumerate(rows) if row.category != NONE]
    learner = Learner(looked).fit([looked[index] for index in matters], [rows[index].category for index in matters])
    categories, weights, biases = learner.labels, [*learner.coefficients], [*learner.intercepts]
    learner.fit(looked, [row.kind for row in rows])
    weights = np.array([*weights, *learner.coefficients]) * np.array(learner.idf)
    return write(
        categories=categories,
        kinds=learner.labels,
        settings=settings,
        figures=asdict(figures),
        biases=[float(bias) for bias in [*biases, *learner.intercepts]],
        names=learner.names,
        weights=weights.tolist(),
        rarity=learner.idf,
    )


def cross_validate(titles: Sequence[str], labels: Sequence[str], *, seeds: Sequence[int] = range(5)) -> list[float]:
    """Accuracy of the same learner on another set of labels, once a seed, identical titles always in one fold."""
    looked = [look(normal(title)) for title in titles]
    different = sorted(set(titles))
    accuracies = []
    for seed in seeds:
        shuffled = np.random.RandomState(seed).permutation(len(different))
        fold_of = {title: int(place) % FOLDS for title, place in zip(different, shuffled, strict=True)}
        folds = [fold_of[title] for title in titles]
        right = 0
        for fold in range(FOLDS):
            inside = [index for index, each in enumerate(folds) if each != fold]
            outside = [index for index, each in enumerate(folds) if each == fold]
            learner = Learner([looked[index] for index in inside])
            learner.fit([looked[index] for index in inside], [labels[index] for index in inside])
            best = learner.scores([looked[index] for index in outside]).argmax(axis=1)
            right += sum(learner.labels[column] == labels[index] for column, index in zip(best, outside, strict=True))
        accuracies.append(round(right / len(titles), 4))
    return accuracies
