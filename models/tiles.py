"""Where the pictures under a map come from, if from anywhere: the source that the configuration names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote, urlsplit

from models.coordinates import System


class Kind(StrEnum):
    """The sources that are known by name."""

    NONE = "none"
    """Areas and points on plain ground; nothing is asked of anybody."""
    OSM = "osm"
    TIANDITU = "tianditu"
    AMAP = "amap"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Tiles:
    """One source. `urls` lie over each other, with {s}, {x}, {y} and {z} as Leaflet fills them in; `system` is the one
    in which its pictures are drawn.
    """

    kind: Kind = Kind.NONE
    urls: tuple[str, ...] = ()
    subdomains: str = ""
    attribution: str = ""
    """Whose pictures they are, where the configuration says it; texts/map.py knows it of the known sources."""
    system: System = System.GCJ02
    deepest: int = 18

    @property
    def hosts(self) -> tuple[str, ...]:
        """From where a page with a map may fetch pictures, as a policy names them."""
        found: dict[str, None] = {}
        for url in self.urls:
            parts = urlsplit(url.replace("{s}", "SUBDOMAIN"))
            for each in self.subdomains or "-":
                found[f"{parts.scheme}://{parts.netloc.replace('SUBDOMAIN', each)}"] = None
        return tuple(found)


def _tianditu(layer: str, key: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
        f"&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={quote(key)}"
    )


def source(kind: Kind, *, key: str = "", url: str = "", attribution: str = "", system: System = System.GCJ02) -> Tiles:
    """What the configuration asks for. `key` is Tianditu's; `url`, and `system`, belong to an own source."""
    known = Tiles()
    match kind:
        case Kind.OSM:
            tile = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
            known = Tiles(kind, (tile,), system=System.WGS84, deepest=19)
        case Kind.TIANDITU:
            # The roads, and over them their names. Its system is CGCS2000, within a metre of WGS-84.
            urls = (_tianditu("vec", key), _tianditu("cva", key))
            known = Tiles(kind, urls, "01234567", system=System.WGS84)
        case Kind.AMAP:
            tile = "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
            known = Tiles(kind, (tile,), "1234")
        case Kind.OWN:
            known = Tiles(kind, (url,), system=system)
        case Kind.NONE:
            pass
    return replace(known, attribution=attribution)


def fault(kind: Kind, *, key: str, url: str) -> tuple[str, str] | None:
    """What is missing of a configuration: its key, and why."""
    if kind is Kind.TIANDITU and not (key.isascii() and key.isalnum()):
        return "key", "must be the key that Tianditu gives a browser application (tk)"
    if kind is not Kind.OWN:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        return "url", "must begin with https:// and the name of one host"
    if any(each in parts.netloc for each in " ;,'\"@") or any(each not in url for each in ("{x}", "{y}", "{z}")):
        return "url", "must hold {x}, {y} and {z}, and no user name"
    return None
