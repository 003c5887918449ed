"""The map: who finds what on it where, what it costs, and how areas get their outlines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import event, insert, select
from werkzeug.test import TestResponse

from console import blueprint, spots
from models import coordinates, geojson, outlines, stations
from models.area import Area
from models.base import table
from models.coordinates import System
from models.db import Database
from models.geojson import Shape
from models.outline import Outline
from models.person import RoleKind
from models.station import Use
from models.ticket import Ticket, TicketState, Urgency
from models.tiles import Kind, Tiles, fault, source
from tests import factories
from tests.console.conftest import Desk, Place
from texts import map as words

HERE = "30.4,113.9,30.6,114.1"


def box(south: float, west: float, north: float, east: float) -> Shape:
    return [[[(south, west), (south, east), (north, east), (north, west), (south, west)]]]


def data(desk: Desk, frame: str = HERE, zoom: int = 15, **asked: Any) -> dict[str, Any]:
    answer = desk.get(f"/map/data?{urlencode({'box': frame, 'zoom': zoom, **asked})}")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text)
    return found


def numbers(found: dict[str, Any]) -> set[str]:
    return {each["number"] for cell in found["cells"] for each in cell["named"]}


def at(place: Place, ticket: Ticket, lat: float | None, lng: float | None, **changes: Any) -> Ticket:
    """The ticket lies here."""
    with place.database.transaction() as session:
        row = session.get_one(Ticket, ticket.id)
        row.lat, row.lng = lat, lng
        for name, value in changes.items():
            setattr(row, name, value)
    return ticket


def centre(place: Place, area: Area, lat: float, lng: float) -> None:
    with place.database.transaction() as session:
        row = session.get_one(Area, area.id)
        row.lat, row.lng = lat, lng


def draw(place: Place, area: Area, shape: Shape) -> None:
    with place.database.transaction() as session:
        outlines.draw(session, session.get_one(Area, area.id), shape, by=None, now=place.now)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_1: Any, _2: Any, statement: str, *_3: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


# ---------------------------------------------------------------- what lies where


def test_everybody_finds_on_the_map_what_they_find_in_the_list(place: Place) -> None:
    here = at(place, place.ticket(), 30.5, 114.0)
    there = at(place, place.ticket(area=place.street.other_estate), 30.5001, 114.0)
    given = at(place, place.ticket(), 30.51, 114.0, department="城管", state=TicketState.ASSIGNED)
    assert numbers(data(place.sign_in("staff"))) == {here.number, given.number}
    assert numbers(data(place.sign_in("elsewhere"))) == {there.number}
    assert numbers(data(place.sign_in("street"))) == {here.number, there.number, given.number}
    assert numbers(data(place.sign_in("clerk"))) == {given.number}


def test_a_ticket_without_a_position_lies_in_the_middle_of_its_building_estate_or_community(place: Place) -> None:
    ticket, staff = place.ticket(), place.sign_in("staff")
    assert data(staff)["cells"] == []
    assert "这里还有 1 件不知道在哪儿" in staff.get("/map").text
    centre(place, place.street.community, 30.5, 114.0)
    assert data(staff)["cells"][0]["at"] == [30.5, 114.0]
    draw(place, place.street.estate, box(30.51, 114.01, 30.53, 114.03))
    assert data(staff)["cells"][0]["at"] == [30.52, 114.02]
    centre(place, place.street.building, 30.522, 114.022)
    assert data(staff)["cells"][0]["at"] == [30.522, 114.022]
    assert data(staff, zoom=12)["cells"][0]["at"] == [30.5, 114.0]  # from afar the community stands for all in it
    assert numbers(data(staff, zoom=12)) == {ticket.number}
    assert "不知道在哪儿" not in staff.get("/map").text


def test_only_what_is_in_the_frame_is_told(place: Place) -> None:
    at(place, place.ticket(), 30.5, 114.0)
    centre(place, place.street.estate, 30.7, 114.0)
    place.ticket()
    assert len(numbers(data(place.sign_in("staff")))) == 1


def test_the_filters_of_the_list_hold_on_the_map(place: Place) -> None:
    noise, lamp = at(place, place.ticket(), 30.5, 114.0), at(place, place.ticket(category="lamp"), 30.51, 114.0)
    done = at(place, place.ticket(), 30.52, 114.0, state=TicketState.CLOSED)
    old = at(place, place.ticket(), 30.53, 114.0, day=place.now.date() - timedelta(days=10))
    staff = place.sign_in("staff")
    assert numbers(data(staff)) == {noise.number, lamp.number, place.again(old).number}
    assert numbers(data(staff, category="lamp")) == {lamp.number}
    assert numbers(data(staff, tab="all", days=7)) == {noise.number, lamp.number, done.number}
    done_long_ago = at(place, place.ticket(), 30.54, 114.0, day=place.now.date() - timedelta(days=100))
    assert done_long_ago.number not in numbers(data(staff, tab="all"))
    page = staff.get("/map?category=lamp&days=7").text
    assert "category=lamp&amp;days=7" in page
    assert f"/console/tickets?category=lamp&amp;days=7&amp;area={place.street.community.id}" in page


def test_the_map_is_narrowed_to_days_and_to_a_part_of_the_day(both_places: Place) -> None:
    place = both_places
    morning = place.now.replace(hour=0)  # eight o'clock in China
    early = at(place, place.ticket(now=morning), 30.5, 114.0)
    night = at(place, place.ticket(category="lamp", now=morning + timedelta(hours=15)), 30.51, 114.0)
    earlier = at(place, place.ticket(now=morning - timedelta(days=10)), 30.52, 114.0)
    staff = place.sign_in("staff")
    assert numbers(data(staff, hours="22-6")) == {night.number}
    assert numbers(data(staff, hours="8-9")) == {early.number, earlier.number}
    ten_days_ago = earlier.day.isoformat()
    assert numbers(data(staff, **days(ten_days_ago))) == {earlier.number}
    assert numbers(data(staff, tab="all", to=ten_days_ago)) == {earlier.number}
    for nonsense in ("8", "8-8", "25-6", "a-b", "-1-3", "²-3"):
        assert len(numbers(data(staff, hours=nonsense))) == 3
    for far in ("0001-01-01", "9999-12-31"):
        assert numbers(data(staff, tab="all", **days(far))) <= {early.number, night.number, earlier.number}
    page = staff.get("/map?hours=22-6").text
    rows = [(name, int(count)) for name, count in re.findall(r'<th scope="row">([^<]*)</th><td>(\d+)</td>', page)]
    assert ("早上 6 点到 9 点", 2) in rows
    assert ("夜里 22 点到第二天 6 点", 1) in rows
    assert rows.count(("lamp", 1)) == 1  # only what came at night
    assert "hours=6-9" in page
    assert night.number in staff.get("/tickets?tab=new&hours=22-6").text
    assert early.number not in staff.get("/tickets?tab=new&hours=22-6").text


def days(one: str) -> dict[str, Any]:
    return {"from": one, "to": one}


def test_the_legend_says_a_single_number_once() -> None:
    assert words.steps([1, 2, 3, 4]) == ["1 件", "2 件", "3 件", "4 件起"]
    assert words.steps([1, 5]) == ["1 到 4 件", "5 件起"]
    assert words.steps([1]) == ["1 件起"]


def test_riders_reports_are_told_apart_and_emergencies_stand_out(place: Place) -> None:
    at(place, place.ticket(urgency=Urgency.EMERGENCY), 30.5, 114.0)
    report = at(place, place.ticket(), 30.5, 114.0)
    with place.database.transaction() as session:
        rider = factories.somebody(session, RoleKind.RIDER, place.street.street, name="小马")
        session.get_one(Ticket, report.id).reporter_id = rider.id
    (cell,) = data(place.sign_in("staff"))["cells"]
    assert (cell["matters"], cell["riders"], cell["alarms"]) == (1, 1, 1)


def fill(place: Place, count: int) -> None:
    """So many open tickets in the community, spread over ten places, and as many more that only name the estate."""
    first = place.ticket()
    with place.database.transaction() as session:
        columns = table(Ticket).columns
        row = dict(session.execute(select(*columns).where(Ticket.id == first.id)).one()._mapping)
        del row["id"]
        row |= {"area_id": place.street.estate.id}
        session.execute(
            insert(table(Ticket)),
            [
                row | {"serial": 1000 + each, "lat": 30.5 + each % 10 / 100 if each % 2 else None, "lng": 114.0}
                for each in range(count)
            ],
        )


def test_many_tickets_are_counted_by_the_database_in_as_many_squares_as_fit(both_places: Place) -> None:
    place = both_places
    centre(place, place.street.estate, 30.45, 114.05)
    fill(place, 600)
    found = data(place.sign_in("staff"), "30,113.9,31,114.1")
    counted = sorted((cell["matters"], *(round(each, 4) for each in cell["at"])) for cell in found["cells"])
    assert counted == [(60, 30.51 + part / 50, 114.0) for part in range(5)] + [(301, 30.45, 114.05)]
    assert not any(cell["named"] for cell in found["cells"])
    assert len(data(place.sign_in("staff"), "30,113.9,31,114.1", zoom=5)["cells"]) == 1


def test_the_map_costs_as_many_statements_with_many_tickets_as_with_few(place: Place) -> None:
    staff = place.sign_in("staff")
    with statements(place.database) as few:
        data(staff)
        staff.get("/map")
    fill(place, 600)
    with statements(place.database) as many:
        data(staff)
        staff.get("/map")
    assert len(many) <= len(few) + 3  # the two sums, and the areas that were counted


def test_no_more_is_read_than_a_page_can_bear(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spots, "MOST_READ", 100)
    monkeypatch.setattr(spots, "MOST_SUMMED", 100)
    centre(place, place.street.estate, 30.45, 114.05)
    fill(place, 600)
    staff = place.sign_in("staff")
    found = data(staff)
    assert sum(cell["matters"] for cell in found["cells"]) <= 200
    assert found["capped"]
    assert "只数了最近的" in staff.get("/map").text


@pytest.mark.parametrize(
    "address",
    ["", "box=1,2,3&zoom=1", "box=nan,114,31,115&zoom=9", "box=31,114,30,115&zoom=9", "box=30,114,inf,115&zoom=9",
     "box=30,114,31,115&zoom=-1", "box=30,114,31,115&zoom=99", "box=30,114,31,115&zoom=x", "box=" + "1," * 500],
)  # fmt: skip
def test_what_no_screen_shows_is_no_question(place: Place, address: str) -> None:
    assert place.sign_in("staff").get(f"/map/data?{address}").status_code == 400


def test_stations_stand_on_the_map_with_their_hours_and_closed_ones_do_not(place: Place) -> None:
    with place.database.transaction() as session:
        drafts = [("江湾驿站", place.street.community), ("远处驿站", place.street.other_community)]
        for name, area in drafts:
            hours = "1234567 08:00-20:00"
            stations.enter(
                session, stations.Draft(Use.REST, name, "江湾路8号", 30.5, 114.0, hours, "饮水", area.id), now=place.now
            )
        gone = stations.enter(
            session,
            stations.Draft(Use.MEAL, "旧食堂", "", 30.5, 114.0, "", "", place.street.community.id),
            now=place.now,
        )
        stations.close(session, gone, now=place.now)
    (found,) = data(place.sign_in("staff"))["stations"]
    assert (found["name"], found["hours"]) == ("江湾驿站", "每天 08:00-20:00")
    assert "开" in found["now"]


def test_the_page_says_the_same_in_a_table_for_those_without_a_map(place: Place) -> None:
    place.ticket()
    place.ticket(area=place.street.estate)
    page = place.sign_in("staff").get("/map").text
    rows = [line.strip() for line in page.splitlines() if 'scope="row"' in line]
    assert [(row.count("香樟社区"), row.count("<td>2</td>")) for row in rows][0] == (1, 1)
    assert f"/console/tickets?area={place.street.estate.id}" in page


def test_outlines_of_ones_own_areas_are_drawn_as_near_as_they_can_be_told_apart(place: Place) -> None:
    draw(place, place.street.community, box(30.49, 113.99, 30.51, 114.01))
    draw(place, place.street.estate, box(30.499, 113.999, 30.501, 114.001))
    draw(place, place.street.other_community, box(30.51, 113.99, 30.53, 114.01))
    staff = place.sign_in("staff")
    assert [each["name"] for each in data(staff)["areas"]] == ["香樟社区", "香樟花园"]
    assert [each["name"] for each in data(staff, zoom=12)["areas"]] == ["香樟社区"]
    assert data(staff, zoom=8)["areas"] == []
    assert len(data(place.sign_in("street"), zoom=12)["areas"]) == 2


def test_a_ticket_with_a_position_has_a_small_map_with_the_outline_around_it(place: Place) -> None:
    draw(place, place.street.estate, box(30.49, 113.99, 30.51, 114.01))
    ticket = at(place, place.ticket(), 30.5, 114.0)
    page = place.sign_in("staff").get(f"/tickets/{ticket.number}").text
    assert "data-spot" in page
    assert "在香樟花园的边界里" in page
    assert "data-spot" not in place.sign_in("staff").get(f"/tickets/{place.ticket().number}").text


# ---------------------------------------------------------------- what lies under it


def with_tiles(place: Place, tiles: Tiles) -> Desk:
    """A console whose maps have these pictures."""
    app = Flask("console-with-tiles")
    pages = blueprint(place.database, lambda: place.now, site_name="演示街道", secure=False, tiles=tiles)
    app.register_blueprint(pages, url_prefix="/console")
    place.app = app
    return place.sign_in("street")


def policy(answer: TestResponse) -> str:
    return answer.headers["Content-Security-Policy"]


def test_only_pages_with_a_map_may_fetch_pictures_and_only_from_its_source(place: Place) -> None:
    draw(place, place.street.estate, box(30.49, 113.99, 30.51, 114.01))
    ticket, plain = at(place, place.ticket(), 30.5, 114.0), place.ticket()
    desk = with_tiles(place, source(Kind.OSM))
    host = "img-src 'self' data: https://tile.openstreetmap.org;"
    for path in ("/map", f"/map/areas/{place.street.estate.id}", f"/tickets/{ticket.number}"):
        assert host in policy(desk.get(path)), path
        assert "© OpenStreetMap contributors" in desk.get(path).text
    for path in ("/tickets", f"/tickets/{plain.number}", "/map/areas"):
        assert "openstreetmap" not in policy(desk.get(path)), path


def test_without_a_source_nothing_is_asked_of_anybody(place: Place) -> None:
    answer = place.sign_in("staff").get("/map")
    assert "img-src 'self' data:;" in policy(answer)
    assert "https://" not in answer.text


@pytest.mark.parametrize(("kind", "system"), [(Kind.OSM, System.WGS84), (Kind.AMAP, System.GCJ02)])
def test_points_are_told_in_the_system_of_the_pictures(place: Place, kind: Kind, system: System) -> None:
    at(place, place.ticket(), 30.5, 114.0)
    (cell,) = data(with_tiles(place, source(kind)))["cells"]
    assert cell["at"] == pytest.approx(coordinates.convert(30.5, 114.0, System.GCJ02, system), abs=1e-6)


def test_each_source_names_its_hosts_and_what_is_missing_of_it() -> None:
    assert source(Kind.NONE).hosts == ()
    assert source(Kind.TIANDITU, key="k1").hosts[:2] == ("https://t0.tianditu.gov.cn", "https://t1.tianditu.gov.cn")
    own = "https://tiles.example.org:8443/{z}/{x}/{y}.png"
    assert source(Kind.OWN, url=own).hosts == ("https://tiles.example.org:8443",)
    assert fault(Kind.OWN, key="", url=own) is None
    assert fault(Kind.TIANDITU, key="k1", url="") is None
    for kind, key, url in [
        (Kind.TIANDITU, "", ""),
        (Kind.TIANDITU, "a b", ""),
        (Kind.OWN, "", ""),
        (Kind.OWN, "", "javascript:alert(1)/{z}/{x}/{y}"),
        (Kind.OWN, "", "https://a.example; script-src *//{z}/{x}/{y}"),
        (Kind.OWN, "", "https://user@a.example/{z}/{x}/{y}"),
        (Kind.OWN, "", "https://a.example/{z}/{x}.png"),
    ]:
        assert fault(kind, key=key, url=url) is not None, url


# ---------------------------------------------------------------- outlines

SQUARE = geojson.geometry(box(30.49, 113.99, 30.51, 114.01), System.GCJ02)
EIGHT = {"type": "Polygon", "coordinates": [[[114, 30], [114.1, 30.1], [114.1, 30], [114, 30.1], [114, 30]]]}


def drawn(place: Place) -> dict[str, Shape]:
    with place.database.reading() as session:
        rows = session.execute(select(Area.name, Outline.geometry).join(Outline, Outline.area_id == Area.id))
        return {name: geojson.restored(text) for name, text in rows}


def seen(page: str) -> str:
    """What a form says that the outlines were."""
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_an_outline_is_pasted_changed_and_taken_away(place: Place) -> None:
    street, area = place.sign_in("street"), place.street.community
    form = {"text": json.dumps(SQUARE), "system": "gcj02"}
    assert street.post(f"/map/areas/{area.id}", form).status_code == 303
    assert drawn(place) == {"香樟社区": box(30.49, 113.99, 30.51, 114.01)}
    assert "平方公里" in street.get("/map/areas").text
    shown = seen(street.get(f"/map/areas/{area.id}").text)
    assert street.post(f"/map/areas/{area.id}", form | {"system": "wgs84", "seen": shown}).status_code == 303
    changed = drawn(place)
    assert changed != {"香樟社区": box(30.49, 113.99, 30.51, 114.01)}
    # Whoever looked before that loses nobody's work: they are told, and their own stays in the form.
    late = street.post(f"/map/areas/{area.id}", form | {"seen": shown})
    assert late.status_code == 409
    assert "有人刚改过这里的边界" in late.text
    assert "113.99" in late.text
    assert street.post(f"/map/areas/{area.id}/remove", {"seen": shown}).status_code == 409
    assert drawn(place) == changed
    assert street.post(f"/map/areas/{area.id}/remove", {"seen": seen(late.text)}).status_code == 303
    assert drawn(place) == {}


def test_what_is_no_outline_is_said_beside_the_field_and_stays_in_it(place: Place) -> None:
    street, area = place.sign_in("street"), place.street.community
    answer = street.post(f"/map/areas/{area.id}", {"text": json.dumps(EIGHT), "system": "gcj02"})
    assert answer.status_code == 409
    assert "自己和自己交叉了" in answer.text
    assert "114.1, 30.1" in answer.text
    assert drawn(place) == {}


def upload(place: Place, content: bytes, **form: str) -> TestResponse:
    street = place.sign_in("street")
    return street.post("/map/areas/file", {"file": (BytesIO(content), "areas.geojson"), "system": "gcj02", **form})


def test_a_file_is_looked_at_first_with_what_is_wrong_in_it_and_then_drawn(place: Place) -> None:
    def entry(name: str, geometry: Any) -> dict[str, Any]:
        return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}

    features = [
        entry("香樟社区", SQUARE),
        entry("银杏社区", EIGHT),
        entry("<script>alert(1)</script>", SQUARE),
        entry("香樟花园", {"type": "Point", "coordinates": [114, 30]}),
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    page = upload(place, content).text
    assert "文件里有 1 块可以画，3 块不对" in page
    assert "第 2 块“银杏社区”：边界自己和自己交叉了" in page
    assert "<script>alert" not in page
    assert drawn(place) == {}
    text = page.partition('name="text" value="')[2].partition('"')[0].replace("&#34;", '"')
    assert "画好了 1 个片区的边界" in place.sign_in("street").post("/map/areas/take", {"text": text}).text
    assert drawn(place) == {"香樟社区": box(30.49, 113.99, 30.51, 114.01)}


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n", b"\xff\xfe\x00", b"PK\x03\x04", b"[" * 200_000, b"", b'{"type":"FeatureCollection"}'],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_words(place: Place, content: bytes) -> None:
    answer = upload(place, content)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_a_text_that_is_too_long_is_refused_in_words_and_one_that_is_long_is_read(place: Place) -> None:
    street = place.sign_in("street")
    assert "文件太大了" in street.post("/map/areas/file", {"text": "x" * (geojson.LARGEST + 1)}).text
    ring = [[114 + each / 1e5, 30.0] for each in range(700)] + [[114.007, 30.01], [114, 30.01]]
    long = json.dumps({"type": "Polygon", "coordinates": [ring]}, indent=40)
    assert len(long) > 100_000
    area = place.street.community
    assert street.post(f"/map/areas/{area.id}", {"text": long, "system": "gcj02"}).status_code == 303


def test_a_file_taken_along_can_be_given_back(place: Place) -> None:
    draw(place, place.street.community, box(30.49, 113.99, 30.51, 114.01))
    draw(
        place, place.street.estate, [[*box(30.495, 113.995, 30.505, 114.005)[0], *box(30.499, 113.999, 30.5, 114.0)[0]]]
    )
    before = drawn(place)
    content = place.sign_in("street").get("/map/areas.geojson").data
    assert {each["properties"]["name"] for each in json.loads(content)["features"]} == {"香樟社区", "香樟花园"}
    page = upload(place, content, system="wgs84").text
    assert page.count("换掉现在的边界") == 2
    text = page.partition('name="text" value="')[2].partition('"')[0].replace("&#34;", '"')
    street = place.sign_in("street")
    assert "有人刚改过" in street.post("/map/areas/take", {"text": text, "seen": "0" * 16}).text
    assert drawn(place) == before
    street.post("/map/areas/take", {"text": text, "seen": seen(page)})
    after = drawn(place)
    for name, shape in before.items():
        for one, other in zip(geojson.points_of(shape), geojson.points_of(after[name]), strict=True):
            assert one == pytest.approx(other, abs=2e-6)


def test_a_browser_that_changes_what_it_was_shown_draws_only_where_it_may(place: Place) -> None:
    features = [{"type": "Feature", "properties": {"name": "远方社区"}, "geometry": SQUARE}]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    answer = place.sign_in("street").post("/map/areas/take", {"text": text})
    assert answer.status_code == 409
    assert drawn(place) == {}
