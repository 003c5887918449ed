"""Judgements that were set aside as a burst, and taking them into the figures after all."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.house import House, field, page_number, ticked
from console.sight import Sight
from models import bursts
from models.errors import Refused

PAGE_SIZE = 50


def add_bursts(blueprint: Blueprint, house: House) -> None:
    """The page of what was set aside."""

    @blueprint.get("/set-aside")
    def set_aside() -> str:
        with house.looking() as sight:
            return house.page("set_aside.html", sight, **_page(sight))

    @blueprint.post("/set-aside")
    def set_aside_counted() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                chosen = ticked("evaluation")
                shown = [evaluation.id for evaluation, _ in _found(sight) if evaluation.id in chosen]
                done = bursts.count_after_all(sight.session, shown, field("why"), by=sight.person, now=sight.now)
        except Refused as refused:
            with house.looking() as sight:
                return house.page("set_aside.html", sight, **_page(sight), refused=refused, why=field("why")), 409
        return redirect(url_for(".set_aside", done="counted" if done else None), 303)


def _found(sight: Sight) -> Any:
    if not sight.is_desk:
        raise NotFound
    skip = (page_number() - 1) * PAGE_SIZE
    return bursts.left_out(sight.session, sight.tickets(), skip=skip, most=PAGE_SIZE + 1)


def _page(sight: Sight) -> dict[str, Any]:
    rows = _found(sight)
    return {
        "rows": rows[:PAGE_SIZE],
        "names": sight.names([evaluation.person_id for evaluation, _ in rows]),
        "categories": sight.categories(),
        "may_count": sight.decides_what_counts,
        "page": page_number(),
        "more": len(rows) > PAGE_SIZE,
    }
