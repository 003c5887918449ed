"""What people earn, how it can be taken back and when it is over: every posting sums to zero, once, and stays."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import accounts, dispatch, earning, judging, people, photos, sharing, tickets
from models.accounts import EXPIRED, ISSUED, of_family, of_person
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.db import Database
from models.earning import Rules
from models.errors import Refusal, Refused
from models.ledger import Account, Entry, Posting, Unit, Why
from models.outbox import NoticeKind
from models.person import Person
from models.result import Result
from models.ticket import Evaluation, SetAside, Ticket
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world
from tests.models.test_races import at_once

RULES = Rules()
DAY = timedelta(days=1)


def whole(session: Session) -> None:
    """What holds whatever happens: every posting sums to zero, every balance is the sum of its entries."""
    session.flush()
    sums = (
        select(Entry.posting_id).group_by(Entry.posting_id).having((func.sum(Entry.amount) != 0) | (func.count() < 2))
    )
    assert session.scalars(sums).all() == []
    entries = dict(session.execute(select(Entry.account_id, func.sum(Entry.amount)).group_by(Entry.account_id)).all())
    for account_id, kind, balance in session.execute(select(Account.id, Account.kind, Account.balance)):
        if kind in ("person", "family"):
            assert balance == entries.get(account_id, 0)
            assert balance >= 0
    assert sum(entries.values()) == 0


def judged(
    session: Session, world: World, *, now: datetime = NOW, arrives: int | None = 10, takes: int = 60, answer: int = 1
) -> Ticket:
    """A report of the resident that the member took, did in `takes` minutes, and the resident judged."""
    ticket = factories.run_dispatch(
        session, factories.ticket(session, world.resident, area=world.street.building, now=now), now=now
    )
    tickets.accept(session, ticket, by=world.member, now=now)
    if arrives is not None:
        tickets.arrive(session, ticket, "", by=world.member, now=now + timedelta(minutes=arrives))
    done = now + timedelta(minutes=takes)
    tickets.finish(session, ticket, "说好了", by=world.member, now=done)
    judging.evaluate(session, ticket, answer, "", by=world.resident, now=done)
    return ticket


def run(session: Session, *, now: datetime, rules: Rules = RULES) -> int:
    """The job, once."""
    return sum(
        earning.earn(session, each, now=now, rules=rules)
        for each in earning.due(session, now=now, rules=rules, most=99)
    )


def has(session: Session, who: Person) -> tuple[int, int]:
    """Somebody's points and minutes."""
    points, minutes = (accounts.balance(session, of_person(who.id), unit) for unit in (Unit.POINTS, Unit.MINUTES))
    return points, minutes


def given(session: Session, who: Person, points: int, *, now: datetime = NOW, source: str = "") -> Posting:
    """Points out of nothing, for what comes afterwards."""
    accounts.switch_on(session, who, now=now)
    moves = {of_person(who.id): points, ISSUED: -points}
    found = accounts.post(
        session, Why.TASK, Unit.POINTS, moves, source=source or f"test:{who.id}:{now}:{points}", now=now
    )
    assert found is not None
    return found


def test_of_people_who_never_asked_for_it_nothing_is_written(session: Session, world: World) -> None:
    judged(session, world)
    assert run(session, now=NOW + 3 * DAY) == 0
    assert session.scalar(select(func.count()).select_from(Posting)) == 0


