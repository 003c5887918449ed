"""What somebody corrects is kept with before and after, counted by what was first understood, and learned from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import corrections, opening, people, tickets, triage
from models.category import Category
from models.correction import AssistantAnswer, Correction
from models.corrections import Rate
from models.db import Database
from models.lifecycle import Action
from models.offer import Offer, OfferState
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import Ticket, TicketEvent, TicketKind, TicketState, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world


def _kept(session: Session) -> list[Correction]:
    return list(session.scalars(select(Correction).order_by(Correction.id)))


def _correct(session: Session, ticket: Ticket, code: str, by: Person) -> None:
    tickets.correct_category(session, ticket, session.get_one(Category, code), "", by=by, now=NOW)


# ---------------------------------------------------------------- what is kept


def test_a_correction_is_kept_with_what_the_model_had_thought(session: Session, world: World) -> None:
    report = opening.Report("楼道里滴水", category="noise", confidence=0.71, model="abc123")
    ticket = opening.open_ticket(session, report, by=world.resident, channel="official", now=NOW)
    _correct(session, ticket, "leak", world.staff)
    [kept] = _kept(session)
    assert (kept.before_category, kept.after_category, kept.understood) == ("noise", "leak", True)
    assert (kept.role, kept.at, kept.model, kept.confidence) == ("staff", NOW, "abc123", 0.71)
    assert kept.words_id == ticket.words[0].id


def test_the_residents_own_correction_counts_as_theirs(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, category=None)
    _correct(session, ticket, "leak", world.resident)
    [kept] = _kept(session)
    assert (kept.role, kept.understood, kept.after_category) == ("reporter", False, "leak")


def test_choosing_what_was_understood_anyway_is_no_correction(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, category="noise")
    _correct(session, ticket, "noise", world.staff)
    assert _kept(session) == []


def test_that_nothing_of_the_list_fits_is_said_by_people_too(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, category=None)
    _correct(session, ticket, opening.OTHER, world.staff)
    assert [(kept.after_category, kept.understood) for kept in _kept(session)] == [(opening.OTHER, False)]


def test_a_question_that_was_a_report_goes_to_whoever_can_help(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, kind=TicketKind.INQUIRY)
    factories.run_dispatch(session, ticket)
    assert ticket.state is TicketState.NEW
    triage.correct_manner(session, ticket, TicketKind.REPORT, ticket.urgency, "", by=world.staff, now=NOW)
    factories.run_dispatch(session, ticket)
    assert (ticket.kind, ticket.state) == (TicketKind.REPORT, TicketState.OFFERED)
    [kept] = _kept(session)
    assert (kept.before_kind, kept.after_kind) == (TicketKind.INQUIRY, TicketKind.REPORT)


def test_what_staff_call_an_emergency_alarms_the_desk_and_asks_no_volunteer_any_more(
    session: Session, world: World
) -> None:
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    assert ticket.state is TicketState.OFFERED
    triage.correct_manner(session, ticket, ticket.kind, Urgency.EMERGENCY, "冒烟了", by=world.staff, now=NOW)
    assert factories.notices(session, world.street_staff, NoticeKind.ALARM)
    assert set(session.scalars(select(Offer.state))) == {OfferState.WITHDRAWN}
    factories.run_dispatch(session, ticket)
    assert (ticket.urgency, ticket.state) == (Urgency.EMERGENCY, TicketState.NEW)
    assert [(kept.before_urgency, kept.after_urgency) for kept in _kept(session)] == [
        (Urgency.NORMAL, Urgency.EMERGENCY)
    ]


def test_a_false_alarm_is_offered_like_anything_else(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    factories.run_dispatch(session, ticket)
    triage.correct_manner(session, ticket, ticket.kind, Urgency.NORMAL, "是演习", by=world.staff, now=NOW)
    factories.run_dispatch(session, ticket)
    assert ticket.state is TicketState.OFFERED
    assert len(factories.notices(session, world.street_staff, NoticeKind.ALARM)) == 1


# ---------------------------------------------------------------- figures


def test_rates_count_by_what_was_first_understood(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        noises = [factories.ticket(session, world.resident, category="noise") for _ in range(4)]
        unclear = [factories.ticket(session, world.resident, category=None) for _ in range(2)]
        factories.ticket(session, world.resident, category="leak")
        factories.ticket(session, world.resident, category="leak", now=NOW - timedelta(days=40))
        _correct(session, noises[0], "leak", world.staff)
        _correct(session, noises[0], "lamp", world.staff)  # corrected twice, one ticket
        _correct(session, noises[1], "leak", world.resident)
        _correct(session, unclear[0], "leak", world.staff)
        triage.correct_manner(session, noises[2], TicketKind.INQUIRY, Urgency.NORMAL, "", by=world.staff, now=NOW)
    with both.reading() as session:
        assert corrections.rates(session, now=NOW) == [Rate("noise", 4, 2), Rate("", 2, 1), Rate("leak", 1, 0)]


# ---------------------------------------------------------------- learning


def test_of_a_ticket_corrected_twice_the_last_word_is_learned(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        ticket = factories.ticket(session, world.resident, words="楼道里滴水", category="noise")
        _correct(session, ticket, "lamp", world.resident)
        _correct(session, ticket, "leak", world.staff)
        unclear = factories.ticket(session, world.member, words="那个事", category=None)
        _correct(session, unclear, "lamp", world.staff)
    with both.reading() as session:
        first, second = corrections.lessons(session)
    assert (first.words, first.before, first.after, first.role) == ("楼道里滴水", "noise", "leak", "staff")
    assert (second.words, second.before, second.after) == ("那个事", "", "lamp")


def test_erased_words_are_not_learned_from(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, words="楼道里滴水")
    _correct(session, ticket, "leak", world.staff)
    assert len(list(corrections.lessons(session))) == 1
    people.erase(session, world.resident, now=NOW)
    assert list(corrections.lessons(session)) == []


# ---------------------------------------------------------------- the assistant


@pytest.fixture
def unclear(session: Session, world: World) -> Ticket:
    return factories.ticket(session, world.resident, words="就那个呀", category=None, area=world.street.building)


def test_the_assistant_is_asked_only_about_what_waits_for_triage(
    session: Session, world: World, unclear: Ticket
) -> None:
    clear = factories.ticket(session, world.resident)
    assert triage.to_ask(session) == [unclear.id]
    assert triage.question(session, unclear.id) == "就那个呀"
    assert triage.question(session, clear.id) is None
    _correct(session, unclear, "leak", world.staff)
    assert triage.to_ask(session) == []
    assert triage.question(session, unclear.id) is None


def test_a_voice_without_words_and_erased_words_are_not_asked_about(
    session: Session, world: World, unclear: Ticket
) -> None:
    silent = factories.ticket(session, world.member, words="", category=None)
    people.erase(session, world.resident, now=NOW)
    assert triage.to_ask(session) == []
    assert triage.question(session, silent.id) is None
    assert triage.question(session, unclear.id) is None


def test_what_the_assistant_says_is_a_proposal_and_changes_nothing(session: Session, unclear: Ticket) -> None:
    version = unclear.version
    triage.note_answer(session, unclear.id, "leak", apply=False, now=NOW)
    assert triage.proposal(session, unclear) == "leak"
    assert (unclear.category, unclear.understood, unclear.version) == ("other", False, version)
    assert triage.to_ask(session) == []


def test_it_is_taken_by_itself_only_where_the_settings_say_so(session: Session, unclear: Ticket) -> None:
    triage.note_answer(session, unclear.id, "noise", apply=True, now=NOW)
    assert (unclear.category, unclear.understood) == ("noise", True)
    line = session.scalars(select(TicketEvent).where(TicketEvent.action == Action.CORRECT.value)).one()
    assert (line.actor, line.facts["source"]) == ("system", triage.ASSISTANT)
    assert triage.proposal(session, unclear) is None
    # Nobody has corrected anything: it is not learned from, and the category was not understood at first.
    assert _kept(session) == []
    assert [rate for rate in corrections.rates(session, now=NOW) if rate.tickets] == [Rate("", 1, 0)]
    factories.run_dispatch(session, unclear)
    assert unclear.state is TicketState.OFFERED


def test_what_people_decided_meanwhile_stays(session: Session, world: World, unclear: Ticket) -> None:
    _correct(session, unclear, "lamp", world.staff)
    triage.note_answer(session, unclear.id, "noise", apply=True, now=NOW)
    assert unclear.category == "lamp"
    assert session.scalars(select(AssistantAnswer)).all() == []


def test_an_unknown_category_is_an_answer_of_no_use(session: Session, unclear: Ticket) -> None:
    triage.note_answer(session, unclear.id, "root_shell", apply=True, now=NOW)
    assert triage.proposal(session, unclear) is None
    assert (unclear.understood, triage.to_ask(session)) == (False, [])


def test_after_three_silences_a_ticket_is_left_to_people(session: Session, unclear: Ticket) -> None:
    for _ in range(triage.TRIES):
        assert triage.to_ask(session) == [unclear.id]
        triage.note_failure(session, unclear.id, now=NOW)
    assert triage.to_ask(session) == []
