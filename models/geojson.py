"""Outlines as GeoJSON (RFC 7946): read with distrust, checked, written, and asked whether a point lies inside.

Inside of the program a position is (latitude, longitude), as everywhere else; in GeoJSON the longitude comes first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.coordinates import System, convert

LARGEST = 1024 * 1024
"""Bytes of a file that is read at all."""
MOST_OUTLINES = 500
MOST_POINTS = 800
"""Of one outline; whether it crosses itself is asked of every two of its sides."""
MOST_POINTS_TOGETHER = 10_000
WIDEST = 3.0
"""Degrees from one end of an outline to the other: a city of ours fits, a continent does not."""
DEEPEST = 12
"""Brackets within brackets; a multipolygon in a collection has eight."""

Point = tuple[float, float]
Ring = Sequence[Point]
"""Closed: the last point is the first."""
Shape = Sequence[Sequence[Ring]]
"""Polygons, each an outer ring and the holes in it."""


class Misfit(StrEnum):
    """Why a file, or one outline of it, is not taken."""

    TOO_LARGE = "too_large"
    NO_JSON = "no_json"
    TOO_DEEP = "too_deep"
    NO_OUTLINES = "no_outlines"
    """JSON, but no GeoJSON that holds any."""
    TOO_MANY = "too_many"
    NO_POLYGON = "no_polygon"
    NO_POSITION = "no_position"
    """Something else than two numbers of the earth where a position should be."""
    TURNED = "turned"
    """Latitude before longitude."""
    TOO_FEW_POINTS = "too_few_points"
    TOO_MANY_POINTS = "too_many_points"
    CROSSES = "crosses"
    EMPTY = "empty"
    """All on one line."""
    TOO_WIDE = "too_wide"
    NO_AREA = "no_area"
    TWO_AREAS = "two_areas"
    TWICE = "twice"
    CHANGED = "changed"
    """Somebody else has drawn it since whoever draws it now looked."""


class Unfit(Exception):
    """What was given is no outline that can be kept."""

    def __init__(self, misfit: Misfit) -> None:
        super().__init__(misfit.value)
        self.misfit = misfit


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of a file: what it says of itself, and its outline or what is wrong with it."""

    said: Mapping[str, str]
    shape: Shape = ()
    misfit: Misfit | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """The smallest frame around something, in degrees."""

    south: float
    west: float
    north: float
    east: float


# ---------------------------------------------------------------- reading


def read(text: str, system: System) -> list[Feature]:
    """The entries of a file told in `system`, with their outlines as they are stored. Raises Unfit for a file that is
    none; what is wrong with one outline stands with it.
    """
    found = _features(_parsed(text))
    if not found:
        raise Unfit(Misfit.NO_OUTLINES)
    if len(found) > MOST_OUTLINES:
        raise Unfit(Misfit.TOO_MANY)
    features, points = [], 0
    for each in found:
        said = _said(each)
        try:
            shape = _shape(each.get("geometry") if each.get("type") == "Feature" else each)
            points += count(shape)
            if points > MOST_POINTS_TOGETHER:
                raise Unfit(Misfit.TOO_MANY)
            features.append(Feature(said, _checked(_stored(shape, system))))
        except Unfit as unfit:
            if unfit.misfit is Misfit.TOO_MANY:
                raise
            features.append(Feature(said, misfit=unfit.misfit))
    return features


def read_one(text: str, system: System) -> Shape:
    """The only outline of a text. Raises Unfit."""
    found = read(text, system)
    if len(found) != 1:
        raise Unfit(Misfit.TOO_MANY)
    if found[0].misfit is not None:
        raise Unfit(found[0].misfit)
    return found[0].shape


def _parsed(text: str) -> Any:
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise Unfit(Misfit.TOO_LARGE)
    if _depth(text) > DEEPEST:
        raise Unfit(Misfit.TOO_DEEP)
    try:
        # A standard that knows no NaN is read by a program that does.
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unfit(Misfit.NO_JSON) from None


