"""What the console says on the map and about the outlines of areas."""

from __future__ import annotations

from collections.abc import Sequence

from models.geojson import MOST_OUTLINES, MOST_POINTS, MOST_POINTS_TOGETHER, Misfit
from models.station import Use

ATTRIBUTIONS = {"osm": "© OpenStreetMap contributors", "tianditu": "© 天地图", "amap": "© 高德地图"}
"""Whose pictures lie under the map."""

NAMES = ("name", "NAME", "Name", "名称", "名字")
"""What files of outlines call the name of an area."""

LAYERS = {
    "matters": "事情",
    "riders": "骑手随手拍",
    "heat": "热力",
    "stations": "驿站",
    "areas": "片区",
}

SHORT_SYSTEMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02"}
SYSTEMS = {"wgs84": "WGS-84（GPS、天地图、OpenStreetMap）", "gcj02": "GCJ-02（微信、高德、腾讯）"}

SIGNS = {Use.REST: "驿", Use.MEAL: "食", Use.CHARGING: "电", Use.WATER: "水", Use.OFFER: "惠"}
"""What stands in the square of a station."""

UNPLACED = "这里还有 {count} 件不知道在哪儿，没画到图上。"
CAPPED = "事情太多，只数了最近的 {most} 件。"

MISFITS = {
    Misfit.TOO_LARGE: "文件太大了，最多 1 MB。请分成几个，或者把边界画得简单些。",
    Misfit.NO_JSON: "这不是 GeoJSON：文件打不开，或者不完整。",
    Misfit.TOO_DEEP: "文件里一层套一层，套得太多了，不像是 GeoJSON。",
    Misfit.NO_OUTLINES: "里面没有找到片区的边界。",
    Misfit.TOO_MANY: f"一次最多 {MOST_OUTLINES} 块、一共 {MOST_POINTS_TOGETHER} 个点。请分几次来。",
    Misfit.NO_POLYGON: "不是一块面（Polygon 或 MultiPolygon）。",
    Misfit.NO_POSITION: "有的点不是经纬度。",
    Misfit.TURNED: "经度和纬度写反了：经度在前，纬度在后。",
    Misfit.TOO_FEW_POINTS: "点太少，围不成一块。至少要三个角。",
    Misfit.TOO_MANY_POINTS: f"点太多了，一块最多 {MOST_POINTS} 个。请画得简单些。",
    Misfit.CROSSES: "边界自己和自己交叉了。",
    Misfit.EMPTY: "所有的点都在一条线上，围不成一块。",
    Misfit.TOO_WIDE: "这一块太大了，比一座城市还大。",
    Misfit.NO_AREA: "没有叫这个名字的片区，或者不归您管。",
    Misfit.TWO_AREAS: "有几个片区都叫这个名字。请从“下载边界”的文件改起，里面有每个片区的编号。",
    Misfit.TWICE: "这个片区在文件里已经有一块了。",
    Misfit.CHANGED: "您看的时候，有人刚改过这里的边界。请回到列表看看现在的样子；还要按您的来，就再存一次。",
}


def steps(shades: Sequence[int]) -> list[str]:
    """What each shade stands for; `shades` are the numbers from which each begins."""
    ends = [each - 1 for each in shades[1:]]
    named = [
        f"{first} 件" if first == end else f"{first} 到 {end} 件" for first, end in zip(shades, ends, strict=False)
    ]
    return [*named, f"{shades[-1]} 件起"]


def imported(count: int) -> str:
    """After a file was taken."""
    return f"画好了 {count} 个片区的边界。"


def nothing_imported() -> str:
    """After a file of which nothing fitted any more."""
    return "没有画：文件里没有可以画的，或者您看的时候有人刚改过这些边界。请再传一次，看看现在的样子。"
