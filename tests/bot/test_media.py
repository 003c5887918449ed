"""Photos on their way: fetched in time or said to be missing, kept without what they tell of people, and seen again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bot import notices
from bot.channels.api import MEDIA_CAP
from models import photos
from models.attachment import Attachment, Failure, Fingerprint
from models.lifecycle import Action
from models.outbox import Notice, NoticeKind
from models.photos import BACKOFF
from models.proposal import Proposal
from models.ticket import Ticket, TicketEvent, TicketState
from scheduler.jobs import keep_photos, remove_files, sweep
from tests.bot.pictures import PNG, Desk, exif, file, open_desk, photo, scene
from tests.bot.support import AYI, CHEN, LI, NOISE, XU, at_once

RUBBISH = "香樟花园2栋楼道垃圾没人清"


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(sqlite_url, tmp_path, official={"timeout_seconds": 0.2}) as desk:
        yield desk


@pytest.fixture
def both_desks(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The test runs twice, on SQLite and on PostgreSQL."""
    with open_desk(database_url, tmp_path) as desk:
        yield desk


def fetch(desk: Desk) -> None:
    """What a sweep finds due now, worked on."""
    street = desk.street
    sweep(street.huying, street.now)
    street.work()


def fetch_for_hours(desk: Desk) -> None:
    """Everything that is tried again, until nothing is."""
    fetch(desk)
    for seconds in BACKOFF:
        desk.street.later(seconds=seconds - 1)
        asked = len(desk.asked)
        fetch(desk)
        assert len(desk.asked) == asked, "too early"
        desk.street.later(seconds=1)
        fetch(desk)


def history(desk: Desk) -> list[TicketEvent]:
    with desk.street.huying.database.reading() as session:
        query = select(TicketEvent).where(TicketEvent.action == Action.LOSE_PHOTO).order_by(TicketEvent.id)
        return list(session.scalars(query))


def words(desk: Desk, who: str, kind: NoticeKind) -> list[str]:
    """What somebody is told, in words."""
    with desk.street.huying.database.reading() as session:
        query = select(Notice).where(Notice.kind == kind, Notice.person_id == desk.street.person(who))
        found = [notices.in_words(session, each, now=desk.street.now) for each in session.scalars(query)]
    return [each.text for each in found if each is not None]


# ---------------------------------------------------------------- fetched in time, or said to be missing


@pytest.mark.parametrize(
    ("status", "kind", "data"),
    [
        (404, "text/html", b"<html>not found</html>"),
        (200, "text/html", b"<html>busy</html>"),
        (200, "image/jpeg", b'{"errcode": -1, "errmsg": "system error"}'),
        (200, "text/plain", b'{"errcode": 45009, "errmsg": "reach max api daily quota limit"}'),
        (200, "image/jpeg", b""),
        (502, "text/html", b"bad gateway"),
    ],
)
def test_a_report_is_there_at_once_and_its_photo_is_tried_again_and_then_said_to_be_missing(
    desk: Desk, status: int, kind: str, data: bytes
) -> None:
    street = desk.street
    assert "已受理" in street.say(AYI, NOISE)
    assert "照片收到了" in desk.send("m-1", data, kind, status=status)
    fetch_for_hours(desk)
    assert desk.asked == ["m-1"] * (len(BACKOFF) + 1)
    row = desk.attachment("m-1")
    assert (row.stored, row.failure, row.fetch_at) == (None, Failure.LOST, None)
    [line] = history(desk)
    assert line.ticket_id == street.tickets()[0].id
    assert street.tickets()[0].state is TicketState.OFFERED
    [told] = words(desk, XU, NoticeKind.PHOTO_LOST)
    assert "0001" in told
    assert "没能取到" in told
    [sorry] = words(desk, AYI, NoticeKind.PHOTO_REFUSED)
    assert "再发一次" in sorry
    fetch(desk)
    assert len(history(desk)) == 1


def test_a_slow_server_keeps_nobody_waiting(desk: Desk) -> None:
    street = desk.street
    desk.slow.add("m-1")
    street.say(AYI, NOISE)
    assert "照片收到了" in desk.send("m-1", photo())
    fetch(desk)
    assert desk.attachment("m-1").fetch_failures == 1
    assert "已受理" in street.say(CHEN, RUBBISH)
    desk.slow.clear()
    street.later(seconds=BACKOFF[0])
    fetch(desk)
    assert desk.stored("m-1")[:3] == b"\xff\xd8\xff"
    assert not history(desk)


def test_what_the_platform_has_forgotten_is_said_at_once(desk: Desk) -> None:
    desk.street.say(AYI, NOISE)
    desk.send("m-1", b'{"errcode": 40007, "errmsg": "invalid media_id"}', "text/plain")
    fetch(desk)
    assert desk.attachment("m-1").failure is Failure.LOST
    assert len(history(desk)) == 1