def _depth(text: str) -> int:
    """How deep brackets stand within brackets, those in quoted words too, of which a name has few."""
    deepest = depth = 0
    for each in text:
        if each in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif each in "]}":
            depth -= 1
    return deepest


def _no_number(said: str) -> float:
    raise ValueError(said)


def _features(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    match value.get("type"):
        case "FeatureCollection":
            listed = value.get("features")
        case "GeometryCollection":
            listed = value.get("geometries")
        case "Feature" | "Polygon" | "MultiPolygon" | "Point" | "LineString" | "MultiPoint" | "MultiLineString":
            listed = [value]
        case _:
            return []
    return [each if isinstance(each, dict) else {} for each in listed] if isinstance(listed, list) else []


def _said(feature: Mapping[str, Any]) -> dict[str, str]:
    """The plain words and numbers among what an entry says of itself, bounded."""
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {
        key[:40]: _clean(str(value))
        for key, value in list(properties.items())[:40]
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def _clean(text: str) -> str:
    return "".join(each for each in text[:200] if each.isprintable()).strip()[:80]


def _shape(geometry: Any) -> list[list[list[Point]]]:
    if not isinstance(geometry, dict):
        raise Unfit(Misfit.NO_POLYGON)
    match geometry.get("type"):
        case "Polygon":
            polygons: Any = [geometry.get("coordinates")]
        case "MultiPolygon":
            polygons = geometry.get("coordinates")
        case _:
            raise Unfit(Misfit.NO_POLYGON)
    if not isinstance(polygons, list) or not polygons:
        raise Unfit(Misfit.NO_POLYGON)
    points = 0
    made = []
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise Unfit(Misfit.NO_POLYGON)
        rings = []
        for ring in polygon:
            if not isinstance(ring, list):
                raise Unfit(Misfit.NO_POLYGON)
            points += len(ring)
            if points > MOST_POINTS:
                raise Unfit(Misfit.TOO_MANY_POINTS)
            rings.append(_ring([_position(each) for each in ring]))
        made.append(rings)
    return made


def _position(given: Any) -> Point:
    if not isinstance(given, list) or not 2 <= len(given) <= 4:
        raise Unfit(Misfit.NO_POSITION)
    lng, lat = given[:2]
    if isinstance(lat, bool) or isinstance(lng, bool) or not isinstance(lat, int | float):
        raise Unfit(Misfit.NO_POSITION)
    if not isinstance(lng, int | float) or not (abs(lat) <= 1e6 and abs(lng) <= 1e6):
        raise Unfit(Misfit.NO_POSITION)
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lng) <= 90:
        raise Unfit(Misfit.TURNED)
    if abs(lat) > 90 or abs(lng) > 180:
        raise Unfit(Misfit.NO_POSITION)
    return float(lat), float(lng)


def _ring(points: list[Point]) -> list[Point]:
    """Closed, and without the same point twice in a row."""
    made = [each for at, each in enumerate(points) if at == 0 or each != points[at - 1]]
    if made and made[0] != made[-1]:
        made.append(made[0])
    if len(made) < 4:
        raise Unfit(Misfit.TOO_FEW_POINTS)
    return made


def _stored(shape: Shape, system: System) -> Shape:
    """In the system of everything stored, to a tenth of a metre."""
    return [
        [_ring([_rounded(convert(*point, system, System.GCJ02)) for point in ring]) for ring in polygon]
        for polygon in shape
    ]


def _rounded(point: Point) -> Point:
    return round(point[0], 6), round(point[1], 6)


# ---------------------------------------------------------------- checking


def _checked(shape: Shape) -> Shape:
    frame = box(shape)
    if frame.north - frame.south > WIDEST or frame.east - frame.west > WIDEST:
        raise Unfit(Misfit.TOO_WIDE)
    if crosses(shape):  # asked first: the halves of an eight take each other away
        raise Unfit(Misfit.CROSSES)
    if any(abs(_doubled(ring)) < 1e-12 for polygon in shape for ring in polygon):
        raise Unfit(Misfit.EMPTY)
    return shape


def crosses(shape: Shape) -> bool:
    """Whether any two sides of an outline cross. Touching is no crossing: parts may share a corner."""
    sides = sorted(
        (min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1]), a, b)
        for polygon in shape
        for ring in polygon
        for a, b in zip(ring, ring[1:], strict=False)
    )
    for at, (_, high, left, right, a, b) in enumerate(sides):
        for other in range(at + 1, len(sides)):
            low, _, from_, to, c, d = sides[other]
            if low > high:
                break  # all that come after begin even further north
            if from_ <= right and left <= to and _cross(a, b, c, d):
                return True
    return False


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, point: Point) -> int:
    """On which side of a line a point lies: 1, -1, or 0 on it."""
    turn = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return (turn > 0) - (turn < 0)


