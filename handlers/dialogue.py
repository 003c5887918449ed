"""What handlers share: waiting for an answer, asking which ticket is meant, and naming places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from handlers.turn import Choice, Reply, Turn, World
from models import areas, finding, followers, opening, splitting
from models.area import AreaKind
from models.conversation import Question, QuestionKind, State
from models.errors import Refusal, Refused
from models.lifecycle import LIVE_STATES
from models.ticket import Ticket, TicketKind, TicketState
from nlp.extract import Place, in_the_open
from texts import common, residents, services


def wait(turn: Turn, state: State, *, minutes: int | None = None, **data: Any) -> None:
    """The next words are an answer, for half an hour or `minutes`; `data` is what it belongs to."""
    conversation = turn.conversation
    conversation.state = state
    conversation.data = data
    conversation.expires_at = turn.now + timedelta(minutes=minutes or turn.world.limits.menu_minutes)


def idle(turn: Turn) -> None:
    """Nothing is waited for any more."""
    turn.conversation.state = State.IDLE
    turn.conversation.data = {}
    turn.conversation.expires_at = None


def stand_at(turn: Turn, area_id: int) -> None:
    """The next matter is one of this place, for half an hour, unless another one is named."""
    wait(turn, State.IDLE, minutes=turn.world.limits.recent_minutes, area=area_id)


def stands_at(turn: Turn) -> int | None:
    """The place whose code the speaker scanned a moment ago."""
    found = turn.conversation.data.get("area") if turn.conversation.state is State.IDLE else None
    return found if isinstance(found, int) else None


def menu_until(turn: Turn) -> datetime:
    """Until when a menu that is shown now stays open."""
    return turn.now + timedelta(minutes=turn.world.limits.menu_minutes)


def close_menus(turn: Turn) -> bool:
    """Closes the menus shown here, so that a later digit chooses nothing; gives whether one was open."""
    menus = turn.session.scalars(
        select(Question).where(
            Question.person_id == turn.person.id,
            Question.channel == turn.message.channel,
            Question.kind.in_([QuestionKind.MENU, QuestionKind.WHICH]),
        )
    ).all()
    for menu in menus:
        turn.session.delete(menu)
    return any(menu.expires_at > turn.now for menu in menus)


def remember(turn: Turn, ticket: Ticket) -> None:
    """Photos, places and corrections of the next half hour belong to this ticket."""
    turn.conversation.recent_ticket_id = ticket.id
    turn.conversation.recent_until = turn.now + timedelta(minutes=turn.world.limits.recent_minutes)
    note(turn, ticket)


def note(turn: Turn, ticket: Ticket) -> None:
    """The message stands with the ticket in the inbox, if it is the speaker's own report."""
    if ticket.reporter_id == turn.person.id:
        turn.ticket_id = ticket.id


def recent(turn: Turn) -> Ticket | None:
    """The ticket that photos, places and corrections belong to now."""
    conversation = turn.conversation
    if conversation.recent_ticket_id is None or conversation.recent_until is None:
        return None
    if conversation.recent_until <= turn.now:
        return None
    ticket = turn.session.get(Ticket, conversation.recent_ticket_id)
    if ticket is None or followers.head_of(turn.session, ticket).state not in LIVE_STATES:
        return None
    return ticket


def named_or_one(
    turn: Turn,
    candidates: Sequence[Ticket],
    *,
    word: str,
    verb: str,
    about: Callable[[Turn, Ticket], str] | None = None,
) -> Ticket | Reply:
    """The ticket a command names, or the only one it can mean, or the question which, each as `about` says it.

    Raises Refused(NOT_FOUND) when there is none.
    """
    command = turn.command
    if command is not None and command.serial is not None:
        return finding.find(turn.session, command.serial, by=turn.person)
    if not candidates:
        raise Refused(Refusal.NOT_FOUND, number="")
    if len(candidates) == 1:
        return candidates[0]
    tail = f" {command.rest}" if command is not None and command.rest else ""
    if command is not None and command.digit is not None:
        tail = f" {command.digit}{tail}"
    choices = tuple(Choice((about or line)(turn, each), f"{word} {each.number}{tail}") for each in candidates[:9])
    return Reply(residents.which_ticket(verb), choices, asks_which=True)


def line(turn: Turn, ticket: Ticket) -> str:
    """One ticket in a list."""
    state = stands(turn, followers.head_of(turn.session, ticket))
    return residents.open_line(ticket.short, category_name(turn, ticket), ticket.place, state)


def stands(turn: Turn, head: Ticket) -> TicketState:
    """The state a resident is told: while a matter that was split waits at the desk, that of its furthest task."""
    if head.state is not TicketState.NEW or head.is_untouched:
        return head.state
    states = {each.state for each in splitting.tasks_of(turn.session, head)}
    ahead = (TicketState.ACCEPTED, TicketState.ASSIGNED, TicketState.OFFERED)
    return next((each for each in ahead if each in states), head.state)


def category_name(turn: Turn, ticket: Ticket) -> str:
    """The category, the service that is asked for, or the danger, as people read it."""
    return services.matter(turn.world.categories[ticket.category].name, ticket.service, ticket.threat, ticket.kind)


def when_it_suits(turn: Turn, ticket: Ticket) -> str:
    """When it suits whoever brought a matter that somebody comes; empty if they have not said."""
    return common.suits(ticket.wished, finding.visit_times(turn.session, ticket), now=turn.now)


_ABOVE_COMMUNITIES = frozenset((AreaKind.CITY, AreaKind.DISTRICT, AreaKind.STREET))


def is_nowhere(ticket: Ticket | opening.Opened) -> bool:
    """Whether nobody could go there: neither an area of ours, nor a point, nor a road."""
    return ticket.area_id is None and ticket.lat is None and not in_the_open(ticket.place)


def has_no_door(world: World, ticket: Ticket) -> bool:
    """Whether whoever comes to help would have to ask where: of a whole street or district nothing nearer is known."""
    path = world.path(ticket.area_id)
    is_wide = bool(path) and path[0].kind in _ABOVE_COMMUNITIES
    return is_nowhere(ticket) or (is_wide and ticket.lat is None and not in_the_open(ticket.place))


def lacks_place(ticket: Ticket | opening.Opened) -> bool:
    """Whether the bot asks where it is; of what it did not understand, too: whoever reads it then knows where to go."""
    return ticket.kind is TicketKind.REPORT and is_nowhere(ticket)


def still_lacks_place(ticket: Ticket) -> bool:
    """Whether nobody has been found yet for a matter of which the bot asked where it is."""
    return ticket.state is TicketState.NEW and not ticket.threat and lacks_place(ticket)


def waits_for_place(ticket: Ticket) -> bool:
    """Whether nobody can be asked to go there before its reporter says where it is; what nobody understood is read by
    people first.
    """
    return ticket.understood and still_lacks_place(ticket)


def ask_place(turn: Turn, ticket: Ticket) -> None:
    """The next words say where it is."""
    wait(turn, State.PLACE, ticket=ticket.id)


def place_name(world: World, place: Place | None) -> str:
    """A place without its room: from the tree where it is known there, in the person's words otherwise."""
    if place is None:
        return ""
    path = world.path(place.area_id)
    if not path or path[0].kind in _ABOVE_COMMUNITIES:
        # The person's own words are the nearer place.
        return place.text.replace(place.room, "").strip("，, ") if place.room else place.text
    area, name = path[0], areas.name_of(path)
    if area.kind is AreaKind.ESTATE and place.building:
        name += place.building
    if area.kind in (AreaKind.ESTATE, AreaKind.BUILDING) and place.unit:
        name += place.unit
    return name
