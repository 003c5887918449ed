"""The lifecycle: whole stories from the first word to the end, and who may not do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import desk, dispatch, escalation, history, judging, merging, tickets, transitions
from models.category import Category, Level
from models.errors import Refusal, Refused
from models.lifecycle import RULES, Action, Actor
from models.offer import Offer, OfferState
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import Ending, Evaluation, Ticket, TicketEvent, TicketState
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR = timedelta(hours=1)


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action)


MAY_HAPPEN = {
    "new": "add correct locate leave offer finish withdraw urge relay escalate assign keep take_in push_down lead hold "
    "reject merge gather part split "
    "supervise miss_limit undertake",
    "offered": "add correct locate offer accept leave decline expire finish withdraw urge relay escalate assign hold "
    "reject merge gather part split supervise miss_limit",
    "accepted": "add correct locate ask_help seek join leave hand_on take_on decline release arrive finish withdraw urge "
    "relay escalate assign hold merge gather part split supervise miss_limit check_in",
    "assigned": "add correct locate finish withdraw urge relay escalate assign claim link return hold merge gather part "
    "split supervise miss_limit",
    "held": "add correct locate leave withdraw urge relay escalate resume merge gather part supervise miss_limit renew",
    "resolved": "add evaluate reopen reevaluate auto_close withdraw relay part recheck not_mended call_back call_reopen "
    "not_reached see_phone",
    "closed": "reopen reevaluate part recheck not_mended call_back call_reopen not_reached see_phone",
    "merged": "unmerge take_over withdraw",
    "withdrawn": "",
    "rejected": "part",
}
for _state in MAY_HAPPEN:
    # What was judged may be counted after all, whatever has become of the ticket since.
    MAY_HAPPEN[_state] += " count_after_all"
    if _state not in ("closed", "merged", "withdrawn", "rejected"):
        MAY_HAPPEN[_state] += " lose_photo"


def test_what_may_happen_in_each_state() -> None:
    found = {state.value: {action for action, rule in RULES.items() if state in rule.sources} for state in TicketState}
    assert found == {state: set(actions.split()) for state, actions in MAY_HAPPEN.items()}


# ---------------------------------------------------------------- stories


@dataclass
class Play:
    """One ticket and everybody around it; each step says who did what and where the ticket stands afterwards."""

    session: Session
    world: World
    now: datetime = NOW
    ticket: Ticket = field(init=False)
    other: Ticket = field(init=False)

    def __post_init__(self) -> None:
        area = self.world.street.building
        self.other = factories.ticket(self.session, self.world.stranger, category="other", area=area, now=self.now)
        self.other.dispatch_at = None
        self.ticket = factories.ticket(self.session, self.world.resident, area=area, now=self.now)

    def step(self, line: str) -> None:
        who, what, after = (part.strip() for part in line.split("|"))
        self.now += timedelta(minutes=1)
        word, _, rest = what.partition(" ")
        self.steps()[word](getattr(self.world, who, None), rest)
        self.session.flush()
        assert f"{self.ticket.state} {self.ticket.level}" == after, line

    def steps(self) -> dict[str, Callable[[Any, str], object]]:
        session, ticket = self.session, self.ticket
        return {
            "dispatch": lambda _, __: dispatch.dispatch(session, ticket.id, now=self.now),
            "wait": lambda _, hours: self.wait(int(hours)),
            "accept": lambda by, _: tickets.accept(session, ticket, by=by, now=self.now),
            "decline": lambda by, why: tickets.decline(session, ticket, why, by=by, now=self.now),
            "release": lambda by, why: tickets.release(session, ticket, why, by=by, now=self.now),
            "arrive": lambda by, why: tickets.arrive(session, ticket, why, by=by, now=self.now),
            "finish": lambda by, why: tickets.finish(session, ticket, why, by=by, now=self.now),
            "evaluate": lambda by, answer: judging.evaluate(session, ticket, int(answer), "", by=by, now=self.now),
            "reevaluate": lambda by, answer: judging.reevaluate(
                session, ticket, int(answer), "", by=by, now=self.now, hours=24
            ),
            "withdraw": lambda by, why: tickets.withdraw(session, ticket, why, by=by, now=self.now),
            "urge": lambda by, why: tickets.urge(session, ticket, why, by=by, now=self.now),
            "escalate": lambda by, why: desk.escalate(session, ticket, why, by=by, now=self.now),
            "assign": lambda by, to: desk.assign(session, ticket, to, "", by=by, now=self.now),
            "claim": lambda by, _: desk.claim(session, ticket, by=by, now=self.now),
            "return": lambda by, why: desk.send_back(session, ticket, why, by=by, now=self.now),
            "hold": lambda by, why: desk.hold(
                session, ticket, why, until=self.now + timedelta(days=3), by=by, now=self.now
            ),
            "resume": lambda by, _: desk.resume(session, ticket, by=by, now=self.now),
            "reject": lambda by, why: desk.reject(session, ticket, why, by=by, now=self.now),
            "merge": lambda by, _: merging.merge(session, ticket, self.other, by=by, now=self.now),
            "supervise": lambda by, why: desk.supervise(session, ticket, why, by=by, now=self.now),
            "relay": lambda by, words: tickets.relay(session, ticket, words, by=by, now=self.now),
            "add": lambda by, words: tickets.add_words(session, ticket, words, by=by, now=self.now),
            "correct": lambda by, code: tickets.correct_category(
                session, ticket, session.get_one(Category, code), "", by=by, now=self.now
            ),
            "locate": lambda by, place: tickets.locate(
                session, ticket, area_id=self.world.street.estate.id, place=place, text="", by=by, now=self.now
            ),
            "close": lambda _, days: judging.auto_close(session, ticket.id, now=self.now, days=int(days)),
            "miss": lambda _, __: escalation.miss(session, transitions.lock(session, ticket.id), now=self.now),
        }

    def wait(self, hours: int) -> None:
        self.now += hours * HOUR


@pytest.fixture
def play(session: Session, world: World) -> Play:
    return Play(session, world)


STORIES = {
    "solved": """
        system   | dispatch               | offered estate
        member   | accept                 | accepted estate
        resident | relay 请轻一点敲门      | accepted estate
        member   | relay 好的              | accepted estate
        member   | arrive                 | accepted estate
        member   | finish 已劝导           | resolved estate
        resident | evaluate 1             | closed estate
    """,
    "not solved twice": """
        system   | dispatch               | offered estate
        member   | accept                 | accepted estate
        member   | finish                 | resolved estate
        resident | evaluate 3             | new estate
        system   | dispatch               | new estate
        staff    | finish 已上门           | resolved estate
        resident | evaluate 3             | new community
        system   | dispatch               | new community
        staff    | finish 已协调           | resolved community
        resident | evaluate 2             | closed community
    """,
    "given back": """
        system   | dispatch               | offered estate
        member   | accept                 | accepted estate
        member   | release 临时有事        | new estate
        system   | dispatch               | new estate
    """,
    "everybody declines": """
        system        | dispatch          | offered estate
        member        | decline 出差       | offered estate
        second_member | decline           | offered estate
        system        | dispatch          | new estate
    """,
    "nobody in time": """
        system   | dispatch               | offered estate
        system   | wait 1                 | offered estate
        system   | dispatch               | new estate
        staff    | finish 已处理           | resolved estate
    """,
    "held from the desk": """
        staff    | hold 等配件             | held estate
        resident | urge                   | held estate
        system   | resume                 | new estate
        system   | dispatch               | offered estate
    """,
    "held with a member": """
        system   | dispatch               | offered estate
        member   | accept                 | accepted estate
        staff    | hold 等配件             | held estate
        member   | relay 配件到了再来       | held estate
        staff    | resume                 | accepted estate
        member   | finish                 | resolved estate
    """,
    "held while offered": """
        system   | dispatch               | offered estate
        staff    | hold 等配件             | held estate
        staff    | resume                 | new estate
    """,
    "held by the department": """
        staff    | assign 城管             | assigned department
        clerk    | claim                  | assigned department
        clerk    | hold 等审批             | held department
        clerk    | resume                 | assigned department
        clerk    | finish 已拆除           | resolved department
        resident | evaluate 1             | closed department
    """,
    "up and up": """
        system       | dispatch           | offered estate
        staff        | escalate 社区管不了 | new street
        street_staff | assign 城           | assigned department
        clerk        | claim              | assigned department
        clerk        | return 不归我们     | new street
        system       | dispatch           | new street
        street_staff | assign 城管         | assigned department
    """,
    "one matter told twice": """
        system   | dispatch               | offered estate
        staff    | merge                  | merged estate
    """,
    "taken back": """
        system   | dispatch               | offered estate
        resident | withdraw 自己解决了      | withdrawn estate
    """,
    "not ours": """
        staff    | reject 请打12345        | rejected estate
    """,
    "nobody judges": """
        member   | wait 1                 | new estate
        staff    | finish 已处理           | resolved estate
        system   | close 7                | resolved estate
        system   | wait 168               | resolved estate
        system   | close 7                | closed estate
    """,
    "second thoughts": """
        staff    | finish 已处理           | resolved estate
        resident | evaluate 1             | closed estate
        resident | reevaluate 2           | closed estate
        resident | reevaluate 3           | new estate
        system   | dispatch               | new estate
        resident | reevaluate 1           | closed estate
    """,
    "a slip at the second round": """
        staff    | finish 已处理           | resolved estate
        resident | evaluate 3             | new estate
        staff    | finish 已处理           | resolved estate
        resident | evaluate 3             | new community
        resident | reevaluate 2           | closed estate
    """,
    "corrected and located": """
        resident | correct lamp           | new estate
        resident | locate 香樟花园门口      | new estate
        resident | add 就在门口            | new estate
        staff    | supervise 怎么还没去     | new estate
        system   | wait 3                 | new estate
        system   | miss                   | new community
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_a_story_goes_as_it_is_told(play: Play, story: str) -> None:
    for line in story.strip().splitlines():
        play.step(line)
    events = play.session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == play.ticket.id).order_by(TicketEvent.version)
    ).all()
    assert [event.version for event in events] == list(range(1, play.ticket.version + 1))
    assert [event.before for event in events[1:]] == [event.after for event in events[:-1]]
    assert history.verify_history(play.session) is None