# ---------------------------------------------------------------- measuring


def points_of(shape: Shape) -> Iterator[Point]:
    """All corners."""
    return (point for polygon in shape for ring in polygon for point in ring)


def count(shape: Shape) -> int:
    """How many corners it has."""
    return sum(len(ring) for polygon in shape for ring in polygon)


def box(shape: Shape) -> Box:
    """The frame around it."""
    return frame(points_of(shape))


def frame(points: Iterable[Point]) -> Box:
    """The frame around some points, of which there is one at least."""
    lats, lngs = zip(*points, strict=True)
    return Box(min(lats), min(lngs), max(lats), max(lngs))


def size(shape: Shape) -> float:
    """Square metres, near enough to say which of two is smaller."""
    here = box(shape)
    degree = math.radians(1) * 6_371_000
    square = degree * degree * math.cos(math.radians((here.south + here.north) / 2))
    outer = sum(abs(_doubled(polygon[0])) for polygon in shape)
    holes = sum(abs(_doubled(ring)) for polygon in shape for ring in polygon[1:])
    return max(outer - holes, 0.0) / 2 * square


def _doubled(ring: Ring) -> float:
    """Twice the area of a ring in square degrees, by its first corner, so that no digits are lost."""
    lat, lng = ring[0]
    return sum((a[0] - lat) * (b[1] - lng) - (b[0] - lat) * (a[1] - lng) for a, b in zip(ring, ring[1:], strict=False))


def contains(shape: Shape, lat: float, lng: float) -> bool:
    """Whether a point lies inside or on the border; a hole is outside, its border is not."""
    return any(_inside(polygon, (lat, lng)) for polygon in shape)


def _inside(polygon: Sequence[Ring], point: Point) -> bool:
    inside = False
    for ring in polygon:
        for a, b in zip(ring, ring[1:], strict=False):
            if _is_on(a, b, point):
                return True
            # A ray to the east: each side that it meets leads in or out.
            if (a[0] > point[0]) != (b[0] > point[0]) and _side(a, b, point) * (1 if b[0] > a[0] else -1) < 0:
                inside = not inside
    return inside


def _is_on(a: Point, b: Point, point: Point) -> bool:
    return (
        min(a[0], b[0]) <= point[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
        and _side(a, b, point) == 0
    )


# ---------------------------------------------------------------- writing


def geometry(shape: Shape, system: System) -> dict[str, Any]:
    """The outline as GeoJSON has it, told in `system`."""
    polygons = [[[_told(point, system) for point in ring] for ring in polygon] for polygon in shape]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _told(point: Point, system: System) -> list[float]:
    lat, lng = _rounded(convert(*point, System.GCJ02, system))
    return [lng, lat]


def collection(features: Iterable[tuple[Shape, Mapping[str, Any]]], system: System) -> dict[str, Any]:
    """A file of outlines with what is said of each."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": dict(said), "geometry": geometry(shape, system)}
            for shape, said in features
        ],
    }


def stored(shape: Shape) -> str:
    """As it is kept."""
    return json.dumps(geometry(shape, System.GCJ02), separators=(",", ":"))


def restored(text: str) -> Shape:
    """What was kept, without asking again whether it fits."""
    return _shape(json.loads(text))
