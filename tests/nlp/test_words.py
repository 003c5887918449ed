"""Which words the segmenter knows, and category words found in one pass."""

from __future__ import annotations

import pytest

from nlp.categories import load
from nlp.features import Seen
from nlp.keywords import Keywords
from nlp.model import HEAD, shipped
from nlp.segment import WORDS, words
from nlp.segment_words import kept
from nlp.understand import Understander

# Of all that was counted for jieba's dictionary; words are weighed by their share of it.
COUNTED = 60_101_967


def test_rare_names_and_phrases_go_and_what_people_wrote_stays() -> None:
    dictionary = ["漏水 40 v", "个中三味 3 l", "职能 900 n", "部门 900 n", "职能部门 3 n", "丘郭均 2 nr", "老槐树 2 nr"]
    chosen = kept(dictionary, {"老槐树"})
    assert {word for several in chosen.values() for word in several} == {
        *("漏水", "职能", "部门", "职能部门", "老槐树"),
        "\0",
    }
    assert sum(frequency * len(several) for frequency, several in chosen.items()) == sum(
        int(line.split()[1]) for line in dictionary
    )


def test_the_shipped_words_weigh_as_much_as_the_whole_dictionary() -> None:
    lines = [line.split() for line in WORDS.read_text(encoding="utf-8").splitlines()]
    assert sum(int(frequency) * len(several) for frequency, *several in lines) == COUNTED


def test_everyday_messages_are_cut_into_words() -> None:
    assert words("支付宝交物业费") == ["支付宝", "交", "物业费"]


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
