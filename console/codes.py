"""Codes of places as sheets to print: those that are missing are made first, a part at a time."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.areas import page_of
from console.house import House
from console.means import CodeNotMade, Codes, Printed
from models import areas, place_codes
from models.area import Area
from texts import codes as said

AT_ONCE = 40
"""Codes that are asked from the platform for one click: a second or two each at worst."""


def add_codes(blueprint: Blueprint, house: House) -> None:
    """The button on the page of an area."""

    @blueprint.post("/areas/<int(max=999999999999):area_id>/codes")
    def area_codes(area_id: int) -> ResponseReturnValue:
        with house.looking() as sight:
            area = sight.admin_area(area_id)
            title = said.sheet_title(areas.full_name(sight.session, area))
            wanted = place_codes.wanted(sight.session, area)
            names = areas.full_names(sight.session, [each.id for each in wanted[: place_codes.MOST]])
            channel = house.means.codes.channel if house.means.codes is not None else ""
            made = place_codes.made(sight.session, channel, [each.id for each in wanted])
        if house.means.codes is None:
            raise NotFound
        if len(wanted) > place_codes.MOST:
            return _instead(house, area_id, said.TOO_MANY)
        missing = [each for each in wanted if each.id not in made]
        # No transaction is open while the platform is asked; what it gave is kept even where it stops in between. An
        # address of our own costs nothing and is not kept: ours may move.
        fresh, note = _make(house.means.codes, missing[:AT_ONCE] if channel else missing)
        if fresh and channel:
            with house.doing() as sight:
                sight.admin_area(area_id)
                place_codes.keep(sight.session, channel, fresh, now=sight.now)
        left = len(missing) - len(fresh)
        if left:
            return _instead(house, area_id, note or said.more(len(made) + len(fresh), left))
        codes = [Printed((made | fresh)[each.id], names[each.id], each.code or "") for each in wanted]
        response = Response(house.means.codes.sheet(title, codes), mimetype="application/pdf")
        response.headers["Content-Disposition"] = f'attachment; filename="codes-{area_id}.pdf"'
        return response


def _make(codes: Codes, missing: Sequence[Area]) -> tuple[dict[int, str], str]:
    made: dict[int, str] = {}
    for each in missing:
        try:
            made[each.id] = codes.address(areas.scene_of(each))
        except CodeNotMade:
            return made, said.NOT_MADE
    return made, ""


def _instead(house: House, area_id: int, note: str) -> str:
    with house.looking() as sight:
        return house.page("area.html", sight, **page_of(sight, area_id), code_note=note)
