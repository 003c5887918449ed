"""Outlines in files: what is refused and why, and whether a point lies inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import geojson
from models.coordinates import System
from models.geojson import Misfit, Unfit

LITTLE = settings(max_examples=60, deadline=None)

SQUARE = [[114.0, 30.0], [114.01, 30.0], [114.01, 30.01], [114.0, 30.01], [114.0, 30.0]]


def polygon(*rings: list[Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry: Any, name: Any = "香樟社区") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def file(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def misfit_of(text: str) -> Misfit | None:
    try:
        found = geojson.read(text, System.GCJ02)
    except Unfit as unfit:
        return unfit.misfit
    return found[0].misfit


def test_an_outline_is_read_with_what_it_says_of_itself() -> None:
    (found,) = geojson.read(file(feature(polygon(SQUARE))), System.GCJ02)
    assert found.misfit is None
    assert found.said == {"name": "香樟社区"}
    assert geojson.contains(found.shape, 30.005, 114.005)
    assert geojson.restored(geojson.stored(found.shape)) == found.shape


def test_a_bare_polygon_an_open_ring_and_a_third_coordinate_are_taken() -> None:
    for given_ in (polygon(SQUARE), polygon(SQUARE[:-1]), polygon([[*each, 12.5] for each in SQUARE])):
        assert geojson.read_one(json.dumps(given_), System.GCJ02)


def test_what_is_told_in_wgs_84_is_kept_as_gcj_02_and_given_back_as_it_came() -> None:
    shape = geojson.read_one(json.dumps(polygon(SQUARE)), System.WGS84)
    assert not geojson.contains(shape, 30.0001, 114.0001)  # some four hundred metres away
    given_back = geojson.geometry(shape, System.WGS84)["coordinates"][0]
    for (lng, lat), (was_lng, was_lat) in zip(given_back, SQUARE, strict=True):
        assert abs(lng - was_lng) < 2e-6
        assert abs(lat - was_lat) < 2e-6


DEEP = "[" * 20 + "]" * 20
MANY = [[114 + each / 1e4, 30 + each % 2 / 1e3] for each in range(geojson.MOST_POINTS + 1)]


@pytest.mark.parametrize(
    ("text", "misfit"),
    [
        ("", Misfit.NO_JSON),
        ("<svg onload=alert(1)>", Misfit.NO_JSON),
        ("{" * 5, Misfit.NO_JSON),
        ("[" * 100_000, Misfit.TOO_DEEP),
        (DEEP, Misfit.TOO_DEEP),
        ('{"type":"Polygon","coordinates":[[[NaN,30],[114,30],[114,31],[113,31]]]}', Misfit.NO_JSON),
        (f'{{"type":"Polygon","coordinates":[[[{"9" * 5000},30]]]}}', Misfit.NO_JSON),
        ('{"type":"Polygon","coordinates":[[[1e999,30],[114,30],[114,31],[113,31]]]}', Misfit.NO_POSITION),
        ('"' + "x" * (geojson.LARGEST + 1) + '"', Misfit.TOO_LARGE),
        ("null", Misfit.NO_OUTLINES),
        ("[1,2]", Misfit.NO_OUTLINES),
        ('{"type":"FeatureCollection","features":7}', Misfit.NO_OUTLINES),
        ('{"type":"FeatureCollection","features":[]}', Misfit.NO_OUTLINES),
        ('{"type":"Topology","arcs":[]}', Misfit.NO_OUTLINES),
        (file(*[feature(polygon(SQUARE))] * (geojson.MOST_OUTLINES + 1)), Misfit.TOO_MANY),
        (file(7), Misfit.NO_POLYGON),
        (file(feature(None)), Misfit.NO_POLYGON),
        (file(feature({"type": "Point", "coordinates": [114, 30]})), Misfit.NO_POLYGON),
        (file(feature({"type": "Polygon", "coordinates": {}})), Misfit.NO_POLYGON),
        (file(feature({"type": "Polygon", "coordinates": []})), Misfit.NO_POLYGON),
        (file(feature({"type": "Polygon", "coordinates": [7]})), Misfit.NO_POLYGON),
        (file(feature({"type": "MultiPolygon", "coordinates": [[]]})), Misfit.NO_POLYGON),
        (file(feature(polygon([["114", "30"]] * 4))), Misfit.NO_POSITION),
        (file(feature(polygon([[True, False]] * 4))), Misfit.NO_POSITION),
        (file(feature(polygon([[114.0]] * 4))), Misfit.NO_POSITION),
        (file(feature(polygon([[500, 300]] * 4))), Misfit.NO_POSITION),
        (file(feature(polygon([[lat, lng] for lng, lat in SQUARE]))), Misfit.TURNED),
        (file(feature(polygon(SQUARE[:2]))), Misfit.TOO_FEW_POINTS),
        (file(feature(polygon([SQUARE[0]] * 9))), Misfit.TOO_FEW_POINTS),
        (file(feature(polygon(MANY))), Misfit.TOO_MANY_POINTS),
        (file(feature(polygon([[114, 30], [114.02, 30], [114.01, 30], [114, 30]]))), Misfit.EMPTY),
        (file(feature(polygon([[114, 30], [114.01, 30.01], [114.01, 30], [114, 30.01]]))), Misfit.CROSSES),
        (file(feature(polygon([[100, 20], [110, 20], [110, 30], [100, 30]]))), Misfit.TOO_WIDE),
    ],
)
def test_what_is_no_outline_is_refused_with_a_reason(text: str, misfit: Misfit) -> None:
    assert misfit_of(text) is misfit


def test_one_wrong_outline_leaves_the_others_as_they_are() -> None:
    found = geojson.read(file(feature(None), feature(polygon(SQUARE))), System.GCJ02)
    assert [each.misfit for each in found] == [Misfit.NO_POLYGON, None]


def test_many_points_together_are_too_many_although_each_outline_would_do() -> None:
    ring = [[114 + each / 1e4, 30] for each in range(400)] + [[114 + each / 1e4, 30.01] for each in range(399, -1, -1)]
    assert misfit_of(file(feature(polygon(ring)))) is None
    assert misfit_of(file(*[feature(polygon(ring))] * 13)) is Misfit.TOO_MANY


def test_what_a_file_says_of_an_outline_is_bounded_and_has_no_hidden_characters() -> None:
    said = {"name": "香\u202e樟\u0000\ud800" + "x" * 500, "deep": {"a": 1}, "n": 7, "b": True}
    (found,) = geojson.read(file({"type": "Feature", "properties": said, "geometry": polygon(SQUARE)}), System.GCJ02)
    assert found.said == {"name": ("香樟" + "x" * 500)[:80], "n": "7"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "geometry", "coordinates", "features", "properties"]), inner, max_size=4
            )
        ),
        max_leaves=20,
    )
)
@LITTLE
def test_no_json_whatever_stops_the_reader(value: Any) -> None:
    for geometry in (value, {"type": "Polygon", "coordinates": value}, {"type": "MultiPolygon", "coordinates": value}):
        misfit_of(json.dumps(geometry))
        misfit_of(file(feature(geometry)))


# ---------------------------------------------------------------- inside and outside

# On a grid of whole numbers there is no rounding, so that even the border is asked for exactly.
WHOLE = st.integers(-3, 13)
# Nearer to a border than rounding reaches a point may count for either side; these steps are never rounded.
STEPS = st.integers(-50 * 64, 50 * 64).map(lambda steps: steps / 64)


def ring(*points: tuple[int, int]) -> list[geojson.Point]:
    return [(float(a), float(b)) for a, b in (*points, points[0])]


BLOCK = ring((0, 0), (0, 10), (10, 10), (10, 0))
HOLE = ring((3, 3), (3, 7), (7, 7), (7, 3))
ISLAND = ring((4, 4), (4, 6), (6, 6), (6, 4))


@given(WHOLE, WHOLE)
@LITTLE
def test_a_hole_is_outside_its_border_inside_and_an_island_in_it_inside_again(lat: int, lng: int) -> None:
    in_block, in_hole = 0 <= lat <= 10 and 0 <= lng <= 10, 3 < lat < 7 and 3 < lng < 7
    on_island = 4 <= lat <= 6 and 4 <= lng <= 6
    assert geojson.contains([[BLOCK]], lat, lng) is in_block
    assert geojson.contains([[BLOCK, HOLE]], lat, lng) is (in_block and not in_hole)
    assert geojson.contains([[BLOCK, HOLE], [ISLAND]], lat, lng) is ((in_block and not in_hole) or on_island)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 359)), min_size=3, max_size=12, unique_by=lambda each: each[1]),
       STEPS, STEPS)  # fmt: skip
@LITTLE
def test_inside_does_not_depend_on_where_a_ring_begins_nor_which_way_it_goes(
    star: list[tuple[int, int]], lat: float, lng: float
) -> None:
    points = ring(*((r * (a % 7 - 3), r * (a % 11 - 5)) for r, a in star))[:-1]
    inside = geojson.contains([[[*points, points[0]]]], lat, lng)
    turned = [*points[1:], points[0]]
    assert geojson.contains([[[*turned, turned[0]]]], lat, lng) is inside
    back = points[::-1]
    assert geojson.contains([[[*back, back[0]]]], lat, lng) is inside
    for corner in points:
        assert geojson.contains([[[*points, points[0]]]], *corner)


def test_the_size_leaves_holes_out() -> None:
    square = geojson.read_one(json.dumps(polygon(SQUARE)), System.GCJ02)
    assert geojson.size(square) == pytest.approx(1112 * 963, rel=0.01)
    assert geojson.size([[BLOCK, HOLE]]) == pytest.approx(geojson.size([[BLOCK]]) * 0.84)
