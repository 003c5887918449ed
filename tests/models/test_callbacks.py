"""Call-backs: who is drawn, what is recorded, and judgements that came in bursts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import bursts, callbacks, dispatch, history, judging, results, statistics, tickets
from models.calendar import due
from models.db import Database
from models.errors import Refusal, Refused
from models.person import Person
from models.result import CallBack, CallState, Figure, Result
from models.ticket import Ending, Evaluation, EvaluationSource, SetAside, Ticket, TicketState, TicketWords, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

DAY = timedelta(days=1)
WEEK = date(2026, 11, 30)
"""The week in which what was finished at NOW, a Monday, is closed."""
NEXT_MONDAY = NOW + 14 * DAY


def finished(session: Session, world: World, *, by: Person | None = None, reporter: Person | None = None) -> Ticket:
    ticket = factories.ticket(session, reporter or world.resident, area=world.street.building)
    return tickets.finish(session, ticket, "说好了", by=by or world.staff, now=NOW)


def silent(session: Session, world: World, count: int, *, asked: bool = True) -> list[Ticket]:
    found = [finished(session, world) for _ in range(count)]
    for ticket in found:
        if asked:
            results.asked(session, ticket.id, ticket.reporter_id, now=NOW)
        assert judging.auto_close(session, ticket.id, now=NOW + 7 * DAY, days=7)
    return found


def draw(session: Session, *, share: float = 0.2, at_least: int = 1) -> int:
    return callbacks.draw(session, now=NEXT_MONDAY, share=share, at_least=at_least)


def drawn(session: Session) -> set[int]:
    return set(session.scalars(select(CallBack.ticket_id)))


def test_a_share_is_drawn_and_at_least_so_many(session: Session, world: World) -> None:
    silent(session, world, 20)
    assert draw(session, share=0.2, at_least=1) == 4
    assert draw(session, share=1.0, at_least=50) == 0, "a week is drawn once"
    assert {row.week for row in session.scalars(select(CallBack))} == {WEEK}


def test_where_there_are_few_all_are_called(session: Session, world: World) -> None:
    found = silent(session, world, 3, asked=False)
    assert draw(session, share=0.2, at_least=5) == 3
    assert drawn(session) == {ticket.id for ticket in found}


def test_the_lots_decide_and_give_the_same_sample_again(session: Session, world: World) -> None:
    silent(session, world, 30)
    draw(session, share=0.3)
    first = drawn(session)
    lots = session.execute(select(Result.lot, Result.ticket_id).order_by(Result.lot)).all()
    assert first == {ticket_id for _, ticket_id in lots[:9]}
    for row in session.scalars(select(CallBack)):
        session.delete(row)
    draw(session, share=0.3)
    assert drawn(session) == first


def test_nothing_is_drawn_before_the_week_is_over(session: Session, world: World) -> None:
    silent(session, world, 3)
    assert callbacks.draw(session, now=NEXT_MONDAY - DAY, share=1, at_least=1) == 0


def test_who_judged_and_who_was_erased_is_not_called(session: Session, world: World) -> None:
    judged = finished(session, world)
    judging.evaluate(session, judged, 1, "", by=world.resident, now=NOW)
    [erased] = silent(session, world, 1)
    session.get_one(Person, erased.reporter_id).erased_at = NOW
    assert draw(session) == 0


def test_own_work_is_always_called_about_and_by_somebody_else(session: Session, world: World) -> None:
    own = finished(session, world, reporter=world.staff)
    silent(session, world, 10)
    judging.auto_close(session, own.id, now=NOW + 7 * DAY, days=7)
    assert draw(session, share=0, at_least=1) == 2
    call_back = session.scalars(select(CallBack).where(CallBack.ticket_id == own.id)).one()
    with pytest.raises(Refused) as refused:
        callbacks.record(session, call_back, 1, "", by=world.staff, now=NEXT_MONDAY)
    assert refused.value.reason is Refusal.OWN_WORK
    callbacks.record(session, call_back, 1, "", by=world.street_staff, now=NEXT_MONDAY)
    assert own.ending is Ending.CALLED_BACK


def test_nobody_is_called_about_a_task_or_about_what_a_department_pushed_down(session: Session, world: World) -> None:
    whole, task, pushed = (factories.ticket(session, world.resident, area=world.street.building) for _ in range(3))
    task.parent_id, pushed.origin = whole.id, "城管"
    for each in (task, pushed):
        tickets.finish(session, each, "好了", by=world.staff, now=NOW)
        assert judging.auto_close(session, each.id, now=NOW + 7 * DAY, days=7)
    assert draw(session, at_least=9) == 0


def test_an_emergency_nobody_judged_is_called_about_though_it_is_never_closed(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    tickets.finish(session, ticket, "救出来了", by=world.staff, now=NOW)
    assert results.lapse_emergencies(session, now=NOW + 6 * DAY, days=7) == 0
    assert [results.lapse_emergencies(session, now=NOW + 7 * DAY, days=7) for _ in range(2)] == [1, 0]
    assert draw(session) == 1
    assert ticket.state.value == "resolved"
    call_back = session.scalars(select(CallBack)).one()
    callbacks.record(session, call_back, 1, "很及时", by=world.street_staff, now=NEXT_MONDAY)
    assert ticket.state.value == "closed"


def _one(session: Session, world: World) -> tuple[Ticket, CallBack]:
    [ticket] = silent(session, world, 1)
    draw(session)
    return ticket, session.scalars(select(CallBack)).one()


@pytest.mark.parametrize("answer", [1, 2])
def test_what_was_said_on_the_telephone_is_recorded_as_that(session: Session, world: World, answer: int) -> None:
    ticket, call_back = _one(session, world)
    callbacks.record(session, call_back, answer, "就是慢了点", by=world.street_staff, now=NEXT_MONDAY)
    evaluation = session.scalars(select(Evaluation)).one()
    assert (evaluation.answer, evaluation.source) == (answer, EvaluationSource.CALL_BACK)
    assert evaluation.person_id == world.resident.id
    assert (ticket.state, ticket.ending) == (TicketState.CLOSED, Ending.CALLED_BACK)
    event = ticket.events[-1]
    assert (event.action, event.by_id, event.facts) == ("call_back", world.street_staff.id, {"answer": answer})
    assert session.get_one(TicketWords, event.words_id).person_id == world.resident.id, "erased with their own words"
    assert history.verify_history(session) is None
    with pytest.raises(Refused) as refused:
        callbacks.record(session, call_back, 3, "", by=world.street_staff, now=NEXT_MONDAY)
    assert refused.value.reason is Refusal.CHANGED


def test_not_solved_on_the_telephone_reopens_and_the_second_time_one_level_up(session: Session, world: World) -> None:
    ticket, call_back = _one(session, world)
    callbacks.record(session, call_back, 3, "还是吵", by=world.street_staff, now=NEXT_MONDAY)
    # Nobody is late at once: the limits begin anew, as after a 3 in the chat.
    assert (ticket.accept_by, ticket.finish_by) == (due(NEXT_MONDAY, "2h"), due(NEXT_MONDAY, "7wd"))
    assert (ticket.state, ticket.reopened, ticket.level.value) == (TicketState.NEW, 1, "estate")
    tickets.finish(session, ticket, "又说了一次", by=world.staff, now=NEXT_MONDAY)
    judging.evaluate(session, ticket, 3, "", by=world.resident, now=NEXT_MONDAY)
    assert (ticket.state, ticket.reopened, ticket.level.value) == (TicketState.NEW, 2, "community")


def test_three_times_nobody_answers_and_it_is_left(session: Session, world: World) -> None:
    ticket, call_back = _one(session, world)
    for attempt in (1, 2, 3):
        assert call_back.state is CallState.OPEN
        callbacks.not_reached(session, call_back, by=world.street_staff, now=NEXT_MONDAY + attempt * DAY)
    assert (call_back.state, call_back.tries, call_back.by_id) == (CallState.NOT_REACHED, 3, world.street_staff.id)
    assert [event.facts["try"] for event in ticket.events if event.action == "not_reached"] == [1, 2, 3]
    with pytest.raises(Refused):
        callbacks.not_reached(session, call_back, by=world.street_staff, now=NEXT_MONDAY)


def test_who_looks_at_a_number_stands_in_the_history(session: Session, world: World) -> None:
    ticket, call_back = _one(session, world)
    callbacks.see_phone(session, call_back, by=world.street_staff, now=NEXT_MONDAY)
    assert [(event.action, event.by_id) for event in ticket.events][-1] == ("see_phone", world.street_staff.id)
    for stranger in (world.staff_elsewhere, world.clerk, world.resident, world.former_staff):
        with pytest.raises(Refused):
            callbacks.see_phone(session, call_back, by=stranger, now=NEXT_MONDAY)


def test_two_machines_draw_one_sample(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        silent(session, world, 10)
    for _ in range(2):
        with both.transaction() as session:
            draw(session)
    with both.reading() as session:
        assert len(drawn(session)) == 2


# ---------------------------------------------------------------- bursts


def judged(session: Session, world: World, *, minutes: int, count: int, worker: Person, by: Person) -> None:
    for number in range(count):
        ticket = finished(session, world, by=worker, reporter=by)
        judging.evaluate(session, ticket, 1, "", by=by, now=NOW + timedelta(minutes=minutes * number))


def set_aside(session: Session, *, an_hour: int = 8, of_one_a_day: int = 100) -> list[SetAside | None]:
    results.set_aside_bursts(session, now=NOW + DAY, an_hour=an_hour, of_one_a_day=of_one_a_day)
    return list(session.scalars(select(Evaluation.set_aside).order_by(Evaluation.id)))


def test_judgements_in_a_burst_are_set_aside_all_of_them(session: Session, world: World) -> None:
    judged(session, world, minutes=2, count=10, worker=world.staff, by=world.resident)
    judged(session, world, minutes=2, count=3, worker=world.staff, by=world.stranger)
    assert set_aside(session) == [SetAside.MANY_AT_ONCE] * 10 + [None] * 3
    assert results.set_aside_bursts(session, now=NOW + DAY, an_hour=8, of_one_a_day=100) == 0


def test_as_many_over_a_day_are_none(session: Session, world: World) -> None:
    judged(session, world, minutes=10, count=20, worker=world.staff, by=world.resident)
    assert set_aside(session) == [None] * 20


def test_many_judgements_of_one_persons_work_in_a_day_are_set_aside(session: Session, world: World) -> None:
    judged(session, world, minutes=60, count=9, worker=world.staff, by=world.resident)
    judged(session, world, minutes=60, count=6, worker=world.street_staff, by=world.resident)
    assert set_aside(session, of_one_a_day=8) == [SetAside.MANY_OF_ONE] * 9 + [None] * 6


def test_what_staff_record_from_calls_is_never_a_burst(session: Session, world: World) -> None:
    silent(session, world, 12)
    draw(session, share=1)
    for call_back in session.scalars(select(CallBack)).all():
        callbacks.record(session, call_back, 1, "", by=world.street_staff, now=NOW + 7 * DAY)
    assert results.set_aside_bursts(session, now=NOW + 8 * DAY, an_hour=3, of_one_a_day=3) == 0


def test_what_staff_say_of_their_own_tasks_is_never_a_burst(session: Session, world: World) -> None:
    judged(session, world, minutes=2, count=10, worker=world.staff, by=world.resident)
    for ticket in session.scalars(select(Ticket)):
        ticket.origin = "城管"
    assert set_aside(session) == [None] * 10


def _flagged(session: Session) -> list[Evaluation]:
    set_aside(session)
    return list(session.scalars(select(Evaluation).order_by(Evaluation.id)))


def test_what_turns_out_to_be_true_counts_after_all_and_is_not_flagged_again(session: Session, world: World) -> None:
    judged(session, world, minutes=2, count=10, worker=world.staff, by=world.resident)
    found = _flagged(session)
    ids = [each.id for each in found[:4]]

    def counts() -> statistics.Rates:
        return statistics.total(
            statistics.figures(
                session, since=NOW - DAY, until=NOW + DAY, communities=[world.street.community.id], nowhere=False
            )
        )

    assert (counts().judged, counts().counts[Figure.SET_ASIDE]) == (0, 10)
    assert bursts.count_after_all(session, ids, "打电话问过，都是她报的", by=world.street_staff, now=NOW + DAY) == 4
    assert bursts.count_after_all(session, ids, "又按了一次", by=world.street_staff, now=NOW + DAY) == 0
    assert (counts().satisfied.part, counts().counts[Figure.SET_ASIDE]) == (4, 6)
    assert set_aside(session) == [SetAside.MANY_AT_ONCE] * 10
    assert [each.counted_at is not None for each in found] == [True] * 4 + [False] * 6
    line = session.get_one(Ticket, found[0].ticket_id).events[-1]
    assert (line.action, line.by_id, line.facts["was"]) == ("count_after_all", world.street_staff.id, "many_at_once")
    words = session.get_one(TicketWords, line.words_id)
    assert words.text == "打电话问过，都是她报的"
    assert history.verify_history(session) is None


def test_only_the_street_decides_and_nobody_about_their_own_work(session: Session, world: World) -> None:
    judged(session, world, minutes=2, count=10, worker=world.street_staff, by=world.resident)
    [first, *_] = _flagged(session)
    for by, why, refusal in (
        (world.staff, "真的", Refusal.NOT_YOURS),
        (world.staff_elsewhere, "真的", Refusal.NOT_YOURS),
        (world.resident, "真的", Refusal.OWN_WORK),
    ):
        with pytest.raises(Refused) as refused:
            bursts.count_after_all(session, [first.id], why, by=by, now=NOW + DAY)
        assert refused.value.reason is refusal
        session.expire_all()
    for evaluation in session.scalars(select(Evaluation)):
        ticket = session.get_one(Ticket, evaluation.ticket_id)
        ticket.assignee_id = world.street_staff.id
    with pytest.raises(Refused) as refused:
        bursts.count_after_all(session, [first.id], "真的", by=world.street_staff, now=NOW + DAY)
    assert refused.value.reason is Refusal.OWN_WORK


def test_a_reason_is_needed(session: Session, world: World) -> None:
    judged(session, world, minutes=2, count=10, worker=world.staff, by=world.resident)
    [first, *_] = _flagged(session)
    with pytest.raises(Refused) as refused:
        bursts.count_after_all(session, [first.id], " ", by=world.street_staff, now=NOW + DAY)
    assert refused.value.reason is Refusal.REASON_MISSING


# ---------------------------------------------------------------- whose work it was, and announced results


def test_who_gave_a_task_back_or_did_an_earlier_round_may_judge_what_others_did(session: Session, world: World) -> None:
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    tickets.accept(session, ticket, by=world.member, now=NOW)
    assert results.workers(session, ticket) == {world.member.id}
    tickets.release(session, ticket, "有事", by=world.member, now=NOW)
    assert results.workers(session, ticket) == frozenset()
    tickets.finish(session, ticket, "说好了", by=world.staff, now=NOW)
    assert results.workers(session, ticket) == {world.staff.id}
    judging.evaluate(session, ticket, 3, "", by=world.resident, now=NOW)
    assert results.workers(session, ticket) == frozenset()


def test_whoever_goes_along_did_it_too(session: Session, world: World) -> None:
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    tickets.accept(session, ticket, by=world.member, now=NOW)
    dispatch.ask_along(session, ticket, world.second_member, by=world.staff, now=NOW)
    tickets.accept(session, ticket, by=world.second_member, now=NOW)
    tickets.finish(session, ticket, "说好了", by=world.member, now=NOW)
    assert results.workers(session, ticket) == {world.member.id, world.second_member.id}


def test_a_few_of_what_an_announcement_answered_are_called_beside_the_others(session: Session, world: World) -> None:
    found = silent(session, world, 30)
    for result in session.scalars(select(Result).where(Result.ticket_id.in_([each.id for each in found[:20]]))):
        result.announced = True
    assert draw(session, share=0.2, at_least=3) == 6
    announced = {each.id for each in found[:20]}
    assert len(drawn(session) & announced) == 3
    assert len(drawn(session) - announced) == 3