def test_a_task_that_was_judged_earns_points_and_the_minutes_since_the_arrival(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    accounts.switch_on(session, world.resident, now=NOW)
    judged(session, world)
    assert run(session, now=NOW + timedelta(hours=20)) == 0  # the judgement may still be changed
    assert run(session, now=NOW + 2 * DAY) == 1
    assert has(session, world.member) == (10, 50)
    assert has(session, world.resident) == (2, 0)
    whole(session)


def test_a_job_that_runs_twice_earns_nothing_twice(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    judged(session, world)
    [result_id] = earning.due(session, now=NOW + 2 * DAY, rules=RULES, most=9)
    assert earning.earn(session, result_id, now=NOW + 2 * DAY, rules=RULES)
    assert not earning.earn(session, result_id, now=NOW + 2 * DAY, rules=RULES)
    assert run(session, now=NOW + 3 * DAY) == 0
    assert has(session, world.member) == (10, 50)


def test_who_goes_along_earns_for_the_time_they_were_there(session: Session, world: World) -> None:
    for who in (world.member, world.second_member):
        accounts.switch_on(session, who, now=NOW)
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    tickets.accept(session, ticket, by=world.member, now=NOW)
    dispatch.ask_along(session, ticket, world.second_member, by=world.staff, now=NOW)
    tickets.accept(session, ticket, by=world.second_member, now=NOW + timedelta(minutes=20))
    done = NOW + timedelta(minutes=50)
    tickets.finish(session, ticket, "说好了", by=world.member, now=done)
    judging.evaluate(session, ticket, 1, "", by=world.resident, now=done)
    run(session, now=NOW + 2 * DAY)
    assert has(session, world.member) == (10, 50)
    assert has(session, world.second_member) == (10, 30)


def test_two_machines_that_credit_at_once_credit_once(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        accounts.switch_on(session, world.member, now=NOW)
        for index in range(3):
            judged(session, world, now=NOW + timedelta(minutes=index), takes=30)
        due = earning.due(session, now=NOW + 2 * DAY, rules=RULES, most=9)

    def credit(index: int) -> bool:
        with both.transaction() as session:
            return earning.earn(session, due[index % 3], now=NOW + 2 * DAY, rules=Rules(points_a_day=25))

    assert Counter(at_once(9, credit)) == {True: 3, False: 6}
    with both.reading() as session:
        assert has(session, world.member) == (25, 60)
        whole(session)


def test_what_was_done_before_somebody_took_part_earns_nothing(session: Session, world: World) -> None:
    judged(session, world)
    accounts.switch_on(session, world.member, now=NOW + DAY)
    run(session, now=NOW + 3 * DAY)
    assert has(session, world.member) == (0, 0)


def test_who_has_switched_it_off_again_is_not_written_about(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    judged(session, world)
    accounts.switch_off(session, world.member)
    run(session, now=NOW + 3 * DAY)
    assert has(session, world.member) == (0, 0)


def test_a_matter_that_was_not_solved_earns_nothing_until_it_is(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    ticket = judged(session, world, answer=3)
    assert run(session, now=NOW + 3 * DAY) == 0
    again = NOW + 3 * DAY
    tickets.finish(session, ticket, "这次好了", by=world.staff, now=again)
    judging.evaluate(session, ticket, 1, "", by=world.resident, now=again)
    run(session, now=again + 2 * DAY)
    # Staff mended it in the end.
    assert has(session, world.member) == (0, 0)


def test_without_an_arrival_an_hour_counts_at_most(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    judged(session, world, arrives=None, takes=300)
    run(session, now=NOW + 3 * DAY)
    assert has(session, world.member) == (10, 60)


def test_a_task_never_counts_for_more_than_its_most(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    judged(session, world, takes=600)
    run(session, now=NOW + 3 * DAY)
    assert has(session, world.member) == (10, 240)


def test_a_day_earns_no_more_than_its_most(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    for index in range(4):
        judged(session, world, now=NOW + timedelta(minutes=index), takes=30)
    run(session, now=NOW + 3 * DAY, rules=Rules(points_a_day=25, minutes_a_day=50))
    assert has(session, world.member) == (25, 50)
    whole(session)


def test_nobody_earns_by_their_own_reports(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    ticket = factories.run_dispatch(session, factories.ticket(session, world.member, area=world.street.building))
    tickets.finish(session, ticket, "好了", by=world.staff, now=NOW)
    ticket.assignee_id = world.member.id
    [result] = session.scalars(select(Result).where(Result.ticket_id == ticket.id))
    result.own_work = True
    judging.auto_close(session, ticket.id, now=NOW + 8 * DAY, days=7)
    assert run(session, now=NOW + 20 * DAY) == 0


def test_a_burst_of_judgements_earns_nothing_until_it_counts(session: Session, world: World) -> None:
    accounts.switch_on(session, world.member, now=NOW)
    ticket = judged(session, world)
    [evaluation] = session.scalars(select(Evaluation).where(Evaluation.ticket_id == ticket.id))
    evaluation.set_aside = SetAside.MANY_OF_ONE
    assert run(session, now=NOW + 3 * DAY) == 0
    evaluation.counted_at = NOW + 4 * DAY
    assert run(session, now=NOW + 5 * DAY) == 1
    assert has(session, world.member) == (10, 50)


def photo(session: Session, ticket: Ticket, looks: int | None, use: AttachmentUse = AttachmentUse.BEFORE) -> None:
    """A photo that came with a ticket and was stored; `looks` is its fingerprint."""
    sent = Attachment(
        ticket_id=ticket.id,
        person_id=ticket.reporter_id,
        channel="official",
        kind=AttachmentKind.IMAGE,
        use=use,
        fetch_at=NOW,
        sent_at=NOW,
    )
    session.add(sent)
    session.flush()
    photos.keep(session, sent.id, stored="one.jpg", fingerprint=looks, now=NOW)


def mended(session: Session, world: World, reporter: Person, *looks: int | None) -> None:
    """A report with photos that the member took and did, and the reporter judged."""
    ticket = factories.run_dispatch(session, factories.ticket(session, reporter, area=world.street.building))
    for each in looks:
        photo(session, ticket, each)
    tickets.accept(session, ticket, by=world.member, now=NOW)
    tickets.finish(session, ticket, "好了", by=world.member, now=NOW)
    photo(session, ticket, COVER, AttachmentUse.AFTER)
    judging.evaluate(session, ticket, 1, "", by=reporter, now=NOW)


COVER, LAMP = 0x0F1E2D3C4B5A6978, 0x5555_3333_0F0F_00FF


def test_one_photo_that_two_people_send_rewards_once(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        for who in (world.resident, world.stranger):
            accounts.switch_on(session, who, now=NOW)
        mended(session, world, world.resident, COVER)
        mended(session, world, world.stranger, COVER ^ 0b101)
        run(session, now=NOW + 2 * DAY)
        assert has(session, world.resident) == (2, 0)
        assert has(session, world.stranger) == (0, 0)
        whole(session)


@pytest.mark.parametrize(
    ("looks", "points"),
    [((COVER, COVER), 0), ((COVER, LAMP), 2), ((COVER, None), 2), ((LAMP, LAMP), 2), ((), 2)],
    ids=["copies", "one-is-new", "one-is-plain", "twice-the-same-new-one", "no-photo"],
)
def test_a_report_of_nothing_but_copies_earns_nothing(
    session: Session, world: World, looks: tuple[int | None, ...], points: int
) -> None:
    mended(session, world, world.resident, COVER)
    for who in (world.resident, world.member):
        accounts.switch_on(session, who, now=NOW)
    mended(session, world, world.stranger)
    run(session, now=NOW + 2 * DAY)
    before = has(session, world.resident)
    accounts.switch_on(session, world.stranger, now=NOW)
    mended(session, world, world.stranger, *looks)
    run(session, now=NOW + 2 * DAY)
    assert has(session, world.stranger) == (points, 0)
    assert has(session, world.resident) == before
    # Whoever mended it has done so three times.
    assert has(session, world.member)[0] == 30


# ---------------------------------------------------------------- postings


def test_a_posting_that_does_not_sum_to_zero_is_not_written(session: Session, world: World) -> None:
    for moves in ({of_person(1): 5}, {of_person(1): 5, ISSUED: -4}, {of_person(1): 0, ISSUED: 0}):
        with pytest.raises(accounts.Unbalanced):
            accounts.post(session, Why.TASK, Unit.POINTS, moves, source="x", now=NOW)


def test_nobody_spends_what_they_do_not_have(session: Session, world: World) -> None:
    given(session, world.member, 5)
    with pytest.raises(Refused) as refused:
        accounts.post(
            session, Why.SHARED, Unit.POINTS, {of_person(world.member.id): -6, EXPIRED: 6}, source="x", now=NOW
        )
    assert refused.value.reason is Refusal.NOT_ENOUGH
    assert has(session, world.member) == (5, 0)
    whole(session)


@pytest.mark.parametrize("change", ["UPDATE ledger_entries SET amount = 99", "DELETE FROM ledger_entries"])
def test_the_database_itself_refuses_to_rewrite_the_ledger(both: Database, change: str) -> None:
    with both.transaction() as session:
        given(session, build_world(session).member, 5)
    with pytest.raises(DBAPIError, match="only added to"), both.transaction() as session:
        session.execute(text(change))


def test_staff_take_a_mistake_back_once_with_a_reason(session: Session, world: World) -> None:
    posting = given(session, world.member, 10)
    with pytest.raises(Refused, match="reason_missing"):
        accounts.correct(session, posting, " ", by=world.staff, now=NOW)
    accounts.correct(session, posting, "记到了别人名下", by=world.staff, now=NOW)
    assert has(session, world.member) == (0, 0)
    with pytest.raises(Refused, match="corrected"):
        accounts.correct(session, posting, "再来一次", by=world.staff, now=NOW)
    [first, *_] = accounts.lines(session, of_person(world.member.id), Unit.POINTS, most=3)
    assert (first.amount, first.posting.reason, first.posting.by_id) == (-10, "记到了别人名下", world.staff.id)
    with pytest.raises(Refused, match="corrected"):
        accounts.correct(session, first.posting, "改回来", by=world.staff, now=NOW)
    whole(session)


def test_what_is_spent_already_is_not_taken_back(session: Session, world: World) -> None:
    posting = given(session, world.member, 10)
    accounts.post(session, Why.SHARED, Unit.POINTS, {of_person(world.member.id): -1, EXPIRED: 1}, source="x", now=NOW)
    with pytest.raises(Refused, match="not_enough"):
        accounts.correct(session, posting, "记错了", by=world.staff, now=NOW)
    whole(session)


# ---------------------------------------------------------------- expiry


def test_points_live_until_the_end_of_their_month_a_year_later_and_the_oldest_are_spent_first(
    session: Session, world: World
) -> None:
    member = world.member
    given(session, member, 10, now=datetime(2026, 11, 30, 15, tzinfo=NOW.tzinfo), source="november")
    given(session, member, 7, now=datetime(2026, 11, 30, 16, tzinfo=NOW.tzinfo), source="december in China")
    accounts.post(session, Why.SHARED, Unit.POINTS, {of_person(member.id): -4, EXPIRED: 4}, source="spent", now=NOW)
    [account] = session.scalars(select(Account.id).where(Account.owner_id == member.id))
    last = datetime(2027, 11, 30, 15, tzinfo=NOW.tzinfo)
    assert not accounts.expire(session, account, now=last, months=12)
    over = datetime(2027, 11, 30, 16, tzinfo=NOW.tzinfo)
    assert accounts.expire(session, account, now=over, months=12)
    assert not accounts.expire(session, account, now=over, months=12)
    assert has(session, member) == (7, 0)
    whole(session)


def test_a_family_is_told_together_and_whoever_left_the_ledger_is_left_alone(session: Session, world: World) -> None:
    given(session, world.member, 10)
    given(session, world.stranger, 10)
    family = sharing.accept(session, sharing.invite(session, world.member, now=NOW), by=world.resident, now=NOW)
    sharing.put_in(session, 10, by=world.member, now=NOW, source="put")
    accounts.switch_off(session, world.stranger)
    soon = datetime(2027, 11, 15, 2, tzinfo=NOW.tzinfo)
    assert accounts.to_warn(session, now=soon - 20 * DAY, months=12, days=30) == []
    [account] = accounts.to_warn(session, now=soon, months=12, days=30)
    assert accounts.warn(session, account, now=soon, months=12)
    assert not accounts.warn(session, account, now=soon, months=12)
    told = [len(factories.notices(session, who, NoticeKind.POINTS_EXPIRE)) for who in (world.member, world.resident)]
    assert told == [1, 1]
    over = datetime(2027, 12, 2, 2, tzinfo=NOW.tzinfo)
    assert [*accounts.expiring(session, accounts.expiry(over, 12))] == [account]
    accounts.expire(session, account, now=over, months=12)
    assert accounts.balance(session, of_family(family), Unit.POINTS) == 0
    assert has(session, world.stranger) == (10, 0)


def test_when_two_people_become_one_so_do_their_points(session: Session, world: World) -> None:
    given(session, world.member, 3)
    given(session, world.stranger, 4)
    sharing.join(session, world.member, world.stranger, now=NOW)
    people.join(session, world.member, world.stranger)
    assert has(session, world.member) == (7, 0)
    assert accounts.is_on(session, world.member.id)
    whole(session)


def test_whoever_is_erased_leaves_no_points_behind(session: Session, world: World) -> None:
    given(session, world.member, 3)
    accounts.erase(session, world.member, now=NOW)
    people.erase(session, world.member, now=NOW)
    assert has(session, world.member) == (0, 0)
    assert not accounts.is_on(session, world.member.id)
    whole(session)
