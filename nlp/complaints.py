"""Complaints about a person of the staff or a member: by name, or about whoever did the work."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlp.normal import normal

_MOST = 200
"""A complaint says early whom it is about."""

_BAD = (
    r"投诉|举报|控告|有意见|态度|不理人|不搭理|骂人|骂我|吼我|凶人|很凶|太凶|敷衍|推脱|推诿|糊弄|忽悠|不负责|不作为|不称职|欺负|刁难|收红包|收好处|要好处|吃拿卡要|徇私"
    r"|太差|差劲|恶劣|不讲理|不像话|耍赖|说话不算|不守信用|骗"
)
_COMPLAINS = re.compile(_BAD)
_TITLE = r"(?:主任|书记|科长|老师|师傅|同志|警官|网格员|阿姨|大姐|大哥|姐|哥)"
# Whoever came or answered, and nobody else who lives or works there.
_WHOEVER = re.compile(
    r"(?:他|她|你们)(?:们)?(?:的)?(?:态度|说话|骂|吼|敷衍|推脱|糊弄|太差|很凶|太凶)|(?:投诉|举报)(?:他|她|这个人|那个人|接单的|办事的|来的|刚才)"
    r"|(?:来|接单|办事|上门|接待|处理|刚才)的?(?:那个|这个|那位|这位)?(?:人|师傅|同志|工作人员|网格员|志愿者|党员)?.{0,6}(?:态度|骂|吼|敷衍|推脱|糊弄|太差|很凶|太凶|不负责)"
    r"|^(?:我要)?(?:投诉|举报)?(?:服务)?态度.{0,8}$"
)


def complained_of(text: str, names: Mapping[int, str]) -> frozenset[int]:
    """Those of `names` (whose, by id) that a complaint in `text` speaks of: in full, or by surname and title where only
    one of them has it. Who is only asked for, or thanked, is not complained of.
    """
    said = normal(text)[:_MOST]
    if not _COMPLAINS.search(said):
        return frozenset()
    in_full = {each for each, name in names.items() if len(name) > 1 and name in said}
    surnames = re.findall(rf"([^\W\d_]){_TITLE}|[老小]([^\W\d_])", said)
    by_surname: set[int] = set()
    for surname in {before or after for before, after in surnames}:
        bearers = [each for each, name in names.items() if name.startswith(surname)]
        by_surname.update(bearers if len(bearers) == 1 else ())
    return frozenset(in_full | by_surname)


def is_about_who_did_it(text: str) -> bool:
    """Whether a complaint names nobody and is about whoever has a matter or had it last."""
    return _WHOEVER.search(normal(text)[:_MOST]) is not None
