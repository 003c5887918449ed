"""From WGS-84 to GCJ-02 and back: the figures that everybody uses, and that nothing is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import coordinates, rings
from models.coordinates import EAST, NORTH, SOUTH, WEST, System

EDGE = 0.02
"""Nearer to the edge a shift leads over it; the edge lies in the sea and in other countries."""

INSIDE = st.tuples(st.floats(SOUTH + EDGE, NORTH - EDGE), st.floats(WEST + EDGE, EAST - EDGE))
ANYWHERE = st.tuples(st.floats(-90, 90), st.floats(-180, 180))

# WGS-84 and GCJ-02 as the test suites of eviltransform and coordtransform have them.
KNOWN = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
]


@pytest.mark.parametrize(("wgs", "gcj"), KNOWN)
def test_known_places_lie_where_everybody_says_they_lie(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert coordinates.gcj_of(*wgs) == pytest.approx(gcj, abs=1e-9)
    assert coordinates.wgs_of(*gcj) == pytest.approx(wgs, abs=1e-9)


@given(INSIDE)
@settings(max_examples=200, deadline=None)
def test_there_and_back_is_less_than_a_millimetre_off(point: tuple[float, float]) -> None:
    metres = rings.metres_between(coordinates.wgs_of(*coordinates.gcj_of(*point)), point)
    assert metres is not None and metres < 0.001


@pytest.mark.parametrize("wgs", [wgs for wgs, _ in KNOWN])
def test_the_systems_differ_by_some_hundred_metres_in_a_city(wgs: tuple[float, float]) -> None:
    metres = rings.metres_between(coordinates.gcj_of(*wgs), wgs)
    assert metres is not None and 100 < metres < 1000


@given(INSIDE)
@settings(max_examples=100, deadline=None)
def test_nowhere_do_they_differ_by_more_than_a_walk(point: tuple[float, float]) -> None:
    # Nor by how little: the shift swings about nothing on some lines, as at 2.0, 98.875.
    metres = rings.metres_between(coordinates.gcj_of(*point), point)
    assert metres is not None and metres < 1500


@given(ANYWHERE)
@settings(max_examples=100, deadline=None)
def test_outside_of_china_nothing_moves(point: tuple[float, float]) -> None:
    if not coordinates.is_shifted(*point):
        assert coordinates.convert(*point, System.WGS84, System.GCJ02) == point
        assert coordinates.convert(*point, System.GCJ02, System.WGS84) == point


def test_what_is_wanted_as_it_is_stays_as_it_is() -> None:
    for each in System:
        assert coordinates.convert(30.5, 114.0, each, each) == (30.5, 114.0)
