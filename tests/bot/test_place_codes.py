"""Codes at doors, from the sheet that is printed to the ticket of whoever scans one: over the real application."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cv2
import fakeredis
import numpy
import pytest
from flask import Flask
from sqlalchemy import select

from bot.limiter import Limiter
from bot.place_codes import CODE, PlaceCodes, PlacePages
from console import login
from console.means import Printed
from models import areas, pdf, people
from models.area import Area
from models.db import Database
from models.person import Person, RoleKind
from models.place_code import PlaceCode
from tests.bot.support import Town
from tests.bot.test_pdf import shown
from tests.console.conftest import PASSWORD, Desk, try_to_sign_in
from tests.factories import NOW

SCALE = 3
"""Pixels a point, as on a poor printer."""


def streams(file: bytes) -> list[bytes]:
    return re.findall(rb"stream\n(.*?)\nendstream", file, re.DOTALL)


def read(page: bytes) -> list[str]:
    """What a camera reads of the codes of a page, in the order they are drawn."""
    found = []
    for drawn in page.split(b"\nf\n"):
        squares = [tuple(map(float, each)) for each in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", drawn)]
        if not squares:
            continue
        left, bottom = min(each[0] for each in squares), min(each[1] for each in squares)
        edge = 12
        picture = numpy.full((round(CODE + 2 * edge) * SCALE,) * 2, 255, numpy.uint8)
        for x, y, wide, high in squares:
            top = round((edge + CODE - (y - bottom) - high) * SCALE)
            begin = round((edge + x - left) * SCALE)
            picture[top : top + round(high * SCALE), begin : begin + round(wide * SCALE)] = 0
        found.append(cv2.QRCodeDetector().detectAndDecode(picture)[0])
    return found


def test_every_code_on_the_sheets_is_read_and_its_place_stands_under_it() -> None:
    codes = [Printed(f"https://huying.example/at/area-{n}", f"香樟花园{n}栋", f"A{n}") for n in range(1, 9)]
    file = PlaceCodes({}, "https://huying.example").sheet("香樟花园的二维码", codes)
    first, second = streams(file)
    assert read(first) == [each.address for each in codes[:6]]
    assert read(second) == [each.address for each in codes[6:]]
    words = shown(file)
    assert words[:3] == ["香樟花园1栋", "微信扫一扫，有事找小应", "门牌码 A1"]
    assert words.count("微信扫一扫，有事找小应") == 8
    assert b"/Count 2" in file
    table = int(re.findall(rb"startxref\n(\d+)\n", file)[0])
    stands = [int(at) for at in re.findall(rb"(\d{10}) 00000 n \n", file[table:])]
    assert all(file[at:].startswith(b"%d 0 obj\n" % number) for number, at in enumerate(stands, 1))
    assert {int(each) for each in re.findall(rb"(\d+) 0 R", file)} <= set(range(1, len(stands) + 1))


@pytest.mark.parametrize("name", ["很" * 80, ") Tj ET", "🏢楼", "\ud800", ""])
def test_whatever_a_place_is_called_its_sheet_is_drawn_inside_the_page(name: str) -> None:
    file = PlaceCodes({}, "https://huying.example").sheet(
        name.replace("\ud800", ""), [Printed("https://huying.example/at/area-1", name.replace("\ud800", ""))]
    )
    assert read(streams(file)[0]) == ["https://huying.example/at/area-1"]
    assert all(0 <= float(x) <= pdf.WIDTH for x in re.findall(rb"1 0 0 1 ([-\d.]+) ", file))


def administrator(town: Town) -> Desk:
    """Somebody who is administrator of the whole demo street, signed in at the console of the real application."""
    huying = town.street.huying
    with huying.database.transaction() as session:
        top = session.scalars(select(Area).where(Area.parent_id.is_(None))).one()
        boss = Person(name="管理员", created_at=town.street.now, roles=[])
        session.add(boss)
        session.flush()
        people.grant(session, boss, RoleKind.ADMIN, top.id, now=town.street.now)
        login.create_login(session, "boss", PASSWORD, boss, now=town.street.now, must_change=False)
    desk = Desk(huying.web.test_client())
    assert try_to_sign_in(desk, "boss", PASSWORD).status_code == 303
    return desk


def place(town: Town, name: str, parent: str = "") -> Area:
    with town.street.huying.database.reading() as session:
        for area in session.scalars(select(Area).where(Area.name == name)):
            above = session.get(Area, area.parent_id or 0)
            if not parent or (above is not None and above.name == parent):
                return area
    raise AssertionError(name)


def made(town: Town) -> dict[int, str]:
    with town.street.huying.database.reading() as session:
        return {each.area_id: each.address for each in session.scalars(select(PlaceCode))}


def test_from_the_printed_sheet_to_the_ticket_of_whoever_scans_it(town: Town) -> None:
    desk, estate, building = administrator(town), place(town, "香樟花园"), place(town, "6栋", "香樟花园")
    sheet = desk.post(f"/areas/{estate.id}/codes")
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    kept = made(town)
    assert len(kept) == 7
    assert [code for page in streams(sheet.data) for code in read(page)][6] == kept[building.id]
    # Made once, whatever is printed again.
    assert desk.post(f"/areas/{estate.id}/codes").data == sheet.data
    scenes = {each["scene"]: each for each in town.phones.ask("scenes")["scenes"]}
    assert len(scenes) == 7
    scanned = scenes[areas.scene_of(building)]
    assert scanned["url"] == kept[building.id]
    stranger = {"key": "visitor", "channel": "official", "name": "过路人"}
    town.phones.ask("people", stranger)
    town.phones.say("visitor", scan=scanned["ticket"])
    reply = town.phones.say("visitor", text="楼道里的灯坏了好几天了")
    assert "香樟花园6栋" in reply
    [ticket] = town.street.tickets()
    assert ticket.area_id == building.id


def test_where_the_account_may_have_no_codes_they_lead_to_a_page(open_town: Callable[..., Any]) -> None:
    town = open_town(abilities="subscription")
    desk, building = administrator(town), place(town, "6栋", "香樟花园")
    sheet = desk.post(f"/areas/{building.id}/codes")
    [address] = read(streams(sheet.data)[0])
    assert address.endswith(f"/at/area-{building.id}")
    assert made(town) == {}
    client = town.street.huying.web.test_client()
    page = client.get(f"/at/area-{building.id}")
    assert "香樟花园6栋" in page.text
    assert "A6路灯不亮" in page.text
    # What the page says works.
    assert "香樟花园6栋" in town.phones.say("demo-resident-5", text="A6路灯不亮")
    for scene in ("area-99999", "x", "<b>"):
        assert client.get(f"/at/{scene}").status_code == 404


def test_what_the_platform_does_not_give_is_asked_for_again_later(town: Town) -> None:
    desk, estate = administrator(town), place(town, "香樟花园")
    town.phones.fault("45009", times=50)
    refused = desk.post(f"/areas/{estate.id}/codes")
    assert "平台现在没有给码" in refused.text
    assert made(town) == {}
    town.phones.mend()
    assert desk.post(f"/areas/{estate.id}/codes").mimetype == "application/pdf"


def test_whatever_is_asked_of_the_page_of_a_code_there_is_an_answer(database_url: str) -> None:
    database = Database(database_url)
    web = Flask("public-under-test")
    limiter = Limiter(fakeredis.FakeRedis(), clock=lambda: NOW)
    web.register_blueprint(PlacePages(database, site_name="演示街道", limiter=limiter).blueprint())
    for scene in ("%00", "a%00", "%F0%9F%8F%A2", "%0A", "area-%D9%A1", "%%%"):
        assert web.test_client().get(f"/at/{scene}").status_code == 404, scene
    database.dispose()
