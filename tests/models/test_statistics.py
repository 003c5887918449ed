"""The three rates: a simple count over random histories agrees, and everything left out stands beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import callbacks, desk, judging, merging, pushing, results, splitting, statistics, summaries, tickets
from models.base import table
from models.category import Category
from models.clock import CHINA, local
from models.db import Database
from models.errors import Refused
from models.figure import SUMS, SummedMonth
from models.measures import Key
from models.result import CallBack, CallState, Figure, Result, SummedDay
from models.splitting import Task
from models.statistics import JUDGED, LEFT_OUT, Rates, Share
from models.ticket import Evaluation, SetAside, Ticket, TicketEvent, TicketState
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

DAY = timedelta(days=1)
CHUNKS = (
    "finish", "own", "ask", "judge1", "judge2", "judge3", "change", "call", "withdraw", "reject", "merge", "flag", "wait",
    "finish judge3", "finish ask judge1", "finish judge2 flag", "finish judge3 change", "finish wait wait close",
    "finish ask wait wait close call", "assign", "assign finish judge3", "finish withdraw", "own wait wait close", "finish judge3 withdraw",
)  # fmt: skip
"""What often comes together, so that long lives are common."""


@contextmanager
def forgotten(database: Database) -> Iterator[tuple[Session, World]]:
    with database.reading() as session:
        yield session, build_world(session)


def live(session: Session, world: World, ticket: Ticket, step: str, now: datetime) -> None:
    """One thing that may happen to a ticket; what the rules refuse does not."""
    reporter = world.resident if ticket.reporter_id == world.resident.id else world.member
    match step:
        case "finish":
            tickets.finish(session, ticket, "好了", by=world.staff, now=now)
        case "own":
            ticket.assignee_id = ticket.reporter_id
            tickets.finish(session, ticket, "好了", by=world.staff, now=now)
        case "ask":
            if ticket.state is TicketState.RESOLVED:
                results.asked(session, ticket.id, ticket.reporter_id, now=now)
        case "judge1" | "judge2" | "judge3":
            judging.evaluate(session, ticket, int(step[-1]), "", by=reporter, now=now)
        case "change":
            judging.reevaluate(session, ticket, 1, "", by=reporter, now=now, hours=24)
        case "close":
            judging.auto_close(session, ticket.id, now=now, days=7)
        case "call":
            result = results.current(session, ticket)
            drawn = result and session.scalar(select(CallBack.id).where(CallBack.result_id == result.id))
            if result is not None and drawn is None and ticket.state is TicketState.CLOSED:
                call_back = CallBack(
                    result_id=result.id,
                    ticket_id=ticket.id,
                    community_id=ticket.community_id,
                    week=local(now).date(),
                    state=CallState.OPEN,
                    tries=0,
                    drawn_at=now,
                )
                session.add(call_back)
                session.flush()
                callbacks.record(session, call_back, 1 + ticket.id % 3, "", by=world.street_staff, now=now)
        case "withdraw":
            tickets.withdraw(session, ticket, "", by=reporter, now=now)
        case "reject":
            desk.reject(session, ticket, "不归我们", by=world.staff, now=now)
        case "correct":
            other = "noise" if ticket.category == "lamp" else "lamp"
            tickets.correct_category(session, ticket, session.get_one(Category, other), "", by=world.staff, now=now)
        case "assign":
            desk.assign(session, ticket, "城管", "", by=world.staff, now=now)
        case "merge":
            into = factories.ticket(session, world.stranger, area=world.street.other_estate, now=now)
            merging.merge(session, ticket, into, by=world.street_staff, now=now)
        case "flag":
            for evaluation in session.scalars(select(Evaluation).where(Evaluation.ticket_id == ticket.id)):
                evaluation.set_aside = SetAside.MANY_AT_ONCE
        case _:
            pass


def counted(session: Session, ticket: Ticket, since: datetime, until: datetime) -> Counter[Figure]:
    """The slow and simple count: one ticket's own history, read line by line."""
    found: Counter[Figure] = Counter()
    lines = list(
        session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.version))
    )
    rounds, first_answer, last = 0, None, None
    ended: tuple[Figure, datetime] | None = None
    for line in lines:
        if line.action == "finish":
            first_answer = first_answer or line.at
            if since <= line.at < until:
                last = (rounds, line.at)
        if line.action in ("reopen", "call_reopen"):
            rounds += 1
        if line.action == "reevaluate" and line.before in ("new", "offered"):
            rounds -= 1
        if line.action in ("merge", "reject", "withdraw"):
            never = line.action != "withdraw" or line.before != "resolved"
            word = {"merge": Figure.MERGED, "reject": Figure.REJECTED, "withdraw": Figure.WITHDRAWN}[line.action]
            # What was merged may be withdrawn afterwards: it ends once.
            ended = (word, line.at) if never else None
    if ended is not None and since <= ended[1] < until:
        found[ended[0]] += 1
    if last is None:
        return found
    number = last[0]
    result = session.scalars(select(Result).where(Result.ticket_id == ticket.id, Result.round == number)).one()
    said = session.scalar(
        select(Evaluation).where(
            Evaluation.ticket_id == ticket.id, Evaluation.round == number, Evaluation.person_id == ticket.reporter_id
        )
    )
    found[Figure.IN_TIME] += first_answer is not None and first_answer <= ticket.promised_at
    if said is not None:
        found[Figure.BY_CALL] += said.source.value == "call_back"
        word = {1: Figure.SATISFIED, 2: Figure.SOLVED_ONLY, 3: Figure.UNSOLVED}[said.answer]
        found[Figure.SET_ASIDE if said.set_aside and not said.counted_at else word] += 1
    elif ticket.state is TicketState.WITHDRAWN and rounds == number:
        found[Figure.WITHDRAWN_AFTER] += 1
    elif result.own_work:
        found[Figure.OWN_WORK] += 1
    elif any(line.action == "auto_close" for line in lines):
        found[Figure.SILENT if result.asked_at else Figure.UNREACHABLE] += 1
    else:
        found[Figure.WAITING if result.asked_at else Figure.NOT_ASKED] += 1
    return found


