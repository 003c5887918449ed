"""The tree of areas, for the administrator: one node a page, what lies in it, and the whole as a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console.editing import beside
from console.house import House, argument, as_id, field
from console.lists import add_list
from console.places import MOST_AREAS, lie_in, tree
from console.sight import Sight
from models import area_edits, areas
from models.area import Area, AreaKind
from models.area_edits import Draft
from models.slips import Slip, Slipped
from models.upload import UploadKind
from nlp import area_list
from nlp.area_list import AreaList

SHOWN = 200
"""Of what lies in one area, on one page."""


def add_areas(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/areas")
    def area_tops() -> str:
        with house.looking() as sight:
            return _tops(house, sight)

    @blueprint.get("/areas/<int(max=999999999999):area_id>")
    def area_page(area_id: int) -> str:
        with house.looking() as sight:
            return house.page("area.html", sight, **page_of(sight, area_id))

    def press(what: str, do: Callable[[Sight, Area], object]) -> None:
        """One button of the page of an area: what is wrong with its form is said beside the field."""

        def pressed(area_id: int) -> ResponseReturnValue:
            def shown(sight: Sight, slipped: Slipped) -> str:
                return house.page("area.html", sight, **page_of(sight, area_id, slipped=slipped, button=what))

            def act(sight: Sight) -> None:
                area_edits.hold(sight.session)
                do(sight, sight.admin_area(area_id, lock=True))

            return house.carry_out(
                act,
                shown=shown,
                back=url_for(".area_page", area_id=area_id, done=f"area_{what}"),
                but=(Slipped,),
            )

        blueprint.post(f"/areas/<int(max=999999999999):area_id>/{what}", endpoint=f"area_{what}")(pressed)

    press("add", _add)
    press("change", lambda sight, area: area_edits.change(sight.session, area, _draft()))
    press("move", _move)
    press("close", _close)
    press("open", lambda sight, area: area_edits.reopen(sight.session, area))
    add_list(
        blueprint,
        house,
        UploadKind.AREAS,
        lambda sight: AreaList(sight.session, sight.admin_tops()),
        show=lambda sight, why: _tops(house, sight, why),
        home="area_tops",
        is_personal=True,
    )


# ---------------------------------------------------------------- buttons


def _draft() -> Draft:
    """What the form says; nobody is responsible for something new yet."""
    return Draft(
        name=" ".join(field("name", most=60).split()),
        aliases=tuple(area_list.aliases(field("aliases", most=300))),
        code=area_list.code(field("code", most=20)),
        grid_worker_id=as_id(field("grid_worker_id", most=12)) or None,
        secretary_id=as_id(field("secretary_id", most=12)) or None,
        lat=area_list.degrees(field("lat", most=20), "lat"),
        lng=area_list.degrees(field("lng", most=20), "lng"),
    )


def _add(sight: Sight, area: Area) -> None:
    kind = field("kind", most=20)
    if kind not in list(AreaKind):
        raise Slipped(Slip.KIND, "kind")
    area_edits.add(sight.session, area, AreaKind(kind), _draft())


def _own(sight: Sight, area: Area) -> bool:
    """Whether it is the very area the administrator is of, which somebody above looks after."""
    return area.path in sight.admin_paths


def _move(sight: Sight, area: Area) -> None:
    if _own(sight, area):
        raise Slipped(Slip.OWN_AREA, "parent")
    parent = sight.session.get(Area, as_id(field("parent", most=12)))
    if parent is None or not lie_in([parent], sight.admin_paths):
        raise Slipped(Slip.PARENT, "parent")
    area_edits.move(sight.session, area, parent)


def _close(sight: Sight, area: Area) -> None:
    if _own(sight, area):
        raise Slipped(Slip.OWN_AREA)
    area_edits.close(sight.session, area, now=sight.now)


# ---------------------------------------------------------------- what the pages show


def _tops(house: House, sight: Sight, fault: str = "") -> str:
    tops = sight.admin_tops()
    counts = area_edits.counts_below(sight.session, [each.id for each in tops])
    return house.page("areas.html", sight, tops=tops, counts=counts, kinds=area_list.KINDS, fault=fault)


def page_of(sight: Sight, area_id: int, *, slipped: Slipped | None = None, button: str = "") -> dict[str, Any]:
    """What the page of an area shows."""
    session = sight.session
    area = sight.admin_area(area_id)
    found = area_edits.below(session, area, most=SHOWN + 1, after=as_id(argument("after")))
    shown = found[:SHOWN]
    above = list(reversed(areas.ancestors(session, area)[1:]))
    mine = {each.id for each in lie_in(above, sight.admin_paths)}
    ids = {each for one in shown for each in (one.grid_worker_id, one.secretary_id)}
    responsible = area_edits.responsible(session, area)
    missing = {area.grid_worker_id, area.secretary_id} - {each.id for each in responsible} - {None}
    return {
        "area": area,
        "above": [(each, each.id in mine) for each in above],
        "below": sorted(shown, key=lambda each: (each.closed_at is not None, list(AreaKind).index(each.kind), each.id)),
        "counts": area_edits.counts_below(session, [each.id for each in shown]),
        "after": shown[-1].id if len(found) > SHOWN else None,
        "names": sight.names(ids | missing),
        "kinds": area_list.KINDS,
        "kinds_below": area_edits.kinds_below(area.kind),
        "responsible": responsible,
        "parents": _parents(sight, area),
        "own": _own(sight, area),
        **beside(button, slipped),
    }


def _parents(sight: Sight, area: Area) -> list[tuple[int, str]]:
    """Where it could be moved to; buildings are no place for anything."""
    levels = list(AreaKind)
    kinds = levels[: levels.index(area.kind)]
    query = select(Area).where(Area.kind.in_(kinds), Area.closed_at.is_(None))
    found = sight.session.scalars(query.order_by(Area.path).limit(MOST_AREAS)).all()
    return [(each, name) for each, name in tree(lie_in(found, sight.admin_paths)) if each != area.parent_id]
