"""Lists of categories (分类), of their limits (时限) and of what people here call a matter (本地说法)."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import category_edits
from models.category import Category, First, Level
from models.category_edits import OTHERWISE, STEPS, Draft
from models.slips import Slip, Slipped
from models.uploads import Line
from nlp import categories, category_words, lists
from nlp.category_words import Examples
from nlp.lists import Cell, Column, OneARow, Row, several


def all_categories(session: Session) -> list[Category]:
    """Every category, in the order in which people see them."""
    order = {each.code: place for place, each in enumerate(categories.load())}
    found = session.scalars(select(Category)).all()
    return sorted(found, key=lambda each: (order.get(each.code, len(order)), each.code))


class _OfCategories(OneARow[Category]):
    """A list with a row for each category; none is ever added or gone."""

    holds = (Category,)

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {each.code: each for each in all_categories(self._session)}

    def everything(self) -> Iterable[Category]:
        return self._categories.values()

    def find(self, row: Row) -> Category:
        if row.get("id"):
            found = self._categories.get(row["id"])
        else:
            found = next((each for each in self._categories.values() if each.name == row["name"]), None)
        if found is None:
            raise Slipped(Slip.CATEGORY, "id" if row.get("id") else "name", name=row.get("id") or row["name"])
        return found

    @abstractmethod
    def draft(self, row: Row, before: Draft) -> Draft:
        """The category as the row has it. Raises Slipped."""

    def put(self, row: Row, thing: Category | None) -> Category | None:
        if thing is not None:
            draft = self.draft(row, category_edits.draft_of(thing))
            may_be_offered = category_words.may_be_offered(thing.code)
            category_edits.change(self._session, thing, draft, may_be_offered=may_be_offered)
        return thing


class CategoryList(_OfCategories):
    """Who is asked first, and for what; `firsts` and `levels` are called as on the pages."""

    columns = (
        Column("id", "编号", re.compile("^编号|^代码|^id$", re.IGNORECASE), is_told=False),
        Column("name", "名称", re.compile("名称|^分类"), needed=True),
        Column("first", "先找谁", re.compile("先找")),
        Column("level", "从哪一级办起", re.compile("哪一级|级别|层级")),
        Column("department", "部门", re.compile("部门")),
        Column("skills", "特长", re.compile("特长|技能")),
        Column("offerable", "可以请志愿者", re.compile("志愿者")),
        Column("needs", "一次去几个人", re.compile("几个?人|人数")),
    )

    def __init__(self, session: Session, *, firsts: Mapping[First, str], levels: Mapping[Level, str]) -> None:
        super().__init__(session)
        self._firsts, self._levels = firsts, levels

    def cells(self, thing: Category) -> dict[str, Cell]:
        return {
            "id": thing.code,
            "name": thing.name,
            "first": self._firsts[thing.first],
            "level": self._levels[thing.level],
            "department": thing.department,
            "skills": "、".join(thing.skills),
            "offerable": lists.as_yes(thing.offerable),
            "needs": str(thing.needs),
        }

    def draft(self, row: Row, before: Draft) -> Draft:
        draft = replace(before, name="".join(row["name"].split()))
        # What must be one of some words cannot be emptied, so that an empty cell leaves it.
        if row.get("first"):
            draft = replace(draft, first=lists.chosen(self._firsts, row["first"], Slip.FIRST, "first"))
        if row.get("level"):
            draft = replace(draft, level=lists.chosen(self._levels, row["level"], Slip.LEVEL, "level"))
        if row.get("offerable"):
            draft = replace(draft, offerable=lists.yes(row["offerable"], "offerable"))
        if row.get("needs"):
            draft = replace(draft, needs=lists.number(row["needs"]))
        if "department" in row:
            draft = replace(draft, department="".join(row["department"].split()))
        if "skills" in row:
            draft = replace(draft, skills=several(row["skills"]))
        return draft


# ---------------------------------------------------------------- limits

_LIMIT = re.compile(r"(\d{1,4})个?(小时|工作日|h|wd)", re.ASCII)
_UNITS = {"h": "小时", "wd": "工作日"}
_SHORT = {name: unit for unit, name in _UNITS.items()}
_STEPS = dict(zip(STEPS, ("首次答复", "接单", "办结"), strict=True))
_OTHERWISE = dict(zip(OTHERWISE, ("急的", "紧急的", "到了街道", "到了部门"), strict=True))


class LimitList(_OfCategories):
    """All limits of a category in one row, since one is checked against the others; an empty cell of those for an urgency
    or a level means the ordinary one.
    """

    columns = (
        Column("id", "编号", re.compile("^编号|^代码|^id$", re.IGNORECASE), is_told=False),
        Column("name", "分类", re.compile("名称|^分类"), needed=True, is_told=False),
        *(Column(step, name) for step, name in _STEPS.items()),
        *(
            Column(f"{key}_{step}", f"{when}：{name}", re.compile(f"^{when}.?{name}$"), empty="照平常的")
            for key, when in _OTHERWISE.items()
            for step, name in _STEPS.items()
        ),
    )

    def cells(self, thing: Category) -> dict[str, Cell]:
        draft = category_edits.draft_of(thing)
        found: dict[str, Cell] = {"id": thing.code, "name": thing.name}
        found |= {step: _as_said(limit) for step, limit in draft.limits.items()}
        for key, limits in draft.otherwise.items():
            found |= {f"{key}_{step}": _as_said(limit) for step, limit in limits.items()}
        return found

    def draft(self, row: Row, before: Draft) -> Draft:
        otherwise = {
            key: {step: _limit(row, f"{key}_{step}", before.otherwise.get(key, {}).get(step, "")) for step in STEPS}
            for key in OTHERWISE
        }
        return replace(
            before,
            limits={step: _limit(row, step, before.limits[step], is_needed=True) for step in STEPS},
            otherwise={key: {step: each for step, each in all.items() if each} for key, all in otherwise.items()},
        )


def _as_said(limit: str) -> str:
    found = _LIMIT.fullmatch(limit)
    return f"{found[1]}{_UNITS[found[2]]}" if found else limit


def _limit(row: Row, column: str, was: str, *, is_needed: bool = False) -> str:
    """A limit as it is kept, of a cell such as 2小时 or 7个工作日."""
    if column not in row:
        return was
    said = "".join(normalize("NFKC", row[column]).split()).lower()
    if not said and not is_needed:
        return ""
    found = _LIMIT.fullmatch(said)
    if found is None:
        raise Slipped(Slip.MISSING if not said else Slip.LIMIT, column)
    return f"{int(found[1])}{_SHORT.get(found[2], found[2])}"


# ---------------------------------------------------------------- words

STRONG, LIKELY, NOT_ANY_MORE = "一说就是", "多半是", "不用了"


def weighed(weight: float) -> str:
    """How sure a word is, as lists say it."""
    return STRONG if weight >= category_words.STRONG else LIKELY


@dataclass(eq=False, slots=True)
class LocalWord:
    """One word of the deployment."""

    word: str
    code: str
    weight: float


class WordList(OneARow[LocalWord]):
    """A row for each word, of which none can be cut in two by a hand that slips; one belongs to one category."""

    columns = (
        Column("word", "说法", re.compile("说法|^词"), needed=True),
        Column("category", "分类", re.compile("分类|类别"), needed=True),
        Column("weight", "有多准", re.compile("准|分量|权重")),
    )
    named_by = ("word",)
    holds = (Category,)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._examples = Examples()
        self._touched: set[str] = set()

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {each.code: each for each in all_categories(self._session)}

    @cached_property
    def _all(self) -> list[LocalWord]:
        return [
            LocalWord(word, each.code, weight)
            for each in self._categories.values()
            for word, weight in sorted(category_words.own(each).items())
        ]

    @cached_property
    def _words(self) -> dict[str, LocalWord]:
        return {each.word: each for each in reversed(self._all)}

    @cached_property
    def _shipped(self) -> dict[str, dict[str, float]]:
        """By category, what is not the deployment's own."""
        return {
            each.code: {word: weight for word, weight in each.words.items() if word not in category_words.own(each)}
            for each in self._categories.values()
        }

    @cached_property
    def _speaks_for(self) -> dict[str, list[str]]:
        """Of the shipped words, the categories that a word is known to speak for."""
        found: dict[str, list[str]] = {}
        for code, words in self._shipped.items():
            for word in category_words.strong_ones(words):
                found.setdefault(word, []).append(code)
        return found

    def everything(self) -> Iterable[LocalWord]:
        return self._all

    def cells(self, thing: LocalWord) -> dict[str, Cell]:
        return {
            "word": thing.word,
            "category": self._categories[thing.code].name,
            "weight": weighed(thing.weight),
        }

    def find(self, row: Row) -> LocalWord | None:
        return self._words.get(row["word"]) or self._words.get(_word(row))

    def put(self, row: Row, thing: LocalWord | None) -> LocalWord | None:
        said = row.get("weight", "")
        if said == NOT_ANY_MORE:
            if thing is not None:
                self._all.remove(thing)
                del self._words[thing.word]
                self._touched.add(thing.code)
            return None
        weights = {category_words.STRONG: STRONG, category_words.LIKELY: LIKELY}
        otherwise = thing.weight if thing is not None else category_words.LIKELY
        weight = lists.chosen(weights, said, Slip.WEIGHT, "weight") if said else otherwise
        category = next((each for each in self._categories.values() if each.name == row["category"]), None)
        if category is None:
            raise Slipped(Slip.CATEGORY, "category", name=row["category"])
        word = thing.word if thing is not None else _word(row)
        elsewhere = [code for code in self._speaks_for.get(word, ()) if code != category.code]
        holder = self._categories[elsewhere[0]].name if elsewhere else ""
        is_known = thing is not None and thing.code == category.code
        category_words.check(category, word, holder, self._examples, is_known=is_known, column="word")
        if thing is None:
            thing = self._words[word] = LocalWord(word, category.code, weight)
            self._all.append(thing)
        self._touched |= {thing.code, category.code}
        thing.code, thing.weight = category.code, weight
        if sum(each.code == category.code for each in self._all) > category_words.MOST:
            raise Slipped(Slip.WORDS_MANY, "category", most=category_words.MOST)
        return thing

    def rest(self) -> Iterable[Line]:
        """All words of a category are kept together."""
        for code in self._touched:
            own = {each.word: each.weight for each in self._all if each.code == code}
            category_edits.set_words(self._session, self._categories[code], self._shipped[code] | own)
        return ()


def _word(row: Row) -> str:
    try:
        found = category_words.words(row["word"])
    except Slipped as slipped:
        raise Slipped(slipped.slip, "word") from None
    if len(found) != 1:
        raise Slipped(Slip.WORD, "word")
    return found[0]