lives = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.lists(st.sampled_from(CHUNKS), max_size=4)), min_size=1, max_size=5
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=lives, first=st.integers(0, 20), days=st.integers(1, 30))
def test_a_simple_count_over_random_histories_agrees(
    database: Database, lives: list[tuple[bool, bool, list[str]]], first: int, days: int
) -> None:
    with forgotten(database) as (session, world):
        mine = []
        for lamp, here, steps in lives:
            ticket = factories.ticket(
                session,
                world.resident,
                category="lamp" if lamp else "noise",
                area=world.street.building if here else None,
            )
            mine.append(ticket)
            now = NOW
            for step in " ".join(steps).split():
                now += 4 * DAY if step in ("wait", "close") else timedelta(hours=5)
                with session.begin_nested(), suppress(Refused):
                    live(session, world, ticket, step, now)
                session.flush()
        since = NOW + first * DAY
        until = since + days * DAY
        found = statistics.figures(
            session, since=since, until=until, communities=[world.street.community.id], nowhere=True
        )
        expected: dict[tuple[int | None, str], Counter[Figure]] = {}
        for ticket in mine:
            counts = counted(session, ticket, since, until)
            if +counts:
                expected.setdefault((ticket.community_id, ticket.category), Counter()).update(counts)
        assert {key: dict(+counts) for key, counts in found.items() if +counts} == {
            key: dict(+counts) for key, counts in expected.items()
        }
        rates = statistics.total(found)
        assert rates.finished == sum(rates.counts[each] for each in (*JUDGED, *LEFT_OUT))
        assert rates.satisfied.part <= rates.solved.part <= rates.solved.whole <= rates.finished
        _agree_with_sums(session, world, mine, first, days)


def _agree_with_sums(session: Session, world: World, mine: list[Ticket], first: int, days: int) -> None:
    """Figures made from sums of days are those that were counted, and stay so when something happens late."""
    since = datetime.combine(local(NOW).date() + first * DAY, time(), CHINA)
    until = since + days * DAY

    def count() -> dict[Key, dict[str, int]]:
        found = statistics.collect(
            session, since=since, until=until, communities=[world.street.community.id], nowhere=True
        )
        return {key: dict(+counts) for key, counts in found.items() if +counts}

    with session.begin_nested(), suppress(Refused):
        live(session, world, mine[-1], "correct", NOW + 25 * DAY)
    for ticket in mine:
        factories.run_dispatch(session, ticket, now=NOW + timedelta(hours=1))
    summaries.follow(session, now=NOW + timedelta(days=200), most=5000)
    counted_all = count()
    for day in {local(each).date() for each in session.scalars(select(TicketEvent.at))}:
        summaries.sum_up(session, day)
    session.flush()
    assert count() == counted_all
    for step in ("finish", "judge3", "correct", "assign", "finish", "withdraw"):
        with session.begin_nested(), suppress(Refused):
            live(session, world, mine[0], step, until - timedelta(minutes=5))
        session.flush()
    by_sums = count()
    forget_sums(session)
    assert count() == by_sums


def forget_sums(session: Session) -> None:
    for each in (SUMS, table(SummedDay), table(SummedMonth)):
        session.execute(delete(each))


