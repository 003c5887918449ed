"""The categories, for whoever runs everything: names, limits, who is asked first, and what people call a matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from console.editing import beside
from console.house import House, clean, field
from console.lists import add_list
from console.sight import Sight
from models import category_edits
from models.category import Category, First, Level
from models.category_edits import OTHERWISE, STEPS, Draft
from models.slips import Slip, Slipped
from models.upload import UploadKind
from nlp import category_words
from nlp.category_list import CategoryList, LimitList, WordList, all_categories
from nlp.lists import Listed, several
from nlp.understand import Understanding
from texts import editing as said
from texts.common import LEVELS

LONGEST_TRY = 300


def add_categories(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/categories", endpoint="category_list")
    def category_list() -> str:
        with house.looking() as sight:
            return listed(sight)

    def listed(sight: Sight, fault: str = "") -> str:
        return house.page("categories.html", sight, **_list(sight), fault=fault)

    def add(kind: UploadKind, open_list: Callable[[Session], Listed[Any]]) -> None:
        def opened(sight: Sight) -> Listed[Any]:
            sight.for_everything()
            return open_list(sight.session)

        add_list(blueprint, house, kind, opened, show=listed, home="category_list", here="categories")

    add(UploadKind.CATEGORIES, lambda session: CategoryList(session, firsts=said.FIRST, levels=LEVELS))
    add(UploadKind.LIMITS, LimitList)
    add(UploadKind.WORDS, WordList)

    @blueprint.post("/categories/try")
    def category_try() -> str:
        """What a sentence would be taken for; nothing of it is kept."""
        with house.looking() as sight:
            words = field("words", most=LONGEST_TRY)
            found = _list(sight)
            if house.means.understand is not None and words:
                found["tried"] = _shown(house.means.understand(words, None), sight.categories())
            return house.page("categories.html", sight, **found, words_tried=words)

    @blueprint.get("/categories/<code>")
    def category_page(code: str) -> str:
        with house.looking() as sight:
            return house.page("category.html", sight, **_page(sight, code))

    def press(what: str, do: Callable[[Sight, Category], None]) -> None:
        """One form of the page of a category: what is wrong with it is said beside the field."""

        def pressed(code: str) -> ResponseReturnValue:
            def shown(sight: Sight, slipped: Slipped) -> str:
                return house.page("category.html", sight, **_page(sight, code, slipped=slipped, button=what))

            return house.carry_out(
                lambda sight: do(sight, _category(sight, code, lock=True)),
                shown=shown,
                back=url_for(".category_page", code=code, done=f"category_{what}"),
                but=(Slipped,),
            )

        blueprint.post(f"/categories/<code>/{what}", endpoint=f"category_{what}")(pressed)

    press("change", _change)
    press("words", _words)


def _category(sight: Sight, code: str, *, lock: bool = False) -> Category:
    sight.for_everything()
    found = sight.session.get(Category, clean(code, most=40), with_for_update=True if lock else None)
    if found is None:
        raise NotFound
    return found


# ---------------------------------------------------------------- buttons


def _limit(name: str) -> str:
    """A number and its unit; empty where nothing is written."""
    count = field(name, most=6)
    if not count:
        return ""
    if not (count.isascii() and count.isdigit()):
        raise Slipped(Slip.LIMIT, name)
    return f"{int(count)}{field(f'{name}_unit', most=2)}"


def _change(sight: Sight, category: Category) -> None:
    first, level, needs = field("first", most=20), field("level", most=20), field("needs", most=2)
    if first not in list(First):
        raise Slipped(Slip.FIRST, "first")
    if level not in list(Level):
        raise Slipped(Slip.LEVEL, "level")
    otherwise = {key: {step: _limit(f"{key}_{step}") for step in STEPS} for key in OTHERWISE}
    draft = Draft(
        name="".join(field("name", most=60).split()),
        first=First(first),
        level=Level(level),
        limits={step: _limit(step) for step in STEPS},
        otherwise={key: {step: limit for step, limit in limits.items() if limit} for key, limits in otherwise.items()},
        department="".join(field("department", most=40).split()),
        skills=several(field("skills", most=200)),
        offerable=bool(field("offerable", most=1)),
        needs=int(needs) if needs.isascii() and needs.isdigit() else 0,
    )
    category_edits.change(sight.session, category, draft, may_be_offered=category_words.may_be_offered(category.code))


def _words(sight: Sight, category: Category) -> None:
    others = [each for each in all_categories(sight.session) if each.code != category.code]
    words = category_words.read(category, others, field("strong", most=2000), field("likely", most=2000))
    category_edits.set_words(sight.session, category, category_words.with_own(category, words))


# ---------------------------------------------------------------- what the pages show


def _list(sight: Sight) -> dict[str, Any]:
    sight.for_everything()
    return {
        "rows": [(each, len(category_words.own(each))) for each in all_categories(sight.session)],
        "said": said,
        "levels": LEVELS,
        "tried": None,
        "words_tried": "",
    }


def _shown(found: Understanding, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "category": "" if found.abstained or found.category is None else names.get(found.category, found.category),
        "candidates": [(names.get(code, code), round(100 * share)) for code, share in found.candidates[:3]],
        "words": found.reasons,
        "place": found.place.text if found.place else "",
    }


def _page(sight: Sight, code: str, *, slipped: Slipped | None = None, button: str = "") -> dict[str, Any]:
    category = _category(sight, code)
    limits = {
        "answer": category.first_answer_limit,
        "accept": category.accept_limit,
        "finish": category.finish_limit,
    }
    otherwise = {f"{key}_{step}": category.limits_by.get(key, {}).get(step, "") for key in OTHERWISE for step in STEPS}
    own = category_words.own(category)
    departments = list(category_edits.departments(sight.session))
    return {
        "category": category,
        "limits": limits | otherwise,
        "steps": said.STEPS,
        "otherwise": said.OTHERWISE,
        "has_otherwise": any(otherwise.values()),
        "units": said.UNITS,
        "firsts": said.FIRST,
        "levels": LEVELS,
        "departments": departments
        if category.department in ("", *departments)
        else [category.department, *departments],
        "may_be_offered": category_words.may_be_offered(category.code),
        "strong": [word for word, weight in own.items() if weight >= category_words.STRONG],
        "likely": [word for word, weight in own.items() if weight < category_words.STRONG],
        "shipped": sorted(set(category.words) - set(own)),
        **beside(button, slipped),
    }
