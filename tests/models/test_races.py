"""Many at once: the database decides, and exactly one of them has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier

from sqlalchemy import func, select

from models import (
    area_edits,
    dispatch,
    finding,
    history,
    judging,
    merging,
    opening,
    people,
    posts,
    tickets,
    transitions,
)
from models.area import Area
from models.db import Database
from models.errors import Refusal, Refused
from models.offer import Offer, OfferState
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Code, CodeKind, Identity, Person, RoleKind
from models.proposal import Proposal
from models.rider import Title
from models.ticket import Ticket, TicketEvent, TicketState
from nlp import lists
from nlp.area_list import AreaList
from tests import factories
from tests.factories import NOW

PEOPLE = 20


def at_once(count: int, what: Callable[[int], object]) -> list[object]:
    """What `count` threads got that all began at the same instant; a refusal is its reason."""
    barrier = Barrier(count)

    def run(index: int) -> object:
        barrier.wait()
        try:
            return what(index)
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_exactly_one_of_twenty_neighbours_who_accept_at_once_gets_the_task(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        members = [factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"]) for _ in range(PEOPLE)]
        ticket = factories.ticket(session, factories.person(session), area=here.building)
        factories.run_dispatch(session, ticket, rules=dispatch.Rules(normal=dispatch.WavePlan((PEOPLE,), 30)))
        session.query(Notice).update({"state": NoticeState.SENT})
        ids, ticket_id = [member.id for member in members], ticket.id

    def accept(index: int) -> str:
        with both.transaction() as session:
            by = session.get_one(Person, ids[index])
            tickets.accept(session, finding.find(session, "1", by=by), by=by, now=NOW)
            return "has it"

    got = Counter(at_once(PEOPLE, accept))
    assert got["has it"] == 1
    assert got[Refusal.TAKEN] + got[Refusal.OFFER_OVER] == PEOPLE - 1
    with both.reading() as session:
        events = session.scalars(select(TicketEvent.action).where(TicketEvent.ticket_id == ticket_id)).all()
        assert Counter(events)["accept"] == 1
        [winner] = session.scalars(select(Offer.person_id).where(Offer.state == OfferState.ACCEPTED))
        assert session.get_one(Ticket, ticket_id).assignee_id == winner
        told = Counter(session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.TAKEN)))
        assert set(told) == set(ids) - {winner}
        assert set(told.values()) == {1}
        assert session.scalar(select(func.count()).where(Offer.state == OfferState.OPEN)) == 0
        assert history.verify_history(session) is None


def test_of_four_who_take_a_post_at_once_twice_each_as_many_hold_it_as_are_wanted(both: Database) -> None:
    with both.transaction() as session:
        here = factories.street(session)
        ids = [factories.somebody(session, RoleKind.MEMBER, here.community).id for _ in range(4)]
        post_id = posts.make(session, posts.Draft("灯岗", here.estate.id, ["lamp"], 2), now=NOW).id

    def take(index: int) -> str:
        with both.transaction() as session:
            posts.claim(session, post_id, by=session.get_one(Person, ids[index % 4]), now=NOW)
            return "holds it"

    assert Counter(at_once(8, take)) == {"holds it": 4, Refusal.POST_FULL: 4}
    with both.reading() as session:
        assert len(session.scalars(select(Title.person_id).where(Title.post_id == post_id)).all()) == 2


def test_of_twenty_who_accept_a_visit_at_once_one_has_it_and_one_goes_along(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        factories.category(session, "care", skills=["调解"]).needs = 2
        here = factories.street(session)
        members = [factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"]) for _ in range(PEOPLE)]
        ticket = factories.ticket(session, factories.person(session), category="care", area=here.building)
        factories.run_dispatch(session, ticket, rules=dispatch.Rules(normal=dispatch.WavePlan((PEOPLE,), 30)))
        ids, ticket_id = [member.id for member in members], ticket.id

    def accept(index: int) -> str:
        with both.transaction() as session:
            by = session.get_one(Person, ids[index])
            return f"{tickets.accept(session, finding.find(session, '1', by=by), by=by, now=NOW).assignee_id == by.id}"

    got = Counter(at_once(PEOPLE, accept))
    assert (got["True"], got["False"]) == (1, 1)
    assert got[Refusal.TAKEN] + got[Refusal.OFFER_OVER] == PEOPLE - 2
    with both.reading() as session:
        [helper] = transitions.helpers_of(session, session.get_one(Ticket, ticket_id))
        assert helper != session.get_one(Ticket, ticket_id).assignee_id
        assert history.verify_history(session) is None


def test_ten_tickets_dispatched_at_once_go_beyond_nobodys_limit(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        members = [factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"]) for _ in range(5)]
        for member in members:
            member.most_offers = 2
        waiting = [factories.ticket(session, factories.person(session), area=here.building).id for _ in range(10)]

    def run(index: int) -> None:
        with both.transaction() as session:
            dispatch.dispatch(session, waiting[index], now=NOW)

    at_once(10, run)
    with both.reading() as session:
        counts = session.execute(select(Offer.person_id, func.count()).group_by(Offer.person_id)).all()
        assert {count for _, count in counts} <= {1, 2}
        assert history.verify_history(session) is None


def test_two_first_messages_of_one_person_meet_one_person(both: Database) -> None:
    def meet(_: int) -> object:
        with both.transaction() as session:
            return people.meet(session, "official", "somebody-new", now=NOW).person.id

    assert len(set(at_once(4, meet))) == 1
    with both.reading() as session:
        assert session.scalar(select(func.count()).select_from(Identity)) == 1
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_tickets_opened_at_once_have_numbers_of_their_own(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        by = factories.person(session).id

    def report(_: int) -> object:
        with both.transaction() as session:
            return factories.ticket(session, session.get_one(Person, by)).number

    assert sorted(map(str, at_once(8, report))) == [f"261123-{serial:04d}" for serial in range(1, 9)]


def test_a_code_works_for_one_of_two(both: Database) -> None:
    with both.transaction() as session:
        code = people.new_code(session, CodeKind.BIND, now=NOW, minutes=10)

    def use(_: int) -> object:
        with both.transaction() as session:
            return people.use_code(session, code, CodeKind.BIND, now=NOW).code

    assert sorted(map(str, at_once(2, use))) == sorted([code, Refusal.NO_SUCH_CODE])
    with both.reading() as session:
        assert session.get_one(Code, code).uses_left == 0


def test_two_workers_do_not_both_take_the_last_message_of_a_window(both: Database) -> None:
    with both.transaction() as session:
        identity = people.meet(session, "official", "account", now=NOW)
        people.open_window(identity, count=3, seconds=60, now=NOW)

    def use(_: int) -> object:
        with both.transaction() as session:
            return people.use_window(session, session.scalars(select(Identity)).one(), now=NOW)

    assert Counter(at_once(6, use)) == {True: 3, False: 3}


def test_the_desk_waits_for_one_message_however_many_reports_come_in(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        factories.somebody(session, RoleKind.STAFF, here.community)
        by, area_id = factories.person(session).id, here.building.id

    def report(_: int) -> object:
        with both.transaction() as session:
            made = opening.Report("…", category=None, area_id=area_id)
            ticket = opening.open_ticket(session, made, by=session.get_one(Person, by), channel="official", now=NOW)
            factories.run_dispatch(session, ticket)
            return ticket.number

    assert len(set(at_once(6, report))) == 6
    with both.reading() as session:
        [notice] = session.scalars(select(Notice))
        assert (notice.kind, notice.state, notice.ticket_id) == (NoticeKind.DESK, NoticeState.PENDING, None)


def test_of_two_desks_that_merge_two_tickets_into_each_other_one_has_its_way(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        staff = [factories.somebody(session, RoleKind.STAFF, here.community).id for _ in range(2)]
        pair = [factories.ticket(session, factories.person(session), area=here.building).id for _ in range(2)]
        follower = factories.ticket(session, factories.person(session), area=here.building)
        by = session.get_one(Person, staff[0])
        merging.merge(session, follower, session.get_one(Ticket, pair[1]), by=by, now=NOW)
        follower_id = follower.id

    def merge(index: int) -> object:
        with both.transaction() as session:
            one, other = (session.get_one(Ticket, each) for each in (pair[index], pair[1 - index]))
            merging.merge(session, one, other, by=session.get_one(Person, staff[index]), now=NOW)
            return "merged"

    assert Counter(at_once(2, merge)) == {"merged": 1, Refusal.WRONG_STATE: 1}
    with both.reading() as session:
        head, merged = sorted(
            (session.get_one(Ticket, each) for each in pair), key=lambda each: each.merged_into_id or 0
        )
        assert (head.merged_into_id, merged.merged_into_id) == (None, head.id)
        assert session.get_one(Ticket, follower_id).merged_into_id == head.id
        assert history.verify_history(session) is None


def test_a_neighbour_who_joins_while_the_reporter_leaves_keeps_a_matter(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        first, second = (factories.ticket(session, factories.person(session), area=here.building) for _ in range(2))
        merging.propose(session, second, first, score=0.9, reasons=[], now=NOW)
        ids = first.id, second.id

    def act(index: int) -> object:
        with both.transaction() as session:
            ticket = session.get_one(Ticket, ids[index])
            by = session.get_one(Person, ticket.reporter_id)
            if index:
                merging.say_same(session, session.scalars(select(Proposal)).one(), by=by, now=NOW)
            else:
                tickets.withdraw(session, ticket, "", by=by, now=NOW)
            return "done"

    assert at_once(2, act) in (["done", "done"], ["done", Refusal.SAME_OVER])
    with both.reading() as session:
        assert session.get_one(Ticket, ids[0]).state is TicketState.WITHDRAWN
        second = session.get_one(Ticket, ids[1])
        assert (second.state, second.merged_into_id) == (TicketState.NEW, None)
        assert history.verify_history(session) is None


def test_the_last_two_who_judge_at_once_end_the_matter(both: Database) -> None:
    with both.transaction() as session:
        factories.categories(session)
        here = factories.street(session)
        staff = factories.somebody(session, RoleKind.STAFF, here.community)
        first, second = (factories.ticket(session, factories.person(session), area=here.building) for _ in range(2))
        merging.merge(session, second, first, by=staff, now=NOW)
        tickets.finish(session, first, "好了", by=staff, now=NOW)
        ids = first.id, second.id

    def judge(index: int) -> object:
        with both.transaction() as session:
            ticket = session.get_one(Ticket, ids[index])
            judging.evaluate(session, ticket, 1, "", by=session.get_one(Person, ticket.reporter_id), now=NOW)
            return "judged"

    assert at_once(2, judge) == ["judged", "judged"]
    with both.reading() as session:
        assert session.get_one(Ticket, ids[0]).state is TicketState.CLOSED
        assert history.verify_history(session) is None


def test_what_is_added_by_a_list_while_the_area_around_it_moves_lies_where_it_moved_to(both: Database) -> None:
    with both.transaction() as session:
        here = factories.street(session)
        top, estate, to = (session.get_one(Area, each.id) for each in (here.street, here.estate, here.other_community))

    def move() -> None:
        with both.transaction() as session:
            area_edits.hold(session)
            area_edits.move(session, session.get_one(Area, estate.id), session.get_one(Area, to.id))

    with ThreadPoolExecutor(1) as pool:
        with both.transaction() as session:
            rows = [list(lists.heads(AreaList).values()), ["", "楼栋", "江湾街道/香樟社区/香樟花园", "7栋"]]
            outcome = lists.bring(AreaList(session, [session.get_one(Area, top.id)]), rows)
            assert len(outcome.new) == 1
            moved = pool.submit(move)
            wait([moved], timeout=1)  # long enough to meet what is not committed yet
        moved.result()
    with both.reading() as session:
        made = session.scalars(select(Area).where(Area.name == "7栋")).one()
        assert made.path == f"{to.path}{estate.id}/{made.id}/"
