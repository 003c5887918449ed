"""The dispatch desk in chat, for when no computer is near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Reply, Turn
from models import desk, dispatch, finding, merging, parties, people, tickets, transitions
from models.area import Area
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketKind, TicketState, Urgency
from nlp import commands
from nlp.commands import Intent, word
from nlp.extract import mask
from texts import common, initiatives, members, staff, waves

routes = Routes()

MOST_LISTED = 8
"""So many matters are listed: more would not be read."""


def named_ticket(turn: Turn) -> Ticket:
    """The ticket a command names. Raises Refused(NOT_FOUND)."""
    command = turn.command
    if command is None or command.serial is None:
        raise Refused(Refusal.NOT_FOUND, number="")
    return finding.find(turn.session, command.serial, by=turn.person)


def _words(ticket: Ticket) -> str:
    return next((mask(each.text) for each in ticket.words if each.text), "")


def _why_nobody(turn: Turn, ticket: Ticket) -> str:
    searched = dispatch.last_search(turn.session, ticket)
    return waves.why_nobody(searched.shortfalls) if searched is not None else ""


@routes(Intent.DESK)
def waiting_at_the_desk(turn: Turn) -> Reply:
    """What waits, emergencies first. Who has no desk reads what waits with them: a department what was given to it, a
    grid worker what waits around them.
    """
    if not people.has_role(turn.person, *people.STAFF_KINDS):
        if people.has_role(turn.person, RoleKind.DEPARTMENT):
            return _with_department(turn)
        if people.has_role(turn.person, RoleKind.GRID):
            return _around(turn)
        raise Refused(Refusal.NO_ROLE)
    waiting = desk.in_sight(turn.session, turn.person, states=[TicketState.NEW], most=MOST_LISTED)
    if not waiting:
        return Reply(staff.desk_empty())
    total = desk.count_in_sight(turn.session, turn.person, states=[TicketState.NEW])
    lines = [
        staff.desk_line(
            each.short,
            dialogue.category_name(turn, each),
            each.place,
            _words(each),
            _why_nobody(turn, each),
            initiatives.TO_PAIR if each.kind is TicketKind.PAIRING else "",
            emergency=each.urgency is Urgency.EMERGENCY,
        )
        for each in waiting
    ]
    return Reply(staff.desk(lines, total - len(waiting)))


def _around(turn: Turn) -> Reply:
    """What a grid worker is asked to take, then what waits where they are the first to help."""
    asked = finding.open_offers(turn.session, turn.person, most=MOST_LISTED)
    waiting = desk.around(turn.session, turn.person)
    total = len(asked) + (turn.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0)
    others = turn.session.scalars(waiting.limit(MOST_LISTED - len(asked))).all()
    lines = [
        staff.around_line(
            each.short,
            dialogue.category_name(turn, each),
            each.place,
            is_asked=each in asked,
            emergency=each.urgency is Urgency.EMERGENCY,
        )
        for each in [*asked, *others]
    ]
    return Reply(staff.around(lines, total - len(lines)))


def _with_department(turn: Turn) -> Reply:
    waiting = parties.waiting_with(turn.session, turn.person)
    total = turn.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    lines = [
        staff.with_department_line(
            each.short,
            dialogue.category_name(turn, each),
            each.place,
            _words(each),
            turn.session.get_one(Person, each.assignee_id).name if each.assignee_id is not None else "",
            emergency=each.urgency is Urgency.EMERGENCY,
        )
        for each in turn.session.scalars(waiting.limit(MOST_LISTED))
    ]
    return Reply(staff.with_department(lines, total - len(lines)))


def _helpers(turn: Turn, ticket: Ticket) -> Sequence[Person]:
    """Who could be asked for a ticket: grid workers, members, property people and staff of its community."""
    community = turn.session.get(Area, ticket.community_id) if ticket.community_id else None
    query = (
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(
            Role.kind.in_([RoleKind.GRID, RoleKind.MEMBER, RoleKind.PROPERTY, RoleKind.STAFF]),
            Role.status == RoleStatus.ACTIVE,
            Person.id != ticket.reporter_id,
            Person.erased_at.is_(None),
        )
        .distinct()
        .order_by(Person.id)
    )
    if community is not None:
        query = query.where(Area.path.startswith(community.path))
    return turn.session.scalars(query.limit(100)).all()


@routes(Intent.DISPATCH)
def dispatch_to(turn: Turn) -> Reply:
    """One person is asked by name."""
    ticket = named_ticket(turn)
    is_taken = ticket.state is TicketState.ACCEPTED
    transitions.check(turn.session, ticket, Action.ASK_HELP if is_taken else Action.OFFER, by=turn.person)
    could = _helpers(turn, ticket)
    if not turn.rest:
        return Reply(staff.dispatch_whom(ticket.short, [each.name for each in could[:6] if each.name]))
    said = turn.rest.strip()
    found = [each for each in could if each.name == said] or [
        each for each in could if each.name and (said in each.name or (len(said) == 4 and each.phone.endswith(said)))
    ]
    if not found:
        raise Refused(Refusal.NO_SUCH_PERSON, name=said)
    if len(found) > 1:
        return Reply(staff.which_person([each.name for each in found[:6]]))
    if is_taken:
        dispatch.ask_along(turn.session, ticket, found[0], by=turn.person, now=turn.now)
        return Reply(staff.help_asked(ticket.short, found[0].name))
    dispatch.offer_to(turn.session, ticket, found[0], by=turn.person, now=turn.now)
    return Reply(staff.offered_to(ticket.short, found[0].name, has_place=bool(ticket.place)))


@routes(Intent.ESCALATE)
def escalate(turn: Turn) -> Reply:
    """One level up, with a reason."""
    ticket = named_ticket(turn)
    if not turn.rest:
        return Reply(members.reason_what(word(Intent.ESCALATE), ticket.short))
    desk.escalate(turn.session, ticket, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.escalated(ticket.short, transitions.lock(turn.session, ticket.id).level))


@routes(Intent.TO_DEPARTMENT)
def to_department(turn: Turn) -> Reply:
    """To a department by its name; more words are the reason."""
    ticket = named_ticket(turn)
    name, _, why = turn.rest.partition(" ")
    if not name:
        return Reply(staff.assign_whom(ticket.short, takers(turn, ticket)))
    was_returned_by = ticket.returned_by
    department = desk.assign(turn.session, ticket, name, why, by=turn.person, now=turn.now)
    if department == was_returned_by:
        return Reply(staff.kept(ticket.short, department))
    place = parties.place_of(turn.session, ticket)
    [party] = parties.named(turn.session, department, place=place)
    has_account = bool(parties.people_of(turn.session, party, place=place))
    return Reply(staff.assigned(ticket.short, department, has_account=has_account, contact=party.contact))


def takers(turn: Turn, ticket: Ticket) -> Sequence[str]:
    """The departments and partners a ticket may be passed to, as many as are read."""
    could = parties.serving(turn.session, parties.place_of(turn.session, ticket))
    return [each.name for each in could if parties.takes(each, ticket.category)][:20]


@routes(Intent.SUPERVISE)
def supervise(turn: Turn) -> Reply:
    """Asks what keeps a ticket."""
    ticket = named_ticket(turn)
    desk.supervise(turn.session, ticket, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.supervised(ticket.short))


@routes(Intent.REJECT)
def reject(turn: Turn) -> Reply:
    """Not ours, and where to turn instead."""
    ticket = named_ticket(turn)
    if not turn.rest:
        return Reply(members.reason_what(word(Intent.REJECT), ticket.short))
    desk.reject(turn.session, ticket, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.rejected(ticket.short))


@routes(Intent.HOLD)
def hold(turn: Turn) -> Reply:
    """Until a day, with a reason."""
    ticket = named_ticket(turn)
    today = local(turn.now).date()
    day = commands.until(turn.rest, today=today) if turn.rest else None
    if day is None or not today < day < today + desk.LONGEST_HOLD:
        return Reply(staff.hold_how(ticket.short))
    until = datetime.combine(day, time(8), CHINA).astimezone(turn.now.tzinfo)
    desk.hold(
        turn.session, ticket, turn.rest, until=max(until, turn.now + timedelta(hours=1)), by=turn.person, now=turn.now
    )
    return Reply(staff.held(ticket.short, common.date_of(until)))


@routes(Intent.MERGE)
def merge(turn: Turn) -> Reply:
    """Two numbers of one matter."""
    ticket = named_ticket(turn)
    number = turn.rest.strip()
    if not number:
        return Reply(staff.merge_how(ticket.short))
    into = finding.find(turn.session, number, by=turn.person)
    head = merging.merge(turn.session, ticket, into, by=turn.person, now=turn.now)
    return Reply(staff.merged(ticket.short, head.short))


# ---------------------------------------------------------------- departments


@routes(Intent.CLAIM)
def claim(turn: Turn) -> Reply:
    """Somebody of the department takes it on."""
    ticket = named_ticket(turn)
    desk.claim(turn.session, ticket, by=turn.person, now=turn.now)
    return Reply(staff.claimed(ticket.short))


def _with_reason(
    turn: Turn, intent: Intent, act: Callable[[Turn, Ticket], object], done: Callable[[str], str]
) -> Reply:
    ticket = named_ticket(turn)
    if not turn.rest:
        return Reply(members.reason_what(word(intent), ticket.short))
    act(turn, ticket)
    return Reply(done(ticket.short))


@routes(Intent.RETURN)
def send_back(turn: Turn) -> Reply:
    """Not theirs: the street decides."""
    return _with_reason(
        turn,
        Intent.RETURN,
        lambda turn, ticket: desk.send_back(turn.session, ticket, turn.rest, by=turn.person, now=turn.now),
        staff.returned,
    )


@routes(Intent.ANSWER)
def answer(turn: Turn) -> Reply:
    """The department's answer: the resident is asked to judge."""
    return _with_reason(
        turn,
        Intent.ANSWER,
        lambda turn, ticket: tickets.finish(turn.session, ticket, turn.rest, by=turn.person, now=turn.now),
        staff.answered,
    )