def tell(play: Play, story: str) -> None:
    for line in STORIES[story].strip().splitlines():
        play.step(line)


def test_what_a_finished_story_leaves_behind(play: Play) -> None:
    tell(play, "solved")
    ticket = play.ticket
    assert (ticket.ending, ticket.assignee_id) == (Ending.EVALUATED, play.world.member.id)
    assert ticket.due_at is ticket.dispatch_at is None
    kinds = [notice.kind for notice in factories.notices(play.session, play.world.resident)]
    assert kinds == [NoticeKind.ACCEPTED, NoticeKind.RELAYED, NoticeKind.ARRIVED, NoticeKind.FINISHED]


def test_closed_without_a_word_is_never_counted_as_solved(play: Play) -> None:
    tell(play, "nobody judges")
    assert play.ticket.ending is Ending.NOT_EVALUATED
    assert play.session.scalar(select(Evaluation.id)) is None


def test_a_held_ticket_knows_nothing_of_it_once_it_went_up(play: Play) -> None:
    for line in ("staff | hold 等配件 | held estate", "staff | escalate 管不了 | new street"):
        play.step(line)
    assert (play.ticket.held_from, play.ticket.hold_until) == (None, None)


def test_a_result_can_be_judged_once(play: Play) -> None:
    tell(play, "solved")
    refused(Refusal.EVALUATED, lambda: play.step("resident | evaluate 2 | closed estate"))
    play.wait(25)
    refused(Refusal.TOO_LATE, lambda: play.step("resident | reevaluate 2 | closed estate"))
    assert [each.answer for each in play.session.scalars(select(Evaluation))] == [1]


