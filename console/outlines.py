"""The outlines of areas: drawn on the map or pasted, read from a file with a look at it first, taken along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from console import map as on_the_map
from console.desk import Asked
from console.house import House, argument, clean, field
from console.places import MOST_AREAS, tree
from console.sight import Sight
from models import geojson, outlines
from models.area import Area
from models.coordinates import System
from models.geojson import Misfit, Shape, Unfit
from models.outline import Outline
from models.outlines import Row
from texts import map as said

SHOWN_ROWS = 50


def add_outlines(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/map/areas", endpoint="outlines")
    def outline_list() -> str:
        with house.looking() as sight:
            return house.page("outlines.html", sight, **_list(sight))

    @blueprint.get("/map/areas/<int(max=999999999999):area_id>")
    def outline_page(area_id: int) -> str:
        with house.looking() as sight:
            return house.page("outline.html", sight, **house.map_frame(), **_one(sight, area_id, house.tiles.system))

    @blueprint.post("/map/areas/<int(max=999999999999):area_id>", endpoint="outline_drawn")
    def outline_drawn(area_id: int) -> ResponseReturnValue:
        text, system = _text("text"), _system(house.tiles.system)

        def draw(sight: Sight) -> None:
            area, shape = sight.drawable_area(area_id), geojson.read_one(text, system)
            outlines.hold(sight.session, [area.id], seen=_seen())
            outlines.draw(sight.session, area, shape, by=sight.person, now=sight.now)

        def shown(sight: Sight, unfit: Unfit) -> str:
            kept = {"text": text, "system": system, "fault": said.MISFITS[unfit.misfit]}
            page = _one(sight, area_id, house.tiles.system) | kept
            return house.page("outline.html", sight, **house.map_frame(), **page)

        return house.carry_out(draw, shown=shown, back=url_for(".outlines", done="outline"), but=(Unfit,))

    @blueprint.post("/map/areas/<int(max=999999999999):area_id>/remove")
    def outline_removed(area_id: int) -> ResponseReturnValue:
        def remove(sight: Sight) -> None:
            area = sight.drawable_area(area_id)
            outlines.hold(sight.session, [area.id], seen=_seen())
            outlines.remove(sight.session, area)

        def shown(sight: Sight, unfit: Unfit) -> str:
            page = _one(sight, area_id, house.tiles.system) | {"fault": said.MISFITS[unfit.misfit]}
            return house.page("outline.html", sight, **house.map_frame(), **page)

        return house.carry_out(remove, shown=shown, back=url_for(".outlines", done="outline_gone"), but=(Unfit,))

    @blueprint.post("/map/areas/file")
    def outline_file() -> ResponseReturnValue:
        system, file = _system(System.WGS84), request.files.get("file")
        data = file.stream.read(geojson.LARGEST + 1) if file else b""
        with house.looking() as sight:
            among = sight.drawable()  # whoever draws nothing uploads nothing
            try:
                rows = outlines.match(geojson.read(_decoded(data) or _text("text"), system), among, said.NAMES)
            except Unfit as unfit:
                kept = {"text": _text("text"), "system": system, "fault": said.MISFITS[unfit.misfit]}
                return house.page("outlines.html", sight, **(_list(sight) | kept)), 409
            return house.page("outline_file.html", sight, **_preview(sight, rows))

    @blueprint.post("/map/areas/take")
    def outlines_taken() -> ResponseReturnValue:
        right: list[tuple[Area, Shape]] = []
        with house.doing() as sight:
            try:
                # Checked again: what was shown went through a browser, and rights may have changed.
                rows = outlines.match(geojson.read(_text("text"), System.GCJ02), sight.drawable(), said.NAMES)
                wanted = [(each.area, each.shape) for each in rows if each.area is not None]
                outlines.hold(sight.session, [area.id for area, _ in wanted], seen=_seen())
                right = wanted
            except Unfit:
                pass  # said below
            for area, shape in right:
                outlines.draw(sight.session, area, shape, by=sight.person, now=sight.now)
        with house.looking() as sight:
            note = {"note": said.imported(len(right))} if right else {"fault": said.nothing_imported()}
            return house.page("outlines.html", sight, **(_list(sight) | note)), 200 if right else 409

    @blueprint.get("/map/areas.geojson")
    def outlines_file() -> Response:
        system = System(given) if (given := argument("system")) in list(System) else System.WGS84
        with house.looking() as sight:
            sight.at_desk()
            found = outlines.listed(sight.session, sight.desk_areas, most=MOST_AREAS)
            features = [
                (geojson.restored(outline.geometry), {"area": str(area.id), "name": area.name, "kind": area.kind.value})
                for outline, area in found
            ]
            text = json.dumps(geojson.collection(features, system), ensure_ascii=False)
        response = Response(text, mimetype="application/geo+json")
        response.headers["Content-Disposition"] = 'attachment; filename="areas.geojson"'
        return response


def _decoded(data: bytes) -> str:
    """The text of an uploaded file; of one that is no text what is surely no JSON either."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit(Misfit.NO_JSON) from None


def _text(name: str) -> str:
    # As much as a file may have and one more, so that it is found too large and not cut off.
    return clean(request.form.get(name, ""), most=geojson.LARGEST + 1)


def _seen() -> str:
    """What the outlines were when the form was shown."""
    return field("seen", most=16)


def _system(otherwise: System) -> System:
    given = request.form.get("system", "")
    return System(given) if given in list(System) else otherwise


def _list(sight: Sight) -> dict[str, Any]:
    among = sight.drawable()
    drawn = outlines.of(sight.session, [each.id for each in among])
    return {
        "said": said,
        "rows": [(area_id, name, drawn.get(area_id)) for area_id, name in tree(among)],
        "names": sight.names({each.by_id for each in drawn.values()}),
        "system": System.WGS84,
        "text": "",
        "fault": "",
        "note": "",
    }


def _one(sight: Sight, area_id: int, system: System) -> dict[str, Any]:
    area = sight.drawable_area(area_id)
    outline = sight.session.get(Outline, area.id)
    shape = geojson.restored(outline.geometry) if outline is not None else ()
    text = json.dumps(geojson.geometry(shape, system)) if outline is not None else ""
    above = sight.session.get(Area, area.parent_id) if area.parent_id else None
    around = sight.session.get(Outline, above.id) if above is not None else None
    asked = Asked(area_id=area.id if outline is not None or around is None or above is None else above.id)
    return {
        "said": said,
        "area": area,
        "text": text,
        "system": system,
        "fault": "",
        "has_outline": outline is not None,
        "seen": outlines.state([outline]),
        "frame": on_the_map.view(sight, asked, [area], system),
        "around": geojson.geometry(geojson.restored(around.geometry), system) if around is not None else None,
        "most": geojson.MOST_POINTS,
    }


def _preview(sight: Sight, rows: Sequence[Row]) -> dict[str, Any]:
    right = [(each.area, each.shape) for each in rows if each.area is not None]
    known = outlines.of(sight.session, [area.id for area, _ in right])
    text = geojson.collection(
        ((shape, {"area": str(area.id), "name": area.name}) for area, shape in right), System.GCJ02
    )
    return {
        "said": said,
        "right": [
            (area, geojson.count(shape), geojson.size(shape), area.id in known) for area, shape in right[:SHOWN_ROWS]
        ],
        "faults": [each for each in rows if each.misfit is not None][:SHOWN_ROWS],
        "counts": (len(right), len(rows) - len(right)),
        "text": json.dumps(text, ensure_ascii=False, separators=(",", ":")),
        "seen": outlines.state(known.values()),
    }
