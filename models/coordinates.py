"""The two systems in which positions in China are told, and the way from one to the other.

Everything is stored as GCJ-02, which is what WeChat sends with a location and what 高德 and 腾讯 draw. Satellites, the
positions in photos, OpenStreetMap, GeoJSON by its standard, and 天地图 (within a metre) are WGS-84.
"""

from __future__ import annotations

import math
from enum import StrEnum

_AXIS, _FLATTENING = 6_378_245.0, 0.00669342162296594323
"""The ellipsoid of Krassovsky 1940: its half axis in metres and the square of its eccentricity."""

SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347
"""Where GCJ-02 moves anything at all, as every known implementation has it."""

ROUNDS = 4
"""Each makes what is left of the fault some thousand times smaller; after two it is less than a centimetre."""


class System(StrEnum):
    """How a position is told."""

    GCJ02 = "gcj02"
    WGS84 = "wgs84"


def is_shifted(lat: float, lng: float) -> bool:
    """Whether the two systems differ there."""
    return SOUTH <= lat <= NORTH and WEST <= lng <= EAST


def convert(lat: float, lng: float, given: System, wanted: System) -> tuple[float, float]:
    """The same place in another system."""
    if given is wanted:
        return lat, lng
    return gcj_of(lat, lng) if wanted is System.GCJ02 else wgs_of(lat, lng)


def gcj_of(lat: float, lng: float) -> tuple[float, float]:
    """The GCJ-02 position of a WGS-84 one."""
    if not is_shifted(lat, lng):
        return lat, lng
    north, east = _shift(lat, lng)
    return lat + north, lng + east


def wgs_of(lat: float, lng: float) -> tuple[float, float]:
    """The WGS-84 position of a GCJ-02 one. There is no formula for it: it is drawn nearer until it fits."""
    if not is_shifted(lat, lng):
        return lat, lng
    found = lat, lng
    for _ in range(ROUNDS):
        north, east = _shift(*found)
        found = lat - north, lng - east
    return found


def _shift(lat: float, lng: float) -> tuple[float, float]:
    """How far GCJ-02 lies north and east of WGS-84, in degrees; the figures are those of the literature."""
    y, x = lat - 35.0, lng - 105.0
    root = math.sqrt(abs(x))
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += 2.0 / 3.0 * (waves + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi))
    north += 2.0 / 3.0 * (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y / 30.0 * math.pi))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += 2.0 / 3.0 * (waves + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi))
    east += 2.0 / 3.0 * (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi))
    here = math.radians(lat)
    bend = 1 - _FLATTENING * math.sin(here) ** 2
    length = math.sqrt(bend)
    along = _AXIS * (1 - _FLATTENING) / (bend * length) * math.pi
    across = _AXIS / length * math.cos(here) * math.pi
    return north * 180.0 / along, east * 180.0 / across