def test_a_judgement_after_the_end_comes_too_late(play: Play) -> None:
    tell(play, "nobody judges")
    refused(Refusal.TOO_LATE, lambda: play.step("resident | evaluate 1 | closed estate"))


def test_each_round_has_a_judgement_of_its_own(play: Play) -> None:
    tell(play, "not solved twice")
    found = play.session.execute(select(Evaluation.round, Evaluation.answer).order_by(Evaluation.round)).all()
    assert [tuple(row) for row in found] == [(0, 3), (1, 3), (2, 2)]


def test_a_slip_taken_back_leaves_the_ticket_as_it_was(play: Play) -> None:
    for line in (
        "system   | dispatch   | offered estate",
        "member   | accept     | accepted estate",
        "member   | finish     | resolved estate",
    ):
        play.step(line)
    resolved_at = play.ticket.resolved_at
    play.step("resident | evaluate 3   | new estate")
    play.step("resident | reevaluate 1 | closed estate")
    ticket = play.ticket
    assert (ticket.reopened, ticket.resolved_at, ticket.assignee_id) == (0, resolved_at, play.world.member.id)
    assert ticket.ending is Ending.EVALUATED
    [judgement] = play.session.scalars(select(Evaluation))
    assert (judgement.answer, judgement.changed_at) == (1, play.now)


def test_a_slip_cannot_be_taken_back_once_somebody_is_on_the_way(play: Play) -> None:
    play.world.street.estate.grid_worker_id = play.world.second_member.id
    for line in (
        "staff         | finish 已处理 | resolved estate",
        "resident      | evaluate 3   | new estate",
        "system        | dispatch     | offered estate",
        "second_member | accept       | accepted estate",
    ):
        play.step(line)
    refused(Refusal.WRONG_STATE, lambda: play.step("resident | reevaluate 1 | accepted estate"))


