"""Areas as the forms of several pages offer them."""

from __future__ import annotations

from collections.abc import Sequence

from models import areas
from models.area import Area

MOST_AREAS = 1500
"""What a form offers at most where single buildings can be chosen."""


def lie_in(nodes: Sequence[Area], paths: Sequence[str]) -> list[Area]:
    """Those of some areas that lie in the areas with these paths, or are one of them."""
    return [each for each in nodes if any(areas.covers(path, each.path) for path in paths)]


def tree(nodes: Sequence[Area]) -> list[tuple[int, str]]:
    """Areas to choose from, each below what it lies in and moved in by as much."""
    ordered = sorted(nodes, key=lambda each: areas.ids_on(each.path))
    least = min((len(areas.ids_on(each.path)) for each in ordered), default=0)
    return [(each.id, "\u3000" * (len(areas.ids_on(each.path)) - least) + each.name) for each in ordered]
