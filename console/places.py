"""Areas as the forms of several pages offer them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from werkzeug.exceptions import NotFound

from console.sight import Sight
from models import areas
from models.area import Area, AreaKind
from models.guide import Guide
from models.post import Post
from models.rider import Team, Title
from models.station import Station
from nlp.extract import in_the_open

MOST_AREAS = 1500
"""What a form offers at most where single buildings can be chosen."""


Placed = TypeVar("Placed", Station, Team, Title, Guide, Post)


def held(sight: Sight, kind: type[Placed], row_id: int) -> Placed:
    """A row of a place of the desk, locked. Raises NotFound for every other."""
    found = sight.session.get(kind, row_id, with_for_update=True)
    area = sight.session.get(Area, found.area_id) if found is not None else None
    if found is None or area is None or not lie_in([area], sight.desk_paths):
        raise NotFound
    return found


def is_only_said(place: str, area_id: int | None, lat: float | None = None) -> bool:
    """Whether a place is somebody's words alone ("厨房"): no area of ours, no point, and no road to be found by."""
    return bool(place) and area_id is None and lat is None and not in_the_open(place)


def lie_in(nodes: Sequence[Area], paths: Sequence[str]) -> list[Area]:
    """Those of some areas that lie in the areas with these paths, or are one of them."""
    return [each for each in nodes if any(areas.covers(path, each.path) for path in paths)]


def tree(nodes: Sequence[Area]) -> list[tuple[int, str]]:
    """Areas to choose from, without those that are closed, each below what it lies in and moved in by as much."""
    ordered = sorted((each for each in nodes if each.closed_at is None), key=lambda each: areas.ids_on(each.path))
    least = min((len(areas.ids_on(each.path)) for each in ordered), default=0)
    return [(each.id, "\u3000" * (len(areas.ids_on(each.path)) - least) + each.name) for each in ordered]


def community_groups(sight: Sight) -> list[tuple[str, list[tuple[int, str]]]]:
    """Every community with what lies in it: a ticket may have landed on the wrong desk, so not only the viewer's."""
    found: dict[int, Area] = {each.id: each for each in areas.all_areas(sight.session)[:MOST_AREAS]}
    groups: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    for area in found.values():
        above = [found[step] for step in areas.ids_on(area.path) if step in found]
        community = next((each for each in above if each.kind is AreaKind.COMMUNITY), None)
        if community is not None:
            inside = [each.name for each in above if each.kind in (AreaKind.ESTATE, AreaKind.BUILDING)]
            group = groups.setdefault(community.id, (community.name, []))
            group[1].append((area.id, "".join(inside) or community.name))
    return list(groups.values())