def test_urging_works_once_in_a_limits_time(play: Play) -> None:
    play.step("resident | urge | new estate")
    refused(Refusal.ALREADY_URGED, lambda: play.step("resident | urge | new estate"))
    play.wait(2)
    play.step("resident | urge | new estate")


def test_the_top_cannot_go_higher(play: Play) -> None:
    play.ticket.level = Level.DEPARTMENT
    refused(Refusal.TOP_LEVEL, lambda: play.step("street_staff | escalate 管不了 | new department"))


def test_some_steps_need_a_reason(play: Play) -> None:
    for action, rule in RULES.items():
        if rule.needs_reason:
            play.ticket.state = next(iter(rule.sources & {TicketState.NEW, TicketState.ASSIGNED}))
            play.ticket.department = "城管"
            others = {Action.RETURN: play.world.clerk, Action.COUNT_AFTER_ALL: play.world.street_staff}
            by = others.get(action, play.world.staff)
            with pytest.raises(Refused) as caught:
                transitions.check(play.session, play.ticket, action, by=by, why=" ")
            assert caught.value.reason is Refusal.REASON_MISSING


def test_a_department_has_one_who_does_it(play: Play, world: World) -> None:
    colleague = factories.somebody(play.session, world.clerk.roles[0].kind, world.street.street, department="城管")
    play.step("staff | assign 城管 | assigned department")
    play.step("clerk | claim | assigned department")
    refused(Refusal.ALREADY_YOURS, lambda: desk.claim(play.session, play.ticket, by=world.clerk, now=play.now))
    refused(Refusal.TAKEN, lambda: desk.claim(play.session, play.ticket, by=colleague, now=play.now))
    assert play.ticket.assignee_id == world.clerk.id


def test_an_unknown_department_is_named_back(play: Play) -> None:
    with pytest.raises(Refused) as caught:
        play.step("staff | assign 消防 | new estate")
    assert caught.value.reason is Refusal.NO_SUCH_DEPARTMENT
    assert caught.value.facts == {"name": "消防", "names": []}


def test_a_matter_is_not_merged_into_one_that_is_over(play: Play, world: World) -> None:
    play.other.state = TicketState.CLOSED
    refused(Refusal.WRONG_STATE, lambda: play.step("staff | merge | merged estate"))
    refused(Refusal.WRONG_STATE, lambda: merging.merge(play.session, play.ticket, play.ticket, by=world.staff, now=NOW))


def test_a_matter_is_not_merged_into_one_of_another_community(play: Play, world: World) -> None:
    elsewhere = factories.ticket(play.session, world.stranger, area=world.street.other_estate)
    refused(Refusal.NOT_YOURS, lambda: merging.merge(play.session, play.ticket, elsewhere, by=world.staff, now=NOW))


def test_the_first_lost_offer_is_told_kindly(play: Play, world: World) -> None:
    play.step("system | dispatch | offered estate")
    for notice in factories.notices(play.session, world.second_member, NoticeKind.OFFER):
        notice.state = notice.state.SENT
    play.step("member | accept | accepted estate")
    assert len(factories.notices(play.session, world.second_member, NoticeKind.TAKEN)) == 1
    refused(Refusal.TAKEN, lambda: play.step("second_member | accept | accepted estate"))
    [taken] = factories.notices(play.session, world.second_member, NoticeKind.TAKEN)
    assert taken.state == "dropped"  # the answer said it already


def test_an_offer_that_nobody_saw_ends_in_silence(play: Play, world: World) -> None:
    play.step("system | dispatch | offered estate")
    play.step("member | accept | accepted estate")
    assert [notice.state for notice in factories.notices(play.session, world.second_member)] == ["dropped"]


def test_the_reasons_of_a_refusal(play: Play) -> None:
    refused(Refusal.NOT_YOURS, lambda: play.step("member | accept | new estate"))
    play.step("system | dispatch | offered estate")
    play.step("member | decline | offered estate")
    refused(Refusal.OFFER_OVER, lambda: play.step("member | accept | offered estate"))
    refused(Refusal.OFFER_OVER, lambda: play.step("member | decline | offered estate"))
    play.step("second_member | accept | accepted estate")
    refused(Refusal.ALREADY_YOURS, lambda: play.step("second_member | accept | accepted estate"))
    refused(Refusal.TAKEN, lambda: play.step("member | accept | accepted estate"))


def test_words_to_nobody_are_not_lost_in_silence(play: Play) -> None:
    refused(Refusal.NOBODY_TO_TELL, lambda: play.step("resident | relay 在吗 | new estate"))


