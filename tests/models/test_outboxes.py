"""When a notice may leave the outbox: what can wait leaves people in peace at night, however late it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outboxes
from models.outbox import Notice, NoticeKind, NoticeState
from tests.factories import NOW
from tests.models.conftest import World

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)
EVENING = NOW + timedelta(hours=10, minutes=50)
"""Ten to nine in the evening."""
NIGHT = NOW + timedelta(hours=15)
MORNING = NOW + timedelta(hours=22)
"""Eight of the next day."""


def pending(session: Session, person_id: int) -> Notice:
    query = select(Notice).where(Notice.person_id == person_id, Notice.state == NoticeState.PENDING)
    return session.scalars(query).one()


def test_what_can_wait_and_was_not_sent_by_the_evening_comes_in_the_morning(session: Session, world: World) -> None:
    notice = outboxes.tell(session, NoticeKind.REMINDER, world.resident.id, now=EVENING)
    assert outboxes.claim(session, notice.id, now=NIGHT, lease=LEASE) is None
    assert (notice.state, notice.not_before, notice.attempts) == (NoticeState.PENDING, MORNING, 0)
    assert outboxes.claim(session, notice.id, now=MORNING, lease=LEASE) is notice


def test_every_kind_of_notice_stands_in_the_table_as_the_code_has_it() -> None:
    page = (Path(__file__).parents[2] / "docs/notices.md").read_text()
    table = page.partition("## Every kind")[2].partition("## Limits")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    told = [(NoticeKind(kind), how.strip()) for kinds, how in rows for kind in re.findall("`([a-z_]+)`", kinds)]
    assert sorted(kind for kind, _ in told) == sorted(NoticeKind)
    assert {kind for kind, how in told if how == "by day"} == outboxes.BY_DAY
    assert {kind for kind, how in told if how.startswith("alarm")} == outboxes.NOT_FOR_LATER


def test_what_somebody_has_just_done_is_told_at_night_too(session: Session, world: World) -> None:
    notice = outboxes.tell(session, NoticeKind.FINISHED, world.resident.id, now=EVENING)
    assert outboxes.claim(session, notice.id, now=NIGHT, lease=LEASE) is notice


@pytest.mark.parametrize("moment", [EVENING, NIGHT])
def test_something_urgent_takes_the_waiting_message_for_the_desk_with_it(
    session: Session, world: World, moment: datetime
) -> None:
    desk, kind = world.staff.id, NoticeKind.DESK
    outboxes.gather(session, kind, [desk], now=moment, not_before=moment, can_wait=True)
    outboxes.gather(session, kind, [desk], now=moment, not_before=moment + MINUTE)
    outboxes.gather(session, kind, [desk], now=moment, not_before=moment + 2 * MINUTE, can_wait=True)
    session.expire_all()
    notice = pending(session, desk)
    assert notice.not_before <= moment + MINUTE
    assert outboxes.claim(session, notice.id, now=NIGHT + MINUTE, lease=LEASE) is notice


# ---------------------------------------------------------------- the gathered message for a desk


def news(session: Session, world: World, now: datetime, *, can_wait: bool = True, at_once: bool = False) -> None:
    """Another matter waits at the desk."""
    soon = now + timedelta(seconds=20)
    desk = [world.staff.id]
    outboxes.gather(session, NoticeKind.DESK, desk, now=now, not_before=soon, can_wait=can_wait, at_once=at_once)
    session.expire_all()


def sent(session: Session, world: World, now: datetime) -> bool:
    """Whether the desk is told now, by a worker that comes by."""
    query = select(Notice).where(Notice.person_id == world.staff.id, Notice.state == NoticeState.PENDING)
    notice = session.scalars(query).one_or_none()
    if notice is None or outboxes.claim(session, notice.id, now=now, lease=LEASE) is None:
        return False
    notice.state, notice.sent_at = NoticeState.SENT, now
    session.flush()
    return True


def test_eight_matters_in_a_quarter_of_an_hour_are_two_messages(session: Session, world: World) -> None:
    told = []
    for minute in range(60):
        now = NOW + minute * MINUTE
        if minute < 14 and minute % 2 == 0:
            news(session, world, now)
        if sent(session, world, now + MINUTE / 2):
            told.append(minute)
    assert told == [0, 30]


def test_something_urgent_waits_five_minutes_and_takes_the_rest_along(session: Session, world: World) -> None:
    news(session, world, NOW)
    assert sent(session, world, NOW + MINUTE)
    news(session, world, NOW + MINUTE)
    assert not sent(session, world, NOW + 2 * MINUTE)
    news(session, world, NOW + 2 * MINUTE, can_wait=False)
    assert not sent(session, world, NOW + 5 * MINUTE)
    assert sent(session, world, NOW + 6 * MINUTE)
    assert not sent(session, world, NOW + 40 * MINUTE)


@pytest.mark.parametrize("waits", ["nothing", "ordinary", "urgent"])
def test_an_emergency_waits_for_no_message_before_it(session: Session, world: World, waits: str) -> None:
    news(session, world, NOW)
    assert sent(session, world, NOW + MINUTE)
    if waits != "nothing":
        news(session, world, NOW + MINUTE, can_wait=waits == "ordinary")
        assert not sent(session, world, NOW + 2 * MINUTE)
    news(session, world, NOW + 2 * MINUTE, can_wait=False, at_once=True)
    news(session, world, NOW + 2 * MINUTE)
    assert sent(session, world, NOW + 3 * MINUTE)