def test_a_photo_that_was_lost_before_its_words_came_is_said_on_the_ticket_they_made(desk: Desk) -> None:
    desk.send("m-1", b'{"errcode": 40007, "errmsg": "invalid media_id"}', "text/plain")
    fetch(desk)
    assert not history(desk)
    assert "已受理" in desk.street.say(AYI, NOISE)
    assert len(history(desk)) == 1
    desk.send("m-2", photo(), who=CHEN)
    desk.street.later(minutes=31)
    keep_photos(desk.street.huying, desk.street.now)
    assert len(history(desk)) == 1


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
"""How a photo of a telephone begins that nobody here can open."""


@pytest.mark.parametrize(
    ("data", "kind", "why", "said"),
    [
        (b"PK\x03\x04 archive", "image/jpeg", Failure.NOT_A_PHOTO, "不是照片"),
        (photo(kind="PNG"), "image/jpeg", Failure.NOT_A_PHOTO, "不是照片"),
        (HEIC, "image/heic", Failure.HEIC, "截个屏"),
        (HEIC.replace(b"heic", b"mif1"), "image/jpeg", Failure.HEIC, "HEIC"),
        (HEIC, "application/octet-stream", Failure.HEIC, "HEIC"),
        (photo(), "image/heif", Failure.NOT_A_PHOTO, "不是照片"),
        (photo()[:2000], "image/jpeg", Failure.BROKEN, "打不开"),
        (photo() + bytes(11 << 20), "image/jpeg", Failure.TOO_BIG, "太大"),
        (photo() + bytes(MEDIA_CAP), "image/jpeg", Failure.TOO_BIG, "太大"),
    ],
)
def test_who_sends_what_cannot_be_kept_is_told_why_once(
    desk: Desk, data: bytes, kind: str, why: Failure, said: str
) -> None:
    desk.street.say(AYI, NOISE)
    desk.send("m-1", data, kind)
    for _ in range(3):
        fetch(desk)
        desk.street.later(minutes=5)
    assert desk.attachment("m-1").failure is why
    [told] = words(desk, AYI, NoticeKind.PHOTO_REFUSED)
    assert said in told
    assert "0001" in told
    # Nothing is the matter with the report, and nothing for the desk to do.
    assert not history(desk)
    assert len(desk.asked) == 1


def test_what_was_refused_makes_no_matter_of_its_own(desk: Desk) -> None:
    desk.send("m-1", b"PK archive")
    desk.send("m-2", photo(), who=CHEN)
    fetch(desk)
    desk.street.later(minutes=31)
    assert keep_photos(desk.street.huying, desk.street.now) == 2
    assert keep_photos(desk.street.huying, desk.street.now) == 0
    assert [each.reporter_id for each in desk.street.tickets()] == [desk.street.person(CHEN)]


def test_of_many_workers_one_fetches_a_photo(both_desks: Desk) -> None:
    street = both_desks.street
    street.say(AYI, NOISE)
    both_desks.send("m-1", b"not a photo", "image/jpeg")
    row = both_desks.attachment("m-1")
    at_once(4, lambda _: street.huying.tasks.fetch.fn(row.id))
    assert both_desks.asked == ["m-1"]
    assert len(street.notices(AYI, kind=NoticeKind.PHOTO_REFUSED)) == 1


def test_a_worker_that_dies_leaves_the_photo_to_another(both_desks: Desk) -> None:
    street = both_desks.street
    both_desks.send("m-1", photo())
    with street.huying.database.transaction() as session:
        assert photos.claim(session, both_desks.attachment("m-1").id, now=street.now) is not None
    assert street.huying.fetcher.due() == []
    street.later(minutes=4)
    fetch(both_desks)
    assert both_desks.stored("m-1")


# ---------------------------------------------------------------- kept without what it tells of people


def test_a_photo_is_kept_upright_and_small_and_without_what_it_tells(desk: Desk) -> None:
    sent = file(scene(9, (3000, 1500)), exif=exif(turn=6), comment=b"Zhang Ayi, 6-2-301")
    desk.street.say(AYI, NOISE)
    desk.send("m-1", sent)
    fetch(desk)
    row = desk.attachment("m-1")
    with Image.open(io.BytesIO(desk.stored("m-1"))) as image:
        assert (image.format, image.size) == ("JPEG", (1024, 2048))
        assert not dict(image.getexif())
        assert not set(image.info) & {"exif", "comment", "icc_profile"}
    with Image.open(io.BytesIO(desk.street.huying.fetcher.store.get(row.small))) as image:
        assert image.size == (160, 320)
    assert row.digest == hashlib.sha256(sent).hexdigest()
    # The camera's clock is that of where it is.
    assert row.taken_at == datetime(2026, 11, 22, 2, 15, tzinfo=UTC)
    assert (round(row.taken_lat or 0, 4), round(row.taken_lng or 0, 4)) == (30.5876, 114.3054)  # GCJ-02, as everywhere
    ticket = desk.street.tickets()[0]
    assert (ticket.lat, ticket.lng) == (None, None)