def test_the_rates_are_what_the_page_says(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        answers = [1] * 6 + [2] * 2 + [3] * 2 + [0] * 5
        for number, answer in enumerate(answers):
            ticket = factories.ticket(session, world.resident, area=world.street.building)
            late = number < 3
            now = NOW + (30 * DAY if late else timedelta(hours=1))
            tickets.finish(session, ticket, "好了", by=world.staff, now=now)
            if answer:
                judging.evaluate(session, ticket, answer, "", by=world.resident, now=now)
    with both.reading() as session:
        found = statistics.figures(
            session, since=NOW, until=NOW + 60 * DAY, communities=[world.street.community.id], nowhere=False
        )
        rates = statistics.total(found)
        assert (rates.answered, rates.solved, rates.satisfied) == (Share(12, 15), Share(8, 10), Share(6, 10))
        assert [share.percent for share in (rates.answered, rates.solved, rates.satisfied)] == [80.0, 80.0, 60.0]
        assert rates.counts[Figure.NOT_ASKED] == 5
        elsewhere = statistics.figures(
            session, since=NOW, until=NOW + 60 * DAY, communities=[world.street.other_community.id], nowhere=True
        )
        assert elsewhere == {}


def test_a_ticket_finished_twice_counts_once_by_its_last_result_of_the_period(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    tickets.finish(session, ticket, "好了", by=world.staff, now=NOW)
    judging.evaluate(session, ticket, 3, "", by=world.resident, now=NOW)
    tickets.finish(session, ticket, "这回好了", by=world.staff, now=NOW + 10 * DAY)
    judging.evaluate(session, ticket, 1, "", by=world.resident, now=NOW + 10 * DAY)

    def rates(first: int, last: int) -> tuple[int, Share]:
        here = [world.street.community.id]
        since, until = NOW + first * DAY, NOW + last * DAY
        found = statistics.figures(session, since=since, until=until, communities=here, nowhere=False)
        return statistics.total(found).finished, statistics.total(found).solved

    assert rates(0, 20) == (1, Share(1, 1))
    assert rates(0, 5) == (1, Share(0, 1)), "the first result stays what it was in its own period"
    assert rates(5, 20) == (1, Share(1, 1))


def rates_of(session: Session, world: World) -> Rates:
    here = [world.street.community.id]
    return statistics.total(
        statistics.figures(session, since=NOW, until=NOW + 60 * DAY, communities=here, nowhere=False)
    )


def test_a_matter_that_was_split_counts_once_by_its_reporter_and_its_tasks_stand_beside(
    session: Session, world: World
) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    parts = [Task("去劝一劝", "noise"), Task("换灯泡", "lamp"), Task("用不着的", "lamp")]
    *done, left = splitting.split(session, ticket, parts, by=world.staff, channel="console", now=NOW)
    for task in done:
        tickets.finish(session, task, "好了", by=world.street_staff, now=NOW)
        judging.evaluate(session, task, 1, "", by=world.staff, now=NOW)
    tickets.withdraw(session, left, "用不着了", by=world.staff, now=NOW)
    assert rates_of(session, world).counts == {Figure.PART: 2}, "staff said yes, and nobody else"
    tickets.finish(session, ticket, "都好了", by=world.staff, now=NOW)
    assert rates_of(session, world).judged == 0
    judging.evaluate(session, ticket, 2, "", by=world.resident, now=NOW)
    rates = rates_of(session, world)
    assert (rates.answered, rates.solved, rates.satisfied) == (Share(1, 1), Share(1, 1), Share(0, 1))
    assert (rates.finished, rates.counts[Figure.PART]) == (1, 2)


def test_a_department_does_not_judge_its_own_task_into_the_rates(session: Session, world: World) -> None:
    community, party = pushing.community_named(session, "香樟社区", by=world.clerk)
    pushing.add_entry(session, community, "养犬宣传", session.get_one(Category, "other"))
    task = pushing.push_down(
        session, community, party, "养犬宣传，周末摆摊", by=world.clerk, channel="console", now=NOW
    )
    assert isinstance(task, Ticket)
    tickets.finish(session, task, "摆了两天", by=world.staff, now=NOW)
    judging.evaluate(session, task, 3, "", by=world.clerk, now=NOW)
    assert rates_of(session, world).counts == {Figure.PUSHED_DOWN: 1}
    tickets.finish(session, task, "又摆了两天", by=world.staff, now=NOW)
    judging.evaluate(session, task, 1, "", by=world.clerk, now=NOW)
    assert rates_of(session, world).counts == {Figure.PUSHED_DOWN: 1}


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 0, None), (4, 4, None), (4, 5, 80.0), (1, 3, None), (5, 7, 71.4)]
)
def test_a_share_of_few_is_no_percentage(part: int, whole: int, percent: float | None) -> None:
    assert Share(part, whole).percent == percent


def test_nothing_happened_is_no_rate() -> None:
    rates = Rates(Counter())
    assert [share.percent for share in (rates.answered, rates.solved, rates.satisfied)] == [None, None, None]
