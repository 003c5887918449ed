"""Merging: which ticket a matter lives on in, what is refused, tasks of a ticket, and pairs that are proposed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import finding, followers, history, judging, merging, people, splitting, tickets
from models.calendar import due
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person
from models.proposal import Proposal, ProposalState
from models.splitting import Task
from models.ticket import Evaluation, Ticket, TicketEvent, TicketState, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

LATER = NOW + timedelta(hours=1)


def refused(reason: Refusal, what: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        what()
    assert caught.value.reason is reason


def told(session: Session, world: World, count: int) -> list[Ticket]:
    """One matter, told by as many neighbours."""
    return [
        factories.ticket(session, factories.person(session, f"邻居{number}"), area=world.street.building)
        for number in range(count)
    ]


def test_a_head_that_is_merged_takes_its_followers_along(session: Session, world: World) -> None:
    first, second, third, fourth = told(session, world, 4)
    merging.merge(session, second, first, by=world.staff, now=NOW)
    merging.merge(session, third, second, by=world.staff, now=NOW)
    assert third.merged_into_id == first.id  # what was merged stands for its head
    merging.merge(session, first, fourth, by=world.staff, now=NOW)
    assert {each.merged_into_id for each in (first, second, third)} == {fourth.id}
    assert [each.id for each in followers.of(session, fourth)] == [first.id, second.id, third.id]
    assert set(followers.numbers(session, fourth).items()) == {
        (each.reporter_id, each.id) for each in (first, second, third, fourth)
    }
    assert history.verify_history(session) is None


def test_nothing_is_merged_into_itself_or_into_what_follows_it(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    merging.merge(session, second, first, by=world.staff, now=NOW)
    refused(Refusal.WRONG_STATE, lambda: merging.merge(session, first, first, by=world.staff, now=NOW))
    refused(Refusal.WRONG_STATE, lambda: merging.merge(session, first, second, by=world.staff, now=NOW))
    refused(Refusal.WRONG_STATE, lambda: merging.merge(session, second, first, by=world.staff, now=NOW))


def test_a_fresh_report_is_not_hidden_in_a_result_that_waits_for_its_judgement(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    tickets.finish(session, first, "好了", by=world.staff, now=NOW)
    refused(Refusal.WRONG_STATE, lambda: merging.merge(session, second, first, by=world.staff, now=NOW))


def test_an_emergency_is_not_merged_into_something_less_urgent(session: Session, world: World) -> None:
    calm, alarm = told(session, world, 2)
    alarm.urgency = Urgency.EMERGENCY
    refused(Refusal.MORE_URGENT, lambda: merging.merge(session, alarm, calm, by=world.staff, now=NOW))
    assert merging.merge(session, calm, alarm, by=world.staff, now=NOW) is alarm


def test_an_unmerged_ticket_has_a_limit_that_begins_now(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    merging.merge(session, second, first, by=world.staff, now=NOW)
    assert (second.due_at, second.dispatch_at) == (None, None)
    merging.unmerge(session, second, by=world.staff, now=LATER)
    assert (second.state, second.due_at, second.dispatch_at) == (TicketState.NEW, due(LATER, "2h"), LATER)
    refused(Refusal.WRONG_STATE, lambda: merging.unmerge(session, second, by=world.staff, now=LATER))


def test_staff_of_another_community_neither_merge_nor_undo(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    refused(Refusal.NOT_YOURS, lambda: merging.merge(session, second, first, by=world.staff_elsewhere, now=NOW))
    merging.merge(session, second, first, by=world.staff, now=NOW)
    refused(Refusal.NOT_YOURS, lambda: merging.unmerge(session, second, by=world.staff_elsewhere, now=NOW))


def test_a_neighbour_who_told_it_twice_is_told_once_and_judges_once(session: Session, world: World) -> None:
    first = factories.ticket(session, world.resident, area=world.street.building)
    again = factories.ticket(session, world.resident, area=world.street.building)
    merging.merge(session, again, first, by=world.staff, now=NOW)
    tickets.finish(session, first, "好了", by=world.staff, now=NOW)
    [notice] = factories.notices(session, world.resident, NoticeKind.FINISHED)
    assert notice.ticket_id == first.id
    assert [each.id for each in finding.own_live(session, world.resident)] == [first.id]
    judging.evaluate(session, again, 1, "", by=world.resident, now=NOW)
    assert first.state is TicketState.CLOSED


def test_two_neighbours_who_turn_out_to_be_one_person_keep_one_judgement(session: Session, world: World) -> None:
    first, second, third = told(session, world, 3)
    for each in (second, third):
        merging.merge(session, each, first, by=world.staff, now=NOW)
    tickets.finish(session, first, "好了", by=world.staff, now=NOW)
    one, other = (session.get_one(Person, each.reporter_id) for each in (first, second))
    judging.evaluate(session, first, 1, "", by=one, now=NOW)
    judging.evaluate(session, second, 2, "", by=other, now=NOW)
    people.join(session, one, other)
    assert [row.answer for row in session.scalars(select(Evaluation))] == [1]


# ---------------------------------------------------------------- tasks


def test_a_ticket_is_split_into_tasks_that_are_dispatched_by_themselves(session: Session, world: World) -> None:
    [ticket] = told(session, world, 1)
    factories.run_dispatch(session, ticket)
    made = splitting.split(
        session,
        ticket,
        [Task("去六栋劝一劝", "noise"), Task("  ", "noise"), Task("换楼道灯泡", "lamp")],
        by=world.staff,
        channel="console",
        now=NOW,
    )
    assert [(each.parent_id, each.category, each.place) for each in made] == [
        (ticket.id, "noise", ticket.place),
        (ticket.id, "lamp", ticket.place),
    ]
    assert splitting.tasks_of(session, ticket) == made
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    for each in made:
        factories.run_dispatch(session, each)
    assert made[0].state is TicketState.OFFERED
    # The whole is offered to nobody any more, whatever brings it back to dispatch: people resolve it.
    ticket.dispatch_at = NOW
    factories.run_dispatch(session, ticket)
    assert ticket.state is TicketState.NEW
    for each in made:
        tickets.finish(session, each, "好了", by=world.street_staff, now=NOW)
        judging.evaluate(session, each, 1, "", by=world.staff, now=NOW)
    assert ticket.state is TicketState.NEW
    tickets.finish(session, ticket, "都办好了", by=world.staff, now=NOW)
    assert [each.ticket_id for each in factories.notices(session, world.staff, NoticeKind.FINISHED)] == [
        each.id for each in made
    ]
    assert history.verify_history(session) is None


def test_the_whole_is_done_when_its_tasks_are(session: Session, world: World) -> None:
    [ticket] = told(session, world, 1)
    done, left = splitting.split(
        session, ticket, [Task("劝一劝", "noise"), Task("换灯泡", "lamp")], by=world.staff, channel="console", now=NOW
    )
    tickets.finish(session, done, "好了", by=world.staff, now=NOW)
    refused(Refusal.TASKS_OPEN, lambda: tickets.finish(session, ticket, "都好了", by=world.staff, now=NOW))
    tickets.withdraw(session, left, "用不着了", by=world.staff, now=NOW)
    tickets.finish(session, ticket, "都好了", by=world.staff, now=NOW)
    assert ticket.state is TicketState.RESOLVED


def test_what_a_resident_reported_is_merged_into_the_whole_and_not_into_a_task(session: Session, world: World) -> None:
    whole, other = told(session, world, 2)
    [task] = splitting.split(session, whole, [Task("劝一劝", "noise")], by=world.staff, channel="console", now=NOW)
    refused(Refusal.HAS_TASKS, lambda: merging.merge(session, other, task, by=world.staff, now=NOW))
    assert merging.merge(session, other, whole, by=world.staff, now=NOW) is whole


def test_five_tasks_at_most_and_no_tasks_of_tasks(session: Session, world: World) -> None:
    def split(of: Ticket, count: int) -> list[Ticket]:
        return splitting.split(
            session, of, [Task("做一点", "lamp")] * count, by=world.staff, channel="console", now=NOW
        )

    [ticket] = told(session, world, 1)
    refused(Refusal.REASON_MISSING, lambda: split(ticket, 0))
    first, *_ = split(ticket, 4)
    refused(Refusal.HAS_TASKS, lambda: split(ticket, 2))
    refused(Refusal.HAS_TASKS, lambda: split(first, 1))
    assert len(split(ticket, 1)) == 1


def test_a_ticket_with_tasks_is_not_merged_away_and_its_reporter_gets_none_of_them(
    session: Session, world: World
) -> None:
    mine = factories.ticket(session, world.member, area=world.street.building)
    [task] = splitting.split(session, mine, [Task("去劝一劝", "noise")], by=world.staff, channel="console", now=NOW)
    [other] = told(session, world, 1)
    refused(Refusal.HAS_TASKS, lambda: merging.merge(session, mine, other, by=world.staff, now=NOW))
    factories.run_dispatch(session, task)
    assert factories.notices(session, world.member, NoticeKind.OFFER) == []
    assert factories.notices(session, world.second_member, NoticeKind.OFFER)


def test_the_tasks_of_a_matter_go_on_with_the_neighbour_who_goes_on(session: Session, world: World) -> None:
    first, second, third = told(session, world, 3)
    for each in (second, third):
        merging.merge(session, each, first, by=world.staff, now=NOW)
    tasks = [Task("劝一劝", "noise"), Task("换灯泡", "lamp")]
    done, left = splitting.split(session, first, tasks, by=world.staff, channel="console", now=NOW)
    tickets.finish(session, done, "好了", by=world.staff, now=NOW)
    who_left = session.get_one(Person, first.reporter_id)
    tickets.withdraw(session, first, "不用了", by=who_left, now=LATER)
    assert splitting.tasks_of(session, second) == [done, left]
    assert splitting.tasks_of(session, first) == []
    assert (second.state, second.dispatch_at) == (TicketState.NEW, None)
    # It is as split as it was: offered to nobody, finished after its tasks, and split no further than into five.
    second.dispatch_at = NOW
    factories.run_dispatch(session, second)
    assert second.state is TicketState.NEW
    refused(Refusal.TASKS_OPEN, lambda: tickets.finish(session, second, "好了", by=world.staff, now=LATER))
    more = [Task("再做一点", "lamp")] * 4
    refused(
        Refusal.HAS_TASKS,
        lambda: splitting.split(session, second, more, by=world.staff, channel="console", now=LATER),
    )
    event = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == second.id, TicketEvent.action == "take_over")
    ).one()
    assert event.facts["tasks"] == [done.short, left.short]
    tickets.finish(session, left, "好了", by=world.staff, now=LATER)
    tickets.finish(session, second, "都好了", by=world.staff, now=LATER)
    assert history.verify_history(session) is None


def test_a_task_is_offered_to_none_of_the_neighbours_whose_matter_it_is(session: Session, world: World) -> None:
    [whole] = told(session, world, 1)
    mine = factories.ticket(session, world.member, area=world.street.building)
    merging.merge(session, mine, whole, by=world.staff, now=NOW)
    [task] = splitting.split(session, whole, [Task("去劝一劝", "noise")], by=world.staff, channel="console", now=NOW)
    factories.run_dispatch(session, task)
    assert factories.notices(session, world.member, NoticeKind.OFFER) == []
    assert factories.notices(session, world.second_member, NoticeKind.OFFER)


def test_the_alarm_of_an_emergency_rings_once_however_it_is_split(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    splitting.split(session, ticket, [Task("拉警戒线", "other")], by=world.staff, channel="console", now=NOW)
    assert len(factories.notices(session, world.staff, NoticeKind.ALARM)) == 1


# ---------------------------------------------------------------- proposals


def test_a_pair_is_proposed_once(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    assert merging.propose(session, second, first, score=0.8, reasons=["place"], now=NOW)
    assert second.dispatch_at == NOW + merging.HOLD
    assert not merging.propose(session, second, first, score=0.9, reasons=["place"], now=LATER)
    assert factories.run_dispatch(session, second).state == "new"
    assert factories.run_dispatch(session, second, now=NOW + merging.HOLD).state == "offered"


def test_a_pair_that_is_not_sure_lies_on_the_desk_and_nobody_is_asked(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    merging.propose(session, second, first, score=0.6, reasons=[], now=NOW)
    assert len(merging.proposals_of(session, second)) == 1
    assert second.dispatch_at == NOW
    assert factories.notices(session, session.get_one(Person, second.reporter_id), NoticeKind.SAME_EVENT) == []


def test_what_is_urgent_is_not_held_for_the_answer(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    second.urgency = Urgency.URGENT
    merging.propose(session, second, first, score=0.8, reasons=[], now=NOW)
    assert second.dispatch_at == NOW


def test_the_desk_decides_what_the_reporter_was_asked(session: Session, world: World) -> None:
    first, second, third = told(session, world, 3)
    for each in (second, third):
        merging.propose(session, each, first, score=0.8, reasons=[], now=NOW)
    same, different = merging.proposals_of(session, first)
    refused(Refusal.NOT_YOURS, lambda: merging.say_different(session, different, by=world.staff_elsewhere, now=NOW))
    merging.say_same(session, same, by=world.staff, now=NOW)
    merging.say_different(session, different, by=world.staff, now=NOW)
    assert (second.merged_into_id, third.merged_into_id) == (first.id, None)
    assert (same.state, different.state) == (ProposalState.SAME, ProposalState.DIFFERENT)
    assert merging.proposals_of(session, first) == []
    refused(Refusal.SAME_OVER, lambda: merging.say_same(session, different, by=world.staff, now=NOW))
    for each in (second, third):
        person = session.get_one(Person, each.reporter_id)
        assert [notice.state for notice in factories.notices(session, person, NoticeKind.SAME_EVENT)] == ["dropped"]


def test_yes_to_a_matter_that_was_merged_meanwhile_joins_the_one_it_lives_on_in(session: Session, world: World) -> None:
    first, second, third = told(session, world, 3)
    merging.propose(session, third, second, score=0.8, reasons=[], now=NOW)
    merging.merge(session, second, first, by=world.staff, now=NOW)
    [pair] = session.scalars(select(Proposal))
    merging.say_same(session, pair, by=session.get_one(Person, third.reporter_id), now=NOW)
    assert third.merged_into_id == first.id
    assert pair.state == "same"


def test_yes_to_a_matter_that_was_merged_into_ones_own_changes_nothing(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    merging.propose(session, second, first, score=0.8, reasons=[], now=NOW)
    merging.merge(session, first, second, by=world.staff, now=NOW)
    [pair] = session.scalars(select(Proposal))
    by = session.get_one(Person, second.reporter_id)
    refused(Refusal.SAME_OVER, lambda: merging.say_same(session, pair, by=by, now=NOW))


def test_a_merge_by_hand_answers_the_question_too_and_its_undoing_is_for_good(session: Session, world: World) -> None:
    first, second = told(session, world, 2)
    merging.propose(session, second, first, score=0.8, reasons=[], now=NOW)
    merging.merge(session, second, first, by=world.staff, now=NOW)
    [pair] = session.scalars(select(Proposal))
    assert pair.state == "same"
    merging.unmerge(session, second, by=world.staff, now=NOW)
    assert pair.state == "different"
    assert not merging.propose(session, second, first, score=0.9, reasons=[], now=LATER)