def test_who_wants_to_be_forgotten_takes_the_claims_of_their_photos_along(desk: Desk) -> None:
    desk.send("m-1", file(scene(9), exif=exif()))
    fetch(desk)
    street, kept = desk.street, desk.attachment("m-1").stored or ""
    street.say(AYI, "删除我的信息")
    street.say(AYI, "1")
    with street.huying.database.reading() as session:
        row = session.query(Attachment).one()
    assert row.media_id == ""
    assert (row.taken_at, row.taken_lat, row.taken_lng) == (None, None, None)
    assert (row.stored, row.small, row.failure) == (None, "", Failure.OVER)
    assert remove_files(street.huying, street.now) == 2  # the photo and its thumbnail
    with pytest.raises(FileNotFoundError):
        street.huying.fetcher.store.get(kept)


# ---------------------------------------------------------------- the same photo again


def fingerprints(desk: Desk) -> dict[str, str | None]:
    """Each photo's media id, with that of the one it repeats."""
    with desk.street.huying.database.reading() as session:
        names: dict[int | None, str] = dict(session.execute(select(Attachment.id, Attachment.media_id)).all())
        rows = session.execute(select(Fingerprint.attachment_id, Fingerprint.copy_of_id)).all()
        return {names[each]: names.get(of) for each, of in rows}


def test_a_neighbour_with_the_same_photo_is_asked_whether_it_is_the_same_event(both_desks: Desk) -> None:
    street = both_desks.street
    street.say(AYI, "香樟花园2栋楼道垃圾没人清")
    both_desks.send("m-1", photo(3))
    fetch(both_desks)
    street.say(CHEN, "香樟花园旁边乱成一团真难看")
    # Another phone made it smaller and packed it anew.
    both_desks.send("m-2", file(scene(3).resize((400, 300)), "JPEG", quality=50), who=CHEN)
    fetch(both_desks)
    assert fingerprints(both_desks) == {"m-1": None, "m-2": "m-1"}
    with street.huying.database.reading() as session:
        [proposal] = session.query(Proposal).all()
        earlier, later = session.query(Ticket).order_by(Ticket.id)
        assert (proposal.ticket_id, proposal.into_id, proposal.reasons) == (later.id, earlier.id, [photos.PHOTO])
    [asked] = words(both_desks, CHEN, NoticeKind.SAME_EVENT)
    assert "是同一件事吗" in asked


def test_the_same_photo_before_the_words_is_recognised_too(desk: Desk) -> None:
    street = desk.street
    street.say(AYI, RUBBISH)
    desk.send("m-1", photo(3))
    fetch(desk)
    desk.send("m-2", photo(3), who=CHEN)
    fetch(desk)
    street.say(CHEN, "香樟花园旁边乱成一团真难看")
    with street.huying.database.reading() as session:
        assert session.query(Proposal).count() == 1


def test_the_same_photo_elsewhere_is_noted_and_nobody_is_asked(desk: Desk) -> None:
    street = desk.street
    street.say(AYI, RUBBISH)
    desk.send("m-1", photo(3))
    street.say(CHEN, "银杏里3栋楼下路灯不亮")
    desk.send("m-2", photo(3), who=CHEN)
    desk.send("m-3", photo(4), who=CHEN)
    fetch(desk)
    assert fingerprints(desk) == {"m-1": None, "m-2": "m-1", "m-3": None}
    with street.huying.database.reading() as session:
        assert session.query(Proposal).count() == 0


def test_plain_pictures_are_not_taken_for_one_another(desk: Desk) -> None:
    for number, colour in enumerate(("black", "white", "grey")):
        desk.send(f"m-{number}", file(Image.new("RGB", (300, 200), colour), "PNG"), PNG)
    fetch(desk)
    assert fingerprints(desk) == {}


def test_of_two_photos_in_the_same_moment_one_is_the_first(both_desks: Desk) -> None:
    for number in range(4):
        both_desks.send(f"m-{number}", photo(5), who=(AYI, CHEN, LI, XU)[number])
    ids = [both_desks.attachment(f"m-{number}").id for number in range(4)]
    at_once(4, lambda number: both_desks.street.huying.tasks.fetch.fn(ids[number]))
    assert sum(of is None for of in fingerprints(both_desks).values()) == 1
