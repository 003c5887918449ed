"""Guides (办事指南): what the bot answers to questions, written by the desk for its own areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from console.editing import beside
from console.house import House, as_id, field, page_number
from console.places import held, lie_in, tree
from console.sight import Sight
from models import areas, guides
from models.area import Area, AreaKind
from models.guide import Guide
from models.guides import Draft
from models.slips import Slip, Slipped
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
    links = []
    for line in filter(None, (each.strip() for each in field("links").split("\n"))):
        says, _, address = line.rpartition(" ")
        links.append(f"{says.strip().rstrip('：:')[:20]}|{address}")
    return Draft(
        title=" ".join(field("title", most=60).split()),
        words=several(field("words", most=300)),
        text=field("text", most=600),
        links=links,
        area_id=wanted,
    )


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
        "rows": [(each, "\n".join(link.replace("|", " ", 1) for link in each.links)) for each in found[:PAGE_SIZE]],
        "names": {each.id: each.name for each in places},
        "places": tree(places),
        "page": page,
        "more": len(found) > PAGE_SIZE,
        "longest": guides.LONGEST_TEXT,
        **beside(str(guide_id), slipped),
    }
