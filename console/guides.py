"""Guides (办事指南): what the bot answers to questions, written by the desk for its own areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from console.editing import beside
from console.house import House, as_id, field, page_number
from console.lists import add_list
from console.places import held, lie_in, tree
from console.sight import Sight
from models import areas, guides
from models.area import Area, AreaKind
from models.guide import Guide
from models.guides import Draft
from models.slips import Slip, Slipped
from models.upload import UploadKind
from nlp import guide_list
from nlp.guide_list import GuideList
from nlp.lists import several

PAGE_SIZE = 30


def add_guides(blueprint: Blueprint, house: House) -> None:
    """The page, and what its buttons do."""

    @blueprint.get("/guides")
    def guides_page() -> str:
        with house.looking() as sight:
            return house.page("guides.html", sight, **_page(sight))

    def press(path: str, name: str, done: str, do: Callable[..., object]) -> None:
        """One button: what is wrong with its form is said beside the field."""

        def pressed(guide_id: int = 0) -> ResponseReturnValue:
            def shown(sight: Sight, slipped: Slipped) -> str:
                return house.page("guides.html", sight, **_page(sight, slipped=slipped, guide_id=guide_id))

            ids = {"guide_id": guide_id} if guide_id else {}
            back = url_for(".guides_page", done=done)
            return house.carry_out(lambda sight: do(sight, **ids), shown=shown, back=back, but=(Slipped,))

        blueprint.post(path, endpoint=name)(pressed)

    def shown_with(sight: Sight, fault: str) -> str:
        return house.page("guides.html", sight, **_page(sight), fault=fault)

    add_list(blueprint, house, UploadKind.GUIDES, _listed, show=shown_with, home="guides_page")
    press("/guides", "guide_entered", "guide", _enter)
    press("/guides/<int(max=999999999999):guide_id>/change", "guide_changed", "guide", _change)
    press("/guides/<int(max=999999999999):guide_id>/close", "guide_closed", "guide_closed", _close)


def _areas(sight: Sight) -> list[Area]:
    """Where the desk's guides may hold: streets and communities, or whatever the desk is of."""
    sight.at_desk()
    mine = lie_in(areas.all_areas(sight.session), sight.desk_paths)
    return [each for each in mine if each.kind not in (AreaKind.ESTATE, AreaKind.BUILDING)] or mine[:1]


def _draft(sight: Sight) -> Draft:
    wanted = as_id(field("area", most=12))
    if wanted not in {each.id for each in _areas(sight)}:
        raise Slipped(Slip.AREA, "area")
    return Draft(
        title=" ".join(field("title", most=60).split()),
        words=several(field("words", most=300)),
        text=field("text", most=600),
        links=guide_list.links_of(field("links")),
        area_id=wanted,
    )


def _listed(sight: Sight) -> GuideList:
    return GuideList(sight.session, {each.id for each in _areas(sight)}, now=sight.now)


def _enter(sight: Sight) -> None:
    guides.enter(sight.session, _draft(sight), now=sight.now)


def _change(sight: Sight, guide_id: int) -> None:
    guide = held(sight, Guide, guide_id)
    guides.enter(sight.session, _draft(sight), now=sight.now, guide=guide)


def _close(sight: Sight, guide_id: int) -> None:
    guides.close(sight.session, held(sight, Guide, guide_id), now=sight.now)


def _page(sight: Sight, *, slipped: Slipped | None = None, guide_id: int = 0) -> dict[str, Any]:
    places, page = _areas(sight), page_number()
    found = guides.listed(sight.session, sight.desk_areas, most=PAGE_SIZE + 1, skip=(page - 1) * PAGE_SIZE)
    return {
        "rows": [(each, guide_list.as_written(each.links)) for each in found[:PAGE_SIZE]],
        "names": {each.id: each.name for each in places},
        "places": tree(places),
        "page": page,
        "more": len(found) > PAGE_SIZE,
        "longest": guides.LONGEST_TEXT,
        **beside(str(guide_id), slipped),
    }
