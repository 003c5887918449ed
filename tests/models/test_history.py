"""The history can be checked by anybody: what was changed afterwards is found, what was erased is not missed."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import desk, history, people, tickets
from models.clock import CHINA
from models.db import Database
from models.ticket import Ticket, TicketEvent, TicketWords
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world


@pytest.fixture
def ticket(session: Session, world: World) -> Ticket:
    """Offered, accepted with words, finished; another ticket's lines stand between."""
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    factories.run_dispatch(session, ticket)
    other = factories.ticket(session, world.stranger, category="other")
    tickets.accept(session, ticket, by=world.member, now=NOW)
    tickets.add_words(session, other, "还有一件", by=world.stranger, now=NOW)
    tickets.finish(session, ticket, "已劝导，邻居答应晚上不再唱", by=world.member, now=NOW)
    assert history.verify_history(session) is None
    return ticket


def line(session: Session, ticket: Ticket, action: str) -> TicketEvent:
    session.expire_all()
    return session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == action)
    ).one()


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOW.replace(hour=1)},
        {"action": "decline"},
        {"actor": "staff"},
        {"by_id": 1},
        {"before": "new"},
        {"after": "closed"},
        {"facts": {"answer": 1}},
        {"words_digest": "0" * 64},
        {"previous": ""},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_line_changed_afterwards_is_found(session: Session, ticket: Ticket, change: dict[str, object]) -> None:
    event = line(session, ticket, "accept")
    session.execute(update(TicketEvent).where(TicketEvent.id == event.id).values(**change))
    session.expire_all()
    found = history.verify_history(session)
    assert found is not None
    assert found.id == event.id


def test_a_line_that_was_rewritten_with_a_fitting_hash_breaks_the_next(session: Session, ticket: Ticket) -> None:
    event = line(session, ticket, "accept")
    event.facts = {"somebody": "else"}
    event.hash = history.hash_of(event)
    session.flush()
    found = history.verify_history(session)
    assert found is not None
    assert found.action == "finish"


def test_a_line_taken_out_of_the_middle_is_found(session: Session, ticket: Ticket) -> None:
    session.delete(line(session, ticket, "accept"))
    session.flush()
    found = history.verify_history(session)
    assert found is not None
    assert found.action == "finish"


def test_words_changed_afterwards_are_found(session: Session, ticket: Ticket) -> None:
    session.execute(update(TicketWords).where(TicketWords.text.contains("已劝导")).values(text="什么也没做"))
    session.expire_all()
    found = history.verify_history(session)
    assert found is not None
    assert found.action == "finish"


def test_words_cut_off_from_their_line_are_found(session: Session, ticket: Ticket) -> None:
    event = line(session, ticket, "finish")
    event.words_id = None
    session.flush()
    assert history.verify_history(session) is event


def test_erased_words_are_not_missed(session: Session, ticket: Ticket, world: World) -> None:
    people.erase(session, world.resident, now=NOW)
    people.erase(session, world.member, now=NOW)
    assert session.scalars(select(TicketWords.text).where(TicketWords.ticket_id == ticket.id)).all() == [None, None]
    assert history.verify_history(session) is None


def test_the_digest_alone_does_not_give_the_words_away(session: Session, ticket: Ticket) -> None:
    first, second = (history.digest_of(salt, "已劝导") for salt in ("a", "b"))
    assert first != second
    salts = session.scalars(select(TicketWords.salt)).all()
    assert len(set(salts)) == len(salts)


def test_a_line_fits_again_when_it_is_read_back(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        # The same moment as another clock shows it, with a fraction of a second.
        now = NOW.replace(microsecond=123456).astimezone(CHINA)
        ticket = factories.ticket(session, world.resident, area=world.street.building, now=now)
        factories.run_dispatch(session, ticket, now=now)
        desk.hold(session, ticket, "等“配件”\n😀", until=now, by=world.staff, now=now)
    with both.reading() as session:
        assert history.verify_history(session) is None
