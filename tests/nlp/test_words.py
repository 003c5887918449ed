"""Which words the segmenter knows, and category words found in one pass."""

from __future__ import annotations

import pytest

from nlp.categories import load
from nlp.features import Seen
from nlp.keywords import Keywords
from nlp.model import HEAD, shipped
from nlp.segment import WORDS, words
from nlp.segment_words import counted, lines, rebuild
from nlp.train import CORPUS
from nlp.understand import Understander


def test_the_segmenter_knows_the_words_the_corpus_is_made_of() -> None:
    assert WORDS.read_text(encoding="utf-8") == rebuild(CORPUS)


def test_words_are_counted_and_the_frequent_ones_come_first() -> None:
    assert list(lines(counted(["电梯坏了，电梯，2", "漏水"]))) == ["2 电梯\n", "1 了 坏 漏水\n"]


def test_everyday_messages_are_cut_into_words() -> None:
    assert words("楼上半夜拖椅子，噪音扰民") == ["楼上", "半夜", "拖", "椅子", "，", "噪音", "扰民"]


def test_marks_in_a_message_are_no_category_words() -> None:
    keywords = Keywords(load())
    assert keywords.score("\U000f0000\U000f0001\U0010ffff") == ([0.0] * len(load()), {})
    plain, found = keywords.score("楼上漏水 电梯坏了")
    assert keywords.score("楼上漏水\U000f0003电梯坏了") == (plain, found)
    assert found


def test_no_categories_and_no_words_find_nothing() -> None:
    assert Keywords([]).score("楼上漏水") == ([], {})


def test_a_message_with_more_features_than_one_sum_holds_is_understood_from_all_of_them() -> None:
    model = shipped()
    known = dict(model.weights(map(chr, range(0x4E00, 0x9FFF)), 0))
    assert len(known) > 300
    scores, unit = model.scores(Seen(set(known), set(), [], []))
    assert scores[0] == pytest.approx(model.biases[0] + HEAD * unit * sum(known.values()))


def test_the_longest_message_of_unknown_words_is_understood() -> None:
    assert Understander(load(), []).understand("龘" * 2000).candidates == ()
