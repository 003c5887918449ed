"""Whatever people do in whatever order: the history stays whole, and somebody always has every open matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    alarms,
    departments,
    desk,
    dispatch,
    escalation,
    history,
    judging,
    links,
    merging,
    opening,
    parties,
    tickets,
    transitions,
)
from models.category import Category
from models.db import Database
from models.errors import Refused
from models.lifecycle import LIVE_STATES, OPEN_STATES, RULES, Action
from models.offer import Offer, OfferState
from models.party import Assignment, Link, PartyKind
from models.person import Person
from models.ticket import Evaluation, Ticket, TicketEvent, TicketState, Urgency
from tests.factories import NOW
from tests.models.conftest import World

EVERYBODY = (
    ["resident", "member", "second_member", "staff", "street_staff", "clerk", "stranger", "staff_elsewhere", "former_staff"]
)  # fmt: skip
CATEGORIES = ("other", "noise", "lamp", "leak", "stall", "theft", "quarrel")
DAYS, HOURS = 7, 24


class AnyOrder(RuleBasedStateMachine):
    """Three tickets, everybody in the street, and every operation there is, in any order; nothing of it is kept."""

    def __init__(self, database: Database, world: World, happened: Counter[str]) -> None:
        super().__init__()
        self.happened = happened
        self.reading = database.reading()
        self.session: Session = self.reading.__enter__()
        self.people = {name: self.session.get_one(Person, getattr(world, name).id) for name in EVERYBODY}
        self.area_id = world.street.building.id
        self.now = NOW
        self.ids: list[int] = []
        self.seen: dict[int, int] = {}
        self.links: list[str] = []
        # A partner without an account: only links answer for it.
        draft = departments.Draft("供电所", PartyKind.UTILITY, world.street.street.id, contact="抢修班")
        departments.enter(self.session, draft)

    def teardown(self) -> None:
        assert history.verify_history(self.session) is None
        self.reading.__exit__(None, None, None)

    # ------------------------------------------------------------ what may happen

    @initialize(
        categories=st.lists(st.sampled_from((*CATEGORIES, *["noise"] * 4)), min_size=3, max_size=3),
        urgencies=st.lists(st.sampled_from(Urgency), min_size=3, max_size=3),
        reporters=st.lists(st.sampled_from(["resident", "member", "stranger"]), min_size=3, max_size=3),
    )
    def three_reports(self, categories: list[str], urgencies: list[Urgency], reporters: list[str]) -> None:
        for category, urgency, reporter in zip(categories, urgencies, reporters, strict=True):
            report = opening.Report("楼下太吵了", category=category, urgency=urgency, area_id=self.area_id)
            made = opening.open_ticket(self.session, report, by=self.people[reporter], channel="official", now=self.now)
            self.ids.append(made.id)

    @rule(
        which=st.integers(0, 2),
        who=st.sampled_from(EVERYBODY),
        what=st.sampled_from(sorted(each.value for each in Action)),
        answer=st.integers(1, 3),
        why=st.sampled_from(["", "临时有事"]),
        other=st.integers(0, 2),
    )
    def somebody_acts(self, which: int, who: str, what: str, answer: int, why: str, other: int) -> None:
        ticket = self.session.get_one(Ticket, self.ids[which])
        into = self.session.get_one(Ticket, self.ids[other])
        act = acts(self, ticket, self.people[who], answer, why, into).get(Action(what))
        if act is not None:
            self.try_to(act, what)

    @rule(
        which=st.integers(0, 2),
        index=st.integers(0, 400),
        answer=st.integers(1, 3),
        why=st.sampled_from(["临时有事", ""]),
        other=st.integers(0, 2),
    )
    def somebody_does_what_they_may(self, which: int, index: int, answer: int, why: str, other: int) -> None:
        ticket = self.session.get_one(Ticket, self.ids[which])
        into = self.session.get_one(Ticket, self.ids[other])
        may = [
            (act, action)
            for who in self.people.values()
            for action in transitions.allowed_actions(self.session, ticket, who)
            if (act := acts(self, ticket, who, answer, why, into).get(action)) is not None
        ]
        if may:
            self.try_to(*may[index % len(may)])

    @rule(which=st.integers(0, 2), answer=st.integers(1, 3), steps=st.integers(1, 3))
    def the_loop_goes_on(self, which: int, answer: int, steps: int) -> None:
        """The next steps of the loop, by whoever they are up to: without them a random walk seldom gets to the end."""
        for _ in range(steps):
            self.one_step(which, answer)

    def one_step(self, which: int, answer: int) -> None:
        session, now = self.session, self.now
        ticket = session.get_one(Ticket, self.ids[which])
        reporter = session.get_one(Person, ticket.reporter_id)
        if ticket.state is TicketState.NEW:
            dispatch.dispatch(session, ticket.id, now=now, rules=dispatch.DEFAULT)
        elif ticket.state is TicketState.OFFERED:
            asked = session.scalar(
                select(Offer.person_id).where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN)
            )
            if asked is not None:
                by = session.get_one(Person, asked)
                self.try_to(lambda: tickets.accept(session, ticket, by=by, now=now), Action.ACCEPT)
        elif ticket.state is TicketState.ACCEPTED and ticket.assignee_id is not None:
            by = session.get_one(Person, ticket.assignee_id)
            self.try_to(lambda: tickets.finish(session, ticket, "好了", by=by, now=now), Action.FINISH)
        elif ticket.state is TicketState.RESOLVED:
            self.try_to(lambda: judging.evaluate(session, ticket, answer, "", by=reporter, now=now), Action.EVALUATE)

    @rule(which=st.integers(0, 2), goes_on=st.booleans())
    def the_desk_holds_and_goes_on(self, which: int, goes_on: bool) -> None:
        ticket, clerk = self.session.get_one(Ticket, self.ids[which]), self.people["clerk"]
        possible = acts(self, ticket, clerk, 1, "等配件", ticket)
        for what in (Action.HOLD, Action.RESUME) if goes_on else (Action.HOLD,):
            self.try_to(possible[what], what)

    def make_link(self, ticket: Ticket, by: Person) -> None:
        self.links.append(links.make(self.session, ticket, by=by, now=self.now, hours=HOURS)[0])

    @rule(index=st.integers(0, 20), finished=st.booleans(), why=st.sampled_from(["", "不归我们管"]))
    def somebody_answers_by_a_link(self, index: int, finished: bool, why: str) -> None:
        if self.links:
            token = self.links[index % len(self.links)]
            what = "finished by a link" if finished else "returned by a link"
            self.try_to(lambda: links.answer(self.session, token, why, finished=finished, now=self.now), what)

    @rule(which=st.integers(0, 2), finished=st.booleans())
    def a_partner_answers(self, which: int, finished: bool) -> None:
        """It is given to a partner, who answers by a link: a random walk seldom gets there."""
        session, now = self.session, self.now
        ticket, street = session.get_one(Ticket, self.ids[which]), self.people["street_staff"]
        self.try_to(lambda: desk.assign(session, ticket, "供电所", "", by=street, now=now), Action.ASSIGN)
        self.try_to(lambda: self.make_link(ticket, street), Action.LINK)
        self.somebody_answers_by_a_link(-1, finished, "查过了")

    @rule(which=st.integers(0, 2), decided=st.sampled_from(["keep", "take_in", "elsewhere"]))
    def a_return_is_decided(self, which: int, decided: str) -> None:
        """A department gives it back and the street decides: a random walk seldom gets there."""
        session, now = self.session, self.now
        ticket, street = session.get_one(Ticket, self.ids[which]), self.people["street_staff"]
        if not ticket.returned_by:
            self.try_to(lambda: desk.assign(session, ticket, "城管", "", by=street, now=now), Action.ASSIGN)
            back = partial(desk.send_back, session, ticket, "不归我们管", by=self.people["clerk"], now=now)
            self.try_to(back, Action.RETURN)
        elif decided == "keep":
            self.try_to(lambda: departments.keep(session, ticket, "还是归你们", by=street, now=now), Action.KEEP)
        elif decided == "take_in":
            self.try_to(lambda: departments.take_in(session, ticket, "", by=street, now=now), Action.TAKE_IN)
        else:
            self.try_to(lambda: desk.assign(session, ticket, "供电所", "", by=street, now=now), Action.ASSIGN)

    @rule(which=st.integers(0, 2), answer=st.integers(1, 3))
    def the_reporter_thinks_again(self, which: int, answer: int) -> None:
        session, now = self.session, self.now
        ticket = session.get_one(Ticket, self.ids[which])
        reporter = session.get_one(Person, ticket.reporter_id)
        again = partial(judging.reevaluate, session, ticket, answer, "", by=reporter, now=now, hours=HOURS)
        self.try_to(again, Action.REEVALUATE)

    @rule(hours=st.sampled_from([1, 3, 26, 200]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for ticket_id in self.ids:
            self.clock_work(ticket_id)

    @rule()
    def dispatch_works(self) -> None:
        for ticket_id in dispatch.due_tickets(self.session, now=self.now):
            dispatch.dispatch(self.session, ticket_id, now=self.now, rules=dispatch.DEFAULT)

    def clock_work(self, ticket_id: int) -> None:
        session, now = self.session, self.now
        dispatch.dispatch(session, ticket_id, now=now, rules=dispatch.DEFAULT)
        escalation.warn(session, transitions.lock(session, ticket_id), now=now)
        escalation.miss(session, transitions.lock(session, ticket_id), now=now)
        alarms.go_on(session, ticket_id, now=now)
        judging.remind(session, ticket_id, now=now, after=timedelta(hours=HOURS))
        judging.auto_close(session, ticket_id, now=now, days=DAYS)
        ticket = transitions.lock(session, ticket_id)
        if ticket.state is TicketState.HELD and ticket.hold_until is not None and ticket.hold_until <= now:
            desk.resume(session, ticket, by=None, now=now)

    def try_to(self, act: Callable[[], object], what: str) -> None:
        """A refusal changes nothing at all; what was not refused, and not done in vain, is counted."""
        before = self.written()
        savepoint = self.session.begin_nested()
        try:
            done = act()
        except Refused:
            self.session.flush()
            assert self.written() == before
            savepoint.rollback()
        else:
            savepoint.commit()
            self.happened[what] += done is not False
        self.now += timedelta(minutes=1)

    def written(self) -> list[tuple[Any, ...]]:
        self.session.flush()
        found = self.session.execute(select(Ticket.id, Ticket.version, Ticket.state).order_by(Ticket.id)).all()
        return [tuple(row) for row in found]

    # ------------------------------------------------------------ what must hold

    @invariant()
    def every_changed_ticket_is_whole(self) -> None:
        for ticket_id in self.ids:
            ticket = self.session.get_one(Ticket, ticket_id)
            if self.seen.get(ticket_id) == ticket.version:
                continue
            self.seen[ticket_id] = ticket.version
            self.the_history_follows_the_table(ticket)
            self.the_book_is_kept(ticket)
            if ticket.state in OPEN_STATES:
                self.somebody_has_it(ticket)
            if ticket.state not in LIVE_STATES:
                assert ticket.dispatch_at is None and ticket.due_at is None and ticket.warn_at is None
                assert not self.open_offers(ticket)

    def the_book_is_kept(self, ticket: Ticket) -> None:
        """What is with a party, or returned and not decided, is one open entry; no link of anything else answers."""
        given = self.session.scalars(select(Assignment).where(Assignment.ticket_id == ticket.id)).all()
        still = [each for each in given if each.ended_at is None]
        assert len(still) == int(parties.is_with_party(ticket) or bool(ticket.returned_by))
        assert sum(each.first for each in given) <= 1
        assert not ticket.returned_by or ticket.state in (TicketState.NEW, TicketState.HELD)
        returned = [each.party_id for each in given if each.returned_at is not None]
        assert len(returned) == len(set(returned)), "one party has returned it twice"
        alive = select(Link.assignment_id).where(Link.used_at.is_(None), Link.revoked_at.is_(None))
        alive = alive.where(Link.assignment_id.in_([each.id for each in given]))
        with_party = [each.id for each in still if not ticket.returned_by]
        assert set(self.session.scalars(alive)) <= set(with_party)

    def the_history_follows_the_table(self, ticket: Ticket) -> None:
        lines = self.session.scalars(
            select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.version)
        ).all()
        assert [line.version for line in lines] == list(range(1, ticket.version + 1))
        assert lines[-1].after == ticket.state
        for before, line in zip(lines, lines[1:], strict=False):
            one = RULES[Action(line.action)]
            undone = line.action == Action.REEVALUATE and line.after == TicketState.CLOSED
            assert line.before == before.after
            assert line.before in one.sources or undone, (line.action, line.before)
            # Two actions lead back to where it was.
            assert line.after == (one.target or line.before) or line.action in (Action.RESUME, Action.REEVALUATE)

    def somebody_has_it(self, ticket: Ticket) -> None:
        offers = self.open_offers(ticket)
        match ticket.state:
            case TicketState.NEW:
                assert transitions.desk_of(self.session, ticket)
                assert not offers
            case TicketState.OFFERED:
                # People are asked or it is free for everybody; dispatch comes back to it in either case.
                assert ticket.dispatch_at is not None
            case TicketState.ACCEPTED:
                assert ticket.assignee_id is not None
            case TicketState.ASSIGNED:
                assert ticket.department
            case _:
                assert ticket.hold_until is not None and ticket.held_from in OPEN_STATES - {TicketState.HELD}
        if ticket.state is not TicketState.HELD:
            # A limit runs; when the last one ran out, somebody is reminded every working day.
            assert ticket.due_at is not None, ticket.state

    def open_offers(self, ticket: Ticket) -> list[int]:
        found = select(Offer.id).where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN)
        return list(self.session.scalars(found))

    @invariant()
    def nobody_judges_one_result_twice(self) -> None:
        rows = self.session.execute(select(Evaluation.ticket_id, Evaluation.person_id, Evaluation.round)).all()
        assert len(rows) == len(set(rows))


def acts(
    play: AnyOrder, ticket: Ticket, by: Person, answer: int, why: str, into: Ticket
) -> dict[Action, Callable[[], object]]:
    """For each action that people take, the operation behind it; the others are the clock's."""
    session, now = play.session, play.now
    category = session.get_one(Category, CATEGORIES[answer])
    return {
        Action.ADD: lambda: tickets.add_words(session, ticket, "还在响", by=by, now=now),
        Action.CORRECT: lambda: tickets.correct_category(session, ticket, category, why, by=by, now=now),
        Action.LOCATE: lambda: tickets.locate(
            session, ticket, area_id=play.area_id, place="6栋", text=why, by=by, now=now
        ),
        Action.OFFER: lambda: dispatch.offer_to(session, ticket, play.people["member"], by=by, now=now),
        Action.ACCEPT: lambda: tickets.accept(session, ticket, by=by, now=now),
        Action.DECLINE: lambda: tickets.decline(session, ticket, why, by=by, now=now),
        Action.RELEASE: lambda: tickets.release(session, ticket, why, by=by, now=now),
        Action.ARRIVE: lambda: tickets.arrive(session, ticket, why, by=by, now=now),
        Action.FINISH: lambda: tickets.finish(session, ticket, why, by=by, now=now),
        Action.EVALUATE: lambda: judging.evaluate(session, ticket, answer, why, by=by, now=now),
        Action.REEVALUATE: lambda: judging.reevaluate(session, ticket, answer, why, by=by, now=now, hours=HOURS),
        Action.WITHDRAW: lambda: tickets.withdraw(session, ticket, why, by=by, now=now),
        Action.URGE: lambda: tickets.urge(session, ticket, why, by=by, now=now),
        Action.RELAY: lambda: tickets.relay(session, ticket, "在吗", by=by, now=now),
        Action.ESCALATE: lambda: desk.escalate(session, ticket, why, by=by, now=now),
        Action.ASSIGN: lambda: desk.assign(session, ticket, ("城管", "供电所")[answer % 2], why, by=by, now=now),
        Action.CLAIM: lambda: desk.claim(session, ticket, by=by, now=now),
        Action.RETURN: lambda: desk.send_back(session, ticket, why, by=by, now=now),
        Action.KEEP: lambda: departments.keep(session, ticket, why, by=by, now=now),
        Action.TAKE_IN: lambda: departments.take_in(session, ticket, why, by=by, now=now),
        Action.LINK: lambda: play.make_link(ticket, by),
        Action.HOLD: lambda: desk.hold(session, ticket, why, until=now + timedelta(days=3), by=by, now=now),
        Action.RESUME: lambda: desk.resume(session, ticket, by=by, now=now),
        Action.REJECT: lambda: desk.reject(session, ticket, why, by=by, now=now),
        Action.MERGE: lambda: merging.merge(session, ticket, into, by=by, now=now),
        Action.SUPERVISE: lambda: desk.supervise(session, ticket, why, by=by, now=now),
    }


def test_no_order_of_commands_breaks_the_history_or_loses_a_matter(inhabited: tuple[Database, World]) -> None:
    happened: Counter[str] = Counter()

    class Here(AnyOrder):
        def __init__(self) -> None:
            super().__init__(*inhabited, happened)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            # Explaining a failure takes minutes here and says little.
            phases=(Phase.generate,),
        ),
    )
    # A walk on which these never succeed would show nothing of them.
    seldom = (
        "finished by a link", "returned by a link", Action.LINK, Action.ASSIGN, Action.RETURN, Action.KEEP, Action.TAKE_IN,
        Action.ACCEPT, Action.FINISH, Action.EVALUATE, Action.REEVALUATE, Action.MERGE, Action.HOLD, Action.RESUME,
    )  # fmt: skip
    assert [what for what in seldom if not happened[what]] == [], happened
