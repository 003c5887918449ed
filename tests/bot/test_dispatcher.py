"""Many tickets dispatched together: nothing but the price differs from one by one, and replies come first."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.pace import Pace
from models import history, people
from models.area import Area
from models.category import Category
from models.db import upgrade
from models.offer import Offer, Wave
from models.outbox import Notice
from models.person import RoleKind
from models.proposal import Proposal
from models.ticket import Ticket, TicketState
from tests.bot.support import Street, at_once, build

SAID = [
    "香樟花园6栋2单元楼上半夜还在放音响",
    "滨江雅苑3栋的路灯坏了",
    "香樟花园6栋楼上半夜放音响，吵得睡不着",
    "老年证怎么办理",
    "那个事情到底怎么说",
    "香樟花园2栋的垃圾桶满了三天没人清",
    "滨江雅苑3栋楼下的狗半夜叫个不停",
    "香樟花园6栋天天半夜放音响",
    "香樟花园1栋装修从早敲到晚",
    "香樟花园4栋的狗半夜叫个不停",
    "滨江雅苑2栋楼下唱歌的吵到十一点",
]


def several(street: Street) -> list[int]:
    """Neighbours, each with a report of their own."""
    with street.huying.database.transaction() as session:
        community = session.query(Area).filter_by(name="香樟社区").one()
        for number in range(6):
            person = people.meet(session, "official", f"volunteer-{number}", now=street.now).person
            people.grant(session, person, RoleKind.MEMBER, community.id, now=street.now)
            people.set_skills(session, person, ["调解"])
    for number, words in enumerate(SAID):
        assert street.say(f"neighbour-{number}", words)
    return [ticket.id for ticket in street.tickets()]


def outcome(street: Street) -> list[object]:
    """Everything that dispatch decides."""

    def plain(session: Session, table: Any, *order: Any, without: tuple[str, ...] = ()) -> list[dict[str, object]]:
        names = [column.key for column in table.__table__.columns if column.key not in ("id", *without)]
        return [{name: getattr(row, name) for name in names} for row in session.scalars(select(table).order_by(*order))]

    with street.huying.database.reading() as session:
        assert history.verify_history(session) is None
        notices = plain(session, Notice, Notice.kind, Notice.ticket_id, Notice.person_id, without=("data",))
        return [
            plain(session, Ticket, Ticket.id),
            plain(session, Wave, Wave.ticket_id, Wave.number),
            plain(session, Offer, Offer.ticket_id, Offer.person_id),
            plain(session, Proposal, Proposal.ticket_id, Proposal.into_id),
            notices,
        ]


def test_the_same_people_are_asked_together_as_one_by_one(tmp_path: Path) -> None:
    found = []
    for name in ("together", "apart"):
        url = f"sqlite:///{tmp_path}/{name}.db"
        upgrade(url)
        with build(url, tmp_path / name) as street:
            ids = several(street)
            for some in [ids] if name == "together" else [[each] for each in ids]:
                street.huying.tasks.dispatch.fn(some)
            found.append(outcome(street))
    assert found[0] == found[1]
    assert all(found[0])


def test_one_ticket_at_fault_holds_no_other_up(both: Street) -> None:
    ids = several(both)
    with both.huying.database.transaction() as session:
        session.get_one(Category, "noise").waves = {"normal": {"minutes": 30}}
    tasks = both.huying.tasks
    tasks.broker.flush_all()
    with pytest.raises(KeyError):
        tasks.dispatch.fn(ids)
    assert {each.state for each in both.tickets()} == {TicketState.NEW}
    workers = tasks.workers(threads=1)
    workers.start()
    try:
        tasks.join(failures=True)
    finally:
        workers.stop(seconds=10)
    noise = {each.id for each in both.tickets() if each.category == "noise"}
    assert noise
    waiting = {each.id for each in both.tickets() if each.dispatch_at is not None and each.dispatch_at <= both.now}
    assert waiting <= noise
    assert TicketState.OFFERED in {each.state for each in both.tickets() if each.id not in noise}


def test_two_workers_with_the_same_tickets_in_another_order_ask_everybody_once(both: Street) -> None:
    ids = several(both)
    at_once(2, lambda index: both.huying.tasks.dispatch.fn(ids if index else ids[::-1]))
    with both.huying.database.reading() as session:
        offers = session.execute(select(Offer.ticket_id, Offer.person_id)).all()
        assert len(offers) == len(set(offers)) > 0
        assert history.verify_history(session) is None


def test_work_waits_until_the_reply_is_made() -> None:
    pace, done = Pace(), list[str]()

    def work() -> None:
        pace.give_way()
        done.append("work")

    worker = threading.Thread(target=work)
    with pace:
        worker.start()
        done.append("reply")
    worker.join()
    assert done == ["reply", "work"]


def test_nothing_waits_for_ever_while_messages_come_and_come() -> None:
    pace = Pace(patience=0.0)
    with pace:
        pace.give_way()
