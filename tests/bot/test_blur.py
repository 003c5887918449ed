"""Faces and number plates in photos: hidden from anybody but staff, and never shown where they could not be hidden."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from bot.pictures import Blurrer, Unfit, can_blur
from models.attachment import Attachment
from tests.bot.pictures import Desk, file, open_desk
from tests.bot.support import AYI, LI, NOISE
from tests.bot.test_media import fetch

FACE, PLATE, WALL = (280, 200, 560, 500), (690, 590, 930, 670), (20, 600, 250, 880)


def portrait() -> Image.Image:
    """A face as a child would draw it, a car from behind with its plate, and a wall."""
    image = Image.new("RGB", (1200, 900), (170, 185, 190))
    draw = ImageDraw.Draw(image)
    for at in range(0, 1200, 90):
        draw.line((at, 0, at // 2, 900), fill=(140, 150, 150), width=5)
    x, y, s = 300, 200, 240

    def oval(left: float, top: float, right: float, low: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x + s * left, y + s * top, x + s * right, y + s * low), fill=colour)

    draw.rectangle((x - 24, y + 276, x + 264, y + 432), fill=(60, 80, 120))
    oval(0, 0, 1, 1.25, (222, 184, 150))
    draw.pieslice((x - 7, y - 19, x + 247, y + 180), 180, 360, fill=(40, 30, 25))
    for eye in (0.3, 0.7):
        oval(eye - 0.13, 0.44, eye + 0.13, 0.58, (150, 110, 90))
        oval(eye - 0.10, 0.47, eye + 0.10, 0.56, (240, 240, 240))
        oval(eye - 0.05, 0.465, eye + 0.05, 0.565, (20, 15, 10))
        draw.rectangle((x + s * (eye - 0.15), y + 91, x + s * (eye + 0.15), y + 101), fill=(45, 32, 25))
    draw.polygon([(x + 120, y + 120), (x + 101, y + 187), (x + 139, y + 187)], fill=(205, 165, 135))
    oval(0.43, 0.74, 0.57, 0.8, (150, 105, 85))
    oval(0.32, 0.92, 0.68, 1.0, (150, 60, 60))
    image = image.filter(ImageFilter.GaussianBlur(4))
    draw = ImageDraw.Draw(image)
    draw.rectangle((610, 440, 1010, 710), fill=(90, 20, 20))
    draw.rectangle((696, 596, 924, 659), fill=(15, 15, 15))
    draw.rectangle((700, 600, 920, 655), fill=(245, 245, 245))
    # Letters of our own: what fonts there are differs from machine to machine.
    for at in range(8):
        left = 712 + at * 25
        draw.rectangle((left, 608, left + 5, 647), fill=(10, 10, 10))
        draw.rectangle((left, 608 + at % 3 * 17, left + 15, 613 + at % 3 * 17), fill=(10, 10, 10))
        draw.rectangle((left + 11, 625, left + 15, 647), fill=(10, 10, 10))
    return image


def differs(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int]) -> float:
    """How much a place has changed, from 0 to 255."""
    changed = ImageChops.difference(one.crop(box), other.crop(box))
    return max(ImageStat.Stat(changed).mean)


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(sqlite_url, tmp_path) as desk:
        yield desk


def program(folder: Path, code: str) -> Blurrer:
    """A blurrer whose program is another one."""
    path = folder / "another.py"
    path.write_text(code, encoding="utf-8")
    return Blurrer(path)


def taken(desk: Desk, data: bytes) -> Attachment:
    """A photo that somebody sent with a report that a member has taken."""
    street = desk.street
    street.say(AYI, NOISE)
    desk.send("m-1", data)
    fetch(desk)
    street.dispatch()
    street.say(LI, "接单 0001")
    return desk.attachment("m-1")


def shown_to_li(desk: Desk) -> list[bytes]:
    """The photos that whoever took the task sees."""
    street = desk.street
    with street.huying.database.reading() as session:
        row = session.query(Attachment).one()
        photos = street.huying.delivery.photos
        assert photos is not None
        assert row.ticket_id is not None
        li = street.person(LI)
        path = photos.address_for(session, row.ticket_id, li, now=street.now).removeprefix("http://127.0.0.1:8080")
    browser = street.huying.web.test_client()
    names = re.findall(r'src="([^"]+)"', browser.get(path).text)
    return [browser.get(f"/photos/{each}").data for each in names]


def test_a_face_and_a_number_plate_are_hidden_and_the_rest_stays() -> None:
    before = portrait()
    hidden = Blurrer().hide(file(before, quality=95))
    assert hidden is not None
    after = Image.open(io.BytesIO(hidden))
    assert after.size == before.size
    assert differs(before, after, FACE) > 10
    assert differs(before, after, PLATE) > 10
    assert differs(before, after, WALL) < 3


def test_an_empty_wall_is_left_as_it_is() -> None:
    assert Blurrer().hide(file(Image.new("RGB", (800, 600), (170, 185, 190)))) is None


def test_who_takes_a_task_sees_no_face_and_staff_see_the_photo_as_it_is(desk: Desk) -> None:
    assert can_blur()
    desk.street.huying.fetcher.blurrer = Blurrer()
    row = taken(desk, file(portrait()))
    assert row.blurred
    assert row.blurred != row.stored
    store = desk.street.huying.fetcher.store
    assert shown_to_li(desk) == [store.get(row.blurred)]
    assert row.for_others == row.blurred


def test_where_nothing_is_found_there_is_one_file(desk: Desk, tmp_path: Path) -> None:
    desk.street.huying.fetcher.blurrer = program(tmp_path, "print('none')")
    row = taken(desk, file(portrait()))
    assert row.blurred == row.stored
    assert shown_to_li(desk) == [desk.stored("m-1")]


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('hidden')", ""])
def test_what_could_not_be_blurred_is_shown_to_staff_only(desk: Desk, tmp_path: Path, code: str) -> None:
    desk.street.huying.fetcher.blurrer = program(tmp_path, code)
    row = taken(desk, file(portrait()))
    assert row.stored
    assert (row.blurred, row.for_others) == ("", None)
    assert shown_to_li(desk) == []


def test_without_the_extra_nothing_changes(desk: Desk) -> None:
    assert desk.street.huying.fetcher.blurrer is None
    row = taken(desk, file(portrait()))
    assert row.blurred is None
    assert shown_to_li(desk) == [desk.stored("m-1")]


def test_what_is_no_photo_is_not_taken_for_a_harmless_one() -> None:
    with pytest.raises(Unfit):
        Blurrer().hide(b"no photo at all")