def refused(reason: Refusal, what: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        what()
    assert caught.value.reason is reason


# ---------------------------------------------------------------- who may not do what

ROLES: dict[str, frozenset[Actor]] = {
    "system": frozenset({Actor.SYSTEM}),
    "resident": frozenset({Actor.REPORTER}),
    "member": frozenset({Actor.OFFERED}),
    "second_member": frozenset({Actor.ASSIGNEE}),
    "staff": frozenset({Actor.STAFF}),
    "street_staff": frozenset({Actor.STREET}),
    "clerk": frozenset({Actor.DEPARTMENT}),
    "stranger": frozenset(),
    "staff_elsewhere": frozenset(),
    "former_staff": frozenset(),
}
WITH_ASSIGNEE = {TicketState.ACCEPTED, TicketState.ASSIGNED, TicketState.HELD, TicketState.RESOLVED}
"""Where somebody has it; whoever had it is nobody special once it is over."""


def around(session: Session, world: World, state: TicketState) -> Ticket:
    """A ticket in `state` with one offer open, somebody who has it, and a department."""
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    session.add(Offer(ticket_id=ticket.id, person_id=world.member.id, offered_at=NOW, expires_at=NOW + HOUR))
    ticket.state = state
    ticket.department = "城管"
    ticket.assignee_id = None if state in (TicketState.NEW, TicketState.OFFERED) else world.second_member.id
    session.flush()
    return ticket


@pytest.mark.parametrize("action", list(Action))
def test_only_those_the_rule_names_may_act(session: Session, world: World, action: Action) -> None:
    rule = RULES[action]
    for state in TicketState:
        ticket = around(session, world, state)
        for name, roles in ROLES.items():
            if state not in WITH_ASSIGNEE:
                roles -= {Actor.ASSIGNEE}
            by = None if name == "system" else getattr(world, name)
            if rule.by & roles and state in rule.sources:
                assert transitions.check(session, ticket, action, by=by, why="因为") in roles
            else:
                is_asked = Actor.OFFERED in roles and Actor.ASSIGNEE in rule.by
                foreign = Refusal.ACCEPT_FIRST if is_asked else Refusal.NOT_YOURS
                expected = Refusal.WRONG_STATE if rule.by & roles else foreign
                with pytest.raises(Refused) as caught:
                    transitions.check(session, ticket, action, by=by, why="因为")
                if action is not Action.OPEN:
                    assert caught.value.reason is expected, (state, name)
            if by is not None:
                allowed = action in transitions.allowed_actions(session, ticket, by)
                assert allowed == bool(rule.by & roles and state in rule.sources)


@pytest.mark.parametrize("who", [name for name in ROLES if name != "system"])
def test_whoever_may_not_changes_nothing(play: Play, who: str) -> None:
    by: Person = getattr(play.world, who)
    of_step = {"return": Action.RETURN, "correct": Action.CORRECT, "merge": Action.MERGE}
    rest = {"evaluate": "1", "reevaluate": "1", "assign": "城管", "correct": "lamp"}
    for word, step in play.steps().items():
        if word in ("dispatch", "wait", "close", "miss"):
            continue
        action = of_step.get(word) or Action(word)
        for state in RULES[action].sources:
            ticket = play.ticket = around(play.session, play.world, state)
            step = play.steps()[word]
            roles = ROLES[who] - ({Actor.ASSIGNEE} if state not in WITH_ASSIGNEE else set())
            if RULES[action].by & roles:
                continue
            before = (ticket.version, ticket.state, ticket.assignee_id, ticket.due_at, ticket.level)
            with pytest.raises(Refused):
                step(by, rest.get(word, "因为"))
            assert (ticket.version, ticket.state, ticket.assignee_id, ticket.due_at, ticket.level) == before
            assert play.session.scalar(select(Offer.state).where(Offer.ticket_id == ticket.id)) is OfferState.OPEN


def test_somebody_who_is_two_things_may_do_what_either_may(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.staff, area=world.street.building)
    assert transitions.actors(session, ticket, world.staff) == {Actor.REPORTER, Actor.STAFF}
    assert transitions.check(session, ticket, Action.WITHDRAW, by=world.staff) is Actor.REPORTER
    assert transitions.check(session, ticket, Action.REJECT, by=world.staff, why="重复") is Actor.STAFF


def test_a_ticket_without_a_place_is_every_desks(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident)
    assert Actor.STAFF in transitions.actors(session, ticket, world.staff_elsewhere)
    assert not transitions.actors(session, ticket, world.former_staff)
